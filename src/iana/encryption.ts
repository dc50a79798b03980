/**
 * IKEv2 Transform Type 1: encryption algorithms, for ESP and for IKE itself, with the requirement levels of RFC 8221 section 5 and
 * RFC 8247 section 2.1.
 *
 * @module
 */
import { type AlgorithmRow, frozenTable } from './registry.js';

const KEY_SIZES = '128-bit and 256-bit keys; 192-bit keys remain at the MAY level';

/** Encryption algorithms by Transform ID. */
export const encryptionAlgorithms: readonly AlgorithmRow[] = /* @__PURE__ */ frozenTable<AlgorithmRow>([
  { id: 1, name: 'ENCR_DES_IV64', rfc: 'RFC 7296', esp: 'MUST NOT', ike: null, deprecated: 'RFC 9395', note: 'UNSPECIFIED' },
  { id: 2, name: 'ENCR_DES', rfc: 'RFC 2405', esp: 'MUST NOT', ike: 'MUST NOT', deprecated: 'RFC 8247' },
  { id: 3, name: 'ENCR_3DES', rfc: 'RFC 2451', esp: 'SHOULD NOT', ike: 'MAY' },
  { id: 4, name: 'ENCR_RC5', rfc: 'RFC 2451', esp: null, ike: null, deprecated: 'RFC 9395' },
  { id: 5, name: 'ENCR_IDEA', rfc: 'RFC 2451', esp: null, ike: null, deprecated: 'RFC 9395' },
  { id: 6, name: 'ENCR_CAST', rfc: 'RFC 2451', esp: null, ike: null, deprecated: 'RFC 9395' },
  { id: 7, name: 'ENCR_BLOWFISH', rfc: 'RFC 2451', esp: 'MUST NOT', ike: null, deprecated: 'RFC 9395' },
  { id: 8, name: 'ENCR_3IDEA', rfc: 'RFC 7296', esp: 'MUST NOT', ike: null, deprecated: 'RFC 9395', note: 'UNSPECIFIED' },
  { id: 9, name: 'ENCR_DES_IV32', rfc: 'RFC 7296', esp: 'MUST NOT', ike: null, deprecated: 'RFC 9395', note: 'UNSPECIFIED' },
  { id: 11, name: 'ENCR_NULL', rfc: 'RFC 2410', esp: 'MUST', ike: 'MUST NOT' },
  { id: 12, name: 'ENCR_AES_CBC', rfc: 'RFC 3602', esp: 'MUST', ike: 'MUST', note: KEY_SIZES },
  { id: 13, name: 'ENCR_AES_CTR', rfc: 'RFC 3686', esp: null, ike: null, note: 'in IKE: RFC 5930' },
  { id: 14, name: 'ENCR_AES_CCM_8', rfc: 'RFC 4309', esp: 'SHOULD', ike: 'SHOULD', note: 'IoT; 128-bit keys only' },
  { id: 15, name: 'ENCR_AES_CCM_12', rfc: 'RFC 4309', esp: null, ike: null },
  { id: 16, name: 'ENCR_AES_CCM_16', rfc: 'RFC 4309', esp: null, ike: null },
  { id: 18, name: 'ENCR_AES_GCM_8', rfc: 'RFC 4106', esp: null, ike: null },
  { id: 19, name: 'ENCR_AES_GCM_12', rfc: 'RFC 4106', esp: null, ike: null },
  { id: 20, name: 'ENCR_AES_GCM_16', rfc: 'RFC 4106', esp: 'MUST', ike: 'SHOULD', note: KEY_SIZES },
  { id: 21, name: 'ENCR_NULL_AUTH_AES_GMAC', rfc: 'RFC 4543', esp: null, ike: null, note: 'not for IKE' },
  { id: 23, name: 'ENCR_CAMELLIA_CBC', rfc: 'RFC 5529', esp: null, ike: null },
  { id: 24, name: 'ENCR_CAMELLIA_CTR', rfc: 'RFC 5529', esp: null, ike: null },
  { id: 25, name: 'ENCR_CAMELLIA_CCM_8', rfc: 'RFC 5529', esp: null, ike: null },
  { id: 26, name: 'ENCR_CAMELLIA_CCM_12', rfc: 'RFC 5529', esp: null, ike: null },
  { id: 27, name: 'ENCR_CAMELLIA_CCM_16', rfc: 'RFC 5529', esp: null, ike: null },
  { id: 28, name: 'ENCR_CHACHA20_POLY1305', rfc: 'RFC 7634', esp: 'SHOULD', ike: 'SHOULD' },
  { id: 29, name: 'ENCR_AES_CCM_8_IIV', rfc: 'RFC 8750', esp: null, ike: null, note: 'not for IKE' },
  { id: 30, name: 'ENCR_AES_GCM_16_IIV', rfc: 'RFC 8750', esp: null, ike: null, note: 'not for IKE' },
  { id: 31, name: 'ENCR_CHACHA20_POLY1305_IIV', rfc: 'RFC 8750', esp: null, ike: null, note: 'not for IKE' },
  { id: 32, name: 'ENCR_KUZNYECHIK_MGM_KTREE', rfc: 'RFC 9227', esp: null, ike: null },
  { id: 33, name: 'ENCR_MAGMA_MGM_KTREE', rfc: 'RFC 9227', esp: null, ike: null },
  { id: 34, name: 'ENCR_KUZNYECHIK_MGM_MAC_KTREE', rfc: 'RFC 9227', esp: null, ike: null, note: 'not for IKE' },
  { id: 35, name: 'ENCR_MAGMA_MGM_MAC_KTREE', rfc: 'RFC 9227', esp: null, ike: null, note: 'not for IKE' },
]);
