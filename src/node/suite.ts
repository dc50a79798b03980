/**
 * The algorithms of `suite/aead`, `suite/encr`, `suite/integ` and `suite/legacy` over `node:crypto`: the same names, the same
 * numbers, the same answers. Import them instead of the others where there is Node and packets are large; with small packets the
 * default engine is faster, because creating an OpenSSL cipher object costs microseconds.
 *
 * `destroy()` overwrites the copies of the key in JavaScript; what OpenSSL holds it cleanses when its objects are freed.
 *
 * @example
 * ```ts
 * import { aes256Gcm16 } from 'ipsec-ts/suite/node';
 *
 * const context = aes256Gcm16.create(new Uint8Array(36)); // 32 octets of key, 4 of salt
 * ```
 *
 * @module
 */
import { checkStrength } from '../suite/des-cbc.js';
import { nullRow } from '../suite/null.js';
import type { AeadRow, CipherRow, EncryptionRow, IntegrityRow } from '../suite/types.js';
import { nodeAeadRow } from './suite/aead.js';
import { nodeCbcRow, nodeCtrRow } from './suite/cipher.js';
import { nodeCmacRow, nodeGmacRow, nodeHmacRow, nodeXcbcRow } from './suite/mac.js';

/** AES-GCM with a 16-octet ICV, 128-bit key (RFC 4106). */
export const aes128Gcm16: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_16', 20, 'aes-128-gcm', 16, 4, 16);
/** AES-GCM with a 16-octet ICV, 192-bit key (RFC 4106). */
export const aes192Gcm16: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_16', 20, 'aes-192-gcm', 24, 4, 16);
/** AES-GCM with a 16-octet ICV, 256-bit key (RFC 4106). */
export const aes256Gcm16: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_16', 20, 'aes-256-gcm', 32, 4, 16);
/** AES-GCM with a 12-octet ICV, 128-bit key (RFC 4106). */
export const aes128Gcm12: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_12', 19, 'aes-128-gcm', 16, 4, 12);
/** AES-GCM with a 12-octet ICV, 192-bit key (RFC 4106). */
export const aes192Gcm12: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_12', 19, 'aes-192-gcm', 24, 4, 12);
/** AES-GCM with a 12-octet ICV, 256-bit key (RFC 4106). */
export const aes256Gcm12: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_12', 19, 'aes-256-gcm', 32, 4, 12);
/** AES-GCM with an 8-octet ICV, 128-bit key (RFC 4106). */
export const aes128Gcm8: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_8', 18, 'aes-128-gcm', 16, 4, 8);
/** AES-GCM with an 8-octet ICV, 192-bit key (RFC 4106). */
export const aes192Gcm8: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_8', 18, 'aes-192-gcm', 24, 4, 8);
/** AES-GCM with an 8-octet ICV, 256-bit key (RFC 4106). */
export const aes256Gcm8: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_8', 18, 'aes-256-gcm', 32, 4, 8);
/** AES-CCM with a 16-octet ICV, 128-bit key (RFC 4309). */
export const aes128Ccm16: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_16', 16, 'aes-128-ccm', 16, 3, 16);
/** AES-CCM with a 16-octet ICV, 192-bit key (RFC 4309). */
export const aes192Ccm16: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_16', 16, 'aes-192-ccm', 24, 3, 16);
/** AES-CCM with a 16-octet ICV, 256-bit key (RFC 4309). */
export const aes256Ccm16: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_16', 16, 'aes-256-ccm', 32, 3, 16);
/** AES-CCM with a 12-octet ICV, 128-bit key (RFC 4309). */
export const aes128Ccm12: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_12', 15, 'aes-128-ccm', 16, 3, 12);
/** AES-CCM with a 12-octet ICV, 192-bit key (RFC 4309). */
export const aes192Ccm12: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_12', 15, 'aes-192-ccm', 24, 3, 12);
/** AES-CCM with a 12-octet ICV, 256-bit key (RFC 4309). */
export const aes256Ccm12: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_12', 15, 'aes-256-ccm', 32, 3, 12);
/** AES-CCM with an 8-octet ICV, 128-bit key (RFC 4309). */
export const aes128Ccm8: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_8', 14, 'aes-128-ccm', 16, 3, 8);
/** AES-CCM with an 8-octet ICV, 192-bit key (RFC 4309). */
export const aes192Ccm8: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_8', 14, 'aes-192-ccm', 24, 3, 8);
/** AES-CCM with an 8-octet ICV, 256-bit key (RFC 4309). */
export const aes256Ccm8: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_8', 14, 'aes-256-ccm', 32, 3, 8);
/** ChaCha20-Poly1305 (RFC 7634). */
export const chacha20Poly1305: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_CHACHA20_POLY1305', 28, 'chacha20-poly1305', 32, 4, 16);
/** AES-GMAC for ESP, 128-bit key (RFC 4543): integrity without encryption. */
export const aes128GmacEsp: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_NULL_AUTH_AES_GMAC', 21, 'aes-128-gcm', 16, 4, 16, {
  authOnly: true,
});
/** AES-GMAC for ESP, 192-bit key (RFC 4543): integrity without encryption. */
export const aes192GmacEsp: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_NULL_AUTH_AES_GMAC', 21, 'aes-192-gcm', 24, 4, 16, {
  authOnly: true,
});
/** AES-GMAC for ESP, 256-bit key (RFC 4543): integrity without encryption. */
export const aes256GmacEsp: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_NULL_AUTH_AES_GMAC', 21, 'aes-256-gcm', 32, 4, 16, {
  authOnly: true,
});
/** AES-GCM with a 16-octet ICV and an implicit IV, 128-bit key (RFC 8750). */
export const aes128Gcm16Iiv: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_16_IIV', 30, 'aes-128-gcm', 16, 4, 16, {
  implicitIv: true,
});
/** AES-GCM with a 16-octet ICV and an implicit IV, 192-bit key (RFC 8750). */
export const aes192Gcm16Iiv: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_16_IIV', 30, 'aes-192-gcm', 24, 4, 16, {
  implicitIv: true,
});
/** AES-GCM with a 16-octet ICV and an implicit IV, 256-bit key (RFC 8750). */
export const aes256Gcm16Iiv: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_GCM_16_IIV', 30, 'aes-256-gcm', 32, 4, 16, {
  implicitIv: true,
});
/** AES-CCM with an 8-octet ICV and an implicit IV, 128-bit key: the only CCM that RFC 8750 registers. */
export const aes128Ccm8Iiv: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_8_IIV', 29, 'aes-128-ccm', 16, 3, 8, { implicitIv: true });
/** AES-CCM with an 8-octet ICV and an implicit IV, 192-bit key (RFC 8750). */
export const aes192Ccm8Iiv: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_8_IIV', 29, 'aes-192-ccm', 24, 3, 8, { implicitIv: true });
/** AES-CCM with an 8-octet ICV and an implicit IV, 256-bit key (RFC 8750). */
export const aes256Ccm8Iiv: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_AES_CCM_8_IIV', 29, 'aes-256-ccm', 32, 3, 8, { implicitIv: true });
/** ChaCha20-Poly1305 with an implicit IV (RFC 8750). */
export const chacha20Poly1305Iiv: AeadRow = /* @__PURE__ */ nodeAeadRow('ENCR_CHACHA20_POLY1305_IIV', 31, 'chacha20-poly1305', 32, 4, 16, {
  implicitIv: true,
});

