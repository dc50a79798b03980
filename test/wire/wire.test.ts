import { describe, expect, expectTypeOf, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  array,
  bits,
  bytes,
  type Codec,
  constant,
  countOf,
  decode,
  decodePrefix,
  encode,
  flag,
  lengthOf,
  octetMap,
  optional,
  reserved,
  rest,
  sizeOf,
  struct,
  substructures,
  u16,
  u32,
  u64,
  u8,
  type ValueOf,
  variant,
  when,
  within,
} from '../../src/wire.js';
import { readCapture } from '../../src/capture/pcap.js';
import { captures } from '../capture/captures.js';
import { checkDeclaration } from './check.js';
import type { attribute, numbers, proposal } from './declarations.js';
import { all, bitGroups, securityAssociation, sized, tagged } from './declarations.js';

const failure = (act: () => unknown): IpsecError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return error as IpsecError;
  }
  throw new Error('was accepted');
};

describe('types', () => {
  test('derived, constant and reserved fields are not in the value', () => {
    type Proposal = ValueOf<typeof proposal>;
    expectTypeOf<keyof Proposal>().toEqualTypeOf<'proposalNum' | 'protocolId' | 'spi' | 'transforms'>();
    expectTypeOf<Proposal['spi']>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<Proposal['transforms'][number]['id']>().toEqualTypeOf<number>();
    expectTypeOf<ValueOf<typeof attribute>['value']>().toEqualTypeOf<number | { readonly octets: Uint8Array } | Uint8Array>();
    expectTypeOf<ValueOf<typeof numbers>['f']>().toEqualTypeOf<bigint>();
    expectTypeOf<keyof ValueOf<typeof bitGroups>>().toEqualTypeOf<'wide' | 'top' | 'five' | 'three' | 'options'>();
    expectTypeOf<ValueOf<typeof bitGroups>['top']>().toEqualTypeOf<boolean>();
  });
});

