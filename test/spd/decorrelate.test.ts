import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { createSpd, decorrelate, decorrelateEntry, findDecorrelated, findOutbound, parsePolicies } from '../../src/spd.js';
import { formatSelector, isSubset, selectorsOfRegion } from '../../src/traffic-selector.js';
import { regionsOverlap } from '../../src/traffic-selector/region-algebra.js';
import { direction, flow } from '../traffic-selector/arbitraries.js';
import { firstMatch } from '../twins/spd.js';
import { entry } from './arbitraries.js';

const few = fc.array(entry, { maxLength: 5 });
const textOf = (list: ReturnType<typeof decorrelate>): string[][] =>
  list.map(({ regions }) => regions.flatMap(selectorsOfRegion).map(formatSelector));

describe('RFC 4301 appendix B', () => {
  it('"Once the entries are decorrelated, there is no longer any ordering requirement on them, since only one entry will match any lookup."', () => {
    fc.assert(
      fc.property(
        few,
        fc.infiniteStream(fc.nat()),
        fc.array(fc.tuple(flow, direction), { minLength: 20, maxLength: 40 }),
        (list, random, flows) => {
          for (const d of ['outbound', 'inbound'] as const) {
            const decorrelated = decorrelate(list, { direction: d, limit: 100_000 });
            const shuffled = decorrelated.map((e) => ({ e, key: random.next().value as number })).sort((a, b) => a.key - b.key);
            for (const [f, way] of flows)
              if (way === d)
                expect(
                  findDecorrelated(
                    shuffled.map(({ e }) => e),
                    f,
                    d,
                  ),
                ).toBe(firstMatch(list, f, d));
          }
        },
      ),
      { numRuns: 150 },
    );
  });
  it('"for every pair of entries there exists a selector for which there is a null intersection"', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), direction, (list, d) => {
        const all = decorrelate(list, { direction: d, limit: 100_000 }).flatMap((e) => e.regions);
        all.forEach((a, i) => {
          all.slice(i + 1).forEach((b) => {
            expect(regionsOverlap(a, b)).toBe(false);
          });
        });
      }),
      { numRuns: 50 },
    );
  });
  it('"Each policy at a leaf is either completely overridden by a policy in the already decorrelated set and is discarded or is decorrelated"', () => {
    const list = parsePolicies([
      { action: 'PROTECT', remote: '10.0.0.0/8', processing: { protocol: 'ESP', mode: 'tunnel' } },
      { action: 'BYPASS', remote: '10.1.0.0/16', protocol: 'tcp' },
    ]);
    expect(decorrelate(list)[1]!.regions).toEqual([]);
  });
  it('"If Cj is decorrelated with every entry in U, then add it to U": as it is', () => {
    const list = parsePolicies([
      { action: 'BYPASS', remote: '10.0.0.0/8', protocol: 'tcp', remotePorts: 80 },
      { action: 'DISCARD', remote: '10.0.0.0/8', protocol: 'tcp', remotePorts: 81 },
      { action: 'DISCARD', remote: '11.0.0.0/8', protocol: 'tcp' },
    ]);
    expect(textOf(decorrelate(list))).toEqual(
      list.map((e) =>
        e.selectors.map((s) => formatSelector({ ...s, local: [{ start: new Uint8Array(4), end: new Uint8Array(4).fill(255) }] })),
      ),
    );
  });
  it('"The entries at the leaves completely partition Cj": a hole in ports and addresses', () => {
    const list = parsePolicies([
      { action: 'DISCARD', remote: '192.0.2.7', protocol: 'tcp', remotePorts: 25 },
      { action: 'BYPASS', local: '10.0.0.0/8', remote: '192.0.2.0/29', protocol: 'tcp' },
    ]);
    expect(textOf(decorrelate(list))[1]).toEqual([
      '10.0.0.0/8 tcp <-> 192.0.2.0-192.0.2.6',
      '10.0.0.0/8 tcp <-> 192.0.2.7 opaque',
      '10.0.0.0/8 tcp <-> 192.0.2.7 0-24',
      '10.0.0.0/8 tcp <-> 192.0.2.7 26-65535',
    ]);
  });
  it('RFC 7296 section 2.9.1: TSr is "((198.51.100.0 - 198.51.100.65), (198.51.100.67 - 198.51.100.255))"', () => {
    const tunnel = { protocol: 'ESP', mode: 'tunnel' } as const;
    const list = parsePolicies([
      { action: 'PROTECT', local: '192.0.2.1', remote: '198.51.100.66', processing: { ...tunnel, encryption: 'ENCR_AES_CBC' } },
      { action: 'PROTECT', local: '192.0.2.1', remote: '198.51.100.0/24', processing: { ...tunnel, encryption: 'ENCR_3DES' } },
    ]);
    expect(textOf(decorrelate(list))[1]).toEqual([
      '192.0.2.1 <-> 198.51.100.0-198.51.100.65',
      '192.0.2.1 <-> 198.51.100.67-198.51.100.255',
    ]);
  });
  it('one entry alone comes out as in the whole', () => {
    fc.assert(
      fc.property(few, direction, (list, d) => {
        const whole = decorrelate(list, { direction: d, limit: 100_000 });
        list.forEach((_, i) => {
          expect(decorrelateEntry(list, i, { direction: d, limit: 100_000 })).toEqual(whole[i]);
        });
      }),
      { numRuns: 50 },
    );
  });
  it('each piece lies within its entry', () => {
    fc.assert(
      fc.property(few, (list) => {
        for (const { entry: e, regions } of decorrelate(list, { limit: 100_000 }))
          for (const r of regions.slice(0, 3)) expect(isSubset(selectorsOfRegion(r), e.selectors)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
  it('an entry for the other direction is not in the way', () => {
    const list = parsePolicies([
      { action: 'DISCARD', direction: 'in', remote: '192.0.2.1' },
      { action: 'BYPASS', local: '10.0.0.1', remote: '192.0.2.0/31' },
    ]);
    expect(textOf(decorrelate(list))).toEqual([[], ['10.0.0.1 <-> 192.0.2.0/31']]);
    expect(textOf(decorrelate(list, { direction: 'inbound' }))[1]).toEqual(['10.0.0.1 <-> 192.0.2.0']);
  });
});

describe('the limit', () => {
  // a checkerboard: each host and each port of every second is an exception, so that hardly two pieces can be one
  const holes = (n: number): ReturnType<typeof parsePolicies> =>
    parsePolicies([
      ...Array.from({ length: n }, (_, i) => ({
        action: 'DISCARD',
        remote: `10.0.${i >> 7}.${(2 * i) & 255}`,
        protocol: 'tcp',
        remotePorts: 2 * i + 1,
      })),
      { action: 'BYPASS', remote: '10.0.0.0/8' },
    ]);
  it('raises IpsecError, with the entry', () => {
    let error: unknown;
    try {
      decorrelateEntry(holes(300), 300);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(IpsecError);
    expect(error).toMatchObject({ code: 'decorrelation-limit', path: 'policies.300' });
    expect(() => decorrelate(holes(300), { limit: 500 })).toThrow(/at most 500/);
  });
  it('does not concern the look-up', () => {
    const list = holes(300);
    const spd = createSpd(list);
    fc.assert(
      fc.property(flow, (f) => {
        expect(findOutbound(spd, f)).toBe(firstMatch(list, f, 'outbound'));
      }),
    );
  });
  it('can be raised', () => {
    expect(decorrelateEntry(holes(40), 40, { limit: 2000 }).regions.length).toBeGreaterThan(40);
    expect(() => decorrelateEntry(holes(2), 9)).toThrow(IpsecError);
  });
});
