/**
 * Checksums of upper layers and a small builder of UDP packets.
 *
 * @module
 */
import { readU16, writeU16 } from '../bytes.js';
import { checksum, pseudoHeaderSum } from './checksum.js';
import { encodeIpv4Header, encodeIpv6Header } from './header.js';
import type { IpPacket } from './packet.js';
import { protocols } from './protocol.js';
import { finalDestination } from './routing.js';

/** Where the checksum of an upper-layer header stands in it, or -1 for protocols without one over a pseudo-header. */
export function checksumFieldOf(protocol: number): number {
  switch (protocol) {
    case protocols.TCP:
      return 16;
    case protocols.UDP:
    case protocols.UDPLite:
    case protocols.DCCP:
      return 6;
    case protocols['IPv6-ICMP']:
      return 2;
    default:
      return -1;
  }
}

/**
 * The checksum over an upper layer and its pseudo-header as the octets stand: 0 when the checksum field in them is right; the value for the
 * field when the field was set to 0 before.
 *
 * It covers everything to the end of the packet, UDP its own length: RFC 8200 section 8.1: "Some upper-layer protocols carry their own
 * length information (e.g., the Length field in the UDP header); for such protocols, that is the length used in the pseudo-header."
 */
export function upperChecksum(packet: Uint8Array, decoded: IpPacket): number {
  const { upperOffset: at, totalLength, protocol, source } = decoded;
  const declared = protocol === protocols.UDP && at + 8 <= totalLength ? readU16(packet, at + 4) : 0;
  const length = declared >= 8 && at + declared <= totalLength ? declared : totalLength - at;
  return checksum(packet, at, at + length, pseudoHeaderSum(source, finalDestination(packet, decoded), protocol, length));
}

/** An IP header of the family of the addresses in front of `upper`: no options, no extension headers. */
export function encodePacket(header: PacketHeader, protocol: number, upper: Uint8Array): Uint8Array {
  const { id, df, trafficClass, hopLimit, source, destination } = header;
  const fields = { source, destination, protocol, trafficClass: trafficClass ?? 0, hopLimit: hopLimit ?? 64 };
  const ip =
    source.length === 4
      ? encodeIpv4Header({ ...fields, totalLength: 20 + upper.length, id: id ?? 0, df: df ?? false })
      : encodeIpv6Header({ ...fields, payloadLength: upper.length });
  const packet = new Uint8Array(ip.length + upper.length);
  packet.set(ip);
  packet.set(upper, ip.length);
  return packet;
}

/** What the small builders of whole packets need to know of the IP header. */
export interface PacketHeader {
  /** Source address, 4 or 16 octets. */
  readonly source: Uint8Array;
  /** Destination address of the same family. */
  readonly destination: Uint8Array;
  /** IPv4 Identification; 0 unless given. */
  readonly id?: number;
  /** IPv4 Don't Fragment; clear unless given. */
  readonly df?: boolean;
  /** DSCP and ECN; 0 unless given. */
  readonly trafficClass?: number;
  /** TTL or Hop Limit; 64 unless given. */
  readonly hopLimit?: number;
}

/**
 * A whole UDP packet with its checksum, for examples and tests of what IPsec is to carry.
 *
 * @example
 * ```ts
 * import { encodeUdp, parseAddress, readFlow } from 'ipsec-ts/ip';
 *
 * const packet = encodeUdp({ source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') }, 5000, 53, Uint8Array.of(1, 2, 3));
 * if (readFlow(packet).destinationPort !== 53) throw new Error('the port');
 * ```
 */
export function encodeUdp(header: PacketHeader, sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  const upper = new Uint8Array(8 + payload.length);
  writeU16(upper, 0, sourcePort);
  writeU16(upper, 2, destinationPort);
  writeU16(upper, 4, upper.length);
  upper.set(payload, 8);
  const sum = pseudoHeaderSum(header.source, header.destination, protocols.UDP, upper.length);
  // RFC 768: "If the computed  checksum  is zero,  it is transmitted  as all ones"
  writeU16(upper, 6, checksum(upper, 0, upper.length, sum) || 0xffff);
  return encodePacket(header, protocols.UDP, upper);
}
