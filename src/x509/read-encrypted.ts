/**
 * PKCS#8 that is encrypted with a password: PBES2 with PBKDF2 and AES-CBC (RFC 8018), over WebCrypto. Older schemes are refused with the command that converts.
 *
 * @module
 */
import {
  decodeDer,
  type Der,
  derContents,
  derExactly,
  derFields,
  INTEGER,
  malformedDer,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readDerIdentifier,
  readDerUnsigned,
  SEQUENCE,
} from '../der.js';
import { IpsecError } from '../errors.js';
import { subtle } from './read-own-key.js';

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
/** A file that asks for more would only make its reader wait. */
export const MAX_ITERATIONS = 10_000_000;

const ciphers: Readonly<Record<string, number>> = /* @__PURE__ */ Object.freeze({
  '2.16.840.1.101.3.4.1.2': 128,
  '2.16.840.1.101.3.4.1.22': 192,
  '2.16.840.1.101.3.4.1.42': 256,
});
const prfs: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  '1.2.840.113549.2.7': 'SHA-1',
  '1.2.840.113549.2.9': 'SHA-256',
  '1.2.840.113549.2.10': 'SHA-384',
  '1.2.840.113549.2.11': 'SHA-512',
});
const oldSchemes: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  '1.2.840.113549.1.5.3': 'PBES1 with MD5 and DES',
  '1.2.840.113549.1.5.10': 'PBES1 with SHA-1 and DES',
  '1.2.840.113549.1.12.1.3': '3DES with a key of PKCS#12',
  '1.2.840.113549.1.12.1.6': 'RC2 with a key of PKCS#12',
  '1.2.840.113549.3.7': '3DES',
  '1.3.6.1.4.1.11591.4.11': 'scrypt',
});

/**
 * Takes the encryption off.
 *
 * @param der EncryptedPrivateKeyInfo.
 * @returns PKCS#8, the caller's to wipe.
 * @throws IpsecError `invalid-argument` (no password, a wrong one), `unsupported` (another scheme), `limit-exceeded`, `malformed`.
 */
export async function openEncryptedKey(der: Uint8Array, password: string | undefined): Promise<Uint8Array> {
  const subject = { what: 'an encrypted private key', path: 'key' };
  const [scheme, data] = derExactly(decodeDer(der, subject, SEQUENCE), SEQUENCE, OCTET_STRING);
  return await openWithPassword(scheme!, derContents(data!), password, subject.what);
}

/**
 * Decrypts what a scheme of RFC 8018 protects: one SEQUENCE.
 *
 * @param what names it in errors. Throws as {@link openEncryptedKey}.
 */
export async function openWithPassword(scheme: Der, data: Uint8Array, password: string | undefined, what: string): Promise<Uint8Array> {
  const { salt, iterations, hash, bits, iv } = readScheme(scheme, what);
  if (password === undefined) throw wrongPassword(what, 'none');
  const base = await subtle().importKey('raw', new TextEncoder().encode(password), 'PBKDF2', false, ['deriveKey']);
  const kdf = { name: 'PBKDF2', salt: new Uint8Array(salt), iterations, hash };
  let key: CryptoKey;
  try {
    key = await subtle().deriveKey(kdf, base, { name: 'AES-CBC', length: bits }, false, ['decrypt']);
  } catch (cause) {
    // AES-192 is missing in Chromium.
    throw refused(what, `AES-${bits} with PBKDF2, which this runtime has not got`, cause);
  }
  try {
    const opened = new Uint8Array(await subtle().decrypt({ name: 'AES-CBC', iv: new Uint8Array(iv) }, key, new Uint8Array(data)));
    // One wrong password in 256 leaves octets that look padded.
    if (opened[0] === SEQUENCE) return opened;
  } catch {
    // Told below, as the same.
  }
  throw wrongPassword(what, 'another one, or octets that were damaged');
}

interface Scheme {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly hash: string;
  readonly bits: number;
  readonly iv: Uint8Array;
}

