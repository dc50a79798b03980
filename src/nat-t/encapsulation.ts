/**
 * UDP-encapsulated ESP as whole IP packets (RFC 3948 sections 2.1 and 3.2 to 3.5). Transport and tunnel mode look alike from here.
 *
 * @module
 */
import { EMPTY, readU16, writeU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { checksum, decodeIp, type IpPacket, protocols, pseudoHeaderSum, setNextHeader, setTotalLength } from '../ip.js';
import { classifyUdpPayload, type UdpPayloadKind } from './payload.js';

/** The ports of UDP encapsulation. RFC 3948 section 2.1: "the Source Port and Destination Port MUST be the same as that used by IKE traffic" */
export interface UdpPorts {
  /** Source port. */
  readonly sourcePort: number;
  /** Destination port. */
  readonly destinationPort: number;
}

/**
 * Writes a UDP header of 8 octets. Makes no object.
 *
 * ```text
 * |        Source Port            |      Destination Port         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |           Length              |           Checksum            |
 * ```
 *
 * The checksum is 0. RFC 3948 section 2.1: "the IPv4 UDP Checksum SHOULD be transmitted as a zero value". Over IPv6 put
 * {@link udpChecksum} there.
 *
 * @param length octets of UDP header and payload.
 */
export function encodeUdpHeader(out: Uint8Array, offset: number, ports: UdpPorts, length: number): void {
  writeU16(out, offset, ports.sourcePort);
  writeU16(out, offset + 2, ports.destinationPort);
  writeU16(out, offset + 4, length);
  writeU16(out, offset + 6, 0);
}

/**
 * The checksum of a UDP datagram whose checksum field is 0; never 0 itself, which would mean that there is none.
 *
 * @param offset of the UDP header in `p`.
 * @param length octets of UDP header and payload.
 */
export function udpChecksum(p: Uint8Array, offset: number, length: number, source: Uint8Array, destination: Uint8Array): number {
  return checksum(p, offset, offset + length, pseudoHeaderSum(source, destination, protocols.UDP, length)) || 0xffff;
}

/**
 * Puts a UDP header in front of the ESP header of an IP packet.
 *
 * RFC 3948 section 3.2: "A properly formatted UDP header is inserted where shown." and "The Total Length, Protocol, and Header Checksum
 * (for IPv4) fields in the IP header are edited to match the resulting IP packet."
 *
 * Over IPv6 the UDP checksum is computed: RFC 8200 section 8.1: "whenever originating a UDP packet, an IPv6 node must compute a UDP checksum
 * over the packet and the pseudo-header".
 *
 * @param packet an IP packet whose upper layer is ESP.
 * @returns a new packet, 8 octets longer.
 * @throws IpsecError `invalid-argument` when the upper layer is not ESP or the packet is a fragment, `packet-too-big` when 8 octets more do
 * not fit, and whatever {@link decodeIp} throws.
 *
 * @example
 * ```ts
 * import { encodePacket, parseAddress } from 'ipsec-ts/ip';
 * import { decodeUdpEncapsulation, encodeUdpEncapsulation } from 'ipsec-ts/nat-t';
 *
 * const esp = encodePacket({ source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') }, 50, new Uint8Array(40).fill(1));
 * const udp = encodeUdpEncapsulation(esp, { sourcePort: 4500, destinationPort: 4500 });
 * const back = decodeUdpEncapsulation(udp);
 * if (back.kind !== 'esp' || back.packet.length !== esp.length) throw new Error('the same packet');
 * ```
 */
export function encodeUdpEncapsulation(packet: Uint8Array, ports: UdpPorts): Uint8Array {
  const decoded = decodeIp(packet);
  const { upperOffset: at, totalLength, protocol, nextHeaderOffset, source, destination, version } = decoded;
  if (protocol !== protocols.ESP || isPiece(decoded))
    throw new IpsecError('invalid-argument', 'a packet for UDP encapsulation', {
      path: 'ip.protocol',
      expected: 'ESP (50), not a fragment',
      found: `${protocol}`,
    });
  const out = new Uint8Array(totalLength + 8);
  out.set(packet.subarray(0, at));
  out.set(packet.subarray(at, totalLength), at + 8);
  setTotalLength(out, out.length);
  setNextHeader(out, nextHeaderOffset, protocols.UDP);
  encodeUdpHeader(out, at, ports, out.length - at);
  if (version === 6) writeU16(out, at + 6, udpChecksum(out, at, out.length - at, source, destination));
  return out;
}

/** A UDP datagram of port 4500, taken apart. */
export interface UdpEncapsulated extends UdpPorts {
  /** What it carries. */
  readonly kind: UdpPayloadKind;
  /** The payload of the datagram: a view. */
  readonly payload: Uint8Array;
  /** With `kind` `'esp'` the IP packet without its UDP header, in memory of its own; else empty. */
  readonly packet: Uint8Array;
  /** Whether the UDP checksum was sent as zero (none). */
  readonly checksumAbsent: boolean;
}

/**
 * Takes a UDP header out from in front of the ESP header.
 *
 * RFC 3948 section 3.3: "The UDP header is removed from the packet." and "The Total Length, Protocol, and Header Checksum (for IPv4) fields
 * in the new IP header are edited to match the resulting IP packet."
 *
 * RFC 3948 section 2.1: "receivers MUST NOT depend on the UDP checksum being a zero value": one that is there is verified. Zero is taken
 * over IPv6 too, which RFC 8200 section 8.1 leaves to tunnels: "protocols that use UDP as a tunnel encapsulation may enable zero-checksum
 * mode for a specific port"; ESP's own ICV covers more.
 *
 * @throws IpsecError `malformed` when the packet is not UDP or its UDP Length contradicts it, `truncated`, `bad-fragment` (reassemble
 * first), `bad-checksum`, and whatever {@link decodeIp} throws.
 */
export function decodeUdpEncapsulation(packet: Uint8Array): UdpEncapsulated {
  const decoded = decodeIp(packet);
  const { upperOffset: at, totalLength, protocol, nextHeaderOffset, source, destination } = decoded;
  if (protocol !== protocols.UDP)
    throw new IpsecError('malformed', 'UDP-encapsulated ESP', {
      path: 'ip.protocol',
      offset: nextHeaderOffset,
      expected: 'UDP (17)',
      found: `${protocol}`,
    });
  if (isPiece(decoded))
    throw new IpsecError('bad-fragment', 'UDP-encapsulated ESP', { path: 'ip.fragment', expected: 'a whole packet', found: 'a fragment' });
  if (at + 8 > totalLength)
    throw new IpsecError('truncated', 'a UDP header', { path: 'udp', offset: at, expected: '8 octets', found: `${totalLength - at}` });
  const length = readU16(packet, at + 4);
  if (length < 8 || at + length > totalLength)
    throw new IpsecError('malformed', 'a UDP Length', {
      path: 'udp.length',
      offset: at + 4,
      expected: `8 to ${totalLength - at}`,
      found: `${length}`,
    });
  const checksumAbsent = readU16(packet, at + 6) === 0;
  if (!checksumAbsent && checksum(packet, at, at + length, pseudoHeaderSum(source, destination, protocols.UDP, length)) !== 0)
    throw new IpsecError('bad-checksum', 'a UDP datagram', {
      path: 'udp.checksum',
      offset: at + 6,
      expected: 'zero or the right checksum',
      found: `0x${readU16(packet, at + 6).toString(16)}`,
    });
  const payload = packet.subarray(at + 8, at + length);
  const kind = classifyUdpPayload(payload);
  return {
    sourcePort: readU16(packet, at),
    destinationPort: readU16(packet, at + 2),
    kind,
    payload,
    packet: kind === 'esp' ? withoutUdp(packet, decoded, payload) : EMPTY,
    checksumAbsent,
  };
}

function withoutUdp(packet: Uint8Array, { upperOffset, nextHeaderOffset }: IpPacket, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(upperOffset + payload.length);
  out.set(packet.subarray(0, upperOffset));
  out.set(payload, upperOffset);
  setTotalLength(out, out.length);
  setNextHeader(out, nextHeaderOffset, protocols.ESP);
  return out;
}

function isPiece({ fragment }: IpPacket): boolean {
  return fragment !== undefined && (fragment.more || fragment.offset > 0);
}
