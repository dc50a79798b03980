/**
 * RSA signatures (RFC 8017) are verified here with big integers: all numbers are public. Private operations are left to those who do them in constant time.
 *
 * @module
 */
import { concat, equalBytes, fromHex } from '../bytes.js';
import { encodeDer, OCTET_STRING, SEQUENCE } from '../der.js';
import { bitLength, toNumber } from './public-key-check.js';
import { isPssEncoding } from './sign-pss.js';
import { encodeHashAlgorithm, type SignatureScheme } from './sign-scheme.js';
import type { PublicKey, SignatureRow } from './types-sign.js';

/** A hash function at work. */
export type Digest = (message: Uint8Array) => Uint8Array;

type RsaKey = Extract<PublicKey, { type: 'RSA' }>;

/** RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.2). */
export function rsaRow(scheme: SignatureScheme, digest: Digest): SignatureRow {
  return verifier(scheme, (key, message, encoded) => {
    // RFC 8017 section 8.2.2: "Compare the encoded message EM and the second encoded message EM'. If they are the same, output "valid signature";"
    // Nothing is parsed, so nothing that a parser would skip can hide in it.
    const expected = encodePkcs1(scheme, digest(message), key.modulus.length);
    return expected !== undefined && equalBytes(encoded, expected);
  });
}

/** RSASSA-PSS (RFC 8017 section 8.1.2). */
export function rsaPssRow(scheme: SignatureScheme, digest: Digest): SignatureRow {
  return verifier(scheme, (key, message, encoded) => {
    const bits = bitLength(key.modulus) - 1;
    const length = Math.ceil(bits / 8);
    // RFC 8017 section 8.1.2: "Note that emLen will be one less than k if modBits - 1 is divisible by 8 and equal to k otherwise. If I2OSP outputs "integer too
    // large", output "invalid signature" and stop."
    if (length < encoded.length && encoded[0] !== 0) return false;
    return isPssEncoding(encoded.subarray(encoded.length - length), bits, digest(message), digest);
  });
}

function verifier(scheme: SignatureScheme, isEncodingOf: (key: RsaKey, message: Uint8Array, encoded: Uint8Array) => boolean): SignatureRow {
  return Object.freeze({
    kind: 'sign',
    ...scheme,
    engine: 'noble',
    verify: (key, message, signature): boolean => {
      if (key.type !== 'RSA') return false;
      const encoded = openRsaSignature(key, signature);
      return encoded !== undefined && isEncodingOf(key, message, encoded);
    },
  } satisfies SignatureRow);
}

/** RSAVP1 and I2OSP: s^e mod n, as long as n; none for a signature of another length or out of range. */
export function openRsaSignature({ modulus, exponent }: RsaKey, signature: Uint8Array): Uint8Array | undefined {
  // RFC 8017 section 8.2.2: "If the length of the signature S is not k octets, output "invalid signature" and stop."
  if (signature.length !== modulus.length) return undefined;
  const [n, s] = [toNumber(modulus), toNumber(signature)];
  // RFC 8017 section 5.2.2: "If the signature representative s is not between 0 and n - 1, output "signature representative out of range" and stop."
  if (s >= n) return undefined;
  return fromHex(
    power(s, toNumber(exponent), n)
      .toString(16)
      .padStart(2 * modulus.length, '0'),
  );
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

/** EMSA-PKCS1-v1_5 (RFC 8017 section 9.2): 00 01 ff ... ff 00 DigestInfo. None when the key is too short. */
function encodePkcs1({ hash }: SignatureScheme, digest: Uint8Array, length: number): Uint8Array | undefined {
  if (hash === 'Identity') return undefined;
  const info = encodeDer(SEQUENCE, encodeHashAlgorithm(hash), encodeDer(OCTET_STRING, digest));
  // RFC 8017 section 9.2: "The length of PS will be at least 8 octets."
  const padding = length - info.length - 3;
  if (padding < 8) return undefined;
  return concat(Uint8Array.of(0, 1), new Uint8Array(padding).fill(0xff), Uint8Array.of(0), info);
}
