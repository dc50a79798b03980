/**
 * Private keys in DER: PKCS#8 (RFC 5958), and the older RSAPrivateKey (RFC 8017 appendix A.1.2) and ECPrivateKey (RFC 5915).
 *
 * @module
 */
import { equalBytes, wipe } from '../bytes.js';
import {
  decodeDer,
  type Der,
  derContents,
  derExactly,
  derFields,
  encodeDer,
  encodeDerIdentifier,
  encodeDerUnsigned,
  INTEGER,
  malformedDer,
  NULL,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  readDerBits,
  readDerIdentifier,
  readDerUnsigned,
  SEQUENCE,
} from '../der.js';
import { IpsecError } from '../errors.js';
import { encodePublicKey } from '../suite/public-key.js';
import { computePublicPoint } from '../suite/public-point.js';
import { createOctetKey, createRsaKey, type OwnKey } from './read-own-key.js';

const RSA = '1.2.840.113549.1.1.1';
const RSASSA_PSS = '1.2.840.113549.1.1.10';
const EC = '1.2.840.10045.2.1';

type EcCurve = 'P-256' | 'P-384' | 'P-521';

const curves: Readonly<Record<string, { readonly curve: EcCurve; readonly octets: number }>> = /* @__PURE__ */ Object.freeze({
  '1.2.840.10045.3.1.7': { curve: 'P-256', octets: 32 },
  '1.3.132.0.34': { curve: 'P-384', octets: 48 },
  '1.3.132.0.35': { curve: 'P-521', octets: 66 },
});
const edwards: Readonly<Record<string, 'Ed25519' | 'Ed448'>> = /* @__PURE__ */ Object.freeze({
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
});

/**
 * A key from PKCS#8 that is not encrypted. `der` is not kept.
 *
 * @throws IpsecError `malformed`, `unsupported` (a kind of key that signs nothing in IKEv2), `invalid-argument` (no key of its curve, halves that do not belong
 * together). None of them shows octets.
 */
export function readKeyInfo(der: Uint8Array): OwnKey {
  // OneAsymmetricKey ::= SEQUENCE { version INTEGER, algorithm AlgorithmIdentifier, privateKey OCTET STRING, attributes [0] OPTIONAL, publicKey [1] OPTIONAL }
  const [version, algorithm, key, ...more] = derFields(decode(der), INTEGER, SEQUENCE, OCTET_STRING);
  if ((derContents(version!)[0] ?? 2) > 1) throw malformedDer(version!, 'version 1 or 2', 'another');
  for (const field of more)
    if (field.tag !== 0xa0 && field.tag !== 0x81) throw malformedDer(field, 'attributes or a public key', 'something else');
  const [type, parameters] = derFields(algorithm!, OBJECT_IDENTIFIER);
  const identifier = readDerIdentifier(type!);
  const octets = derContents(key!);
  if (identifier === RSA) return readRsaPrivateKey(octets);
  if (identifier === EC) return readEcPrivateKey(octets, curveOf(parameters, algorithm!));
  const edwardsType = edwards[identifier];
  if (edwardsType === undefined) throw unsupportedKey(identifier === RSASSA_PSS ? 'RSA that is for RSASSA-PSS only' : identifier);
  // RFC 8410 section 7: CurvePrivateKey ::= OCTET STRING
  const seed = derContents(decodeDer(octets, inside(`a private key of ${edwardsType}`), OCTET_STRING)).slice();
  const point = computePublicPoint(edwardsType, seed);
  const own = more.find(({ tag }) => tag === 0x81);
  if (own !== undefined) checkHalves(point, derContents(own).subarray(1));
  return createOctetKey(encodePublicKey({ type: edwardsType, point }), seed);
}

