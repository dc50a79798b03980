/**
 * The small registries of IKEv2. Names are IANA's; payloads go by their notation, as the RFC's exchanges do.
 *
 * @module
 */
import { frozenTable } from './registry.js';

/** IKEv2 Exchange Types. */
export const exchangeTypes = /* @__PURE__ */ frozenTable([
  { id: 34, name: 'IKE_SA_INIT', rfc: 'RFC 7296' },
  { id: 35, name: 'IKE_AUTH', rfc: 'RFC 7296' },
  { id: 36, name: 'CREATE_CHILD_SA', rfc: 'RFC 7296' },
  { id: 37, name: 'INFORMATIONAL', rfc: 'RFC 7296' },
  { id: 38, name: 'IKE_SESSION_RESUME', rfc: 'RFC 5723' },
  { id: 39, name: 'GSA_AUTH', rfc: 'RFC 9838' },
  { id: 40, name: 'GSA_REGISTRATION', rfc: 'RFC 9838' },
  { id: 41, name: 'GSA_REKEY', rfc: 'RFC 9838' },
  { id: 42, name: 'GSA_INBAND_REKEY', rfc: 'RFC 9838' },
  { id: 43, name: 'IKE_INTERMEDIATE', rfc: 'RFC 9242' },
  { id: 44, name: 'IKE_FOLLOWUP_KE', rfc: 'RFC 9370' },
]);

/** IKEv2 Payload Types, by their notation (the Nonce payload's is Ni or Nr). */
export const payloadTypes = /* @__PURE__ */ frozenTable([
  { id: 33, name: 'SA', rfc: 'RFC 7296' },
  { id: 34, name: 'KE', rfc: 'RFC 7296' },
  { id: 35, name: 'IDi', rfc: 'RFC 7296' },
  { id: 36, name: 'IDr', rfc: 'RFC 7296' },
  { id: 37, name: 'CERT', rfc: 'RFC 7296' },
  { id: 38, name: 'CERTREQ', rfc: 'RFC 7296' },
  { id: 39, name: 'AUTH', rfc: 'RFC 7296' },
  { id: 40, name: 'Nonce', rfc: 'RFC 7296' },
  { id: 41, name: 'N', rfc: 'RFC 7296' },
  { id: 42, name: 'D', rfc: 'RFC 7296' },
  { id: 43, name: 'V', rfc: 'RFC 7296' },
  { id: 44, name: 'TSi', rfc: 'RFC 7296' },
  { id: 45, name: 'TSr', rfc: 'RFC 7296' },
  { id: 46, name: 'SK', rfc: 'RFC 7296' },
  { id: 47, name: 'CP', rfc: 'RFC 7296' },
  { id: 48, name: 'EAP', rfc: 'RFC 7296' },
  { id: 49, name: 'GSPM', rfc: 'RFC 6467' },
  { id: 50, name: 'IDg', rfc: 'RFC 9838' },
  { id: 51, name: 'GSA', rfc: 'RFC 9838' },
  { id: 52, name: 'KD', rfc: 'RFC 9838' },
  { id: 53, name: 'SKF', rfc: 'RFC 7383' },
  { id: 54, name: 'PS', rfc: 'RFC 8019' },
]);

/** IKEv2 Security Protocol Identifiers. */
export const protocolIds = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'IKE', rfc: 'RFC 7296' },
  { id: 2, name: 'AH', rfc: 'RFC 7296' },
  { id: 3, name: 'ESP', rfc: 'RFC 7296' },
  { id: 4, name: 'FC_ESP_HEADER', rfc: 'RFC 4595' },
  { id: 5, name: 'FC_CT_AUTHENTICATION', rfc: 'RFC 4595' },
]);

/** Transform Type Values. Type 4 is "Key Exchange Method (KE)" since RFC 9370, which adds types 6 to 12. */
export const transformTypes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'ENCR', rfc: 'RFC 7296' },
  { id: 2, name: 'PRF', rfc: 'RFC 7296' },
  { id: 3, name: 'INTEG', rfc: 'RFC 7296' },
  { id: 4, name: 'KE', rfc: 'RFC 9370' },
  { id: 5, name: 'ESN', rfc: 'RFC 7296' },
  { id: 6, name: 'ADDKE1', rfc: 'RFC 9370' },
  { id: 7, name: 'ADDKE2', rfc: 'RFC 9370' },
  { id: 8, name: 'ADDKE3', rfc: 'RFC 9370' },
  { id: 9, name: 'ADDKE4', rfc: 'RFC 9370' },
  { id: 10, name: 'ADDKE5', rfc: 'RFC 9370' },
  { id: 11, name: 'ADDKE6', rfc: 'RFC 9370' },
  { id: 12, name: 'ADDKE7', rfc: 'RFC 9370' },
]);

