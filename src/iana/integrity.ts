/**
 * IKEv2 Transform Type 3: integrity algorithms, for ESP, AH and IKE itself, with the requirement levels of RFC 8221 section 6 and
 * RFC 8247 section 2.3.
 *
 * @module
 */
import { type AlgorithmRow, frozenTable } from './registry.js';

/** Integrity algorithms by Transform ID. RFC 8221 calls number 0 AUTH_NONE, IANA NONE. */
export const integrityAlgorithms: readonly AlgorithmRow[] = /* @__PURE__ */ frozenTable<AlgorithmRow>([
  { id: 0, name: 'NONE', rfc: 'RFC 7296', esp: 'MUST / MUST NOT', ike: null, note: 'with a combined-mode algorithm only' },
  { id: 1, name: 'AUTH_HMAC_MD5_96', rfc: 'RFC 2403', esp: 'MUST NOT', ike: 'MUST NOT', deprecated: 'RFC 8247' },
  { id: 2, name: 'AUTH_HMAC_SHA1_96', rfc: 'RFC 2404', esp: 'MUST-', ike: 'MUST-' },
  { id: 3, name: 'AUTH_DES_MAC', rfc: 'RFC 7296', esp: 'MUST NOT', ike: 'MUST NOT', deprecated: 'RFC 8247', note: 'UNSPECIFIED' },
  { id: 4, name: 'AUTH_KPDK_MD5', rfc: 'RFC 7296', esp: 'MUST NOT', ike: 'MUST NOT', deprecated: 'RFC 8247', note: 'UNSPECIFIED' },
  { id: 5, name: 'AUTH_AES_XCBC_96', rfc: 'RFC 3566', esp: 'SHOULD / MAY', ike: 'SHOULD', note: 'SHOULD for IoT only' },
  { id: 6, name: 'AUTH_HMAC_MD5_128', rfc: 'RFC 4595', esp: null, ike: null, deprecated: 'RFC 9395' },
  { id: 7, name: 'AUTH_HMAC_SHA1_160', rfc: 'RFC 4595', esp: null, ike: null, deprecated: 'RFC 9395' },
  { id: 8, name: 'AUTH_AES_CMAC_96', rfc: 'RFC 4494', esp: null, ike: null },
  { id: 9, name: 'AUTH_AES_128_GMAC', rfc: 'RFC 4543', esp: 'MAY', ike: null, note: 'for AH, not for ESP' },
  { id: 10, name: 'AUTH_AES_192_GMAC', rfc: 'RFC 4543', esp: null, ike: null, note: 'for AH, not for ESP' },
  { id: 11, name: 'AUTH_AES_256_GMAC', rfc: 'RFC 4543', esp: 'MAY', ike: null, note: 'for AH, not for ESP' },
  { id: 12, name: 'AUTH_HMAC_SHA2_256_128', rfc: 'RFC 4868', esp: 'MUST', ike: 'MUST' },
  { id: 13, name: 'AUTH_HMAC_SHA2_384_192', rfc: 'RFC 4868', esp: null, ike: null },
  { id: 14, name: 'AUTH_HMAC_SHA2_512_256', rfc: 'RFC 4868', esp: 'SHOULD', ike: 'SHOULD' },
]);

/**
 * Integrity algorithms that are in use without a number of IANA's.
 *
 * RFC 8221 section 6: "Note that due to a long standing common implementation bug of this algorithm that truncates the hash at 96 bits
 * instead of 128 bits, it is recommended that implementations prefer AUTH_HMAC_SHA2_512_256 over AUTH_HMAC_SHA2_256_128 if they
 * implement AUTH_HMAC_SHA2_512_256."
 */
export const integrityQuirks: readonly { readonly name: string; readonly rfc: string; readonly note: string }[] =
  /* @__PURE__ */ Object.freeze([
    Object.freeze({ name: 'AUTH_HMAC_SHA2_256_96', rfc: 'RFC 8221', note: 'AUTH_HMAC_SHA2_256_128 cut to 96 bits' }),
  ]);
