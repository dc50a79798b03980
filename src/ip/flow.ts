/**
 * The selectors that a packet carries: addresses, Next Layer Protocol, ports or what stands in their place (RFC 4301 section 4.4.1.1).
 *
 * @module
 */
import { readU16 } from '../bytes.js';
import { decodeIp, type IpPacket } from './packet.js';
import { defaultExtensions, protocols } from './protocol.js';

/**
 * The value of a field that a packet does not show: RFC 4301 section 4.4.1: "OPAQUE indicates that the corresponding selector field is
 * not available for examination because it may not be present in a fragment, it does not exist for the given Next Layer Protocol, or
 * prior application of IPsec may have encrypted the value."
 */
export const OPAQUE = -1;

/** What policy looks at in one packet. The addresses are views into the packet: copy what you keep. */
export interface Flow {
  /** The IP version. */
  readonly version: 4 | 6;
  /** Source address. */
  readonly source: Uint8Array;
  /** Destination address. */
  readonly destination: Uint8Array;
  /** Next Layer Protocol 0 to 255, or {@link OPAQUE}. */
  readonly protocol: number;
  /** Source port, or for ICMP type * 256 + code, for the Mobility Header MH type * 256; or {@link OPAQUE}. */
  readonly sourcePort: number;
  /** Destination port; for ICMP and the Mobility Header the same as `sourcePort`; or {@link OPAQUE}. */
  readonly destinationPort: number;
}

/**
 * Reads the selectors of a packet.
 *
 * @param packet the octets.
 * @param decoded the packet, when it has been decoded already.
 * @throws IpsecError whatever {@link decodeIp} throws.
 *
 * @example
 * ```ts
 * import { encodeEcho, OPAQUE, parseAddress, readFlow } from 'ipsec-ts/ip';
 *
 * const ping = encodeEcho({ source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2'), id: 1, seq: 1 });
 * const flow = readFlow(ping);
 * if (flow.protocol !== 1 || flow.sourcePort !== 8 * 256 || flow.destinationPort === OPAQUE) throw new Error('echo request: type 8, code 0');
 * ```
 */
export function readFlow(packet: Uint8Array, decoded: IpPacket = decodeIp(packet)): Flow {
  const { version, source, destination, upperOffset, totalLength, fragment } = decoded;
  const pieces = fragment !== undefined && fragment.offset > 0;
  // A Fragment header of a later fragment names what the first fragment begins with: that may be an extension header.
  const protocol = pieces && version === 6 && defaultExtensions[decoded.protocol] === 1 ? OPAQUE : decoded.protocol;
  const ports = pieces ? OPAQUE : portsAt(packet, protocol, upperOffset, totalLength);
  if (ports === OPAQUE) return { version, source, destination, protocol, sourcePort: OPAQUE, destinationPort: OPAQUE };
  return { version, source, destination, protocol, sourcePort: Math.floor(ports / 0x10000), destinationPort: ports & 0xffff };
}

/**
 * The port selectors behind an upper-layer header in one number, source * 65536 + destination, or {@link OPAQUE}: for protocols that
 * have none and where the octets are missing. Makes no object: for the packet path.
 *
 * @param offset of the upper-layer header.
 * @param end octets of the packet.
 */
export function portsAt(p: Uint8Array, protocol: number, offset: number, end: number): number {
  switch (protocol) {
    case protocols.TCP:
    case protocols.UDP:
    case protocols.DCCP:
    case protocols.SCTP:
    case protocols.UDPLite:
      return offset + 4 > end ? OPAQUE : readU16(p, offset) * 0x10000 + readU16(p, offset + 2);
    // RFC 4301 section 4.4.1.1: "For IKE, the message type is placed in the most significant 8 bits of the 16-bit selector and the code is
    // placed in the least significant 8 bits."
    case protocols.ICMP:
    case protocols['IPv6-ICMP']:
      return offset + 2 > end ? OPAQUE : readU16(p, offset) * 0x10001;
    // RFC 4301 section 4.4.1.1: "For IKE, the IPv6 Mobility Header message type (MH type) is placed in the most significant eight bits of
    // the 16-bit local "port" selector." The type is the third octet of the header.
    case protocols['Mobility Header']:
      return offset + 3 > end ? OPAQUE : (p[offset + 2]! << 8) * 0x10001;
    default:
      return OPAQUE;
  }
}
