/**
 * What a public key must be to be taken at all. Not whether it is strong: whether it is one.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';

/** Below, a modulus is factored for money; RFC 8247 section 4.1 asks for 2048, which is for whoever trusts the key to demand. */
const MIN_MODULUS_BITS = 1024;
/** Above, a peer would only make us work. */
const MAX_MODULUS_BITS = 16384;
/** The work of a verification grows with the exponent; nobody's is larger than 2^16+1. */
const MAX_EXPONENT_BITS = 64;

/** The number that octets are, the first one being the highest. */
export function toNumber(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${toHex(octets)}`);
}

/** Bits of a number without leading zero octets. */
export function bitLength(number: Uint8Array): number {
  return number.length === 0 ? 0 : 8 * number.length - Math.clz32(number[0]!) + 24;
}

/**
 * RFC 8017 section 3.1: "the RSA public exponent e is an integer between 3 and n - 1 satisfying GCD(e,\lambda(n)) = 1". A product of odd primes is odd; lambda(n) is
 * even, so e is odd.
 *
 * @param modulus without leading zeros, as is the exponent.
 * @throws IpsecError `invalid-public-value`.
 */
export function checkRsaKey(modulus: Uint8Array, exponent: Uint8Array): void {
  const bits = bitLength(modulus);
  if (bits < MIN_MODULUS_BITS || bits > MAX_MODULUS_BITS) {
    throw invalidKey('an RSA modulus', `${MIN_MODULUS_BITS} to ${MAX_MODULUS_BITS} bits`, `${bits}`);
  }
  if ((modulus.at(-1)! & 1) === 0) throw invalidKey('an RSA modulus', 'an odd number', 'an even one');
  const exponentBits = bitLength(exponent);
  if (exponentBits > MAX_EXPONENT_BITS) throw invalidKey('an RSA exponent', `at most ${MAX_EXPONENT_BITS} bits`, `${exponentBits}`);
  if (exponentBits < 2) throw invalidKey('an RSA exponent', '3 or more', `${exponent[0] ?? 0}`);
  if ((exponent.at(-1)! & 1) === 0) throw invalidKey('an RSA exponent', 'an odd number', 'an even one');
}

/** y^2 = x^3 - 3x + b mod p (FIPS 186-4 appendix D.1.2). */
interface Curve {
  readonly octets: number;
  readonly p: () => bigint;
  readonly b: () => bigint;
  /** The order. */
  readonly n: () => bigint;
}

const curves: Readonly<Record<'P-256' | 'P-384' | 'P-521', Curve>> = /* @__PURE__ */ Object.freeze({
  'P-256': {
    octets: 32,
    p: () => 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: () => 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    n: () => 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'P-384': {
    octets: 48,
    p: () => 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: () => 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    n: () => 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  'P-521': {
    octets: 66,
    p: () => 2n ** 521n - 1n,
    b: () =>
      0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    n: () =>
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
});

/** Octets of a coordinate of the curve, and of its order. */
export function curveOctets(curve: 'P-256' | 'P-384' | 'P-521'): number {
  return curves[curve].octets;
}

/** Whether octets are a private key of the curve: a number from 1 to the order less 1, as long as the order. */
export function isEcPrivateKey(curve: 'P-256' | 'P-384' | 'P-521', privateKey: Uint8Array): boolean {
  const { octets, n } = curves[curve];
  const d = toNumber(privateKey);
  return privateKey.length === octets && d > 0n && d < n();
}

/** @throws IpsecError `invalid-public-value`: no point of the curve, or not in the form that all support. */
export function checkEcPoint(curve: 'P-256' | 'P-384' | 'P-521', point: Uint8Array): void {
  const what = `a point of ${curve}`;
  const { octets, p: modulus, b } = curves[curve];
  // RFC 5480 section 2.2: "Implementations of Elliptic Curve Cryptography according to this document MUST support the uncompressed form and MAY support the
  // compressed form of the ECC public key."
  if (point.length !== 1 + 2 * octets) throw invalidKey(what, `${1 + 2 * octets} octets`, `${point.length}`);
  if (point[0] !== 0x04) throw invalidKey(what, 'the uncompressed form, 0x04', `0x${toHex(point.subarray(0, 1))}`);
  const [x, y, p] = [toNumber(point.subarray(1, 1 + octets)), toNumber(point.subarray(1 + octets)), modulus()];
  if (x >= p || y >= p) throw invalidKey(what, 'coordinates below p', 'p or more');
  if ((y * y - (x * x - 3n) * x - b()) % p !== 0n) throw invalidKey(what, 'a point of the curve', 'another');
}

/**
 * With a point of low order as key, a signature of zeros is right for one message in a few (RFC 8032 section 5.1.7 does not forbid it, libraries differ). They are
 * known by their y: 0 and 1 and -1; Ed25519 has two more, of order 8.
 *
 * @throws IpsecError `invalid-public-value`.
 */
export function checkEdPoint(type: 'Ed25519' | 'Ed448', point: Uint8Array): void {
  const what = `a key of ${type}`;
  const octets = type === 'Ed25519' ? 32 : 57;
  if (point.length !== octets) throw invalidKey(what, `${octets} octets`, `${point.length}`);
  const p = type === 'Ed25519' ? 2n ** 255n - 19n : 2n ** 448n - 2n ** 224n - 1n;
  const encoded = new Uint8Array(point).reverse(); // RFC 8032 section 5.1.2: little-endian; the highest bit belongs to x
  encoded[0]! &= 0x7f;
  const y = toNumber(encoded);
  if (y >= p) throw invalidKey(what, 'a coordinate below p', 'p or more');
  if (y <= 1n || y === p - 1n) throw invalidKey(what, 'a point of high order', 'one of low order');
  if (type === 'Ed25519' && (y === ORDER_8 || y === p - ORDER_8)) throw invalidKey(what, 'a point of high order', 'one of low order');
}

/** y of the points of order 8 of edwards25519; the other one is its negative. */
const ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

function invalidKey(what: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-public-value', what, { expected, found });
}