describe('RFC 7296 section 3.3: the SA payload', () => {
  const value = [
    { proposalNum: 1, protocolId: 1, spi: fromHex(''), transforms: [{ type: 1, id: 12, attributes: [{ isShort: true, type: 14, value: 256 }] }, { type: 2, id: 5, attributes: [] }] }, // prettier-ignore
    { proposalNum: 2, protocolId: 3, spi: fromHex('01020304'), transforms: [{ type: 5, id: 0, attributes: [] }] },
  ];
  const wire = '0200001c010100020300000c0100000c800e01000000000802000005' + '0000001402030401010203040000000805000000';

  test('markers, lengths and counts are computed', () => {
    expect(toHex(encode(securityAssociation, value))).toBe(wire);
    expect(decode(securityAssociation, fromHex(wire))).toEqual(value);
    expect(encode(securityAssociation, [])).toEqual(new Uint8Array(0));
  });

  test('a real one: IKE_SA_INIT of a capture, decoded and encoded again', () => {
    const [first] = [...readCapture(captures['tcpdump-ikev2four.pcap']!)];
    if (first === undefined || first.error) throw new Error('the capture');
    const ike = 4 + 20 + 8;
    const length = (first.data[ike + 30]! << 8) | first.data[ike + 31]!;
    const octets = first.data.subarray(ike + 32, ike + 28 + length);
    const proposals = decode(securityAssociation, octets);
    expect(proposals.map((p) => p.transforms.map((t) => [t.type, t.id]))).toEqual([
      // as tshark prints them
      [
        [1, 12],
        [1, 12],
        [1, 12],
        [1, 3],
        [2, 2],
        [2, 1],
        [2, 4],
        [3, 2],
        [3, 1],
        [3, 5],
        [4, 2],
        [4, 14],
      ],
    ]);
    expect(toHex(encode(securityAssociation, proposals))).toBe(toHex(octets));
  });

  test('an error tells path and octet', () => {
    const count = fromHex(wire);
    count[7] = 9;
    const error = failure(() => decode(securityAssociation, count, { path: ['payloads', 0, 'proposals'] }));
    expect(error.message).toBe('2 substructures: expected 9, as the header says, found 2 (payloads.0.proposals.0.transforms at octet 8)');
    expect([error.code, error.blame]).toEqual(['malformed', 'network']);
    const change = (at: number, to: number): string => {
      const octets = fromHex(wire);
      octets[at] = to;
      return failure(() => decode(securityAssociation, octets)).message;
    };
    expect(change(0, 3)).toBe('Last Substruc: expected 0 or 2, found 3 (0 at octet 0)');
    expect(change(8, 2)).toBe('Last Substruc: expected 0 or 3, found 2 (0.transforms.0 at octet 8)');
    expect(change(3, 3)).toBe('the length of a substructure: expected at least 8, found 3 (0 at octet 2)');
    expect(change(3, 200)).toBe('a substructure: expected 200 octets, found 48 (0 at octet 0)');
    expect(change(0, 0)).toBe('octets behind a structure: expected its end at octet 28, found 20 more octets (at octet 28)');
    expect(change(11, 0x0b)).toBe('a field: expected 2 octets, found 1 (0.transforms.0.attributes.0.value at octet 18)');
    expect(change(34, 13)).toBe('a field: expected 13 octets, found 12 (1.spi at octet 36)');
  });

  test('the octet map shows what the value does not', () => {
    const { fields, end, error } = octetMap(securityAssociation, fromHex(wire));
    expect([end, error]).toEqual([48, undefined]);
    expect(fields.slice(0, 16).map((f) => [f.path, f.offset, f.length, f.value])).toEqual([
      ['0.lastSubstruc', 0, 1, 2],
      ['0.reserved', 1, 1, 0],
      ['0.length', 2, 2, 28],
      ['0.proposalNum', 4, 1, 1],
      ['0.protocolId', 5, 1, 1],
      ['0.spiSize', 6, 1, 0],
      ['0.numTransforms', 7, 1, 2],
      ['0.spi', 8, 0, new Uint8Array(0)],
      ['0.transforms.0.lastSubstruc', 8, 1, 3],
      ['0.transforms.0.reserved', 9, 1, 0],
      ['0.transforms.0.length', 10, 2, 12],
      ['0.transforms.0.type', 12, 1, 1],
      ['0.transforms.0.reserved', 13, 1, 0],
      ['0.transforms.0.id', 14, 2, 12],
      ['0.transforms.0.attributes.0.isShort', 16, 2, true],
      ['0.transforms.0.attributes.0.type', 16, 2, 14],
    ]);
    expect(fields[15]!.bits).toEqual({ from: 1, count: 15 });
  });

  test('the octet map of broken octets goes as far as it can', () => {
    const { fields, end, error } = octetMap(securityAssociation, fromHex(wire).subarray(0, 30));
    expect([fields.length, end, error?.code]).toEqual([23, 28, 'truncated']);
    expect(octetMap(u8, fromHex(''))).toMatchObject({ fields: [], end: 0, error: { code: 'truncated' } });
  });
});

