/**
 * No authentication at all (RFC 7619): AUTH only ties IKE_AUTH to the IKE_SA_INIT before it.
 *
 * @module
 */
import { computeSharedKeyAuth, verifySharedKeyAuth } from '../auth.js';
import type { PayloadOfType } from '../payload-cases.js';
import { type Checked, type Claim, failure, NULL_AUTHENTICATION, type Proof } from './ike-auth-claim.js';

/**
 * Makes our AUTH payload. RFC 7619 section 2.1: "The value of SK_pi for the initiator and SK_pr for the responder is used as the shared secret for the content of
 * the AUTH payload."
 */
export function proveNull({ prf, SK_p, octets }: Pick<Claim, 'prf' | 'SK_p' | 'octets'>): Proof {
  return { certificates: [], auth: { type: 'AUTH', method: NULL_AUTHENTICATION, data: computeSharedKeyAuth(prf, SK_p, octets) } };
}

/** Checks the peer's. */
export function checkNull(claim: Claim, auth: PayloadOfType<'AUTH'>): Checked {
  const { prf, SK_p, octets } = claim;
  if (verifySharedKeyAuth(prf, SK_p, octets, auth.data)) return 'right';
  return { error: failure(claim, 'AUTH over this very exchange', 'AUTH over another: somebody has changed a message on its way') };
}
