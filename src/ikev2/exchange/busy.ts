/**
 * What an IKE SA that is on its way out answers to those who would create something under it.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { Outcome } from '../events.js';
import type { InState } from '../states.js';

/**
 * RFC 7296 section 2.25: "A TEMPORARY_FAILURE notification SHOULD be sent when a peer receives a request that cannot be completed due to a temporary
 * condition such as a rekeying operation."
 *
 * Section 2.25.2: "If a peer receives a request to rekey an IKE SA that it is currently trying to close, it SHOULD reply with TEMPORARY_FAILURE." And
 * section 2.8.2 of an IKE SA that was rekeyed already: "it SHOULD return TEMPORARY_FAILURE because it is an IKE SA that it is currently trying to
 * close (whether or not it has already sent the delete notification for the SA)."
 */
export function refuseTemporarily(sa: InState<'REPLACED' | 'DELETING'>): Outcome {
  throw new IpsecError('temporary-failure', 'a CREATE_CHILD_SA request', {
    expected: 'an IKE SA that stays',
    found: sa.state === 'REPLACED' ? 'one that has been rekeyed' : 'one that is being deleted',
  });
}
