import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  computeNatDetection,
  computeRekeySkeyseed,
  computeSkeyseed,
  deriveChildKeys,
  deriveIkeKeys,
  type KeyedAlgorithms,
  wipeIkeKeys,
} from '../../src/ike.js';
import { aeadRows, aes128Ccm16, aes256Gcm16, chacha20Poly1305 } from '../../src/suite/aead.js';
import { aes128Cbc, aes128Ctr, encrRows, nullEncryption } from '../../src/suite/encr.js';
import { aes256Gmac, hmacSha1_96, hmacSha256_128, integRows } from '../../src/suite/integ.js';
import { prf, prfAes128Cmac, prfAes128Xcbc, prfHmacSha256, prfHmacSha512, prfPlus, prfRows } from '../../src/suite/prf.js';

const octets = (length: number, first: number): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i);
const input = { Ni: octets(32, 1), Nr: octets(40, 50), gIr: octets(32, 100), spiI: octets(8, 200), spiR: octets(8, 220) };
const failure = (act: () => unknown): IpsecError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return error as IpsecError;
  }
  throw new Error('was accepted');
};

describe('RFC 7296 section 2.14', () => {
  test('AES-XCBC and AES-CMAC take the first 64 bits of each nonce for SKEYSEED, and all bits for prf+', () => {
    for (const row of [prfAes128Xcbc, prfAes128Cmac]) {
      const skeyseed = prf(row, concat(input.Ni.subarray(0, 8), input.Nr.subarray(0, 8)), input.gIr);
      expect(toHex(computeSkeyseed(row, input))).toBe(toHex(skeyseed));
      const keys = deriveIkeKeys(row, { encryption: chacha20Poly1305 }, skeyseed, input);
      const stream = prfPlus(row, skeyseed, concat(input.Ni, input.Nr, input.spiI, input.spiR), 16);
      expect(toHex(keys.SK_d)).toBe(toHex(stream));
    }
    expect(toHex(computeSkeyseed(prfHmacSha256, input))).toBe(toHex(prf(prfHmacSha256, concat(input.Ni, input.Nr), input.gIr)));
  });

  test('at rekeying they take whole nonces', () => {
    const SK_d = octets(16, 9);
    expect(toHex(computeRekeySkeyseed(prfAes128Xcbc, SK_d, input))).toBe(toHex(prf(prfAes128Xcbc, SK_d, input.gIr, input.Ni, input.Nr)));
  });

  test.each(prfRows.map((row) => [row.name, row] as const))('lengths of the seven keys with %s', (_, row) => {
    const skeyseed = computeSkeyseed(row, input);
    for (const encryption of [...aeadRows, ...encrRows]) {
      const algorithms = encryption.kind === 'aead' ? { encryption } : { encryption, integrity: hmacSha256_128 };
      const keys = deriveIkeKeys(row, algorithms, skeyseed, input);
      const [e, a, p] = [encryption.keyLength + encryption.saltLength, encryption.kind === 'aead' ? 0 : 32, row.preferredKeyLength];
      expect(Object.entries(keys).map(([name, key]) => [name, (key as Uint8Array).length])).toEqual([
        ['SK_d', p],
        ['SK_ai', a],
        ['SK_ar', a],
        ['SK_ei', e],
        ['SK_er', e],
        ['SK_pi', p],
        ['SK_pr', p],
      ]);
    }
  });

  test('the inputs are not changed; keys can be wiped', () => {
    const before = Object.values(input).map(toHex);
    const keys = deriveIkeKeys(prfHmacSha512, { encryption: aes256Gcm16 }, computeSkeyseed(prfHmacSha512, input), input);
    expect(Object.values(input).map(toHex)).toEqual(before);
    wipeIkeKeys(keys);
    expect(Object.values(keys).every((key) => (key as Uint8Array).every((octet) => octet === 0))).toBe(true);
  });
});

