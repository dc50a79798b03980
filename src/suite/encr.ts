/**
 * Encryption algorithms without integrity as rows: AES-CBC, AES-CTR and NULL. They are to be used with a row of `suite/integ`.
 *
 * @example
 * ```ts
 * import { aes256Cbc } from 'ipsec-ts/suite/encr';
 *
 * const context = aes256Cbc.create(new Uint8Array(32)); // from IKE, never zeros
 * const iv = crypto.getRandomValues(new Uint8Array(aes256Cbc.ivLength));
 * const buffer = new Uint8Array(64);
 * context.encrypt(iv, buffer, 0, 64);
 * context.decrypt(iv, buffer, 0, 64);
 * context.destroy();
 * if (!buffer.every((octet) => octet === 0)) throw new Error('not what it was');
 * ```
 *
 * @module
 */
import { aesCbcRow } from './cbc.js';
import { aesCtrRow } from './ctr.js';
import { nullRow } from './null.js';
import type { CipherRow } from './types.js';

/** AES-CBC with a 128-bit key (RFC 3602). */
export const aes128Cbc: CipherRow = /* @__PURE__ */ aesCbcRow('ENCR_AES_CBC', 12, 16);
/** AES-CBC with a 192-bit key (RFC 3602). */
export const aes192Cbc: CipherRow = /* @__PURE__ */ aesCbcRow('ENCR_AES_CBC', 12, 24);
/** AES-CBC with a 256-bit key (RFC 3602). */
export const aes256Cbc: CipherRow = /* @__PURE__ */ aesCbcRow('ENCR_AES_CBC', 12, 32);
/** AES-CTR with a 128-bit key (RFC 3686). Keying material: 16 octets, then 4 of nonce. */
export const aes128Ctr: CipherRow = /* @__PURE__ */ aesCtrRow('ENCR_AES_CTR', 13, 16);
/** AES-CTR with a 192-bit key (RFC 3686). */
export const aes192Ctr: CipherRow = /* @__PURE__ */ aesCtrRow('ENCR_AES_CTR', 13, 24);
/** AES-CTR with a 256-bit key (RFC 3686). */
export const aes256Ctr: CipherRow = /* @__PURE__ */ aesCtrRow('ENCR_AES_CTR', 13, 32);
/** No encryption (RFC 2410); integrity is mandatory with it. */
export const nullEncryption: CipherRow = /* @__PURE__ */ nullRow('ENCR_NULL', 11, 'noble');

/** Every row of this module. */
export const encrRows: readonly CipherRow[] = /* @__PURE__ */ Object.freeze([
  aes128Cbc,
  aes192Cbc,
  aes256Cbc,
  aes128Ctr,
  aes192Ctr,
  aes256Ctr,
  nullEncryption,
]);
