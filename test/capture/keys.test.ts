import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { formatKeyFile, parseKeyFile, resolveAlgorithms, toSaConfig, type ManualSa } from '../../src/capture/keys.js';
import { IpsecError } from '../../src/errors.js';
import { formatAddress } from '../../src/ip/address.js';
import { aeadRows } from '../../src/suite/aead.js';
import { encrRows } from '../../src/suite/encr.js';
import { integRows } from '../../src/suite/integ.js';

const rows = { encryption: [...aeadRows, ...encrRows], integrity: integRows };
const KEY_36 = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223';
const KEY_32 = KEY_36.slice(0, 64);
const KEY_16 = KEY_36.slice(0, 32);

const base = {
  protocol: 'ESP',
  mode: 'tunnel',
  spi: '0x67229928',
  source: '192.0.2.1',
  destination: '192.0.2.2',
  encryption: { name: 'ENCR_AES_GCM_16', key: KEY_36 },
};
const file = (...sas: unknown[]): string => JSON.stringify({ sas });
const first = (sa: unknown): ManualSa => parseKeyFile(file(sa)).sas[0]!;
const failure = (text: string): IpsecError => {
  try {
    parseKeyFile(text);
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return error as IpsecError;
  }
  throw new Error('was accepted');
};

describe('keys.json', () => {
  test('every member', () => {
    const text = file(
      {
        ...base,
        integrity: { name: 'AUTH_HMAC_SHA2_256_128', key: KEY_32 },
        encryption: { name: 'ENCR_AES_CBC', key: `0x${KEY_16.toUpperCase()}` },
        esn: true,
        replayWindow: 0,
        startSeq: '4294967296',
        encapsulation: { protocol: 'udp', sourcePort: 4501, destinationPort: 4500 },
        unsafeNoIntegrity: false,
      },
      { protocol: 'AH', mode: 'transport', spi: 256, integrity: { name: 'AUTH_HMAC_SHA1_96', key: KEY_16 }, ahPadding: 8 },
      { protocol: 'IPCOMP', mode: 'tunnel', spi: '0x0002', source: '2001:db8::1', destination: '2001:db8::2' },
    );
    const { sas, warnings } = parseKeyFile(text);
    expect(warnings).toEqual([]);
    expect(sas.map((sa) => [sa.protocol, sa.mode, sa.spi, sa.esn, sa.replayWindow, sa.startSeq])).toEqual([
      ['ESP', 'tunnel', 0x67229928, true, 0, 4294967296],
      ['AH', 'transport', 256, false, 64, 0],
      ['IPCOMP', 'tunnel', 2, false, 64, 0],
    ]);
    expect(sas[0]!.encapsulation).toEqual({ sourcePort: 4501, destinationPort: 4500 });
    expect(toHex(sas[0]!.encryption!.key)).toBe(KEY_16);
    expect([sas[1]!.ahPadding, sas[1]!.source, sas[1]!.encryption]).toEqual([8, undefined, undefined]);
    expect(formatAddress(sas[2]!.destination!)).toBe('2001:db8::2');
    expect(parseKeyFile(formatKeyFile(sas)).sas).toEqual(sas);
  });

  test('every list may be absent, the IKE lists are kept as they are', () => {
    expect(parseKeyFile('{}')).toEqual({ sas: [], ike: [], ikeSecrets: [], ike1: [], ike1Secrets: [], rest: {}, warnings: [] });
    const ike = [{ spiI: '00', nobodyKnows: 1 }];
    const read = parseKeyFile(JSON.stringify({ ike, ikeSecrets: null, ike1Secrets: [7], policies: [{ a: 1 }] }));
    expect([read.ike, read.ikeSecrets, read.ike1Secrets, read.rest, read.warnings]).toEqual([ike, [], [7], { policies: [{ a: 1 }] }, []]);
  });

  test('unknown members warn with the nearest name and are kept', () => {
    const read = parseKeyFile(
      JSON.stringify({ sass: [], sas: [{ ...base, replaywindow: 32, note: 'x', encapsulation: { protocol: 'udp', port: 1 } }] }),
    );
    expect(read.warnings).toEqual([
      'sass: unknown member, ignored (did you mean sas?)',
      'sas.0.replaywindow: unknown member, ignored (did you mean replayWindow?)',
      'sas.0.note: unknown member, ignored (did you mean mode?)',
      'sas.0.encapsulation.port: unknown member, ignored',
    ]);
    expect(read.rest).toEqual({ sass: [] });
    expect(read.sas[0]!.rest).toEqual({ replaywindow: 32, note: 'x' });
    expect(read.sas[0]!.encapsulation).toEqual({ sourcePort: 4500, destinationPort: 4500 });
  });

  test('a member called __proto__ is a member', () => {
    const read = parseKeyFile('{ "sas": [{ "protocol": "IPCOMP", "mode": "tunnel", "spi": 2, "__proto__": { "esn": true } }] }');
    expect(read.sas[0]!.esn).toBe(false);
    expect(read.warnings).toHaveLength(1);
  });

  test('CRLF and a byte order mark', () => {
    expect(parseKeyFile(`\ufeff${JSON.stringify({ sas: [base] }, undefined, 1).replaceAll('\n', '\r\n')}\r\n`).sas).toHaveLength(1);
  });

  test('the same SA twice, reserved SPIs and IPComp keys warn', () => {
    const { warnings } = parseKeyFile(
      file(base, base, { ...base, spi: 7 }, { ...base, protocol: 'IPCOMP', spi: 3, encapsulation: { protocol: 'udp' } }),
    );
    expect(warnings).toEqual([
      'sas.2.spi: IANA reserves the SPIs 1 to 255',
      'sas.3.encryption: IPComp has no keys, ignored',
      'sas.3.encapsulation: only ESP travels in UDP, ignored',
      'sas.1: the same protocol, SPI and addresses as sas.0',
    ]);
  });

  test('NONE and an ENCR_NULL without key', () => {
    const sa = first({ ...base, encryption: { name: 'ENCR_NULL' }, integrity: { name: 'NONE' } });
    expect([sa.encryption!.key.length, sa.integrity]).toEqual([0, undefined]);
  });

  test.each([
    [
      { ...base, protocol: 'esp' },
      'the protocol of an SA: expected "ESP" or "AH" or "IPCOMP", found "esp", did you mean ESP? (sas.0.protocol)',
    ],
    [{ ...base, mode: 'tunel' }, 'the mode of an SA: expected "tunnel" or "transport", found "tunel", did you mean tunnel? (sas.0.mode)'],
    [{ ...base, mode: undefined }, 'the mode of an SA: expected "tunnel" or "transport", found nothing (sas.0.mode)'],
    [
      { ...base, spi: '67229928' },
      'an SPI: expected a number, or a string of 0x and hexadecimal digits, found "67229928", did you mean "0x67229928"? (sas.0.spi)',
    ],
    [{ ...base, spi: 0 }, 'an SPI: expected 1 to 0xffffffff, found 0 (sas.0.spi)'],
    [{ ...base, spi: '0x100000000' }, 'an SPI: expected 1 to 0xffffffff, found "0x100000000" (sas.0.spi)'],
    [{ ...base, spi: 1.5 }, 'an SPI: expected 1 to 0xffffffff, found 1.5 (sas.0.spi)'],
    [{ ...base, protocol: 'IPCOMP', spi: 65536 }, 'a CPI: expected 0 to 0xffff, found 65536 (sas.0.spi)'],
    [{ ...base, source: '192.0.2' }, 'an address: expected such as 192.0.2.1 or 2001:db8::1, found "192.0.2" (sas.0.source)'],
    [{ ...base, source: 7 }, 'an address: expected such as "192.0.2.1" or "2001:db8::1", found 7 (sas.0.source)'],
    [{ ...base, source: '::1' }, 'the addresses of an SA: expected two addresses of one IP version, found "::1 and 192.0.2.2" (sas.0)'],
    [
      { ...base, encryption: { name: 'ENCR_AES_GMC_16', key: KEY_36 } },
      'an encryption algorithm: expected IANA\'s name, found "ENCR_AES_GMC_16", did you mean ENCR_AES_GCM_16? (sas.0.encryption.name)',
    ],
    [
      { ...base, encryption: { name: 'rot13', key: KEY_36 } },
      'an encryption algorithm: expected IANA\'s name, found "rot13" (sas.0.encryption.name)',
    ],
    [
      { ...base, encryption: undefined },
      'an ESP SA: expected an encryption algorithm (ENCR_NULL for none), found nothing (sas.0.encryption)',
    ],
    [{ ...base, protocol: 'AH' }, 'an AH SA: expected no encryption (AH has none), found "ENCR_AES_GCM_16" (sas.0.encryption)'],
    [{ ...base, protocol: 'AH', encryption: undefined }, 'an AH SA: expected an integrity algorithm, found nothing (sas.0.integrity)'],
    [{ ...base, esn: 1 }, 'esn: expected true or false, found 1 (sas.0.esn)'],
    [
      { ...base, replayWindow: -1 },
      'the size of the anti-replay window: expected a whole number from 0 to 1048576, found -1 (sas.0.replayWindow)',
    ],
    [{ ...base, startSeq: '4294967296' }, 'startSeq: expected at most 4294967295, found "4294967296" (sas.0.startSeq)'],
    [
      { ...base, esn: true, startSeq: '18446744073709551616' },
      'startSeq: expected at most 18446744073709551615, found "18446744073709551616" (sas.0.startSeq)',
    ],
    [{ ...base, esn: true, startSeq: '0x10' }, 'startSeq: expected a decimal string such as "0", found "0x10" (sas.0.startSeq)'],
    [
      { ...base, encapsulation: { protocol: 'tcp' } },
      'the protocol around ESP: expected "udp", found "tcp", did you mean udp? (sas.0.encapsulation.protocol)',
    ],
    [
      { ...base, encapsulation: { protocol: 'udp', sourcePort: 70000 } },
      'a UDP port: expected a whole number from 0 to 65535, found 70000 (sas.0.encapsulation.sourcePort)',
    ],
    [{ ...base, ahPadding: 16 }, 'ahPadding: expected 4 or 8, found 16 (sas.0.ahPadding)'],
    ['ESP', 'a Security Association: expected an object, found "ESP" (sas.0)'],
  ])('refuses with path, value and nearest name: %#', (sa, message) => {
    expect(failure(file(sa)).message).toBe(message);
  });

  test('refuses what is no key file', () => {
    expect(failure('[]').message).toBe('the key file: expected an object such as {"sas": [...]}, found a list');
    expect(failure('{"sas": {}}').message).toBe('a member of the key file: expected a list, found object (sas)');
  });

  test('no message shows a key', () => {
    const secret = 'c0ffee00c0ffee00c0ffee00c0ffee00';
    const texts = [
      file({ ...base, encryption: { name: 'ENCR_AES_GCM_16', key: `${secret}x` } }),
      file({ ...base, encryption: { name: 'ENCR_AES_GCM_16', key: `${secret}1` } }),
      file({ ...base, encryption: { name: 'ENCR_AES_GCM_16', key: [secret] } }),
      file({ ...base, encryption: secret }),
      `{ "sas": [{ "encryption": { "key": "${secret}" } } `,
      `{ "sas": [{ "encryption": { "key": "${secret}`,
      `{ "sas": [{ "encryption": { "key": ${secret} } }] }`,
    ];
    for (const text of texts) expect(failure(text).message).not.toContain('c0ffee');
    expect(failure(texts[0]!).message).toBe('the key of ENCR_AES_GCM_16: expected digits 0-9 and a-f, found "x" (sas.0.encryption.key)');
    expect(failure(texts[1]!).message).toBe(
      'the key of ENCR_AES_GCM_16: expected two digits per octet, found 33 digits (sas.0.encryption.key)',
    );
  });

  test.each([
    ['', 'line 1, column 1', 0],
    ['{ "sas": [\r\n  { "spi": 1, }\r\n] }', 'line 2, column 15', 26],
    ['{ "sas": [1 2] }', 'line 1, column 13', 12],
    ['{ "sas": [1, 2 }', 'line 1, column 16', 15],
    ['{ "sas" 1 }', 'line 1, column 3', 2],
    ["{ 'sas': 1 }", 'line 1, column 3', 2],
    ['{ "sas": 01 }', 'line 1, column 11', 10],
    ['{ "sas": "a\nb" }', 'line 1, column 10', 9],
    ['{ "sas": nul }', 'line 1, column 10', 9],
    ['{} {}', 'line 1, column 4', 3],
    ['{ "a": [[], {}, {"b": "\\u00e9"}], "c": -1.5e+3, "d": [] ', 'line 1, column 57', 56],
  ])('JSON errors tell line and column: %#', (text, place, offset) => {
    const error = failure(text);
    expect(error.message).toContain(place);
    expect(error.offset).toBe(offset);
  });

  test('the place of the first JSON error lies where changed text was changed, or behind', () => {
    const good = JSON.stringify({ sas: [base], ike: [{ a: [1, -2.5e3, true, null, 'é"\\'] }] }, undefined, 1);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom('}', ']', ',', ':', '"', 'x', '0', ''), (at, put) => {
        const text = good.slice(0, at) + put + good.slice(at + 1);
        try {
          JSON.parse(text);
        } catch {
          const { offset } = failure(text);
          // A string that no longer ends, or a number that no longer is one, is reported where it begins.
          expect(offset).toBeGreaterThanOrEqual(Math.min(at, good.lastIndexOf('"', at), good.lastIndexOf(' ', at)) - 40);
          expect(offset).toBeLessThanOrEqual(text.length);
        }
      }),
    );
  });

  test('arbitrary text throws nothing but IpsecError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((j) => `{"sas":[${j}]}`),
        ),
        (text) => {
          try {
            parseKeyFile(text);
          } catch (error) {
            expect(error).toBeInstanceOf(IpsecError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('from names to algorithms', () => {
  test('key and salt choose the row', () => {
    const { encryption } = resolveAlgorithms(first(base), rows);
    expect([encryption!.row.name, encryption!.row.keyLength]).toEqual(['ENCR_AES_GCM_16', 32]);
    expect(toSaConfig(first(base), rows)).toMatchObject({ protocol: 'ESP', mode: 'tunnel', spi: 0x67229928, replayWindow: 64 });
    expect(toSaConfig({ ...first(base), mode: 'by-next-header' }, rows, 'tunnel').mode).toBe('tunnel');
  });

  const refusal = (sa: unknown): string => {
    try {
      resolveAlgorithms(first(sa), rows);
    } catch (error) {
      const { code, message } = error as IpsecError;
      return `${code}: ${message}`;
    }
    return 'accepted';
  };

  test('RFC 8221 section 4: encryption without authentication', () => {
    const cbc = { ...base, encryption: { name: 'ENCR_AES_CBC', key: KEY_16 } };
    expect(refusal(cbc)).toBe(
      'unsafe-config: an ESP SA with ENCR_AES_CBC: expected an integrity algorithm, or "unsafeNoIntegrity": true, found none (sas.0.integrity)',
    );
    expect(refusal({ ...cbc, unsafeNoIntegrity: true })).toBe('accepted');
    expect(refusal({ ...cbc, integrity: { name: 'AUTH_HMAC_SHA2_256_128', key: KEY_32 } })).toBe('accepted');
    const none = { ...base, encryption: { name: 'ENCR_NULL' }, unsafeNoIntegrity: true };
    expect(refusal(none)).toBe('unsafe-config: an ESP SA with ENCR_NULL: expected an integrity algorithm, found none (sas.0.integrity)');
  });

  test('errors carry the place', () => {
    expect(refusal({ ...base, encryption: { name: 'ENCR_AES_GCM_16', key: KEY_32 } })).toMatch(
      /^unknown-algorithm: ENCR_AES_GCM_16: expected .*36 \(32 \+ 4 of salt\) octets, found 32 \(sas\.0\.encryption\)$/,
    );
    expect(refusal({ ...base, integrity: { name: 'AUTH_HMAC_SHA2_256_128', key: KEY_32 } })).toContain('sas.0.integrity');
    expect(refusal({ ...base, encryption: { name: 'ENCR_3DES', key: KEY_16 } })).toContain('unknown-algorithm');
    expect(() => toSaConfig(first({ ...base, protocol: 'IPCOMP', spi: 2 }), rows)).toThrow(/expected ESP or AH/);
  });
});
