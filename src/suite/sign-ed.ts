/**
 * Ed25519 and Ed448 (RFC 8032) as rows.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { checkEdSeed, edOctets } from './sign-private-key.js';
import type { SignatureScheme } from './sign-scheme.js';
import type { PublicKey, SignatureRow } from './types-sign.js';

/** Ed25519 or Ed448 of noble. */
interface Edwards {
  sign(message: Uint8Array, seed: Uint8Array): Uint8Array;
  verify(signature: Uint8Array, message: Uint8Array, point: Uint8Array, options: { zip215: boolean }): boolean;
}

/** RFC 8032 section 5.1.7: points and S are decoded strictly, not as ZIP 215 has it. */
const STRICT = { zip215: false };

/**
 * RFC 8420 section 2: "the "Identity" hash": the function takes the message itself. The context of Ed448 is empty.
 *
 * @param curve asked for at first use.
 */
export function edRow(scheme: SignatureScheme, curve: () => Edwards): SignatureRow {
  return Object.freeze({
    kind: 'sign',
    ...scheme,
    engine: 'noble',
    verify: (key, message, signature): boolean =>
      key.type === scheme.keyType && signature.length === 2 * edOctets(scheme) && curve().verify(signature, message, pointOf(key), STRICT),
    sign: (key, seed, message): Uint8Array => {
      checkEdSeed(scheme, key, seed);
      return curve().sign(message, seed);
    },
  } satisfies SignatureRow);
}

function pointOf(key: PublicKey): Uint8Array {
  return key.type === 'RSA' ? EMPTY : key.point;
}
