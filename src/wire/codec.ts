/**
 * What a codec is, and the two machines that run codecs: one bounded reader, one growing writer. Both know the path of the field at
 * hand, so that an error can say where it is.
 *
 * @module
 */
import { IpsecError, type IpsecErrorCode } from '../errors.js';

/**
 * A declaration of octets: how a value is read and written. Made by the functions of this folder, run by `decode`, `encode` and
 * `octetMap`, described by `shape`.
 */
export interface Codec<T> {
  /** What it is made of: for generators of test values and for documentation. */
  readonly shape: Shape;
  /** The fewest octets a value takes. */
  readonly least: number;
  /** Levels of nesting, this one included. */
  readonly depth: number;
  /** Reads one value at `r.at` and moves on. Throws `IpsecError`. */
  read(r: Reader): T;
  /** Writes one value at the end of `w`. Throws `IpsecError`. */
  write(w: Writer, value: T): void;
  /** Of a structure: {@link read} into an object that is there already. */
  fill?(r: Reader, value: Record<string, unknown>): void;
  /** The same codec with its references to sibling fields resolved; done once, by `struct`. */
  bind?(scope: Scope): Codec<T>;
}

/** A field that is not part of the value: a length, a count, a constant, RESERVED. */
export interface HiddenCodec extends Codec<number> {
  /** The mark. */
  readonly isHidden: true;
}

/** The value that a codec reads and writes. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** What a codec is made of. `octets` and `bits` are sizes on the wire. */
export type Shape =
  | { readonly kind: 'uint'; readonly bits: number; readonly grouped?: boolean; readonly flag?: boolean; readonly big?: boolean }
  | { readonly kind: 'reserved'; readonly bits: number; readonly grouped?: boolean }
  | { readonly kind: 'constant'; readonly of: Codec<number>; readonly value: number }
  | {
      readonly kind: 'size' | 'count' | 'each' | 'next' | 'short';
      readonly of: Codec<number>;
      readonly field: string;
      readonly unit: number;
      readonly plus: number;
    }
  | { readonly kind: 'length'; readonly of: Codec<number>; readonly unit: number; readonly plus: number }
  | { readonly kind: 'octets'; readonly size: number | string | undefined }
  | { readonly kind: 'prefixed'; readonly of: Codec<number> }
  | { readonly kind: 'padded'; readonly of: Codec<unknown>; readonly multiple: number }
  | { readonly kind: 'limit'; readonly of: Codec<unknown>; readonly low: number; readonly high: number }
  | { readonly kind: 'named'; readonly of: Codec<unknown>; readonly nameOf: (value: unknown) => string }
  | { readonly kind: 'coded'; readonly of: Codec<number>; readonly names: Names }
  | { readonly kind: 'converted'; readonly of: Codec<unknown>; readonly toValue: (wire: unknown, octets: Uint8Array) => unknown }
  | { readonly kind: 'within'; readonly of: Codec<unknown>; readonly size: number | string }
  | { readonly kind: 'list'; readonly of: Codec<unknown>; readonly count: number | string | undefined; readonly marker?: number }
  | { readonly kind: 'optional'; readonly of: Codec<unknown> }
  | { readonly kind: 'when'; readonly of: Codec<unknown>; readonly field: string; readonly test: (value: number) => boolean }
  | {
      readonly kind: 'variant';
      readonly field: string;
      readonly cases: Readonly<Record<number, Codec<unknown>>>;
      readonly other: Codec<unknown>;
    }
  | {
      readonly kind: 'chain';
      readonly first: string | number;
      readonly cases: Readonly<Record<number, ChainCase>>;
      readonly hasCriticalBit: boolean;
    }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Codec<unknown>>> };

/** An element of a chain: what its `type` is called, and its fields. */
interface ChainCase {
  readonly type: string;
  readonly body: Codec<object>;
  readonly encrypts?: true;
  readonly keepsBody?: true;
}

/** The two directions of a registry. */
export interface Names {
  /** The names of numbers below 256 by index: faster than a map. */
  readonly small: readonly (string | undefined)[];
  readonly byNumber: ReadonlyMap<number, string>;
  readonly byName: ReadonlyMap<string, number>;
}

/** Where `struct` keeps the numbers that later fields refer to. */
export interface Scope {
  /** The slot of a field, which has to stand in front of the one that asks. */
  slotOf(field: string): number;
}

/** Where a field of bits lies in its group. */
export interface BitSpan {
  /** Its first bit, 0 being the highest of the group. */
  readonly from: number;
  /** How many. */
  readonly count: number;
}

/** One row of an octet map. */
export interface MappedField {
  /** `proposals.0.transforms.2.id`. */
  readonly path: string;
  /** Where it begins. */
  readonly offset: number;
  /** Octets; for a field of bits those of the group that it lies in. */
  readonly length: number;
  /** For a field of bits: which. */
  readonly bits?: BitSpan;
  /** The value; lengths and counts as they stand on the wire. */
  readonly value: unknown;
  /** What the value is called, where the declaration says. */
  readonly name?: string;
}

