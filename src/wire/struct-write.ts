/**
 * Writing a structure. Sizes and lengths are filled in once the octets are there; counts are known before.
 *
 * @module
 */
import { isBytes, readU16, readU32, writeU16, writeU32 } from '../bytes.js';
import { failValue, grow, type Writer } from './codec.js';
import { numberOf } from './coded.js';
import { BITS, CODEC, type Compiled, COUNT, EACH, type Field, LENGTH, NEXT, PLAIN, SHORT, SKIP } from './fields.js';
import { putUint } from './numbers.js';

/** Writes the fields of a structure one after the other. */
export function writeStruct(w: Writer, { fields, late, slots }: Compiled, value: Readonly<Record<string, unknown>>): void {
  const start = w.at;
  const outerBase = w.base;
  const depth = w.depth;
  if (slots > 0) {
    w.base = w.top;
    w.top += slots;
  }
  w.depth = depth + 1;
  const path = w.path;
  // Where each field begins is kept behind the slots, if a size or a length has to be filled in.
  const starts = late.length > 0 ? w.top : -1;
  if (starts >= 0) w.top += fields.length;
  let groupStart = 0;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    path[depth] = field.name;
    if (starts >= 0) w.slots[starts + i] = w.at;
    if (field.op === CODEC) {
      field.codec.write(w, value[field.name]);
      continue;
    }
    if (field.op === SKIP) {
      grow(w, field.octets);
      continue;
    }
    const given = value[field.name];
    const number = field.isSimple && typeof given === 'number' ? given : numberToWrite(w, field, value);
    if (number >>> 0 !== number || number > field.most) failValue(w, `0 to ${field.most}`, number);
    if (field.op === BITS && field.octets > 0) groupStart = grow(w, field.octets);
    const at = field.op === BITS ? groupStart : grow(w, field.octets);
    if (starts >= 0) w.slots[starts + i] = at;
    if (field.slot >= 0) w.slots[w.base + field.slot] = slotOf(field, number, at);
    if (field.op === BITS) orBits(w, groupStart, field, number);
    else putUint(w.bytes, at, field.octets, number);
  }
  for (let j = 0; j < late.length; j++) {
    const i = late[j]!;
    const field = fields[i]!;
    path[depth] = field.name;
    const end = field.target + 1 < fields.length ? w.slots[starts + field.target + 1]! : w.at;
    writeLate(w, field, w.slots[starts + i]!, field.derived === LENGTH ? w.at - start : end - w.slots[starts + field.target]!);
  }
  if (starts >= 0) w.top = starts;
  w.depth = depth;
  if (slots > 0) {
    w.top -= slots;
    w.base = outerBase;
  }
}

/** What later fields get to know: the number, or where it stands, or that it follows from them. */
function slotOf(field: Field, number: number, at: number): number {
  if (field.derived === PLAIN || field.derived === EACH || field.derived === SHORT) return number;
  return field.derived === NEXT ? at : -1;
}

/** Fills in a size or a length, now that the octets are there. */
function writeLate(w: Writer, field: Field, at: number, octets: number): void {
  const { unit, plus } = field;
  const number = (octets - plus) / unit;
  const sign = plus < 0 ? '-' : '+';
  if (!Number.isInteger(number)) failValue(w, `${unit} × n${plus === 0 ? '' : ` ${sign} ${Math.abs(plus)}`} octets`, octets);
  if (number < 0 || number > field.most) failValue(w, `0 to ${field.most}`, number);
  if (field.op === BITS) orBits(w, at, field, number);
  else putUint(w.bytes, at, field.octets, number);
}

function numberToWrite(w: Writer, field: Field, value: Readonly<Record<string, unknown>>): number {
  if (!field.shown) return derivedNumber(field, value);
  const given = value[field.name];
  if (typeof given === 'number' && !field.isFlag) {
    if (given < field.low || given > field.high) failValue(w, `${field.low} to ${field.high}`, given);
    return given;
  }
  if (field.names !== undefined) return numberOf(w, field.names, given);
  if (!field.isFlag) return failValue(w, 'a number', given);
  if (typeof given !== 'boolean') failValue(w, 'true or false', given);
  return given ? 1 : 0;
}

/** A constant, RESERVED, a count; zero for what is filled in later. */
function derivedNumber(field: Field, value: Readonly<Record<string, unknown>>): number {
  if (field.constant !== undefined) return field.constant;
  if (field.measured === undefined) return 0;
  if (field.derived === SHORT) return typeof value[field.measured] === 'number' ? 1 : 0;
  if (field.derived !== COUNT && field.derived !== EACH && !field.isEarly) return 0;
  const list = value[field.measured];
  if (field.isEarly) return isBytes(list) ? list.length : 0;
  if (!Array.isArray(list)) return 0;
  if (field.derived === COUNT) return list.length;
  const first: unknown = list[0];
  return isBytes(first) ? first.length : 0;
}

function orBits(w: Writer, at: number, field: Field, number: number): void {
  const b = w.bytes;
  const shifted = (number << field.shift) >>> 0;
  if (field.group === 1) b[at] = b[at]! | shifted;
  else if (field.group === 2) writeU16(b, at, readU16(b, at) | shifted);
  else if (field.group === 4) writeU32(b, at, (readU32(b, at) | shifted) >>> 0);
  else putUint(b, at, 3, ((b[at]! << 16) | readU16(b, at + 1) | shifted) >>> 0);
}