/** AES-CBC with a 128-bit key (RFC 3602). */
export const aes128Cbc: CipherRow = /* @__PURE__ */ nodeCbcRow('ENCR_AES_CBC', 12, {
  algorithm: 'aes-128-cbc',
  keyLength: 16,
  blockSize: 16,
});
/** AES-CBC with a 192-bit key (RFC 3602). */
export const aes192Cbc: CipherRow = /* @__PURE__ */ nodeCbcRow('ENCR_AES_CBC', 12, {
  algorithm: 'aes-192-cbc',
  keyLength: 24,
  blockSize: 16,
});
/** AES-CBC with a 256-bit key (RFC 3602). */
export const aes256Cbc: CipherRow = /* @__PURE__ */ nodeCbcRow('ENCR_AES_CBC', 12, {
  algorithm: 'aes-256-cbc',
  keyLength: 32,
  blockSize: 16,
});
/** AES-CTR with a 128-bit key (RFC 3686). */
export const aes128Ctr: CipherRow = /* @__PURE__ */ nodeCtrRow('ENCR_AES_CTR', 13, 16);
/** AES-CTR with a 192-bit key (RFC 3686). */
export const aes192Ctr: CipherRow = /* @__PURE__ */ nodeCtrRow('ENCR_AES_CTR', 13, 24);
/** AES-CTR with a 256-bit key (RFC 3686). */
export const aes256Ctr: CipherRow = /* @__PURE__ */ nodeCtrRow('ENCR_AES_CTR', 13, 32);
/** No encryption (RFC 2410); integrity is mandatory with it. */
export const nullEncryption: CipherRow = /* @__PURE__ */ nullRow('ENCR_NULL', 11, 'node');

