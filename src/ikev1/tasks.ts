/**
 * What is to be asked of the peer: put in, bounded, started when there is room.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Ikev1Action, Outcome } from './events.js';
import { beginQuick } from './exchange/quick-initiator.js';
import { countUnderWay } from './exchanges.js';
import type { Exchange, Task } from './requests.js';
import type { AuthenticatedSa, Established, Ikev1Sa } from './states.js';

/** How many tasks may wait. */
const mostTasks = 64;
/** How many exchanges may be under way for us to begin another. */
const mostAtOnce = 8;

/** Whether another exchange may begin. */
export function hasRoom(exchanges: readonly Exchange[]): boolean {
  return countUnderWay(exchanges) < mostAtOnce;
}

/** Puts a task in. One that says the same as another is not put in again; undefined: there are too many. */
export function queueTask<Sa extends AuthenticatedSa>(sa: Sa, task: Task): Sa | undefined {
  if (sa.tasks.some((other) => isSame(other, task))) return sa;
  return sa.tasks.length >= mostTasks ? undefined : { ...sa, tasks: [...sa.tasks, task] };
}

function isSame(a: Task, b: Task): boolean {
  if (a.kind !== 'createChild') return b.kind === a.kind && a.spiIn === b.spiIn;
  return b.kind === a.kind && a.policy.name === b.policy.name && JSON.stringify(a.first) === JSON.stringify(b.first);
}

/**
 * Begins what is due.
 *
 * @param finish sends what an outcome wants to have sent.
 */
export function startTasks(
  sa: Established,
  env: IkeEnv,
  finish: (sa: Established, outcome: Outcome) => { readonly sa: Ikev1Sa; readonly actions: readonly Ikev1Action[] },
): { readonly sa: Ikev1Sa; readonly actions: readonly Ikev1Action[] } {
  const actions: Ikev1Action[] = [];
  let current: Ikev1Sa = sa;
  while (current.state === 'ESTABLISHED' && hasRoom(current.exchanges)) {
    const task: Task | undefined = current.tasks.find(({ notBefore }) => notBefore <= env.now);
    if (!task) break;
    const rest: Established = { ...current, tasks: current.tasks.filter((other) => other !== task) };
    const outcome = attempt(() => beginQuick(rest, task, env));
    const done = finish(rest, outcome instanceof IpsecError ? { sa: rest, actions: explain(rest, task, outcome) } : outcome);
    actions.push(...done.actions);
    current = done.sa;
  }
  return { sa: current, actions };
}

/** What cannot even be asked for is told to our side. */
function explain(sa: Established, task: Task, error: IpsecError): Ikev1Action[] {
  if (task.kind === 'createChild') return [{ type: 'childFailed', policy: task.policy.name, error }];
  const old = sa.children.find(({ spiIn }) => spiIn === task.spiIn);
  return [
    { type: 'audit', event: 'refused', detail: `the successor of ${old?.policy.name ?? 'a Child SA that is gone'}: ${error.message}` },
  ];
}
