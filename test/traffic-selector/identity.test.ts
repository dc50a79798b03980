import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  decodeDistinguishedName,
  decodeIdentity,
  type DistinguishedName,
  equalDistinguishedNames,
  equalIdentities,
  formatDistinguishedName,
  describeIdentity,
  formatIdentity,
  isUnder,
  parseDistinguishedName,
  parseIdentity,
} from '../../src/traffic-selector.js';

const element = (tag: number, ...contents: Uint8Array[]): Uint8Array => {
  const body = concat(...contents);
  return concat(body.length < 128 ? Uint8Array.of(tag, body.length) : Uint8Array.of(tag, 0x82, body.length >> 8, body.length & 255), body);
};
const text = (tag: number, s: string): Uint8Array => element(tag, new TextEncoder().encode(s));
const attribute = (oid: string, value: Uint8Array): Uint8Array => element(0x30, element(0x06, fromHex(oid)), value);

describe('RFC 4301 section 4.4.1.1: the four types of names', () => {
  it.each([
    ['mozart@foo.example.com', 'ID_RFC822_ADDR'],
    ['foo.example.com', 'ID_FQDN'],
    ['CN = Stephen T. Kent, O = BBN Technologies, SP = MA, C = US', 'ID_DER_ASN1_DN'],
    ['ID_KEY_ID:0badcafe', 'ID_KEY_ID'],
    ['192.0.2.1', 'ID_IPV4_ADDR'],
    ['2001:db8::1', 'ID_IPV6_ADDR'],
    ['ID_FQDN:192.0.2.1', 'ID_FQDN'],
  ])('%s is %s', (given, type) => {
    const id = parseIdentity(given);
    expect(id.type).toBe(type);
    expect(equalIdentities(parseIdentity(formatIdentity(id).replace(/^/, type === 'ID_KEY_ID' ? '' : `${type}:`)), id)).toBe(true);
  });
  it.each(['', 'a b', 'x@', '@y', '1.2.3', 'ID_KEY_ID:xyz', 'ID_IPV6_ADDR:192.0.2.1', 'CN', 'XX=1', 'CN=a,,C=US', 'CN=a\\'])(
    'refuses %j',
    (given) => {
      expect(() => parseIdentity(given.includes('CN') ? `ID_DER_ASN1_DN:${given}` : given)).toThrow(IpsecError);
    },
  );
  it('case does not matter in DNS names and domains, but in the local part of an email address', () => {
    const same = (a: string, b: string): boolean => equalIdentities(parseIdentity(a), parseIdentity(b));
    expect(same('FOO.example.com', 'foo.Example.com.')).toBe(true);
    expect(same('mozart@FOO.example.com', 'mozart@foo.example.com')).toBe(true);
    expect(same('Mozart@foo.example.com', 'mozart@foo.example.com')).toBe(false);
    expect(same('ID_FQDN:10.0.0.1', '10.0.0.1')).toBe(false);
    expect(same('10.0.0.1', '10.0.0.1')).toBe(true);
    expect(same('ID_KEY_ID:00', 'ID_KEY_ID:01')).toBe(false);
  });
});

