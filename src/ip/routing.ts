/**
 * Source routes: the final destination, which the pseudo-header of an upper layer counts (RFC 8200 section 8.1).
 *
 * @module
 */
import { walkIpv4Options } from './options.js';
import type { IpPacket } from './packet.js';
import { protocols } from './protocol.js';

/**
 * The address to which a packet goes in the end: the last address of a route not yet travelled, else the destination in the header.
 * Knows IPv4 loose and strict source routes and IPv6 Routing header types 0 (RFC 2460), 2 (RFC 6275) and 4 (segment routing, RFC 8754).
 *
 * RFC 8200 section 8.1: "If the IPv6 packet contains a Routing header, the Destination Address used in the pseudo-header is that of the
 * final destination.  At the originating node, that address will be in the last element of the Routing header; at the recipient(s), that
 * address will be in the Destination Address field of the IPv6 header."
 *
 * @returns a view into the packet.
 */
export function finalDestination(packet: Uint8Array, decoded: IpPacket): Uint8Array {
  let final = decoded.destination;
  if (decoded.version === 4) {
    walkIpv4Options(packet, 20, decoded.headerLength, (type, at, length) => {
      // RFC 791 section 3.1: "If the pointer is greater than the length, the source route is empty"
      if ((type === 131 || type === 137) && length >= 7 && packet[at + 2]! <= length) final = packet.subarray(at + length - 4, at + length);
    });
    return final;
  }
  for (const { type, offset, length } of decoded.extensions) {
    if (type !== protocols['IPv6-Route'] || packet[offset + 3] === 0 || length < 24) continue;
    const kind = packet[offset + 2];
    if (kind === 0 || kind === 2) final = packet.subarray(offset + length - 16, offset + length);
    else if (kind === 4) final = packet.subarray(offset + 8, offset + 24); // the Segment List begins with the last segment
  }
  return final;
}
