import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../src/bytes.js';
import {
  BIT_STRING,
  decodeDer,
  type Der,
  derContents,
  derExactly,
  derFields,
  derListOf,
  derWhole,
  encodeDer,
  encodeDerBits,
  encodeDerIdentifier,
  encodeDerUnsigned,
  expectTag,
  INTEGER,
  NULL,
  OBJECT_IDENTIFIER,
  readDerBits,
  readDerIdentifier,
  readDerUnsigned,
  SEQUENCE,
  SET,
} from '../src/der.js';

const subject = { what: 'a thing', path: 'thing' };
const decode = (hex: string, tag?: number): Der => decodeDer(fromHex(hex), subject, tag);

describe('DER', () => {
  it('has one encoding for a length', () => {
    const bad: readonly (readonly [string, object])[] = [
      ['', { code: 'truncated', offset: 0, found: '0' }],
      ['30', { code: 'truncated', offset: 0 }],
      ['3001', { code: 'malformed', offset: 1, expected: 'a length of up to 0', found: '1' }],
      ['30800000', { code: 'malformed', offset: 1, expected: 'a definite length' }],
      ['308100', { code: 'malformed', offset: 1, found: 'a longer one' }],
      [`30817f${'00'.repeat(127)}`, { code: 'malformed', offset: 1, found: 'a longer one' }],
      [`308200ff${'00'.repeat(255)}`, { code: 'malformed', offset: 1, found: 'a longer one' }],
      ['3083010000', { code: 'malformed', offset: 1, expected: 'a length of up to two octets', found: '3' }],
      ['30ff', { code: 'malformed', offset: 1, found: '127' }],
      ['3082', { code: 'malformed', offset: 1, expected: 'a length of 2 octets', found: '0' }],
      ['3f0100', { code: 'malformed', offset: 0, expected: 'a tag of one octet' }],
      ['300000', { code: 'trailing-octets', offset: 2, expected: '2 octets', found: '3' }],
    ];
    for (const [hex, error] of bad) {
      expect(() => decode(hex)).toThrow(expect.objectContaining({ name: 'IpsecError', path: 'thing', ...error }));
    }
    for (const length of [0, 1, 127, 128, 255, 256, 65535]) {
      const contents = new Uint8Array(length).fill(7);
      expect(derContents(decodeDer(encodeDer(0x04, contents), subject))).toEqual(contents);
    }
    expect(() => encodeDer(0x04, new Uint8Array(0x10000))).toThrow(expect.objectContaining({ code: 'limit-exceeded' }));
  });

  it('names tags that are expected and found', () => {
    expect(() => decode('3000', SET)).toThrow('a thing: expected a SET, found a SEQUENCE (thing at octet 0)');
    expect(() => decode('a000', SET)).toThrow('found tag 0xa0');
    expect(() => derFields(decode('30020500'), INTEGER)).toThrow('expected an INTEGER, found NULL (thing at octet 2)');
    expect(() => derFields(decode('30020500'), NULL, INTEGER)).toThrow('expected an INTEGER, found nothing (thing at octet 4)');
    expect(() => derExactly(decode('300405000500'), NULL)).toThrow('expected no more than 1 elements, found NULL (thing at octet 4)');
    expect(() => derListOf(decode('300505000101ff'), NULL)).toThrow(expect.objectContaining({ code: 'malformed', offset: 4 }));
    expect(() => derFields(decode('020100'))).toThrow('expected an element with elements inside, found an INTEGER');
  });

  it('is never read beyond the element that holds it', () => {
    const [inner, outer] = derFields(decode('3009 3003040200 0402ffff'));
    expect(derContents(outer!)).toEqual(fromHex('ffff'));
    const error = { code: 'malformed', offset: 5, expected: 'a length of up to 1', found: '2' };
    expect(() => derFields(inner!)).toThrow(expect.objectContaining(error));
  });

  it('is not followed for ever', () => {
    let der: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < 100; i++) der = encodeDer(SEQUENCE, der);
    let element: Der | undefined = decodeDer(der, subject);
    const descend = (): void => {
      while (element !== undefined) element = derFields(element)[0];
    };
    expect(descend).toThrow('expected at most 12 levels, found one more');
  });

  it('has one encoding for a number', () => {
    const read = (hex: string): string => toHex(readDerUnsigned(decode(hex)));
    expect([read('020100'), read('02017f'), read('02020080'), read('0203010001')]).toEqual(['00', '7f', '80', '010001']);
    for (const [hex, expected] of [
      ['0200', 'a number'],
      ['020180', 'not negative'],
      ['0202ff01', 'not negative'],
      ['0202007f', 'without leading zeros'],
      ['02020000', 'without leading zeros'],
      ['040100', 'an INTEGER'],
    ] as const) {
      expect(() => read(hex)).toThrow(expected);
    }
    expect(['', '00', '0000', '7f', '0080', '80'].map((hex) => toHex(encodeDerUnsigned(fromHex(hex))))).toEqual([
      '020100',
      '020100',
      '020100',
      '02017f',
      '02020080',
      '02020080',
    ]);
  });

  it('has bits in whole octets', () => {
    expect(toHex(readDerBits(decode('030200ff')))).toBe('ff');
    expect(toHex(readDerBits(decode('030100')))).toBe('');
    for (const hex of ['0300', '030201fe', '030208ff', '0401ff'])
      expect(() => readDerBits(decode(hex))).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(toHex(encodeDerBits(fromHex('0102')))).toBe('0303000102');
  });

  it.each([
    '2.5.4.3',
    '1.2.840.113549.1.1.10',
    '0.9.2342.19200300.100.1.1',
    '2.999.1',
    '1.3.101.112',
    '2.16.840.1.101.3.4.2.1',
    '0.0',
    '2.47',
  ])('writes and reads %s', (text) => {
    const der = encodeDerIdentifier(text);
    expect(readDerIdentifier(decodeDer(der, subject, OBJECT_IDENTIFIER))).toBe(text);
  });

  it('has one encoding for an object identifier', () => {
    expect(toHex(encodeDerIdentifier('1.2.840.113549'))).toBe('06062a864886f70d');
    for (const [hex, offset] of [
      ['0600', 0],
      ['0601ff', 0],
      ['06022a86', 0],
      ['06032a8001', 3],
      ['060a2affffffffffffffff7f', 9],
    ] as const) {
      expect(() => readDerIdentifier(decode(hex))).toThrow(expect.objectContaining({ code: 'malformed', offset }));
    }
  });

  it('ends, whatever the octets are, in elements or in an IpsecError', () => {
    const walk = (element: Der): number => {
      if (element.tag === BIT_STRING) readDerBits(element);
      if (element.tag === INTEGER) readDerUnsigned(element);
      if (element.tag === OBJECT_IDENTIFIER) readDerIdentifier(element);
      if ((element.tag & 0x20) === 0) return 1;
      return derFields(element).reduce((sum, field) => sum + walk(field), 1);
    };
    const tags = fc.constantFrom(0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31, 0xa0, 0x80, 0x01);
    const octets = fc.array(fc.oneof(tags, fc.integer({ min: 0, max: 8 }), fc.nat(255)), { maxLength: 60 });
    fc.assert(
      fc.property(octets, (list) => {
        try {
          const element = decodeDer(Uint8Array.from(list), subject);
          expect(derWhole(element)).toHaveLength(list.length);
          expect(walk(element)).toBeLessThanOrEqual(list.length);
        } catch (error) {
          expect(error).toMatchObject({ name: 'IpsecError', path: 'thing' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('gives an element back when its tag is right', () => {
    const element = decode('0500');
    expect(expectTag(element, NULL)).toBe(element);
  });
});
