/**
 * An initiator does not take its responder (RFC 7296 section 2.21.2).
 *
 * @module
 */
import type { IpsecError } from '../../errors.js';
import type { Identity } from '../../traffic-selector.js';
import { dropOffer } from '../closing.js';
import type { IkeEnv, Outcome } from '../events.js';
import { createNotify } from '../notify-data.js';
import type { Asking } from '../states.js';
import { establish, wipeAuthKeys } from './ike-auth-established.js';
import { startIkeDelete } from './informational-delete.js';

/**
 * The responder is not who we want to talk to, but believes that there is an IKE SA. RFC 7296 section 2.21.2: "If the error occurs on the initiator, the
 * notification MAY be returned in a separate INFORMATIONAL exchange, usually with no other payloads. This is an exception for the general rule of
 * not starting new exchanges based on errors in responses."
 *
 * It is deleted at both ends without a Delete payload. Nothing is installed, and nobody is told that it was established.
 */
export function rejectResponder(sa: Asking, claimed: Identity, error: IpsecError, env: IkeEnv): Outcome {
  const reason = 'the responder is not who it should be';
  const ending = startIkeDelete(establish(sa, sa.connection, claimed, env), reason);
  return {
    sa: { ...ending.sa, error, deadlines: { ...ending.sa.deadlines, expire: env.now + sa.connection.options.halfOpenLifetime } },
    request: { exchange: 'INFORMATIONAL', about: { kind: 'deleteIke', reason }, payloads: [createNotify('AUTHENTICATION_FAILED')] },
    actions: [
      { type: 'audit', event: 'refused', detail: error.message },
      ...(sa.offer ? dropOffer(sa.offer) : []),
      ...ending.actions,
      wipeAuthKeys(sa),
    ],
  };
}
