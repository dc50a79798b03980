/**
 * Readers for the packet path: they answer with numbers, make no object and throw nothing. A negative answer means that the packet is
 * malformed; {@link decodeIp} says how.
 *
 * @module
 */
import { readU16 } from '../bytes.js';
import { defaultExtensions, protocols } from './protocol.js';

/**
 * Where a header stands, in one number: the offset of the header and the offset of the octet that names it (IPv4 Protocol, or the Next
 * Header field of the header before). Take it apart with {@link offsetOf} and {@link namedAt}. Negative: malformed.
 */
export type HeaderPlace = number;

/** Puts a {@link HeaderPlace} together: 17 bits for `named`, since an IPv6 packet may have 40 + 65,535 octets. */
export function headerPlace(offset: number, named: number): HeaderPlace {
  return offset * 0x20000 + named;
}

/** The offset at which the header stands (or, for {@link espInsertionPoint}, is to stand). */
export function offsetOf(place: HeaderPlace): number {
  return (place / 0x20000) | 0;
}

/** The offset of the octet that names the header. */
export function namedAt(place: HeaderPlace): number {
  return place & 0x1ffff;
}

/** 4 or 6, the version nibble; -1 when it is another or there is no octet. */
export function ipVersion(p: Uint8Array): number {
  const version = p.length === 0 ? 0 : p[0]! >>> 4;
  return version === 4 || version === 6 ? version : -1;
}

/** Octets of the whole packet as its header says; -1 when the header is cut off or contradicts itself or the octets that are there. */
export function ipTotalLength(p: Uint8Array): number {
  const version = ipVersion(p);
  if (version === 4) {
    if (p.length < 20) return -1;
    const header = (p[0]! & 15) * 4;
    const total = readU16(p, 2);
    return header >= 20 && total >= header && total <= p.length ? total : -1;
  }
  if (version !== 6 || p.length < 40) return -1;
  const payload = readU16(p, 4);
  // Payload Length zero with a Hop-by-Hop Options header announces a jumbogram, whose length would not fit a 16-bit field
  return (payload === 0 && p[6] === 0) || payload + 40 > p.length ? -1 : payload + 40;
}

/**
 * The length of one IPv6 extension header, or -1 when it does not fit before `end`.
 *
 * RFC 8200 section 4: "Each extension header is an integer multiple of 8 octets long, in order to retain 8-octet alignment for
 * subsequent headers."
 */
export function extensionLength(p: Uint8Array, type: number, at: number, end: number): number {
  if (at + 8 > end) return -1;
  const length = type === protocols['IPv6-Frag'] ? 8 : type === protocols.AH ? 4 * (p[at + 1]! + 2) : 8 * (p[at + 1]! + 1);
  return at + length > end ? -1 : length;
}

/** Where the upper-layer header stands: ESP, AH and IPComp count as upper layers. Behind a non-first fragment's header: its data. *
 * @example
 * ```ts
 * import { encodeUdp, findUpper, namedAt, offsetOf, parseAddress } from 'ipsec-ts/ip';
 *
 * const packet = encodeUdp({ source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') }, 1, 2, new Uint8Array(9));
 * const place = findUpper(packet);
 * if (place < 0 || offsetOf(place) !== 20 || packet[namedAt(place)] !== 17) throw new Error('UDP behind 20 octets of IPv4 header');
 * if (findUpper(packet.subarray(0, 19)) >= 0) throw new Error('malformed is negative');
 * ```
 */
export function findUpper(p: Uint8Array, extensions: Uint8Array = defaultExtensions): HeaderPlace {
  const end = ipTotalLength(p);
  if (end < 0) return -1;
  if (p[0]! >>> 4 === 4) return headerPlace((p[0]! & 15) * 4, 9);
  let named = 6;
  let at = 40;
  while (extensions[p[named]!] === 1) {
    const type = p[named]!;
    const length = type === 0 && named !== 6 ? -1 : extensionLength(p, type, at, end);
    if (length < 0) return -1;
    named = at;
    at += length;
    if (type === protocols['IPv6-Frag'] && readU16(p, named + 2) >>> 3 !== 0) break;
  }
  return headerPlace(at, named);
}

/** The offset of the upper-layer header; negative when malformed. See {@link findUpper}. */
export function upperOffset(p: Uint8Array, extensions: Uint8Array = defaultExtensions): number {
  const place = findUpper(p, extensions);
  return place < 0 ? -1 : offsetOf(place);
}

/** The offset of the octet that names the upper-layer protocol; negative when malformed. See {@link findUpper}. */
export function nextHeaderOffset(p: Uint8Array, extensions: Uint8Array = defaultExtensions): number {
  const place = findUpper(p, extensions);
  return place < 0 ? -1 : namedAt(place);
}

/**
 * Whether a packet is a piece of a larger one: 1 the first fragment, 2 another one, 0 a whole packet (an IPv6 "atomic" fragment, offset 0
 * and nothing more to come, is whole), -1 malformed.
 */
export function fragmentKind(p: Uint8Array): number {
  const end = ipTotalLength(p);
  if (end < 0) return -1;
  if (p[0]! >>> 4 === 4) return kindOf(readU16(p, 6) & 0x1fff, (readU16(p, 6) & 0x2000) !== 0);
  let kind = 0;
  let type = p[6]!;
  for (let at = 40; defaultExtensions[type] === 1;) {
    const length = type === 0 && at !== 40 ? -1 : extensionLength(p, type, at, end);
    if (length < 0) return -1;
    if (type === protocols['IPv6-Frag']) {
      const word = readU16(p, at + 2);
      // of several Fragment headers the first that tells of a piece decides
      if (kind === 0) kind = kindOf(word >>> 3, (word & 1) !== 0);
      if (word >>> 3 !== 0) break;
    }
    type = p[at]!;
    at += length;
  }
  return kind;
}

function kindOf(offset: number, more: boolean): number {
  return offset > 0 ? 2 : more ? 1 : 0;
}
