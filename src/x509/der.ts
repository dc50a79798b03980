/**
 * DER that somebody else has written, looked through before pkijs and asn1js see it. These read BER, too, and much that is neither: what passes here
 * has one encoding only, no depth and no length that a parser could drown in, and times and texts that mean something.
 *
 * @module
 */
import { IpsecError, type IpsecErrorCode } from '../errors.js';

/** How much of a structure is read. */
export interface DerLimits {
  /** Octets in all. */
  readonly octets: number;
  /** Elements in all. */
  readonly elements: number;
}

/** One element. */
export interface Element {
  /** Identifier octet. */
  readonly tag: number;
  /** Offset of the identifier octet. */
  readonly at: number;
  /** Offset of the contents. */
  readonly start: number;
  /** Offset behind the contents. */
  readonly end: number;
}

const maxDepth = 24;

/**
 * Looks through DER: definite and shortest lengths, no element beyond its parent, a depth of up to 24, and of primitive types the one form that
 * X.690 section 11 and RFC 5280 section 4.1.2.5 leave.
 *
 * @param what names the structure in errors: `a certificate`.
 * @throws IpsecError `truncated`, `malformed`, `trailing-octets` or `limit-exceeded`, each the peer's fault, with path and offset.
 */
export function checkDer(octets: Uint8Array, what: string, limits: DerLimits): void {
  if (octets.length > limits.octets) throw fault('limit-exceeded', what, 0, `up to ${limits.octets} octets`, String(octets.length));
  const outer = readElement(octets, 0, octets.length, what);
  if (outer.end !== octets.length)
    throw fault('trailing-octets', what, outer.end, 'nothing behind it', `${octets.length - outer.end} octets`);
  const ends: number[] = [];
  let count = 0;
  for (let at = 0; at < octets.length;) {
    const element = readElement(octets, at, ends.at(-1) ?? octets.length, what);
    if (++count > limits.elements) throw fault('limit-exceeded', what, at, `up to ${limits.elements} elements`, 'more');
    checkTag(octets, element, what);
    if (element.tag & 0x20) {
      if (ends.push(element.end) > maxDepth) throw fault('limit-exceeded', what, at, `a depth of up to ${maxDepth}`, 'more');
      at = element.start;
    } else at = element.end;
    while (ends.at(-1) === at) ends.pop();
  }
}

/** Reads one element at an offset; it ends at `limit` or before. */
export function readElement(b: Uint8Array, at: number, limit: number, what: string): Element {
  if (at + 2 > limit) throw fault('truncated', what, at, 'identifier and length', `${limit - at} octets`);
  const tag = b[at]!;
  if ((tag & 0x1f) === 0x1f || tag === 0) throw fault('malformed', what, at, 'a tag of one octet', `0x${tag.toString(16)}`);
  const first = b[at + 1]!;
  const octets = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || octets > 4)
    throw fault('malformed', what, at + 1, 'a definite length of up to four octets', `0x${first.toString(16)}`);
  if (at + 2 + octets > limit) throw fault('truncated', what, at + 1, `${octets} octets of length`, `${limit - at - 2}`);
  let length = octets === 0 ? first : 0;
  for (let i = 0; i < octets; i++) length = length * 256 + b[at + 2 + i]!;
  if (octets > 0 && (length < 0x80 || (octets > 1 && b[at + 2] === 0)))
    throw fault('malformed', what, at + 1, 'the shortest form of a length', `${octets} octets for ${length}`);
  const start = at + 2 + octets;
  if (start + length > limit) throw fault('truncated', what, at + 1, `${length} octets of contents`, String(limit - start));
  return { tag, at, start, end: start + length };
}

/** The elements inside another. */
export function children(b: Uint8Array, parent: Element, what: string): Element[] {
  const list: Element[] = [];
  for (let at = parent.start; at < parent.end; at = list.at(-1)!.end) list.push(readElement(b, at, parent.end, what));
  return list;
}

const constructed = [0x10, 0x11, 0x08, 0x0b];

function checkTag(b: Uint8Array, { tag, at, start, end }: Element, what: string): void {
  if (tag & 0xc0) return;
  if (((tag & 0x20) !== 0) !== constructed.includes(tag & 0x1f))
    throw fault('malformed', what, at, 'a constructed SEQUENCE or SET, or another type in primitive form', `0x${tag.toString(16)}`);
  const expected = ruleOf(tag, b.subarray(start, end));
  if (expected !== undefined) throw fault('malformed', what, start, expected, 'something else');
}

/** What is expected of the contents, if it is not there. */
function ruleOf(tag: number, v: Uint8Array): string | undefined {
  switch (tag) {
    case 0x01:
      return v.length === 1 && (v[0] === 0 || v[0] === 0xff) ? undefined : 'a BOOLEAN of 0x00 or 0xff';
    case 0x02:
    case 0x0a:
      return isInteger(v) ? undefined : 'an INTEGER without octets to spare';
    case 0x03:
      return isBitString(v) ? undefined : 'a BIT STRING with 0 to 7 unused bits, all zero';
    case 0x05:
      return v.length === 0 ? undefined : 'an empty NULL';
    case 0x06:
      return isObjectIdentifier(v) ? undefined : 'an object identifier of up to 64 octets without padding';
    case 0x0c:
      return isUtf8(v) ? undefined : 'UTF-8';
    case 0x13:
    case 0x16:
    case 0x1a:
      return v.every((octet) => octet < 0x80) ? undefined : 'ASCII';
    case 0x17:
      return isTime(v, 2) ? undefined : 'a time YYMMDDHHMMSSZ';
    case 0x18:
      return isTime(v, 4) ? undefined : 'a time YYYYMMDDHHMMSSZ';
    default:
      return undefined;
  }
}

function isInteger(v: Uint8Array): boolean {
  return v.length > 0 && v.length <= 2050 && !(v.length > 1 && (v[0] === 0 || v[0] === 0xff) && v[0] >> 7 === v[1]! >> 7);
}

function isBitString(v: Uint8Array): boolean {
  const unused = v[0] ?? 8;
  return unused === 0 || (unused < 8 && v.length > 1 && (v.at(-1)! & ((1 << unused) - 1)) === 0);
}

function isObjectIdentifier(v: Uint8Array): boolean {
  if (v.length === 0 || v.length > 64 || v.at(-1)! >= 0x80) return false;
  return v.every((octet, i) => octet !== 0x80 || (i > 0 && v[i - 1]! >= 0x80));
}

function isUtf8(v: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(v);
    return true;
  } catch {
    return false;
  }
}

const daysOf = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isTime(v: Uint8Array, yearDigits: number): boolean {
  const text = String.fromCharCode(...v.subarray(0, 20));
  if (v.length !== yearDigits + 11 || !/^\d+Z$/.test(text)) return false;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = [0, 2, 4, 6, 8].map((i) =>
    Number(text.slice(yearDigits + i, yearDigits + i + 2)),
  );
  return day >= 1 && day <= (daysOf[month - 1] ?? 0) && hour < 24 && minute < 60 && second < 60;
}

function fault(code: IpsecErrorCode, what: string, offset: number, expected: string, found: string): IpsecError {
  return new IpsecError(code, what, { offset, expected, found, blame: 'peer' });
}
