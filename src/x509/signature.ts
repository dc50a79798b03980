/**
 * Signatures of authorities: on certificates, on revocation lists, on OCSP responses. Done by WebCrypto, which is fast in all
 * runtimes; keys are rebuilt from their numbers, so that all see the same, and checked before. EdDSA is done by our rows: not every WebCrypto has Ed448.
 *
 * @module
 */
import { RSASSAPSSParams } from 'pkijs';
import { toHex } from '../bytes.js';
import { decodeDer, derExactly, INTEGER, readDerUnsigned, SEQUENCE } from '../der.js';
import { IpsecError } from '../errors.js';
import { toBase64url } from '../suite/base64url.js';
import { ed25519, ed448 } from '../suite/sign.js';
import { decodeEcdsaSignature } from '../suite/sign-ec-form.js';
import { decodeWith } from './asn1.js';
import type { Algorithm, SubjectKey } from './certificate.js';

/** How many signatures may still be checked: one for a whole validation. Mutable. */
export interface Work {
  /** Signatures checked. */
  signatures: number;
  /** The most that may be. */
  readonly maxSignatures: number;
}

/** Which weak algorithms are taken all the same. */
export interface Weakness {
  /** SHA-1 in signatures of authorities. */
  readonly allowSha1?: boolean | undefined;
  /** The least octets of RSA moduli, times 8; 2048 without. */
  readonly minRsaBits?: number | undefined;
}

type Hash = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';
type WebCryptoScheme =
  | { readonly name: 'RSASSA-PKCS1-v1_5' | 'ECDSA'; readonly hash: Hash }
  | { readonly name: 'RSA-PSS'; readonly hash: Hash; readonly saltLength: number };
type Scheme = WebCryptoScheme | { readonly name: 'Ed25519' | 'Ed448'; readonly hash?: undefined };

const rsaEncryption = '1.2.840.113549.1.1.1';
const rsassaPss = '1.2.840.113549.1.1.10';
const hashes: Readonly<Record<string, Hash>> = {
  '1.3.14.3.2.26': 'SHA-1',
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
};
const schemes: Readonly<Record<string, Scheme>> = {
  '1.2.840.113549.1.1.5': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' },
  '1.2.840.113549.1.1.11': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  '1.2.840.113549.1.1.12': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
  '1.2.840.113549.1.1.13': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' },
  '1.2.840.10045.4.1': { name: 'ECDSA', hash: 'SHA-1' },
  '1.2.840.10045.4.3.2': { name: 'ECDSA', hash: 'SHA-256' },
  '1.2.840.10045.4.3.3': { name: 'ECDSA', hash: 'SHA-384' },
  '1.2.840.10045.4.3.4': { name: 'ECDSA', hash: 'SHA-512' },
  '1.3.101.112': { name: 'Ed25519' },
  '1.3.101.113': { name: 'Ed448' },
};
const curves: Readonly<Record<string, { readonly name: 'P-256' | 'P-384' | 'P-521'; readonly size: number }>> = {
  '06082a8648ce3d030107': { name: 'P-256', size: 32 },
  '06052b81040022': { name: 'P-384', size: 48 },
  '06052b81040023': { name: 'P-521', size: 66 },
};

/**
 * Why a signature's algorithm or a key is not good enough; undefined: it is.
 *
 * @param signer the key that is to verify.
 */
export function explainAlgorithm(
  algorithm: Algorithm,
  signer: SubjectKey,
  { allowSha1 = false }: Weakness,
): Omit<Complaint, 'what'> | undefined {
  const scheme = schemeOf(algorithm);
  if (!scheme) return { expected: 'a signature by RSA, RSASSA-PSS, ECDSA, Ed25519 or Ed448 with SHA-2', found: algorithm.id };
  if (scheme.hash === 'SHA-1' && !allowSha1) return { expected: 'a signature with SHA-2', found: 'SHA-1' };
  const names = { 'RSASSA-PKCS1-v1_5': [rsaEncryption], 'RSA-PSS': [rsaEncryption, rsassaPss], ECDSA: ['1.2.840.10045.2.1'] };
  const wanted = scheme.name in names ? names[scheme.name as keyof typeof names] : [algorithm.id];
  if (!wanted.includes(signer.algorithm.id)) return { expected: `a key for ${scheme.name}`, found: signer.algorithm.id };
  return undefined;
}

