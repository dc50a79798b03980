import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { findEspSaTemplate, formatEspSa, parseEspSa, type EspSaTable } from '../../src/capture/esp-sa.js';
import type { ManualSa } from '../../src/capture/keys.js';
import { IpsecError } from '../../src/errors.js';
import { formatAddress, parseAddress } from '../../src/ip/address.js';
import table from '../../vectors/captures/esp-sa.json' with { type: 'json' };
import cbc from '../../vectors/linux-kernel/esp-aes128-sha1-t4.json' with { type: 'json' };
import gcm from '../../vectors/linux-kernel/esp-gcm128-icv128-t4.json' with { type: 'json' };
import none from '../../vectors/linux-kernel/esp-null-sha256-t4.json' with { type: 'json' };

interface KernelSa {
  src: string;
  dst: string;
  spi: number;
  aead?: { key: string; salt?: string };
  enc?: { key: string };
  auth?: { key: string };
}

const line = (cipher: string, cipherKey: string, mac: string, macKey: string, spi = '0x12345678', more = ''): string =>
  `"IPv4","192.0.2.1","*","${spi}","${cipher}","${cipherKey}","${mac}","${macKey}"${more}`;
const K16 = '0x000102030405060708090a0b0c0d0e0f';
const only = (text: string): ManualSa => {
  const { sas, warnings } = parseEspSa(text);
  expect(warnings).toEqual([]);
  expect(sas).toHaveLength(1);
  return sas[0]!;
};
const refusal = (text: string): string => {
  try {
    parseEspSa(text);
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return (error as IpsecError).message;
  }
  return 'accepted';
};

