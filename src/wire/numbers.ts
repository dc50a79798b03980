/**
 * Numbers of whole octets, big-endian, and of bits.
 *
 * @module
 */
import { readU16, readU32, writeU16, writeU32 } from '../bytes.js';
import { type Codec, fail, failShort, failValue, grow, type HiddenCodec, type Reader, type Shape, type Writer } from './codec.js';

/** A codec for a number of `bits` bits, 8, 16, 24 or 32, that `struct` reads by itself. */
function uint(bits: 8 | 16 | 24 | 32): Codec<number> {
  const octets = bits / 8;
  return {
    shape: { kind: 'uint', bits },
    least: octets,
    depth: 1,
    read: (r) => readUint(r, octets),
    write: (w, value) => {
      writeUint(w, octets, value);
    },
  };
}

/** One octet. */
export const u8: Codec<number> = /* @__PURE__ */ uint(8);
/** Two octets, big-endian. */
export const u16: Codec<number> = /* @__PURE__ */ uint(16);
/** Three octets, big-endian. */
export const u24: Codec<number> = /* @__PURE__ */ uint(24);
/** Four octets, big-endian, as an unsigned number. */
export const u32: Codec<number> = /* @__PURE__ */ uint(32);

/** Eight octets as a number: more than 2^53 - 1 is refused, in both directions. */
export const u64: Codec<number> = {
  shape: { kind: 'uint', bits: 64 },
  least: 8,
  depth: 1,
  read(r) {
    if (r.end - r.at < 8) failShort(r, 8);
    const upper = readU32(r.bytes, r.at);
    if (upper > 0x1fffff) fail(r, 'malformed', 'a 64-bit number', 'at most 2^53 - 1', `0x${upper.toString(16)}... in its upper half`, r.at);
    const value = upper * 0x1_0000_0000 + readU32(r.bytes, r.at + 4);
    r.at += 8;
    return value;
  },
  write(w, value) {
    if (!Number.isSafeInteger(value) || value < 0) failValue(w, '0 to 2^53 - 1', value);
    const at = grow(w, 8);
    writeU32(w.bytes, at, Math.floor(value / 0x1_0000_0000));
    writeU32(w.bytes, at + 4, value % 0x1_0000_0000);
  },
};

/** Eight octets as a `bigint`. */
export const u64big: Codec<bigint> = {
  shape: { kind: 'uint', bits: 64, big: true },
  least: 8,
  depth: 1,
  read(r) {
    if (r.end - r.at < 8) failShort(r, 8);
    const value = (BigInt(readU32(r.bytes, r.at)) << 32n) | BigInt(readU32(r.bytes, r.at + 4));
    r.at += 8;
    return value;
  },
  write(w, value) {
    if (typeof value !== 'bigint' || value < 0n || value >= 1n << 64n) failValue(w, '0n to 2n ** 64n - 1n', value);
    const at = grow(w, 8);
    writeU32(w.bytes, at, Number(value >> 32n));
    writeU32(w.bytes, at + 4, Number(value & 0xffffffffn));
  },
};

/**
 * A number of 1 to 32 bits. Fields of bits that stand one after the other in a `struct` form a group, highest bit first, which has to
 * fill 8, 16, 24 or 32 bits. Only a `struct` can read them.
 */
export function bits(count: number): Codec<number> {
  return bitField({ kind: 'uint', bits: count, grouped: true });
}

/** One bit as true or false; see {@link bits}. */
export const flag: Codec<boolean> = /* @__PURE__ */ bitField({
  kind: 'uint',
  bits: 1,
  grouped: true,
  flag: true,
}) as Codec<unknown> as Codec<boolean>;

/** Bits that are sent as zero and ignored on receipt; see {@link bits}. */
export function reservedBits(count: number): HiddenCodec {
  return { isHidden: true, ...bitField({ kind: 'reserved', bits: count, grouped: true }) };
}

function bitField(shape: Shape): Codec<number> {
  const outside = (r: Reader | Writer): never =>
    fail(r, 'invalid-argument', 'a declaration', 'bits inside a struct', 'bits by themselves', r.at);
  return { shape, least: 0, depth: 1, read: outside, write: outside };
}

/** Octets that are sent as zero and ignored on receipt. */
export function reserved(octets: number): HiddenCodec {
  return {
    isHidden: true,
    shape: { kind: 'reserved', bits: 8 * octets },
    least: octets,
    depth: 1,
    read(r) {
      if (r.end - r.at < octets) failShort(r, octets);
      let value = 0;
      for (let i = 0; i < octets; i++) value = value * 256 + r.bytes[r.at + i]!;
      r.at += octets;
      return value;
    },
    write(w) {
      grow(w, octets);
    },
  };
}

/** A number that is always the same, and not part of the value: anything else is refused. `codec` may be a field of bits. */
export function constant(codec: Codec<number>, value: number): HiddenCodec {
  return {
    isHidden: true,
    shape: { kind: 'constant', of: codec, value },
    least: codec.least,
    depth: codec.depth,
    read(r) {
      const at = r.at;
      const found = codec.read(r);
      if (found !== value) failLimits(r, value, value, found, at);
      return found;
    },
    write: (w) => {
      codec.write(w, value);
    },
  };
}

/** The error of a number that is not what it has to be. */
export function failLimits(r: Reader, low: number, high: number, found: number, at: number): never {
  return fail(r, 'malformed', 'a field', low === high ? `${low}` : `${low} to ${high}`, `${found}`, at);
}

/** Reads 1 to 4 octets. */
function readUint(r: Reader, octets: number): number {
  const at = r.at;
  const b = r.bytes;
  if (r.end - at < octets) failShort(r, octets);
  r.at = at + octets;
  if (octets === 1) return b[at]!;
  if (octets === 2) return readU16(b, at);
  if (octets === 4) return readU32(b, at);
  return (b[at]! << 16) | readU16(b, at + 1);
}

/** Writes 1 to 4 octets at the end. */
function writeUint(w: Writer, octets: number, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * octets)) failValue(w, `0 to ${2 ** (8 * octets) - 1}`, value);
  const at = grow(w, octets);
  putUint(w.bytes, at, octets, value);
}

/** Overwrites 1 to 4 octets. */
export function putUint(b: Uint8Array, at: number, octets: number, value: number): void {
  if (octets === 1) b[at] = value;
  else if (octets === 2) writeU16(b, at, value);
  else if (octets === 4) writeU32(b, at, value);
  else {
    b[at] = value >>> 16;
    writeU16(b, at + 1, value & 0xffff);
  }
}