// PBES2-params ::= SEQUENCE { keyDerivationFunc { PBKDF2, PBKDF2-params }, encryptionScheme { OBJECT IDENTIFIER, OCTET STRING } }   (RFC 8018 appendix A.4)
function readScheme(scheme: Der, what: string): Scheme {
  const [identifier, parameters] = algorithm(scheme);
  if (identifier !== PBES2) throw refused(what, oldSchemes[identifier] ?? identifier);
  const [kdf, encryption] = derExactly(sequence(parameters, scheme), SEQUENCE, SEQUENCE);
  const [kdfIdentifier, kdfParameters] = algorithm(kdf!);
  if (kdfIdentifier !== PBKDF2) throw refused(what, oldSchemes[kdfIdentifier] ?? kdfIdentifier);
  const [cipher, iv] = algorithm(encryption!);
  const bits = ciphers[cipher];
  if (bits === undefined) throw refused(what, oldSchemes[cipher] ?? cipher);
  if (iv?.tag !== OCTET_STRING || iv.end - iv.start !== 16)
    throw malformedDer(encryption!, 'an initialization vector of 16 octets', 'another');
  return { ...readKdf(sequence(kdfParameters, kdf!), bits, what), bits, iv: derContents(iv) };
}

// PBKDF2-params ::= SEQUENCE { salt OCTET STRING, iterationCount INTEGER, keyLength INTEGER OPTIONAL, prf AlgorithmIdentifier DEFAULT hmacWithSHA1 }
function readKdf(parameters: Der, bits: number, what: string): Pick<Scheme, 'salt' | 'iterations' | 'hash'> {
  const [salt, count, ...more] = derFields(parameters, OCTET_STRING, INTEGER);
  const iterations = numberOf(count!);
  if (iterations < 1 || iterations > MAX_ITERATIONS)
    throw new IpsecError('limit-exceeded', what, {
      expected: `1 to ${MAX_ITERATIONS} iterations of PBKDF2`,
      found: Number.isSafeInteger(iterations) ? `${iterations}` : 'more',
    });
  const length = more.find(({ tag }) => tag === INTEGER);
  if (length !== undefined && numberOf(length) !== bits / 8) throw malformedDer(length, `a key of ${bits / 8} octets`, 'another');
  const prf = more.find(({ tag }) => tag === SEQUENCE);
  const identifier = prf === undefined ? undefined : algorithm(prf)[0];
  const hash = identifier === undefined ? 'SHA-1' : prfs[identifier];
  if (hash === undefined) throw refused(what, `PBKDF2 with ${identifier ?? ''}`);
  return { salt: derContents(salt!), iterations, hash };
}

function algorithm(element: Der): readonly [string, Der | undefined] {
  const [identifier, parameters] = derFields(element, OBJECT_IDENTIFIER);
  return [readDerIdentifier(identifier!), parameters];
}

function sequence(element: Der | undefined, place: Der): Der {
  if (element?.tag !== SEQUENCE) throw malformedDer(place, 'parameters', 'none');
  return element;
}

function numberOf(element: Der): number {
  return readDerUnsigned(element).reduce((number, octet) => number * 256 + octet, 0);
}

/** The error of a password that does not fit. */
export function wrongPassword(what: string, found: string): IpsecError {
  return new IpsecError('invalid-argument', what, { expected: 'its password', found });
}

function refused(what: string, found: string, cause?: unknown): IpsecError {
  // OpenSSL 3 reads the old ones only with -legacy, and writes PBES2 by itself.
  const command = what.includes('PKCS#12')
    ? 'openssl pkcs12 -legacy -nodes -in OLD -out PEM, then openssl pkcs12 -export -in PEM -out NEW'
    : 'openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW';
  return new IpsecError('unsupported', what, {
    expected: `PBES2 with PBKDF2 and AES-CBC (${command} makes it)`,
    found,
    ...(cause === undefined ? {} : { cause }),
  });
}
