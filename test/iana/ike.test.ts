import { describe, expect, test } from 'vitest';
import { keyExchangeMethods } from '../../src/iana/key-exchange.js';
import { pseudorandomFunctions } from '../../src/iana/prf.js';
import { findById, findByName, nameOf } from '../../src/iana/registry.js';
import { keyExchangeRows } from '../../src/suite/dh.js';
import { legacyKeyExchangeRows } from '../../src/suite/dh-legacy.js';
import { prfRows } from '../../src/suite/prf.js';
import { prfHmacMd5 } from '../../src/suite/prf-legacy.js';

/** Cells of a table as RFCs draw them. */
const cellsOf = (drawing: string): string[][] =>
  drawing
    .split('\n')
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

describe('requirement levels', () => {
  test('RFC 8247 section 2.2: pseudorandom functions', () => {
    const levels = cellsOf(`
                | PRF_HMAC_SHA2_256 | MUST     |         |
                | PRF_HMAC_SHA2_512 | SHOULD+  |         |
                | PRF_HMAC_SHA1     | MUST-    |         |
                | PRF_AES128_XCBC   | SHOULD   | (IoT)   |
                | PRF_HMAC_MD5      | MUST NOT |         |`);
    for (const [name, level] of levels) expect([name, findByName(pseudorandomFunctions, name!)?.ike]).toEqual([name, level]);
    expect(pseudorandomFunctions.filter((row) => row.ike !== null)).toHaveLength(levels.length);
  });

  test('RFC 8247 section 2.4: Diffie-Hellman groups', () => {
    const levels = cellsOf(`
   | 14     | 2048-bit MODP Group                         | MUST       |
   | 19     | 256-bit random ECP group                    | SHOULD     |
   | 5      | 1536-bit MODP Group                         | SHOULD NOT |
   | 2      | 1024-bit MODP Group                         | SHOULD NOT |
   | 1      | 768-bit MODP Group                          | MUST NOT   |
   | 22     | 1024-bit MODP Group with 160-bit Prime Order Subgroup | MUST NOT   |
   | 23     | 2048-bit MODP Group with 224-bit Prime Order Subgroup | SHOULD NOT |
   | 24     | 2048-bit MODP Group with 256-bit Prime Order Subgroup | SHOULD NOT |`);
    for (const [id, name, level] of levels)
      expect(findById(keyExchangeMethods, Number(id))).toMatchObject({ id: Number(id), name, ike: level });
    expect(keyExchangeMethods.filter((row) => row.ike !== null)).toHaveLength(levels.length);
  });

  test('RFC 9395 section 7: deprecated rows', () => {
    const deprecated = (table: typeof pseudorandomFunctions): unknown[] =>
      table.filter((row) => row.deprecated !== undefined).map((row) => [row.id, row.name, row.deprecated]);
    expect(deprecated(pseudorandomFunctions)).toEqual([
      [1, 'PRF_HMAC_MD5', 'RFC 8247'],
      [3, 'PRF_HMAC_TIGER', 'RFC 9395'],
    ]);
    expect(deprecated(keyExchangeMethods)).toEqual([
      [1, '768-bit MODP Group', 'RFC 8247'],
      [22, '1024-bit MODP Group with 160-bit Prime Order Subgroup', 'RFC 8247'],
    ]);
  });

  test('RFC 6989 section 5: recipient tests', () => {
    const drawing = cellsOf(`
      |     1, 2, 5, 14, 15, 16, 17, 18    | RFC 6989, Section 2.1 |
      |             22, 23, 24             | RFC 6989, Section 2.2 |
      | 19, 20, 21, 25, 26, 27, 28, 29, 30 | RFC 6989, Section 2.3 |`);
    for (const [numbers, tests] of drawing)
      for (const number of numbers!.split(',')) expect(findById(keyExchangeMethods, Number(number))?.recipientTests).toBe(tests);
    // RFC 8031 section 5
    for (const number of [31, 32]) expect(findById(keyExchangeMethods, number)?.recipientTests).toBe('RFC 8031, Section 3.2');
  });
});

describe('registries', () => {
  test.each([
    ['pseudorandomFunctions', pseudorandomFunctions],
    ['keyExchangeMethods', keyExchangeMethods],
  ])('%s: numbers rise, documents are named, nobody can change it', (_, table) => {
    table.forEach(({ id, rfc }, i) => {
      if (i > 0) expect(id).toBeGreaterThan(table[i - 1]!.id);
      expect(rfc).toMatch(/^RFC [0-9]+$/);
    });
    expect(Object.isFrozen(table) && table.every(Object.isFrozen)).toBe(true);
  });

  test('every algorithm of suite/ has its number and its name from here', () => {
    for (const { id, name } of [...prfRows, prfHmacMd5]) expect(findById(pseudorandomFunctions, id)?.name).toBe(name);
    for (const { id, name } of [...keyExchangeRows, ...legacyKeyExchangeRows]) expect(findById(keyExchangeMethods, id)?.name).toBe(name);
    expect(nameOf(keyExchangeMethods, 1025)).toBe('0x401');
  });
});
