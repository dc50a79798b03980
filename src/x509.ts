/**
 * Certificates and keys of files, and which identities they may claim (RFC 4945), on `pkijs` and `asn1js`, which an application that uses this has to install.
 *
 * @module
 */
export { createWebCryptoSigner, type OwnKey } from './x509/read-own-key.js';
export { readCertificates, readCrls, type ReadOptions, readPublicKeys } from './x509/read-certificates.js';
export { type Pkcs12, readPkcs12, type ReadPkcs12Options } from './x509/read-pkcs12.js';
export { readPrivateKey, type ReadPrivateKeyOptions } from './x509/read-private-key.js';
export { type CertificateName, identitiesOfCertificate, namesOfCertificate } from './x509/identity.js';
export { type CertificateSummary, describeCertificate, summarizeCertificate } from './x509/describe.js';
export { type CertificateIdentityOptions, explainCertificateIdentity } from './x509/identity-explain.js';
export { authorityHashes } from './x509/authorities.js';
export { createRevocationCache, type RevocationCache, type RevocationCacheBounds } from './x509/lru.js';
export type { FetchOptions, FetchRevocation, RevocationMode } from './x509/revocation-types.js';
export { type CertificateQuestion, validateCertificate } from './x509/validate.js';
export type { ExtendedKeyUsageName } from './x509/usages.js';
export type { CertificateLimits, CertificateRules, ValidPath } from './x509/validate-types.js';
export { type CertificateVerifier, type CertificateVerifierConfig, createCertificateVerifier } from './x509/verifier.js';
export type { AskCertificates, CertificateVerdict } from './keying/asks.js';
