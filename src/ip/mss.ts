/**
 * Maximum Segment Size of TCP: what fits a path through a tunnel.
 *
 * @module
 */
import { readU16, writeU16 } from '../bytes.js';
import { updateChecksum } from './checksum.js';
import { protocols } from './protocol.js';
import { findUpper, fragmentKind, ipTotalLength, namedAt, offsetOf } from './walk.js';

/** The largest MSS for an MTU: without 20 octets of TCP header and 20 (IPv4) or 40 (IPv6) of IP header. RFC 9293 section 3.7.1 counts no options. */
export function mssOf(mtu: number, version: 4 | 6): number {
  return mtu - 20 - (version === 4 ? 20 : 40);
}

/**
 * Lowers the MSS option of a TCP SYN or SYN-ACK to at most `mss`, in place, and corrects the TCP checksum. Everything else is left alone:
 * other packets, fragments behind the first, a SYN without the option, an option that is small enough already, packets that are malformed.
 *
 * @returns whether the packet was changed.
 *
 * @example
 * ```ts
 * import { clampMss, encodePacket, mssOf, parseAddress } from 'ipsec-ts/ip';
 *
 * // a SYN with MSS 1460
 * const syn = Uint8Array.of(0xc0, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 0x02, 0xff, 0xff, 0, 0, 0, 0, 2, 4, 0x05, 0xb4);
 * const packet = encodePacket({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1') }, 6, syn);
 * if (!clampMss(packet, mssOf(1400, 4)) || packet[42] !== 0x05 || packet[43] !== 0x50) throw new Error('1360');
 * ```
 */
export function clampMss(packet: Uint8Array, mss: number): boolean {
  const end = ipTotalLength(packet);
  const place = end < 0 ? -1 : findUpper(packet);
  if (place < 0 || packet[namedAt(place)] !== protocols.TCP || fragmentKind(packet) === 2) return false;
  const at = offsetOf(place);
  if (at + 20 > end || (packet[at + 13]! & 0x02) === 0) return false;
  const option = findMss(packet, at + 20, Math.min(end, at + (packet[at + 12]! >>> 4) * 4));
  if (option < 0 || readU16(packet, option) <= mss) return false;
  const before = readU16(packet, option);
  writeU16(packet, option, mss);
  // At an odd offset the value straddles two words of the sum; with its octets changed over the sum changes alike (RFC 1071 section 2 (B)).
  const odd = ((option - at) & 1) === 1;
  writeU16(
    packet,
    at + 16,
    odd ? updateChecksum(readU16(packet, at + 16), swap(before), swap(mss)) : updateChecksum(readU16(packet, at + 16), before, mss),
  );
  return true;
}

/** The offset of the value of the MSS option (kind 2, length 4), or -1. */
function findMss(p: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end && p[at] !== 0;) {
    if (p[at] === 1) {
      at++;
      continue;
    }
    const length = at + 1 < end ? p[at + 1]! : 0;
    if (length < 2 || at + length > end) return -1;
    if (p[at] === 2 && length === 4) return at + 2;
    at += length;
  }
  return -1;
}

function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}
