/**
 * Attributes of transforms, and what stands in them: phase 1 (RFC 2409 appendix A) and phase 2 (RFC 2407 section 4.5).
 *
 * @module
 */
import { frozenTable, type RegistryRow } from './registry.js';

/** An attribute. RFC 2409 appendix A: "Attribute types can be either Basic (B) or Variable-length (V)." */
export interface AttributeRow extends RegistryRow {
  /** B: always a number of two octets. */
  readonly kind: 'B' | 'V';
}

/** An algorithm of IKEv1. */
export interface AlgorithmRowV1 extends RegistryRow {
  /** What IKEv2 calls the same one, if it has it: there its requirement level stands. */
  readonly ikev2: string | null;
}

/** Attributes of phase 1. */
export const phase1Attributes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'Encryption Algorithm', rfc: 'RFC 2409', kind: 'B' },
  { id: 2, name: 'Hash Algorithm', rfc: 'RFC 2409', kind: 'B' },
  { id: 3, name: 'Authentication Method', rfc: 'RFC 2409', kind: 'B' },
  { id: 4, name: 'Group Description', rfc: 'RFC 2409', kind: 'B' },
  { id: 5, name: 'Group Type', rfc: 'RFC 2409', kind: 'B' },
  { id: 6, name: 'Group Prime/Irreducible Polynomial', rfc: 'RFC 2409', kind: 'V' },
  { id: 7, name: 'Group Generator One', rfc: 'RFC 2409', kind: 'V' },
  { id: 8, name: 'Group Generator Two', rfc: 'RFC 2409', kind: 'V' },
  { id: 9, name: 'Group Curve A', rfc: 'RFC 2409', kind: 'V' },
  { id: 10, name: 'Group Curve B', rfc: 'RFC 2409', kind: 'V' },
  { id: 11, name: 'Life Type', rfc: 'RFC 2409', kind: 'B' },
  { id: 12, name: 'Life Duration', rfc: 'RFC 2409', kind: 'V' },
  { id: 13, name: 'PRF', rfc: 'RFC 2409', kind: 'B' },
  { id: 14, name: 'Key Length', rfc: 'RFC 2409', kind: 'B' },
  { id: 15, name: 'Field Size', rfc: 'RFC 2409', kind: 'B' },
  { id: 16, name: 'Group Order', rfc: 'RFC 2409', kind: 'V' },
]) satisfies readonly AttributeRow[];

/** Encryption Algorithm. RFC 8247 and RFC 9395 know none of them that is not deprecated with IKEv1 itself. */
export const phase1Encryption = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'DES-CBC', rfc: 'RFC 2405', ikev2: 'ENCR_DES' },
  { id: 2, name: 'IDEA-CBC', rfc: 'RFC 2409', ikev2: 'ENCR_IDEA' },
  { id: 3, name: 'Blowfish-CBC', rfc: 'RFC 2409', ikev2: 'ENCR_BLOWFISH' },
  { id: 4, name: 'RC5-R16-B64-CBC', rfc: 'RFC 2409', ikev2: 'ENCR_RC5' },
  { id: 5, name: '3DES-CBC', rfc: 'RFC 2409', ikev2: 'ENCR_3DES' },
  { id: 6, name: 'CAST-CBC', rfc: 'RFC 2409', ikev2: 'ENCR_CAST' },
  { id: 7, name: 'AES-CBC', rfc: 'RFC 3602', ikev2: 'ENCR_AES_CBC' },
  { id: 8, name: 'CAMELLIA-CBC', rfc: 'RFC 4312', ikev2: 'ENCR_CAMELLIA_CBC' },
]) satisfies readonly AlgorithmRowV1[];

/** Hash Algorithm. The prf is its HMAC; IKEv2 has that alone. */
export const phase1Hashes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'MD5', rfc: 'RFC 1321', ikev2: 'PRF_HMAC_MD5' },
  { id: 2, name: 'SHA', rfc: 'RFC 2409', ikev2: 'PRF_HMAC_SHA1' },
  { id: 3, name: 'Tiger', rfc: 'RFC 2409', ikev2: 'PRF_HMAC_TIGER' },
  { id: 4, name: 'SHA2-256', rfc: 'RFC 4868', ikev2: 'PRF_HMAC_SHA2_256' },
  { id: 5, name: 'SHA2-384', rfc: 'RFC 4868', ikev2: 'PRF_HMAC_SHA2_384' },
  { id: 6, name: 'SHA2-512', rfc: 'RFC 4868', ikev2: 'PRF_HMAC_SHA2_512' },
]) satisfies readonly AlgorithmRowV1[];