describe('RFC 7296 section 2.17', () => {
  const SK_d = octets(32, 77);
  const stream = (length: number, gIr: Uint8Array = new Uint8Array(0)): string =>
    toHex(prfPlus(prfHmacSha256, SK_d, concat(gIr, input.Ni, input.Nr), length));
  const cases: [string, KeyedAlgorithms, number, number][] = [
    ['ESP with AES-GCM: salt at the end of the key', { encryption: aes256Gcm16 }, 36, 0],
    ['ESP with AES-CCM: three octets of salt', { encryption: aes128Ccm16 }, 19, 0],
    ['ESP with AES-CTR: the nonce of RFC 3686', { encryption: aes128Ctr, integrity: hmacSha1_96 }, 20, 20],
    ['ESP with AES-CBC', { encryption: aes128Cbc, integrity: hmacSha256_128 }, 16, 32],
    ['ESP with ENCR_NULL', { encryption: nullEncryption, integrity: hmacSha1_96 }, 0, 20],
    ['AH', { integrity: hmacSha1_96 }, 0, 20],
    ['AH with AES-GMAC: four octets of salt', { integrity: aes256Gmac }, 0, 36],
  ];
  test.each(cases)('%s', (_, algorithms, e, a) => {
    for (const gIr of [undefined, input.gIr]) {
      const { initiator, responder } = deriveChildKeys(prfHmacSha256, algorithms, SK_d, {
        Ni: input.Ni,
        Nr: input.Nr,
        ...(gIr && { gIr }),
      });
      const keys = [initiator.encryption, initiator.integrity, responder.encryption, responder.integrity];
      expect(keys.map((key) => key.length)).toEqual([e, a, e, a]);
      expect(toHex(concat(...keys))).toBe(stream(2 * (e + a), gIr));
    }
  });
});

describe('row 2: no algorithm, no key', () => {
  const derive = (algorithms: KeyedAlgorithms): unknown => deriveChildKeys(prfHmacSha256, algorithms, octets(32, 1), input);

  test('every pair of algorithms gives whole keys or is refused', () => {
    for (const encryption of [undefined, ...aeadRows, ...encrRows]) {
      for (const integrity of [undefined, ...integRows]) {
        const isGood = encryption === undefined ? integrity !== undefined : (encryption.kind === 'aead') === (integrity === undefined);
        const algorithms = { ...(encryption && { encryption }), ...(integrity && { integrity }) };
        if (!isGood) {
          expect(failure(() => derive(algorithms)).code).toBe('invalid-argument');
          continue;
        }
        const { initiator } = deriveChildKeys(prfHmacSha256, algorithms, octets(32, 1), input);
        expect(initiator.encryption.length === 0).toBe(encryption === undefined || encryption.keyLength === 0);
        expect(initiator.integrity.length === 0).toBe(integrity === undefined);
      }
    }
  });

  test('an empty shared secret', () => {
    const gIr = new Uint8Array(0);
    expect(failure(() => computeSkeyseed(prfHmacSha256, { ...input, gIr })).message).toContain('g^ir');
    expect(failure(() => computeRekeySkeyseed(prfHmacSha256, octets(32, 1), { ...input, gIr })).message).toContain('g^ir');
    expect(failure(() => deriveChildKeys(prfHmacSha256, { encryption: aes256Gcm16 }, octets(32, 1), { ...input, gIr })).message).toContain(
      'g^ir',
    );
  });
});

test('RFC 7296 section 2.23: the hash covers SPIs, address and port', () => {
  const base = { spiI: octets(8, 1), spiR: octets(8, 2), address: octets(4, 3), port: 500 };
  const hashes = [
    base,
    { ...base, spiI: octets(8, 9) },
    { ...base, spiR: octets(8, 9) },
    { ...base, address: octets(16, 3) },
    { ...base, port: 4500 },
    { ...base, port: 501 },
  ].map((end) => toHex(computeNatDetection(end)));
  expect(new Set(hashes).size).toBe(6);
  expect(hashes.every((hash) => hash.length === 40)).toBe(true);
});
