/**
 * ICMP errors that an IPsec implementation sends: path MTU (RFC 4301 section 8.2), policy (section 5.1), reassembly. Limiting their rate is
 * the caller's: RFC 4443 section 2.4 (f).
 *
 * @module
 */
import { readU32, writeU16, writeU32 } from '../bytes.js';
import { isMulticast, isUnspecified } from './address.js';
import { encodeIcmp, isIcmpError } from './icmp.js';
import { decodeIp, type IpPacket } from './packet.js';
import { protocols } from './protocol.js';

/** The kinds of error; two of the rules of {@link mayAnswerWithError} depend on it. */
export type IcmpErrorKind = 'packet-too-big' | 'other';

/**
 * Whether an ICMP error may be sent because of a packet.
 *
 * RFC 1122 section 3.2.2: "An ICMP error message MUST NOT be sent as the result of receiving:" an ICMP error message, "a datagram destined
 * to an IP broadcast or IP multicast address", "a datagram sent as a link-layer broadcast", a non-initial fragment, "a datagram whose source
 * address does not define a single host -- e.g., a zero address, a loopback address, a broadcast address, a multicast address, or a Class E
 * address."
 *
 * RFC 4443 section 2.4 (e) has the same rules, and an ICMPv6 Redirect; as an exception to the one about multicast, Packet Too Big may go out
 * "to allow Path MTU discovery to work for IPv6 multicast".
 *
 * A broadcast address of a subnet cannot be known here, nor a link-layer broadcast: leave those to the caller.
 */
export function mayAnswerWithError(packet: Uint8Array, kind: IcmpErrorKind = 'other', decoded: IpPacket = decodeIp(packet)): boolean {
  const { version, source, destination, fragment } = decoded;
  if (fragment !== undefined && fragment.offset > 0) return false;
  if (isMulticast(source) || isUnspecified(source)) return false;
  if (isMulticast(destination) && !(version === 6 && kind === 'packet-too-big')) return false;
  // a zero, loopback, broadcast or Class E source; a broadcast destination
  if (version === 4 && (source[0] === 0 || source[0] === 127 || source[0]! >= 240 || readU32(destination, 0) === 0xffffffff)) return false;
  if (version === 6 && source.every((octet, i) => octet === (i === 15 ? 1 : 0))) return false;
  return !carriesError(packet, decoded);
}

function carriesError(packet: Uint8Array, { version, protocol, upperOffset, totalLength }: IpPacket): boolean {
  if (protocol !== (version === 4 ? protocols.ICMP : protocols['IPv6-ICMP'])) return false;
  if (upperOffset >= totalLength) return true; // it cannot be told: silence is safe
  const type = packet[upperOffset]!;
  return isIcmpError(version, type) || (version === 6 && type === 137);
}

/**
 * ICMP Destination Unreachable, "fragmentation needed and DF set", with the Next-Hop MTU.
 *
 * ```text
 * |   Type = 3    |   Code = 4    |           Checksum            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |           unused = 0          |         Next-Hop MTU          |
 * ```
 *
 * RFC 1191 section 4: "the router MUST include the MTU of that next-hop network in the low-order 16 bits of the ICMP header field that is
 * labelled "unused" in the ICMP specification".
 *
 * @param packet the IPv4 packet that was too big.
 * @param mtu what its sender may send.
 * @param from the address that answers, 4 octets.
 * @returns `undefined` when no error may be sent because of this packet: {@link mayAnswerWithError}.
 */
export function encodeFragmentationNeeded(packet: Uint8Array, mtu: number, from: Uint8Array): Uint8Array | undefined {
  return encodeError(packet, from, 3, 4, mtu & 0xffff, 'packet-too-big');
}

/**
 * ICMPv6 Packet Too Big: RFC 4443 section 3.2.
 *
 * @param packet the IPv6 packet that was too big.
 * @param mtu what its sender may send, 32 bits.
 * @param from the address that answers, 16 octets.
 * @returns `undefined` when no error may be sent because of this packet.
 *
 * @example
 * ```ts
 * import { decodeIcmp, encodePacketTooBig, encodeUdp, parseAddress } from 'ipsec-ts/ip';
 *
 * const packet = encodeUdp({ source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') }, 1, 2, new Uint8Array(1400));
 * const answer = encodePacketTooBig(packet, 1280, parseAddress('2001:db8::ff'));
 * if (answer === undefined || decodeIcmp(answer).mtu !== 1280) throw new Error('to the sender of the packet');
 * if (encodePacketTooBig(answer, 1280, parseAddress('2001:db8::1')) !== undefined) throw new Error('an error is never answered');
 * ```
 */
export function encodePacketTooBig(packet: Uint8Array, mtu: number, from: Uint8Array): Uint8Array | undefined {
  return encodeError(packet, from, 2, 0, mtu, 'packet-too-big');
}

/**
 * Destination Unreachable, communication administratively prohibited: ICMP type 3 code 13, ICMPv6 type 1 code 1.
 *
 * @param code another code of the type.
 * @returns `undefined` when no error may be sent because of this packet.
 */
export function encodeDestinationUnreachable(packet: Uint8Array, from: Uint8Array, code?: number): Uint8Array | undefined {
  return from.length === 4 ? encodeError(packet, from, 3, code ?? 13, 0) : encodeError(packet, from, 1, code ?? 1, 0);
}

/**
 * Time Exceeded: fragment reassembly time exceeded (code 1), or code 0, hop limit exceeded. ICMP type 11, ICMPv6 type 3.
 *
 * @param packet the first fragment: without it no message may be sent.
 * @returns `undefined` when no error may be sent because of this packet.
 */
export function encodeTimeExceeded(packet: Uint8Array, from: Uint8Array, code = 1): Uint8Array | undefined {
  return encodeError(packet, from, from.length === 4 ? 11 : 3, code, 0);
}

/**
 * Parameter Problem: ICMP type 12, ICMPv6 type 4, with the offset of the octet that is at fault.
 *
 * @returns `undefined` when no error may be sent because of this packet.
 */
export function encodeParameterProblem(packet: Uint8Array, from: Uint8Array, pointer: number, code = 0): Uint8Array | undefined {
  return from.length === 4
    ? encodeError(packet, from, 12, code, (pointer & 0xff) * 0x1000000)
    : encodeError(packet, from, 4, code, pointer);
}

function encodeError(
  packet: Uint8Array,
  from: Uint8Array,
  type: number,
  code: number,
  word: number,
  kind: IcmpErrorKind = 'other',
): Uint8Array | undefined {
  const decoded = decodeIp(packet);
  if (decoded.source.length !== from.length || !mayAnswerWithError(packet, kind, decoded)) return undefined;
  // RFC 4443 section 2.4 (c): as much of the packet "as possible without making the error message packet exceed the minimum IPv6 MTU";
  // RFC 1812 section 4.3.2.3 has the same for 576 octets.
  const room = decoded.version === 4 ? 576 - 28 : 1280 - 48;
  const quoted = packet.subarray(0, Math.min(room, decoded.totalLength));
  const message = new Uint8Array(8 + quoted.length);
  writeU16(message, 0, (type << 8) | code);
  writeU32(message, 4, word);
  message.set(quoted, 8);
  return encodeIcmp({ source: from, destination: decoded.source }, message);
}