/** Authentication Method. The hybrid and XAUTH methods are out of the private range, as the drafts took them. */
export const phase1Authentication = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'pre-shared key', rfc: 'RFC 2409' },
  { id: 2, name: 'DSS signatures', rfc: 'RFC 2409' },
  { id: 3, name: 'RSA signatures', rfc: 'RFC 2409' },
  { id: 4, name: 'Encryption with RSA', rfc: 'RFC 2409' },
  { id: 5, name: 'Revised encryption with RSA', rfc: 'RFC 2409' },
  { id: 8, name: 'ECDSA signatures', rfc: 'RFC 4754' },
  { id: 9, name: 'ECDSA with SHA-256 on the P-256 curve', rfc: 'RFC 4754' },
  { id: 10, name: 'ECDSA with SHA-384 on the P-384 curve', rfc: 'RFC 4754' },
  { id: 11, name: 'ECDSA with SHA-512 on the P-521 curve', rfc: 'RFC 4754' },
  { id: 64221, name: 'HybridInitRSA', rfc: 'draft-ietf-ipsec-isakmp-hybrid-auth' },
  { id: 64222, name: 'HybridRespRSA', rfc: 'draft-ietf-ipsec-isakmp-hybrid-auth' },
  { id: 64223, name: 'HybridInitDSS', rfc: 'draft-ietf-ipsec-isakmp-hybrid-auth' },
  { id: 64224, name: 'HybridRespDSS', rfc: 'draft-ietf-ipsec-isakmp-hybrid-auth' },
  { id: 65001, name: 'XAUTHInitPreShared', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 65002, name: 'XAUTHRespPreShared', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 65003, name: 'XAUTHInitDSS', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 65004, name: 'XAUTHRespDSS', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 65005, name: 'XAUTHInitRSA', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 65006, name: 'XAUTHRespRSA', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 65007, name: 'XAUTHInitRSAEncryption', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 65008, name: 'XAUTHRespRSAEncryption', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 65009, name: 'XAUTHInitRSARevisedEncryption', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
  { id: 65010, name: 'XAUTHRespRSARevisedEncryption', rfc: 'draft-ietf-ipsec-isakmp-xauth' },
]);

/** Attributes of phase 2. */
export const phase2Attributes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'SA Life Type', rfc: 'RFC 2407', kind: 'B' },
  { id: 2, name: 'SA Life Duration', rfc: 'RFC 2407', kind: 'V' },
  { id: 3, name: 'Group Description', rfc: 'RFC 2407', kind: 'B' },
  { id: 4, name: 'Encapsulation Mode', rfc: 'RFC 2407', kind: 'B' },
  { id: 5, name: 'Authentication Algorithm', rfc: 'RFC 2407', kind: 'B' },
  { id: 6, name: 'Key Length', rfc: 'RFC 2407', kind: 'B' },
  { id: 7, name: 'Key Rounds', rfc: 'RFC 2407', kind: 'B' },
  { id: 8, name: 'Compress Dictionary Size', rfc: 'RFC 2407', kind: 'B' },
  { id: 9, name: 'Compress Private Algorithm', rfc: 'RFC 2407', kind: 'V' },
  { id: 10, name: 'ECN Tunnel', rfc: 'RFC 3168', kind: 'B' },
  { id: 11, name: 'Extended (64-bit) Sequence Number', rfc: 'RFC 4304', kind: 'B' },
  { id: 12, name: 'Authentication Key Length', rfc: 'RFC 4359', kind: 'V' },
  { id: 13, name: 'Signature Encoding Algorithm', rfc: 'RFC 4359', kind: 'B' },
  { id: 14, name: 'Address Preservation', rfc: 'RFC 6407', kind: 'B' },
  { id: 15, name: 'SA Direction', rfc: 'RFC 6407', kind: 'B' },
]) satisfies readonly AttributeRow[];

/** Encapsulation Mode. The UDP modes have two numbers each: RFC 3947's, and those of its drafts. */
export const encapsulationModes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'Tunnel', rfc: 'RFC 2407' },
  { id: 2, name: 'Transport', rfc: 'RFC 2407' },
  { id: 3, name: 'UDP-Encapsulated-Tunnel', rfc: 'RFC 3947' },
  { id: 4, name: 'UDP-Encapsulated-Transport', rfc: 'RFC 3947' },
  { id: 61443, name: 'UDP-Encapsulated-Tunnel (draft)', rfc: 'draft-ietf-ipsec-nat-t-ike-03' },
  { id: 61444, name: 'UDP-Encapsulated-Transport (draft)', rfc: 'draft-ietf-ipsec-nat-t-ike-03' },
]);

/** Authentication Algorithm of ESP and AH. */
export const phase2Authentication = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'HMAC-MD5', rfc: 'RFC 2407', ikev2: 'AUTH_HMAC_MD5_96' },
  { id: 2, name: 'HMAC-SHA', rfc: 'RFC 2407', ikev2: 'AUTH_HMAC_SHA1_96' },
  { id: 3, name: 'DES-MAC', rfc: 'RFC 2407', ikev2: 'AUTH_DES_MAC' },
  { id: 4, name: 'KPDK', rfc: 'RFC 2407', ikev2: 'AUTH_KPDK_MD5' },
  { id: 5, name: 'HMAC-SHA2-256', rfc: 'RFC 4868', ikev2: 'AUTH_HMAC_SHA2_256_128' },
  { id: 6, name: 'HMAC-SHA2-384', rfc: 'RFC 4868', ikev2: 'AUTH_HMAC_SHA2_384_192' },
  { id: 7, name: 'HMAC-SHA2-512', rfc: 'RFC 4868', ikev2: 'AUTH_HMAC_SHA2_512_256' },
  { id: 8, name: 'HMAC-RIPEMD', rfc: 'RFC 2857', ikev2: null },
  { id: 9, name: 'AES-XCBC-MAC', rfc: 'RFC 3566', ikev2: 'AUTH_AES_XCBC_96' },
  { id: 10, name: 'SIG-RSA', rfc: 'RFC 4359', ikev2: null },
  { id: 11, name: 'AES-128-GMAC', rfc: 'RFC 4543', ikev2: 'AUTH_AES_128_GMAC' },
  { id: 12, name: 'AES-192-GMAC', rfc: 'RFC 4543', ikev2: 'AUTH_AES_192_GMAC' },
  { id: 13, name: 'AES-256-GMAC', rfc: 'RFC 4543', ikev2: 'AUTH_AES_256_GMAC' },
]) satisfies readonly AlgorithmRowV1[];
