/**
 * What our own side wants of an authenticated IKE SA, and what it has learned besides the messages of the peer.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { IkeAction, IkeEnv, IkeEvent, Outcome } from './events.js';
import { inherit } from './exchange/rekey-ike-successor.js';
import { heardAt } from './heard.js';
import type { Inheritance, Task, UdpEndpoint } from './states.js';
import { queueTask, type WithTasks } from './task-queue.js';

/** Every event that is neither a message, nor the clock, nor an answer. */
export type Command = Exclude<IkeEvent, { readonly type: 'datagram' | 'wake' | 'answer' }>;

/** How long a message of the peer keeps hints from being followed, in milliseconds: so often at most is a liveness check made because of them. */
const quietAfterHearing = 10_000;

/** Takes a command: most become tasks, which start when the window has room. */
export function command(sa: WithTasks, event: Command, env: IkeEnv): Outcome {
  const notBefore = env.now;
  switch (event.type) {
    case 'createChild':
      return createChild(sa, event, env);
    case 'rekeyChild':
      return queued(sa, { kind: 'rekeyChild', notBefore, spiIn: event.spiIn });
    case 'deleteChild':
      return queued(sa, { kind: 'deleteChild', notBefore, spis: [event.spiIn] });
    case 'rekeyIke':
      return queued(sa, { kind: 'rekeyIke', notBefore });
    case 'delete':
      return queued(sa, { kind: 'deleteIke', notBefore, reason: event.reason });
    case 'checkLiveness':
      return queued(sa, { kind: 'liveness', notBefore });
    case 'notify':
      return queued(sa, { kind: 'notify', notBefore, payloads: event.payloads });
    case 'moved':
      return follow(sa, event.from);
    case 'inherit':
      return receiveInheritance(sa, event, env);
    case 'hint':
      return takeHint(sa, event.notify, env);
  }
}

/** Only an IKE SA in use has something to ask; of others nothing is left but the end. */
function queued(sa: WithTasks, task: Task): Outcome {
  if (sa.state === 'ESTABLISHED' || (sa.state === 'REPLACED' && task.kind === 'deleteIke')) return { sa: queueTask(sa, task), actions: [] };
  return { sa, actions: [] };
}

function createChild(sa: WithTasks, { policy: name, first }: Extract<Command, { readonly type: 'createChild' }>, env: IkeEnv): Outcome {
  const policy = sa.connection.children.find((child) => child.name === name);
  if (policy === undefined)
    return failed(
      sa,
      name,
      new IpsecError('invalid-argument', `connection ${sa.connection.name}`, { expected: 'the name of one of its policies', found: name }),
    );
  if (sa.state !== 'ESTABLISHED')
    return failed(sa, name, new IpsecError('sa-deleted', 'an IKE SA', { expected: 'one in use', found: sa.state }));
  const next = queueTask(sa, { kind: 'createChild', notBefore: env.now, policy, ...(first && { first }) });
  if (next === sa)
    return failed(sa, name, new IpsecError('limit-exceeded', 'what waits to be asked of the peer', { found: `${sa.tasks.length} tasks` }));
  return { sa: next, actions: [] };
}

function failed(sa: WithTasks, policy: string, error: IpsecError): Outcome {
  return { sa, actions: [{ type: 'childFailed', policy, error }] };
}

/**
 * RFC 7296 section 2.23: a host "that is not behind a NAT, SHOULD send all packets (including retransmission packets) to the IP address and port in the
 * validated packet", and "A host behind a NAT SHOULD NOT do this type of dynamic address update".
 */
function follow(sa: WithTasks, from: UdpEndpoint): Outcome {
  const { path, nat } = sa;
  const isSame = from.port === path.remote.port && equalBytes(from.address, path.remote.address);
  if (isSame || !nat.follow) return { sa, actions: [] };
  const moved = { ...path, remote: from };
  return { sa: { ...sa, path: moved }, actions: [{ type: 'moved', path: moved, spis: sa.children.map(({ spiIn }) => spiIn) }] };
}

/** What the IKE SA before has left. Where this one is itself on its way out, it goes where this one's goes. */
function receiveInheritance(sa: WithTasks, inheritance: Inheritance, env: IkeEnv): Outcome {
  const { children, leased, tasks } = inheritance;
  if (sa.state === 'ESTABLISHED') return { sa: inherit(sa, inheritance, env), actions: [] };
  if (sa.state === 'REPLACED') return { sa, actions: [{ type: 'handOver', to: sa.successor, children, leased, tasks }] };
  const removed = children.map((child): IkeAction => ({ type: 'removeChild', child, reason: 'closed' }));
  return { sa: { ...sa, leased: [...sa.leased, ...leased] }, actions: removed };
}

/**
 * RFC 7296 section 2.21.4: "A node should treat such a message (and also a network message like ICMP destination unreachable) as a hint that there might be
 * problems with SAs to that IP address and should initiate a liveness check for any such IKE SA.  An implementation SHOULD limit the frequency of such
 * tests to avoid being tricked into participating in a DoS attack."
 *
 * RFC 7296 section 2.4: "If a cryptographically protected (fresh, i.e., not retransmitted) message has been received from the other side recently,
 * unprotected Notify messages MAY be ignored."
 */
function takeHint(sa: WithTasks, notify: string, env: IkeEnv): Outcome {
  if (sa.state !== 'ESTABLISHED' || env.now - heardAt(sa, env) < quietAfterHearing) return { sa, actions: [] };
  return {
    sa: queueTask(sa, { kind: 'liveness', notBefore: env.now }),
    actions: [{ type: 'audit', event: 'notified', detail: `${notify}, without protection` }],
  };
}
