/**
 * Fields of octets, and what can be put around a field: padding, limits, a name, a window.
 *
 * @module
 */
import { EMPTY, isBytes } from '../bytes.js';
import { type Codec, fail, failShort, failValue, grow, putOctets, readMapped, type Reader, type Scope, type Writer } from './codec.js';

/**
 * Octets, as a view into the input.
 *
 * @param size a number, or the name of the field in front that says how many.
 * @param least fewer than this are refused; elements of a list need at least 1.
 */
export function bytes(size: number | string, least = 0): Codec<Uint8Array> {
  if (typeof size === 'number') return octets(size, size, size, (r) => r.at + size);
  const unbound = (r: Reader): number => fail(r, 'invalid-argument', 'a declaration', `a struct with the field ${size}`, 'none', r.at);
  return {
    ...octets(size, undefined, least, unbound),
    bind(scope) {
      const slot = scope.slotOf(size);
      return octets(
        size,
        undefined,
        least,
        (r) => r.at + r.slots[r.base + slot]!,
        (w) => w.slots[w.base + slot]!,
      );
    },
  };
}

/** All octets up to the end of the structure or its window, as a view. */
export const rest: Codec<Uint8Array> = /* @__PURE__ */ octets(undefined, undefined, 0, (r) => r.end);

/** Octets behind a number that says how many they are. */
export function prefixed(codec: Codec<number>): Codec<Uint8Array> {
  return {
    shape: { kind: 'prefixed', of: codec },
    least: codec.least,
    depth: 1,
    read(r) {
      const length = readMappedAs(r, 'length', codec);
      const start = r.at;
      if (length > r.end - start) failShort(r, length);
      r.at = start + length;
      const value = length === 0 ? EMPTY : r.bytes.subarray(start, r.at);
      if (r.map !== undefined) {
        r.at = start;
        readMappedAs(
          r,
          'octets',
          octets(length, length, 0, () => start + length),
        );
      }
      return value;
    },
    write(w, value) {
      if (!isBytes(value)) failValue(w, 'octets', value);
      codec.write(w, value.length);
      putOctets(w, value);
    },
  };
}

/** Reads a part of a field; it has a name of its own in an octet map. */
function readMappedAs<T>(r: Reader, name: string, codec: Codec<T>): T {
  if (r.map === undefined) return codec.read(r);
  r.path[r.depth] = name;
  r.depth++;
  const value = readMapped(r, codec);
  r.depth--;
  return value;
}

function octets(
  size: number | string | undefined,
  exact: number | undefined,
  least: number,
  endOf: (r: Reader) => number,
  wanted?: (w: Writer) => number,
): Codec<Uint8Array> {
  return {
    shape: { kind: 'octets', size },
    least,
    depth: 1,
    read(r) {
      const end = endOf(r);
      const start = r.at;
      if (end > r.end) failShort(r, end - start);
      if (end - start < least) fail(r, 'malformed', 'the size of a field', `at least ${least}`, `${end - start}`, start);
      r.at = end;
      return start === end ? EMPTY : r.bytes.subarray(start, end);
    },
    write(w, value) {
      if (!isBytes(value)) failValue(w, 'octets', value);
      const length = exact ?? wanted?.(w) ?? -1;
      if (length >= 0 && value.length !== length) failValue(w, `${length} octets`, value.length);
      if (value.length < least) failValue(w, `at least ${least} octets`, value.length);
      putOctets(w, value);
    },
  };
}

/** Wraps a codec and keeps its references. */
function around<T>(of: Codec<T>, make: (of: Codec<T>) => Codec<T>): Codec<T> {
  const made = make(of);
  if (of.bind === undefined) return made;
  return { ...made, bind: (scope: Scope) => make(of.bind!(scope)) };
}

/** A field that is filled with zero octets up to a multiple of `multiple`; the filling is ignored on receipt. */
export function padded<T>(codec: Codec<T>, multiple: number): Codec<T> {
  return around(codec, (of) => ({
    shape: { kind: 'padded', of, multiple },
    least: Math.ceil(of.least / multiple) * multiple,
    depth: of.depth,
    read(r) {
      const start = r.at;
      const value = of.read(r);
      const end = start + Math.ceil((r.at - start) / multiple) * multiple;
      if (end > r.end) failShort(r, end - r.at);
      r.at = end;
      return value;
    },
    write(w, value) {
      const start = w.at;
      of.write(w, value);
      const length = w.at - start;
      const filling = Math.ceil(length / multiple) * multiple - length;
      grow(w, filling);
    },
  }));
}

/** A number from `low` to `high`, or octets or a list of that length: `limit(rest, 16, 256)` is a nonce. */
export function limit<T extends number | Uint8Array | readonly unknown[]>(codec: Codec<T>, low: number, high: number): Codec<T> {
  const fits = (value: T): boolean => {
    const n = typeof value === 'number' ? value : value.length;
    return n >= low && n <= high;
  };
  const describe = (value: T): string => (typeof value === 'number' ? `${value}` : `${value.length}`);
  return around(codec, (of) => ({
    shape: { kind: 'limit', of, low, high },
    least: of.least,
    depth: of.depth,
    read(r) {
      const at = r.at;
      const value = of.read(r);
      if (!fits(value))
        fail(r, 'malformed', typeof value === 'number' ? 'a field' : 'the length of a field', `${low} to ${high}`, describe(value), at);
      return value;
    },
    write(w, value) {
      if (typeof value !== 'number' && !isBytes(value) && !Array.isArray(value)) failValue(w, `${low} to ${high}`, value);
      if (!fits(value)) failValue(w, `${low} to ${high}`, typeof value === 'number' ? value : value.length);
      of.write(w, value);
    },
  }));
}

/** A value with a name for people, such as a protocol number or an address; the value stays as it is. The octet map shows the name. */
export function named<T extends number | Uint8Array>(codec: Codec<T>, nameOf: (value: T) => string): Codec<T> {
  return around(codec, (of) => ({ ...of, shape: { kind: 'named', of, nameOf: (value) => nameOf(value as T) } }));
}

/** A field that is read within a number of octets and has to fill them. */
export function within<T>(size: number | string, codec: Codec<T>): Codec<T> {
  const make = (of: Codec<T>, octetsOf: (r: Reader) => number, wanted: (w: Writer) => number): Codec<T> => ({
    shape: { kind: 'within', of, size },
    least: typeof size === 'number' ? size : 0,
    depth: of.depth + 1,
    read(r) {
      const end = r.at + octetsOf(r);
      const outer = r.end;
      if (end > outer) failShort(r, end - r.at);
      r.end = end;
      const value = readMapped(r, of);
      if (r.at !== end) fail(r, 'trailing-octets', 'a field', `the end at octet ${r.at}`, `${end - r.at} more octets`, r.at);
      r.end = outer;
      return value;
    },
    write(w, value) {
      const start = w.at;
      of.write(w, value);
      const length = wanted(w);
      if (length >= 0 && w.at - start !== length) failValue(w, `${length} octets`, w.at - start);
    },
  });
  if (typeof size === 'number') {
    return around(codec, (of) =>
      make(
        of,
        () => size,
        () => size,
      ),
    );
  }
  return {
    ...make(
      codec,
      (r) => fail(r, 'invalid-argument', 'a declaration', `a struct with the field ${size}`, 'none', r.at),
      () => -1,
    ),
    bind(scope) {
      const slot = scope.slotOf(size);
      return make(
        codec.bind?.(scope) ?? codec,
        (r) => r.slots[r.base + slot]!,
        (w) => w.slots[w.base + slot]!,
      );
    },
  };
}