describe('decoding', () => {
  test('octets are views; reserved octets and padding are ignored on receipt and sent as zero', () => {
    const codec = struct({ r: reserved(3), data: rest });
    const octets = fromHex('aabbcc0102');
    const value = decode(codec, octets);
    expect(value.data.buffer).toBe(octets.buffer);
    expect(toHex(encode(codec, value))).toBe('0000000102');
  });

  test('a window in the middle: offsets count from the beginning', () => {
    const octets = fromHex('ffff0001ffff');
    expect(decode(u16, octets, { start: 2, end: 4 })).toBe(1);
    expect(decodePrefix(struct({ a: u8, b: u8 }), octets, { start: 2 })).toEqual({ value: { a: 0, b: 1 }, end: 4 });
    expect(failure(() => decode(u32, octets, { start: 2, end: 4, path: ['x', 7] })).message).toBe(
      'a field: expected 4 octets, found 2 (x.7 at octet 2)',
    );
    for (const [start, end] of [[3, 2], [-1, 2], [0, 7], [Number.NaN, 2]] as const) expect(failure(() => decode(u8, octets, { start, end })).code).toBe('invalid-argument'); // prettier-ignore
  });

  test('64-bit numbers: up to 2^53 - 1 as number, all as bigint', () => {
    expect(decode(u64, fromHex('001fffffffffffff'))).toBe(Number.MAX_SAFE_INTEGER);
    expect(toHex(encode(u64, Number.MAX_SAFE_INTEGER))).toBe('001fffffffffffff');
    expect(failure(() => decode(u64, fromHex('0020000000000000'))).message).toBe(
      'a 64-bit number: expected at most 2^53 - 1, found 0x200000... in its upper half (at octet 0)',
    );
  });

  test('a length that is too small, or too large, or does not fit its contents', () => {
    const message = (hex: string): string => failure(() => decode(sized, fromHex(hex))).message;
    expect(message('010001beef')).toBe('a length: expected at least 2, found 1 (length at octet 1)');
    expect(message('010100beef')).toBe('a structure: expected 257 octets, found 5 (length at octet 0)');
    expect(message('01000cbeee00000000000000')).toContain('expected 13 octets');
    expect(message('01000dbeee0000000000000001020304'.slice(0, 28))).toBe('a field: expected 48879, found 48878 (magic at octet 3)');
    expect(message('01000ebeef000000000000000102ff')).toBe('a structure: expected its end at octet 14, found 1 more octets (at octet 14)');
    expect(failure(() => decode(bitGroups, fromHex('40'))).message).toBe('a size: expected at least 1, found 0 (size at octet 0)');
    expect(failure(() => decode(bitGroups, fromHex('51'))).message).toBe('a field: expected 4, found 5 (version at octet 0)');
  });

  test('a tag without a case keeps the octets', () => {
    const codec = struct({ tag: u8, body: variant('tag', { 1: u16 }) });
    expect(decode(codec, fromHex('010203'))).toEqual({ tag: 1, body: 0x0203 });
    expect(decode(codec, fromHex('020203'))).toEqual({ tag: 2, body: fromHex('0203') });
    expect(decode(tagged, fromHex('0904aabbcc'))).toEqual({ tag: 9, body: { data: fromHex('aabbcc') } });
  });

  test('a count on the wire costs no more than the octets behind it', () => {
    const codec = struct({ count: countOf('list', u32), list: array(u8, 'count') });
    expect(failure(() => decode(codec, fromHex('ffffffff00'))).message).toBe('a field: expected 1 octet, found 0 (list.1 at octet 5)');
  });
});

