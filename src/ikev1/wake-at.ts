/**
 * When an IKE SA is to be woken.
 *
 * @module
 */
import { type Ikev1Sa, isAuthenticated } from './states.js';
import { hasRoom } from './tasks.js';

/** The least of all times at which something is due; Infinity: not before something happens. */
export function wakeAtOf(sa: Ikev1Sa): number {
  if (sa.state === 'CLOSED') return Infinity;
  const { expire, reauthenticate, liveness, keepalive } = sa.deadlines;
  const first = Math.min(expire, sa.phase1.sent?.retransmitAt ?? Infinity);
  if (!isAuthenticated(sa)) return first;
  let at = Math.min(first, reauthenticate, liveness, keepalive, sa.dpd.unanswered?.retryAt ?? Infinity);
  for (const { sent, about, expires } of sa.exchanges)
    at = Math.min(at, sent?.retransmitAt ?? Infinity, about.kind === 'done' ? Infinity : expires);
  // Where there is no room for another exchange, the end of one of them brings the next task's turn.
  if (sa.state === 'ESTABLISHED' && hasRoom(sa.exchanges)) for (const { notBefore } of sa.tasks) at = Math.min(at, notBefore);
  return at;
}
