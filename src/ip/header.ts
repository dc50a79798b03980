/**
 * Encodes IPv4 and IPv6 headers and puts single fields right in place: lengths, the next protocol, the header checksum.
 *
 * @module
 */
import { EMPTY, readU16, writeU16, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { checksum, updateChecksum } from './checksum.js';

/** Fields of an IPv4 header; what is not given is zero, except a TTL of 64. */
export interface Ipv4Header {
  /** Source address, 4 octets. */
  readonly source: Uint8Array;
  /** Destination address, 4 octets. */
  readonly destination: Uint8Array;
  /** Protocol, 0 to 255. */
  readonly protocol: number;
  /** Octets of header and data, up to 65535. */
  readonly totalLength: number;
  /** DSCP and ECN. */
  readonly trafficClass?: number;
  /** Identification, 16 bits. */
  readonly id?: number;
  /** Don't Fragment. */
  readonly df?: boolean;
  /** More Fragments. */
  readonly more?: boolean;
  /** Offset of a fragment in octets, a multiple of 8. */
  readonly fragmentOffset?: number;
  /** TTL. */
  readonly hopLimit?: number;
  /** Options with their padding: a multiple of 4, up to 40 octets. */
  readonly options?: Uint8Array;
}

/** Fields of an IPv6 header; what is not given is zero, except a Hop Limit of 64. */
export interface Ipv6Header {
  /** Source address, 16 octets. */
  readonly source: Uint8Array;
  /** Destination address, 16 octets. */
  readonly destination: Uint8Array;
  /** Next Header, 0 to 255: an extension header or the upper layer. */
  readonly protocol: number;
  /** Octets behind the header, up to 65535. */
  readonly payloadLength: number;
  /** DSCP and ECN. */
  readonly trafficClass?: number;
  /** Flow label, 20 bits. */
  readonly flowLabel?: number;
  /** Hop Limit. */
  readonly hopLimit?: number;
}

/**
 * Encodes an IPv4 header with its checksum.
 *
 * @throws IpsecError `invalid-argument` when an address, the options, the offset or the length cannot be.
 */
export function encodeIpv4Header(h: Ipv4Header): Uint8Array {
  const options = h.options ?? EMPTY;
  const offset = h.fragmentOffset ?? 0;
  check(h.source.length === 4 && h.destination.length === 4, 'addresses', '4 octets', `${h.source.length} and ${h.destination.length}`);
  check(options.length <= 40 && options.length % 4 === 0, 'options', 'a multiple of 4 up to 40 octets', `${options.length}`);
  check(offset % 8 === 0 && offset >= 0 && offset <= 0xfff8, 'fragmentOffset', 'a multiple of 8 up to 65528', `${offset}`);
  const out = new Uint8Array(20 + options.length);
  check(h.totalLength >= out.length && h.totalLength <= 0xffff, 'totalLength', `${out.length} to 65535`, `${h.totalLength}`);
  out[0] = 0x40 | (out.length / 4);
  out[1] = h.trafficClass ?? 0;
  writeU16(out, 2, h.totalLength);
  writeU16(out, 4, h.id ?? 0);
  writeU16(out, 6, (h.df === true ? 0x4000 : 0) | (h.more === true ? 0x2000 : 0) | (offset / 8));
  out[8] = h.hopLimit ?? 64;
  out[9] = h.protocol;
  out.set(h.source, 12);
  out.set(h.destination, 16);
  out.set(options, 20);
  fixIpv4Checksum(out);
  return out;
}

/**
 * Encodes an IPv6 header (the 40 octets; extension headers are the caller's).
 *
 * @throws IpsecError `invalid-argument` when an address or the length cannot be.
 */
export function encodeIpv6Header(h: Ipv6Header): Uint8Array {
  check(h.source.length === 16 && h.destination.length === 16, 'addresses', '16 octets', `${h.source.length} and ${h.destination.length}`);
  check(h.payloadLength >= 0 && h.payloadLength <= 0xffff, 'payloadLength', '0 to 65535', `${h.payloadLength}`);
  const out = new Uint8Array(40);
  writeU32(out, 0, 0x60000000 | (((h.trafficClass ?? 0) & 0xff) << 20) | ((h.flowLabel ?? 0) & 0xfffff));
  writeU16(out, 4, h.payloadLength);
  out[6] = h.protocol;
  out[7] = h.hopLimit ?? 64;
  out.set(h.source, 8);
  out.set(h.destination, 24);
  return out;
}

function check(right: boolean, path: string, expected: string, found: string): void {
  if (!right) throw new IpsecError('invalid-argument', 'an IP header', { path, expected, found });
}

/** Computes the header checksum of an IPv4 header afresh, in place. The caller has checked that the header is there. */
export function fixIpv4Checksum(p: Uint8Array, offset = 0): void {
  writeU16(p, offset + 10, 0);
  writeU16(p, offset + 10, checksum(p, offset, offset + (p[offset]! & 15) * 4));
}

/** Whether the header checksum of an IPv4 header is right; false also when the header is cut off. */
export function verifyIpv4Checksum(p: Uint8Array, offset = 0): boolean {
  if (p.length < offset + 20) return false;
  const end = offset + (p[offset]! & 15) * 4;
  return end >= offset + 20 && end <= p.length && checksum(p, offset, end) === 0;
}

/**
 * Sets IPv4 Total Length (and corrects the checksum) or IPv6 Payload Length, in place.
 *
 * @param length octets of the whole packet, header included, for both versions.
 * @throws IpsecError `packet-too-big` when the field cannot hold it.
 */
export function setTotalLength(p: Uint8Array, length: number): void {
  const version4 = p[0]! >>> 4 === 4;
  const field = version4 ? length : length - 40;
  if (field > 0xffff || field < 0)
    throw new IpsecError('packet-too-big', 'the length of an IP packet', {
      path: 'ip.totalLength',
      expected: 'up to 65535',
      found: `${field}`,
    });
  if (version4) setWord(p, 2, field);
  else writeU16(p, 4, field);
}

/**
 * Sets the octet that names the next protocol, in place; in IPv4 the checksum follows.
 *
 * @param named offset of that octet: `nextHeaderOffset` of {@link decodeIp}, or {@link namedAt} of a place.
 */
export function setNextHeader(p: Uint8Array, named: number, protocol: number): void {
  if (p[0]! >>> 4 === 4) setWord(p, 8, (p[8]! << 8) | protocol);
  else p[named] = protocol;
}

/** Sets TTL or Hop Limit, in place; in IPv4 the checksum follows. */
export function setHopLimit(p: Uint8Array, hopLimit: number): void {
  if (p[0]! >>> 4 === 4) setWord(p, 8, (hopLimit << 8) | p[9]!);
  else p[7] = hopLimit;
}

/** Sets DSCP and ECN, in place; in IPv4 the checksum follows. */
export function setTrafficClass(p: Uint8Array, octet: number): void {
  if (p[0]! >>> 4 === 4) setWord(p, 0, (p[0]! << 8) | octet);
  else {
    p[0] = 0x60 | (octet >>> 4);
    p[1] = ((octet & 15) << 4) | (p[1]! & 15);
  }
}

/** Reads DSCP and ECN of either version. The caller has checked that a header is there. */
export function trafficClassOf(p: Uint8Array): number {
  return p[0]! >>> 4 === 4 ? p[1]! : ((p[0]! & 15) << 4) | (p[1]! >>> 4);
}

function setWord(p: Uint8Array, offset: number, value: number): void {
  const before = readU16(p, offset);
  writeU16(p, offset, value);
  writeU16(p, 10, updateChecksum(readU16(p, 10), before, value));
}
