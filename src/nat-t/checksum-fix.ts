/**
 * The Transport Mode Decapsulation NAT Procedure of RFC 3948 section 3.1.2: a NAT changed the addresses that the checksum of the protected
 * upper layer counts, and could not correct what it could not see.
 *
 * @module
 */
import { readU16, writeU16 } from '../bytes.js';
import { checksumFieldOf, decodeIp, type IpPacket, protocols, updateChecksumOctets, upperChecksum } from '../ip.js';

/** The addresses that the peer itself had in its packet, as NAT-OA (RFC 3947) or the traffic selectors (RFC 7296 section 2.23.1) told them. */
export interface OriginalAddresses {
  /** The real source address. */
  readonly source: Uint8Array;
  /** The real destination address. */
  readonly destination: Uint8Array;
}

/**
 * How the checksum is put right, the three ways of RFC 3948 section 3.1.2: from the original addresses (the one that still finds octets
 * that were damaged), computed afresh, or set to zero (UDP over IPv4 alone). The last two trust the ICV of ESP: RFC 3948 section 3.1.2:
 * "This SHOULD only be done for transport mode, and if the packet is integrity protected."
 */
export type ChecksumFix = OriginalAddresses | 'recompute' | 'clear';

/**
 * Puts the upper-layer checksum of a packet right that was decapsulated in transport mode behind a NAT; in place.
 *
 * RFC 3948 section 3.1.2: "If the protocol header after the ESP header is a TCP/UDP header and the peer's real source and destination IP
 * address have been received according to [RFC3947], incrementally recompute the TCP/UDP checksum". Besides these it serves UDP-Lite, DCCP
 * and ICMPv6, which have pseudo-headers too: "In addition an implementation MAY fix any contained protocols that have been broken by NAT".
 *
 * A UDP checksum of zero means that there is none and stays; one that comes out as zero is written as 0xFFFF (RFC 768). In IPv6 too zero
 * stays as the sender left it: the stack behind decides about it (RFC 8200 section 8.1).
 *
 * @param packet the decapsulated packet with the addresses as received.
 * @returns whether the packet has a checksum that was put right: false for other protocols, later fragments, cut-off headers, UDP without
 * checksum, and for what the way chosen cannot do (`'clear'` of anything but UDP over IPv4; `'recompute'` of fragments, UDP-Lite, DCCP).
 *
 * @example
 * ```ts
 * import { decodeIp, encodeUdp, parseAddress, setNextHeader, upperChecksum } from 'ipsec-ts/ip';
 * import { fixTransportChecksum } from 'ipsec-ts/nat-t';
 *
 * const original = { source: parseAddress('10.0.0.5'), destination: parseAddress('192.0.2.2') };
 * const packet = encodeUdp(original, 1000, 53, Uint8Array.of(1, 2, 3));
 * packet.set(parseAddress('203.0.113.7'), 12); // the NAT
 * if (!fixTransportChecksum(packet, original) || upperChecksum(packet, decodeIp(packet)) !== 0) throw new Error('right again');
 * ```
 */
export function fixTransportChecksum(packet: Uint8Array, fix: ChecksumFix): boolean {
  const decoded = decodeIp(packet);
  const { protocol, upperOffset, totalLength, fragment } = decoded;
  const field = checksumFieldOf(protocol);
  const at = upperOffset + field;
  if (field < 0 || at + 2 > totalLength || (fragment !== undefined && fragment.offset > 0)) return false;
  const before = readU16(packet, at);
  if (protocol === protocols.UDP && before === 0) return false;
  const after = fix === 'clear' ? cleared(decoded) : fix === 'recompute' ? recomputed(packet, decoded, at) : adjusted(before, decoded, fix);
  if (after < 0) return false;
  writeU16(packet, at, after === 0 && neverZero(protocol) && fix !== 'clear' ? 0xffff : after);
  return true;
}

// RFC 3948 section 3.1.2: "Subtract the IP source address in the received packet from the checksum." "Add the real IP source address
// received via IKE to the checksum", and so for the destination. The field is the complement of the sum: there the signs change over.
function adjusted(check: number, { source, destination }: IpPacket, original: OriginalAddresses): number {
  if (original.source.length !== source.length || original.destination.length !== destination.length) return -1;
  return updateChecksumOctets(updateChecksumOctets(check, original.source, source), original.destination, destination);
}

function recomputed(packet: Uint8Array, decoded: IpPacket, at: number): number {
  const { protocol, fragment } = decoded;
  if (fragment?.more === true || protocol === protocols.UDPLite || protocol === protocols.DCCP) return -1;
  writeU16(packet, at, 0);
  return upperChecksum(packet, decoded);
}

function cleared({ protocol, version }: IpPacket): number {
  return protocol === protocols.UDP && version === 4 ? 0 : -1;
}

function neverZero(protocol: number): boolean {
  return protocol === protocols.UDP || protocol === protocols.UDPLite;
}
