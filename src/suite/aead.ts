/**
 * Combined-mode algorithms as rows: AES-GCM, AES-CCM, ChaCha20-Poly1305, AES-GMAC for ESP, and the implicit-IV forms. One row
 * per key length, because what a row says of key lengths is what negotiation and configuration go by.
 *
 * The import costs about 30 ms in Node, once: noble builds its AES tables then.
 *
 * @example
 * ```ts
 * import { aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const keyAndSalt = new Uint8Array(20); // from IKE, never zeros
 * const context = aes128Gcm16.create(keyAndSalt);
 * const aad = new Uint8Array([0, 0, 0x10, 0, 0, 0, 0, 1]); // SPI, sequence number
 * const iv = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1]); // never the same twice under one key
 * const buffer = new Uint8Array(64 + 16); // 64 octets of text, room for the ICV behind
 * context.seal(aad, iv, buffer, 0, 64);
 * if (!context.open(aad, iv, buffer, 0, 64)) throw new Error('the ICV does not fit');
 * context.destroy(); // the keys are zeros now
 * ```
 *
 * @module
 */
import { ccmRow } from './ccm.js';
import { chachaRow } from './chacha.js';
import { gcmRow } from './gcm.js';
import { gmacEspRow } from './gmac.js';
import type { AeadRow } from './types.js';

/** AES-GCM with a 16-octet ICV, 128-bit key (RFC 4106). Keying material: 16 octets, then 4 of salt. */
export const aes128Gcm16: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_16', 20, 16, 16);
/** AES-GCM with a 16-octet ICV, 192-bit key (RFC 4106). */
export const aes192Gcm16: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_16', 20, 24, 16);
/** AES-GCM with a 16-octet ICV, 256-bit key (RFC 4106). */
export const aes256Gcm16: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_16', 20, 32, 16);
/** AES-GCM with a 12-octet ICV, 128-bit key (RFC 4106). */
export const aes128Gcm12: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_12', 19, 16, 12);
/** AES-GCM with a 12-octet ICV, 192-bit key (RFC 4106). */
export const aes192Gcm12: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_12', 19, 24, 12);
/** AES-GCM with a 12-octet ICV, 256-bit key (RFC 4106). */
export const aes256Gcm12: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_12', 19, 32, 12);
/** AES-GCM with an 8-octet ICV, 128-bit key (RFC 4106). */
export const aes128Gcm8: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_8', 18, 16, 8);
/** AES-GCM with an 8-octet ICV, 192-bit key (RFC 4106). */
export const aes192Gcm8: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_8', 18, 24, 8);
/** AES-GCM with an 8-octet ICV, 256-bit key (RFC 4106). */
export const aes256Gcm8: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_8', 18, 32, 8);

/** AES-CCM with a 16-octet ICV, 128-bit key (RFC 4309). Keying material: 16 octets, then 3 of salt. */
export const aes128Ccm16: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_16', 16, 16, 16);
/** AES-CCM with a 16-octet ICV, 192-bit key (RFC 4309). */
export const aes192Ccm16: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_16', 16, 24, 16);
/** AES-CCM with a 16-octet ICV, 256-bit key (RFC 4309). */
export const aes256Ccm16: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_16', 16, 32, 16);
/** AES-CCM with a 12-octet ICV, 128-bit key (RFC 4309). */
export const aes128Ccm12: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_12', 15, 16, 12);
/** AES-CCM with a 12-octet ICV, 192-bit key (RFC 4309). */
export const aes192Ccm12: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_12', 15, 24, 12);
/** AES-CCM with a 12-octet ICV, 256-bit key (RFC 4309). */
export const aes256Ccm12: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_12', 15, 32, 12);
/** AES-CCM with an 8-octet ICV, 128-bit key (RFC 4309). */
export const aes128Ccm8: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_8', 14, 16, 8);
/** AES-CCM with an 8-octet ICV, 192-bit key (RFC 4309). */
export const aes192Ccm8: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_8', 14, 24, 8);
/** AES-CCM with an 8-octet ICV, 256-bit key (RFC 4309). */
export const aes256Ccm8: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_8', 14, 32, 8);

/** ChaCha20-Poly1305 (RFC 7634). Keying material: 32 octets, then 4 of salt. */
export const chacha20Poly1305: AeadRow = /* @__PURE__ */ chachaRow('ENCR_CHACHA20_POLY1305', 28);

/** AES-GMAC for ESP, 128-bit key (RFC 4543): integrity without encryption. Keying material: 16 octets, then 4 of salt. */
export const aes128GmacEsp: AeadRow = /* @__PURE__ */ gmacEspRow('ENCR_NULL_AUTH_AES_GMAC', 21, 16);
/** AES-GMAC for ESP, 192-bit key (RFC 4543): integrity without encryption. */
export const aes192GmacEsp: AeadRow = /* @__PURE__ */ gmacEspRow('ENCR_NULL_AUTH_AES_GMAC', 21, 24);
/** AES-GMAC for ESP, 256-bit key (RFC 4543): integrity without encryption. */
export const aes256GmacEsp: AeadRow = /* @__PURE__ */ gmacEspRow('ENCR_NULL_AUTH_AES_GMAC', 21, 32);

/** AES-GCM with a 16-octet ICV and an implicit IV, 128-bit key (RFC 8750). */
export const aes128Gcm16Iiv: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_16_IIV', 30, 16, 16, true);
/** AES-GCM with a 16-octet ICV and an implicit IV, 192-bit key (RFC 8750). */
export const aes192Gcm16Iiv: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_16_IIV', 30, 24, 16, true);
/** AES-GCM with a 16-octet ICV and an implicit IV, 256-bit key (RFC 8750). */
export const aes256Gcm16Iiv: AeadRow = /* @__PURE__ */ gcmRow('ENCR_AES_GCM_16_IIV', 30, 32, 16, true);
/** AES-CCM with an 8-octet ICV and an implicit IV, 128-bit key: the only CCM that RFC 8750 registers. */
export const aes128Ccm8Iiv: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_8_IIV', 29, 16, 8, true);
/** AES-CCM with an 8-octet ICV and an implicit IV, 192-bit key (RFC 8750). */
export const aes192Ccm8Iiv: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_8_IIV', 29, 24, 8, true);
/** AES-CCM with an 8-octet ICV and an implicit IV, 256-bit key (RFC 8750). */
export const aes256Ccm8Iiv: AeadRow = /* @__PURE__ */ ccmRow('ENCR_AES_CCM_8_IIV', 29, 32, 8, true);
/** ChaCha20-Poly1305 with an implicit IV (RFC 8750). */
export const chacha20Poly1305Iiv: AeadRow = /* @__PURE__ */ chachaRow('ENCR_CHACHA20_POLY1305_IIV', 31, true);

/** Every row of this module. Whoever passes it on brings all of them into the bundle and into negotiation. */
export const aeadRows: readonly AeadRow[] = /* @__PURE__ */ Object.freeze([
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
]);
