/**
 * ICMP (RFC 792) and ICMPv6 (RFC 4443) as far as IPsec needs them: errors that come in and the packets inside them, and echo messages.
 * Errors that go out are made in the file next door.
 *
 * @module
 */
import { EMPTY, readU16, readU32, writeU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { checksum, pseudoHeaderSum } from './checksum.js';
import { type Flow, readFlow } from './flow.js';
import { setTotalLength } from './header.js';
import { decodeIp, type IpPacket } from './packet.js';
import { protocols } from './protocol.js';
import { encodePacket, type PacketHeader, upperChecksum } from './upper.js';

/** A decoded ICMP or ICMPv6 message. */
export interface IcmpMessage {
  /** 4: ICMP, 6: ICMPv6. */
  readonly version: 4 | 6;
  /** Type: the numbers of ICMP and ICMPv6 differ. */
  readonly type: number;
  /** Code. */
  readonly code: number;
  /** Whether the ICMP checksum is right. */
  readonly checksumRight: boolean;
  /** Whether it reports an error, and so carries the beginning of a packet. */
  readonly error: boolean;
  /** The MTU of Fragmentation Needed (0 from routers older than RFC 1191) or Packet Too Big; absent in other messages. */
  readonly mtu?: number;
  /** The packet that caused an error, mostly cut off: a view. Empty in other messages. */
  readonly quoted: Uint8Array;
}

/**
 * Whether an ICMP type reports an error. RFC 1122 section 3.2.2 lists Destination Unreachable (3), Redirect (5), Source Quench (4), Time
 * Exceeded (11) and Parameter Problem (12); RFC 4443 section 2.1: "Error messages are identified as such by a zero in the high-order bit of
 * their message Type field values."
 */
export function isIcmpError(version: 4 | 6, type: number): boolean {
  return version === 6 ? type < 128 : type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}

/**
 * Decodes the ICMP message in a packet.
 *
 * ```text
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Code      |          Checksum             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |              unused, or the MTU, or a pointer                 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |      Internet Header + 64 bits of Original Data Datagram      |
 * ```
 *
 * @throws IpsecError `malformed` when the packet carries no ICMP or is a fragment, `truncated` when the message is shorter than 8 octets,
 * and whatever {@link decodeIp} throws.
 */
export function decodeIcmp(packet: Uint8Array, decoded: IpPacket = decodeIp(packet)): IcmpMessage {
  const { version, protocol, upperOffset: at, totalLength: end, fragment } = decoded;
  const wanted = version === 4 ? protocols.ICMP : protocols['IPv6-ICMP'];
  if (protocol !== wanted)
    throw new IpsecError('malformed', 'an ICMP message', {
      path: 'ip.protocol',
      offset: decoded.nextHeaderOffset,
      expected: `${wanted}`,
      found: `${protocol}`,
    });
  if (fragment && (fragment.offset > 0 || fragment.more))
    throw new IpsecError('bad-fragment', 'an ICMP message', { path: 'ip.fragment', expected: 'a whole packet', found: 'a fragment' });
  if (at + 8 > end)
    throw new IpsecError('truncated', 'an ICMP message', { path: 'icmp', offset: at, expected: '8 octets', found: `${end - at}` });
  const type = packet[at]!;
  const code = packet[at + 1]!;
  const error = isIcmpError(version, type);
  const mtu =
    version === 4 ? (type === 3 && code === 4 ? readU16(packet, at + 6) : undefined) : type === 2 ? readU32(packet, at + 4) : undefined;
  return {
    version,
    type,
    code,
    checksumRight: (version === 4 ? checksum(packet, at, end) : upperChecksum(packet, decoded)) === 0,
    error,
    ...(mtu === undefined ? {} : { mtu }),
    quoted: error ? packet.subarray(at + 8, quotedEnd(packet, version, type, at, end)) : EMPTY,
  };
}

// RFC 4884: a length octet other than zero says where the quoted packet ends and extensions begin: in 32-bit words in ICMP (second octet of
// the second word), in 64-bit words in ICMPv6 (its first octet).
function quotedEnd(p: Uint8Array, version: 4 | 6, type: number, at: number, end: number): number {
  const extended = version === 4 ? type === 3 || type === 11 || type === 12 : type === 1 || type === 3;
  const length = !extended ? 0 : version === 4 ? p[at + 5]! * 4 : p[at + 4]! * 8;
  return length === 0 ? end : Math.min(end, at + 8 + length);
}

/** The packet inside an ICMP error message, cut off or not; `undefined` when the message is no error. Throws as {@link decodeIcmp}. */
export function innerPacketOf(packet: Uint8Array): Uint8Array | undefined {
  const { error, quoted } = decodeIcmp(packet);
  return error ? quoted : undefined;
}

/**
 * The selectors of a packet quoted in an ICMP error, which may be cut off behind its headers. RFC 4301 section 6 checks them, with source
 * and destination changed over, against the SA on which the error came.
 *
 * @returns views into a copy of its own.
 * @throws IpsecError when not even the headers are there.
 */
export function readQuotedFlow(quoted: Uint8Array): Flow {
  const copy = quoted.slice(0, 0xffff);
  const header = copy.length > 0 && copy[0]! >>> 4 === 4 ? 20 : 40;
  const declared = copy.length >= header ? (header === 20 ? readU16(copy, 2) : 40 + readU16(copy, 4)) : 0;
  if (declared > copy.length) setTotalLength(copy, copy.length);
  return readFlow(copy);
}

/** What an echo message says. */
export interface Echo extends PacketHeader {
  /** Identifier of the one who asks, 16 bits. */
  readonly id: number;
  /** Sequence number, 16 bits. */
  readonly seq: number;
  /** What comes back; empty unless given. */
  readonly data?: Uint8Array;
  /** An Echo Reply instead of an Echo Request. */
  readonly reply?: boolean;
}

/**
 * A whole ping: IP header, ICMP or ICMPv6 echo message, checksums. The IPv4 Identification is 0.
 *
 * @example
 * ```ts
 * import { decodeIcmp, encodeEcho, parseAddress } from 'ipsec-ts/ip';
 *
 * const ping = encodeEcho({ source: parseAddress('::1'), destination: parseAddress('::2'), id: 7, seq: 1 });
 * if (decodeIcmp(ping).type !== 128 || !decodeIcmp(ping).checksumRight) throw new Error('ICMPv6 Echo Request');
 * ```
 */
export function encodeEcho(echo: Echo): Uint8Array {
  const v4 = echo.source.length === 4;
  const data = echo.data ?? EMPTY;
  const message = new Uint8Array(8 + data.length);
  message[0] = v4 ? (echo.reply === true ? 0 : 8) : echo.reply === true ? 129 : 128;
  writeU16(message, 4, echo.id);
  writeU16(message, 6, echo.seq);
  message.set(data, 8);
  return encodeIcmp({ ...echo, id: 0 }, message);
}

/** An IP header and an ICMP message whose checksum this fills in. */
export function encodeIcmp(header: PacketHeader, message: Uint8Array): Uint8Array {
  const v4 = header.source.length === 4;
  const protocol = v4 ? protocols.ICMP : protocols['IPv6-ICMP'];
  // RFC 4443 section 2.3: "The checksum is the 16-bit one's complement of the one's complement sum of the entire ICMPv6 message, starting
  // with the ICMPv6 message type field, and prepended with a "pseudo-header" of IPv6 header fields"; ICMP has no pseudo-header.
  const sum = v4 ? 0 : pseudoHeaderSum(header.source, header.destination, protocol, message.length);
  writeU16(message, 2, 0);
  writeU16(message, 2, checksum(message, 0, message.length, sum));
  return encodePacket(header, protocol, message);
}
