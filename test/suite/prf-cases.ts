/**
 * The vectors of others for prf and prf+, put to an engine.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { findPrf, prf, prfPlus } from '../../src/suite/prf.js';
import type { PrfRow } from '../../src/suite/types-ike.js';
import aospKdf from '../../vectors/suite/aosp-ikev2-kdf.json' with { type: 'json' };
import libreswanKdf from '../../vectors/suite/libreswan-cavp-ike-kdf.json' with { type: 'json' };
import nss from '../../vectors/suite/nss-ike-prf-vectors.json' with { type: 'json' };
import nistKdf from '../../vectors/suite/openssl-nist-ikev2-kdf.json' with { type: 'json' };
import rfc4434 from '../../vectors/suite/rfc4434-aes-xcbc-prf-128.json' with { type: 'json' };
import rfc4615 from '../../vectors/suite/rfc4615-aes-cmac-prf-128.json' with { type: 'json' };
import rfc4868 from '../../vectors/suite/rfc4868-hmac-sha2-ipsec.json' with { type: 'json' };
import rubKdf from '../../vectors/suite/rub-ikev2-kdf.json' with { type: 'json' };
import strongswanKdf from '../../vectors/suite/strongswan-kdf.json' with { type: 'json' };
import strongswanPrf from '../../vectors/suite/strongswan-prf.json' with { type: 'json' };

const nameOf: Record<string, string> = {
  'HMAC-SHA1': 'PRF_HMAC_SHA1',
  'HMAC-SHA256': 'PRF_HMAC_SHA2_256',
  'HMAC-SHA384': 'PRF_HMAC_SHA2_384',
  'HMAC-SHA512': 'PRF_HMAC_SHA2_512',
  'AES-XCBC-PRF-128': 'PRF_AES128_XCBC',
  sha1: 'PRF_HMAC_SHA1',
  sha256: 'PRF_HMAC_SHA2_256',
  'PRF-HMAC-SHA2-256': 'PRF_HMAC_SHA2_256',
  'PRF-HMAC-SHA2-384': 'PRF_HMAC_SHA2_384',
  'PRF-HMAC-SHA2-512': 'PRF_HMAC_SHA2_512',
};

/** @param rows all seven: the legacy one, too. */
export function describePrf(rows: readonly PrfRow[]): void {
  const find = (name: string): PrfRow => findPrf(rows, nameOf[name] ?? name);
  const hex = (...texts: readonly string[]): Uint8Array => fromHex(texts.join(''));
  const expectPrf = (row: PrfRow, key: string, output: string, ...message: readonly string[]): void => {
    expect(toHex(prf(row, hex(key), ...message.map((part) => hex(part))))).toBe(output);
  };
  const expectPlus = (row: PrfRow, key: string, seed: string, output: string): void => {
    expect(toHex(prfPlus(row, hex(key), hex(seed), output.length / 2))).toBe(output);
  };

  describe('prf', () => {
    it.each(rfc4434.cases)('$name', (c) => {
      expectPrf(find('PRF_AES128_XCBC'), c.key, c.output, c.message);
    });
    it.each(rfc4615.cases)('$name', (c) => {
      expectPrf(find('PRF_AES128_CMAC'), c.key, c.output, c.message);
    });
    it.each(rfc4868.cases.filter((c) => c.alg.startsWith('PRF')))('$name', (c) => {
      expectPrf(find(c.alg), c.key, c.output, c.message);
    });
    it.each(strongswanPrf.cases)('$name', (c) => {
      expectPrf(find(c.alg), c.key, c.output, c.message);
    });
    it.each(strongswanKdf.cases.filter((c) => c.kdf === 'prf(salt, key)'))('$name', (c) => {
      expectPrf(find(c.prf), c.salt, c.output, c.key);
    });
    it.each(nss.cases.filter((c) => c.verified && !c.type.startsWith('ikeV1AppB') && c.type !== 'ikePlus'))('$name, $type', (c) => {
      const row = find(c.prf);
      const { ikm, okm, ni = '', nr = '', gxy = '', prevKey = '' } = c;
      const octet = c.keyNumber === undefined ? '' : toHex(Uint8Array.of(c.keyNumber));
      if (c.type === 'ikeGxy') expectPrf(row, ni + nr, okm, ikm);
      else if (c.type === 'ikeV1Psk') expectPrf(row, ikm, okm, ni, nr);
      else if (c.type === 'ikeV2Rekey') expectPrf(row, ikm, okm, gxy, ni, nr);
      else expectPrf(row, ikm, okm, prevKey, gxy, ni, nr, octet);
    });
  });

  describe('RFC 7296 section 2.13: prf+', () => {
    it.each(nss.cases.filter((c) => c.type === 'ikePlus'))('$name', (c) => {
      expectPlus(find(c.prf), c.ikm, c.seedData ?? '', c.okm);
    });
    it.each(strongswanKdf.cases.filter((c) => c.kdf === 'prf+'))('$name', (c) => {
      expectPlus(find(c.prf), c.key, c.salt, c.output);
    });

    it.each(rows)('$name: T1 = prf (K, S | 0x01), T2 = prf (K, T1 | S | 0x02), ...', (row) => {
      const key = Uint8Array.from({ length: 30 }, (_, i) => i);
      const seed = Uint8Array.from({ length: 80 }, (_, i) => 200 - i);
      let block = prf(row, key, seed, Uint8Array.of(1));
      let all = block;
      for (let i = 2; i <= 255; i++) all = concat(all, (block = prf(row, key, block, seed, Uint8Array.of(i))));
      expect(prfPlus(row, key, seed, 255 * row.outputLength)).toEqual(all);
      fc.assert(
        fc.property(fc.nat(4 * row.outputLength), (length) => {
          expect(prfPlus(row, key, seed, length)).toEqual(all.slice(0, length));
        }),
        { numRuns: 30 },
      );
    });

    it.each(rows)('$name: "The prf+ function is not defined beyond 255 times the size of the prf function output."', (row) => {
      for (const length of [255 * row.outputLength + 1, -1, 1.5, NaN, Infinity]) {
        const attempt = (): unknown => prfPlus(row, new Uint8Array(16), new Uint8Array(8), length);
        expect(attempt).toThrow(IpsecError);
        expect(attempt).toThrow(expect.objectContaining({ code: 'limit-exceeded', blame: 'caller' }));
      }
    });
  });

  describe('RFC 7296 sections 2.14, 2.17 and 2.18: key derivations that others did', () => {
    it.each([...nistKdf.cases, ...libreswanKdf.cases.filter((c) => c.kdf === 'IKEv2')])('$name', (c) => {
      const row = find(c.hash);
      const { ni, nr, gir = '', girNew = '', spiI = '', spiR = '' } = c;
      expectPrf(row, ni + nr, c.skeyseed ?? '', gir);
      expectPlus(row, c.skeyseed ?? '', ni + nr + spiI + spiR, c.dkm ?? '');
      const skD = (c.dkm ?? '').slice(0, 2 * row.preferredKeyLength);
      expectPlus(row, skD, ni + nr, c.dkmChildSa ?? '');
      expectPlus(row, skD, girNew + ni + nr, c.dkmChildSaDh ?? '');
      expectPrf(row, skD, c.skeyseedRekey ?? '', girNew, ni, nr);
    });
    it.each([...rubKdf.cases, ...aospKdf.cases.filter((c) => 'skeyseed' in c)])('$name', (c) => {
      const row = find(c.prf);
      const { ni = '', nr = '', skeyseed = '', sharedSecret = '', spiI = '', spiR = '' } = c;
      expectPrf(row, ni + nr, skeyseed, sharedSecret);
      const keys = [c.skD, c.skAi, c.skAr, c.skEi, c.skEr, c.skPi, c.skPr].join('');
      expectPlus(row, skeyseed, ni + nr + spiI + spiR, keys);
      if ('childEncI' in c) expectPlus(row, c.skD ?? '', ni + nr, [c.childEncI, c.childIntegI, c.childEncR, c.childIntegR].join(''));
    });
    it.each(aospKdf.cases.filter((c) => 'message' in c))('$name', (c) => {
      expectPrf(find(c.prf), c.key ?? '', c.output ?? '', c.message ?? '');
    });
  });

  describe('rows', () => {
    it('have the numbers of the registry, and keys as long as their outputs', () => {
      expect(rows.map((row) => [row.id, row.name, row.outputLength]).sort()).toEqual([
        [1, 'PRF_HMAC_MD5', 16],
        [2, 'PRF_HMAC_SHA1', 20],
        [4, 'PRF_AES128_XCBC', 16],
        [5, 'PRF_HMAC_SHA2_256', 32],
        [6, 'PRF_HMAC_SHA2_384', 48],
        [7, 'PRF_HMAC_SHA2_512', 64],
        [8, 'PRF_AES128_CMAC', 16],
      ]);
      for (const row of rows) expect(row.preferredKeyLength).toBe(row.outputLength);
      expect(rows.filter((row) => row.fixedKey).map((row) => row.id)).toEqual([4, 8]); // RFC 7296 section 2.14
      expect(rows.every((row) => Object.isFrozen(row))).toBe(true);
    });

    it.each(rows)('$name: parts are one message, the key and the parts stay as they are, and every answer is a new array', (row) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 4 }), (key, parts) => {
          const before = toHex(concat(key, ...parts));
          const context = row.create(key);
          const first = context.compute(...parts);
          expect(context.compute(concat(...parts))).toEqual(first);
          expect(context.compute(...parts)).not.toBe(first);
          expect(first).toHaveLength(row.outputLength);
          expect(toHex(concat(key, ...parts))).toBe(before);
          context.destroy();
          expect(context.secrets.every((buffer) => buffer.every((value) => value === 0))).toBe(true);
          expect(() => context.compute()).toThrow(expect.objectContaining({ code: 'sa-deleted' }));
        }),
        { numRuns: 40 },
      );
    });

    it.each(rows)('$name: the key is copied', (row) => {
      const key = new Uint8Array(64).fill(7);
      const context = row.create(key);
      const before = context.compute(Uint8Array.of(1));
      key.fill(0);
      expect(context.compute(Uint8Array.of(1))).toEqual(before);
    });
  });
}
