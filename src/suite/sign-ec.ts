/**
 * ECDSA as a row: any of the three curves with any hash, as RFC 7427 has it; the pairs of RFC 4754 are for those who negotiate them.
 *
 * @module
 */
import { ecdsa, type ECDSA } from '@noble/curves/abstract/weierstrass.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { curveOctets } from './public-key-check.js';
import { checkEcPrivateKey } from './sign-private-key.js';
import type { SignatureScheme } from './sign-scheme.js';
import type { PublicKey, SignatureRow } from './types-sign.js';

type EcKey = Extract<PublicKey, { type: 'EC' }>;

/**
 * Signs as RFC 6979 says, so no bad random number gives the key away. Both s and n - s are right when verifying: RFC 4754 does not choose.
 *
 * @param hash one of noble's.
 */
export function ecdsaRow(scheme: SignatureScheme, hash: Parameters<typeof ecdsa>[1]): SignatureRow {
  const made = new Map<EcKey['curve'], ECDSA>();
  const of = (curve: EcKey['curve']): ECDSA => {
    const { Point } = { 'P-256': p256, 'P-384': p384, 'P-521': p521 }[curve];
    const found = made.get(curve) ?? ecdsa(Point, hash, { lowS: false });
    made.set(curve, found);
    return found;
  };
  const isRight = (key: PublicKey, message: Uint8Array, signature: Uint8Array, prehash: boolean): boolean =>
    // RFC 4754 section 7: "The bit lengths of r and s are enforced, if necessary, by pre-pending the value with zeros."
    key.type === 'EC' &&
    signature.length === 2 * curveOctets(key.curve) &&
    of(key.curve).verify(signature, message, key.point, { prehash });
  const signatureOf = (key: PublicKey, privateKey: Uint8Array, message: Uint8Array, prehash: boolean): Uint8Array =>
    of(checkEcPrivateKey(scheme, key, privateKey)).sign(message, privateKey, { prehash });
  return Object.freeze({
    kind: 'sign',
    ...scheme,
    engine: 'noble',
    verify: (key, message, signature): boolean => isRight(key, message, signature, true),
    sign: (key, privateKey, message): Uint8Array => signatureOf(key, privateKey, message, true),
    verifyHash: (key, hash, signature): boolean => isRight(key, hash, signature, false),
    signHash: (key, privateKey, hash): Uint8Array => signatureOf(key, privateKey, hash, false),
  } satisfies SignatureRow);
}
