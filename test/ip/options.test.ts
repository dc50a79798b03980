import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { decodeIp, ipv4Options, type OptionVisitor, walkIpv4Options, walkIpv6Options } from '../../src/ip.js';
import { kernelPackets } from './kernel.js';

type Walk = (p: Uint8Array, start: number, end: number, visit: OptionVisitor) => void;
const list = (walk: Walk, hex: string): number[][] => {
  const p = fromHex(hex);
  const found: number[][] = [];
  walk(p, 0, p.length, (...option) => found.push(option));
  return found;
};

describe('RFC 791 section 3.1: options', () => {
  it('visits each option with its bounds, up to End of Option List', () => {
    expect(list(walkIpv4Options, '01830704cb00710094040000')).toEqual([[1, 0, 1], [131, 1, 7], [148, 8, 4]]); // prettier-ignore
    expect(list(walkIpv4Options, '01000700')).toEqual([[1, 0, 1], [0, 1, 1]]); // prettier-ignore
  });

  it.each(['07', '0700', '0701', '070300010703', '44ff0000'])('refuses %s', (hex) => {
    expect(() => list(walkIpv4Options, hex)).toThrow(IpsecError);
  });

  it('knows the options of the kernel packets', () => {
    const seen = new Set<number>();
    for (const { octets } of kernelPackets()) {
      const { version, headerLength } = decodeIp(octets);
      if (version === 4) walkIpv4Options(octets, 20, headerLength, (type) => seen.add(type));
    }
    const names = Object.entries(ipv4Options).filter(([, type]) => seen.has(type)).map(([name]) => name); // prettier-ignore
    expect(names).toEqual([
      'End of Option List',
      'No Operation',
      'Record Route',
      'Internet Timestamp',
      'Security',
      'Loose Source and Record Route',
      'Router Alert',
    ]);
  });
});

describe('RFC 8200 section 4.2: options', () => {
  it('visits each option with its bounds', () => {
    expect(list(walkIpv6Options, '00010200000502000000')).toEqual([[0, 0, 1], [1, 1, 4], [5, 5, 4], [0, 9, 1]]); // prettier-ignore
  });

  it.each(['01', '0105', '0001', 'c204000000'])('refuses %s', (hex) => {
    expect(() => list(walkIpv6Options, hex)).toThrow(IpsecError);
  });
});

describe.each([
  ['walkIpv4Options', walkIpv4Options],
  ['walkIpv6Options', walkIpv6Options],
] as const)('%s', (_, walk) => {
  it('ends for any octets, stays between its bounds, and visits in order without gaps', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(20), (p, start) => {
        let at = Math.min(start, p.length);
        try {
          walk(p, at, p.length, (_type, offset, length) => {
            expect(offset).toBe(at);
            expect(length).toBeGreaterThan(0);
            at += length;
            expect(at).toBeLessThanOrEqual(p.length);
          });
        } catch (e) {
          if (!(e instanceof IpsecError)) throw e;
          expect(e).toMatchObject({ code: 'malformed', offset: at });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
