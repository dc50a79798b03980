/**
 * Authentication with a shared secret (RFC 7296 section 2.15).
 *
 * @module
 */
import { isBytes } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { answerTo } from '../answers.js';
import { computeSharedKeyAuth, verifySharedKeyAuth } from '../auth.js';
import type { Ask } from '../events.js';
import type { PayloadOfType } from '../payload-cases.js';
import { type Checked, type Claim, failure, type Proof, SHARED_KEY } from './ike-auth-claim.js';

/** Both sides' proofs may need the same secret: it is asked for once. */
export function askSharedKey({ localId, peerId, answers }: Claim): { readonly value: unknown } | { readonly ask: Ask } {
  const ask: Ask = { kind: 'shared-key', localId, peerId };
  const answered = answerTo(answers, ask);
  return answered ? { value: answered.value } : { ask };
}

/**
 * RFC 7296 section 1.2: "If either side uses a shared secret for authentication, the names in the ID payload MUST correspond to the key used to generate
 * the AUTH payload." So there is one or none; an empty one is none.
 */
export function secretOf(secret: unknown, claim: Claim): Uint8Array | IpsecError {
  if (isBytes(secret) && secret.length > 0) return secret;
  return failure(claim, 'a shared secret of one octet or more', 'none');
}

/** Makes our AUTH payload. */
export function proveSharedKey(secret: Uint8Array | IpsecError, { prf, octets }: Pick<Claim, 'prf' | 'octets'>): Proof {
  if (secret instanceof IpsecError) return { error: secret };
  return { certificates: [], auth: { type: 'AUTH', method: SHARED_KEY, data: computeSharedKeyAuth(prf, secret, octets) } };
}

/** Checks the peer's. */
export function checkSharedKey(secret: Uint8Array | IpsecError, claim: Claim, auth: PayloadOfType<'AUTH'>): Checked {
  const isRight = verifySharedKeyAuth(claim.prf, secret instanceof IpsecError ? new Uint8Array(32) : secret, claim.octets, auth.data);
  if (secret instanceof IpsecError) return { error: secret };
  if (isRight) return 'right';
  return {
    error: failure(
      claim,
      `AUTH of ${claim.prf.outputLength} octets made with the secret of these two`,
      `${auth.data.length} octets made with another secret`,
    ),
  };
}
