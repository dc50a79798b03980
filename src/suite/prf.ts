/**
 * Pseudorandom functions as rows (RFC 7296 section 2.13), and the two functions that are made of them: prf and prf+.
 *
 * @example
 * ```ts
 * import { prf, prfHmacSha256, prfPlus } from 'ipsec-ts/suite/prf';
 *
 * const nonces = crypto.getRandomValues(new Uint8Array(64)); // Ni | Nr
 * const spis = crypto.getRandomValues(new Uint8Array(16)); // SPIi | SPIr
 * const secret = crypto.getRandomValues(new Uint8Array(32)); // g^ir
 *
 * const skeyseed = prf(prfHmacSha256, nonces, secret);
 * const keys = prfPlus(prfHmacSha256, skeyseed, new Uint8Array([...nonces, ...spis]), 3 * 32 + 2 * 36); // SK_d, SK_e*, SK_p*
 * if (skeyseed.length !== 32 || keys.length !== 168) throw new Error('never');
 * ```
 *
 * @module
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { EMPTY, wipe } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { createCmac, createXcbc } from './cbc-mac.js';
import { cmacPrfRow, nobleHmacPrfRow, xcbcPrfRow } from './prf-row.js';
import type { PrfRow } from './types-ike.js';

export { findPrf } from './find-ike.js';
export type { PrfContext, PrfRow } from './types-ike.js';

/** RFC 7296 section 2.13: "The prf+ function is not defined beyond 255 times the size of the prf function output." */
const MAX_BLOCKS = 255;

/** HMAC-SHA1 (RFC 2104), MUST-. What is known against SHA-1 does not touch HMAC, but RFC 8247 sees it go. */
export const prfHmacSha1: PrfRow = /* @__PURE__ */ nobleHmacPrfRow('PRF_HMAC_SHA1', 2, sha1);
/** HMAC-SHA-256 (RFC 4868), MUST. */
export const prfHmacSha256: PrfRow = /* @__PURE__ */ nobleHmacPrfRow('PRF_HMAC_SHA2_256', 5, sha256);
/** HMAC-SHA-384 (RFC 4868). */
export const prfHmacSha384: PrfRow = /* @__PURE__ */ nobleHmacPrfRow('PRF_HMAC_SHA2_384', 6, sha384);
/** HMAC-SHA-512 (RFC 4868), SHOULD+. */
export const prfHmacSha512: PrfRow = /* @__PURE__ */ nobleHmacPrfRow('PRF_HMAC_SHA2_512', 7, sha512);
/** AES-XCBC-PRF-128 (RFC 4434), SHOULD for the Internet of Things. */
export const prfAes128Xcbc: PrfRow = /* @__PURE__ */ xcbcPrfRow('noble', createXcbc);
/** AES-CMAC-PRF-128 (RFC 4615). */
export const prfAes128Cmac: PrfRow = /* @__PURE__ */ cmacPrfRow('noble', createCmac);

/** Every row of this module, those first that RFC 8247 wants most. */
export const prfRows: readonly PrfRow[] = /* @__PURE__ */ Object.freeze([
  prfHmacSha256,
  prfHmacSha512,
  prfHmacSha384,
  prfHmacSha1,
  prfAes128Xcbc,
  prfAes128Cmac,
]);

/**
 * prf(key, part | part | ...) once. With several messages under one key, `row.create(key)` hashes the key only once.
 *
 * @param key of any length.
 * @returns `row.outputLength` octets.
 */
export function prf(row: PrfRow, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const context = row.create(key);
  const output = context.compute(...parts);
  context.destroy();
  return output;
}

/**
 * prf+ (K, S) = T1 | T2 | T3 | ..., where T1 = prf (K, S | 0x01), T2 = prf (K, T1 | S | 0x02), and so on (RFC 7296 section 2.13),
 * cut to `length`.
 *
 * @param seed S.
 * @param length octets wanted, 0 to 255 times `row.outputLength`.
 * @throws IpsecError `limit-exceeded`: more is asked for than prf+ is defined for.
 */
export function prfPlus(row: PrfRow, key: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const limit = MAX_BLOCKS * row.outputLength;
  if (!(Number.isInteger(length) && length >= 0 && length <= limit))
    throw new IpsecError('limit-exceeded', `octets of prf+ with ${row.name}`, { expected: `0 to ${limit}`, found: `${length}` });
  const context = row.create(key);
  const output = new Uint8Array(length);
  const counter = new Uint8Array(1);
  let block = EMPTY;
  for (let at = 0; at < length; at += block.length) {
    counter[0] = counter[0]! + 1;
    const next = context.compute(block, seed, counter);
    wipe(block);
    block = next;
    output.set(block.subarray(0, length - at), at);
  }
  wipe(block);
  context.destroy();
  return output;
}