/** What was wanted and what there is. */
export interface Complaint {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly nearest?: string | undefined;
}

/** Why a key is not good enough, whoever uses it; undefined: it is. */
export function explainKey({ algorithm, bits }: SubjectKey, { minRsaBits = 2048 }: Weakness): Omit<Complaint, 'what'> | undefined {
  if (algorithm.id !== rsaEncryption && algorithm.id !== rsassaPss) return undefined;
  const [modulus, exponent] = rsaNumbers(bits);
  const size = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (size < minRsaBits) return { expected: `an RSA key of ${minRsaBits} bits or more`, found: `${size} bits` };
  if (size > 8192) return { expected: 'an RSA key of up to 8192 bits', found: `${size} bits` };
  const isOdd = (n: Uint8Array): boolean => ((n.at(-1) ?? 0) & 1) === 1;
  if (!isOdd(modulus) || !isOdd(exponent) || exponent.length > 8 || toHex(exponent) === '01')
    return { expected: 'an RSA key with an odd exponent from 3', found: toHex(exponent.subarray(0, 16)) };
  return undefined;
}

/**
 * Whether a signature is right. What is malformed is wrong.
 *
 * @throws IpsecError `limit-exceeded` when the work is used up, `unsupported` when this runtime's WebCrypto has not got the algorithm.
 */
export async function verifySignature(
  work: Work,
  signer: SubjectKey,
  algorithm: Algorithm,
  signed: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (work.signatures >= work.maxSignatures)
    throw new IpsecError('limit-exceeded', 'signatures of a certificate path', {
      expected: `up to ${work.maxSignatures} signatures`,
      found: 'more',
      blame: 'peer',
    });
  work.signatures++;
  const scheme = schemeOf(algorithm);
  if (!scheme) return false;
  try {
    // A point that is none is refused with an error, too.
    if (scheme.hash === undefined) {
      const row = scheme.name === 'Ed25519' ? ed25519 : ed448;
      return row.verify({ type: scheme.name, point: signer.bits, spki: signer.spki }, signed, signature);
    }
    const { importAs, parameters, octets } = prepare(scheme, signer, signature);
    const key = await importOnce(signer, `${scheme.name} ${scheme.hash}`, importAs);
    return await globalThis.crypto.subtle.verify(parameters, key, copy(octets), copy(signed));
  } catch (cause) {
    if ((cause as { readonly name?: unknown } | undefined)?.name === 'NotSupportedError')
      throw new IpsecError('unsupported', `${scheme.name} in this runtime's WebCrypto`, { cause, blame: 'peer' });
    return false;
  }
}

