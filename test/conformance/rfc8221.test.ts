import { describe, expect, it } from 'vitest';
import { createSa } from '../../src/association.js';
import { encryptionAlgorithms } from '../../src/iana/encryption.js';
import { integrityAlgorithms } from '../../src/iana/integrity.js';
import { ipcompTransforms } from '../../src/iana/ipcomp.js';
import { aeadRows } from '../../src/suite/aead.js';
import { aes128Cbc, encrRows, nullEncryption } from '../../src/suite/encr.js';
import { hmacSha512_256, integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';

/** The tables as the RFC prints them. */
const section5 = `
    | ENCR_DES_IV64           | MUST NOT   | No      | UNSPECIFIED    |
    | ENCR_DES                | MUST NOT   | No      | [RFC2405]      |
    | ENCR_3DES               | SHOULD NOT | No      | [RFC2451]      |
    | ENCR_BLOWFISH           | MUST NOT   | No      | [RFC2451]      |
    | ENCR_3IDEA              | MUST NOT   | No      | UNSPECIFIED    |
    | ENCR_DES_IV32           | MUST NOT   | No      | UNSPECIFIED    |
    | ENCR_NULL               | MUST       | No      | [RFC2410]      |
    | ENCR_AES_CBC            | MUST       | No      | [RFC3602][1]   |
    | ENCR_AES_CCM_8          | SHOULD     | Yes     | [RFC4309](IoT) |
    | ENCR_AES_GCM_16         | MUST       | Yes     | [RFC4106][1]   |
    | ENCR_CHACHA20_POLY1305  | SHOULD     | Yes     | [RFC7634]      |`;
const section6 = `
   | AUTH_NONE              | MUST /         | [RFC7296][RFC5282]      |
   |                        | MUST NOT       | AEAD-only               |
   | AUTH_HMAC_MD5_96       | MUST NOT       | [RFC2403][RFC7296]      |
   | AUTH_HMAC_SHA1_96      | MUST-          | [RFC2404][RFC7296]      |
   | AUTH_DES_MAC           | MUST NOT       | UNSPECIFIED             |
   | AUTH_KPDK_MD5          | MUST NOT       | UNSPECIFIED             |
   | AUTH_AES_XCBC_96       | SHOULD / MAY   | [RFC3566][RFC7296]      |
   |                        |                | (IoT)                   |
   | AUTH_AES_128_GMAC      | MAY            | [RFC4543]               |
   | AUTH_AES_256_GMAC      | MAY            | [RFC4543]               |
   | AUTH_HMAC_SHA2_256_128 | MUST           | [RFC4868]               |
   | AUTH_HMAC_SHA2_512_256 | SHOULD         | [RFC4868]               |`;
const section7 = `
                | IPCOMP_OUI     | MUST NOT | UNSPECIFIED |
                | IPCOMP_DEFLATE | MAY      | [RFC3173]   |
                | IPCOMP_LZS     | MAY      | [RFC2395]   |
                | IPCOMP_LZJH    | MAY      | [RFC3051]   |`;

/** Cells by name; a line without a name goes on with the one above. */
function readTable(table: string): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  let last: string[] = [];
  for (const line of table.trim().split('\n')) {
    const [name, ...cells] = line.split('|').slice(1, -1).map((cell) => cell.trim()); // prettier-ignore
    if (name !== undefined && name !== '') rows.set(name, (last = cells));
    else cells.forEach((cell, i) => (last[i] = `${last[i]!} ${cell}`.trim()));
  }
  return rows;
}
const levels = (table: string): [string, string][] => [...readTable(table)].map(([name, cells]) => [name, cells[0]!]);
const standard = [...aeadRows, ...encrRows, ...integRows];
const keysOf = (name: string): number[] => standard.filter((row) => row.name === name).map((row) => row.keyLength * 8);

describe('RFC 8221: the levels of iana/ are those of its tables', () => {
  it.each([
    ['section 5', section5, encryptionAlgorithms],
    ['section 6', section6, integrityAlgorithms],
    ['section 7', section7, ipcompTransforms],
  ] as const)('%s', (_, table, registry) => {
    // RFC 8221 calls number 0 AUTH_NONE, IANA NONE.
    const said = levels(table).map(([name, level]) => [name === 'AUTH_NONE' ? 'NONE' : name, level]);
    const ours = registry.flatMap((row) => (row.esp === null ? [] : [[row.name, row.esp]]));
    expect(new Map(ours as [string, string][])).toEqual(new Map(said as [string, string][]));
  });
  it('the rows that bring their own integrity are those of the column AEAD', () => {
    for (const [name, [, aead]] of readTable(section5)) {
      const rows = standard.filter((row) => row.name === name);
      if (rows.length > 0) expect([name, rows.every((row) => row.kind === 'aead')]).toEqual([name, aead === 'Yes']);
    }
  });
});

