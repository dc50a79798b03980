/**
 * EMSA-PSS (RFC 8017 section 9.1): is this what RSA opened an encoding of that message?
 *
 * @module
 */
import { concat, equalBytes } from '../bytes.js';

const TRAILER = 0xbc;

/**
 * EMSA-PSS-VERIFY with MGF1 over the same hash and a salt as long as the digest. RFC 8017 appendix A.2.3: "For a given hashAlgorithm, the default value of saltLength
 * is the octet length of the hash value." RFC 4055 section 3.1 recommends it. The length is not taken from the encoding itself, which would let whoever forges choose
 * it.
 *
 * @param encoded EM, of ceil(`bits` / 8) octets.
 * @param bits of the modulus, less one.
 * @param digest of the message.
 * @param hash the function that made it.
 */
export function isPssEncoding(encoded: Uint8Array, bits: number, digest: Uint8Array, hash: (message: Uint8Array) => Uint8Array): boolean {
  const hashLength = digest.length;
  const saltLength = hashLength;
  const length = encoded.length;
  if (length < hashLength + saltLength + 2 || encoded[length - 1] !== TRAILER) return false;
  const dbLength = length - hashLength - 1;
  const masked = encoded.subarray(0, dbLength);
  const h = encoded.subarray(dbLength, length - 1);
  // RFC 8017 section 9.1.2: "If the leftmost 8emLen - emBits bits of the leftmost octet in maskedDB are not all equal to zero, output "inconsistent" and stop."
  const unused = 8 * length - bits;
  if (masked[0]! >>> (8 - unused) !== 0) return false;
  const mask = maskOf(h, dbLength, hash);
  const db = masked.map((octet, i) => octet ^ mask[i]!);
  db[0]! &= 0xff >>> unused;
  const zeros = dbLength - saltLength - 1;
  if (db.subarray(0, zeros).some((octet) => octet !== 0) || db[zeros] !== 0x01) return false;
  const salt = db.subarray(zeros + 1);
  return equalBytes(h, hash(concat(new Uint8Array(8), digest, salt)));
}

/** MGF1 (RFC 8017 appendix B.2.1). */
function maskOf(seed: Uint8Array, length: number, hash: (message: Uint8Array) => Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let have = 0; have < length; have += blocks.at(-1)!.length) {
    blocks.push(hash(concat(seed, Uint8Array.of(0, 0, blocks.length >>> 8, blocks.length))));
  }
  return concat(...blocks).subarray(0, length);
}
