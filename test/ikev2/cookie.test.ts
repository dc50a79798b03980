import { describe, expect, test } from 'vitest';
import { concat, fromHex, toHex, writeU32 } from '../../src/bytes.js';
import { decodeNotifyData } from '../../src/ike.js';
import {
  computeCookie,
  type CookieInput,
  type CookieSecrets,
  createCookieSecrets,
  rotateCookieSecrets,
  verifyCookie,
} from '../../src/ikev2/cookie.js';
import { parseAddress } from '../../src/ip.js';
import type { FillRandom } from '../../src/suite/types.js';
import { numbers } from '../sad/make.js';

const chance = (seed: number): FillRandom => {
  const next = numbers(seed);
  return (target) => {
    target.forEach((_, i) => (target[i] = next() & 0xff));
  };
};
const input: CookieInput = {
  Ni: Uint8Array.from({ length: 32 }, (_, i) => i),
  spiI: fromHex('dcc347f8e2df9342'),
  address: parseAddress('192.0.2.1'),
  port: 500,
};
const flip = (octets: Uint8Array, at: number): Uint8Array => octets.map((octet, i) => (i === at ? octet ^ 1 : octet));

describe('RFC 7296 section 2.6: cookies', () => {
  const random = chance(1);
  const secrets = createCookieSecrets(random, 0);
  const cookie = computeCookie(secrets, input);

  test('a version and a MAC over the request’s nonce, address and SPI', async () => {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', secrets.current.key as Uint8Array<ArrayBuffer>, algorithm, false, ['sign']);
    const text = concat(input.spiI, fromHex('01f404c0000201'), input.Ni);
    const tag = new Uint8Array(await crypto.subtle.sign('HMAC', key, text as Uint8Array<ArrayBuffer>));
    expect(toHex(cookie)).toBe(`00${toHex(tag.subarray(0, 16))}`);
    expect(secrets.current.key.length).toBe(32);
    expect(decodeNotifyData('COOKIE', cookie).cookie).toEqual(cookie); // 1 to 64 octets
  });

  test('the request that it was made for, and no other', () => {
    expect(verifyCookie(secrets, input, cookie)).toBe(true);
    for (const other of [
      { ...input, Ni: flip(input.Ni, 31) },
      { ...input, Ni: input.Ni.subarray(0, 31) },
      { ...input, spiI: flip(input.spiI, 0) },
      { ...input, address: flip(input.address, 3) },
      { ...input, address: parseAddress('::ffff:192.0.2.1') },
      { ...input, port: 501 },
      { ...input, port: undefined },
    ])
      expect(verifyCookie(secrets, other, cookie)).toBe(false);
    const { port, ...anyPort } = input;
    expect(port).toBe(500);
    expect(verifyCookie(secrets, anyPort, computeCookie(secrets, { ...input, port: 0 }))).toBe(true);
  });

  test('octets of the nonce cannot become octets of the address', () => {
    const v6 = parseAddress('2001:db8::c000:201');
    const mine = computeCookie(secrets, { ...input, Ni: input.Ni.subarray(0, 16), address: v6 });
    const shifted = { ...input, Ni: concat(input.Ni.subarray(0, 16), v6.subarray(0, 12)), address: v6.subarray(12) };
    expect(verifyCookie(secrets, shifted, mine)).toBe(false);
  });

  test('every octet counts; other lengths are no cookies', () => {
    for (let at = 0; at < cookie.length; at++) expect(verifyCookie(secrets, input, flip(cookie, at))).toBe(false);
    for (let length = 0; length < cookie.length; length++) expect(verifyCookie(secrets, input, cookie.subarray(0, length))).toBe(false);
    expect(verifyCookie(secrets, input, concat(cookie, fromHex('00')))).toBe(false);
    expect(verifyCookie(secrets, input, new Uint8Array(64))).toBe(false);
  });

  test('another secret makes other cookies', () => {
    expect(computeCookie(createCookieSecrets(random, 0), input)).not.toEqual(cookie);
  });
});

describe('RFC 7296 section 2.6: the secret is changed, and the old one recognized for a short time', () => {
  test('30 seconds, then 30 more', () => {
    const random = chance(2);
    const first = createCookieSecrets(random, 1000);
    const cookie = computeCookie(first, input);
    expect(rotateCookieSecrets(first, random, 1000)).toBe(first);
    expect(rotateCookieSecrets(first, random, 30_999)).toBe(first);
    const second = rotateCookieSecrets(first, random, 31_000);
    expect(second).toEqual({ current: { version: 1, key: second.current.key, createdAt: 31_000 }, previous: first.current });
    expect(second.current.key).not.toEqual(first.current.key);
    expect([cookie[0], computeCookie(second, input)[0]]).toEqual([0, 1]);
    expect(verifyCookie(second, input, cookie)).toBe(true);
    expect(verifyCookie(first, input, computeCookie(second, input))).toBe(false);
    const third = rotateCookieSecrets(second, random, 61_000);
    expect(verifyCookie(third, input, cookie)).toBe(false);
    expect(verifyCookie(third, input, computeCookie(second, input))).toBe(true);
  });

  test('after a long quiet time the old secret is not recognized either', () => {
    const random = chance(3);
    const first = createCookieSecrets(random, 0);
    const cookie = computeCookie(first, input);
    expect(verifyCookie(rotateCookieSecrets(first, random, 59_999), input, cookie)).toBe(true);
    const late = rotateCookieSecrets(first, random, 60_000);
    expect(late.previous).toBeUndefined();
    expect(verifyCookie(late, input, cookie)).toBe(false);
  });

  test('256 changes: the version begins again, and no old cookie with it', () => {
    const random = chance(4);
    let secrets: CookieSecrets = createCookieSecrets(random, 0);
    const first = computeCookie(secrets, input);
    for (let i = 1; i <= 256; i++) secrets = rotateCookieSecrets(secrets, random, 30_000 * i);
    expect([secrets.current.version, secrets.previous?.version]).toEqual([0, 255]);
    expect(verifyCookie(secrets, input, first)).toBe(false);
  });
});

describe('row 21: a flood of requests from forged addresses', () => {
  test('100,000 of them: each gets a cookie of 17 octets, and the secrets are the value that they were', () => {
    const secrets = createCookieSecrets(chance(5), 0);
    const before = structuredClone(secrets);
    const address = new Uint8Array(4);
    const spiI = new Uint8Array(8);
    let shortest = Infinity;
    let longest = 0;
    let taken = 0;
    for (let i = 0; i < 100_000; i++) {
      writeU32(address, 0, 0xc6000000 + i);
      writeU32(spiI, 4, i);
      const { length } = computeCookie(secrets, { ...input, address, spiI });
      shortest = Math.min(shortest, length);
      longest = Math.max(longest, length);
      if (i % 100 === 0 && verifyCookie(secrets, { ...input, address, spiI }, new Uint8Array(17))) taken++;
    }
    expect([shortest, longest, taken]).toEqual([17, 17, 0]);
    expect(secrets).toEqual(before);
  });

  test('nothing of the input is kept or changed', () => {
    const secrets = createCookieSecrets(chance(6), 0);
    const request = { ...input, Ni: input.Ni.slice(), address: input.address.slice(), spiI: input.spiI.slice() };
    const cookie = computeCookie(secrets, request);
    expect(request).toEqual(input);
    for (const octets of [request.Ni, request.address, request.spiI]) octets.fill(0);
    expect(verifyCookie(secrets, input, cookie)).toBe(true);
  });
});
