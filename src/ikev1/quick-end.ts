/**
 * An exchange comes to its end by something else than its own next message.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Ikev1Action } from './events.js';
import { keepExchange, retention } from './exchanges.js';
import type { About } from './requests.js';
import type { AuthenticatedSa } from './states.js';

/** The IKE SA with an exchange that is over: nothing of it is sent again by the clock, but whoever repeats its last message still gets ours. */
export function endExchange<Sa extends AuthenticatedSa>(sa: Sa, messageId: number, { now }: Pick<IkeEnv, 'now'>): Sa {
  const exchange = sa.exchanges.find((other) => other.messageId === messageId);
  if (!exchange) return sa;
  const sent = exchange.sent && { ...exchange.sent, retransmitAt: Infinity };
  return keepExchange(sa, { ...exchange, sent, about: { kind: 'done' }, expires: now + retention });
}

/** What our side hears of a Quick Mode that comes to nothing: what it has asked for it does not get. */
export function tellFailure(about: About, error: IpsecError): Ikev1Action[] {
  switch (about.kind) {
    case 'quick-offered':
      return [{ type: 'childFailed', policy: about.offer.policy.name, error }];
    case 'quick-committed':
      return about.granted.map(({ child: { policy } }) => ({ type: 'childFailed', policy: policy.name, error }));
    default:
      return [];
  }
}
