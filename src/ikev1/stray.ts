/**
 * Notifications without protection: anybody can send them who has seen the cookies.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Ikev1Action } from './events.js';
import type { Payload } from './payload-cases.js';
import { connectionOf } from './send.js';
import { type Ikev1Sa, isAuthenticated, type Living } from './states.js';

/** Milliseconds that the genuine answer still has once somebody has said that the peer refuses. */
const grace = 5_000;

/** Error notifications: RFC 2408 section 3.14.1: "Notify Messages - Error Types" end at 8191. */
const isError = (notify: string | number): boolean =>
  typeof notify === 'number' ? notify < 8192 : !/^(?:CONNECTED|RESPONDER|REPLAY|INITIAL|R-U-THERE)/.test(notify);

/**
 * A hint at most: nothing is closed by it, nothing deleted. In phase 1 it is what is told if nothing better comes, and the wait gets shorter; once there are
 * keys, nothing is believed without them.
 */
export function strayNotify(
  sa: Living,
  payloads: readonly Payload[],
  { now }: IkeEnv,
): { readonly sa: Ikev1Sa; readonly actions: readonly Ikev1Action[] } {
  const notify = payloads.find((payload) => payload.type === 'N');
  const name = notify ? `${notify.notify}` : 'no notification';
  const audit: Ikev1Action = { type: 'audit', event: 'notified', detail: `${name}, without protection` };
  if (isAuthenticated(sa) || !notify || !isError(notify.notify) || sa.role === 'responder') return { sa, actions: [audit] };
  const refusal = new IpsecError('peer-refused', `phase 1 of connection ${connectionOf(sa).name}`, {
    expected: 'the next message of the peer',
    found: `${name}, which nobody vouches for`,
  });
  return { sa: { ...sa, refusal, deadlines: { ...sa.deadlines, expire: Math.min(sa.deadlines.expire, now + grace) } }, actions: [audit] };
}