describe("Wireshark's esp_sa", () => {
  test('a table that tshark read, against the keys of the kernel', () => {
    const { sas, warnings } = parseEspSa(table.text);
    expect(warnings).toEqual([]);
    const kernel = [...cbc.sas, ...gcm.sas, ...none.sas] as KernelSa[];
    expect(sas.map((sa) => [formatAddress(sa.source!), formatAddress(sa.destination!), sa.spi])).toEqual(
      kernel.map((k) => [k.src, k.dst, k.spi]),
    );
    expect(sas.map((sa) => toHex(sa.encryption!.key) + toHex(sa.integrity?.key ?? new Uint8Array(0)))).toEqual(
      kernel.map((k) => (k.aead?.key ?? '') + (k.aead?.salt ?? '') + (k.enc?.key ?? '') + (k.auth?.key ?? '')),
    );
    expect(new Set(sas.map((sa) => `${sa.encryption!.name} ${sa.integrity?.name ?? ''}`))).toEqual(
      new Set(['ENCR_AES_CBC AUTH_HMAC_SHA1_96', 'ENCR_AES_GCM_16 ', 'ENCR_NULL AUTH_HMAC_SHA2_256_128']),
    );
    expect(formatEspSa(sas)).toBe(table.text);
  });

  test.each([
    ['TripleDES-CBC [RFC2451]', 'HMAC-MD5-96 [RFC2403]', 'ENCR_3DES', 'AUTH_HMAC_MD5_96'],
    ['AES-CTR [RFC3686]', 'HMAC-SHA-384-192 [RFC4868]', 'ENCR_AES_CTR', 'AUTH_HMAC_SHA2_384_192'],
    ['DES-CBC [RFC2405]', 'HMAC-SHA-512-256 [RFC4868]', 'ENCR_DES', 'AUTH_HMAC_SHA2_512_256'],
    ['AES-CBC [RFC3602]', 'HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]', 'ENCR_AES_CBC', 'AUTH_HMAC_SHA2_256_96'],
    ['aes-cbc', 'hmac-sha-256-128', 'ENCR_AES_CBC', 'AUTH_HMAC_SHA2_256_128'],
    ['AES-GCM with 8 octet ICV [RFC4106]', 'NULL', 'ENCR_AES_GCM_8', undefined],
    ['AES-GCM with 12 octet ICV [RFC4106]', 'ANY 96 bit authentication [no checking]', 'ENCR_AES_GCM_12', undefined],
    ['AES-GCM [RFC4106]', 'ANY 64 bit authentication [no checking]', 'ENCR_AES_GCM_8', undefined],
    ['AES-GCM [RFC4106]', 'ANY 128 bit authentication [no checking]', 'ENCR_AES_GCM_16', undefined],
    ['AES-GCM [RFC4106]', 'NULL', 'ENCR_AES_GCM_16', undefined],
    ['ChaCha20 with Poly1305 [RFC7634]', 'NULL', 'ENCR_CHACHA20_POLY1305', undefined],
  ])('%s with %s', (cipher, mac, encryption, integrity) => {
    const sa = only(line(cipher, K16, mac, K16));
    expect([sa.encryption!.name, sa.integrity?.name, sa.unsafeNoIntegrity, sa.mode]).toEqual([
      encryption,
      integrity,
      false,
      'by-next-header',
    ]);
  });

  test('what we cannot do is left out with a warning', () => {
    const text = [
      '# a comment',
      line('CAST5-CBC [RFC2144]', K16, 'HMAC-SHA-1-96 [RFC2404]', K16),
      line('AES-CBC [RFC3602]', K16, 'ANY 96 bit authentication [no checking]', ''),
      line('AES-GCM [RFC4106]', K16, 'HMAC-SHA-1-96 [RFC2404]', K16),
      line('NULL', '', 'NULL', ''),
      line('AES-CBC [RFC3602]', K16, 'NULL', ''),
      '',
    ].join('\r\n');
    const { sas, warnings } = parseEspSa(text);
    expect(warnings).toEqual([
      'esp_sa.2: CAST5-CBC with HMAC-SHA-1-96 is not supported, left out',
      'esp_sa.3: AES-CBC with ANY 96 bit authentication is not supported, left out',
      'esp_sa.4: AES-GCM with HMAC-SHA-1-96 is not supported, left out',
      'esp_sa.5: neither encryption nor authentication, left out',
      'esp_sa.6: encryption without authentication',
    ]);
    expect(sas.map((sa) => [sa.path, sa.unsafeNoIntegrity])).toEqual([['esp_sa.6', true]]);
  });

  test('addresses: any, one, a prefix as long as the address, patterns', () => {
    const fields = (family: string, source: string): EspSaTable =>
      parseEspSa(`"${family}","${source}","*","0x100","NULL","","HMAC-SHA-1-96","${K16}"`);
    expect(fields('IPv4', '*').sas[0]!.source).toBeUndefined();
    expect(formatAddress(fields('IPv4', '10.1.2.3/32').sas[0]!.source!)).toBe('10.1.2.3');
    expect(formatAddress(fields('IPv6', '2001:DB8::1/128').sas[0]!.source!)).toBe('2001:db8::1');
    for (const pattern of ['10.1.0.0/16', '10.1.*']) {
      const { sas, warnings } = fields('IPv4', pattern);
      expect([sas[0]!.source, warnings]).toEqual([undefined, [`esp_sa.1: "${pattern}" is read as any address`]]);
    }
    for (const [family, source] of [
      ['IPv4', '::1'],
      ['IPv6', '10.0.0.1'],
      ['IPv4', ''],
      ['IPv4', 'here'],
    ] as const)
      // prettier-ignore
      expect(() => fields(family, source)).toThrow(`an ${family} address or *`);
  });

  test('keys: hexadecimal, an odd digit, characters, escapes', () => {
    const key = (text: string): string => toHex(only(line('AES-CBC', text, 'HMAC-SHA-1-96', '')).encryption!.key);
    expect(key('0X00fF')).toBe('00ff');
    expect(key('0xabc')).toBe('0abc');
    expect(key('secret')).toBe(toHex(new TextEncoder().encode('secret')));
    expect(key(String.raw`a\x22b\\c`)).toBe(toHex(new TextEncoder().encode('a"b\\c')));
    expect(refusal(line('AES-CBC', '0xc0ffeeg', 'HMAC-SHA-1-96', ''))).toBe(
      'a key in esp_sa: expected hexadecimal digits after 0x, found something else (esp_sa.1.encryption)',
    );
    expect(refusal(line('AES-CBC', 'schlüssel', 'HMAC-SHA-1-96', ''))).not.toContain('schl');
  });

  test('SPI patterns become templates', () => {
    const { sas, templates } = parseEspSa(
      [
        line('NULL', '', 'HMAC-SHA-1-96', K16, '0x1E5454**'),
        line('NULL', '', 'HMAC-SHA-1-96', K16, '*'),
        line('NULL', '', 'HMAC-SHA-1-96', K16, '305419896'),
      ].join('\n'),
    );
    expect(sas.map((sa) => sa.spi)).toEqual([0x12345678]);
    expect(templates.map((t) => t.pattern)).toEqual(['0x1e5454**', '*']);
    const source = parseAddress('192.0.2.1');
    const destination = parseAddress('192.0.2.2');
    expect(findEspSaTemplate(templates, 0x1e5454ff, source, destination)).toMatchObject({ spi: 0x1e5454ff, path: 'esp_sa.1' });
    expect(findEspSaTemplate(templates, 0x1e5453ff, source, destination)).toMatchObject({ spi: 0x1e5453ff, path: 'esp_sa.2' });
    expect(findEspSaTemplate(templates, 0x1e5453ff, destination, source)).toBeUndefined();
    expect(findEspSaTemplate(templates.slice(0, 1), 0x1e5453ff, source, destination)).toBeUndefined();
  });

  test('the column of newer versions for the length of sequence numbers', () => {
    const sa = (more: string): unknown[] => {
      const { esn, startSeq } = only(line('NULL', '', 'HMAC-SHA-1-96', K16, '0x100', more));
      return [esn, startSeq];
    };
    expect([sa(',"32-bit"'), sa(',"64-bit"'), sa(',"64-bit","2"')]).toEqual([[false, 0], [true, 0], [true, 2 ** 33]]); // prettier-ignore
    expect(refusal(line('NULL', '', 'HMAC-SHA-1-96', K16, '0x100', ',"64-bit","-1"'))).toContain('expected 0 to 2097151');
  });

  test('what Wireshark would not read either is an error with its line', () => {
    expect(refusal('"IPv4","*"')).toBe('a line of esp_sa: expected at least 8 fields, found 2 (esp_sa.1)');
    expect(refusal('\n"IPv4" "*"')).toBe(
      'a line of a Wireshark table: expected fields in double quotes with commas between them, found something else at column 8 (esp_sa.2)',
    );
    expect(refusal(line('AES-CBC', K16, 'HMAC-SHA-1-96', K16).replace('IPv4', 'Any'))).toContain('expected IPv4 or IPv6, found "Any"');
    expect(refusal(line('AES-CCB [RFC3602]', K16, 'HMAC-SHA-1-96', K16))).toContain('did you mean AES-CBC?');
    expect(refusal(line('AES-CBC', K16, 'HMAC-SHA-1-96', K16, '0'))).toContain('expected such as 0x67229928, 0x672299** or *, found "0"');
  });

  test('writing: no addresses, 64-bit numbers, what has no place', () => {
    const sa = only(line('NULL', '', 'HMAC-SHA-1-96 [RFC2404]', K16));
    const key = `"NULL","","HMAC-SHA-1-96 [RFC2404]","${K16}"`;
    const anywhere = { ...sa };
    Reflect.deleteProperty(anywhere, 'source');
    expect(formatEspSa([{ ...anywhere, esn: true }])).toBe(
      `# ESP SAs\n"IPv4","*","*","0x12345678",${key},"64-bit"\n"IPv6","*","*","0x12345678",${key},"64-bit"\n`,
    );
    expect(formatEspSa([{ ...sa, protocol: 'AH' }])).toBe(
      '# ESP SAs\n# esp_sa.1: AH ENCR_NULL with AUTH_HMAC_SHA1_96 has no place in this table\n',
    );
    expect(formatEspSa([{ ...sa, encryption: { name: 'ENCR_AES_CCM_8', key: fromHex('00') } }])).toContain(
      '# esp_sa.1: ESP ENCR_AES_CCM_8 with',
    );
  });

  test('arbitrary text throws nothing but IpsecError', () => {
    const field = fc.oneof(
      fc.constantFrom('IPv4', 'IPv6', '*', 'NULL', 'AES-CBC', 'AES-GCM', 'HMAC-SHA-1-96', '0x1234', '10.0.0.1'),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(field, { maxLength: 11 }).map((f) => f.map((x) => `"${x}"`).join(',')),
        ),
        (text) => {
          refusal(text);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
