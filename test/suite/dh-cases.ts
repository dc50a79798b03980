/**
 * The vectors of others for key exchanges, put to an engine.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { findKeyExchange } from '../../src/suite/dh.js';
import type { KeyExchange, KeyExchangeRow } from '../../src/suite/types-ike.js';
import aosp from '../../vectors/suite/aosp-ikev2-dh.json' with { type: 'json' };
import rfc5114 from '../../vectors/suite/rfc5114-dh-groups.json' with { type: 'json' };
import rfc5903 from '../../vectors/suite/rfc5903-ecp-groups.json' with { type: 'json' };
import rfc6954 from '../../vectors/suite/rfc6954-brainpool-groups.json' with { type: 'json' };
import rfc8031 from '../../vectors/suite/rfc8031-curve25519.json' with { type: 'json' };
import strongswan from '../../vectors/suite/strongswan-dh.json' with { type: 'json' };
import wycheproof256 from '../../vectors/suite/wycheproof/ecdh-secp256r1.json' with { type: 'json' };
import wycheproof384 from '../../vectors/suite/wycheproof/ecdh-secp384r1.json' with { type: 'json' };
import wycheproof521 from '../../vectors/suite/wycheproof/ecdh-secp521r1.json' with { type: 'json' };
import wycheproof25519 from '../../vectors/suite/wycheproof/x25519.json' with { type: 'json' };
import wycheproof448 from '../../vectors/suite/wycheproof/x448.json' with { type: 'json' };

/** Groups that others have vectors for and that are not offered here: ECP of 192 and 224 bits. */
const NOT_OFFERED = [25, 26];