describe('encoding', () => {
  test('what has no encoding is refused with its path', () => {
    const message = (codec: Codec<unknown>, value: unknown): string => failure(() => encode(codec, value)).message;
    const pair = struct({ size: sizeOf('data', u8), data: bytes('size'), list: array(struct({ n: u8 })) });
    expect(message(pair, { data: new Uint8Array(256), list: [] })).toBe(
      'a value to encode: expected 0 to 255, found 256 (size at octet 0)',
    );
    expect(message(pair, { data: new Uint8Array(1), list: [{ n: 1 }, { n: 256 }] })).toBe(
      'a value to encode: expected 0 to 255, found 256 (list.1.n at octet 3)',
    );
    expect(message(pair, { data: 'text', list: [] })).toBe('a value to encode: expected octets, found string (data at octet 1)');
    expect(message(pair, { data: new Uint8Array(0) })).toBe('a value to encode: expected a list, found nothing (list at octet 1)');
    expect(message(pair, undefined)).toBe('a value to encode: expected an object, found nothing (at octet 0)');
    expect(message(u8, 1.5)).toContain('expected 0 to 255, found 1.5');
    expect(message(u64, -1)).toContain('expected 0 to 2^53 - 1');
    expect(message(struct({ f: flag, b: bits(7) }), { f: 1, b: 0 })).toContain('expected true or false, found 1 (f');
    expect(message(struct({ f: flag, b: bits(7) }), { f: true, b: 128 })).toContain('expected 0 to 127, found 128 (b');
    expect(message(bitGroups, { wide: 0, top: true, five: 18, three: 0, options: fromHex('') })).toContain(
      'expected 3 to 17, found 18 (five',
    );
    expect(message(bitGroups, { wide: 0, top: true, five: 5, three: 0, options: fromHex('00') })).toContain(
      'expected 4 × n - 4 octets, found 1 (size',
    );
    expect(message(struct({ has: flag, skip: bits(7), it: when('has', (n) => n === 1, u8) }), { has: true, skip: 0 })).toContain(
      'expected a value, as has says, found nothing (it',
    );
    expect(message(struct({ has: flag, skip: bits(7), it: when('has', (n) => n === 1, u8) }), { has: false, skip: 0, it: 1 })).toContain(
      'expected nothing, as has says, found 1 (it',
    );
    expect(message(struct({ n: u8, data: bytes('n') }), { n: 2, data: fromHex('00') })).toContain('expected 2 octets, found 1 (data');
    expect(message(struct({ n: u8, list: array(u8, 'n') }), { n: 2, list: [1] })).toContain('expected 2 elements, found 1 (list');
    expect(message(within(3, rest), fromHex('00'))).toContain('expected 3 octets, found 1');
    expect(failure(() => encode(u8, 256)).blame).toBe('caller');
  });
});

describe('declarations that cannot work are refused at once', () => {
  test.each([
    ['a reference to nothing', () => struct({ a: bytes('nowhere') }), 'expected a field nowhere in front of a, found none'],
    ['a reference to a later field', () => struct({ a: bytes('b'), b: u8 }), 'expected a field b in front of a'],
    ['a reference to octets', () => struct({ a: rest, b: bytes('a') }), 'expected a number in the field a'],
    ['a size of an earlier field', () => struct({ a: u8, b: sizeOf('a', u8) }), 'expected a field a behind b, found none'],
    ['bits that fill no octet', () => struct({ a: bits(4), b: u8 }), 'expected a group of 8, 16, 24 or 32 bits, found 4'],
    ['a size in 64 bits', () => struct({ a: sizeOf('b', u64), b: bytes('a') }), 'expected a to be a number of at most 32 bits'],
    ['a list of nothing', () => array(struct({})), 'expected elements of at least 1 octet'],
    ['an optional field of nothing', () => optional(rest), 'expected an optional field of at least 1 octet'],
  ])('%s', (_name, declare, message) => {
    expect(failure(declare).message).toContain(message);
  });

  test('nesting is bounded by the declaration', () => {
    let codec: Codec<unknown> = u8;
    const nest = (): void => {
      for (let i = 0; i < 20; i++) codec = struct({ inner: codec });
    };
    expect(failure(nest).message).toContain('expected at most 16 levels');
  });

  test('what only a struct can read says so by itself', () => {
    for (const codec of [
      bits(8),
      sizeOf('x', u8),
      lengthOf(u8),
      bytes('x'),
      within('x', u8),
      variant('x', {}),
      when('x', () => true, u8),
    ] as Codec<unknown>[]) {
      expect(failure(() => decode(codec, fromHex('00'))).code).toBe('invalid-argument');
    }
    expect(failure(() => decode(constant(u8, 7), fromHex('08'))).message).toBe('a field: expected 7, found 8 (at octet 0)');
  });
});

describe('every declaration: round trip, truncation at every octet, every single-octet mutation, arbitrary octets', () => {
  test.each(Object.entries(all) as [string, Codec<unknown>][])('%s', (_name, codec) => {
    checkDeclaration(codec);
  });

  test('decoding is linear: a list of 60000 substructures', () => {
    const list = substructures(3, struct({ n: u8 }));
    const values = Array.from({ length: 60_000 }, (_, i) => ({ n: i & 0xff }));
    expect(decode(list, encode(list, values))).toEqual(values);
  });
});