describe('distinguished names', () => {
  const kent: DistinguishedName = [
    [{ type: 'C', value: 'US' }],
    [{ type: 'ST', value: 'MA' }],
    [{ type: 'O', value: 'BBN Technologies' }],
    [{ type: 'CN', value: 'Stephen T. Kent' }],
  ];
  it('are read from text, leaf first', () => {
    expect(parseDistinguishedName('CN = Stephen T. Kent, O = BBN Technologies, SP = MA, C = US')).toEqual(kent);
    expect(formatDistinguishedName(kent)).toBe('CN=Stephen T. Kent, O=BBN Technologies, ST=MA, C=US');
  });
  it('RFC 4514 section 4: escapes, several attributes, identifiers, values that are no text', () => {
    expect(parseDistinguishedName('OU=Sales+CN=J.  Smith,DC=example,DC=net')[2]).toEqual([
      { type: 'OU', value: 'Sales' },
      { type: 'CN', value: 'J.  Smith' },
    ]);
    expect(parseDistinguishedName('CN=James \\"Jim\\" Smith\\, III,DC=net')[1]).toEqual([{ type: 'CN', value: 'James "Jim" Smith, III' }]);
    expect(parseDistinguishedName('CN=Before\\0dAfter,DC=net')[1]).toEqual([{ type: 'CN', value: 'Before\rAfter' }]);
    expect(parseDistinguishedName('1.3.6.1.4.1.1466.0=#04024869')).toEqual([[{ type: '1.3.6.1.4.1.1466.0', value: '#04024869' }]]);
    expect(parseDistinguishedName('CN=Lu\\C4\\8Di\\C4\\87')).toEqual([[{ type: 'CN', value: 'Lučić' }]]);
  });
  it('are read from DER', () => {
    const der = element(
      0x30,
      element(0x31, attribute('550406', text(0x13, 'US'))),
      element(0x31, attribute('550408', text(0x0c, 'MA'))),
      element(0x31, attribute('55040a', text(0x14, 'BBN Technologies'))),
      element(
        0x31,
        attribute('550403', element(0x1e, new Uint8Array([...new TextEncoder().encode('Stephen T. Kent')].flatMap((c) => [0, c])))),
      ),
    );
    expect(decodeDistinguishedName(der)).toEqual(kent);
    expect(decodeIdentity(9, der)).toEqual({ type: 'ID_DER_ASN1_DN', dn: kent });
    const odd = element(
      0x30,
      element(0x31, attribute('2a864886f70d010901', text(0x16, 'a@b')), attribute('883703', element(0x04, Uint8Array.of(7)))),
    );
    expect(decodeDistinguishedName(odd)).toEqual([
      [
        { type: 'E', value: 'a@b' },
        { type: '2.999.3', value: '#040107' },
      ],
    ]);
    expect(
      decodeDistinguishedName(element(0x30, element(0x31, attribute('550403', text(0x0c, 'x'.repeat(300))))))[0]![0]!.value.length,
    ).toBe(300);
  });
  it('compare without regard to case, repeated spaces and the order inside a relative name', () => {
    const same = (a: string, b: string): boolean => equalDistinguishedNames(parseDistinguishedName(a), parseDistinguishedName(b));
    expect(same('CN=A  b, C=us', 'cn=a B,C=US')).toBe(true);
    expect(same('CN=a+UID=1', 'UID=1+CN=A')).toBe(true);
    expect(same('CN=a, O=b', 'O=b, CN=a')).toBe(false);
    expect(same('CN=a', 'CN=a, C=US')).toBe(false);
  });
  it('RFC 4301 section 4.4.3.1: C = US, SP = MA "as the top two Relative Distinguished Names"', () => {
    const top = parseDistinguishedName('SP = MA, C = US');
    expect(isUnder(kent, top)).toBe(true);
    expect(isUnder(top, top)).toBe(true);
    expect(isUnder(top, kent)).toBe(false);
    expect(isUnder(parseDistinguishedName('SP = NY, C = US'), top)).toBe(false);
  });
  it('what is written is read back', () => {
    const value = fc.string({ minLength: 1, unit: 'grapheme' }).filter((s) => s.trim() === s && s !== '');
    const name = fc.array(fc.array(fc.record({ type: fc.constantFrom('CN', 'O', '1.2.3'), value }), { minLength: 1, maxLength: 2 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(name, (dn) => {
        expect(parseDistinguishedName(formatDistinguishedName(dn))).toEqual(dn);
      }),
    );
  });
  it('no octets make the decoder throw anything but IpsecError', () => {
    const good = element(0x30, element(0x31, attribute('550406', text(0x13, 'US'))));
    const spoilt = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, octet]) => good.map((b, i) => (i === at ? octet : b)));
    fc.assert(
      fc.property(
        fc.oneof(
          spoilt,
          fc.nat(good.length).map((n) => good.slice(0, n)),
          fc.uint8Array({ maxLength: 40 }),
        ),
        (der) => {
          try {
            decodeDistinguishedName(der);
          } catch (error) {
            expect(error).toBeInstanceOf(IpsecError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('RFC 7296 section 3.5: Identification Data', () => {
  const octets = (s: string): Uint8Array => new TextEncoder().encode(s);
  it('reads the five types that are names and addresses', () => {
    expect(decodeIdentity(1, Uint8Array.of(192, 0, 2, 1))).toEqual(parseIdentity('192.0.2.1'));
    expect(decodeIdentity(2, octets('example.com'))).toEqual(parseIdentity('example.com'));
    expect(decodeIdentity(3, octets('jsmith@example.com'))).toEqual(parseIdentity('jsmith@example.com'));
    expect(decodeIdentity(5, new Uint8Array(16))).toEqual(parseIdentity('::'));
    expect(decodeIdentity(11, Uint8Array.of(1, 2))).toEqual(parseIdentity('ID_KEY_ID:0102'));
  });
  it.each([
    ['unsupported', 10, 'x'],
    ['malformed', 1, '123'],
    ['malformed', 2, ''],
    ['malformed', 2, 'example.com\0'],
    ['malformed', 3, 'a@b\r'],
    ['truncated', 9, 'x'],
    ['malformed', 9, 'xyz'],
  ])('%s: type %d, %j', (code, type, data) => {
    let error: unknown;
    try {
      decodeIdentity(type, octets(data));
    } catch (e) {
      error = e;
    }
    expect((error as IpsecError).code).toBe(code);
  });
});

describe('an identity in a log', () => {
  it.each([
    ['gw.example.com', 'ID_FQDN gw.example.com'],
    ['ID_KEY_ID:616e6e61', 'ID_KEY_ID "anna"'],
    ['ID_KEY_ID:616e0a61', 'ID_KEY_ID 616e0a61'],
    ['2001:db8::1', 'ID_IPV6_ADDR 2001:db8::1'],
  ])('%s is %s', (text, described) => {
    expect(describeIdentity(parseIdentity(text))).toBe(described);
  });

  it('is no longer than a line, whatever a peer claims', () => {
    expect(describeIdentity({ type: 'ID_NULL' })).toBe('ID_NULL');
    for (const id of [
      { type: 'ID_FQDN', name: 'a'.repeat(60_000) },
      { type: 'ID_KEY_ID', octets: new Uint8Array(60_000) },
      { type: 'ID_KEY_ID', octets: new Uint8Array(60_000).fill(0x61) },
    ] as const)
      expect(describeIdentity(id)).toMatch(/^ID_\w+ "?(a|00?)+\.\.\.$/);
    expect(describeIdentity({ type: 'ID_KEY_ID', octets: new Uint8Array(60_000) }).length).toBeLessThan(300);
  });
});
