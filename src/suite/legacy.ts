/**
 * Algorithms that should not be used any more, as rows for those who must: old peers, old captures. RFC 8221 says of them:
 * ENCR_DES and AUTH_HMAC_MD5_96 MUST NOT, ENCR_3DES SHOULD NOT. Nothing of the library takes them unless the caller hands them in.
 * MD4 and the DES block stand here for MSCHAPv2 of `ipsec-ts/eap`, which is made of them.
 *
 * @example
 * ```ts
 * import { tripleDesCbc } from 'ipsec-ts/suite/legacy';
 *
 * const context = tripleDesCbc.create(Uint8Array.from({ length: 24 }, (_, i) => 37 * i)); // three different keys
 * const iv = crypto.getRandomValues(new Uint8Array(8));
 * const buffer = new Uint8Array(16);
 * context.encrypt(iv, buffer, 0, 16);
 * context.decrypt(iv, buffer, 0, 16);
 * context.destroy();
 * if (!buffer.every((octet) => octet === 0)) throw new Error('not what it was');
 * ```
 *
 * @module
 */
import { md5 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { desCbcRow } from './des-cbc.js';
import { hmacRow } from './hmac.js';
import type { CipherRow, IntegrityRow } from './types.js';

export { encryptDesBlock } from './des.js';
export { md4 } from './md4.js';

/** 3DES-CBC (RFC 2451), SHOULD NOT. Three keys, encrypt-decrypt-encrypt; neighbours that are equal are refused. */
export const tripleDesCbc: CipherRow = /* @__PURE__ */ desCbcRow('ENCR_3DES', 3, 24);
/** DES-CBC (RFC 2405), MUST NOT: its 56 bits are searched through in a day. The 16 weak keys are refused. */
export const desCbc: CipherRow = /* @__PURE__ */ desCbcRow('ENCR_DES', 2, 8);
/** HMAC-MD5-96 (RFC 2403), MUST NOT. */
export const hmacMd5_96: IntegrityRow = /* @__PURE__ */ hmacRow('AUTH_HMAC_MD5_96', 1, md5, 12);
/**
 * HMAC-SHA-256 cut to 96 bits: what a draft of RFC 4868 said and Linux kernels before 2.6.33 did, and still do when their
 * configuration names no length. It was never registered, hence the number 0, which is not negotiable.
 */
export const hmacSha256_96: IntegrityRow = /* @__PURE__ */ hmacRow('AUTH_HMAC_SHA2_256_96', 0, sha256, 12);

/** Every row of this module. */
export const legacyRows: readonly (CipherRow | IntegrityRow)[] = /* @__PURE__ */ Object.freeze([
  tripleDesCbc,
  desCbc,
  hmacMd5_96,
  hmacSha256_96,
]);
