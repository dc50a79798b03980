/**
 * Public keys: read from a SubjectPublicKeyInfo (RFC 5280 section 4.1) or out of a certificate, made of their parts, compared, named. Only the shape and what is
 * cheap to test are looked at here, so that reading a key brings no curve arithmetic into a bundle.
 *
 * Keys come from peers. A bad one ends as an `IpsecError` here, or as a signature that is wrong.
 *
 * @module
 */
import { EMPTY, equalBytes } from '../bytes.js';
import {
  BIT_STRING,
  decodeDer,
  type Der,
  derExactly,
  derFields,
  derWhole,
  encodeDer,
  encodeDerBits,
  encodeDerIdentifier,
  encodeDerUnsigned,
  INTEGER,
  malformedDer,
  NULL,
  OBJECT_IDENTIFIER,
  readDerBits,
  readDerIdentifier,
  readDerUnsigned,
  SEQUENCE,
} from '../der.js';
import { IpsecError } from '../errors.js';
import { bitLength, checkEcPoint, checkEdPoint, checkRsaKey } from './public-key-check.js';
import type { PublicKey } from './types-sign.js';

type EcCurve = Extract<PublicKey, { type: 'EC' }>['curve'];
type EdType = 'Ed25519' | 'Ed448';

/** What {@link encodePublicKey} makes a {@link PublicKey} of. */
export type PublicKeyParts =
  | {
      /** RFC 8017. */
      readonly type: 'RSA';
      /** Big-endian. */
      readonly modulus: Uint8Array;
      /** Big-endian. */
      readonly exponent: Uint8Array;
    }
  | {
      /** RFC 5480. */
      readonly type: 'EC';
      /** The curve. */
      readonly curve: 'P-256' | 'P-384' | 'P-521';
      /** 0x04, x, y. */
      readonly point: Uint8Array;
    }
  | {
      /** RFC 8410. */
      readonly type: 'Ed25519' | 'Ed448';
      /** 32 or 57 octets. */
      readonly point: Uint8Array;
    };

const RSA = '1.2.840.113549.1.1.1';
const RSASSA_PSS = '1.2.840.113549.1.1.10';
const EC = '1.2.840.10045.2.1';
const curves: Readonly<Record<string, EcCurve>> = /* @__PURE__ */ Object.freeze({
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
});
const edTypes: Readonly<Record<string, EdType>> = /* @__PURE__ */ Object.freeze({ '1.3.101.112': 'Ed25519', '1.3.101.113': 'Ed448' });

/** The context tag of a certificate's version. */
const VERSION = 0xa0;

/**
 * Reads a SubjectPublicKeyInfo: what a raw public key of RFC 7670 is.
 *
 * @param spki DER; copied.
 * @throws IpsecError `truncated`, `malformed`, `trailing-octets`: no such structure. `unknown-algorithm`, blame `peer`: a kind of key, or a curve, that is not known.
 * `invalid-public-value`: an RSA modulus below 1024 or above 16384 bits or an even one; an exponent that is even, below 3 or above 64 bits; a point that is not of
 * its curve, or of low order.
 *
 * @example
 * ```ts
 * import { decodePublicKey, describePublicKey } from 'ipsec-ts/suite/sign';
 *
 * const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
 * const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
 * const key = decodePublicKey(spki);
 * if (describePublicKey(key) !== 'EC P-256') throw new Error('never');
 * ```
 */
export function decodePublicKey(spki: Uint8Array): PublicKey {
  return readPublicKey(decodeDer(spki, { what: 'a public key', path: 'spki' }, SEQUENCE));
}

/**
 * The public key of an X.509 certificate. The way to it is read strictly; names, times and extensions, to which it has no relation, are not read at all.
 * This says nothing about whether the certificate is to be trusted: that is for `ipsec-ts/x509`.
 *
 * @param der one certificate, up to 64 KB.
 * @throws IpsecError as {@link decodePublicKey}, with offsets in the certificate.
 */
export function publicKeyOfCertificate(der: Uint8Array): PublicKey {
  return readPublicKey(namedFieldsOf(der)[1]);
}

/**
 * The subject of an X.509 certificate, a Name in DER; copied.
 *
 * @throws IpsecError `truncated`, `malformed`, `trailing-octets`: it is none.
 */
export function subjectOfCertificate(der: Uint8Array): Uint8Array {
  return new Uint8Array(derWhole(namedFieldsOf(der)[0]));
}

/** The subject and its key. */
function namedFieldsOf(der: Uint8Array): readonly [subject: Der, publicKey: Der] {
  const certificate = decodeDer(der, { what: 'a certificate', path: 'certificate' }, SEQUENCE);
  const [tbs] = derExactly(certificate, SEQUENCE, SEQUENCE, BIT_STRING);
  const fields = derFields(tbs!);
  // version [0] DEFAULT v1, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, ...     (RFC 5280 section 4.1)
  const versioned = fields[0]?.tag === VERSION;
  const tags = [...(versioned ? [VERSION] : []), INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE];
  const known = derFields(tbs!, ...tags);
  return [known[tags.length - 2]!, known[tags.length - 1]!];
}

