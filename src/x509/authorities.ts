/**
 * What a CERTREQ payload names (RFC 7296 section 3.7, RFC 4806 section 2.2).
 *
 * @module
 */
import { sha1 } from '../suite/sha1.js';
import { readAnchors } from './trusted.js';

/**
 * The names of authorities in a CERTREQ: RFC 7296 section 3.7: "a concatenated list of SHA-1 hashes of the public keys of trusted Certification Authorities
 * (CAs)", each over SubjectPublicKeyInfo. For OCSP (RFC 4806 section 2.2) the same of the responders' certificates that are trusted.
 *
 * @param anchors DER of certificates.
 * @returns 20 octets each, each key once.
 * @throws IpsecError `invalid-config`: a certificate cannot be read.
 *
 * @example
 * ```ts
 * import { authorityHashes } from 'ipsec-ts/x509';
 *
 * if (authorityHashes([]).length !== 0) throw new Error('nobody is trusted');
 * ```
 */
export function authorityHashes(anchors: readonly Uint8Array[]): Uint8Array[] {
  const hashes = new Map<string, Uint8Array>();
  for (const { key } of readAnchors(anchors)) {
    const hash = sha1(key.spki);
    hashes.set(hash.join(), hash);
  }
  return [...hashes.values()];
}
