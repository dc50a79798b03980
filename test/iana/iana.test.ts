import { describe, expect, test } from 'vitest';
import { encryptionAlgorithms } from '../../src/iana/encryption.js';
import * as icmp from '../../src/iana/icmp.js';
import { integrityAlgorithms, integrityQuirks } from '../../src/iana/integrity.js';
import { ipProtocols } from '../../src/iana/ip-protocols.js';
import { ipcompTransforms } from '../../src/iana/ipcomp.js';
import { ipv4Options } from '../../src/iana/ipv4-options.js';
import { ipv6ExtensionHeaders, ipv6Options, ipv6RoutingTypes } from '../../src/iana/ipv6.js';
import { type AlgorithmRow, findById, findByName, nameOf, type RegistryRow } from '../../src/iana/registry.js';
import { aeadRows } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';
import { legacyRows } from '../../src/suite/legacy.js';

const { icmpCodeName, ...icmpTables } = icmp;
const tables: Record<string, readonly RegistryRow[]> = {
  encryptionAlgorithms,
  integrityAlgorithms,
  ipcompTransforms,
  ipProtocols,
  ipv4Options,
  ipv6ExtensionHeaders,
  ipv6Options,
  ipv6RoutingTypes,
  ...icmpTables,
};

/** Name and status of each row of a table as RFCs draw them; a row without a name goes on with the one above. */
function rowsOf(drawing: string): Map<string, string> {
  const rows = new Map<string, string>();
  let last = '';
  for (const line of drawing.split('\n')) {
    const [name = '', status = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    if (status === '' || status === 'Status') continue;
    if (name !== '') last = name;
    rows.set(last, `${rows.get(last) ?? ''} ${status}`.trim());
  }
  return rows;
}

function checkLevels(table: readonly AlgorithmRow[], drawing: string, column: 'esp' | 'ike', alias: Record<string, string> = {}): void {
  const rows = rowsOf(drawing);
  for (const [name, status] of rows) {
    const row = findByName(table, alias[name] ?? name);
    expect([name, row?.[column]]).toEqual([name, status]);
  }
  const named = [...rows.keys()].map((name) => alias[name] ?? name);
  for (const row of table) if (!named.includes(row.name)) expect([row.name, row[column]]).toEqual([row.name, null]);
}

describe('requirement levels', () => {
  test('RFC 8221 section 5: ESP encryption', () => {
    const drawing = `
    | Name                    | Status     | AEAD    | Comment        |
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
    checkLevels(encryptionAlgorithms, drawing, 'esp');
    for (const line of drawing.split('\n')) {
      const [, name, , , comment = ''] = line.split('|').map((cell) => cell.trim());
      const rfc = /\[RFC([0-9]+)\]/.exec(comment)?.[1];
      if (name !== undefined && rfc !== undefined) expect(findByName(encryptionAlgorithms, name)?.rfc).toBe(`RFC ${rfc}`);
    }
  });

  test('RFC 8221 section 6: ESP and AH authentication', () => {
    const drawing = `
   | Name                   | Status         | Comment                 |
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
    checkLevels(integrityAlgorithms, drawing, 'esp', { AUTH_NONE: 'NONE' });
  });

  test('RFC 8221 section 7: compression', () => {
    const drawing = `
                | Name           | Status   | Comment     |
                | IPCOMP_OUI     | MUST NOT | UNSPECIFIED |
                | IPCOMP_DEFLATE | MAY      | [RFC3173]   |
                | IPCOMP_LZS     | MAY      | [RFC2395]   |
                | IPCOMP_LZJH    | MAY      | [RFC3051]   |`;
    checkLevels(ipcompTransforms, drawing, 'esp');
  });

  test('RFC 8247 section 2.1: IKEv2 encryption', () => {
    const drawing = `
          | Name                   | Status   | AEAD? | Comment |
          | ENCR_AES_CBC           | MUST     | No    | (*)     |
          | ENCR_CHACHA20_POLY1305 | SHOULD   | Yes   |         |
          | ENCR_AES_GCM_16        | SHOULD   | Yes   | (*)     |
          | ENCR_AES_CCM_8         | SHOULD   | Yes   | (IoT)   |
          | ENCR_3DES              | MAY      | No    |         |
          | ENCR_DES               | MUST NOT | No    |         |
          | ENCR_NULL              | MUST NOT | No    |         |`;
    checkLevels(encryptionAlgorithms, drawing, 'ike');
  });

  test('RFC 8247 section 2.3: IKEv2 integrity', () => {
    const drawing = `
              | Name                   | Status   | Comment |
              | AUTH_HMAC_SHA2_256_128 | MUST     |         |
              | AUTH_HMAC_SHA2_512_256 | SHOULD   |         |
              | AUTH_HMAC_SHA1_96      | MUST-    |         |
              | AUTH_AES_XCBC_96       | SHOULD   | (IoT)   |
              | AUTH_HMAC_MD5_96       | MUST NOT |         |
              | AUTH_DES_MAC           | MUST NOT |         |
              | AUTH_KPDK_MD5          | MUST NOT |         |`;
    checkLevels(integrityAlgorithms, drawing, 'ike');
  });

  test.each([
    [
      encryptionAlgorithms,
      `
            | 1      | ENCR_DES_IV64 | DEPRECATED (RFC 9395) |
            | 2      | ENCR_DES      | DEPRECATED [RFC8247]  |
            | 4      | ENCR_RC5      | DEPRECATED (RFC 9395) |
            | 5      | ENCR_IDEA     | DEPRECATED (RFC 9395) |
            | 6      | ENCR_CAST     | DEPRECATED (RFC 9395) |
            | 7      | ENCR_BLOWFISH | DEPRECATED (RFC 9395) |
            | 8      | ENCR_3IDEA    | DEPRECATED (RFC 9395) |
            | 9      | ENCR_DES_IV32 | DEPRECATED (RFC 9395) |`,
    ],
    [
      integrityAlgorithms,
      `
          | 1      | AUTH_HMAC_MD5_96   | DEPRECATED [RFC8247]  |
          | 3      | AUTH_DES_MAC       | DEPRECATED [RFC8247]  |
          | 4      | AUTH_KPDK_MD5      | DEPRECATED [RFC8247]  |
          | 6      | AUTH_HMAC_MD5_128  | DEPRECATED (RFC 9395) |
          | 7      | AUTH_HMAC_SHA1_160 | DEPRECATED (RFC 9395) |`,
    ],
  ])('RFC 9395 section 7: deprecated rows', (table, drawing) => {
    const rows = drawing
      .split('\n')
      .slice(1)
      .map((line) => line.split('|').map((cell) => cell.trim()));
    expect(table.filter((row) => row.deprecated !== undefined).map((row) => [`${row.id}`, row.name, row.deprecated])).toEqual(
      rows.map(([, id, name, status = '']) => [id, name, `RFC ${/RFC ?([0-9]+)/.exec(status)?.[1] ?? ''}`]),
    );
  });
});

describe('registries', () => {
  test.each(Object.entries(tables))('%s: numbers rise, names and documents are there, nobody can change it', (_name, table) => {
    table.forEach(({ id, name, rfc }, i) => {
      if (i > 0) expect(id).toBeGreaterThan(table[i - 1]!.id);
      expect(Number.isInteger(id) && id >= 0 && id < 65_536).toBe(true);
      expect(name).not.toBe('');
      expect(rfc).toMatch(table === ipProtocols ? /^(RFC [0-9]+|IANA)$/ : /^RFC [0-9]+$/);
    });
    expect(Object.isFrozen(table) && table.every(Object.isFrozen)).toBe(true);
  });

  test('look-up: name or hexadecimal', () => {
    expect([nameOf(ipProtocols, 50), nameOf(ipProtocols, 51), nameOf(ipProtocols, 200), nameOf(encryptionAlgorithms, 1024)]).toEqual([
      'ESP',
      'AH',
      '0xc8',
      '0x400',
    ]);
    expect(findById(ipProtocols, 51)).toMatchObject({ protocol: 'Authentication Header', rfc: 'RFC 4302' });
    expect([findById(ipProtocols, 200), findByName(integrityAlgorithms, 'none')]).toEqual([undefined, undefined]);
  });

  test('all protocol numbers but the unassigned ones have a row', () => {
    const numbers = new Set(ipProtocols.map((row) => row.id));
    const missing = Array.from({ length: 256 }, (_, i) => i).filter((i) => !numbers.has(i));
    expect([missing[0], missing.at(-1), missing.length]).toEqual([146, 252, 107]);
  });

  test('codes of ICMP belong to their type', () => {
    expect(icmpCodeName(4, 3, 4)).toBe("Fragmentation Needed and Don't Fragment was Set");
    expect(icmpCodeName(6, 1, 1)).toBe('communication with destination administratively prohibited');
    expect([icmpCodeName(4, 8, 0), icmpCodeName(6, 3, 9), icmpCodeName(4, 40, 3)]).toEqual(['0', '0x09', 'Decryption Failed']);
  });

  test('IPv4 option types: copied flag, class and number of RFC 4302 appendix A1', () => {
    const copyClassNumber = (id: number): number[] => [id >> 7, (id >> 5) & 3, id & 31];
    const of = (name: string): number[] => copyClassNumber(ipv4Options.find((row) => row.name.startsWith(name))!.id);
    expect(['EOOL', 'SEC', 'E-SEC', 'CIPSO', 'RTRALT', 'SDB', 'LSR', 'TS', 'RR', 'SSR', 'TR', 'SID', 'FINN', 'ADDEXT'].map(of)).toEqual([
      [0, 0, 0], [1, 0, 2], [1, 0, 5], [1, 0, 6], [1, 0, 20], [1, 0, 21], [1, 0, 3], [0, 2, 4], [0, 0, 7], [1, 0, 9], [0, 2, 18], [1, 0, 8], [1, 2, 13], [1, 0, 19],
    ]); // prettier-ignore
  });

  test('every algorithm that can be used is a row here with the same number', () => {
    for (const { kind, name, id } of [...aeadRows, ...encrRows, ...integRows, ...legacyRows]) {
      if (integrityQuirks.some((quirk) => quirk.name === name)) continue;
      expect([name, findByName(kind === 'integrity' ? integrityAlgorithms : encryptionAlgorithms, name)?.id]).toEqual([name, id]);
    }
  });
});
