/**
 * Test values from a declaration: `arbitrary(codec, fc)` makes values that `encode` takes, with lengths, tags and limits that agree.
 */
import type * as FastCheck from 'fast-check';
import { IpsecError } from '../../src/errors.js';
import { type Codec, encode, type Shape, struct, type ValueOf } from '../../src/wire.js';

type Fc = typeof FastCheck.default;
/** The codecs of the structure around, and the values of its fields so far. */
interface Around {
  readonly fields: Readonly<Record<string, Codec<unknown>>>;
  readonly values: Readonly<Record<string, unknown>>;
}
const nowhere: Around = { fields: {}, values: {} };

export function arbitrary<C extends Codec<unknown>>(codec: C, fc: Fc): FastCheck.Arbitrary<ValueOf<C>> {
  return make(codec, fc, nowhere) as FastCheck.Arbitrary<ValueOf<C>>;
}

function make(codec: Codec<unknown>, fc: Fc, around: Around, low = 0, high = Infinity): FastCheck.Arbitrary<unknown> {
  const { shape } = codec;
  switch (shape.kind) {
    case 'uint':
      if (shape.flag) return fc.boolean();
      if (shape.big) return fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
      return fc.integer({ min: low, max: Math.min(high, 2 ** Math.min(shape.bits, 53) - 1) });
    case 'octets': {
      if (typeof shape.size === 'number') return fc.uint8Array({ minLength: shape.size, maxLength: shape.size });
      if (shape.size === undefined) return fc.uint8Array({ minLength: low, maxLength: Math.min(high, low + 24) });
      const size = sizeShape(around.fields[shape.size]);
      if (size === undefined) return exactly(Number(around.values[shape.size]), fc);
      const first = Math.max(0, Math.ceil(-size.plus / size.unit));
      return fc
        .integer({ min: first, max: first + Math.min(6, 2 ** numberBits(size.of) - 1 - first) })
        .chain((n) => exactly(n * size.unit + size.plus, fc));
    }
    case 'within':
      return typeof shape.size === 'number' ? filling(shape.of, shape.size, fc) : make(shape.of, fc, around, low, high);
    case 'padded':
    case 'named':
      return make(shape.of, fc, around, low, high);
    case 'limit':
      return make(shape.of, fc, around, shape.low, shape.high);
    case 'list': {
      const counted = typeof shape.count === 'string' && !('isHidden' in around.fields[shape.count]!);
      const count = typeof shape.count === 'number' ? shape.count : counted ? Number(around.values[shape.count]) : undefined;
      return fc.array(make(shape.of, fc, nowhere), { minLength: count ?? low, maxLength: count ?? Math.min(high, low + 4) });
    }
    case 'optional':
      return fc.option(make(shape.of, fc, around), { nil: undefined });
    case 'when':
      return shape.test(Number(around.values[shape.field])) ? make(shape.of, fc, around) : fc.constant(undefined);
    case 'variant':
      return make(shape.cases[Number(around.values[shape.field])] ?? shape.other, fc, around);
    case 'struct':
      return structure(shape.fields, fc);
    default:
      return fc.constant(undefined);
  }
}

/** Field by field, so that each sees the values in front of it; a tag is often one that has a case. */
function structure(fields: Readonly<Record<string, Codec<unknown>>>, fc: Fc): FastCheck.Arbitrary<unknown> {
  const tags = new Map(
    Object.values(fields).flatMap(({ shape }) =>
      shape.kind === 'variant' ? [[shape.field, Object.keys(shape.cases).map(Number)] as const] : [],
    ),
  );
  const made = Object.entries(fields).reduce<FastCheck.Arbitrary<Record<string, unknown>>>((before, [name, codec]) => {
    if ('isHidden' in codec) return before;
    return before.chain((values) => {
      const any = make(codec, fc, { fields, values });
      const tag = tags.get(name);
      const value = tag === undefined || isFlag(codec) ? any : fc.oneof(fc.constantFrom(...tag), any);
      return value.map((v) => ({ ...values, [name]: v }));
    });
  }, fc.constant({}));
  // A length in units larger than an octet leaves few values that fit.
  const strict = Object.values(fields).some(({ shape }) => shape.kind === 'length' && (shape.unit > 1 || shape.plus > 0));
  return strict ? made.filter((value) => isEncodable(struct(fields), value)) : made;
}

function isEncodable(codec: Codec<unknown>, value: unknown): boolean {
  try {
    encode(codec, value);
    return true;
  } catch (error) {
    if (error instanceof IpsecError && error.code === 'invalid-argument') return false;
    throw error;
  }
}

/** A list or octets that fill a fixed window. */
function filling(codec: Codec<unknown>, octets: number, fc: Fc): FastCheck.Arbitrary<unknown> {
  if (codec.shape.kind !== 'list') return exactly(octets, fc);
  const { of } = codec.shape;
  return fc.array(make(of, fc, nowhere), { minLength: octets / of.least, maxLength: octets / of.least });
}

function exactly(length: number, fc: Fc): FastCheck.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

function sizeShape(codec: Codec<unknown> | undefined): Extract<Shape, { kind: 'size' | 'count' }> | undefined {
  return codec?.shape.kind === 'size' || codec?.shape.kind === 'count' ? codec.shape : undefined;
}

function numberBits({ shape }: Codec<unknown>): number {
  return shape.kind === 'uint' ? shape.bits : 'of' in shape ? numberBits(shape.of) : 8;
}

function isFlag({ shape }: Codec<unknown>): boolean {
  return shape.kind === 'uint' && shape.flag === true;
}
