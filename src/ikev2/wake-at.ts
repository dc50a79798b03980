/**
 * When an IKE SA is to be woken.
 *
 * @module
 */
import type { IkeSa } from './states.js';
import { nextTaskAt } from './task-queue.js';

/** Milliseconds: the earliest of all deadlines, retransmissions and tasks; Infinity: not before something happens. */
export function wakeAtOf(sa: IkeSa): number {
  if (sa.state === 'CLOSED') return Infinity;
  const { expire, rekey, reauthenticate, liveness, keepalive } = sa.deadlines;
  let at = Math.min(expire, rekey, reauthenticate, liveness, keepalive);
  at = Math.min(at, sa.windows.queuesExpire);
  for (const request of sa.windows.outstanding) at = Math.min(at, request.retransmitAt);
  return 'tasks' in sa ? Math.min(at, nextTaskAt(sa)) : at;
}
