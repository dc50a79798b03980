import { describe, expect, test } from 'vitest';
import { writeU32 } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  checkRetransmissionPolicy,
  defaultRetransmission,
  initialRetransmission,
  retransmitDelay,
  type RetransmissionPolicy,
} from '../../src/keying/retransmission.js';
import type { FillRandom } from '../../src/suite/types.js';
import { numbers } from '../sad/make.js';

const least: FillRandom = (target) => target.fill(0);
const most: FillRandom = (target) => target.fill(0xff);
const policies: [string, RetransmissionPolicy][] = [
  ['an established SA', defaultRetransmission],
  ['IKE_SA_INIT', initialRetransmission],
];
/** The waits of a whole policy. */
const delays = (policy: RetransmissionPolicy, random: FillRandom): number[] =>
  Array.from({ length: policy.tries }, (_, i) => retransmitDelay(policy, i + 1, random));
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

describe('RFC 7296 section 2.4: retransmission', () => {
  test('a dozen times over several minutes before an SA is given up', () => {
    expect(defaultRetransmission.tries - 1).toBeGreaterThanOrEqual(12);
    const seconds = (list: readonly number[]): number => Math.round(sum(list) / 1000);
    expect([least, most].map((random) => seconds(delays(defaultRetransmission, random)))).toEqual([374, 449]);
    expect(seconds(delays(defaultRetransmission, least).slice(0, -1))).toBe(234);
    expect([least, most].map((random) => seconds(delays(initialRetransmission, random)))).toEqual([22, 26]);
    expect(Math.max(...delays(defaultRetransmission, least))).toBeLessThan(defaultRetransmission.most);
  });

  test.each(policies)('the times increase exponentially, whatever chance says: %s', (_, policy) => {
    for (let tries = 1; tries < policy.tries; tries++)
      expect(retransmitDelay(policy, tries + 1, least) / retransmitDelay(policy, tries, most)).toBeGreaterThan(1.3);
    expect(Object.isFrozen(policy)).toBe(true);
    checkRetransmissionPolicy(policy, 'retransmission');
  });

  test('exact delays without jitter; the longest wait is a bound', () => {
    const policy = { first: 100, factor: 3, most: 2000, tries: 5, jitter: 0 };
    expect(delays(policy, most)).toEqual([100, 300, 900, 2000, 2000]);
    expect(delays({ ...policy, tries: 2000 }, most).at(-1)).toBe(2000); // 3 ** 1999 is Infinity
  });

  test('after the last try there is no other', () => {
    for (const [, policy] of policies) {
      expect(retransmitDelay(policy, policy.tries, least)).toBeLessThan(Infinity);
      for (const tries of [policy.tries + 1, policy.tries + 100]) expect(retransmitDelay(policy, tries, least)).toBe(Infinity);
    }
  });

  test('jitter only adds, evenly, and comes from the octets alone', () => {
    const next = numbers(7);
    const random: FillRandom = (target) => {
      expect(target.length).toBe(4);
      writeU32(target, 0, next());
    };
    const policy = { first: 1000, factor: 2, most: 1e6, tries: 3, jitter: 0.5 };
    const seen = Array.from({ length: 2000 }, () => retransmitDelay(policy, 2, random));
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(2000);
    expect(Math.max(...seen)).toBeLessThan(3000);
    expect(Math.abs(sum(seen) / seen.length - 2500)).toBeLessThan(25);
    expect(
      retransmitDelay(policy, 1, (target) => {
        target.set([0x80, 0, 0, 0]);
      }),
    ).toBe(1250);
  });
});

describe('a policy that cannot be', () => {
  const good = { first: 500, factor: 2, most: 10_000, tries: 3, jitter: 0.1 };
  test.each<[keyof RetransmissionPolicy, number]>([
    ['first', 0],
    ['first', Number.NaN],
    ['first', Infinity],
    ['factor', 1],
    ['factor', 0.5],
    ['factor', Infinity],
    ['most', 499],
    ['most', Number.NaN],
    ['tries', 0],
    ['tries', 2.5],
    ['tries', Infinity],
    ['jitter', -0.1],
    ['jitter', 1.1],
  ])('%s %d is refused with its path', (member, value) => {
    const path = `ike.retransmission.${member}`;
    let error: unknown;
    try {
      checkRetransmissionPolicy({ ...good, [member]: value }, 'ike.retransmission');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(IpsecError);
    expect(error).toMatchObject({ code: 'invalid-config', path, found: String(value) });
  });
});
