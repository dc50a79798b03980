import { describe, expect, it } from 'vitest';
import { findKeyExchange, keyExchangeRows, modp2048 } from '../../src/suite/dh.js';
import { legacyKeyExchangeRows } from '../../src/suite/dh-legacy.js';
import {
  modp1024Group,
  modp1024s160Group,
  modp1536Group,
  modp2048s224Group,
  modp2048s256Group,
  modp768Group,
} from '../../src/suite/dh-legacy-groups.js';
import { withSecret } from '../../src/suite/dh-montgomery.js';
import { modp2048Group, modp3072Group, modp4096Group, modp6144Group, modp8192Group } from '../../src/suite/dh-modp.js';
import rfc3526 from '../../vectors/suite/rfc3526-modp-primes.json' with { type: 'json' };
import rfc5114 from '../../vectors/suite/rfc5114-dh-groups.json' with { type: 'json' };
import { chance, describeKeyExchange } from './dh-cases.js';

describeKeyExchange([...keyExchangeRows, ...legacyKeyExchangeRows]);

const groups = [modp768Group, modp1024Group, modp1536Group, modp2048Group, modp3072Group, modp4096Group, modp6144Group, modp8192Group];

describe('parameters', () => {
  it.each(rfc3526.cases)('$name: the prime is what the RFC prints', ({ group: id, p, g }) => {
    const group = groups.find((candidate) => candidate.id === id)!;
    expect(group.prime().toString(16)).toBe(p);
    expect(group.generator()).toBe(BigInt(g));
  });

  it.each([modp1024s160Group, modp2048s256Group])('$shortName: RFC 5114', (group) => {
    const { p, g } = rfc5114.cases.find((c) => c.group === group.id)!;
    expect([group.prime().toString(16), group.generator().toString(16)]).toEqual([p, g]);
  });

  it('modp2048s224: the generator is of the order of the subgroup', () => {
    const { publicValue } = legacyKeyExchangeRows.find((row) => row.id === modp2048s224Group.id)!.from(Uint8Array.of(1));
    expect(() => {
      modp2048s224Group.checkPublic(publicValue);
    }).not.toThrow();
  });

  // RFC 3526 section 8: the exponent sizes that go with the smaller estimate of each group's strength
  it.each([
    [modp2048Group, 220],
    [modp3072Group, 260],
    [modp4096Group, 300],
    [modp6144Group, 340],
    [modp8192Group, 380],
    [modp1536Group, 180],
  ])('$shortName: exponents have at least %i bits', (group, bits) => {
    expect(8 * group.seedLength).toBeGreaterThanOrEqual(bits);
    expect(8 * group.seedLength).toBeLessThan(bits + 40);
  });
});

describe('chance', () => {
  it.each(keyExchangeRows)('$shortName: is asked for once, for as many octets as the private value has entropy', (row) => {
    const asked: number[] = [];
    row.generate((target) => {
      asked.push(target.length);
      chance(9)(target);
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toBeGreaterThanOrEqual(32);
    expect(asked[0]).toBeLessThanOrEqual(74);
  });

  it('that is all zeros gives no MODP exponent', () => {
    expect(() => modp2048.generate(() => undefined)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });
});

describe('withSecret', () => {
  it('refuses zeros, and nothing else', () => {
    expect(() => withSecret(new Uint8Array(32))).toThrow(RangeError);
    for (let i = 0; i < 32; i++) {
      const secret = new Uint8Array(32);
      secret[i] = 1 << (i % 8);
      expect(withSecret(secret)).toBe(secret);
    }
  });
});

describe('findKeyExchange', () => {
  it('knows numbers, names and short names', () => {
    for (const row of keyExchangeRows)
      for (const wanted of [row.id, row.name, row.shortName]) expect(findKeyExchange(keyExchangeRows, wanted)).toBe(row);
  });
  it('says what would have been right', () => {
    expect(() => findKeyExchange(keyExchangeRows, 'modp2084')).toThrow(/did you mean modp2048/);
    expect(() => findKeyExchange(keyExchangeRows, 2)).toThrow(/found number 2/);
    expect(() => findKeyExchange([], 'modp2048')).toThrow(/no rows were given/);
  });
});
