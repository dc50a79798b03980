/**
 * Transform Identifiers of each protocol (RFC 2407 section 4.4), with what IKEv2 calls the same algorithms.
 *
 * @module
 */
import type { AlgorithmRowV1 } from './ikev1-attributes.js';
import { frozenTable } from './registry.js';

/** Of ISAKMP: the only key exchange there is. */
export const isakmpTransforms = /* @__PURE__ */ frozenTable([{ id: 1, name: 'KEY_IKE', rfc: 'RFC 2407' }]);

/** Of AH. The Authentication Algorithm attribute says the same once more. */
export const ahTransforms = /* @__PURE__ */ frozenTable([
  { id: 2, name: 'AH_MD5', rfc: 'RFC 2407', ikev2: 'AUTH_HMAC_MD5_96' },
  { id: 3, name: 'AH_SHA', rfc: 'RFC 2407', ikev2: 'AUTH_HMAC_SHA1_96' },
  { id: 4, name: 'AH_DES', rfc: 'RFC 2407', ikev2: 'AUTH_DES_MAC' },
  { id: 5, name: 'AH_SHA2-256', rfc: 'RFC 4868', ikev2: 'AUTH_HMAC_SHA2_256_128' },
  { id: 6, name: 'AH_SHA2-384', rfc: 'RFC 4868', ikev2: 'AUTH_HMAC_SHA2_384_192' },
  { id: 7, name: 'AH_SHA2-512', rfc: 'RFC 4868', ikev2: 'AUTH_HMAC_SHA2_512_256' },
  { id: 8, name: 'AH_RIPEMD', rfc: 'RFC 2857', ikev2: null },
  { id: 9, name: 'AH_AES-XCBC-MAC', rfc: 'RFC 3566', ikev2: 'AUTH_AES_XCBC_96' },
  { id: 10, name: 'AH_RSA', rfc: 'RFC 4359', ikev2: null },
  { id: 11, name: 'AH_AES-128-GMAC', rfc: 'RFC 4543', ikev2: 'AUTH_AES_128_GMAC' },
  { id: 12, name: 'AH_AES-192-GMAC', rfc: 'RFC 4543', ikev2: 'AUTH_AES_192_GMAC' },
  { id: 13, name: 'AH_AES-256-GMAC', rfc: 'RFC 4543', ikev2: 'AUTH_AES_256_GMAC' },
]) satisfies readonly AlgorithmRowV1[];

/** Of ESP. Beyond 20 the numbers are not IKEv2's. */
export const espTransforms = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'ESP_DES_IV64', rfc: 'RFC 2407', ikev2: 'ENCR_DES_IV64' },
  { id: 2, name: 'ESP_DES', rfc: 'RFC 2405', ikev2: 'ENCR_DES' },
  { id: 3, name: 'ESP_3DES', rfc: 'RFC 2451', ikev2: 'ENCR_3DES' },
  { id: 4, name: 'ESP_RC5', rfc: 'RFC 2451', ikev2: 'ENCR_RC5' },
  { id: 5, name: 'ESP_IDEA', rfc: 'RFC 2451', ikev2: 'ENCR_IDEA' },
  { id: 6, name: 'ESP_CAST', rfc: 'RFC 2451', ikev2: 'ENCR_CAST' },
  { id: 7, name: 'ESP_BLOWFISH', rfc: 'RFC 2451', ikev2: 'ENCR_BLOWFISH' },
  { id: 8, name: 'ESP_3IDEA', rfc: 'RFC 2407', ikev2: 'ENCR_3IDEA' },
  { id: 9, name: 'ESP_DES_IV32', rfc: 'RFC 2407', ikev2: 'ENCR_DES_IV32' },
  { id: 10, name: 'ESP_RC4', rfc: 'RFC 2407', ikev2: null },
  { id: 11, name: 'ESP_NULL', rfc: 'RFC 2410', ikev2: 'ENCR_NULL' },
  { id: 12, name: 'ESP_AES-CBC', rfc: 'RFC 3602', ikev2: 'ENCR_AES_CBC' },
  { id: 13, name: 'ESP_AES-CTR', rfc: 'RFC 3686', ikev2: 'ENCR_AES_CTR' },
  { id: 14, name: 'ESP_AES-CCM_8', rfc: 'RFC 4309', ikev2: 'ENCR_AES_CCM_8' },
  { id: 15, name: 'ESP_AES-CCM_12', rfc: 'RFC 4309', ikev2: 'ENCR_AES_CCM_12' },
  { id: 16, name: 'ESP_AES-CCM_16', rfc: 'RFC 4309', ikev2: 'ENCR_AES_CCM_16' },
  { id: 18, name: 'ESP_AES-GCM_8', rfc: 'RFC 4106', ikev2: 'ENCR_AES_GCM_8' },
  { id: 19, name: 'ESP_AES-GCM_12', rfc: 'RFC 4106', ikev2: 'ENCR_AES_GCM_12' },
  { id: 20, name: 'ESP_AES-GCM_16', rfc: 'RFC 4106', ikev2: 'ENCR_AES_GCM_16' },
  { id: 21, name: 'ESP_SEED_CBC', rfc: 'RFC 4196', ikev2: null },
  { id: 22, name: 'ESP_CAMELLIA', rfc: 'RFC 4312', ikev2: 'ENCR_CAMELLIA_CBC' },
  { id: 23, name: 'ESP_NULL_AUTH_AES-GMAC', rfc: 'RFC 4543', ikev2: 'ENCR_NULL_AUTH_AES_GMAC' },
]) satisfies readonly AlgorithmRowV1[];

/** Of IPComp. */
export const ipcompTransformsV1 = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'IPCOMP_OUI', rfc: 'RFC 2407' },
  { id: 2, name: 'IPCOMP_DEFLATE', rfc: 'RFC 2394' },
  { id: 3, name: 'IPCOMP_LZS', rfc: 'RFC 2395' },
  { id: 4, name: 'IPCOMP_LZJH', rfc: 'RFC 3051' },
]);
