/**
 * Where the protection of an IP packet stands: ESP, AH or IPComp behind the IP headers, or ESP inside UDP. Nothing here throws.
 *
 * @module
 */
import { readU16, readU32 } from '../bytes.js';
import { protocols } from '../ip/protocol.js';
import { findUpper, fragmentKind, ipTotalLength, namedAt, offsetOf } from '../ip/walk.js';
import { classifyUdpPayload } from '../nat-t.js';
import type { LayerPlace } from './datagram.js';

/** What an IP packet carries, as far as it concerns IPsec. */
export type Carried =
  | { readonly type: 'protected'; readonly protocol: 'ESP' | 'AH' | 'IPCOMP'; readonly place: LayerPlace }
  | { readonly type: 'ike'; readonly place: IkePlace }
  | { readonly type: 'keepalive' }
  | { readonly type: 'clear' };

/** Where an IKE message stands in an IP packet. */
export interface IkePlace {
  /** UDP. */
  readonly sourcePort: number;
  /** UDP. */
  readonly destinationPort: number;
  /** The message without the Non-ESP Marker: a view. */
  readonly octets: Uint8Array;
}

const clear: Carried = { type: 'clear' };
const UDP_HEADER = 8;
const IKE_PORT = 500;
const IKE_HEADER = 28;
const NON_ESP_MARKER = 4;

/** Looks behind the IP headers of a whole packet; a fragment and a malformed packet are `clear`. */
export function findProtection(packet: Uint8Array, udpPorts: Pick<ReadonlySet<number>, 'has'>): Carried {
  const place = findUpper(packet);
  if (place < 0 || fragmentKind(packet) !== 0) return clear;
  const at = offsetOf(place);
  const named = namedAt(place);
  const end = ipTotalLength(packet);
  const common = { packet, named, headerLength: at, end, encapsulation: undefined };
  switch (packet[named]) {
    case protocols.ESP:
      return { type: 'protected', protocol: 'ESP', place: { ...common, at, spi: at + 4 <= end ? readU32(packet, at) : undefined } };
    case protocols.AH:
      return { type: 'protected', protocol: 'AH', place: { ...common, at, spi: at + 8 <= end ? readU32(packet, at + 4) : undefined } };
    case protocols.IPComp:
      return { type: 'protected', protocol: 'IPCOMP', place: { ...common, at, spi: at + 4 <= end ? readU16(packet, at + 2) : undefined } };
    case protocols.UDP:
      return findInUdp(packet, at, end, named, udpPorts);
    default:
      return clear;
  }
}

/**
 * RFC 3948 section 2: ESP, IKE behind the non-ESP marker, and keepalives share the port.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |        Source Port            |      Destination Port         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |           Length              |           Checksum            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |             ESP header, or four zeros and IKE                 |
 * ```
 */
function findInUdp(packet: Uint8Array, udp: number, packetEnd: number, named: number, udpPorts: Pick<ReadonlySet<number>, 'has'>): Carried {
  if (udp + UDP_HEADER > packetEnd) return clear;
  const sourcePort = readU16(packet, udp);
  const destinationPort = readU16(packet, udp + 2);
  const at = udp + UDP_HEADER;
  const length = readU16(packet, udp + 4);
  const end = udp + length;
  const payload = packet.subarray(at, Math.max(at, Math.min(end, packetEnd)));
  const ike = (octets: Uint8Array): Carried => ({ type: 'ike', place: { sourcePort, destinationPort, octets } });
  if (sourcePort === IKE_PORT || destinationPort === IKE_PORT)
    return ike(isMarked(payload) && fits(payload, NON_ESP_MARKER) ? payload.subarray(NON_ESP_MARKER) : payload);
  if (!udpPorts.has(sourcePort) && !udpPorts.has(destinationPort))
    return isMarked(payload) && fits(payload, NON_ESP_MARKER) ? ike(payload.subarray(NON_ESP_MARKER)) : clear;
  if (length <= UDP_HEADER || end > packetEnd) return clear;
  const kind = classifyUdpPayload(payload);
  const spi = at + 4 <= end ? readU32(packet, at) : undefined;
  // RFC 3948 section 2.3: "The receiver SHOULD ignore a received NAT-keepalive packet."
  if (kind === 'keepalive') return { type: 'keepalive' };
  // Behind the Non-ESP Marker stands IKE, whether it is whole or not.
  if (spi === 0) return ike(payload.subarray(NON_ESP_MARKER));
  const encapsulation = { sourcePort, destinationPort };
  return { type: 'protected', protocol: 'ESP', place: { packet, named, headerLength: udp, end, encapsulation, at, spi } };
}

function isMarked(payload: Uint8Array): boolean {
  return payload.length > NON_ESP_MARKER && (payload[0]! | payload[1]! | payload[2]! | payload[3]!) === 0;
}

/** Whether an IKE header at this place says just as many octets as there are, and a version that there is. */
function fits(payload: Uint8Array, at: number): boolean {
  if (payload.length < at + IKE_HEADER) return false;
  const version = payload[at + 17]! >>> 4;
  return (version === 1 || version === 2) && readU32(payload, at + 24) === payload.length - at;
}
