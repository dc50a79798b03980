import { describe, expect, test } from 'vitest';
import {
  type AddressPool,
  type AddressPoolConfig,
  createAddressPool,
  type Family,
  leaseAddress,
  releaseAddress,
} from '../../src/endpoint/pool.js';
import { IpsecError } from '../../src/errors.js';
import { formatAddress, parseAddress, parsePrefix } from '../../src/ip.js';
import { numbers } from '../sad/make.js';

const pool = (ranges: AddressPoolConfig['ranges'], more: Partial<AddressPoolConfig> = {}): AddressPool =>
  createAddressPool({ ranges, ...more });
/** A lease as text. */
function lease(from: AddressPool, key: string, wanted?: string, family: 4 | 6 = 4): string | undefined {
  const address = leaseAddress(from, { key, family, wanted: wanted === undefined ? undefined : parseAddress(wanted) });
  return address && formatAddress(address);
}
const lease6 = (from: AddressPool, key: string, wanted?: string): string | undefined => lease(from, key, wanted, 6);
const release = (from: AddressPool, address: string): boolean => releaseAddress(from, parseAddress(address));
/** All that the pool gives to one key, in its order. */
function drain(from: AddressPool, family: 4 | 6 = 4): string[] {
  const all: string[] = [];
  for (let address = lease(from, 'x', undefined, family); address !== undefined; address = lease(from, 'x', undefined, family))
    all.push(address);
  return all;
}
/** Entries that the pool keeps. */
const entries = ({ leased, remembered, homes, free, freeAt }: Family): number =>
  leased.size + remembered.size + [...homes.values()].reduce((sum, home) => sum + home.size, 0) + free.length + freeAt.size;

