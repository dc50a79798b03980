import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import {
  compareAddresses,
  equalAddresses,
  formatAddress,
  formatRange,
  isMulticast,
  isUnspecified,
  parseAddress,
  parsePrefix,
  prefixOf,
  prefixRange,
  rangeContains,
} from '../../src/ip.js';

const octets = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));

describe('addresses as text', () => {
  // RFC 4291 section 2.2 and RFC 5952 section 4: what is written, what must come out
  it.each([
    ['ABCD:EF01:2345:6789:ABCD:EF01:2345:6789', 'abcd:ef01:2345:6789:abcd:ef01:2345:6789'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['FF01:0:0:0:0:0:0:101', 'ff01::101'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::FFFF:129.144.52.38', '::ffff:129.144.52.38'],
    ['0:0:0:0:0:0:13.1.68.3', '::d01:4403'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1::', '1::'],
    ['192.0.2.33', '192.0.2.33'],
  ])('%s is written %s', (given, canonical) => {
    expect(formatAddress(parseAddress(given))).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4/8',
    'a.b.c.d',
    ':',
    ':::',
    '1:2',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    '::1%eth0',
    '::1.2.3',
    '1.2.3.4::',
    'localhost',
    '-1.2.3.4',
    '::g',
  ])('refuses %j', (text) => {
    expect(() => parseAddress(text)).toThrow(IpsecError);
  });

  it('reads back what it writes', () => {
    fc.assert(fc.property(octets, (a) => equalAddresses(parseAddress(formatAddress(a)), a)));
  });

  it('throws nothing but IpsecError for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parsePrefix(text);
        } catch (e) {
          expect(e).toBeInstanceOf(IpsecError);
        }
      }),
    );
  });

  it('refuses octets that are no address', () => {
    expect(() => formatAddress(new Uint8Array(5))).toThrow(/4 or 16 octets/);
  });
});

describe('order, multicast, unspecified', () => {
  it('puts IPv4 before IPv6 and orders by value', () => {
    const sorted = ['::1', '10.0.0.1', '::', '9.255.0.0'].map(parseAddress).sort(compareAddresses).map(formatAddress);
    expect(sorted).toEqual(['9.255.0.0', '10.0.0.1', '::', '::1']);
  });

  it('knows multicast', () => {
    expect(['224.0.0.5', '239.255.255.255', 'ff02::5'].map((a) => isMulticast(parseAddress(a)))).toEqual([true, true, true]);
    expect(['223.255.255.255', '240.0.0.1', 'fe80::1'].map((a) => isMulticast(parseAddress(a)))).toEqual([false, false, false]);
  });

  it('knows the unspecified address', () => {
    expect(isUnspecified(parseAddress('::')) && isUnspecified(parseAddress('0.0.0.0')) && !isUnspecified(parseAddress('::1'))).toBe(true);
  });
});

describe('ranges', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
    ['0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
    ['2001:db8::/33', '2001:db8::', '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff'],
    ['192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['192.0.2.1-192.0.2.9', '192.0.2.1', '192.0.2.9'],
    ['::/0', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('%s', (text, start, end) => {
    const range = parsePrefix(text);
    expect([formatAddress(range.start), formatAddress(range.end), formatRange(range)]).toEqual([start, end, text]);
  });

  it('names the prefix that was meant', () => {
    expect(() => parsePrefix('10.1.2.3/8')).toThrow(/did you mean 10.0.0.0\/8\?/);
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '::/129', '10.0.0.9-10.0.0.1', '10.0.0.1-::1', '10.0.0.1-', '/8', '10.0.0.0/08'])(
    'refuses %j',
    (text) => {
      expect(() => parsePrefix(text)).toThrow(IpsecError);
    },
  );

  it('finds the prefix length of every prefix, and contains its own bounds', () => {
    fc.assert(
      fc.property(octets, fc.nat(128), (a, n) => {
        const length = Math.min(n, 8 * a.length);
        const range = prefixRange(a, length);
        return (
          prefixOf(range) === length && rangeContains(range, a) && rangeContains(range, range.start) && rangeContains(range, range.end)
        );
      }),
    );
  });

  it('reads back every range that it writes', () => {
    fc.assert(
      fc.property(octets, octets, (a, b) => {
        if (a.length !== b.length) return;
        const [start, end] = [a, b].sort(compareAddresses) as [Uint8Array, Uint8Array];
        expect(parsePrefix(formatRange({ start, end }))).toEqual({ start, end });
      }),
    );
  });

  it('does not mix families', () => {
    expect(rangeContains(parsePrefix('0.0.0.0/0'), parseAddress('::1'))).toBe(false);
  });
});
