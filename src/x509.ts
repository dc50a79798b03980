/**
 * Certificates and keys of files, and which identities they may claim (RFC 4945), on `pkijs` and `asn1js`, which an application that uses this has to install.
 *
 * @module
 */
export { createWebCryptoSigner, type OwnKey } from './x509/read-own-key.js';
export { readCertificates, readCrls, type ReadOptions, readPublicKeys } from './x509/read-certificates.js';
export { readPrivateKey, type ReadPrivateKeyOptions } from './x509/read-private-key.js';
export { type CertificateName, identitiesOfCertificate, namesOfCertificate } from './x509/identity.js';
export { type CertificateIdentityOptions, explainCertificateIdentity } from './x509/identity-explain.js';
