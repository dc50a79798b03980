/**
 * Signatures of phase 1: what they are made of. Making one is for whoever holds the private key.
 *
 * @module
 */
import { concat, equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { openRsaSignature } from '../suite/sign-rsa.js';
import type { PublicKey } from '../suite/types-sign.js';

/**
 * The hash whose HMAC makes HASH_I and HASH_R of an authentication method, where the method brings one.
 *
 * RFC 2409 section 5.1: "this can be overridden for construction of the signature if the signature algorithm is tied to a particular hash algorithm". RFC 4754
 * section 4 ties ECDSA-256, -384 and -521 to SHA-256, SHA-384 and SHA-512.
 *
 * @param authentication of `decodePhase1Attributes`.
 * @returns a name of `ipsec-ts/suite/hash`; none: the hash that was negotiated.
 */
export function signatureHashName(authentication: string | number): 'SHA2-256' | 'SHA2-384' | 'SHA2-512' | undefined {
  if (authentication === 'ECDSA with SHA-256 on the P-256 curve') return 'SHA2-256';
  if (authentication === 'ECDSA with SHA-384 on the P-384 curve') return 'SHA2-384';
  return authentication === 'ECDSA with SHA-512 on the P-521 curve' ? 'SHA2-512' : undefined;
}

/**
 * What an RSA signature of IKEv1 is the private operation on: 00 01 ff ... ff 00 and the hash itself, without the DigestInfo that signatures have
 * everywhere else.
 *
 * RFC 2409 section 5.1: "RSA signatures MUST be encoded as a private key encryption in PKCS #1 format and not as a signature in PKCS #1 format (which includes
 * the OID of the hash algorithm)."
 *
 * @param hash HASH_I or HASH_R.
 * @param modulusLength octets of the key.
 * @throws IpsecError `invalid-argument`: the key is too short for it.
 */
export function encodeRsaBlock(hash: Uint8Array, modulusLength: number): Uint8Array {
  // RFC 8017 section 9.2: "The length of PS will be at least 8 octets."
  const padding = modulusLength - hash.length - 3;
  if (padding < 8) {
    const expected = `${hash.length + 11} octets or more`;
    throw new IpsecError('invalid-argument', 'the modulus of an RSA key', { expected, found: `${modulusLength}` });
  }
  return concat(Uint8Array.of(0, 1), new Uint8Array(padding).fill(0xff), Uint8Array.of(0), hash);
}

/**
 * Whether the RSA signature of a SIG payload is right. What is malformed is wrong: it throws nothing. Nothing is parsed: the block is made anew and compared.
 *
 * @param hash HASH_I or HASH_R, as computed by the one who verifies.
 */
export function verifyRsaSignature(key: PublicKey, hash: Uint8Array, signature: Uint8Array): boolean {
  if (key.type !== 'RSA' || key.modulus.length < hash.length + 11) return false;
  const block = openRsaSignature(key, signature);
  return block !== undefined && equalBytes(block, encodeRsaBlock(hash, key.modulus.length));
}
