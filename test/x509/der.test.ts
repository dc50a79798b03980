/** DER of strangers: one encoding only (X.690 sections 8 to 11), and an end to everything. */
import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { checkDer } from '../../src/x509/der.js';
import { bits, der, int, nul, octets, oid, seq, set, utf8, yes } from './maker.js';

const limits = { octets: 10_000, elements: 100 };
const outcome = (b: Uint8Array): string => {
  try {
    checkDer(b, 'it', limits);
    return 'whole';
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    return `${error.code} at ${error.offset ?? -1}, ${error.blame}`;
  }
};
const of = (...list: number[]): Uint8Array => Uint8Array.from(list);

describe('X.690: what passes', () => {
  it.each([
    ['an empty SEQUENCE', seq()],
    [
      'of all kinds',
      seq(set(int(5)), yes, der(0x01, of(0)), bits(of(0xf0), 4), bits(of()), octets(of(1, 2)), nul, oid('2.5.4.3'), der(0x0c, utf8('é'))),
    ],
    ['a negative INTEGER', der(0x02, of(0x80))],
    ['an INTEGER whose first octet keeps the sign', der(0x02, of(0, 0x80))],
    ['times', seq(der(0x17, utf8('491231235959Z')), der(0x18, utf8('20500101000000Z')))],
    ['context tags, as they may be anything', seq(der(0x80, of(1, 2, 3)), der(0xa0, int(1)))],
    ['200 octets', octets(new Uint8Array(200))],
    ['a depth of 24', nest(25)],
  ])('%s', (_, b) => {
    expect(outcome(b)).toBe('whole');
  });
});

describe('X.690: what does not pass, where, and whose fault it is', () => {
  it.each([
    ['nothing', of(), 'truncated at 0'],
    ['one octet', of(0x30), 'truncated at 0'],
    ['an octet behind', of(0x05, 0x00, 0x00), 'trailing-octets at 2'],
    ['contents that are missing', of(0x04, 0x02, 0x00), 'truncated at 1'],
    ['a length that is missing', of(0x04, 0x82, 0x01), 'truncated at 1'],
    ['an indefinite length', of(0x30, 0x80, 0x00, 0x00), 'malformed at 1'],
    ['a length of five octets', of(0x30, 0x85, 0, 0, 0, 0, 0), 'malformed at 1'],
    ['a longer length than needed', of(0x04, 0x81, 0x01, 0x00), 'malformed at 1'],
    ['a length with a leading zero', of(0x04, 0x82, 0x00, 0x80, ...Array.from({ length: 128 }, () => 0)), 'malformed at 1'],
    ['a tag of two octets', of(0x1f, 0x20, 0x00), 'malformed at 0'],
    ['an end of contents', of(0x00, 0x00), 'malformed at 0'],
    ['a child that is longer than its parent', seq(of(0x04, 0x03, 0x00)), 'truncated at 3'],
    ['a constructed OCTET STRING', der(0x24, octets(of(1))), 'malformed at 0'],
    ['a primitive SEQUENCE', der(0x10), 'malformed at 0'],
    ['a BOOLEAN of 1', der(0x01, of(1)), 'malformed at 2'],
    ['an INTEGER without octets', der(0x02), 'malformed at 2'],
    ['an INTEGER with an octet to spare', der(0x02, of(0, 0x7f)), 'malformed at 2'],
    ['a negative INTEGER with an octet to spare', der(0x02, of(0xff, 0x80)), 'malformed at 2'],
    ['an INTEGER as long as a book', der(0x02, new Uint8Array(3000).fill(1)), 'malformed at 4'],
    ['a BIT STRING without octets', der(0x03), 'malformed at 2'],
    ['eight unused bits', bits(of(0), 8), 'malformed at 2'],
    ['unused bits of nothing', bits(of(), 1), 'malformed at 2'],
    ['unused bits that are not zero', bits(of(0x01), 1), 'malformed at 2'],
    ['a NULL with contents', der(0x05, of(0)), 'malformed at 2'],
    ['an object identifier without octets', der(0x06), 'malformed at 2'],
    ['an arc with padding', der(0x06, of(0x55, 0x80, 0x01)), 'malformed at 2'],
    ['an arc without end', der(0x06, of(0x55, 0x81)), 'malformed at 2'],
    ['what is no UTF-8', der(0x0c, of(0xc3, 0x28)), 'malformed at 2'],
    ['what is no ASCII', der(0x16, of(0xe9)), 'malformed at 2'],
    ['the 30th of February', der(0x17, utf8('260230000000Z')), 'malformed at 2'],
    ['hour 24', der(0x17, utf8('260201240000Z')), 'malformed at 2'],
    ['a time of another place', der(0x17, utf8('2602012300+0100')), 'malformed at 2'],
    ['parts of a second', der(0x18, utf8('20260201230000.1Z')), 'malformed at 2'],
    ['a depth of 25', nest(26), 'limit-exceeded at 48'],
    ['101 elements', seq(...Array.from({ length: 100 }, () => nul)), 'limit-exceeded at 201'],
    ['10001 octets', octets(new Uint8Array(9997)), 'limit-exceeded at 0'],
  ])('%s', (_, b, expected) => {
    expect(outcome(b)).toBe(`${expected}, peer`);
  });
});

/** NULL in so many SEQUENCEs, less one. */
function nest(depth: number): Uint8Array {
  let inner = nul;
  for (let i = 1; i < depth; i++) inner = seq(inner);
  return inner;
}