/** @param rows all of them: the legacy ones, too. */
export function describeKeyExchange(rows: readonly KeyExchangeRow[]): void {
  const expectExchange = (group: number, c: { privI: string; privR: string; pubI: string; pubR: string; sharedSecret: string }): void => {
    const row = findKeyExchange(rows, group);
    const initiator = row.from(fromHex(c.privI));
    const responder = row.from(fromHex(c.privR));
    expect(toHex(initiator.publicValue)).toBe(c.pubI);
    expect(toHex(responder.publicValue)).toBe(c.pubR);
    expect(toHex(initiator.shared(fromHex(c.pubR)))).toBe(c.sharedSecret);
    expect(toHex(responder.shared(fromHex(c.pubI)))).toBe(c.sharedSecret);
  };

  describe('vectors', () => {
    it.each(strongswan.cases.filter((c) => !NOT_OFFERED.includes(c.group)))('$name', (c) => {
      expectExchange(c.group, c);
    });
    it.each(rfc5114.cases.filter((c) => !NOT_OFFERED.includes(c.group)))('$name, group $group', (c) => {
      const { pubIx = '', pubIy = '', pubRx = '', pubRy = '', pubI = pubIx + pubIy, pubR = pubRx + pubRy } = c;
      expectExchange(c.group, { ...c, pubI, pubR });
    });
    it.each(rfc5903.cases)('$name', (c) => {
      const pubI = c.kePayloadI.slice(16); // behind the payload header and the group number
      const pubR = c.kePayloadR.slice(16);
      expect([pubI, pubR]).toEqual([c.gix + c.giy, c.grx + c.gry]);
      expectExchange(c.group, { ...c, pubI, pubR });
    });
    it.each(rfc6954.cases)('$name', (c) => {
      expectExchange(c.group, { ...c, pubI: c.pubIx + c.pubIy, pubR: c.pubRx + c.pubRy });
    });
    it.each(rfc8031.cases)('$name', (c) => {
      expectExchange(31, { ...c, privI: c.randomI, privR: c.randomR });
      expectExchange(31, { ...c, privI: c.clampedI, privR: c.clampedR });
    });
    it.each(aosp.cases)('$name', (c) => {
      expect(toHex(findKeyExchange(rows, c.group).from(fromHex(c.priv)).shared(fromHex(c.peerPub)))).toBe(c.sharedSecret);
    });
  });

  describe('Wycheproof', () => {
    it.each([
      [19, wycheproof256.cases],
      [20, wycheproof384.cases],
      [21, wycheproof521.cases],
    ])('group %i: points of the curve give the secret, all others are refused', (group, cases) => {
      const row = findKeyExchange(rows, group);
      let refused = 0;
      for (const c of sample(cases)) {
        const exchange = row.from(fromHex(c.private.replace(/^00/, '').padStart(2 * row.sharedLength, '0')));
        // IKE has no octet in front that says how a point is written, and no compressed points
        const point = fromHex(c.public.startsWith('04') ? c.public.slice(2) : c.public);
        if (c.result === 'valid') expect([c.tcId, toHex(exchange.shared(point))]).toEqual([c.tcId, c.sharedSecret]);
        else {
          refused++;
          expect(() => exchange.shared(point)).toThrow(expect.objectContaining({ code: 'invalid-public-value', blame: 'peer' }));
        }
      }
      expect(refused).toBeGreaterThan(10);
    });

    it.each([
      [31, wycheproof25519.cases],
      [32, wycheproof448.cases],
    ])('group %i: all but points of low order give the secret, whatever curve they are on', (group, cases) => {
      const row = findKeyExchange(rows, group);
      let refused = 0;
      for (const c of sample(cases)) {
        const exchange = row.from(fromHex(c.private));
        if (c.result === 'invalid' || c.flags.includes('ZeroSharedSecret')) {
          refused++;
          expect(() => exchange.shared(fromHex(c.public))).toThrow(
            expect.objectContaining({ code: 'invalid-public-value', blame: 'peer' }),
          );
        } else expect([c.tcId, toHex(exchange.shared(fromHex(c.public)))]).toEqual([c.tcId, c.sharedSecret]);
      }
      expect(refused).toBeGreaterThan(3);
    });
  });

  describe('rows', () => {
    it('have the numbers and names of the registry', () => {
      const facts = rows.map((row) => [row.id, row.name, row.publicLength, row.sharedLength] as const);
      expect(facts.sort(([a], [b]) => a - b)).toEqual([
        [1, '768-bit MODP Group', 96, 96],
        [2, '1024-bit MODP Group', 128, 128],
        [5, '1536-bit MODP Group', 192, 192],
        [14, '2048-bit MODP Group', 256, 256],
        [15, '3072-bit MODP Group', 384, 384],
        [16, '4096-bit MODP Group', 512, 512],
        [17, '6144-bit MODP Group', 768, 768],
        [18, '8192-bit MODP Group', 1024, 1024],
        [19, '256-bit random ECP group', 64, 32], // RFC 5903 section 7
        [20, '384-bit random ECP group', 96, 48],
        [21, '521-bit random ECP group', 132, 66],
        [22, '1024-bit MODP Group with 160-bit Prime Order Subgroup', 128, 128],
        [23, '2048-bit MODP Group with 224-bit Prime Order Subgroup', 256, 256],
        [24, '2048-bit MODP Group with 256-bit Prime Order Subgroup', 256, 256],
        [28, 'brainpoolP256r1', 64, 32], // RFC 6954 table 2
        [29, 'brainpoolP384r1', 96, 48],
        [30, 'brainpoolP512r1', 128, 64],
        [31, 'Curve25519', 32, 32], // RFC 8031 section 2
        [32, 'Curve448', 56, 56],
      ]);
      expect(rows.every((row) => Object.isFrozen(row))).toBe(true);
    });

    it.each(rows)('$shortName: two ends with chance of their own come to one secret, and it is another one next time', (row) => {
      const initiator = row.generate(chance(1));
      const responder = row.generate(chance(2));
      const secret = initiator.shared(responder.publicValue);
      expect(initiator.publicValue).toHaveLength(row.publicLength);
      expect(secret).toHaveLength(row.sharedLength);
      expect(Object.getPrototypeOf(secret)).toBe(Uint8Array.prototype);
      expect(Object.getPrototypeOf(initiator.publicValue)).toBe(Uint8Array.prototype);
      expect(responder.shared(initiator.publicValue)).toEqual(secret);
      expect(row.generate(chance(3)).publicValue).not.toEqual(initiator.publicValue);
      expect(row.generate(chance(1)).publicValue).toEqual(initiator.publicValue);
    });

    it.each(rows)('$shortName: nothing is left after destroy()', (row) => {
      const given = new Uint8Array(isModp(row) ? 32 : row.sharedLength).fill(1);
      const exchange = row.from(given);
      const { publicValue } = row.generate(chance(4));
      const copy = publicValue.slice();
      exchange.shared(publicValue);
      expect(publicValue).toEqual(copy);
      expect(exchange.secrets.some((buffer) => buffer.some((octet) => octet !== 0))).toBe(true);
      exchange.destroy();
      expect(exchange.secrets.every((buffer) => buffer.every((octet) => octet === 0))).toBe(true);
      expect(given.every((octet) => octet === 1)).toBe(true);
      expect(() => exchange.shared(publicValue)).toThrow(expect.objectContaining({ code: 'sa-deleted' }));
      exchange.destroy();
    });

    it.each(rows)('$shortName: private values that are none', (row) => {
      const wrong = [new Uint8Array(0), new Uint8Array(row.publicLength + 1).fill(1)];
      if (row.id < 31) wrong.push(new Uint8Array(row.sharedLength)); // zero; Curve25519 and Curve448 have no wrong numbers
      if (!isModp(row)) wrong.push(new Uint8Array(row.sharedLength - 1).fill(1));
      if (!isModp(row) && row.id < 31) wrong.push(new Uint8Array(row.sharedLength).fill(255)); // above the order
      for (const value of wrong)
        expect(() => row.from(value)).toThrow(expect.objectContaining({ code: 'invalid-argument', blame: 'caller' }));
    });
  });

  describe('RFC 7296 section 2.14: "padded with zeros if necessary to make it the length of the modulus"', () => {
    const modp = rows.filter((row) => row.id === 2 || row.id === 14);
    it.each(modp)('$shortName', (row) => {
      const exchange = row.from(Uint8Array.of(10));
      expect(toHex(exchange.publicValue)).toBe('400'.padStart(2 * row.publicLength, '0'));
      expect(toHex(exchange.shared(fromHex('03'.padStart(2 * row.publicLength, '0'))))).toBe(
        (3 ** 10).toString(16).padStart(2 * row.publicLength, '0'),
      );
    });
  });

  const quick = rows.filter((row) => row.publicLength <= 256 && row.sharedLength <= 256 && row.id !== 21 && row.id !== 30);
  it.each(quick)('$shortName: any octets from the peer end as a secret or as the one error', (row) => {
    const exchange = row.generate(chance(5));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: row.publicLength + 2 }),
          fc.uint8Array({ minLength: row.publicLength, maxLength: row.publicLength }),
        ),
        (value) => {
          const before = toHex(value);
          expectSecretOrRefusal(exchange, value, row.sharedLength);
          expect(toHex(value)).toBe(before);
        },
      ),
      { numRuns: 30 },
    );
  });
}

function expectSecretOrRefusal(exchange: KeyExchange, value: Uint8Array, sharedLength: number): void {
  let result: unknown;
  try {
    result = exchange.shared(value).length;
  } catch (error) {
    result = error;
  }
  if (result !== sharedLength) expect(result).toMatchObject({ name: 'IpsecError', code: 'invalid-public-value', blame: 'peer' });
}

const isModp = (row: KeyExchangeRow): boolean => row.name.includes('MODP');

/** Every refused case, and some of each series of good ones: they are many of a kind, and each takes milliseconds. */
function sample<Case extends { result: string; flags: string[] }>(cases: readonly Case[]): readonly Case[] {
  const seen = new Map<string, number>();
  return cases.filter(({ result, flags }) => {
    const kind = flags.join();
    const count = seen.get(kind) ?? 0;
    seen.set(kind, count + 1);
    return result === 'invalid' || kind.includes('Zero') || count < 8;
  });
}

/** Reproducible octets. */
export function chance(seed: number): (target: Uint8Array) => void {
  let state = seed;
  return (target) => {
    for (let i = 0; i < target.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      target[i] = state >>> 24;
    }
  };
}
