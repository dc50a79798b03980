/**
 * Lists: of a known number of elements, up to the end, or with IKE's "last substructure" octet.
 *
 * @module
 */
import { addRow, type Codec, countElement, fail, failShort, failValue, grow, readMapped, type Reader, type Scope } from './codec.js';
import { readU16, writeU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { reserved, u16, u8 } from './numbers.js';

/**
 * Elements one after the other.
 *
 * @param codec takes at least one octet, so that a count on the wire cannot cost more than the octets behind it.
 * @param count how many; the name of a field in front that says so; absent: up to the end.
 */
export function array<T>(codec: Codec<T>, count?: number | string): Codec<readonly T[]> {
  if (codec.least < 1)
    throw new IpsecError('invalid-argument', 'a declaration', {
      expected: 'elements of at least 1 octet',
      found: 'elements that may be empty',
    });
  const make = (of: Codec<T>, slot: number): Codec<readonly T[]> => ({
    shape: { kind: 'list', of, count },
    least: typeof count === 'number' ? count * of.least : 0,
    depth: of.depth + 1,
    read(r) {
      const n = typeof count === 'number' ? count : slot >= 0 ? r.slots[r.base + slot]! : -1;
      const values: T[] = [];
      const depth = r.depth++;
      while (n < 0 ? r.at < r.end : values.length < n) {
        r.path[depth] = values.length;
        countElement(r);
        values.push(readMapped(r, of));
      }
      r.depth = depth;
      return values;
    },
    write(w, values) {
      if (!Array.isArray(values)) failValue(w, 'a list', values);
      const said = typeof count === 'number' ? count : slot >= 0 ? w.slots[w.base + slot]! : -1;
      if (said >= 0 && values.length !== said) failValue(w, `${said} elements`, values.length);
      const depth = w.depth++;
      const list = values as readonly T[];
      for (let i = 0; i < list.length; i++) {
        w.path[depth] = i;
        of.write(w, list[i]!);
      }
      w.depth = depth;
    },
  });
  return bindCount(codec, count, make);
}

function bindCount<T>(
  codec: Codec<T>,
  count: number | string | undefined,
  make: (of: Codec<T>, slot: number) => Codec<readonly T[]>,
): Codec<readonly T[]> {
  if (typeof count !== 'string' && codec.bind === undefined) return make(codec, -1);
  return {
    ...make(codec, -1),
    bind: (scope: Scope) => make(codec.bind?.(scope) ?? codec, typeof count === 'string' ? scope.slotOf(count) : -1),
  };
}

/**
 * IKE's substructures. RFC 7296 section 3.3.1 and 3.3.2 put the same four octets in front of each Proposal and each Transform:
 *
 * ```text
 *                        1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   | Last Substruc |   RESERVED    |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * They do not exist in the value.
 *
 * @param marker what Last Substruc says when another one follows: 2 for Proposals, 3 for Transforms. The last one says 0.
 * @param codec what follows the four octets; it has to fill the length.
 * @param count the name of a field in front that counts them.
 */
export function substructures<T>(marker: number, codec: Codec<T>, count?: string): Codec<readonly T[]> {
  const make = (of: Codec<T>, slot: number): Codec<readonly T[]> => ({
    shape: { kind: 'list', of, count, marker },
    least: 0,
    depth: of.depth + 1,
    read(r) {
      const first = r.at;
      const values: T[] = [];
      const said = slot >= 0 ? r.slots[r.base + slot]! : -1;
      const depth = r.depth++;
      const outer = r.end;
      for (let last = said === 0 || (said < 0 && first >= outer); !last;) {
        r.path[depth] = values.length;
        countElement(r);
        last = readHead(r, marker, of.least);
        values.push(readMapped(r, of));
        if (r.at !== r.end) fail(r, 'trailing-octets', 'a substructure', `its end at octet ${r.at}`, `${r.end - r.at} more octets`, r.at);
        r.end = outer;
      }
      r.depth = depth;
      if (said >= 0 && values.length !== said)
        fail(r, 'malformed', `${values.length} substructures`, `${said}, as the header says`, `${values.length}`, first);
      return values;
    },
    write(w, values) {
      if (!Array.isArray(values)) failValue(w, 'a list', values);
      const said = slot >= 0 ? w.slots[w.base + slot]! : -1;
      if (said >= 0 && values.length !== said) failValue(w, `${said} substructures`, values.length);
      const depth = w.depth++;
      const list = values as readonly T[];
      for (let i = 0; i < list.length; i++) {
        w.path[depth] = i;
        const start = grow(w, 4);
        of.write(w, list[i]!);
        if (w.at - start > 0xffff) failValue(w, 'a substructure of at most 65535 octets', w.at - start);
        w.bytes[start] = i === list.length - 1 ? 0 : marker;
        w.bytes[start + 1] = 0;
        writeU16(w.bytes, start + 2, w.at - start);
      }
      w.depth = depth;
    },
  });
  return bindCount(codec, count, make);
}

const headReserved = /* @__PURE__ */ reserved(1);

/** Reads the four octets, narrows the window to the substructure, and tells whether it is the last. */
function readHead(r: Reader, marker: number, least: number): boolean {
  const at = r.at;
  if (r.end - at < 4) failShort(r, 4);
  const more = r.bytes[at]!;
  const length = readU16(r.bytes, at + 2);
  if (more !== 0 && more !== marker) fail(r, 'malformed', 'Last Substruc', `0 or ${marker}`, `${more}`, at);
  if (length < 4 + least) fail(r, 'malformed', 'the length of a substructure', `at least ${4 + least}`, `${length}`, at + 2);
  if (length > r.end - at) fail(r, 'truncated', 'a substructure', `${length} octets`, `${r.end - at}`, at);
  if (r.map !== undefined) {
    const depth = r.depth++;
    for (const [name, codec, size, value] of [
      ['lastSubstruc', u8, 1, more],
      ['reserved', headReserved, 1, r.bytes[at + 1]!],
      ['length', u16, 2, length],
    ] as const) {
      // prettier-ignore
      r.path[depth] = name;
      const offset = r.at;
      r.at += size;
      addRow(r, codec, offset, value);
    }
    r.depth = depth;
  }
  r.at = at + 4;
  r.end = at + length;
  return more === 0;
}
