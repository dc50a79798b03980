/**
 * What PEM labels mean, and what to say when a file holds something else than was asked for.
 *
 * @module
 */
import { decodeDer, derContents, derFields, SEQUENCE } from '../der.js';
import { IpsecError } from '../errors.js';
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

/** What a structure of DER may be. */
type Form =
  'PKCS#8' | 'encrypted PKCS#8' | 'RSAPrivateKey' | 'ECPrivateKey' | 'PKCS#12' | 'a certificate' | 'a public key' | 'something else';

/** Looks at the first elements only. */
export function formOf(der: Uint8Array): Form {
  const [first, second, third] = fieldsOf(der);
  const version = first?.tag === 0x02 ? derContents(first)[0] : undefined;
  if (version === 3 && second?.tag === SEQUENCE) return 'PKCS#12';
  if (version === 1 && second?.tag === 0x04) return 'ECPrivateKey';
  if (version !== undefined && second?.tag === SEQUENCE && third?.tag === 0x04) return 'PKCS#8';
  if (version !== undefined && second?.tag === 0x02) return 'RSAPrivateKey';
  if (first?.tag !== SEQUENCE || second === undefined) return 'something else';
  if (third === undefined && second.tag === 0x04) return 'encrypted PKCS#8';
  if (third === undefined && second.tag === 0x03) return 'a public key';
  return second.tag === SEQUENCE ? 'a certificate' : 'something else';
}

function fieldsOf(der: Uint8Array): ReturnType<typeof derFields> {
  try {
    return derFields(decodeDer(der, { what: 'a file', path: 'der' }, SEQUENCE));
  } catch (error) {
    if (error instanceof IpsecError) return [];
    throw error;
  }
}

/** The error of a structure of DER that is something else than was asked for; undefined: perhaps it is not. */
export function otherForm(expected: string, der: Uint8Array, source: string | undefined): IpsecError | undefined {
  const form = formOf(der);
  const isKey = form === 'PKCS#8' || form === 'RSAPrivateKey' || form === 'ECPrivateKey' || form === 'encrypted PKCS#8';
  const kind = isKey ? 'a private key' : form;
  if (kind === expected || kind === 'something else') return undefined;
  const found = kind === 'PKCS#12' ? 'PKCS#12 (openssl pkcs12 -in FILE -out NEW -noenc makes PEM of it)' : kind;
  return fileError('unknown-format', 'a file of DER', source, { expected, found });
}
