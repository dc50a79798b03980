/** Attacks by identities: what IDi, IDr and certificates may hold. Rows 18 (names) and 38 of the list of known attacks. */
import { describe, expect, it } from 'vitest';
import { concat, fromHex } from '../../src/bytes.js';
import { decodeDer, derContents, derFields, derWhole, encodeDer, encodeDerIdentifier } from '../../src/der.js';
import { IpsecError } from '../../src/errors.js';
import { matchesId, parsePadId } from '../../src/pad/id.js';
import {
  decodeDistinguishedName,
  decodeIdentity,
  encodeIdentity,
  equalDistinguishedNames,
  equalIdentities,
  formatDistinguishedName,
  formatIdentity,
  parseDistinguishedName,
  parseIdentity,
  type Identity,
} from '../../src/traffic-selector.js';
import { explainCertificateIdentity } from '../../src/x509/identity-explain.js';
import { namesOfCertificate } from '../../src/x509/identity.js';
import { certificate } from '../x509/read-cases.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const attribute = (type: string, tag: number, value: Uint8Array): Uint8Array =>
  encodeDer(0x31, encodeDer(0x30, encodeDerIdentifier(type), encodeDer(tag, value)));
const CN = '2.5.4.3';
const O = '2.5.4.10';
const dnOf = (...rdns: readonly Uint8Array[]): Uint8Array => encodeDer(0x30, ...rdns);
/** The identity, or the one error that may come. */
function read(idType: number, data: Uint8Array): Identity | IpsecError {
  try {
    return decodeIdentity(idType, data);
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
}
const isIdentity = (value: Identity | IpsecError): value is Identity => !(value instanceof IpsecError);

describe('row 38: every ID Type, whatever it holds', () => {
  const genuine = [
    fromHex('c0000201'),
    fromHex('20010db8000000000000000000000001'),
    utf8('gw.example.com'),
    utf8('bob@example.com'),
    encodeIdentity(parseIdentity('CN=gw, O=Example, C=XX')).data,
    new Uint8Array(),
    new Uint8Array(300).fill(0x30),
    new Uint8Array(65_531).fill(0xff),
  ];
  let state = 1;
  const random = (): number => (state = (state * 48271) % 2147483647);

  it('0 to 255: an identity, or an IpsecError', () => {
    for (let type = 0; type < 256; type++) {
      for (const data of genuine) {
        for (let change = 0; change < 12; change++) {
          const octets = data.slice(0, change % 3 === 2 ? random() % (data.length + 1) : undefined);
          if (change > 0 && octets.length > 0) octets[random() % octets.length] = random() % 256;
          const found = read(type, octets);
          if (!isIdentity(found)) continue;
          expect([1, 2, 3, 5, 9, 11, 13]).toContain(type);
          expect(formatIdentity(found)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
          const again = encodeIdentity(found);
          expect(equalIdentities(decodeIdentity(again.idType, again.data), found)).toBe(true);
        }
      }
    }
  });

  it('only the known types are known', () => {
    const known = Array.from({ length: 256 }, (_, type) => type).filter((type) => {
      const found = read(type, fromHex('c0000201'));
      return isIdentity(found) || found.code !== 'unsupported';
    });
    expect(known).toEqual([1, 2, 3, 5, 9, 11, 13]);
  });

  it('no terminators in names, no other name behind a byte order mark', () => {
    for (const end of ['\0', '\r', '\n', '\u007f', '\u0085', '\u2028', '\u2029', '\u202e', '\u2066'])
      expect(isIdentity(read(2, utf8(`gw.example.com${end}.evil.example`)))).toBe(false);
    const marked = read(2, concat(fromHex('efbbbf'), utf8('gw.example.com')));
    expect(isIdentity(marked) && equalIdentities(marked, parseIdentity('gw.example.com'))).toBe(false);
  });

  it('letters of other alphabets that become ASCII when made small are not ASCII', () => {
    const kelvin = decodeIdentity(2, utf8('ban\u212a.example.com'));
    expect(equalIdentities(kelvin, parseIdentity('bank.example.com'))).toBe(false);
    expect(matchesId(parsePadId('bank.example.com'), kelvin)).toBe(false);
    expect(matchesId(parsePadId('.example.com'), kelvin)).toBe(true);
  });

  it('the same octets as another type are another identity', () => {
    const data = utf8('gw.example.com');
    const found = [2, 11].map((type) => decodeIdentity(type, data));
    expect(equalIdentities(found[0]!, found[1]!)).toBe(false);
    expect(isIdentity(read(3, data)) && equalIdentities(decodeIdentity(3, data), found[0]!)).toBe(false);
    expect(equalIdentities(parseIdentity('ID_FQDN:192.0.2.1'), parseIdentity('192.0.2.1'))).toBe(false);
  });
});

describe('row 18: distinguished names (CVE-2013-6075)', () => {
  const name = dnOf(attribute(O, 0x0c, utf8('Example')), attribute(CN, 0x0c, utf8('gw.example.com')));
  const wanted = decodeDistinguishedName(name);
  const entry = parsePadId(formatDistinguishedName(wanted));

  it.each([
    ['nothing', dnOf()],
    ['its beginning', dnOf(attribute(O, 0x0c, utf8('Example')))],
    ['its end', dnOf(attribute(CN, 0x0c, utf8('gw.example.com')))],
    ['one more', dnOf(attribute(O, 0x0c, utf8('Example')), attribute(CN, 0x0c, utf8('gw.example.com')), attribute(CN, 0x0c, utf8('x')))],
    ['another order', dnOf(attribute(CN, 0x0c, utf8('gw.example.com')), attribute(O, 0x0c, utf8('Example')))],
    ['a shorter value', dnOf(attribute(O, 0x0c, utf8('Example')), attribute(CN, 0x0c, utf8('gw.example.co')))],
    ['an empty value', dnOf(attribute(O, 0x0c, utf8('Example')), attribute(CN, 0x0c, new Uint8Array()))],
    ['a NUL behind it', dnOf(attribute(O, 0x0c, utf8('Example')), attribute(CN, 0x0c, utf8('gw.example.com\0')))],
    ['another type', dnOf(attribute(O, 0x0c, utf8('Example')), attribute('2.5.4.11', 0x0c, utf8('gw.example.com')))],
    [
      'both in one',
      dnOf(encodeDer(0x31, attribute(O, 0x0c, utf8('Example')).subarray(2), attribute(CN, 0x0c, utf8('gw.example.com')).subarray(2))),
    ],
    ['the whole in a text', dnOf(attribute(CN, 0x0c, utf8('gw.example.com, O=Example')))],
    ['the octets as another string', dnOf(attribute(O, 0x0c, utf8('Example')), attribute(CN, 0x04, utf8('gw.example.com')))],
  ])('%s is another name', (_, der) => {
    const found = decodeDistinguishedName(der);
    expect(equalDistinguishedNames(found, wanted)).toBe(false);
    expect(equalDistinguishedNames(wanted, found)).toBe(false);
    expect(matchesId(entry, { type: 'ID_DER_ASN1_DN', dn: found })).toBe(false);
    expect(equalDistinguishedNames(parseDistinguishedName(formatDistinguishedName(wanted)), wanted)).toBe(true);
  });

  it('texts that are no UTF-8 are all different', () => {
    const bad = (octet: number, tag = 0x0c): ReturnType<typeof decodeDistinguishedName> =>
      decodeDistinguishedName(dnOf(attribute(CN, tag, Uint8Array.of(octet, octet))));
    expect(equalDistinguishedNames(bad(0xff), bad(0xfe))).toBe(false);
    expect(equalDistinguishedNames(bad(0xff), bad(0xff))).toBe(true);
    expect(equalDistinguishedNames(bad(0xd8, 0x1e), bad(0xd9, 0x1e))).toBe(false);
    expect(formatDistinguishedName(bad(0xff))).toBe('CN=#0c02ffff');
  });

  it('a text is never taken for the hexadecimal of what is no text', () => {
    const text = decodeDistinguishedName(dnOf(attribute(CN, 0x0c, utf8('#0500'))));
    const value = decodeDistinguishedName(dnOf(attribute(CN, 0x05, new Uint8Array())));
    expect(formatDistinguishedName(value)).toBe('CN=#0500');
    expect(equalDistinguishedNames(text, value)).toBe(false);
    expect(equalDistinguishedNames(parseDistinguishedName('CN=\\#0500'), text)).toBe(true);
    expect(equalDistinguishedNames(parseDistinguishedName('CN=#0500'), value)).toBe(true);
    for (const odd of ['#', '#0', '#zz', '#05 00']) {
      const dn = decodeDistinguishedName(dnOf(attribute(CN, 0x0c, utf8(odd))));
      expect(equalDistinguishedNames(parseDistinguishedName(formatDistinguishedName(dn)), dn)).toBe(true);
      expect(decodeDistinguishedName(encodeIdentity({ type: 'ID_DER_ASN1_DN', dn }).data)).toEqual(dn);
    }
  });

  it('what steers a terminal is escaped, and read back', () => {
    const text = 'a\u001b[2Jb\r\nc\u202ed\u2028e\ufefff';
    const dn = decodeDistinguishedName(dnOf(attribute(CN, 0x0c, utf8(text))));
    const shown = formatDistinguishedName(dn);
    expect(shown).toBe('CN=a\\1b[2Jb\\0d\\0ac\\e2\\80\\aed\\e2\\80\\a8e\\ef\\bb\\bff');
    expect(parseDistinguishedName(shown)).toEqual(dn);
  });

  it('a relative name without attributes, and an empty text, are no names', () => {
    expect(() => decodeDistinguishedName(dnOf(encodeDer(0x31)))).toThrow(IpsecError);
    expect(() => parsePadId('*,')).toThrow(IpsecError);
    expect(() => parseDistinguishedName('')).toThrow(IpsecError);
  });

  it('cut short, lengthened and changed in every octet: the same name only with the same meaning', () => {
    for (let i = 0; i < name.length; i++) {
      expect(isIdentity(read(9, name.subarray(0, i)))).toBe(false);
      for (const mask of [1, 0x20, 0x80, 0xff]) {
        const changed = name.slice();
        changed[i]! ^= mask;
        const found = read(9, changed);
        if (!isIdentity(found) || !equalIdentities(found, { type: 'ID_DER_ASN1_DN', dn: wanted })) continue;
        // Only the case of a letter may differ.
        expect(mask).toBe(0x20);
        expect(String.fromCharCode(name[i]!)).toMatch(/[a-z]/i);
      }
    }
    expect(isIdentity(read(9, concat(name, Uint8Array.of(0))))).toBe(false);
  });

  it('a hundred thousand attributes end at once', () => {
    const many = read(9, encodeDer(0x30, ...Array.from({ length: 3000 }, () => attribute(CN, 0x0c, utf8('x')))));
    expect(isIdentity(many)).toBe(true);
    const nested = new Uint8Array(60_000).map((_, i) => [0x31, 0x80][i % 2]!);
    expect(isIdentity(read(9, nested))).toBe(false);
  });
});

/** The certificate 'v1' as version 3 with a subjectAltName. */
function certificateWith(names: readonly Uint8Array[]): Uint8Array {
  const extension = encodeDer(0x30, encodeDerIdentifier('2.5.29.17'), encodeDer(0x04, encodeDer(0x30, ...names)));
  const [tbs, algorithm, signature] = derFields(decodeDer(certificate('v1'), { what: 'a certificate', path: 'certificate' }));
  const inner = encodeDer(0x30, fromHex('a003020102'), derContents(tbs!), encodeDer(0xa3, encodeDer(0x30, extension)));
  return encodeDer(0x30, inner, derWhole(algorithm!), derWhole(signature!));
}

describe('row 18: names in certificates', () => {
  it('a NUL in a dNSName ends nothing', () => {
    const nul = certificate('nul');
    expect(explainCertificateIdentity(nul, parseIdentity('gw.example.com'))?.code).toBe('authentication-failed');
    const error = explainCertificateIdentity(nul, parseIdentity('gw.example.com'), { allowWildcards: true, allowCommonName: true });
    expect(error?.message).toContain('dNSName gw.example.com\\00.evil.exampl (it is no DNS name)');
  });

  it('every change of one octet of a certificate: an IpsecError, or names without control characters in messages', () => {
    const der = certificate('gateway');
    const claims = ['gw.example.com', '192.0.2.1', 'CN=x', 'ID_KEY_ID:00'].map(parseIdentity);
    for (let i = 0; i < der.length; i++) {
      const changed = der.slice();
      changed[i] = [0x00, 0x1b, 0x80, 0xff, 0x2a][i % 5]!;
      for (const claim of claims) expect(explainCertificateIdentity(changed, claim)?.message ?? '').not.toMatch(/[\p{Cc}\u2028]/u);
      try {
        namesOfCertificate(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(IpsecError);
      }
    }
  });

  it('a name that goes on and on is not its beginning', () => {
    for (const [tag, name] of [
      [0x81, 'bob@example.com'],
      [0x82, 'gw.example.com'],
    ] as const)
      for (const length of [64, 255, 256, 1024, 4096, 16_384]) {
        const long = `${'a'.repeat(length - name.length)}${name}`;
        const der = certificateWith([encodeDer(tag, utf8(`${long}.evil.example`))]);
        expect(explainCertificateIdentity(der, parseIdentity(long))?.code).toBe('authentication-failed');
      }
  });

  it.each([
    ['an empty list', []],
    ['an empty dNSName', [encodeDer(0x82)]],
    ['a dot', [encodeDer(0x82, utf8('.'))]],
    ['an address without octets', [encodeDer(0x87)]],
    ['an email without a user', [encodeDer(0x81, utf8('@example.com'))]],
    ['a domain as email', [encodeDer(0x81, utf8('example.com'))]],
    ['Latin-1', [encodeDer(0x82, Uint8Array.of(0x67, 0xfc, 0x2e, 0x64, 0x65))]],
    ['UTF-8', [encodeDer(0x82, utf8('g\u00fc.de'))]],
  ])('%s can be claimed by nobody', (_, names) => {
    expect(namesOfCertificate(certificateWith(names)).filter(({ kind, identity }) => kind !== 'subject' && identity)).toEqual([]);
  });

  it('a GeneralName of no kind, and a dNSName with elements inside, make the certificate a broken one', () => {
    for (const tag of [0x89, 0x04, 0x30, 0xa2, 0xa9])
      expect(() => namesOfCertificate(certificateWith([encodeDer(tag, encodeDer(0x0c, utf8('x')))]))).toThrow(IpsecError);
  });

  it('a list in an error ends, however many names there are', () => {
    const big = certificateWith(Array.from({ length: 2500 }, (_, i) => encodeDer(0x82, utf8(`host-${i}.example.com`))));
    expect(explainCertificateIdentity(big, parseIdentity('host-2499.example.com'))).toBeUndefined();
    const message = explainCertificateIdentity(big, parseIdentity('other.example.com'))?.message ?? '';
    expect(message).toMatch(/host-5\.example\.com and 2495 more/);
    expect(message.length).toBeLessThan(600);
  });
});