/** IKEv2 Transform Attribute Types. */
export const transformAttributeTypes = /* @__PURE__ */ frozenTable([{ id: 14, name: 'Key Length', rfc: 'RFC 7296' }]);

/** IKEv2 Identification Payload ID Types. */
export const idTypes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'ID_IPV4_ADDR', rfc: 'RFC 7296' },
  { id: 2, name: 'ID_FQDN', rfc: 'RFC 7296' },
  { id: 3, name: 'ID_RFC822_ADDR', rfc: 'RFC 7296' },
  { id: 5, name: 'ID_IPV6_ADDR', rfc: 'RFC 7296' },
  { id: 9, name: 'ID_DER_ASN1_DN', rfc: 'RFC 7296' },
  { id: 10, name: 'ID_DER_ASN1_GN', rfc: 'RFC 7296' },
  { id: 11, name: 'ID_KEY_ID', rfc: 'RFC 7296' },
  { id: 12, name: 'ID_FC_NAME', rfc: 'RFC 4595' },
  { id: 13, name: 'ID_NULL', rfc: 'RFC 7619' },
]);

/** IKEv2 Certificate Encodings. */
export const certificateEncodings = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'PKCS #7 wrapped X.509 certificate', rfc: 'RFC 7296' },
  { id: 2, name: 'PGP Certificate', rfc: 'RFC 7296' },
  { id: 3, name: 'DNS Signed Key', rfc: 'RFC 7296' },
  { id: 4, name: 'X.509 Certificate - Signature', rfc: 'RFC 7296' },
  { id: 6, name: 'Kerberos Tokens', rfc: 'RFC 7296' },
  { id: 7, name: 'Certificate Revocation List (CRL)', rfc: 'RFC 7296' },
  { id: 8, name: 'Authority Revocation List (ARL)', rfc: 'RFC 7296' },
  { id: 9, name: 'SPKI Certificate', rfc: 'RFC 7296' },
  { id: 10, name: 'X.509 Certificate - Attribute', rfc: 'RFC 7296' },
  { id: 11, name: 'Deprecated (was Raw RSA Key)', rfc: 'RFC 7296' },
  { id: 12, name: 'Hash and URL of X.509 certificate', rfc: 'RFC 7296' },
  { id: 13, name: 'Hash and URL of X.509 bundle', rfc: 'RFC 7296' },
  { id: 14, name: 'OCSP Content', rfc: 'RFC 4806' },
  { id: 15, name: 'Raw Public Key', rfc: 'RFC 7670' },
]);

/** IKEv2 Authentication Method. */
export const authenticationMethods = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'RSA Digital Signature', rfc: 'RFC 7296' },
  { id: 2, name: 'Shared Key Message Integrity Code', rfc: 'RFC 7296' },
  { id: 3, name: 'DSS Digital Signature', rfc: 'RFC 7296' },
  { id: 9, name: 'ECDSA with SHA-256 on the P-256 curve', rfc: 'RFC 4754' },
  { id: 10, name: 'ECDSA with SHA-384 on the P-384 curve', rfc: 'RFC 4754' },
  { id: 11, name: 'ECDSA with SHA-512 on the P-521 curve', rfc: 'RFC 4754' },
  { id: 12, name: 'Generic Secure Password Authentication Method', rfc: 'RFC 6467' },
  { id: 13, name: 'NULL Authentication', rfc: 'RFC 7619' },
  { id: 14, name: 'Digital Signature', rfc: 'RFC 7427' },
]);

/** IKEv2 Hash Algorithms: what a SIGNATURE_HASH_ALGORITHMS notification lists. */
export const hashAlgorithms = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'SHA1', rfc: 'RFC 7427' },
  { id: 2, name: 'SHA2-256', rfc: 'RFC 7427' },
  { id: 3, name: 'SHA2-384', rfc: 'RFC 7427' },
  { id: 4, name: 'SHA2-512', rfc: 'RFC 7427' },
  { id: 5, name: 'Identity', rfc: 'RFC 8420' },
]);

/** IKEv2 Traffic Selector Types. */
export const trafficSelectorTypes = /* @__PURE__ */ frozenTable([
  { id: 7, name: 'TS_IPV4_ADDR_RANGE', rfc: 'RFC 7296' },
  { id: 8, name: 'TS_IPV6_ADDR_RANGE', rfc: 'RFC 7296' },
  { id: 9, name: 'TS_FC_ADDR_RANGE', rfc: 'RFC 4595' },
  { id: 10, name: 'TS_SECLABEL', rfc: 'RFC 9478' },
]);

/** Codes of EAP (RFC 3748 section 4). */
export const eapCodes = /* @__PURE__ */ frozenTable([
  { id: 1, name: 'Request', rfc: 'RFC 3748' },
  { id: 2, name: 'Response', rfc: 'RFC 3748' },
  { id: 3, name: 'Success', rfc: 'RFC 3748' },
  { id: 4, name: 'Failure', rfc: 'RFC 3748' },
]);