/** WebCrypto wants octets that nobody shares. */
const copy = (octets: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(octets);

/** Trust anchors are read once and asked for ever; the keys of peers go with their certificates. */
const imported = /* @__PURE__ */ new WeakMap<SubjectKey, Map<string, Promise<CryptoKey>>>();

/** WebCrypto binds an RSA key to one padding and one hash: `as` says to which. */
function importOnce(key: SubjectKey, as: string, importAs: () => Promise<CryptoKey>): Promise<CryptoKey> {
  const known = imported.get(key) ?? new Map<string, Promise<CryptoKey>>();
  imported.set(key, known);
  const ready = known.get(as) ?? importAs();
  known.set(as, ready);
  return ready;
}

interface Prepared {
  readonly importAs: () => Promise<CryptoKey>;
  readonly parameters: AlgorithmIdentifier | RsaPssParams | EcdsaParams;
  readonly octets: Uint8Array;
}

function prepare(scheme: WebCryptoScheme, signer: SubjectKey, signature: Uint8Array): Prepared {
  const { algorithm, bits } = signer;
  const { subtle } = globalThis.crypto;
  switch (scheme.name) {
    case 'RSASSA-PKCS1-v1_5':
    case 'RSA-PSS': {
      const [modulus, exponent] = rsaNumbers(bits);
      if (algorithm.id === rsassaPss && !keyAllows(algorithm, scheme)) throw new Error('not for these parameters');
      const jwk: JsonWebKey = { kty: 'RSA', n: toBase64url(modulus), e: toBase64url(exponent) };
      const importAs = (): Promise<CryptoKey> => subtle.importKey('jwk', jwk, { name: scheme.name, hash: scheme.hash }, false, ['verify']);
      if (signature.length !== modulus.length) throw new Error('a signature is as long as the modulus');
      return { importAs, parameters: scheme, octets: signature };
    }
    case 'ECDSA': {
      const curve = curves[toHex(algorithm.parameters ?? new Uint8Array(0))];
      if (!curve || bits.length !== 2 * curve.size + 1) throw new Error('a named curve and an uncompressed point');
      const importAs = (): Promise<CryptoKey> =>
        subtle.importKey('raw', copy(bits), { name: 'ECDSA', namedCurve: curve.name }, false, ['verify']);
      return { importAs, parameters: { name: 'ECDSA', hash: scheme.hash }, octets: decodeEcdsaSignature(signature, curve.name) };
    }
  }
}

function schemeOf({ id, parameters }: Algorithm): Scheme | undefined {
  if (id === rsassaPss) return parameters && pssOf(parameters);
  const scheme = Object.hasOwn(schemes, id) ? schemes[id] : undefined;
  if (parameters === undefined || scheme === undefined) return scheme;
  // RFC 4055 section 5: NULL for RSA; others have none.
  return scheme.name === 'RSASSA-PKCS1-v1_5' && toHex(parameters) === '0500' ? scheme : undefined;
}

/** RFC 4055 section 3.1, with one hash for both; absent parts have SHA-1 and 20. */
function pssOf(parameters: Uint8Array): Scheme | undefined {
  try {
    const read = decodeWith(parameters, 'RSASSA-PSS parameters', (schema) => new RSASSAPSSParams({ schema }));
    const hash = hashes[read.hashAlgorithm.algorithmId];
    const inner = read.maskGenAlgorithm.algorithmParams as { valueBlock?: { value?: { valueBlock?: unknown }[] } } | undefined;
    const mask = String(inner?.valueBlock?.value?.[0]?.valueBlock);
    if (hash === undefined || read.maskGenAlgorithm.algorithmId !== '1.2.840.113549.1.1.8' || hashes[mask] !== hash) return undefined;
    if (read.trailerField !== 1 || read.saltLength > 512) return undefined;
    return { name: 'RSA-PSS', hash, saltLength: read.saltLength };
  } catch {
    return undefined;
  }
}

/** A key of RSASSA-PSS may name its hash and the least salt (RFC 4055 section 1.2). */
function keyAllows({ parameters }: Algorithm, scheme: Scheme): boolean {
  if (scheme.name !== 'RSA-PSS') return false;
  if (parameters === undefined) return true;
  const own = pssOf(parameters);
  return own?.name === 'RSA-PSS' && own.hash === scheme.hash && own.saltLength <= scheme.saltLength;
}

/** RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
function rsaNumbers(bits: Uint8Array): [modulus: Uint8Array, exponent: Uint8Array] {
  const place = { what: 'an RSA public key', path: 'certificate' };
  const [modulus, exponent] = derExactly(decodeDer(bits, place, SEQUENCE), INTEGER, INTEGER).map(readDerUnsigned);
  return [modulus!, exponent!];
}
