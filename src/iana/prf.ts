/**
 * IKEv2 Transform Type 2: pseudorandom functions, with the requirement levels of RFC 8247 section 2.2. ESP and AH have none.
 *
 * @module
 */
import { type AlgorithmRow, frozenTable } from './registry.js';

/** Pseudorandom functions by Transform ID. */
export const pseudorandomFunctions: readonly AlgorithmRow[] = /* @__PURE__ */ frozenTable<AlgorithmRow>([
  { id: 1, name: 'PRF_HMAC_MD5', rfc: 'RFC 2104', esp: null, ike: 'MUST NOT', deprecated: 'RFC 8247' },
  { id: 2, name: 'PRF_HMAC_SHA1', rfc: 'RFC 2104', esp: null, ike: 'MUST-' },
  { id: 3, name: 'PRF_HMAC_TIGER', rfc: 'RFC 7296', esp: null, ike: null, deprecated: 'RFC 9395', note: 'UNSPECIFIED' },
  { id: 4, name: 'PRF_AES128_XCBC', rfc: 'RFC 4434', esp: null, ike: 'SHOULD', note: 'SHOULD for IoT only' },
  { id: 5, name: 'PRF_HMAC_SHA2_256', rfc: 'RFC 4868', esp: null, ike: 'MUST' },
  { id: 6, name: 'PRF_HMAC_SHA2_384', rfc: 'RFC 4868', esp: null, ike: null },
  { id: 7, name: 'PRF_HMAC_SHA2_512', rfc: 'RFC 4868', esp: null, ike: 'SHOULD+' },
  { id: 8, name: 'PRF_AES128_CMAC', rfc: 'RFC 4615', esp: null, ike: null },
  { id: 9, name: 'PRF_HMAC_STREEBOG_512', rfc: 'RFC 9385', esp: null, ike: null },
]);
