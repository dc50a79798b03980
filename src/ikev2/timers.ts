/**
 * What happens to an authenticated IKE SA by the clock alone: RFC 7296 sections 2.4 and 2.8, RFC 3948 section 4.
 *
 * @module
 */
import { closeSa } from './closing.js';
import { expired } from './exchange/rekey-ike-successor.js';
import type { IkeAction, IkeEnv, Outcome } from './events.js';
import { heardAt } from './heard.js';
import type { Deadlines, Established } from './states.js';
import { queueTask, type WithTasks } from './task-queue.js';

export { command } from './commands.js';

/** Does what is due. Every deadline that has come is moved or taken away, so that none comes twice. */
export function wakeEstablished(sa: WithTasks, env: IkeEnv): Outcome {
  const { now } = env;
  if (sa.state === 'DELETING') return { sa, actions: [] };
  // RFC 7296 section 2.8: "When the lifetime of a Security Association expires, the Security Association MUST NOT be used."
  if (now >= sa.deadlines.expire) {
    // Nothing has come of it, and nobody knows of it any more: see RFC 7296 section 2.8.2.
    if (sa.state === 'ESTABLISHED' && sa.awaitsChildren) return closeSa(sa, 'redundant', undefined);
    const last = { ...sa, deadlines: { ...sa.deadlines, expire: Infinity } };
    return { sa: queueTask(last, { kind: 'deleteIke', notBefore: now, reason: expired }), actions: [] };
  }
  if (sa.state === 'REPLACED') return { sa, actions: [] };
  return wakeInUse(sa, env);
}

function wakeInUse(sa: Established, env: IkeEnv): { readonly sa: Established; readonly actions: readonly IkeAction[] } {
  const { now } = env;
  const { options } = sa.connection;
  const actions: IkeAction[] = [];
  let current = sa;
  if (now >= sa.deadlines.rekey) {
    current = queueTask(at(current, { rekey: Infinity }), { kind: 'rekeyIke', notBefore: now });
  }
  if (now >= sa.deadlines.reauthenticate) {
    current = at(current, { reauthenticate: Infinity });
    // While it is not decided which IKE SA lives on, the old one says it.
    if (!sa.awaitsChildren) actions.push({ type: 'reauthenticate' });
  }
  if (now >= sa.deadlines.liveness) current = wakeForLiveness(current, env);
  if (now >= sa.deadlines.keepalive) {
    current = at(current, { keepalive: now + options.keepaliveInterval });
    actions.push({ type: 'keepalive', path: sa.path });
  }
  return { sa: current, actions };
}

function at(sa: Established, deadlines: Partial<Deadlines>): Established {
  return { ...sa, deadlines: { ...sa.deadlines, ...deadlines } };
}

/**
 * RFC 7296 section 2.4: "If no cryptographically protected messages have been received on an IKE SA or any of its Child SAs recently, the system needs to
 * perform a liveness check in order to prevent sending messages to a dead peer."
 */
function wakeForLiveness(sa: Established, env: IkeEnv): Established {
  const { livenessInterval } = sa.connection.options;
  const next = heardAt(sa, env) + livenessInterval;
  if (next > env.now) return at(sa, { liveness: next });
  return queueTask(at(sa, { liveness: env.now + livenessInterval }), { kind: 'liveness', notBefore: env.now });
}
