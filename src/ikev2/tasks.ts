/**
 * What waits to be asked of the peer is asked as soon as the window lets it. The list itself is in `task-queue.ts`.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import { sweepEarly } from './deleted-early.js';
import type { IkeAction, IkeEnv, NewRequest } from './events.js';
import { startCreateChild, startRekeyChild } from './exchange/create-child.js';
import { childDeleteRequest, ikeDeleteRequest, startIkeDelete } from './exchange/informational-delete.js';
import { startRekeyIke } from './exchange/rekey-ike.js';
import { sendRequest } from './send.js';
import type { Established, Task } from './states.js';
import { isHeldBack, type WithTasks } from './task-queue.js';
import { hasRoom } from './windows.js';

/** An IKE SA, and what is to be done. */
interface Started {
  readonly sa: WithTasks;
  readonly actions: readonly IkeAction[];
}

/** A task that has become a request; without one it was pointless, or could not be done. */
interface Prepared extends Started {
  readonly request?: NewRequest | undefined;
}

/** SPIs in one Delete. */
const deletesAtOnce = 64;

/**
 * Starts the tasks whose time has come, while the window has room. RFC 7296 section 2.3: "An IKE endpoint MUST NOT exceed the peer's stated window size for
 * transmitted IKE requests."
 *
 * Child SAs that the peer had deleted before we knew of them go before anything else. The end of the IKE SA comes first and puts an end to all others; then its rekey, as it waits for those about Child SAs that are under way, and they
 * would wait for it.
 */
export function startTasks(sa: WithTasks, env: IkeEnv): Started {
  const swept = sweepEarly(sa);
  const actions: IkeAction[] = [...swept.actions];
  let current: WithTasks = swept.sa;
  for (;;) {
    const started = startNext(current, env);
    if (started === undefined) return { sa: current, actions };
    current = started.sa;
    actions.push(...started.actions);
  }
}

/** Every call takes a task out, so that they come to an end; undefined: none can be started now. */
function startNext(sa: WithTasks, env: IkeEnv): Started | undefined {
  if (sa.tasks.length === 0) return undefined;
  const due = sa.tasks.filter((task) => task.notBefore <= env.now && !isHeldBack(sa, task));
  const end = due.find((task) => task.kind === 'deleteIke');
  // Child SAs go at once, even where the Delete has to wait for the window.
  if (end && sa.state !== 'DELETING') {
    const begun = startIkeDelete(sa, end.reason);
    return { sa: { ...begun.sa, tasks: [end] }, actions: begun.actions };
  }
  if (!hasRoom(sa.windows)) return undefined;
  const next = end ?? due.find((task) => task.kind === 'rekeyIke') ?? due[0];
  if (next === undefined) return undefined;
  const rest = { ...sa, tasks: sa.tasks.filter((task) => task !== next) };
  const { sa: prepared, request, actions } = prepare(rest, next, env);
  if (request === undefined) return { sa: prepared, actions };
  const sent = sendRequest(prepared, request, env);
  return { sa: sent.sa, actions: [...actions, ...sent.actions] };
}

/** Makes the request of a task. */
function prepare(sa: WithTasks, task: Task, env: IkeEnv): Prepared {
  if (task.kind === 'deleteIke') return { sa, request: ikeDeleteRequest(task.reason), actions: [] };
  // Everything else is the successor's.
  if (sa.state !== 'ESTABLISHED') return { sa, actions: [] };
  switch (task.kind) {
    case 'createChild':
      return startCreateChild(sa, task, env);
    case 'rekeyChild':
      // Undefined where it is gone, replaced, on its way out, or just being replaced.
      return startRekeyChild(sa, task, env) ?? { sa, actions: [] };
    case 'rekeyIke':
      return startOrExplain(sa, () => startRekeyIke(sa, task, env));
    case 'deleteChild':
      return deleteChildren(sa, task.spis, env);
    case 'liveness':
      // RFC 7296 section 2.4: "an empty INFORMATIONAL request that (like all IKE requests) requires an acknowledgement": any request will do.
      if (sa.windows.outstanding.length > 0) return { sa, actions: [] };
      return { sa, request: { exchange: 'INFORMATIONAL', about: { kind: 'liveness' }, payloads: [] }, actions: [] };
    case 'notify':
      return { sa, request: { exchange: 'INFORMATIONAL', about: { kind: 'notify' }, payloads: task.payloads }, actions: [] };
  }
}

/** RFC 7296 section 1.4.1: "one never sends Delete payloads for the two sides of an SA in a single message." Only inbound SPIs are named. */
function deleteChildren(sa: Established, spis: readonly number[], { now }: IkeEnv): Prepared {
  const underWay = sa.windows.outstanding.flatMap(({ about }) => (about.kind === 'deleteChild' ? about.spis : []));
  const doomed = sa.children.filter(({ spiIn }) => spis.includes(spiIn) && !underWay.includes(spiIn));
  if (doomed.length === 0) return { sa, actions: [] };
  const some = doomed.slice(0, deletesAtOnce);
  const others = doomed.slice(deletesAtOnce).map(({ spiIn }) => spiIn);
  const tasks: Task[] = others.length === 0 ? [] : [{ kind: 'deleteChild', notBefore: now, spis: others }];
  const children = sa.children.map((child) => (some.includes(child) ? { ...child, status: 'deleting' as const } : child));
  return { sa: { ...sa, children, tasks: [...tasks, ...sa.tasks] }, request: childDeleteRequest(some), actions: [] };
}

/** What cannot even be asked for is told to our side. */
function startOrExplain(sa: Established, start: () => Prepared): Prepared {
  const prepared = attempt(start);
  return prepared instanceof IpsecError ? { sa, actions: [{ type: 'audit', event: 'refused', detail: prepared.message }] } : prepared;
}
