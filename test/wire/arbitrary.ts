/**
 * Test values from a declaration: `arbitrary(codec, fc)` makes values that `encode` takes, with lengths, tags and limits that agree.
 */
import type * as FastCheck from 'fast-check';
import { IpsecError } from '../../src/errors.js';
import { type Codec, encode, type Shape, struct, type ValueOf } from '../../src/wire.js';

type Fc = typeof FastCheck.default;
type CodedShape = Extract<Shape, { kind: 'coded' }>;
type ChainShape = Extract<Shape, { kind: 'chain' }>;
type SizeShape = Extract<Shape, { kind: 'size' | 'count' | 'each' | 'next' | 'short' }>;
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
      if (size.kind === 'each') return exactly(4, fc);
      const first = Math.max(0, Math.ceil(-size.plus / size.unit));
      return fc
        .integer({ min: first, max: first + Math.min(6, 2 ** numberBits(size.of) - 1 - first) })
        .chain((n) => exactly(n * size.unit + size.plus, fc));
    }
    case 'prefixed':
      return fc.uint8Array({ maxLength: 9 });
    case 'within':
      return typeof shape.size === 'number' ? filling(shape.of, shape.size, fc) : make(shape.of, fc, around, low, high);
    case 'padded':
    case 'named':
      return make(shape.of, fc, around, low, high);
    case 'limit':
      return make(shape.of, fc, around, shape.low, shape.high);
    case 'coded':
      return make(shape.of, fc, around, low, high).map((n) => nameIn(shape, Number(n)));
    case 'converted':
      return make(shape.of, fc, around)
        .map((wire) => attempt(() => ({ value: shape.toValue(wire, encode(shape.of, wire)) })))
        .filter((made) => made !== undefined)
        .map(({ value }) => value);
    case 'chain':
      return chain(shape, fc);
    case 'list': {
      const counted = typeof shape.count === 'string' && !('isHidden' in around.fields[shape.count]!);
      const count = typeof shape.count === 'number' ? shape.count : counted ? Number(around.values[shape.count]) : undefined;
      return fc.array(make(shape.of, fc, around), { minLength: count ?? low, maxLength: count ?? Math.min(high, low + 4) });
    }
    case 'optional':
      return fc.option(make(shape.of, fc, around), { nil: undefined });
    case 'when':
      return shape.test(Number(around.values[shape.field])) ? make(shape.of, fc, around) : fc.constant(undefined);
    case 'variant':
      if (around.fields[shape.field]!.shape.kind === 'short')
        return fc.oneof(...Object.values(shape.cases).map((c) => make(c, fc, around)));
      return make(shape.cases[numberOf(around.fields[shape.field]!, around.values[shape.field])] ?? shape.other, fc, around);
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
      shape.kind === 'variant' ? [[shape.field, valuesOf(fields[shape.field]!, Object.keys(shape.cases).map(Number))] as const] : [],
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
  return attempt(() => encode(codec, value)) !== undefined;
}

/** What `act` gives, or nothing when it refuses. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof IpsecError) return undefined;
    throw error;
  }
}

function nameIn(shape: CodedShape, number: number): string | number {
  return shape.names.byNumber.get(number) ?? number;
}

/** The number behind a value of a field. */
function numberOf({ shape }: Codec<unknown>, value: unknown): number {
  return shape.kind === 'coded' && typeof value === 'string' ? shape.names.byName.get(value)! : Number(value);
}

function valuesOf({ shape }: Codec<unknown>, numbers: readonly number[]): readonly (string | number)[] {
  return shape.kind === 'coded' ? numbers.map((n) => nameIn(shape, n)) : numbers;
}

/** A few payloads; an Encrypted one is the last. */
function chain({ cases, hasCriticalBit }: ChainShape, fc: Fc): FastCheck.Arbitrary<unknown> {
  const known = Object.values(cases).map((c) =>
    fc
      .record({
        critical: hasCriticalBit ? fc.boolean() : fc.constant(false),
        firstPayload: fc.integer({ min: 0, max: 255 }),
        fields: make(c.body, fc, nowhere),
      })
      .map(({ critical, firstPayload, fields }) => ({
        type: c.type,
        ...(critical && { critical }),
        ...(c.encrypts && { firstPayload }),
        ...(fields as object),
        ...(c.keepsBody && { body: encode(c.body, fields as object) }),
      })),
  );
  const unknown = fc.record({
    type: fc.constant('unknown'),
    payloadType: fc.integer({ min: 1, max: 255 }).filter((n) => cases[n] === undefined),
    data: fc.uint8Array({ maxLength: 9 }),
  });
  return fc.array(fc.oneof(...known, unknown), { maxLength: 6 }).map((payloads) => {
    const end = payloads.findIndex((payload) => 'firstPayload' in payload);
    return end < 0 ? payloads : payloads.slice(0, end + 1);
  });
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

function sizeShape(codec: Codec<unknown> | undefined): SizeShape | undefined {
  const shape = codec?.shape;
  return shape?.kind === 'size' || shape?.kind === 'count' || shape?.kind === 'each' ? shape : undefined;
}

function numberBits({ shape }: Codec<unknown>): number {
  return shape.kind === 'uint' ? shape.bits : 'of' in shape ? numberBits(shape.of) : 8;
}

function isFlag({ shape }: Codec<unknown>): boolean {
  return shape.kind === 'uint' && shape.flag === true;
}
