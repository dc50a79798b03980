/**
 * A structure: named fields one after the other.
 *
 * @module
 */
import { readU16, readU32 } from '../bytes.js';
import { addRow, type Codec, fail, failShort, failValue, type HiddenCodec, type Reader, type ValueOf } from './codec.js';
import { nameOrNumber } from './coded.js';
import { BITS, type Compiled, compile, type Field, LENGTH, OCTETS, PLAIN, SIZE, SKIP } from './fields.js';
import { failLimits } from './numbers.js';
import { writeStruct } from './struct-write.js';

/** The value of a structure: its fields without those that are derived, constant or reserved. */
export type StructValue<Fields> = {
  readonly [K in keyof Fields as Fields[K] extends HiddenCodec ? never : K]: ValueOf<Fields[K]>;
};

/**
 * Declares a structure, a field a line, in the order of the wire.
 *
 * @throws IpsecError `invalid-argument` when the declaration cannot work: a reference to a field that is not in front, bits that do
 * not fill octets, more than 16 levels.
 *
 * @example
 * ```ts no-check
 * // internal: declarations are not part of the package's surface
 * const header = struct({ version: bits(4), flags: bits(4), length: sizeOf('body', u16), body: bytes('length') });
 * type Header = ValueOf<typeof header>; // { version: number; flags: number; body: Uint8Array }
 * ```
 */
export function struct<const Fields extends Readonly<Record<string, Codec<unknown>>>>(fields: Fields): Codec<StructValue<Fields>> {
  const compiled = compile(fields);
  const hasLength = compiled.fields.some((f) => f.derived === LENGTH);
  return {
    shape: { kind: 'struct', fields },
    least: compiled.least,
    depth: compiled.depth,
    read(r) {
      const value: Record<string, unknown> = {};
      fillStruct(r, compiled, hasLength, value);
      return value as StructValue<Fields>;
    },
    fill(r, value) {
      fillStruct(r, compiled, hasLength, value);
    },
    write(w, value) {
      if (typeof value !== 'object' || (value as unknown) === null) failValue(w, 'an object', value);
      writeStruct(w, compiled, value);
    },
  };
}

function fillStruct(r: Reader, { fields, slots }: Compiled, hasLength: boolean, value: Record<string, unknown>): void {
  const start = r.at;
  const outer = r.end;
  const outerBase = r.base;
  const depth = r.depth;
  if (slots > 0) {
    r.base = r.top;
    r.top += slots;
  }
  r.depth = depth + 1;
  const path = r.path;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    path[depth] = field.name;
    const at = r.at;
    if (field.isSimple && r.map === undefined) {
      const number = readOctets(r, at, field.octets);
      value[field.name] = field.isPlain ? number : valueOf(field, number);
    } else if (field.op === OCTETS || field.op === BITS) {
      const number = field.op === OCTETS ? readOctets(r, at, field.octets) : readBits(r, at, field);
      // A group was read with its first field; the others begin there too.
      const offset = field.op === BITS ? r.at - field.group : at;
      if (field.slot >= 0 || field.derived !== PLAIN) keep(r, field, number, start, offset);
      if (field.isLimited && (number < field.low || number > field.high)) failLimits(r, field.low, field.high, number, offset);
      if (field.shown) value[field.name] = field.isPlain ? number : valueOf(field, number);
      if (r.map !== undefined) mapNumber(r, field, number, offset);
    } else if (field.op === SKIP && r.map === undefined) {
      if (r.end - at < field.octets) failShort(r, field.octets);
      r.at = at + field.octets;
    } else {
      const v = field.codec.read(r);
      if (field.shown) value[field.name] = v;
      if (r.map !== undefined && field.isLeaf) addRow(r, field.codec, at, v);
    }
  }
  if (hasLength) {
    if (r.at !== r.end) {
      r.depth = depth;
      fail(r, 'trailing-octets', 'a structure', `its end at octet ${r.at}`, `${r.end - r.at} more octets`, r.at);
    }
    r.end = outer;
  }
  r.depth = depth;
  if (slots > 0) {
    r.top -= slots;
    r.base = outerBase;
  }
}

function readOctets(r: Reader, at: number, octets: number): number {
  if (r.end - at < octets) failShort(r, octets);
  r.at = at + octets;
  const b = r.bytes;
  if (octets === 1) return b[at]!;
  if (octets === 2) return readU16(b, at);
  if (octets === 4) return readU32(b, at);
  return (b[at]! << 16) | readU16(b, at + 1);
}

function readBits(r: Reader, at: number, field: Field): number {
  if (field.octets > 0) r.word = readOctets(r, at, field.octets);
  return ((r.word >>> field.shift) & field.mask) >>> 0;
}

function valueOf(field: Field, number: number): unknown {
  if (field.isFlag) return number === 1;
  return field.names === undefined ? number : nameOrNumber(field.names, number);
}

/** Keeps the number of a field for later ones; a size in octets, a length as the end of the window. */
function keep(r: Reader, { derived, slot, unit, plus }: Field, number: number, start: number, at: number): void {
  if (derived === SIZE || derived === LENGTH) {
    const octets = number * unit + plus;
    if (derived === LENGTH) {
      if (start + octets < r.at) fail(r, 'malformed', 'a length', `at least ${Math.ceil((r.at - start - plus) / unit)}`, `${number}`, at);
      if (start + octets > r.end) fail(r, 'truncated', 'a structure', `${octets} octets`, `${r.end - start}`, start);
      r.end = start + octets;
      return;
    }
    if (octets < 0) fail(r, 'malformed', 'a size', `at least ${Math.ceil(-plus / unit)}`, `${number}`, at);
    if (slot >= 0) r.slots[r.base + slot] = octets;
    return;
  }
  if (slot >= 0) r.slots[r.base + slot] = number;
}

function mapNumber(r: Reader, field: Field, number: number, offset: number): void {
  const bits = field.op === BITS ? { from: field.from, count: field.count } : undefined;
  addRow(r, field.codec, offset, field.isFlag ? number === 1 : number, bits);
}
