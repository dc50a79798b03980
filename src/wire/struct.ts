/**
 * A structure: named fields one after the other.
 *
 * @module
 */
import { readU16, readU32, writeU16, writeU32 } from '../bytes.js';
import { addRow, type Codec, fail, failShort, failValue, grow, type HiddenCodec, type Reader, type ValueOf, type Writer } from './codec.js';
import { BITS, type Compiled, compile, COUNT, type Field, LENGTH, OCTETS, PLAIN, SIZE } from './fields.js';
import { failLimits, putUint, readUint, writeUint } from './numbers.js';

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
 * ```ts no-run
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
    read: (r) => readStruct(r, compiled, hasLength) as StructValue<Fields>,
    write: (w, value) => {
      if (typeof value !== 'object' || (value as unknown) === null) failValue(w, 'an object', value);
      writeStruct(w, compiled, value);
    },
  };
}

function readStruct(r: Reader, { fields, slots }: Compiled, hasLength: boolean): Record<string, unknown> {
  const value: Record<string, unknown> = {};
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
    if (field.op === OCTETS || field.op === BITS) {
      const number = field.op === OCTETS ? readOctets(r, at, field.octets) : readBits(r, at, field);
      // A group was read with its first field; the others begin there too.
      const offset = field.op === BITS ? r.at - field.group : at;
      if (field.slot >= 0 || field.derived !== PLAIN) keep(r, field, number, start, offset);
      if (field.isLimited && (number < field.low || number > field.high)) failLimits(r, field.low, field.high, number, offset);
      if (field.shown) value[field.name] = field.isFlag ? number === 1 : number;
      if (r.map !== undefined) mapNumber(r, field, number, offset);
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
  return value;
}

function readOctets(r: Reader, at: number, octets: number): number {
  if (octets === 1) {
    if (at >= r.end) failShort(r, 1);
    r.at = at + 1;
    return r.bytes[at]!;
  }
  return readUint(r, octets);
}

function readBits(r: Reader, at: number, field: Field): number {
  if (field.octets > 0) r.word = readOctets(r, at, field.octets);
  return ((r.word >>> field.shift) & field.mask) >>> 0;
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

function writeStruct(w: Writer, { fields, late, slots }: Compiled, value: Readonly<Record<string, unknown>>): void {
  const start = w.at;
  const outerBase = w.base;
  const depth = w.depth;
  if (slots > 0) {
    w.base = w.top;
    w.top += slots;
  }
  w.depth = depth + 1;
  const starts: number[] = [];
  let groupStart = 0;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    w.path[depth] = field.name;
    if (field.op === BITS && field.octets > 0) {
      groupStart = grow(w, field.octets);
      w.bytes.fill(0, groupStart, groupStart + field.octets);
    }
    if (late.length > 0) starts.push(field.op === BITS ? groupStart : w.at);
    if (field.op === OCTETS || field.op === BITS) {
      const number = numberToWrite(w, field, value);
      if (field.slot >= 0) w.slots[w.base + field.slot] = field.derived === PLAIN ? number : -1;
      if (field.op === BITS) orBits(w, groupStart, field, number);
      else writeUint(w, field.octets, number);
    } else field.codec.write(w, value[field.name]);
  }
  for (const i of late) {
    w.path[depth] = fields[i]!.name;
    writeLate(w, fields[i]!, starts, i, start);
  }
  w.depth = depth;
  if (slots > 0) {
    w.top -= slots;
    w.base = outerBase;
  }
}

/** Fills in a size or a length, now that the octets are there. */
function writeLate(w: Writer, field: Field, starts: readonly number[], index: number, start: number): void {
  const { unit, plus, target } = field;
  const octets = field.derived === LENGTH ? w.at - start : (starts[target + 1] ?? w.at) - starts[target]!;
  const number = (octets - plus) / unit;
  const sign = plus < 0 ? '-' : '+';
  if (!Number.isInteger(number)) failValue(w, `${unit} × n${plus === 0 ? '' : ` ${sign} ${Math.abs(plus)}`} octets`, octets);
  if (field.op === BITS) {
    orBits(w, starts[index]!, field, number);
    return;
  }
  if (number < 0 || number >= 2 ** (8 * field.octets)) failValue(w, `0 to ${2 ** (8 * field.octets) - 1}`, number);
  putUint(w.bytes, starts[index]!, field.octets, number);
}

function numberToWrite(w: Writer, field: Field, value: Readonly<Record<string, unknown>>): number {
  if (field.constant !== undefined) return field.constant;
  if (field.derived === COUNT) {
    const list = value[targetName(field)];
    return Array.isArray(list) ? list.length : 0;
  }
  if (!field.shown) return 0;
  const given = value[field.name];
  if (field.isFlag) {
    if (typeof given !== 'boolean') failValue(w, 'true or false', given);
    return given ? 1 : 0;
  }
  if (typeof given !== 'number') failValue(w, 'a number', given);
  if (given < field.low || given > field.high) failValue(w, `${field.low} to ${field.high}`, given);
  return given;
}

function targetName({ codec: { shape } }: Field): string {
  return shape.kind === 'count' ? shape.field : '';
}

function orBits(w: Writer, at: number, field: Field, number: number): void {
  if (!Number.isInteger(number) || number < 0 || number > field.mask) failValue(w, `0 to ${field.mask}`, number);
  const b = w.bytes;
  const shifted = (number << field.shift) >>> 0;
  if (field.group === 1) b[at] = b[at]! | shifted;
  else if (field.group === 2) writeU16(b, at, readU16(b, at) | shifted);
  else if (field.group === 4) writeU32(b, at, (readU32(b, at) | shifted) >>> 0);
  else putUint(b, at, 3, ((b[at]! << 16) | readU16(b, at + 1) | shifted) >>> 0);
}
