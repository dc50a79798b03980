/**
 * The compilation of a structure: each field becomes one flat record of what to do, so that reading is a loop over an array.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type Codec, isComposite, type Names, type Scope, type Shape } from './codec.js';

/** A number of whole octets, a field of bits, anything else. */
export const OCTETS = 0;
/** See {@link OCTETS}. */
export const BITS = 1;
/** See {@link OCTETS}. */
export const CODEC = 2;
/** Octets that are RESERVED. */
export const SKIP = 3;

/** Not derived, the size of a field, the count of a list, the length of the structure. */
export const PLAIN = 0;
/** See {@link PLAIN}. */
export const SIZE = 1;
/** See {@link PLAIN}. */
export const COUNT = 2;
/** See {@link PLAIN}. */
export const LENGTH = 3;
/** See {@link PLAIN}. The size of each element of a list. */
export const EACH = 4;
/** See {@link PLAIN}. Whether a later field is a number and no octets. */
export const SHORT = 6;
/** See {@link PLAIN}. The type of the first element of a chain: while writing, its slot holds where it stands. */
export const NEXT = 5;

/** One field, compiled. */
export interface Field {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly op: typeof OCTETS | typeof BITS | typeof CODEC | typeof SKIP;
  /** OCTETS: 1 to 4. SKIP: any number. BITS: those of the group, on its first field; else 0. */
  readonly octets: number;
  /** BITS: how far the value stands from the low end of its group, and what masks it. */
  readonly shift: number;
  readonly mask: number;
  /** BITS: octets of the whole group, and the first bit counted from its high end. */
  readonly group: number;
  readonly from: number;
  readonly count: number;
  readonly isFlag: boolean;
  /** Where its number is kept for later fields, or -1. */
  slot: number;
  /** Part of the value. */
  readonly shown: boolean;
  /** Gets its row in an octet map from the structure. */
  readonly isLeaf: boolean;
  readonly constant: number | undefined;
  /** What the number may be; a constant has one value. */
  readonly isLimited: boolean;
  readonly low: number;
  readonly high: number;
  /** The most that fits its octets or bits. */
  readonly most: number;
  /** The registry of the number. */
  readonly names: Names | undefined;
  readonly derived: typeof PLAIN | typeof SIZE | typeof COUNT | typeof LENGTH | typeof EACH | typeof NEXT | typeof SHORT;
  readonly unit: number;
  readonly plus: number;
  /** Shown as the number that it is. */
  readonly isPlain: boolean;
  /** Whole octets, any value, and nothing refers to it (which is known in the end). */
  isSimple: boolean;
  /** SIZE: of octets, so that it is known before they are written. */
  isEarly: boolean;
  /** SIZE, COUNT, EACH and NEXT: the field that is measured, and its index. */
  readonly measured: string | undefined;
  readonly target: number;
}

const MAXIMUM_DEPTH = 16;

/** What a structure is, compiled. */
export interface Compiled {
  readonly fields: readonly Field[];
  /** Indices of the fields that are filled in when the others are written. */
  readonly late: readonly number[];
  readonly slots: number;
  readonly least: number;
  readonly depth: number;
}

/** Compiles the fields of a structure. Throws `invalid-argument` for a declaration that cannot work. */
export function compile(declared: Readonly<Record<string, Codec<unknown>>>): Compiled {
  const names = Object.keys(declared);
  const fields: Field[] = [];
  let slots = 0;
  const scope: Scope = {
    slotOf(name) {
      const field = fields.find((f) => f.name === name);
      if (field === undefined) throw wrong(`a field ${name} in front of ${names[fields.length]!}`, 'none');
      if (field.op === CODEC || field.op === SKIP || field.derived === LENGTH)
        throw wrong(`a number in the field ${name}`, 'something else');
      if (field.slot < 0) field.slot = slots++;
      return field.slot;
    },
  };
  const groups = groupsOf(names.map((name) => declared[name]!));
  let least = 0;
  let depth = 0;
  for (const [i, name] of names.entries()) {
    const codec = declared[name]!.bind?.(scope) ?? declared[name]!;
    const group = groups[i];
    least += group === undefined ? codec.least : group.octets;
    depth = Math.max(depth, codec.depth);
    fields.push(compileField(name, codec, group, names));
  }
  if (depth >= MAXIMUM_DEPTH) throw wrong(`at most ${MAXIMUM_DEPTH} levels`, `${depth + 1}`);
  for (const f of fields) f.isSimple = f.op === OCTETS && f.shown && f.slot < 0 && !f.isLimited;
  for (const f of fields) f.isEarly = f.derived === SIZE && f.unit === 1 && f.plus === 0 && declared[f.measured!]!.shape.kind === 'octets';
  const late = fields.flatMap((f, i) => ((f.derived === SIZE && !f.isEarly) || f.derived === LENGTH ? [i] : []));
  return { fields, late, slots, least, depth: depth + 1 };
}

function wrong(expected: string, found: string): IpsecError {
  return new IpsecError('invalid-argument', 'a declaration', { expected, found });
}

