/**
 * What PEM labels mean, and what to say when a file holds something else than was asked for.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import { fileError, type PemBlock } from './pem.js';

/** Labels of private keys that are read. */
export const privateLabels: readonly string[] = ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

const kinds: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  CERTIFICATE: 'a certificate',
  'X509 CERTIFICATE': 'a certificate',
  'TRUSTED CERTIFICATE': 'a TRUSTED CERTIFICATE (openssl x509 -in FILE makes a plain one of it)',
  'CERTIFICATE REQUEST': 'a request for a certificate',
  'NEW CERTIFICATE REQUEST': 'a request for a certificate',
  'X509 CRL': 'a revocation list',
  'PUBLIC KEY': 'a public key',
  'RSA PUBLIC KEY': 'a public key',
  'PRIVATE KEY': 'a private key',
  'ENCRYPTED PRIVATE KEY': 'an encrypted private key',
  'RSA PRIVATE KEY': 'a private key',
  'EC PRIVATE KEY': 'a private key',
  'DSA PRIVATE KEY': 'a private key of DSA, which IKEv2 does not use any more',
  'OPENSSH PRIVATE KEY': 'a private key in the form of OpenSSH (ssh-keygen -p -m PKCS8 -f FILE changes it)',
  'EC PARAMETERS': 'parameters of a curve',
  PKCS7: 'PKCS#7 (openssl pkcs7 -print_certs -in FILE takes the certificates out)',
  CMS: 'PKCS#7 (openssl pkcs7 -print_certs -in FILE takes the certificates out)',
});

/** The error of a file that has no block of the kinds that were asked for. */
export function notThere(expected: string, blocks: readonly PemBlock[], source: string | undefined): IpsecError {
  const found = [...new Set(blocks.map(({ label }) => kinds[label] ?? `a block ${JSON.stringify(label.slice(0, 40))}`))];
  return fileError('unknown-format', `a file of PEM`, source, { expected, found: found.slice(0, 4).join(' and ') });
}
