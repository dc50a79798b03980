import { describe, expect, it } from 'vitest';
import { concat, fromHex } from '../../src/bytes.js';
import { encodeDer, encodeDerBits, encodeDerIdentifier, encodeDerUnsigned, NULL, SEQUENCE } from '../../src/der.js';
import {
  decodeEcdsaSignature,
  decodePublicKey,
  defaultSignatureRows,
  ecdsaSha256,
  encodeEcdsaSignature,
  encodePublicKey,
  findSignatureRow,
} from '../../src/suite/sign.js';
import { legacySignatureRows } from '../../src/suite/sign-legacy.js';
import rfc4754 from '../../vectors/suite/rfc4754-ecdsa-auth.json' with { type: 'json' };
import { describeForgeries } from './signatures-cases.js';
import { ownKey } from './signatures-forge.js';

describeForgeries([...defaultSignatureRows, ...legacySignatureRows]);

const refusal = (words: string): unknown =>
  expect.objectContaining({ name: 'IpsecError', message: expect.stringContaining(words) as string });

describe('rows 14 and 18: public keys that are none', () => {
  const spki = (modulus: Uint8Array, exponent: Uint8Array): Uint8Array =>
    encodeDer(
      SEQUENCE,
      encodeDer(SEQUENCE, encodeDerIdentifier('1.2.840.113549.1.1.1'), encodeDer(NULL)),
      encodeDerBits(encodeDer(SEQUENCE, encodeDerUnsigned(modulus), encodeDerUnsigned(exponent))),
    );
  const even = Uint8Array.from(ownKey.modulus);
  even[255]! ^= 1;
  it.each([
    ['a tiny modulus', spki(Uint8Array.of(0xfb), Uint8Array.of(3)), 'expected 1024 to 16384 bits, found 8'],
    ['a modulus of 512 bits', spki(ownKey.modulus.subarray(0, 64), Uint8Array.of(3)), 'found 512'],
    ['a modulus of zero', spki(new Uint8Array(1), Uint8Array.of(3)), 'found 0'],
    ['a modulus of 65000 bits', spki(new Uint8Array(8125).fill(0xff), Uint8Array.of(3)), 'found 65000'],
    ['an even modulus', spki(even, Uint8Array.of(3)), 'expected an odd number, found an even one'],
    ['an even exponent', spki(ownKey.modulus, Uint8Array.of(2)), 'expected an odd number, found an even one'],
    ['the exponent 1', spki(ownKey.modulus, Uint8Array.of(1)), 'expected 3 or more, found 1'],
    ['the exponent 0', spki(ownKey.modulus, Uint8Array.of(0)), 'expected 3 or more, found 0'],
    ['an exponent as long as the modulus', spki(ownKey.modulus, ownKey.modulus), 'expected at most 64 bits, found 2048'],
  ])('%s', (_, der, words) => {
    expect(() => decodePublicKey(der)).toThrow(refusal(words));
  });
});

describe('row 15: parameters of RSASSA-PSS', () => {
  const sha256 = '300d06096086480165030402010500';
  const field = (tag: string, contents: string): string => `${tag}${(contents.length / 2).toString(16).padStart(2, '0')}${contents}`;
  const hash = field('a0', sha256);
  const mgf1 = field('a1', field('30', `06092a864886f70d010108${sha256}`));
  const identifier = (...fields: string[]): Uint8Array => fromHex(field('30', `06092a864886f70d01010a${field('30', fields.join(''))}`));

  it('the right ones are taken, so that all others mean something', () => {
    expect(findSignatureRow(defaultSignatureRows, identifier(hash, mgf1, 'a203020120'))).toMatchObject({ shortName: 'rsa-pss-sha256' });
  });
  it.each([
    ['absent MGF', identifier(hash, 'a203020120'), 'expected MGF1 with SHA2-256, found MGF1 with SHA1'],
    ['an MGF that is nothing', identifier(hash, 'a100', 'a203020120'), 'expected one element, found none'],
    ['an MGF without a hash', identifier(hash, field('a1', '300b06092a864886f70d010108'), 'a203020120'), 'found MGF1 without'],
    ['a huge salt', identifier(hash, mgf1, 'a20602047fffffff'), 'expected a salt of 32 octets, as long as SHA2-256, found more than 65535'],
    ['a salt that is longer than memory', identifier(hash, mgf1, `a20a0208${'7f'.repeat(8)}`), 'found more than 65535'],
    ['a negative salt', identifier(hash, mgf1, 'a2030201e0'), 'found a negative one'],
    ['a salt that was not said', identifier(hash, mgf1), 'found 20'],
    ['mismatched hashes', identifier(hash, mgf1.replaceAll('0402010500', '0402030500'), 'a203020120'), 'found MGF1 with SHA2-512'],
    ['no hash', identifier(mgf1, 'a203020120'), 'expected MGF1 with SHA1, found MGF1 with SHA2-256'],
  ])('%s', (_, octets, words) => {
    expect(() => findSignatureRow(defaultSignatureRows, octets)).toThrow(refusal(words));
  });
});

describe('ECDSA signatures that are none', () => {
  const [c] = rfc4754.cases;
  const key = encodePublicKey({ type: 'EC', curve: 'P-256', point: fromHex(`04${c!.pubX}${c!.pubY}`) });
  const message = fromHex(c!.message);
  const n = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
  const [r, s] = [fromHex(c!.r), fromHex(c!.s)];
  const zero = new Uint8Array(32);

  it('r or s are zero, the order, or nothing', () => {
    expect(ecdsaSha256.verify(key, message, concat(r, s))).toBe(true);
    for (const [a, b] of [
      [zero, zero],
      [zero, s],
      [r, zero],
      [n, s],
      [r, n],
      [n, n],
      [s, r],
      [r, r],
    ] as const) {
      expect(ecdsaSha256.verify(key, message, concat(a, b))).toBe(false);
    }
    const empty = new Uint8Array(0);
    for (const signature of [empty, r, concat(r, s.subarray(1)), concat(r, s, Uint8Array.of(0)), encodeEcdsaSignature(concat(r, s))]) {
      expect(ecdsaSha256.verify(key, message, signature)).toBe(false);
    }
  });

  it('the two forms are one signature', () => {
    const der = encodeEcdsaSignature(concat(r, s));
    expect(decodeEcdsaSignature(der, 'P-256')).toEqual(concat(r, s));
    expect(decodeEcdsaSignature(encodeEcdsaSignature(concat(zero, s)), 'P-256')).toEqual(concat(zero, s));
    for (const signature of [new Uint8Array(0), r.subarray(1)]) {
      expect(() => encodeEcdsaSignature(signature)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
  });

  it.each([
    ['nothing', '', 'truncated'],
    ['a negative r', '3006020180020101', 'malformed'],
    ['r with zeros in front', '300702020001020101', 'malformed'],
    ['one number', '3003020101', 'malformed'],
    ['three numbers', '3009020101020101020101', 'malformed'],
    ['octets behind it', '300602010102010100', 'trailing-octets'],
    ['a long length', '308106020101020101', 'malformed'],
    ['an indefinite length', '30800201010201010000', 'malformed'],
    ['r longer than the order', `3026022101${'00'.repeat(32)}020101`, 'malformed'],
    ['something else', '3006040101040101', 'malformed'],
  ])('DER with %s', (_, hex, code) => {
    expect(() => decodeEcdsaSignature(fromHex(hex), 'P-256')).toThrow(
      expect.objectContaining({ name: 'IpsecError', code, path: 'signature' }),
    );
  });
});
