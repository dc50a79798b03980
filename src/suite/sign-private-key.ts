/**
 * Private keys that are at hand as octets, before an engine sees them.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { curveOctets, isEcPrivateKey } from './public-key-check.js';
import type { SignatureScheme } from './sign-scheme.js';
import type { PublicKey } from './types-sign.js';

/** @returns the curve. @throws IpsecError `invalid-argument`: another kind of key, not as long as the order, zero, or the order and more. */
export function checkEcPrivateKey(scheme: SignatureScheme, key: PublicKey, privateKey: Uint8Array): 'P-256' | 'P-384' | 'P-521' {
  if (key.type !== 'EC') throw badPrivateKey(scheme, 'a key of EC', `one of ${key.type}`);
  const octets = curveOctets(key.curve);
  if (privateKey.length !== octets) throw badPrivateKey(scheme, `${octets} octets`, `${privateKey.length}`);
  if (!isEcPrivateKey(key.curve, privateKey)) throw badPrivateKey(scheme, 'a number above zero and below the order', 'another');
  return key.curve;
}

/** @throws IpsecError `invalid-argument`: another kind of key, or not as long as a seed. */
export function checkEdSeed(scheme: SignatureScheme, key: PublicKey, seed: Uint8Array): void {
  if (key.type !== scheme.keyType) throw badPrivateKey(scheme, `a key of ${scheme.keyType}`, `one of ${key.type}`);
  if (seed.length !== edOctets(scheme)) throw badPrivateKey(scheme, `${edOctets(scheme)} octets`, `${seed.length}`);
}

/** Octets of a point, and of a seed; a signature has twice as many. */
export function edOctets({ keyType }: SignatureScheme): number {
  return keyType === 'Ed448' ? 57 : 32;
}

/** The error of a private key that cannot sign. */
function badPrivateKey({ name }: Pick<SignatureScheme, 'name'>, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-argument', `private key of ${name}`, { expected, found });
}
