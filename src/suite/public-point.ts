/**
 * The public half of a private key that is at hand as octets: what a key file without it, and a check of one with it, need.
 *
 * @module
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { ed448 } from '@noble/curves/ed448.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { IpsecError } from '../errors.js';

const curves = /* @__PURE__ */ Object.freeze({ 'P-256': p256, 'P-384': p384, 'P-521': p521, Ed25519: ed25519, Ed448: ed448 });

/**
 * EC: 0x04, x, y for a scalar as long as the order of the curve; Ed25519 and Ed448: the point of a seed of 32 or 57 octets.
 *
 * @throws IpsecError `invalid-argument`: no private key of this curve.
 */
export function computePublicPoint(curve: 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'Ed448', privateKey: Uint8Array): Uint8Array {
  try {
    return curve === 'Ed25519' || curve === 'Ed448'
      ? curves[curve].getPublicKey(privateKey)
      : curves[curve].getPublicKey(privateKey, false);
  } catch {
    // What noble throws could show the number.
    throw new IpsecError('invalid-argument', `a private key of ${curve}`, {
      expected: curve.startsWith('Ed') ? 'a seed of the right length' : 'a number from 1 to the order of the curve minus 1',
      found: `other ${privateKey.length} octets`,
    });
  }
}
