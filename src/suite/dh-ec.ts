/**
 * Diffie-Hellman on curves over GF(p): the random ECP groups (RFC 5903) and the Brainpool curves (RFC 6954). A public value is
 * x followed by y, without the octet 04 of other formats; the shared secret is x alone.
 *
 * @module
 */
import type { WeierstrassPoint, WeierstrassPointCons } from '@noble/curves/abstract/weierstrass.js';
import { brainpoolP256r1 as bp256, brainpoolP384r1 as bp384, brainpoolP512r1 as bp512 } from '@noble/curves/misc.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import { type Engine, type Group, invalidPrivateValue, invalidPublicValue, keyExchangeRow } from './dh-row.js';
import type { KeyExchangeRow } from './types-ike.js';

/** Octets beyond the order, so that reducing a random number leaves no bias that matters (FIPS 186-5 appendix A.2.1: 64 bits). */
const EXTRA = 8;
/** The first octet of a point that is not compressed, for noble and for OpenSSL. */
const UNCOMPRESSED = 0x04;

/** A curve as noble knows it. */
type Curve = WeierstrassPointCons<bigint>;

/** A group of points. */
export interface EcGroup extends Group {
  /** The curve; noble makes its tables when it is first used. */
  curve(): Curve;
}

/** @param octets of a coordinate, and of the order. */
function ecGroup(name: string, shortName: string, id: number, octets: number, curve: () => Curve): EcGroup {
  return {
    name,
    shortName,
    id,
    publicLength: 2 * octets,
    sharedLength: octets,
    seedLength: octets + EXTRA,
    curve,
    privateOf: (seed) => numberToBytesBE((bytesToNumberBE(seed) % (curve().CURVE().n - 1n)) + 1n, octets),
    checkPrivate(value): void {
      if (value.length !== octets) throw invalidPrivateValue(name, `${octets} octets`, `${value.length}`);
      const d = bytesToNumberBE(value);
      if (d === 0n || d >= curve().CURVE().n) throw invalidPrivateValue(name, 'a number above zero and below the order', 'another');
    },
    checkPublic(value): void {
      checkPoint(name, curve(), bytesToNumberBE(value.subarray(0, octets)), bytesToNumberBE(value.subarray(octets)));
    },
  };
}

/**
 * RFC 6989 section 2.3: "A receiving peer MUST check that its peer's public value is valid; that is, the x and y parameters from the
 * peer's public value satisfy the curve equation, y^2 = x^3 + ax + b mod p"
 * RFC 6954 section 2.3 has coordinates "in the interval [0, p-1]".
 */
function checkPoint(name: string, curve: Curve, x: bigint, y: bigint): void {
  const { p, a, b } = curve.CURVE();
  if (x >= p || y >= p) throw invalidPublicValue(name, { expected: 'coordinates below p', found: 'p or more' });
  if ((y * y - (x * x + a) * x - b) % p !== 0n) throw invalidPublicValue(name, { expected: 'a point of the curve', found: 'another' });
}

/** A row over noble. */
function nobleEcRow(group: EcGroup): KeyExchangeRow {
  const begin: Engine = (privateValue) => {
    const Point = group.curve();
    const times = (point: WeierstrassPoint<bigint>): Uint8Array => point.multiply(bytesToNumberBE(privateValue)).toBytes(false);
    return {
      // RFC 5903 section 7: "The Diffie-Hellman public value is obtained by concatenating the x and y values."
      publicValue: times(Point.BASE).slice(1),
      // RFC 5903 section 7: "The Diffie-Hellman shared secret value consists of the x value of the Diffie-Hellman common value."
      shared: (peerPublic) => times(Point.fromBytes(uncompressed(peerPublic))).slice(1, 1 + group.sharedLength),
    };
  };
  return keyExchangeRow(group, 'noble', begin);
}

/** x ‖ y as other formats want it. */
export function uncompressed(publicValue: Uint8Array): Uint8Array {
  const point = new Uint8Array(1 + publicValue.length);
  point[0] = UNCOMPRESSED;
  point.set(publicValue, 1);
  return point;
}

/** Group 19. */
export const ecp256Group: EcGroup = /* @__PURE__ */ ecGroup('256-bit random ECP group', 'ecp256', 19, 32, () => p256.Point);
/** Group 20. */
export const ecp384Group: EcGroup = /* @__PURE__ */ ecGroup('384-bit random ECP group', 'ecp384', 20, 48, () => p384.Point);
/** Group 21; RFC 5903 section 7 sends its 521 bits as 528. */
export const ecp521Group: EcGroup = /* @__PURE__ */ ecGroup('521-bit random ECP group', 'ecp521', 21, 66, () => p521.Point);
/** Group 28. */
export const brainpoolP256r1Group: EcGroup = /* @__PURE__ */ ecGroup('brainpoolP256r1', 'brainpoolP256r1', 28, 32, () => bp256.Point);
/** Group 29. */
export const brainpoolP384r1Group: EcGroup = /* @__PURE__ */ ecGroup('brainpoolP384r1', 'brainpoolP384r1', 29, 48, () => bp384.Point);
/** Group 30. */
export const brainpoolP512r1Group: EcGroup = /* @__PURE__ */ ecGroup('brainpoolP512r1', 'brainpoolP512r1', 30, 64, () => bp512.Point);

/** 256-bit random ECP group, NIST P-256 (RFC 5903), SHOULD. */
export const ecp256: KeyExchangeRow = /* @__PURE__ */ nobleEcRow(ecp256Group);
/** 384-bit random ECP group, NIST P-384 (RFC 5903). */
export const ecp384: KeyExchangeRow = /* @__PURE__ */ nobleEcRow(ecp384Group);
/** 521-bit random ECP group, NIST P-521 (RFC 5903). */
export const ecp521: KeyExchangeRow = /* @__PURE__ */ nobleEcRow(ecp521Group);
/** brainpoolP256r1 (RFC 6954). */
export const brainpoolP256r1: KeyExchangeRow = /* @__PURE__ */ nobleEcRow(brainpoolP256r1Group);
/** brainpoolP384r1 (RFC 6954). */
export const brainpoolP384r1: KeyExchangeRow = /* @__PURE__ */ nobleEcRow(brainpoolP384r1Group);
/** brainpoolP512r1 (RFC 6954). */
export const brainpoolP512r1: KeyExchangeRow = /* @__PURE__ */ nobleEcRow(brainpoolP512r1Group);
