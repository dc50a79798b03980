/**
 * What happens by time.
 *
 * @module
 */
import { nextDeadline, placeDeadline } from '../deadlines.js';
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import { checkLifetimes, lifetimesWakeAt } from '../sad.js';
import { endChild } from './install.js';
import { noteLifetime } from './remarks.js';
import { takeTurn } from './run.js';
import type { Endpoint, IkeEntry, Timer, Turn } from './state.js';
import { stepIke } from './step.js';
import { count } from './turn.js';
import type { EndpointAction } from './types.js';
import { expireWaiting } from './waiting.js';

/** When to call {@link wake}: milliseconds on the caller's clock; -Infinity: at once; Infinity: not before something else happens. Looks at nothing but the next deadline. */
export function wakeAt({ timers, db }: Endpoint): number {
  return Math.min(nextDeadline(timers), lifetimesWakeAt(db.sad));
}

/** The time of {@link wakeAt} has come: retransmissions, rekeys, ends of lifetimes, liveness, keepalives. Looks only at what is due. */
export function wake(endpoint: Endpoint, now: number): EndpointAction[] {
  return takeTurn(endpoint, now, (turn) => {
    for (const event of checkLifetimes(endpoint.db.sad, now)) noteLifetime(turn, event);
    for (let first = endpoint.timers[0]; first && first.deadline <= now; first = endpoint.timers[0]) ring(turn, first);
  });
}

function ring(turn: Turn, timer: Timer): void {
  switch (timer.kind) {
    case 'ike':
      ringIke(turn, timer);
      return;
    case 'child':
      endChild(turn, timer);
      return;
    case 'waiting':
      expireWaiting(turn, timer);
      return;
  }
}

function ringIke(turn: Turn, entry: IkeEntry): void {
  const { endpoint, now } = turn;
  // What the machine throws has to do with our own means: later it may have them.
  const outcome = attempt(() => {
    stepIke(turn, entry, { type: 'wake' });
  });
  if (outcome instanceof IpsecError) count(endpoint, `ike ${outcome.code}`);
  // Time always goes on, whatever the machine says.
  if (entry.deadline <= now && entry.sa.state !== 'CLOSED') placeDeadline(endpoint.timers, entry, now + 1000);
}
