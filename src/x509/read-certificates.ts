/**
 * Certificates, public keys and revocation lists from files: PEM with any number of blocks, or one structure of DER.
 *
 * @module
 */
import { decodeDer, encodeDer, encodeDerBits, encodeDerIdentifier, NULL, SEQUENCE } from '../der.js';
import { IpsecError } from '../errors.js';
import { decodePublicKey } from '../suite/public-key.js';
import type { PublicKey } from '../suite/types-sign.js';
import { fileError, readArmour } from './pem.js';
import { readFields } from './read-fields.js';
import { notThere, otherForm } from './read-labels.js';

/** About a file. */
export interface ReadOptions {
  /** The name of the file: the `path` of errors. */
  readonly source?: string | undefined;
}

/**
 * The certificates of a file, in its order. Keys and other blocks among them are skipped.
 *
 * @param input PEM as octets or text (Windows line ends, text around the blocks and a byte order mark do not matter), or one certificate as DER.
 * @returns at least one, DER. Of each only the structure was looked at.
 * @throws IpsecError whose `path` is the file: `unknown-format` (what it is instead), `truncated`, `malformed`, `trailing-octets` (which block, which octet).
 *
 * @example
 * ```ts
 * import { IpsecError } from 'ipsec-ts/errors';
 * import { readCertificates } from 'ipsec-ts/x509';
 *
 * try {
 *   readCertificates('-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n', { source: 'ca.pem' });
 * } catch (error) {
 *   if (!(error instanceof IpsecError) || error.found !== 'a private key' || error.path !== 'ca.pem') throw error;
 * }
 * ```
 */
export function readCertificates(input: Uint8Array | string, { source }: ReadOptions = {}): Uint8Array[] {
  const check = (der: Uint8Array): Uint8Array => {
    readFields(der);
    return der;
  };
  return readAll(input, source, ['CERTIFICATE', 'X509 CERTIFICATE'], 'a certificate', check);
}

/**
 * The public keys of a file: `PUBLIC KEY` (SubjectPublicKeyInfo, also as DER) and `RSA PUBLIC KEY`.
 *
 * @throws IpsecError as {@link readCertificates}; `unknown-algorithm` and `invalid-public-value` as `decodePublicKey`.
 */
export function readPublicKeys(input: Uint8Array | string, { source }: ReadOptions = {}): PublicKey[] {
  const read = (der: Uint8Array, label: string): PublicKey => decodePublicKey(label.startsWith('RSA') ? wrapRsa(der) : der);
  return readAll(input, source, ['PUBLIC KEY', 'RSA PUBLIC KEY'], 'a public key', read);
}

/**
 * The revocation lists of a file.
 *
 * @returns at least one, DER; of each only the length was looked at.
 * @throws IpsecError as {@link readCertificates}.
 */
export function readCrls(input: Uint8Array | string, { source }: ReadOptions = {}): Uint8Array[] {
  return readAll(input, source, ['X509 CRL'], 'a revocation list', checkList);
}

function readAll<T>(
  input: Uint8Array | string,
  source: string | undefined,
  labels: readonly string[],
  kind: string,
  read: (der: Uint8Array, label: string) => T,
): T[] {
  const armour = readArmour(input, source);
  if (armour.kind === 'der') {
    const other = kind === 'a revocation list' ? undefined : otherForm(kind, armour.der, source);
    if (other !== undefined) throw other;
    return [named(`${kind} in DER`, source, () => read(armour.der, labels[0]!))];
  }
  const blocks = armour.blocks.filter(({ label }) => labels.includes(label));
  if (blocks.length === 0) throw notThere(kind, armour.blocks, source);
  return blocks.map(({ der, label, line }) => named(`the block ${label} of line ${line}`, source, () => read(der, label)));
}

/** Puts the place in front of what is wrong there. */
function named<T>(place: string, source: string | undefined, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof IpsecError)) throw cause;
    const { offset } = cause;
    throw fileError(cause.code, `${place}: ${cause.message}`, source, { cause, ...(offset === undefined ? {} : { offset }) });
  }
}

/** The same for what takes its time. */
export async function namedAsync<T>(place: string, source: string | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    return named(place, source, () => {
      throw cause;
    });
  }
}

/** A list may be longer than what IKE carries and than the strict reader takes. */
function checkList(der: Uint8Array): Uint8Array {
  const octets = der[1]! < 0x80 ? 0 : der[1]! & 0x7f;
  let length = octets === 0 ? (der[1] ?? 0) : 0;
  for (let i = 0; i < octets && i < 5; i++) length = length * 256 + (der[2 + i] ?? 0);
  const end = 2 + octets + length;
  if (der[0] === SEQUENCE && octets < 5 && der[1] !== 0x80 && end === der.length) return der;
  throw new IpsecError(end > der.length ? 'truncated' : 'malformed', 'a revocation list', {
    expected: `a SEQUENCE that fills its ${der.length} octets`,
    found: der[0] === SEQUENCE ? `one of ${end}` : 'another element',
  });
}

/** RSAPublicKey (RFC 8017 appendix A.1.1) as SubjectPublicKeyInfo. */
function wrapRsa(key: Uint8Array): Uint8Array {
  decodeDer(key, { what: 'an RSA public key', path: 'key' }, SEQUENCE);
  return encodeDer(SEQUENCE, encodeDer(SEQUENCE, encodeDerIdentifier('1.2.840.113549.1.1.1'), encodeDer(NULL)), encodeDerBits(key));
}
