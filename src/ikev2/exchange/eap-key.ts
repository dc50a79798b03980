/**
 * What AUTH is made with once EAP has come to its good end (RFC 7296 sections 2.15 and 2.16, RFC 5998 section 3).
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { computeSharedKeyAuth, verifySharedKeyAuth } from '../auth.js';
import type { PayloadOfType } from '../payload-cases.js';
import type { IdPayload } from '../peer.js';
import type { Halfway } from '../states.js';
import { SHARED_KEY } from './ike-auth-claim.js';
import { proofKeyOf, signedOctetsOf } from './ike-auth-established.js';
import type { EapSuccess } from './eap-step.js';

/** RFC 3748 section 1.2: "The MSK is at least 64 octets in length." */
const leastMsk = 64;

/**
 * Whether a success is one that we take.
 *
 * @param allowKeyless whether a method without a key of its own will do.
 * @param isAlone whether nothing but EAP proves who the responder is (RFC 5998).
 * @returns why not; undefined: it is.
 */
export function explainSuccess(
  { msk, isMutual }: EapSuccess,
  { allowKeyless, isAlone }: { readonly allowKeyless: boolean; readonly isAlone: boolean },
): IpsecError | undefined {
  // RFC 5998 section 3: "Both the initiator and responder MUST verify that the EAP method actually used provided mutual authentication and established a
  // shared secret key.  The AUTH payloads sent after EAP Success MUST use the EAP-generated key, and MUST NOT use SK_pi or SK_pr".
  if (isAlone && !isMutual)
    return refusal('a method by which both sides prove who they are, for nothing but EAP does', 'one of another kind');
  if (msk === undefined)
    return isAlone || !allowKeyless
      ? refusal('a method that makes a key', 'one that makes none (MD5, GTC), or a key that is missing')
      : undefined;
  return msk.length >= leastMsk ? undefined : refusal(`an MSK of ${leastMsk} octets or more`, `${msk.length}`);
}

function refusal(expected: string, found: string): IpsecError {
  return new IpsecError('authentication-failed', 'the end of EAP', { expected, found });
}

/** An IKE SA that has its MSK, or knows that there is none. */
type Keyed = Halfway & { readonly msk: Uint8Array | undefined };

/**
 * Makes our AUTH. RFC 7296 section 2.15: "If the EAP method is key-generating, substitute master session key (MSK) for the shared secret in the computation.
 * For non-key-generating methods, substitute SK_pi and SK_pr, respectively, for the shared secret in the two AUTH computations."
 *
 * @param id our ID payload.
 */
export function proveEap(sa: Keyed, id: IdPayload): PayloadOfType<'AUTH'> {
  const data = computeSharedKeyAuth(sa.crypto.suite.prf, sa.msk ?? proofKeyOf(sa, id), signedOctetsOf(sa, id));
  return { type: 'AUTH', method: SHARED_KEY, data };
}

/**
 * Checks the peer's AUTH.
 *
 * @param id the peer's ID payload.
 * @returns why it is wrong; undefined: it is right.
 */
export function explainEapAuth(sa: Keyed, id: IdPayload, { method, data }: PayloadOfType<'AUTH'>): IpsecError | undefined {
  const isRight = verifySharedKeyAuth(sa.crypto.suite.prf, sa.msk ?? proofKeyOf(sa, id), signedOctetsOf(sa, id), data);
  if (method === SHARED_KEY && isRight) return undefined;
  return new IpsecError('authentication-failed', 'AUTH after EAP', {
    expected: `AUTH of method ${SHARED_KEY}, made with ${sa.msk ? 'the MSK' : 'SK_pi or SK_pr, as EAP has made no key'}`,
    found: method === SHARED_KEY ? `${data.length} octets made with another key` : `AUTH of method ${method}`,
  });
}
