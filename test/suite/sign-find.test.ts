import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { encodeDer, encodeDerIdentifier, encodeDerUnsigned, NULL, SEQUENCE } from '../../src/der.js';
import { defaultSignatureRows, findSignatureRow, rsaPssSha256, rsaSha256 } from '../../src/suite/sign.js';
import { legacySignatureRows, rsaSha1 } from '../../src/suite/sign-legacy.js';
import rfc7427 from '../../vectors/ikev2/rfc7427-algorithm-identifiers.json' with { type: 'json' };
import { rowOf } from './sign-cases.js';

const rows = [...defaultSignatureRows, ...legacySignatureRows];
const identifiers: Readonly<Record<string, string>> = {
  sha1WithRSAEncryption: 'rsa-sha1',
  sha256WithRSAEncryption: 'rsa-sha256',
  sha384WithRSAEncryption: 'rsa-sha384',
  sha512WithRSAEncryption: 'rsa-sha512',
  'ecdsa-with-sha1': 'ecdsa-sha1',
  'ecdsa-with-sha256': 'ecdsa-sha256',
  'ecdsa-with-sha384': 'ecdsa-sha384',
  'ecdsa-with-sha512': 'ecdsa-sha512',
  'RSASSA-PSS with SHA-256': 'rsa-pss-sha256',
};

const of = (identifier: string, ...parameters: Uint8Array[]): Uint8Array =>
  encodeDer(SEQUENCE, encodeDerIdentifier(identifier), ...parameters);
const PSS = '1.2.840.113549.1.1.10';
const SHA1 = '1.3.14.3.2.26';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const SHA384 = '2.16.840.1.101.3.4.2.2';
const none = encodeDer(NULL);
const hashField = (identifier: string): Uint8Array => encodeDer(0xa0, of(identifier, none));
const maskField = (identifier: string): Uint8Array => encodeDer(0xa1, of('1.2.840.113549.1.1.8', of(identifier, none)));
const saltField = (...octets: number[]): Uint8Array => encodeDer(0xa2, encodeDerUnsigned(Uint8Array.from(octets)));
const trailerField = (...octets: number[]): Uint8Array => encodeDer(0xa3, encodeDerUnsigned(Uint8Array.from(octets)));
const pss = (...fields: Uint8Array[]): Uint8Array => of(PSS, encodeDer(SEQUENCE, ...fields));

