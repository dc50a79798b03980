/**
 * What AH protects of an IP header. RFC 4302 section 3.3.3.1: "If a field may be modified during transit, the value of the
 * field is set to zero for purposes of the ICV computation. If a field is mutable, but its value at the (IPsec) receiver is
 * predictable, then that value is inserted into the field for purposes of the ICV calculation."
 *
 * Everything here works on a copy of the headers in front of AH.
 *
 * @module
 */

import { readU16, writeU16 } from '../bytes.js';

const ADDRESS_4 = 4;
const ADDRESS_6 = 16;

/**
 * IPv4 options that are "IMMUTABLE -- included in ICV calculation" (RFC 4302 appendix A1), as type octets with the copied
 * flag and class: No Operation and the end of the list are single octets and are dealt with apart.
 */
const immutableOptions: readonly number[] = [
  0x82, // Security (RFC 1108)
  0x85, // Extended Security (RFC 1108)
  0x86, // Commercial Security
  0x94, // Router Alert (RFC 2113)
  0x95, // Sender Directed Multi-Destination Delivery (RFC 1770)
];
const LOOSE_SOURCE_ROUTE = 0x83;
const STRICT_SOURCE_ROUTE = 0x89;

/**
 * Turns the headers `h[0, length)` in front of AH into what the ICV covers. `h` is a copy that may be written to.
 *
 * @returns the octets that the ICV covers, `length` or less; -1 when the headers contradict themselves (an option that leaves
 *   its header, more segments than addresses): then no ICV can fit and the packet is malformed.
 */
export function zeroMutableFields(h: Uint8Array, length: number): number {
  return h[0]! >>> 4 === 4 ? zeroIpv4(h, length) : zeroIpv6(h, length);
}

/** RFC 4302 section 3.3.3.1.1.1. */
function zeroIpv4(h: Uint8Array, length: number): number {
  h[1] = 0; // DSCP and ECN
  h[6] = 0; // Flags: "an intermediate router might set the DF bit"
  h[7] = 0; // Fragment Offset
  h[8] = 0; // Time to Live
  h[10] = 0; // Header Checksum
  h[11] = 0;
  let at = 20;
  while (at < length) {
    const type = h[at]!;
    if (type === 0) return length; // End of Options List: the octets behind it are padding, and immutable
    if (type === 1) {
      at++;
      continue;
    }
    const size = at + 1 < length ? h[at + 1]! : 0;
    if (size < 2 || at + size > length) return -1;
    if (type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE) {
      // "Mutable but predictable: Destination Address (with loose or strict source routing)": the last address of the route.
      const pointer = h[at + 2]!; // from the option's first octet, which is 1; past the end: the route is used up
      if (size >= 7 && pointer <= size) h.copyWithin(16, at + size - ADDRESS_4, at + size);
    }
    // Appendix A1 and section 3.3.3.1: "If the IPsec implementation encounters an IPv4 option that it does not recognize, it should zero the whole option, using the second byte of the option as the length."
    if (!immutableOptions.includes(type)) h.fill(0, at, at + size);
    at += size;
  }
  return length;
}

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;
const HOME_ADDRESS = 0xc9;

/** RFC 4302 section 3.3.3.1.2.1 and appendix A2. */
function zeroIpv6(h: Uint8Array, length: number): number {
  h[0] = 0x60; // DSCP, ECN and the Flow Label: "To retain compatibility with existing AH implementations"
  h[1] = h[2] = h[3] = 0;
  h[7] = 0; // Hop Limit
  let end = length;
  let named = 6;
  let at = 40;
  while (at < end) {
    const type = h[named]!;
    const size = at + 8 > end ? -1 : type === FRAGMENT ? 8 : (h[at + 1]! + 1) * 8;
    if (size < 0 || at + size > end) return -1;
    if (type === FRAGMENT) {
      end = removeFragmentHeader(h, at, named, end);
      continue;
    }
    if (type === ROUTING) {
      if (!arriveAtDestination(h, at, size)) return -1;
    } else if (type === HOP_BY_HOP || type === DESTINATION_OPTIONS) {
      if (!zeroMutableOptions(h, at + 2, at + size)) return -1;
    }
    named = at;
    at += size;
  }
  return end;
}

/**
 * The Fragment header of a whole datagram. RFC 4302 appendix A2: "AH MUST "remove" (or skip over) this header and change the
 * previous header's "Next Header" field to be the "Next Header" field in the Fragmentation Extension Header."
 */
function removeFragmentHeader(h: Uint8Array, at: number, named: number, end: number): number {
  h[named] = h[at]!;
  h.copyWithin(at, at + 8, end);
  writeU16(h, 4, readU16(h, 4) - 8);
  return end - 8;
}

/**
 * RFC 4302 section 3.3.3.1.2.2: "For any option for which contents may change en-route, the entire "Option Data" field must be
 * treated as zero-valued octets when computing or verifying the ICV." RFC 8200 section 4.2: the third-highest-order bit says so.
 *
 * The Home Address option of Mobile IPv6 has the bit clear, but RFC 6275 section 11.3.2 swaps it with the Source Address
 * before AH is computed, and so does Linux.
 */
function zeroMutableOptions(h: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const type = h[at]!;
    if (type === 0) {
      at++; // Pad1
      continue;
    }
    if (at + 2 > end) return false;
    const size = h[at + 1]!;
    if (at + 2 + size > end) return false;
    if ((type & 0x20) !== 0) h.fill(0, at + 2, at + 2 + size);
    else if (type === HOME_ADDRESS && size === ADDRESS_6) swap(h, 8, at + 2);
    at += 2 + size;
  }
  return true;
}

/**
 * RFC 4302 appendix A2: "The sender must order the field so that it appears as it will at the receiver, prior to performing the
 * ICV computation." For the types that move addresses (0: RFC 2460 section 4.4; 2: RFC 6275 section 6.4) each segment left
 * swaps the Destination Address with the next one. On arrival nothing is left, and this does nothing.
 */
function arriveAtDestination(h: Uint8Array, at: number, size: number): boolean {
  const type = h[at + 2]!;
  const left = h[at + 3]!;
  if (left === 0) return true;
  const addresses = (size - 8) / ADDRESS_6;
  if ((type !== 0 && type !== 2) || !Number.isInteger(addresses) || left > addresses) return false;
  for (let i = addresses - left; i < addresses; i++) swap(h, 24, at + 8 + i * ADDRESS_6);
  h[at + 3] = 0;
  return true;
}

function swap(h: Uint8Array, a: number, b: number): void {
  for (let i = 0; i < ADDRESS_6; i++) {
    const t = h[a + i]!;
    h[a + i] = h[b + i]!;
    h[b + i] = t;
  }
}
