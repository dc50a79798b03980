/**
 * The registries of ISAKMP and IKEv1. Names are those of the RFCs and of IANA; payloads go by their notation. All of it is deprecated, and nothing
 * is added any more: RFC 9395 section 7: "All registries listed below have been closed. See RFC 9395."
 *
 * @module
 */
import { frozenTable } from './registry.js';

/** Domains of Interpretation. */
export const dois = /* @__PURE__ */ frozenTable([
  { id: 0, name: 'ISAKMP', rfc: 'RFC 2408' },
  { id: 1, name: 'IPSEC', rfc: 'RFC 2407' },
  { id: 2, name: 'GDOI', rfc: 'RFC 6407' },
]);

/** Exchange Types. What RFC 2409 calls Main Mode is Identity Protection. Transaction is that of the Mode Config drafts. */
export const exchangeTypesV1 = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'Base', rfc: 'RFC 2408' },
  { id: 2, name: 'Identity Protection', rfc: 'RFC 2408' },
  { id: 3, name: 'Authentication Only', rfc: 'RFC 2408' },
  { id: 4, name: 'Aggressive', rfc: 'RFC 2408' },
  { id: 5, name: 'Informational', rfc: 'RFC 2408' },
  { id: 6, name: 'Transaction', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 32, name: 'Quick Mode', rfc: 'RFC 2409' },
  { id: 33, name: 'New Group Mode', rfc: 'RFC 2409' },
]);

/**
 * Next Payload Types, in the notation of RFC 2408 section 3.1. Those behind VID came later; those from 130 on are out of the private range, as drafts and vendors
 * took them.
 */
export const payloadNamesV1 = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'SA', rfc: 'RFC 2408' },
  { id: 2, name: 'P', rfc: 'RFC 2408' },
  { id: 3, name: 'T', rfc: 'RFC 2408' },
  { id: 4, name: 'KE', rfc: 'RFC 2408' },
  { id: 5, name: 'ID', rfc: 'RFC 2408' },
  { id: 6, name: 'CERT', rfc: 'RFC 2408' },
  { id: 7, name: 'CR', rfc: 'RFC 2408' },
  { id: 8, name: 'HASH', rfc: 'RFC 2408' },
  { id: 9, name: 'SIG', rfc: 'RFC 2408' },
  { id: 10, name: 'NONCE', rfc: 'RFC 2408' },
  { id: 11, name: 'N', rfc: 'RFC 2408' },
  { id: 12, name: 'D', rfc: 'RFC 2408' },
  { id: 13, name: 'VID', rfc: 'RFC 2408' },
  { id: 14, name: 'ATTR', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 20, name: 'NAT-D', rfc: 'RFC 3947' },
  { id: 21, name: 'NAT-OA', rfc: 'RFC 3947' },
  { id: 130, name: 'NAT-D', rfc: 'draft-ietf-ipsec-nat-t-ike' },
  { id: 131, name: 'NAT-OA', rfc: 'draft-ietf-ipsec-nat-t-ike' },
  { id: 132, name: 'FRAG', rfc: 'private' },
]);

/** Protocol Identifiers (RFC 2407 section 4.4.1), without their PROTO_ and IPSEC_. */
export const protocolIdsV1 = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'ISAKMP', rfc: 'RFC 2407' },
  { id: 2, name: 'AH', rfc: 'RFC 2407' },
  { id: 3, name: 'ESP', rfc: 'RFC 2407' },
  { id: 4, name: 'IPCOMP', rfc: 'RFC 2407' },
  { id: 5, name: 'GIGABEAM_RADIO', rfc: 'RFC 4705' },
]);

/** Identification Types (RFC 2407 section 4.6.2.1). */
export const idTypesV1 = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'ID_IPV4_ADDR', rfc: 'RFC 2407' },
  { id: 2, name: 'ID_FQDN', rfc: 'RFC 2407' },
  { id: 3, name: 'ID_USER_FQDN', rfc: 'RFC 2407' },
  { id: 4, name: 'ID_IPV4_ADDR_SUBNET', rfc: 'RFC 2407' },
  { id: 5, name: 'ID_IPV6_ADDR', rfc: 'RFC 2407' },
  { id: 6, name: 'ID_IPV6_ADDR_SUBNET', rfc: 'RFC 2407' },
  { id: 7, name: 'ID_IPV4_ADDR_RANGE', rfc: 'RFC 2407' },
  { id: 8, name: 'ID_IPV6_ADDR_RANGE', rfc: 'RFC 2407' },
  { id: 9, name: 'ID_DER_ASN1_DN', rfc: 'RFC 2407' },
  { id: 10, name: 'ID_DER_ASN1_GN', rfc: 'RFC 2407' },
  { id: 11, name: 'ID_KEY_ID', rfc: 'RFC 2407' },
  { id: 12, name: 'ID_LIST', rfc: 'RFC 3554' },
]);

/** Certificate Encodings (RFC 2408 section 3.9). */
export const certificateEncodingsV1 = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'PKCS #7 wrapped X.509 certificate', rfc: 'RFC 2408' },
  { id: 2, name: 'PGP Certificate', rfc: 'RFC 2408' },
  { id: 3, name: 'DNS Signed Key', rfc: 'RFC 2408' },
  { id: 4, name: 'X.509 Certificate - Signature', rfc: 'RFC 2408' },
  { id: 5, name: 'X.509 Certificate - Key Exchange', rfc: 'RFC 2408' },
  { id: 6, name: 'Kerberos Tokens', rfc: 'RFC 2408' },
  { id: 7, name: 'Certificate Revocation List (CRL)', rfc: 'RFC 2408' },
  { id: 8, name: 'Authority Revocation List (ARL)', rfc: 'RFC 2408' },
  { id: 9, name: 'SPKI Certificate', rfc: 'RFC 2408' },
  { id: 10, name: 'X.509 Certificate - Attribute', rfc: 'RFC 2408' },
]);

/** Life Types, the same in both phases (RFC 2409 appendix A, RFC 2407 section 4.5). */
export const lifeTypes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'seconds', rfc: 'RFC 2409' },
  { id: 2, name: 'kilobytes', rfc: 'RFC 2409' },
]);