/** RSAPrivateKey ::= SEQUENCE { version, n, e, d, p, q, d mod p-1, d mod q-1, 1/q mod p }. Throws as {@link readKeyInfo}. */
export function readRsaPrivateKey(der: Uint8Array): OwnKey {
  const [version, modulus, exponent, ...rest] = derFields(decode(der), ...Array.from({ length: 9 }, () => INTEGER));
  if (derContents(version!)[0] !== 0 || rest.length !== 6) throw malformedDer(version!, 'an RSA key of two primes', 'of more');
  const numbers = rest.map(readDerUnsigned);
  if (numbers.some((number) => number.length === 1 && number[0]! < 2))
    throw malformedDer(version!, 'a whole RSA key', 'one with parts left out');
  const publicKey = encodePublicKey({ type: 'RSA', modulus: readDerUnsigned(modulus!), exponent: readDerUnsigned(exponent!) });
  const algorithm = encodeDer(SEQUENCE, encodeDerIdentifier(RSA), encodeDer(NULL));
  const wrapped = encodeDer(OCTET_STRING, der);
  const pkcs8 = encodeDer(SEQUENCE, encodeDerUnsigned(Uint8Array.of(0)), algorithm, wrapped);
  wipe(wrapped);
  return createRsaKey(publicKey, pkcs8);
}

/**
 * ECPrivateKey ::= SEQUENCE { version 1, privateKey OCTET STRING, parameters [0] OPTIONAL, publicKey [1] BIT STRING OPTIONAL }. Throws as {@link readKeyInfo}.
 *
 * @param outer the curve, where something around it has said it.
 */
export function readEcPrivateKey(der: Uint8Array, outer?: (typeof curves)[string]): OwnKey {
  const [version, key, ...more] = derFields(decode(der), INTEGER, OCTET_STRING);
  if (derContents(version!)[0] !== 1) throw malformedDer(version!, 'version 1', 'another');
  const parameters = more.find(({ tag }) => tag === 0xa0);
  const inner = parameters === undefined ? undefined : curveOf(derFields(parameters)[0], parameters);
  const known = outer ?? inner;
  if (known === undefined) throw malformedDer(version!, 'a named curve', 'none');
  if (inner !== undefined && inner !== known) throw malformedDer(parameters!, `the curve ${known.curve}`, inner.curve);
  const { curve, octets } = known;
  // RFC 5915 section 3 has as many octets as the order; some have left zeros away, or put one more in front.
  const number = derContents(key!);
  const extra = Math.max(number.length - octets, 0);
  if (number.subarray(0, extra).some((octet) => octet !== 0)) throw malformedDer(key!, `${octets} octets`, `${number.length}`);
  const scalar = new Uint8Array(octets);
  scalar.set(number.subarray(extra), octets - number.length + extra);
  const point = computePublicPoint(curve, scalar);
  const own = more.find(({ tag }) => tag === 0xa1);
  if (own !== undefined) {
    const found = readDerBits(derExactly(own, 0x03)[0]!);
    if (found[0] === 0x04) checkHalves(point, found);
  }
  return createOctetKey(encodePublicKey({ type: 'EC', curve, point }), scalar);
}

function curveOf(parameters: Der | undefined, place: Der): (typeof curves)[string] {
  if (parameters === undefined) throw malformedDer(place, 'a named curve', 'none');
  if (parameters.tag !== OBJECT_IDENTIFIER) throw unsupportedKey('a curve that is written out instead of named');
  const identifier = readDerIdentifier(parameters);
  const known = curves[identifier];
  if (known === undefined) throw unsupportedKey(`the curve ${identifier}`);
  return known;
}

/** To sign with one key and a public key of another gives an Ed25519 key away; with others it makes only wrong signatures. */
function checkHalves(computed: Uint8Array, found: Uint8Array): void {
  if (equalBytes(computed, found)) return;
  throw new IpsecError('invalid-argument', 'a private key', { expected: 'its own public key beside it', found: 'another' });
}

function decode(der: Uint8Array): Der {
  return decodeDer(der, inside('a private key'), SEQUENCE);
}

function inside(what: string): { readonly what: string; readonly path: string } {
  return { what, path: 'key' };
}

function unsupportedKey(found: string): IpsecError {
  return new IpsecError('unsupported', 'a private key', { expected: 'RSA, EC on P-256, P-384 or P-521, Ed25519 or Ed448', found });
}