/** HMAC-SHA1-96 (RFC 2404). */
export const hmacSha1_96: IntegrityRow = /* @__PURE__ */ nodeHmacRow('AUTH_HMAC_SHA1_96', 2, 'sha1', 20, 12);
/** HMAC-SHA-256-128 (RFC 4868). */
export const hmacSha256_128: IntegrityRow = /* @__PURE__ */ nodeHmacRow('AUTH_HMAC_SHA2_256_128', 12, 'sha256', 32, 16);
/** HMAC-SHA-384-192 (RFC 4868). */
export const hmacSha384_192: IntegrityRow = /* @__PURE__ */ nodeHmacRow('AUTH_HMAC_SHA2_384_192', 13, 'sha384', 48, 24);
/** HMAC-SHA-512-256 (RFC 4868). */
export const hmacSha512_256: IntegrityRow = /* @__PURE__ */ nodeHmacRow('AUTH_HMAC_SHA2_512_256', 14, 'sha512', 64, 32);
/** AES-XCBC-MAC-96 (RFC 3566). */
export const aesXcbc96: IntegrityRow = /* @__PURE__ */ nodeXcbcRow('AUTH_AES_XCBC_96', 5, 12);
/** AES-CMAC-96 (RFC 4494). */
export const aesCmac96: IntegrityRow = /* @__PURE__ */ nodeCmacRow('AUTH_AES_CMAC_96', 8, 12);
/** AES-GMAC for AH, 128-bit key (RFC 4543). */
export const aes128Gmac: IntegrityRow = /* @__PURE__ */ nodeGmacRow('AUTH_AES_128_GMAC', 9, 16);
/** AES-GMAC for AH, 192-bit key (RFC 4543). */
export const aes192Gmac: IntegrityRow = /* @__PURE__ */ nodeGmacRow('AUTH_AES_192_GMAC', 10, 24);
/** AES-GMAC for AH, 256-bit key (RFC 4543). */
export const aes256Gmac: IntegrityRow = /* @__PURE__ */ nodeGmacRow('AUTH_AES_256_GMAC', 11, 32);

/** 3DES-CBC (RFC 2451), SHOULD NOT; see `suite/legacy`. */
export const tripleDesCbc: CipherRow = /* @__PURE__ */ nodeCbcRow('ENCR_3DES', 3, {
  algorithm: 'des-ede3-cbc',
  keyLength: 24,
  blockSize: 8,
  prepare: strongKey,
});
/** DES-CBC (RFC 2405), MUST NOT; see `suite/legacy`. OpenSSL 3 has DES only as 3DES with the same key three times. */
export const desCbc: CipherRow = /* @__PURE__ */ nodeCbcRow('ENCR_DES', 2, {
  algorithm: 'des-ede3-cbc',
  keyLength: 8,
  blockSize: 8,
  prepare: strongKeyThrice,
});
/** HMAC-MD5-96 (RFC 2403), MUST NOT; see `suite/legacy`. */
export const hmacMd5_96: IntegrityRow = /* @__PURE__ */ nodeHmacRow('AUTH_HMAC_MD5_96', 1, 'md5', 16, 12);
/** HMAC-SHA-256 cut to 96 bits, never registered; see `suite/legacy`. */
export const hmacSha256_96: IntegrityRow = /* @__PURE__ */ nodeHmacRow('AUTH_HMAC_SHA2_256_96', 0, 'sha256', 32, 12);

/** Every row of this module but the legacy ones. */
export const nodeRows: readonly (EncryptionRow | IntegrityRow)[] = /* @__PURE__ */ Object.freeze([
  aes128Gcm16,
  aes192Gcm16,
  aes256Gcm16,
  aes128Gcm12,
  aes192Gcm12,
  aes256Gcm12,
  aes128Gcm8,
  aes192Gcm8,
  aes256Gcm8,
  aes128Ccm16,
  aes192Ccm16,
  aes256Ccm16,
  aes128Ccm12,
  aes192Ccm12,
  aes256Ccm12,
  aes128Ccm8,
  aes192Ccm8,
  aes256Ccm8,
  chacha20Poly1305,
  aes128GmacEsp,
  aes192GmacEsp,
  aes256GmacEsp,
  aes128Gcm16Iiv,
  aes192Gcm16Iiv,
  aes256Gcm16Iiv,
  aes128Ccm8Iiv,
  aes192Ccm8Iiv,
  aes256Ccm8Iiv,
  chacha20Poly1305Iiv,
  aes128Cbc,
  aes192Cbc,
  aes256Cbc,
  aes128Ctr,
  aes192Ctr,
  aes256Ctr,
  nullEncryption,
  hmacSha1_96,
  hmacSha256_128,
  hmacSha384_192,
  hmacSha512_256,
  aesXcbc96,
  aesCmac96,
  aes128Gmac,
  aes192Gmac,
  aes256Gmac,
] as const);

/** The rows of `suite/legacy` over `node:crypto`. */
export const nodeLegacyRows: readonly (CipherRow | IntegrityRow)[] = /* @__PURE__ */ Object.freeze([
  tripleDesCbc,
  desCbc,
  hmacMd5_96,
  hmacSha256_96,
] as const);

function strongKey(name: string, key: Uint8Array): Uint8Array {
  checkStrength(name, key);
  return key;
}

function strongKeyThrice(name: string, key: Uint8Array): Uint8Array {
  checkStrength(name, key);
  const thrice = new Uint8Array(24);
  for (const at of [0, 8, 16]) thrice.set(key, at);
  return thrice;
}