interface GroupPlace {
  /** Octets of the group, on its first field; else 0. */
  readonly octets: number;
  readonly group: number;
  readonly from: number;
  readonly count: number;
}

/** Fields of bits next to each other, gathered: for each field its place, or undefined. */
function groupsOf(codecs: readonly Codec<unknown>[]): readonly (GroupPlace | undefined)[] {
  const places: (GroupPlace | undefined)[] = [];
  for (let i = 0; i < codecs.length;) {
    let end = i;
    let total = 0;
    for (; end < codecs.length && bitsOf(codecs[end]!) > 0 && (total === 0 || total % 8 !== 0); end++) total += bitsOf(codecs[end]!);
    if (end === i) {
      places.push(undefined);
      i++;
      continue;
    }
    if (total % 8 !== 0 || total > 32) throw wrong('a group of 8, 16, 24 or 32 bits', `${total}`);
    for (let from = 0; i < end; i++) {
      const count = bitsOf(codecs[i]!);
      places.push({ octets: from === 0 ? total / 8 : 0, group: total / 8, from, count });
      from += count;
    }
  }
  return places;
}

/** The number underneath a constant, a limit, a name or a derived field. */
function numberShape(codec: Codec<unknown>): Extract<Shape, { kind: 'uint' | 'reserved' }> | undefined {
  const { shape } = codec;
  if (shape.kind === 'uint' || shape.kind === 'reserved') return shape;
  return throughNumber(shape) ? numberShape(shape.of) : undefined;
}

type AroundNumber = Extract<Shape, { of: Codec<number> }> | Extract<Shape, { kind: 'limit' | 'named' }>;

function throughNumber(shape: Shape): shape is AroundNumber {
  return shape.kind === 'limit' || shape.kind === 'named' || shape.kind === 'constant' || shape.kind === 'coded' || isDerived(shape);
}

type Derived = Extract<Shape, { kind: 'size' | 'count' | 'each' | 'next' | 'short' | 'length' }>;

function isDerived(shape: Shape): shape is Derived {
  return derivedKinds.has(shape.kind);
}

const derivedKinds: ReadonlyMap<string, Field['derived']> = /* @__PURE__ */ new Map([
  ['size', SIZE],
  ['count', COUNT],
  ['length', LENGTH],
  ['each', EACH],
  ['next', NEXT],
  ['short', SHORT],
]);

/** The tightest limits around a number. */
function limitsOf({ shape }: Codec<unknown>): { readonly low: number; readonly high: number } {
  if (shape.kind === 'constant') return { low: shape.value, high: shape.value };
  if (!throughNumber(shape)) return { low: 0, high: Infinity };
  const inner = limitsOf(shape.of);
  if (shape.kind !== 'limit') return inner;
  return { low: Math.max(inner.low, shape.low), high: Math.min(inner.high, shape.high) };
}

function bitsOf(codec: Codec<unknown>): number {
  const shape = numberShape(codec);
  return shape?.grouped === true ? shape.bits : 0;
}

function compileField(name: string, codec: Codec<unknown>, place: GroupPlace | undefined, names: readonly string[]): Field {
  const { shape } = codec;
  const number = numberShape(codec);
  const wholeOctets = number?.kind === 'uint' && number.grouped !== true && number.bits <= 32 && number.big !== true;
  if (isDerived(shape) && place === undefined && !wholeOctets) throw wrong(`${name} to be a number of at most 32 bits`, 'something else');
  const measured = isDerived(shape) && shape.kind !== 'length' ? shape.field : undefined;
  const target = measured === undefined ? -1 : names.indexOf(measured);
  if (measured !== undefined && target <= names.indexOf(name)) throw wrong(`a field ${measured} behind ${name}`, 'none');
  const count = place?.count ?? 0;
  const { low, high } = limitsOf(codec);
  const octets = place?.octets ?? (wholeOctets || number?.kind === 'reserved' ? number.bits / 8 : 0);
  const mask = count === 32 ? 0xffffffff : 2 ** count - 1;
  return {
    name,
    codec,
    op: place !== undefined ? BITS : wholeOctets ? OCTETS : number?.kind === 'reserved' ? SKIP : CODEC,
    octets,
    shift: place === undefined ? 0 : 8 * place.group - place.from - count,
    mask,
    group: place?.group ?? 0,
    from: place?.from ?? 0,
    count,
    isFlag: number?.kind === 'uint' && number.flag === true,
    slot: -1,
    shown: !('isHidden' in codec),
    isLeaf: !isComposite(codec),
    constant: shape.kind === 'constant' ? shape.value : undefined,
    isLimited: low > 0 || high < Infinity,
    low,
    high,
    most: place === undefined ? 2 ** (8 * octets) - 1 : mask,
    names: shape.kind === 'coded' ? shape.names : undefined,
    derived: derivedKinds.get(shape.kind) ?? PLAIN,
    unit: isDerived(shape) ? shape.unit : 1,
    plus: isDerived(shape) ? shape.plus : 0,
    isPlain: shape.kind !== 'coded' && !(number?.kind === 'uint' && number.flag === true),
    isSimple: false,
    isEarly: false,
    measured,
    target,
  };
}