describe('RFC 8221: what is there', () => {
  it('every MUST and SHOULD of sections 5 and 6, in the key lengths of note [1] and (IoT)', () => {
    const wanted = [...levels(section5), ...levels(section6)].filter(([, level]) => /^(?:MUST-?|SHOULD|SHOULD \/ MAY)$/.test(level));
    expect(wanted.map(([name]) => name)).toEqual([
      'ENCR_NULL',
      'ENCR_AES_CBC',
      'ENCR_AES_CCM_8',
      'ENCR_AES_GCM_16',
      'ENCR_CHACHA20_POLY1305',
      'AUTH_HMAC_SHA1_96',
      'AUTH_AES_XCBC_96',
      'AUTH_HMAC_SHA2_256_128',
      'AUTH_HMAC_SHA2_512_256',
    ]);
    for (const [name] of wanted) expect([name, keysOf(name).length > 0]).toEqual([name, true]);
    for (const name of ['ENCR_AES_CBC', 'ENCR_AES_GCM_16']) expect(keysOf(name)).toEqual(expect.arrayContaining([128, 256]));
    expect(keysOf('ENCR_AES_CCM_8')).toContain(128);
  });
  it('AUTH_AES_*_GMAC "should only be used for AH and not for ESP"', () => {
    for (const row of integRows.filter(({ name }) => name.endsWith('_GMAC'))) {
      const integrity = { row, key: new Uint8Array(row.keyLength + row.saltLength).fill(1) };
      expect(createSa({ protocol: 'AH', mode: 'transport', spi: 256, integrity }).icvLength).toBe(16);
      expect(() =>
        createSa({ protocol: 'ESP', mode: 'transport', spi: 256, encryption: { row: nullEncryption, key: new Uint8Array(0) }, integrity }),
      ).toThrow(/for AH alone/);
    }
  });
});

describe('RFC 8221: what is not there', () => {
  const discouraged = [...levels(section5), ...levels(section6)].filter(([, level]) => /^(?:MUST|SHOULD) NOT$/.test(level));
  it('the standard lists hold no algorithm that MUST NOT or SHOULD NOT be', () => {
    expect(discouraged).toHaveLength(9);
    for (const [name] of discouraged) expect([name, keysOf(name)]).toEqual([name, []]);
  });
  it('UNSPECIFIED algorithms are nowhere, DES_MAC, KPDK_MD5 and Blowfish neither', () => {
    const legacy: readonly string[] = legacyRows.map((row) => row.name);
    for (const table of [section5, section6])
      for (const [name, cells] of readTable(table))
        if (cells.at(-1) === 'UNSPECIFIED' || name === 'ENCR_BLOWFISH') expect([name, legacy.includes(name)]).toEqual([name, false]);
    expect(legacy.filter((name) => discouraged.some(([d]) => d === name))).toEqual(['ENCR_3DES', 'ENCR_DES', 'AUTH_HMAC_MD5_96']);
  });
  it('IPComp knows DEFLATE; IPCOMP_OUI has no codec', async () => {
    const ipcomp = await import('../../src/ipcomp.js');
    expect(Object.entries(ipcomp).filter(([, value]) => typeof value === 'object')).toEqual([['deflate', ipcomp.deflate]]);
  });
});

describe('RFC 8221 section 4: encryption must be authenticated', () => {
  it('all of it comes with integrity, unless the caller says unsafe; ENCR_NULL always', () => {
    for (const row of encrRows) {
      const config = { protocol: 'ESP', mode: 'tunnel', spi: 256, encryption: { row, key: new Uint8Array(row.keyLength + row.saltLength) } } as const; // prettier-ignore
      expect(() => createSa(config)).toThrow(expect.objectContaining({ code: 'unsafe-config', path: 'integrity' }));
      if (row.isNull) expect(() => createSa({ ...config, unsafeNoIntegrity: true })).toThrow(/protects nothing/);
      else expect(createSa({ ...config, unsafeNoIntegrity: true }).icvLength).toBe(0);
    }
  });
  it('ESP without integrity under AH, "NOT RECOMMENDED", needs the same word', () => {
    const encryption = { row: aes128Cbc, key: new Uint8Array(16) };
    const ah = { row: hmacSha512_256, key: new Uint8Array(64) };
    expect(createSa({ protocol: 'AH', mode: 'transport', spi: 257, integrity: ah }).alive).toBe(true);
    expect(() => createSa({ protocol: 'ESP', mode: 'transport', spi: 256, encryption })).toThrow(/unsafeNoIntegrity/);
  });
});