// SubjectPublicKeyInfo ::= SEQUENCE { algorithm SEQUENCE { OBJECT IDENTIFIER, parameters ANY OPTIONAL }, subjectPublicKey BIT STRING }
function readPublicKey(element: Der): PublicKey {
  const [algorithm, bits] = derExactly(element, SEQUENCE, BIT_STRING);
  const [identifier, parameters] = algorithmFields(algorithm!);
  const octets = readDerBits(bits!);
  const known = (parts: PublicKeyParts): PublicKey => checkedKey(parts, new Uint8Array(derWhole(element)));
  if (identifier === RSA) {
    if (parameters?.tag !== NULL || parameters.start !== parameters.end)
      throw malformedDer(algorithm!, 'NULL behind rsaEncryption', 'another');
    return known({ type: 'RSA', ...readRsaKey(octets, element) });
  }
  if (identifier === EC) {
    // RFC 5480 section 2.1.1: "implicitCurve and specifiedCurve MUST NOT be used in PKIX."
    if (parameters?.tag !== OBJECT_IDENTIFIER) throw malformedDer(algorithm!, 'a named curve', 'none');
    const curve = curves[readDerIdentifier(parameters)];
    if (curve === undefined) throw unknownKey('P-256, P-384 or P-521', `the curve ${readDerIdentifier(parameters)}`);
    return known({ type: 'EC', curve, point: new Uint8Array(octets) });
  }
  const type = edTypes[identifier];
  if (type === undefined) {
    throw unknownKey('RSA, EC, Ed25519 or Ed448', identifier === RSASSA_PSS ? 'RSA that is for RSASSA-PSS only' : identifier);
  }
  if (parameters !== undefined) throw malformedDer(parameters, `no parameters of ${type}`, 'some');
  return known({ type, point: new Uint8Array(octets) });
}

/** An AlgorithmIdentifier. */
export function algorithmFields(algorithm: Der): readonly [identifier: string, parameters: Der | undefined] {
  const [identifier, parameters, more] = derFields(algorithm, OBJECT_IDENTIFIER);
  if (more !== undefined) throw malformedDer(more, 'an identifier and its parameters', 'more');
  return [readDerIdentifier(identifier!), parameters];
}

// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }       (RFC 8017 appendix A.1.1)
function readRsaKey(octets: Uint8Array, { subject }: Der): { modulus: Uint8Array; exponent: Uint8Array } {
  const inside = { what: `the RSA key in ${subject.what}`, path: `${subject.path}.subjectPublicKey` };
  const [modulus, exponent] = derExactly(decodeDer(octets, inside, SEQUENCE), INTEGER, INTEGER);
  return { modulus: new Uint8Array(readDerUnsigned(modulus!)), exponent: new Uint8Array(readDerUnsigned(exponent!)) };
}

function unknownKey(expected: string, found: string): IpsecError {
  return new IpsecError('unknown-algorithm', 'a public key', { blame: 'peer', expected, found });
}

/**
 * A public key from its parts.
 *
 * @throws IpsecError `invalid-public-value`: see {@link decodePublicKey}.
 *
 * @example
 * ```ts
 * import { encodePublicKey } from 'ipsec-ts/suite/sign';
 *
 * const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify']);
 * const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
 * const key = encodePublicKey({ type: 'EC', curve: 'P-384', point });
 * if (key.spki.length !== 120) throw new Error('never');
 * ```
 */
export function encodePublicKey(parts: PublicKeyParts): PublicKey {
  if (parts.type === 'RSA') {
    const [modulus, exponent] = [stripZeros(parts.modulus), stripZeros(parts.exponent)];
    const key = encodeDer(SEQUENCE, encodeDerUnsigned(modulus), encodeDerUnsigned(exponent));
    return checkedKey({ type: 'RSA', modulus, exponent }, encodeSpki(RSA, encodeDer(NULL), key));
  }
  const point = new Uint8Array(parts.point); // also of a Buffer, whose slice is no copy
  if (parts.type === 'EC') {
    const { type, curve } = parts;
    return checkedKey({ type, curve, point }, encodeSpki(EC, encodeDerIdentifier(nameOf(curves, curve)), point));
  }
  return checkedKey({ type: parts.type, point }, encodeSpki(nameOf(edTypes, parts.type), EMPTY, point));
}

function stripZeros(number: Uint8Array): Uint8Array {
  const first = number.findIndex((octet) => octet !== 0);
  return first < 0 ? new Uint8Array(1) : new Uint8Array(number.subarray(first));
}

function nameOf<T extends string>(table: Readonly<Record<string, T>>, value: T): string {
  return Object.keys(table).find((name) => table[name] === value)!;
}

function encodeSpki(identifier: string, parameters: Uint8Array, key: Uint8Array): Uint8Array {
  return encodeDer(SEQUENCE, encodeDer(SEQUENCE, encodeDerIdentifier(identifier), parameters), encodeDerBits(key));
}

function checkedKey(parts: PublicKeyParts, spki: Uint8Array): PublicKey {
  if (parts.type === 'RSA') checkRsaKey(parts.modulus, parts.exponent);
  else if (parts.type === 'EC') checkEcPoint(parts.curve, parts.point);
  else checkEdPoint(parts.type, parts.point);
  return Object.freeze({ ...parts, spki });
}

/** Whether two keys are the same key. */
export function equalPublicKeys(a: PublicKey, b: PublicKey): boolean {
  return equalBytes(a.spki, b.spki);
}

/** What kind of key: `RSA-2048`, `EC P-256`, `Ed25519`. */
export function describePublicKey(key: PublicKey): string {
  if (key.type === 'RSA') return `RSA-${bitLength(key.modulus)}`;
  return key.type === 'EC' ? `EC ${key.curve}` : key.type;
}