/** The reader: octets, a window in them, and what is known of the structures around. */
export interface Reader {
  /** The input; never changed. */
  readonly bytes: Uint8Array;
  /** The next octet. */
  at: number;
  /** Where the innermost window ends. */
  end: number;
  /** How many names of `path` count. */
  depth: number;
  /** Names of fields and indices of lists, outermost first. */
  readonly path: (string | number)[];
  /** Numbers that later fields refer to; those of the innermost structure begin at `base`. */
  readonly slots: number[];
  base: number;
  /** Where the next structure's numbers go. */
  top: number;
  /** The group of bits at hand. */
  word: number;
  /** How many more elements of lists there may be, all lists together. */
  elements: number;
  /** How many payloads one chain may have. */
  readonly payloads: number;
  /** Collects rows for an octet map. */
  readonly map: MappedField[] | undefined;
}

/** The writer: octets that grow. `slots` as in {@link Reader}. */
export interface Writer {
  bytes: Uint8Array;
  at: number;
  depth: number;
  readonly path: (string | number)[];
  readonly slots: number[];
  base: number;
  top: number;
  word: number;
}

/** An error at the field at hand; `offset` is where it shows. */
export function fail(r: Reader | Writer, code: IpsecErrorCode, what: string, expected: string, found: string, offset: number): never {
  const path = pathOf(r);
  throw new IpsecError(code, what, { ...(path !== '' && { path }), offset, expected, found });
}

/** {@link fail} for octets that are not there. */
export function failShort(r: Reader, octets: number): never {
  return fail(r, 'truncated', 'a field', octets === 1 ? '1 octet' : `${octets} octets`, `${r.end - r.at}`, r.at);
}

/** Counts one element of a list. What many small elements cost in memory is bounded by it, whatever the octets bound. */
export function countElement(r: Reader): void {
  if (--r.elements < 0) failLimit(r, 'elements of all lists together', r.at);
}

/** {@link fail} for more than the caller's limits allow. */
export function failLimit(r: Reader, what: string, offset: number): never {
  const path = pathOf(r);
  throw new IpsecError('limit-exceeded', what, {
    blame: 'peer',
    ...(path !== '' && { path }),
    offset,
    expected: 'no more than the limits allow',
    found: 'one more',
  });
}

/** {@link fail} for a value that has no encoding. */
export function failValue(w: Writer, expected: string, value: unknown): never {
  const found =
    typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
      ? `${value}`
      : value === undefined
        ? 'nothing'
        : typeof value;
  return fail(w, 'invalid-argument', 'a value to encode', expected, found, w.at);
}

/** The path of the field at hand. */
export function pathOf(r: Reader | Writer): string {
  return r.path.slice(0, r.depth).join('.');
}

/** Makes room for `octets` more, which are zero, and returns where they begin. */
export function grow(w: Writer, octets: number): number {
  const at = w.at;
  const end = at + octets;
  if (end > w.bytes.length) {
    const bytes = new Uint8Array(Math.max(end, 2 * w.bytes.length));
    bytes.set(w.bytes.subarray(0, at));
    w.bytes = bytes;
  }
  w.at = end;
  return at;
}

/** Writes octets at the end. A loop is faster than `set` for the few that a number or an SPI has. */
export function putOctets(w: Writer, octets: Uint8Array): void {
  const length = octets.length;
  const at = grow(w, length);
  const bytes = w.bytes;
  if (length > 32) bytes.set(octets, at);
  else for (let i = 0; i < length; i++) bytes[at + i] = octets[i]!;
}

/** Whether a codec writes its own rows into an octet map; the others get one row from whoever reads them. */
export function isComposite({ shape }: Codec<unknown>): boolean {
  if (shape.kind === 'padded' || shape.kind === 'limit' || shape.kind === 'named' || shape.kind === 'converted')
    return isComposite(shape.of);
  return ['prefixed', 'within', 'list', 'optional', 'when', 'variant', 'chain', 'struct'].includes(shape.kind);
}

/** Reads with a codec, and adds the row for an octet map if the codec does not do so itself. */
export function readMapped<T>(r: Reader, codec: Codec<T>): T {
  const offset = r.at;
  const value = codec.read(r);
  if (r.map !== undefined && !isComposite(codec)) addRow(r, codec, offset, value);
  return value;
}

/** Adds one row to the octet map. */
export function addRow(r: Reader, codec: Codec<unknown>, offset: number, value: unknown, bits?: MappedField['bits']): void {
  const { shape } = codec;
  const name =
    shape.kind === 'named' ? shape.nameOf(value) : shape.kind === 'coded' ? shape.names.byNumber.get(value as number) : undefined;
  r.map?.push({ path: pathOf(r), offset, length: r.at - offset, ...(bits && { bits }), value, ...(name !== undefined && { name }) });
}
