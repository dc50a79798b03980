import { describe, expect, expectTypeOf, test } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  array,
  bits,
  bytes,
  coded,
  converted,
  countOf,
  decode,
  elementSizeOf,
  encode,
  flag,
  octetMap,
  rest,
  struct,
  substructures,
  u16,
  u8,
  type ValueOf,
  variant,
} from '../../src/wire.js';
import { checkDeclaration } from './check.js';

const colours = [
  { id: 1, name: 'RED' },
  { id: 2, name: 'GREEN' },
] as const;
const painted = struct({ colour: coded(u8, colours), loud: flag, shade: coded(bits(7), colours) });
const listed = struct({ size: elementSizeOf('items', u8), count: countOf('items', u16), items: array(bytes('size', 1), 'count') });
const chosen = struct({ colour: coded(u8, colours), body: variant('colour', { 1: u16, 2: bytes(3) }) });
const even = converted(
  struct({ half: u8, tail: rest }),
  ({ half, tail }, octets) => {
    if (half > 100) throw new IpsecError('malformed', 'a number', { expected: 'at most 100', found: `${half}`, offset: 0 });
    return { double: 2 * half, tail, octets: octets.length };
  },
  ({ double, tail }) => (tail.length === 1 ? Uint8Array.of(double / 2, tail[0]!) : { half: double / 2, tail }),
);

const failure = (act: () => unknown): IpsecError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(IpsecError);
    return error as IpsecError;
  }
  throw new Error('was accepted');
};

describe('coded', () => {
  test('a number with a name is its name, any other is itself', () => {
    expectTypeOf<ValueOf<typeof painted>['colour']>().toEqualTypeOf<'RED' | 'GREEN' | number>();
    expect(decode(painted, fromHex('0282'))).toEqual({ colour: 'GREEN', loud: true, shade: 'GREEN' });
    expect(decode(painted, fromHex('0903'))).toEqual({ colour: 9, loud: false, shade: 3 });
    expect(toHex(encode(painted, { colour: 'RED', loud: false, shade: 9 }))).toBe('0109');
    expect(toHex(encode(painted, { colour: 1, loud: false, shade: 'GREEN' }))).toBe('0102');
    expect(decode(coded(u8, colours), fromHex('02'))).toBe('GREEN');
    expect(toHex(encode(coded(u8, colours), 'RED'))).toBe('01');
  });

  test('a name that is not in the registry: the nearest one is named', () => {
    const error = failure(() => encode(painted, { colour: 'GREN' as 'GREEN', loud: false, shade: 0 }));
    expect(error.message).toBe(
      'a value to encode: expected a name of the registry, or a number, found "GREN", did you mean GREEN? (colour at octet 0)',
    );
    expect(failure(() => encode(painted, { colour: 256, loud: false, shade: 0 })).message).toContain('expected 0 to 255, found 256');
    expect(failure(() => encode(painted, { colour: true as unknown as number, loud: false, shade: 0 })).code).toBe('invalid-argument');
    expect(failure(() => encode(coded(u8, colours), 'constructor' as 'RED')).code).toBe('invalid-argument');
  });

  test('the octet map shows number and name; a variant goes by the number', () => {
    expect(octetMap(painted, fromHex('0103')).fields.map((f) => [f.path, f.value, f.name])).toEqual([
      ['colour', 1, 'RED'],
      ['loud', false, undefined],
      ['shade', 3, undefined],
    ]);
    expect(decode(chosen, fromHex('010203'))).toEqual({ colour: 'RED', body: 0x0203 });
    expect(toHex(encode(chosen, { colour: 'GREEN', body: fromHex('010203') }))).toBe('02010203');
  });

  test('round trips and mutations', () => {
    checkDeclaration(painted);
    checkDeclaration(chosen);
  });
});

describe('elementSizeOf', () => {
  test('all elements are of one size, which is not zero', () => {
    expect(decode(listed, fromHex('020002aabbccdd'))).toEqual({ items: [fromHex('aabb'), fromHex('ccdd')] });
    expect(toHex(encode(listed, { items: [fromHex('aabb'), fromHex('ccdd')] }))).toBe('020002aabbccdd');
    expect(toHex(encode(listed, { items: [] }))).toBe('000000');
    expect(failure(() => decode(listed, fromHex('00ffff'))).message).toContain('expected at least 1, found 0');
    expect(failure(() => encode(listed, { items: [fromHex('aabb'), fromHex('cc')] })).message).toContain('expected 2 octets, found 1');
    expect(failure(() => encode(listed, { items: [fromHex('')] })).message).toContain('at least 1');
  });

  test('round trips and mutations', () => {
    checkDeclaration(listed);
  });
});

describe('converted', () => {
  test('from the value of the wire or its octets, and back to either', () => {
    expect(decode(even, fromHex('05aabb'))).toEqual({ double: 10, tail: fromHex('aabb'), octets: 3 });
    expect(toHex(encode(even, { double: 10, tail: fromHex('aabb'), octets: 3 }))).toBe('05aabb');
    expect(toHex(encode(even, { double: 10, tail: fromHex('aa'), octets: 2 }))).toBe('05aa');
  });

  test('its own errors get path and offset; other errors stay what they are', () => {
    const inside = struct({ before: u16, it: even });
    expect(failure(() => decode(inside, fromHex('0000c8'))).message).toBe('a number: expected at most 100, found 200 (it at octet 2)');
    const broken = converted(
      u8,
      () => {
        throw new TypeError('a bug');
      },
      () => 0,
    );
    expect(() => decode(broken, fromHex('00'))).toThrow(TypeError);
  });

  test('the octet map shows the wire', () => {
    expect(octetMap(struct({ it: even }), fromHex('05aa')).fields.map((f) => [f.path, f.offset, f.length])).toEqual([
      ['it.half', 0, 1],
      ['it.tail', 1, 1],
    ]);
  });
});

describe('limits', () => {
  test('elements of all lists together are counted', () => {
    const nested = struct({ proposals: substructures(2, struct({ items: array(u8) })) });
    const octets = encode(nested, { proposals: [{ items: [1, 2, 3] }, { items: [4] }] });
    expect(decode(nested, octets, { elements: 6 }).proposals.length).toBe(2);
    const error = failure(() => decode(nested, octets, { elements: 5 }));
    expect([error.code, error.blame, error.path]).toEqual(['limit-exceeded', 'peer', 'proposals.1.items.0']);
  });
});