describe('a pool is its ranges', () => {
  test('all addresses of a prefix, in order, the first and the last included', () => {
    expect(drain(pool(['10.3.0.0/30']))).toEqual(['10.3.0.0', '10.3.0.1', '10.3.0.2', '10.3.0.3']);
  });
  test('ranges in any order, overlapping or touching: each address once', () => {
    const ranges = ['10.0.0.6-10.0.0.8', '10.0.0.1', '10.0.0.2-10.0.0.3', '10.0.0.7-10.0.0.9', '10.0.0.8', parsePrefix('10.0.0.2/31')];
    expect(drain(pool(ranges))).toEqual([1, 2, 3, 6, 7, 8, 9].map((n) => `10.0.0.${n}`));
  });
  test('what is excluded is not given, not even when it is wanted', () => {
    const small = pool(['10.0.0.0/29'], { exclude: ['10.0.0.0', '10.0.0.3-10.0.0.4', '10.0.0.7-10.0.0.9', '2001:db8::/32'] });
    expect(lease(small, 'a', '10.0.0.3')).toBe('10.0.0.1');
    expect(drain(small)).toEqual(['10.0.0.2', '10.0.0.5', '10.0.0.6']);
  });
  test('two families side by side', () => {
    const both = pool(['2001:db8::10-2001:db8::11', '10.0.0.1']);
    expect(lease(both, 'a')).toBe('10.0.0.1');
    expect(lease(both, 'a')).toBeUndefined();
    expect(drain(both, 6)).toEqual(['2001:db8::10', '2001:db8::11']);
    expect(lease6(pool(['10.0.0.1']), 'a')).toBeUndefined();
  });
  test('the whole of IPv6, and its last address', () => {
    expect(lease6(pool(['::/0']), 'a')).toBe('::');
    const last = pool(['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '255.255.255.255']);
    expect([...drain(last, 6), ...drain(last)]).toEqual(['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '255.255.255.255']);
  });
  test('octets of their own', () => {
    const small = pool(['10.0.0.1']);
    const address = leaseAddress(small, { key: 'a', family: 4 })!;
    address.fill(0);
    expect(release(small, '10.0.0.1')).toBe(true);
  });
});

describe('RFC 7296 section 3.15.1: an address that is wanted', () => {
  test('given if it is free', () => {
    const small = pool(['10.0.0.0/24']);
    expect(lease(small, 'a', '10.0.0.77')).toBe('10.0.0.77');
    expect(lease(small, 'b', '10.0.0.77')).toBe('10.0.0.0');
    expect(lease(small, 'c', '10.0.1.77')).toBe('10.0.0.1');
    expect(lease(small, 'd', '2001:db8::1')).toBe('10.0.0.2');
    expect(leaseAddress(small, { key: 'e', family: 4, wanted: new Uint8Array(0) })).toEqual(parseAddress('10.0.0.3'));
  });
  test('not if it is kept for somebody else, unless nothing else is left', () => {
    const small = pool(['10.0.0.1-10.0.0.2']);
    expect(lease(small, 'a')).toBe('10.0.0.1');
    release(small, '10.0.0.1');
    expect(lease(small, 'thief', '10.0.0.1')).toBe('10.0.0.2');
    expect(lease(small, 'late')).toBe('10.0.0.1');
    expect(lease(small, 'a')).toBeUndefined();
  });
  test('those ahead of the walk are passed over when it comes to them', () => {
    const small = pool(['10.0.0.0/29'], { remember: 0 });
    for (const wanted of ['10.0.0.1', '10.0.0.2', '10.0.0.5']) lease(small, wanted, wanted);
    release(small, '10.0.0.2');
    expect(drain(small)).toEqual(['10.0.0.0', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.6', '10.0.0.7']);
  });
  test('RFC 7296 section 3.15.3: the interface identifier with some other prefix', () => {
    const two = pool(['2001:db8:1::/64', '2001:db8:2::/64']);
    expect(lease6(two, 'a', '2001:db8:1::aa')).toBe('2001:db8:1::aa');
    expect(lease6(two, 'b', '2001:db8:1::aa')).toBe('2001:db8:2::aa');
    expect(lease6(two, 'c', '2001:db8:1::aa')).toBe('2001:db8:1::');
    expect(lease6(two, 'd', 'fe80::bb')).toBe('2001:db8:1::bb');
    expect(lease6(two, 'e', '::')).toBe('2001:db8:1::1');
    expect(lease6(pool(['2001:db8::10-2001:db8::1f']), 'f', '::20')).toBe('2001:db8::10');
  });
});

describe('the same key, the same address', () => {
  test('after others have come and gone', () => {
    const small = pool(['10.0.0.0/24']);
    const [a, b] = [lease(small, 'a'), lease(small, 'b')];
    release(small, a!);
    expect(lease(small, 'c')).toBe('10.0.0.2');
    release(small, b!);
    expect([lease(small, 'b'), lease(small, 'a')]).toEqual([b, a]);
  });
  test('several leases of one key', () => {
    const small = pool(['10.0.0.0/24']);
    const two = [lease(small, 'a'), lease(small, 'a')];
    expect(new Set(two).size).toBe(2);
    for (const address of two) release(small, address!);
    lease(small, 'b');
    expect([lease(small, 'a'), lease(small, 'a'), lease(small, 'a')]).toEqual([...two, '10.0.0.3']);
  });
  test('a full pool takes what was released the longest time ago', () => {
    const small = pool(['10.0.0.1-10.0.0.3']);
    const [a, b, c] = ['a', 'b', 'c'].map((key) => lease(small, key)!);
    for (const address of [b, c, a]) release(small, address!);
    expect([lease(small, 'x'), lease(small, 'y'), lease(small, 'a'), lease(small, 'b')]).toEqual([b, c, a, undefined]);
  });
  test('a lease is released once', () => {
    const small = pool(['10.0.0.0/30']);
    lease(small, 'a');
    expect([release(small, '10.0.0.0'), release(small, '10.0.0.0'), release(small, '10.0.0.1'), release(small, '192.0.2.1')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(release(small, '::')).toBe(false);
    expect(releaseAddress(small, new Uint8Array(0))).toBe(false);
  });
});

describe('memory', () => {
  test('that of the leases, in a /64', () => {
    const big = pool(['2001:db8::/64'], { remember: 0 });
    const given = Array.from({ length: 5000 }, (_, i) => lease6(big, `${i}`)!);
    expect(entries(big.v6)).toBe(5000);
    expect(new Set(given).size).toBe(5000);
    for (const address of given) release(big, address);
    expect(entries(big.v6)).toBeLessThanOrEqual(10_000); // the free, and where they stand in their list
    expect(given).toContain(lease6(big, 'again'));
  });
  test('10,000 peers that come and go, one at a time: what is remembered is bounded', () => {
    const big = pool(['2001:db8::/64'], { remember: 100 });
    for (let i = 0; i < 10_000; i++) release(big, lease6(big, `peer ${i}`)!);
    expect([big.v6.leased.size, big.v6.remembered.size, big.v6.homes.size]).toEqual([0, 100, 100]);
    expect(big.v6.free.length).toBeLessThanOrEqual(1);
  });
  test('a peer that wants another address each time leaves nothing behind', () => {
    const big = pool(['2001:db8::/64'], { remember: 100 });
    for (let i = 1; i <= 10_000; i++) release(big, lease6(big, `peer ${i}`, `2001:db8::${i.toString(16)}:0:1`)!);
    expect(entries(big.v6)).toBe(200);
  });
  test('a long key is not remembered', () => {
    const big = pool(['10.0.0.0/8']);
    const long = 'x'.repeat(257);
    release(big, lease(big, long)!);
    release(big, lease(big, 'x'.repeat(256))!);
    expect([...big.v4.remembered.values()].map((key) => key.length)).toEqual([256]);
    expect(big.v4.homes.has(long)).toBe(false);
  });
});

describe('like a model that looks at every address', () => {
  test.each([0, 1, 5, 1000])('remembering %d', (remember) => {
    const random = numbers(remember + 1);
    const all = Array.from({ length: 40 }, (_, i) => `10.0.0.${i < 20 ? i : i + 80}`);
    const small = pool(['10.0.0.0-10.0.0.19', '10.0.0.100-10.0.0.119'], { remember });
    const leased = new Map<string, string>();
    for (let round = 0; round < 5000; round++) {
      if (random() % 5 < 3) {
        const key = `peer ${random() % 30}`;
        const wanted = random() % 3 === 0 ? `10.0.0.${random() % 130}` : undefined;
        const address = lease(small, key, wanted);
        if (address === undefined) expect(leased.size).toBe(all.length);
        else {
          expect(all).toContain(address);
          expect(leased.has(address)).toBe(false);
          leased.set(address, key);
        }
      } else {
        const address = all[random() % all.length]!;
        expect(release(small, address)).toBe(leased.delete(address));
      }
      const { v4 } = small;
      expect(v4.leased.size).toBe(leased.size);
      expect(v4.remembered.size).toBeLessThanOrEqual(remember);
      expect(entries(v4) - leased.size - 2 * v4.remembered.size).toBe(2 * v4.free.length);
      expect(v4.free.every((number, at) => v4.freeAt.get(number) === at && !v4.leased.has(number) && !v4.remembered.has(number))).toBe(
        true,
      );
    }
    for (const address of leased.keys()) release(small, address);
    expect(drain(small).sort()).toEqual([...all].sort());
  });
});

describe('a configuration that cannot be', () => {
  test.each<[AddressPoolConfig, string]>([
    [{ ranges: [] }, 'ranges'],
    [{ ranges: ['10.0.0.0/30'], exclude: ['10.0.0.0/8'] }, 'ranges'],
    [{ ranges: ['10.0.0.0/8', '10.0.0.1/8'] }, 'ranges.1'],
    [{ ranges: ['10.0.0.0/8'], exclude: ['10.0.0'] }, 'exclude.0'],
    [{ ranges: [{ start: parseAddress('10.0.0.2'), end: parseAddress('10.0.0.1') }] }, 'ranges.0'],
    [{ ranges: [{ start: parseAddress('10.0.0.2'), end: parseAddress('::1') }] }, 'ranges.0'],
    [{ ranges: [{ start: new Uint8Array(3), end: new Uint8Array(3) }] }, 'ranges.0'],
    [{ ranges: ['10.0.0.0/8'], remember: -1 }, 'remember'],
    [{ ranges: ['10.0.0.0/8'], remember: 65_537 }, 'remember'],
    [{ ranges: ['10.0.0.0/8'], remember: 1.5 }, 'remember'],
  ])('%j', (config, path) => {
    let error: unknown;
    try {
      createAddressPool(config);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(IpsecError);
    expect(error).toMatchObject({ code: 'invalid-config', path });
  });
  test('bits behind the prefix: the error names what was meant', () => {
    expect(() => pool(['10.0.0.1/8'])).toThrow('did you mean 10.0.0.0/8?');
  });
});
