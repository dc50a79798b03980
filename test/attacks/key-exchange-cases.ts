/**
 * Attack row 1: a KE payload with a group that nobody knows, or with a value that is no public value of the group. Daemons crashed on
 * such (CVE-2014-9221, CVE-2015-3240, CVE-2023-41913) or computed secrets that an attacker could guess. RFC 6989 says what to test.
 */
import { describe, expect, it } from 'vitest';
import { concat, fromHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { findKeyExchange } from '../../src/suite/dh.js';
import {
  brainpoolP256r1Group,
  brainpoolP384r1Group,
  brainpoolP512r1Group,
  type EcGroup,
  ecp256Group,
  ecp384Group,
  ecp521Group,
} from '../../src/suite/dh-ec.js';
import {
  modp1024Group,
  modp1024s160Group,
  modp1536Group,
  modp2048s224Group,
  modp2048s256Group,
  modp768Group,
} from '../../src/suite/dh-legacy-groups.js';
import { modp2048Group, modp3072Group, modp4096Group, modp6144Group, modp8192Group } from '../../src/suite/dh-modp.js';
import type { KeyExchange, KeyExchangeRow } from '../../src/suite/types-ike.js';

/** Sophie Germain primes: RFC 6989 section 2.1. */
const safePrimes = [modp768Group, modp1024Group, modp1536Group, modp2048Group, modp3072Group, modp4096Group, modp6144Group, modp8192Group];
/** RFC 6989 section 2.2. */
const subgroups = [modp1024s160Group, modp2048s224Group, modp2048s256Group];
/** RFC 6989 section 2.3. */
const curves = [ecp256Group, ecp384Group, ecp521Group, brainpoolP256r1Group, brainpoolP384r1Group, brainpoolP512r1Group];

/** @param rows all of an engine: the legacy ones, too. */
export function describeAttacks(rows: readonly KeyExchangeRow[]): void {
  const rowOf = (group: { id: number }): KeyExchangeRow => findKeyExchange(rows, group.id);
  const begin = (row: KeyExchangeRow): KeyExchange => row.generate((target) => target.fill(0x5a));

  const expectRefused = (exchange: KeyExchange, value: Uint8Array, what: string): void => {
    let error: unknown = 'a secret';
    try {
      exchange.shared(value);
    } catch (thrown) {
      error = thrown;
    }
    expect([what, error]).toEqual([what, expect.any(IpsecError)]);
    expect(error).toMatchObject({ code: 'invalid-public-value', blame: 'peer' });
  };

  it('row 1: every number but those of the rows is refused, and the peer blamed', () => {
    const known = new Set(rows.map((row) => row.id));
    let refused = 0;
    for (let id = 0; id <= 0xffff; id++) {
      try {
        expect(findKeyExchange(rows, id).id).toBe(id);
        expect(known.has(id)).toBe(true);
      } catch (error) {
        if (!(error instanceof IpsecError && error.code === 'unknown-algorithm' && error.blame === 'peer')) throw error;
        refused++;
      }
    }
    expect(refused).toBe(65536 - known.size);
  });

  it.each(rows)('row 1: $shortName: values of the wrong length', (row) => {
    const exchange = begin(row);
    const { publicValue } = row.generate((target) => target.fill(0x33));
    const before = exchange.shared(publicValue);
    for (const length of [0, 1, row.publicLength - 1, row.publicLength + 1, 2 * row.publicLength, 65527])
      expectRefused(exchange, new Uint8Array(length).fill(2), `${length} octets`);
    expectRefused(exchange, publicValue.subarray(1), 'the first octet left out');
    expectRefused(exchange, concat(Uint8Array.of(4), publicValue), 'an octet 04 in front');
    expectRefused(exchange, concat(Uint8Array.of(2), publicValue.subarray(0, row.publicLength / 2)), 'a compressed point');
    expect(exchange.shared(publicValue)).toEqual(before); // and what was refused has changed nothing
  });

  describe.each([...safePrimes, ...subgroups])('row 1: $shortName', (group) => {
    const octets = (number: bigint): Uint8Array => fromHex(number.toString(16).padStart(2 * group.publicLength, '0'));

    it('RFC 6989 section 2.1: "1 < r < p-1"', () => {
      const exchange = begin(rowOf(group));
      const p = group.prime();
      const wrong = {
        '0': 0n,
        '1': 1n,
        'p-1': p - 1n,
        p,
        'p+1': p + 1n,
        'p+2': p + 2n,
        'all ones': (1n << BigInt(8 * group.publicLength)) - 1n,
      };
      for (const [what, number] of Object.entries(wrong)) expectRefused(exchange, octets(number), what);
    });

    if (subgroups.includes(group))
      it('RFC 6989 section 2.2: "r^q = 1 mod p"', () => {
        const exchange = begin(rowOf(group));
        const p = group.prime();
        const orders = [3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n].filter((order) => (p - 1n) % order === 0n);
        expect(orders.length).toBeGreaterThan(0);
        for (const order of orders) {
          const small = [2n, 3n, 5n].map((base) => power(base, (p - 1n) / order, p)).find((element) => element !== 1n)!;
          expect(power(small, order, p)).toBe(1n);
          expectRefused(exchange, octets(small), `an element of order ${order}`);
          expectRefused(exchange, octets((small * group.generator()) % p), `the generator times an element of order ${order}`);
        }
        expectRefused(exchange, octets(p - group.generator()), 'the generator times -1');
      });
    else
      it('the ends of the range are taken', () => {
        const exchange = begin(rowOf(group));
        expect(exchange.shared(octets(2n))).toHaveLength(group.publicLength);
        expect(exchange.shared(octets(group.prime() - 2n))).toHaveLength(group.publicLength);
      });
  });

  describe.each(curves)('row 1: $shortName', (group) => {
    const half = group.sharedLength;
    const octets = (number: bigint): Uint8Array => fromHex(number.toString(16).padStart(2 * half, '0'));
    const point = (x: bigint, y: bigint): Uint8Array => concat(octets(x), octets(y));
    const { p } = group.curve().CURVE();

    it('RFC 6989 section 2.3: "the x and y parameters from the peer\'s public value satisfy the curve equation"', () => {
      const exchange = begin(rowOf(group));
      const { x, y } = group.curve().BASE.multiply(7n).toAffine();
      expect(exchange.shared(point(x, y))).toHaveLength(half);
      expect(exchange.shared(point(x, p - y))).toEqual(exchange.shared(point(x, y))); // the other point with that x
      const wrong: Record<string, Uint8Array> = {
        zeros: new Uint8Array(2 * half),
        'all ones': new Uint8Array(2 * half).fill(255),
        'x + 1': point(x + 1n, y),
        'y + 1': point(x, y + 1n),
        'y and x': point(y, x),
        'x and x': point(x, x),
        'order 2 on a curve with another b': point(x, 0n),
        'x = 0, y = 1': point(0n, 1n),
        // RFC 6954 section 2.2: points (x*Z^2, y*Z^3) of a twisted curve, which are for internal use
        'on the twisted curve': twisted(group, x, y, point),
      };
      for (const [what, value] of Object.entries(wrong)) {
        expectRefused(exchange, value, what);
        // by our test, not only by the engine's
        expect(() => {
          group.checkPublic(value);
        }).toThrow(expect.objectContaining({ code: 'invalid-public-value' }));
      }
    });

    it('coordinates of p and more, though congruent to good ones', () => {
      const exchange = begin(rowOf(group));
      const { x, y } = smallX(group);
      expect(exchange.shared(point(x, y))).toHaveLength(half);
      expectRefused(exchange, point(x + p, y), 'x + p');
      expectRefused(exchange, point(p, y), 'x = p');
      expectRefused(exchange, point(x, p), 'y = p');
      if (group === ecp521Group) expectRefused(exchange, point(x, y + p), 'y + p');
      expect(() => {
        group.checkPublic(point(x + p, y));
      }).toThrow(/coordinates below p/);
    });
  });

  it('row 1: curve25519: every point of low order, also with the top bit set, also not reduced', () => {
    const exchange = begin(rowOf({ id: 31 }));
    const p = 2n ** 255n - 19n;
    const orderEight = [
      325606250916557431795983626356110631294008115727848805560023387167927233504n,
      39382357235489614581723060781553021112529911719440698176882885853963445705823n,
    ];
    const low = [0n, 1n, ...orderEight, p - 1n, p, p + 1n];
    for (const u of low)
      for (const top of [0n, 2n ** 255n])
        expectRefused(exchange, littleEndian(u + top, 32), `${u}${top === 0n ? '' : ' with the top bit'}`);
    // RFC 8031 section 3.2: "receiving entities MUST mask the most-significant bit in the final byte for X25519"
    expect(exchange.shared(littleEndian(9n + 2n ** 255n, 32))).toEqual(exchange.shared(littleEndian(9n, 32)));
    // and "implementations MUST accept non-canonical values"
    expect(exchange.shared(littleEndian(p + 9n, 32))).toEqual(exchange.shared(littleEndian(9n, 32)));
  });

  it('row 1: curve448: every point of low order, also not reduced', () => {
    const exchange = begin(rowOf({ id: 32 }));
    const p = 2n ** 448n - 2n ** 224n - 1n;
    for (const u of [0n, 1n, p - 1n, p, p + 1n]) expectRefused(exchange, littleEndian(u, 56), `${u}`);
    expect(exchange.shared(littleEndian(p + 5n, 56))).toEqual(exchange.shared(littleEndian(5n, 56)));
  });
}

function littleEndian(number: bigint, length: number): Uint8Array {
  return fromHex(number.toString(16).padStart(2 * length, '0')).reverse();
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) result = (((result * result) % modulus) * (bit === '1' ? base : 1n)) % modulus;
  return result;
}

/** The point with the smallest x that has one. */
function smallX(group: EcGroup): { x: bigint; y: bigint } {
  for (let x = 1; ; x++) {
    const compressed = new Uint8Array(1 + group.sharedLength);
    compressed[0] = 2;
    compressed[group.sharedLength] = x;
    try {
      return group.curve().fromBytes(compressed).toAffine();
    } catch {
      // no point has this x
    }
  }
}

/** The image of a point on the curve y^2 = x^3 + a*Z^4*x + b*Z^6. */
function twisted(group: EcGroup, x: bigint, y: bigint, point: (x: bigint, y: bigint) => Uint8Array): Uint8Array {
  const { p } = group.curve().CURVE();
  const z = 5n;
  return point((x * z * z) % p, (y * z * z * z) % p);
}
