/**
 * Running a codec: octets to a value, a value to octets, octets to a table that explains them.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type Codec, fail, type MappedField, type Reader, readMapped, type Writer } from './codec.js';

/** Where in the octets a structure stands. */
export interface DecodeOptions {
  /** First octet; default 0. Offsets in errors count from the beginning of the octets all the same. */
  readonly start?: number;
  /** Where it may reach at most; default the end of the octets. */
  readonly end?: number;
  /** What errors put in front of their path: `['payloads', 0]`. */
  readonly path?: readonly (string | number)[];
  /** How many elements all lists together may have; default any number. */
  readonly elements?: number;
  /** How many payloads one chain may have; default any number. */
  readonly payloads?: number;
}

/**
 * Decodes octets that hold one structure and nothing else. The input is not changed; octets in the value are views into it.
 *
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets`, with path and offset.
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, options: DecodeOptions = {}): T {
  const r = createReader(bytes, options, undefined);
  const value = codec.read(r);
  if (r.at !== r.end) {
    r.depth = options.path?.length ?? 0;
    fail(r, 'trailing-octets', 'octets behind a structure', `its end at octet ${r.at}`, `${r.end - r.at} more octets`, r.at);
  }
  return value;
}

/** {@link decode} for a structure with something behind it: `end` is the first octet that it did not take. */
export function decodePrefix<T>(codec: Codec<T>, bytes: Uint8Array, options: DecodeOptions = {}): { value: T; end: number } {
  const r = createReader(bytes, options, undefined);
  const value = codec.read(r);
  return { value, end: r.at };
}

/**
 * Encodes a value. Lengths, counts and markers are computed.
 *
 * @throws IpsecError `invalid-argument` with the path of the field that has no encoding.
 */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const w: Writer = { bytes: new Uint8Array(Math.max(512, codec.least)), at: 0, depth: 0, path: [], slots: [], base: 0, top: 0, word: 0 };
  codec.write(w, value);
  return w.bytes.slice(0, w.at);
}

/** What {@link octetMap} returns. */
export interface OctetMap {
  /** One row for each field that could be read, in the order of the wire. */
  readonly fields: readonly MappedField[];
  /** The first octet that no row speaks of. */
  readonly end: number;
  /** Why reading stopped early, if it did. */
  readonly error?: IpsecError;
}

/** Explains octets field by field, as far as they can be read: derived, constant and reserved fields too. */
export function octetMap(codec: Codec<unknown>, bytes: Uint8Array, options: DecodeOptions = {}): OctetMap {
  const fields: MappedField[] = [];
  const r = createReader(bytes, options, fields);
  try {
    readMapped(r, codec);
    return { fields, end: r.at };
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    const last = fields.at(-1);
    return { fields, end: last === undefined ? (options.start ?? 0) : last.offset + last.length, error };
  }
}

function createReader(
  bytes: Uint8Array,
  { start = 0, end = bytes.length, path = [], elements = Infinity, payloads = Infinity }: DecodeOptions,
  map: MappedField[] | undefined,
): Reader {
  const r: Reader = {
    bytes,
    at: start,
    end,
    depth: path.length,
    path: [...path],
    slots: [],
    base: 0,
    top: 0,
    word: 0,
    elements,
    payloads,
    map,
  };
  if (!(start >= 0 && start <= end && end <= bytes.length)) {
    fail(r, 'invalid-argument', 'a window to decode', `start <= end <= ${bytes.length}`, `${start}, ${end}`, 0);
  }
  return r;
}
