/**
 * Numbers that a registry names, and values that are not quite what stands on the wire.
 *
 * @module
 */
import { EMPTY, isBytes } from '../bytes.js';
import { IpsecError, nearestName } from '../errors.js';
import { type Codec, fail, failValue, type Names, pathOf, putOctets, type Reader, type Writer } from './codec.js';

/** A row of a registry, as much of it as is needed here. */
interface Row {
  readonly id: number;
  readonly name: string;
}

/**
 * A number that a registry names. The value is the name, or the number itself where the table has no name for it, so that unknown
 * numbers survive a round trip. Encoding takes either.
 *
 * @param codec how the number is encoded: `u8`, `u16`, `bits(15)`.
 */
export function coded<const T extends Row>(codec: Codec<number>, table: readonly T[]): Codec<T['name'] | number> {
  const names = namesOf(table);
  return {
    shape: { kind: 'coded', of: codec, names },
    least: codec.least,
    depth: codec.depth,
    read(r) {
      return nameOrNumber(names, codec.read(r));
    },
    write(w, value) {
      codec.write(w, numberOf(w, names, value));
    },
  };
}

function namesOf(table: readonly Row[]): Names {
  return {
    small: Array.from({ length: 256 }, (_, id) => table.find((row) => row.id === id)?.name),
    byNumber: new Map(table.map((row) => [row.id, row.name])),
    byName: new Map(table.map((row) => [row.name, row.id])),
  };
}

/** The name of a number, or the number itself. */
export function nameOrNumber(names: Names, number: number): string | number {
  return (number < 256 ? names.small[number] : names.byNumber.get(number)) ?? number;
}

/** The number of a name; a number stands for itself. */
export function numberOf(w: Writer, names: Names, value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') failValue(w, 'a name of the registry, or a number', value);
  const number = names.byName.get(value);
  if (number !== undefined) return number;
  const path = pathOf(w);
  const nearest = nearestName(value, names.byName.keys());
  throw new IpsecError('invalid-argument', 'a value to encode', {
    ...(path !== '' && { path }),
    offset: w.at,
    expected: 'a name of the registry, or a number',
    found: JSON.stringify(value),
    ...(nearest !== undefined && { nearest }),
  });
}

/**
 * A value made from what stands on the wire. The octet map shows the wire.
 *
 * @param codec the wire.
 * @param toValue makes the value, from what was read or from its octets; an `IpsecError` of its own gets the path.
 * @param fromValue the way back: the value of the wire, or its octets.
 */
export function converted<Wire, T>(
  codec: Codec<Wire>,
  toValue: (wire: Wire, octets: Uint8Array) => T,
  fromValue: (value: T) => Wire | Uint8Array,
): Codec<T> {
  return {
    shape: { kind: 'converted', of: codec, toValue: toValue as (wire: unknown, octets: Uint8Array) => unknown },
    least: codec.least,
    depth: codec.depth,
    read(r) {
      const at = r.at;
      const wire = codec.read(r);
      try {
        return toValue(wire, toValue.length > 1 ? r.bytes.subarray(at, r.at) : EMPTY);
      } catch (error) {
        return failAgain(r, error, at);
      }
    },
    write(w, value) {
      let wire: Wire | Uint8Array;
      try {
        wire = fromValue(value);
      } catch (error) {
        failAgain(w, error, w.at);
      }
      if (isBytes(wire)) putOctets(w, wire);
      else codec.write(w, wire);
    },
  };
}

/** The error of a conversion, with the path of the field. */
function failAgain(r: Reader | Writer, error: unknown, offset: number): never {
  if (!(error instanceof IpsecError)) throw error;
  const what = error.message.split(':', 1)[0]!;
  fail(r, error.code, what, error.expected ?? 'something else', error.found ?? 'this', offset + (error.offset ?? 0));
}