describe('findSignatureRow', () => {
  it.each(rfc7427.cases)('RFC 7427 appendix A: $name', ({ name, algorithmIdentifier }) => {
    const octets = fromHex(algorithmIdentifier);
    const shortName = identifiers[name];
    if (shortName !== undefined) expect(findSignatureRow(rows, octets)).toBe(rowOf(rows, shortName));
    else expect(() => findSignatureRow(rows, octets)).toThrow(expect.objectContaining({ code: 'unknown-algorithm', blame: 'peer' }));
    // and they are what we send, but for RSASSA-PSS, where RFC 4055 wants the trailer left out
    if (shortName !== undefined && shortName !== 'rsa-pss-sha256')
      expect(toHex(rowOf(rows, shortName).algorithmIdentifier)).toBe(algorithmIdentifier);
  });

  it('finds each row by what it sends', () => {
    for (const row of rows) {
      expect(findSignatureRow(rows, row.algorithmIdentifier)).toBe(row);
      expect(row.algorithmIdentifier.length).toBeLessThan(256); // RFC 7427 section 3: an octet says how long it is
    }
    expect(new Set(rows.map((row) => toHex(row.algorithmIdentifier))).size).toBe(rows.length);
  });

  it('sends RSASSA-PSS as strongSwan and libreswan do', () => {
    // ikev2-rsapss-sha256 of vectors/ikev2/strongswan
    const recorded =
      '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120';
    expect(toHex(rsaPssSha256.algorithmIdentifier)).toBe(recorded);
  });

  it('takes the two encodings of RSA', () => {
    expect(findSignatureRow(rows, of('1.2.840.113549.1.1.11'))).toBe(rsaSha256);
    expect(findSignatureRow(rows, of('1.2.840.113549.1.1.11', none))).toBe(rsaSha256);
    for (const parameters of ['3000', '050100', '04020500']) {
      const octets = of('1.2.840.113549.1.1.11', fromHex(parameters));
      expect(() => findSignatureRow(rows, octets)).toThrow(expect.objectContaining({ code: 'unknown-algorithm', blame: 'peer' }));
    }
    expect(() => findSignatureRow(rows, of('1.2.840.10045.4.3.2', none))).toThrow(/expected one of .*, found 1\.2\.840\.10045\.4\.3\.2/);
  });

  it('takes what RFC 4055 calls equivalent in RSASSA-PSS', () => {
    const bare = encodeDer(0xa0, of(SHA256));
    const bareMask = encodeDer(0xa1, of('1.2.840.113549.1.1.8', of(SHA256)));
    for (const octets of [
      pss(hashField(SHA256), maskField(SHA256), saltField(32)),
      pss(hashField(SHA256), maskField(SHA256), saltField(32), trailerField(1)),
      pss(bare, bareMask, saltField(32)),
      pss(bare, maskField(SHA256), saltField(32), trailerField(1)),
    ]) {
      expect(findSignatureRow(rows, octets)).toBe(rsaPssSha256);
    }
  });

  it('has the defaults of RSASSA-PSS: SHA-1, which has no row', () => {
    for (const octets of [
      pss(),
      pss(hashField(SHA1)),
      pss(maskField(SHA1)),
      pss(hashField(SHA1), maskField(SHA1), saltField(20), trailerField(1)),
    ]) {
      expect(() => findSignatureRow(rows, octets)).toThrow(/found RSASSA-PSS with SHA1$/);
    }
  });

  it('looks only at the rows that are allowed', () => {
    expect(() => findSignatureRow(defaultSignatureRows, rsaSha1.algorithmIdentifier)).toThrow(/found 1\.2\.840\.113549\.1\.1\.5$/);
    expect(() => findSignatureRow([], rsaSha1.algorithmIdentifier)).toThrow('a signature: expected an algorithm, but no rows were given');
  });

  it.each([
    ['no parameters', of(PSS), 'a signature: expected parameters of RSASSA-PSS, found none'],
    ['NULL as parameters', of(PSS, none), 'expected a SEQUENCE, found NULL'],
    [
      'another mask hash',
      pss(hashField(SHA256), maskField(SHA384), saltField(32)),
      'expected MGF1 with SHA2-256, found MGF1 with SHA2-384',
    ],
    ['no mask', pss(hashField(SHA256), saltField(32)), 'expected MGF1 with SHA2-256, found MGF1 with SHA1'],
    ['no hash', pss(maskField(SHA256), saltField(32)), 'expected MGF1 with SHA1, found MGF1 with SHA2-256'],
    ['no salt length', pss(hashField(SHA256), maskField(SHA256)), 'expected a salt of 32 octets, as long as SHA2-256, found 20'],
    ['no salt', pss(hashField(SHA256), maskField(SHA256), saltField(0)), 'found 0'],
    ['a huge salt', pss(hashField(SHA256), maskField(SHA256), saltField(0x7f, 255, 255, 255)), 'found more than 65535'],
    ['a negative salt', pss(hashField(SHA256), maskField(SHA256), encodeDer(0xa2, fromHex('0201ff'))), 'found a negative one'],
    ['another trailer', pss(hashField(SHA256), maskField(SHA256), saltField(32), trailerField(2)), 'expected the trailer 1, found 2'],
    [
      'fields in another order',
      pss(maskField(SHA256), hashField(SHA256), saltField(32)),
      'expected the next field of RSASSA-PSS, found tag 0xa0',
    ],
    ['a field twice', pss(hashField(SHA256), hashField(SHA256), maskField(SHA256), saltField(32)), 'found tag 0xa0'],
    ['an empty field', pss(encodeDer(0xa0), maskField(SHA256), saltField(32)), 'expected one element, found none'],
    ['two in a field', pss(encodeDer(0xa2, fromHex('020120020120'))), 'expected one element, found more'],
    ['a field more', pss(hashField(SHA256), maskField(SHA256), saltField(32), trailerField(1), encodeDer(0xa4, none)), 'found tag 0xa4'],
    ['MD5', pss(hashField('1.2.840.113549.2.5')), 'found 1.2.840.113549.2.5'],
    ['a mask that is not MGF1', pss(encodeDer(0xa1, of(SHA256, none))), 'expected MGF1 for RSASSA-PSS, found 2.16.840.1.101.3.4.2.1'],
    ['MGF1 without a hash', pss(encodeDer(0xa1, of('1.2.840.113549.1.1.8'))), 'found MGF1 without'],
    ['MGF1 with NULL', pss(encodeDer(0xa1, of('1.2.840.113549.1.1.8', none))), 'expected a SEQUENCE, found NULL'],
    ['a hash with odd parameters', pss(encodeDer(0xa0, of(SHA256, fromHex('050100')))), 'expected NULL or nothing behind a hash'],
    ['octets behind it', fromHex('300d06092a864886f70d01010b050000'), 'an algorithm identifier: expected 15 octets, found 16'],
    ['a long length', fromHex('30810d06092a864886f70d01010b0500'), 'a length as short as can be'],
    ['nothing', new Uint8Array(0), 'expected 2 octets, found 0'],
  ])('refuses %s', (_, octets, words) => {
    const peer: unknown = expect.objectContaining({ name: 'IpsecError', message: expect.stringContaining(words) as string });
    expect(() => findSignatureRow(rows, octets)).toThrow(peer);
  });
});
