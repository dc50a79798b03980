/**
 * The Distinguished Encoding Rules of ASN.1 (X.690), as far as names, keys, signatures and algorithm identifiers need them. DER has one encoding for each value, and
 * this reader takes no other: no indefinite lengths, no length longer than needed, no number with leading zeros. Two readers that disagree about a structure are
 * how forged signatures come about.
 *
 * Nothing here recurses: a caller goes down one level a call, along a structure that it knows. What it reads is bounded by the octets it was given.
 *
 * @module
 */
import { concat } from './bytes.js';
import { IpsecError } from './errors.js';

/** Tags of the universal class. */
export const BOOLEAN = 0x01;
/** A number. */
export const INTEGER = 0x02;
/** Octets, and how many bits of the last one do not count. */
export const BIT_STRING = 0x03;
/** Octets. */
export const OCTET_STRING = 0x04;
/** No value. */
export const NULL = 0x05;
/** A number of the tree of everything that has a name. */
export const OBJECT_IDENTIFIER = 0x06;
/** Elements in order. */
export const SEQUENCE = 0x30;
/** Elements in any order. */
export const SET = 0x31;

/** The bit of a tag that says: more elements inside. */
const CONSTRUCTED = 0x20;
/** The low bits of a tag whose number stands in the octets behind it; none of our structures has one. */
const LONG_TAG = 0x1f;
/** No structure that we read is nested deeper: an algorithm identifier in a certificate is at six. */
const MAX_DEPTH = 12;
/** IKE's payloads have 16 bits for their length; a longer element cannot be whole. */
const MAX_LENGTH_OCTETS = 2;

/** What is being read, for errors. */
export interface DerSubject {
  /** In words: `a distinguished name`. */
  readonly what: string;
  /** Where in the whole: `dn`. */
  readonly path: string;
}

/** One element, as offsets into the octets that it was found in. */
export interface Der {
  /** All octets. */
  readonly source: Uint8Array;
  /** What they are. */
  readonly subject: DerSubject;
  /** The first octet: class, constructed or not, number. */
  readonly tag: number;
  /** Offset of the tag. */
  readonly at: number;
  /** Offset of the contents. */
  readonly start: number;
  /** Offset behind the contents. */
  readonly end: number;
  /** 0 for the outermost. */
  readonly depth: number;
}

/**
 * The one element that fills the octets.
 *
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets` with path and offset.
 */
export function decodeDer(source: Uint8Array, subject: DerSubject, tag?: number): Der {
  const element = readElement(source, subject, 0, source.length, 0);
  if (element.end !== source.length) {
    throw new IpsecError('trailing-octets', subject.what, {
      path: subject.path,
      offset: element.end,
      expected: `${element.end} octets`,
      found: `${source.length}`,
    });
  }
  return tag === undefined ? element : expectTag(element, tag);
}

/**
 * The elements inside of one; the first of them must have these tags.
 *
 * @throws IpsecError `truncated` or `malformed` with path and offset.
 */
export function derFields(parent: Der, ...tags: readonly number[]): readonly Der[] {
  if ((parent.tag & CONSTRUCTED) === 0) throw malformedDer(parent, 'an element with elements inside', tagName(parent.tag));
  if (parent.depth >= MAX_DEPTH) throw malformedDer(parent, `at most ${MAX_DEPTH} levels`, 'one more');
  const fields: Der[] = [];
  for (let at = parent.start; at < parent.end; at = fields.at(-1)!.end) {
    fields.push(readElement(parent.source, parent.subject, at, parent.end, parent.depth + 1));
  }
  tags.forEach((tag, i) => {
    const field = fields[i];
    if (field === undefined) throw malformedDer({ ...parent, at: parent.end }, tagName(tag), 'nothing');
    expectTag(field, tag);
  });
  return fields;
}

/** {@link derFields} of an element that has exactly these. */
export function derExactly(parent: Der, ...tags: readonly number[]): readonly Der[] {
  const fields = derFields(parent, ...tags);
  const more = fields[tags.length];
  if (more !== undefined) throw malformedDer(more, `no more than ${tags.length} elements`, tagName(more.tag));
  return fields;
}

/** {@link derFields} of an element whose elements all have the same tag. */
export function derListOf(parent: Der, tag: number): readonly Der[] {
  return derFields(parent).map((field) => expectTag(field, tag));
}

function readElement(source: Uint8Array, subject: DerSubject, at: number, limit: number, depth: number): Der {
  const bad = (offset: number, expected: string, found: string): IpsecError =>
    new IpsecError('malformed', subject.what, { path: subject.path, offset, expected, found });
  if (at + 2 > limit) {
    const facts = { path: subject.path, offset: at, expected: '2 octets', found: String(limit - at) };
    throw new IpsecError('truncated', `${subject.what}, a DER element of it`, facts);
  }
  const tag = source[at]!;
  if ((tag & LONG_TAG) === LONG_TAG) throw bad(at, 'a tag of one octet', 'a longer one');
  const first = source[at + 1]!;
  const octets = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + octets;
  if (first === 0x80) throw bad(at + 1, 'a definite length', 'an indefinite one');
  if (octets > MAX_LENGTH_OCTETS) throw bad(at + 1, 'a length of up to two octets', `${octets}`);
  if (start > limit) throw bad(at + 1, `a length of ${octets} octets`, `${limit - at - 2}`);
  let length = octets === 0 ? first : 0;
  for (let i = 0; i < octets; i++) length = length * 256 + source[at + 2 + i]!;
  if (octets > 0 && length < (octets === 1 ? 0x80 : 0x100)) throw bad(at + 1, 'a length as short as can be', 'a longer one');
  if (start + length > limit) throw bad(at + 1, `a length of up to ${limit - start}`, `${length}`);
  return { source, subject, tag, at, start, end: start + length, depth };
}

