/**
 * How much larger a packet becomes in an SA, and how large it may be for a path: exact for every algorithm and mode.
 *
 * RFC 4301 section 8.2.1: "The PMTU determined by this message is used to update the SAD PMTU field, taking into account the size of the
 * AH or ESP header that will be applied, any crypto synchronization data, and the overhead imposed by an additional IP header, in the
 * case of a tunnel mode SA."
 *
 * @module
 */
import { ahLength } from '../ah/packet.js';
import type { SecurityAssociation } from '../association.js';
import { ESP_HEADER_LENGTH, ESP_TRAILER_LENGTH, espLength, padLengthFor } from '../esp/octets.js';
import { UDP_HEADER_LENGTH } from '../frame.js';

/** What the arithmetic needs to know of the clear packets. */
export interface ClearPacketShape {
  /** Their IP version. In tunnel mode it makes no difference. Default: that of the SA's destination, else 4. */
  readonly version?: 4 | 6 | undefined;
  /**
   * Transport mode: octets of the headers that stay in front of ESP or AH: the IPv4 header with options, or the IPv6 header with the
   * extension headers that are not protected. Default 20 or 40.
   */
  readonly headerLength?: number | undefined;
}

const maxPacket = 0xffff;

/**
 * Octets of the protected packet for a clear packet of `length` octets, TFC padding not counted.
 *
 * @param length octets of the whole clear IP packet.
 */
export function sealedLength(sa: SecurityAssociation, length: number, shape: ClearPacketShape = {}): number {
  const front = frontLength(sa, shape);
  // In transport mode the headers in front are the packet's own.
  const text = sa.mode === 'tunnel' ? length : length - front.own;
  if (sa.protocol === 'AH') return front.octets + front.own + ahLength(sa, front.version) + text;
  return front.octets + front.own + espLength(sa, text, padLengthFor(sa, text));
}

/**
 * Octets that protection adds to a clear packet of `length` octets: outer header, UDP header, SPI and Sequence Number, IV, padding,
 * trailer, ICV.
 *
 * @example
 * ```ts
 * import { createSa } from 'ipsec-ts/esp';
 * import { parseAddress } from 'ipsec-ts/ip';
 * import { effectiveMtu, overhead } from 'ipsec-ts/process';
 * import { aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const sa = createSa({
 *   protocol: 'ESP', mode: 'tunnel', spi: 0x1000, source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2'),
 *   encryption: { row: aes128Gcm16, key: crypto.getRandomValues(new Uint8Array(20)) },
 * });
 * if (effectiveMtu(sa, 1500) !== 1446) throw new Error('20 IP + 8 ESP + 8 IV + 2 trailer + 16 ICV, in words of 4 octets');
 * if (overhead(sa, 1446) !== 54 || overhead(sa, 1445) !== 55) throw new Error('padding');
 * ```
 */
export function overhead(sa: SecurityAssociation, length: number, shape: ClearPacketShape = {}): number {
  return sealedLength(sa, length, shape) - length;
}

/**
 * Octets of the largest clear packet whose protected form fits `pathMtu`: one octet more does not fit. 0 when none does.
 *
 * @param pathMtu octets of the largest outer packet; more than 65535 counts as 65535.
 */
export function effectiveMtu(sa: SecurityAssociation, pathMtu: number, shape: ClearPacketShape = {}): number {
  const front = frontLength(sa, shape);
  // IPv6's Payload Length does not count the header of 40 octets.
  const room = Math.min(pathMtu, maxPacket + (front.version === 6 ? 40 : 0)) - front.octets - front.own;
  const text = sa.protocol === 'AH' ? room - ahLength(sa, front.version) : longestText(sa, room);
  const largest = sa.mode === 'tunnel' ? Math.min(text, maxPacket) : text + front.own;
  return text < 1 ? 0 : largest;
}

/** Octets of payload that fit `room` octets from SPI to ICV: payload, padding and trailer together are a multiple of `padTo`. */
function longestText(sa: SecurityAssociation, room: number): number {
  const ciphertext = room - ESP_HEADER_LENGTH - sa.ivLength - sa.icvLength;
  return Math.floor(ciphertext / sa.padTo) * sa.padTo - ESP_TRAILER_LENGTH;
}

/** What stands in front of the security header: `octets` that the SA adds, and in transport mode the `own` headers of the packet. */
function frontLength(sa: SecurityAssociation, shape: ClearPacketShape): { octets: number; own: number; version: 4 | 6 } {
  const udp = sa.encapsulation ? UDP_HEADER_LENGTH : 0;
  const outer = sa.destination?.length === 16 ? 6 : 4;
  if (sa.mode === 'tunnel') return { octets: (outer === 6 ? 40 : 20) + udp, own: 0, version: outer };
  const version = shape.version ?? outer;
  return { octets: udp, own: shape.headerLength ?? (version === 6 ? 40 : 20), version };
}
