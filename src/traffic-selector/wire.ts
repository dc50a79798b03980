/**
 * The octets of a Traffic Selector of IKEv2, and how selector sets become lists of them and back.
 *
 * @module
 */
import { readU16, writeU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { compareAddresses, OPAQUE, protocols } from '../ip.js';
import { ANY, type TrafficSelector } from './types.js';

const ipv4Type = 7;
const ipv6Type = 8;
const maxPort = 0xffff;

//                      1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |   TS Type     |IP Protocol ID*|       Selector Length         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |           Start Port*         |           End Port*           |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// ~                         Starting Address*                     ~
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// ~                         Ending Address*                       ~
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/** What {@link decodeTrafficSelector} found: the selector, unless its type is unknown, and where the next one begins. */
export interface DecodedTrafficSelector {
  /** Absent when the TS Type is neither 7 nor 8: RFC 7296 section 2.9: "the responder ignores that Traffic Selector". */
  readonly selector?: TrafficSelector;
  /** TS Type: 7 (TS_IPV4_ADDR_RANGE), 8 (TS_IPV6_ADDR_RANGE) or another. */
  readonly type: number;
  /** Offset of the first octet behind it. */
  readonly next: number;
}

/**
 * Reads one Traffic Selector substructure (RFC 7296 section 3.13.1). Its addresses are copies.
 *
 * @param offset where it begins.
 * @throws IpsecError `truncated` or `malformed` with path and offset.
 *
 * @example
 * ```ts
 * import { decodeTrafficSelector, formatTrafficSelector } from 'ipsec-ts/traffic-selector';
 *
 * const { selector } = decodeTrafficSelector(Uint8Array.of(7, 6, 0, 16, 1, 187, 1, 187, 192, 0, 2, 0, 192, 0, 2, 255));
 * if (selector === undefined || formatTrafficSelector(selector) !== '192.0.2.0/24 tcp 443') throw new Error('HTTPS');
 * ```
 */
export function decodeTrafficSelector(b: Uint8Array, offset = 0): DecodedTrafficSelector {
  if (b.length - offset < 4) throw truncated(4, b.length - offset, offset);
  const type = b[offset]!;
  const length = readU16(b, offset + 2);
  if (length < 4 || offset + length > b.length) throw badField('Selector Length', offset + 2, `4 to ${b.length - offset}`, String(length));
  if (type !== ipv4Type && type !== ipv6Type) return { type, next: offset + length };
  const size = type === ipv4Type ? 4 : 16;
  if (length !== 8 + 2 * size) throw badField('Selector Length', offset + 2, String(8 + 2 * size), String(length));
  const start = b.slice(offset + 8, offset + 8 + size);
  const end = b.slice(offset + 8 + size, offset + length);
  if (compareAddresses(start, end) > 0)
    throw badField('Ending Address', offset + 8 + size, 'one that is not below the Starting Address', 'a lower one');
  const selector = { protocol: decodeProtocol(b[offset + 1]!), addresses: { start, end }, ports: decodePorts(b, offset + 4) };
  return { type, selector, next: offset + length };
}

function decodeProtocol(octet: number): number {
  return octet === 0 ? ANY : octet === protocols['IPv6-Frag'] ? OPAQUE : octet;
}

function decodePorts(b: Uint8Array, offset: number): TrafficSelector['ports'] {
  const start = readU16(b, offset);
  const end = readU16(b, offset + 2);
  if (start === 0 && end === maxPort) return ANY;
  if (start === maxPort && end === 0) return OPAQUE;
  if (start > end) throw badField('End Port', offset + 2, `${start} or more, or 0 behind 65535 (OPAQUE)`, String(end));
  return { start, end };
}

/**
 * Writes one Traffic Selector substructure: type 7 or 8 by the length of its addresses, 16 or 40 octets.
 *
 * RFC 7296 section 3.13.1: "Systems that are complying with [IPSECARCH] that wish to indicate "ANY" ports MUST set the start port to 0 and
 * the end port to 65535" and "that wish to indicate "OPAQUE" ports, but not "ANY" ports, MUST set the start port to 65535 and the end
 * port to 0." An OPAQUE protocol is 44, the "Fragment identifier" of RFC 4301 appendix C.
 */
export function encodeTrafficSelector({ protocol, addresses, ports }: TrafficSelector): Uint8Array {
  const size = addresses.start.length;
  const b = new Uint8Array(8 + 2 * size);
  b[0] = size === 4 ? ipv4Type : ipv6Type;
  b[1] = protocol === ANY ? 0 : protocol === OPAQUE ? protocols['IPv6-Frag'] : protocol;
  writeU16(b, 2, b.length);
  writeU16(b, 4, ports === ANY ? 0 : ports === OPAQUE ? maxPort : ports.start);
  writeU16(b, 6, ports === ANY ? maxPort : ports === OPAQUE ? 0 : ports.end);
  b.set(addresses.start, 8);
  b.set(addresses.end, 8 + size);
  return b;
}

function truncated(expected: number, found: number, offset: number): IpsecError {
  return new IpsecError('truncated', 'a Traffic Selector', {
    path: 'trafficSelector',
    offset,
    expected: `${expected} octets`,
    found: String(found),
  });
}

function badField(field: string, offset: number, expected: string, found: string): IpsecError {
  return new IpsecError('malformed', `the ${field} of a Traffic Selector`, { path: 'trafficSelector', offset, expected, found });
}