/** @throws IpsecError `malformed`: another tag. */
export function expectTag(element: Der, tag: number): Der {
  if (element.tag !== tag) throw malformedDer(element, tagName(tag), tagName(element.tag));
  return element;
}

/** The contents, not copied. */
export function derContents({ source, start, end }: Der): Uint8Array {
  return source.subarray(start, end);
}

/** Tag, length and contents, not copied. */
export function derWhole({ source, at, end }: Der): Uint8Array {
  return source.subarray(at, end);
}

/** The error of an element that is not what it should be. */
export function malformedDer({ subject, at }: Pick<Der, 'subject' | 'at'>, expected: string, found: string): IpsecError {
  return new IpsecError('malformed', subject.what, { path: subject.path, offset: at, expected, found });
}

/** An INTEGER that is not negative: big-endian, without leading zeros but for zero itself, which is one octet. Not copied. */
export function readDerUnsigned(element: Der): Uint8Array {
  const octets = derContents(expectTag(element, INTEGER));
  if (octets.length === 0) throw malformedDer(element, 'a number', 'no octets');
  if (octets[0]! >= 0x80) throw malformedDer(element, 'a number that is not negative', 'a negative one');
  if (octets[0] !== 0 || octets.length === 1) return octets;
  if (octets[1]! < 0x80) throw malformedDer(element, 'a number without leading zeros', 'one with them');
  return octets.subarray(1);
}

/** A BIT STRING of whole octets. Not copied. */
export function readDerBits(element: Der): Uint8Array {
  const octets = derContents(expectTag(element, BIT_STRING));
  if (octets[0] !== 0) throw malformedDer(element, 'bits that are whole octets', octets.length === 0 ? 'nothing' : 'unused bits');
  return octets.subarray(1);
}

/** An OBJECT IDENTIFIER with dots: `2.5.4.3`. */
export function readDerIdentifier(element: Der): string {
  const octets = derContents(expectTag(element, OBJECT_IDENTIFIER));
  const arcs: number[] = [];
  let arc = 0;
  octets.forEach((octet, i) => {
    const place = { subject: element.subject, at: element.start + i };
    if (arc === 0 && octet === 0x80) throw malformedDer(place, 'an arc without leading zeros', 'one with them');
    arc = arc * 128 + (octet & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw malformedDer(place, 'smaller arcs of an object identifier', 'a huge one');
    if (octet >= 0x80) return;
    if (arcs.length > 0) arcs.push(arc);
    else arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    arc = 0;
  });
  if (octets.length === 0 || octets.at(-1)! >= 0x80) throw malformedDer(element, 'a whole object identifier', 'a part of one');
  return arcs.join('.');
}

function tagName(tag: number): string {
  const names: Readonly<Record<number, string>> = {
    [INTEGER]: 'an INTEGER',
    [BIT_STRING]: 'a BIT STRING',
    [OCTET_STRING]: 'an OCTET STRING',
    [NULL]: 'NULL',
    [OBJECT_IDENTIFIER]: 'an OBJECT IDENTIFIER',
    [SEQUENCE]: 'a SEQUENCE',
    [SET]: 'a SET',
  };
  return names[tag] ?? `tag 0x${tag.toString(16).padStart(2, '0')}`;
}

/** An element. @param parts its contents, fewer than 2^16 octets together. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const contents = concat(...parts);
  const { length } = contents;
  if (length >= 0x10000)
    throw new IpsecError('limit-exceeded', 'a DER element', { expected: 'fewer than 65536 octets', found: `${length}` });
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return concat(Uint8Array.of(tag, ...octets), contents);
}

/** An INTEGER that is not negative. @param magnitude big-endian; leading zeros do not matter. */
export function encodeDerUnsigned(magnitude: Uint8Array): Uint8Array {
  const first = magnitude.findIndex((octet) => octet !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : magnitude.subarray(first);
  return digits[0]! < 0x80 ? encodeDer(INTEGER, digits) : encodeDer(INTEGER, Uint8Array.of(0), digits);
}

/** A BIT STRING of whole octets. */
export function encodeDerBits(octets: Uint8Array): Uint8Array {
  return encodeDer(BIT_STRING, Uint8Array.of(0), octets);
}

/** An OBJECT IDENTIFIER. @param text with dots, e.g. `1.2.840.113549.1.1.1`, that stands in a program: it is not checked. */
export function encodeDerIdentifier(text: string): Uint8Array {
  const [top = 0, second = 0, ...rest] = text.split('.').map(Number);
  return encodeDer(OBJECT_IDENTIFIER, Uint8Array.from([40 * top + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(0x80 | (rest % 128));
  return digits;
}
