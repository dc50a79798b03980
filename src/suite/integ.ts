/**
 * Integrity algorithms as rows: HMAC with SHA-1 and SHA-2, AES-XCBC, AES-CMAC, and AES-GMAC for AH.
 *
 * @example
 * ```ts
 * import { hmacSha256_128 } from 'ipsec-ts/suite/integ';
 *
 * const context = hmacSha256_128.create(new Uint8Array(32)); // from IKE, never zeros
 * const packet = new Uint8Array(100 + hmacSha256_128.icvLength);
 * context.begin(new Uint8Array(0));
 * context.update(packet, 0, 100);
 * context.finishInto(packet, 100);
 *
 * context.begin(new Uint8Array(0));
 * context.update(packet, 0, 100);
 * if (!context.finishVerify(packet, 100)) throw new Error('the ICV does not fit');
 * context.destroy();
 * ```
 *
 * @module
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { cmacRow, xcbcRow } from './cbc-mac.js';
import { gmacAhRow } from './gmac.js';
import { hmacRow } from './hmac.js';
import type { IntegrityRow } from './types.js';

/** HMAC-SHA1-96 (RFC 2404). */
export const hmacSha1_96: IntegrityRow = /* @__PURE__ */ hmacRow('AUTH_HMAC_SHA1_96', 2, sha1, 12);
/** HMAC-SHA-256-128 (RFC 4868). */
export const hmacSha256_128: IntegrityRow = /* @__PURE__ */ hmacRow('AUTH_HMAC_SHA2_256_128', 12, sha256, 16);
/** HMAC-SHA-384-192 (RFC 4868). */
export const hmacSha384_192: IntegrityRow = /* @__PURE__ */ hmacRow('AUTH_HMAC_SHA2_384_192', 13, sha384, 24);
/** HMAC-SHA-512-256 (RFC 4868). */
export const hmacSha512_256: IntegrityRow = /* @__PURE__ */ hmacRow('AUTH_HMAC_SHA2_512_256', 14, sha512, 32);
/** AES-XCBC-MAC-96 (RFC 3566). */
export const aesXcbc96: IntegrityRow = /* @__PURE__ */ xcbcRow('AUTH_AES_XCBC_96', 5, 12);
/** AES-CMAC-96 (RFC 4494). */
export const aesCmac96: IntegrityRow = /* @__PURE__ */ cmacRow('AUTH_AES_CMAC_96', 8, 12);
/** AES-GMAC for AH, 128-bit key (RFC 4543). Keying material: 16 octets, then 4 of salt. The IV stands in front of the ICV. */
export const aes128Gmac: IntegrityRow = /* @__PURE__ */ gmacAhRow('AUTH_AES_128_GMAC', 9, 16);
/** AES-GMAC for AH, 192-bit key (RFC 4543). */
export const aes192Gmac: IntegrityRow = /* @__PURE__ */ gmacAhRow('AUTH_AES_192_GMAC', 10, 24);
/** AES-GMAC for AH, 256-bit key (RFC 4543). */
export const aes256Gmac: IntegrityRow = /* @__PURE__ */ gmacAhRow('AUTH_AES_256_GMAC', 11, 32);

/** Every row of this module. */
export const integRows: readonly IntegrityRow[] = /* @__PURE__ */ Object.freeze([
  hmacSha1_96,
  hmacSha256_128,
  hmacSha384_192,
  hmacSha512_256,
  aesXcbc96,
  aesCmac96,
  aes128Gmac,
  aes192Gmac,
  aes256Gmac,
]);
