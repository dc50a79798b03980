/**
 * The Internet checksum (RFC 1071), its pseudo-headers (RFC 768, RFC 8200 section 8.1) and its incremental update (RFC 1624).
 *
 * @module
 */
import { readU16 } from '../bytes.js';

/**
 * The one's complement sum of 16-bit words, folded to 16 bits. An odd last octet counts as the high half of a word.
 *
 * RFC 1071 section 1: "Adjacent octets to be checksummed are paired to form 16-bit integers, and the 1's complement sum of these
 * 16-bit integers is formed."
 *
 * @param sum an earlier sum to go on from, below 2^31: sums of parts of even length add up.
 */
export function onesComplementSum(b: Uint8Array, start: number, end: number, sum = 0): number {
  const even = end - ((end - start) & 1);
  let at = start;
  while (at < even) {
    // 32,768 words at a time: their sum fits 32 bits
    for (const stop = Math.min(even, at + 0x10000); at < stop; at += 2) sum += (b[at]! << 8) | b[at + 1]!;
    sum = fold(sum);
  }
  return even < end ? fold(sum + (b[even]! << 8)) : fold(sum);
}

function fold(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/**
 * The checksum over octets `start` to `end` (exclusive): the complement of {@link onesComplementSum}. Over a whole that already carries
 * a right checksum it is 0.
 *
 * @example
 * ```ts
 * import { checksum } from 'ipsec-ts/ip';
 *
 * // the example of RFC 1071 section 3
 * if (checksum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8) !== 0x220d) throw new Error('RFC 1071');
 * ```
 */
export function checksum(b: Uint8Array, start: number, end: number, sum = 0): number {
  return onesComplementSum(b, start, end, sum) ^ 0xffff;
}

/**
 * The sum of a pseudo-header, to start {@link checksum} of an upper layer from. One formula serves IPv4 (RFC 768) and IPv6 (RFC 8200
 * section 8.1), since zero octets and the order of words do not change the sum.
 *
 * @param destination with a routing header the last address of the route: RFC 8200 section 8.1: "If the IPv6 packet contains a Routing
 * header, the Destination Address used in the pseudo-header is that of the final destination."
 * @param length octets of the upper-layer header and its data.
 */
export function pseudoHeaderSum(source: Uint8Array, destination: Uint8Array, protocol: number, length: number): number {
  const sum = onesComplementSum(source, 0, source.length, protocol + (length >>> 16) + (length & 0xffff));
  return onesComplementSum(destination, 0, destination.length, sum);
}

/**
 * The checksum after one 16-bit word under it changed from `before` to `after`.
 *
 * RFC 1624 section 3: "HC' = ~(C + (-m) + m')    --    [Eqn. 3]", which alone gives 0x0000 and never 0xFFFF where a recomputation would.
 */
export function updateChecksum(check: number, before: number, after: number): number {
  return fold((check ^ 0xffff) + (before ^ 0xffff) + after) ^ 0xffff;
}

/** {@link updateChecksum} for whole strings of octets of the same even length, such as addresses. */
export function updateChecksumOctets(check: number, before: Uint8Array, after: Uint8Array): number {
  let sum = check ^ 0xffff;
  for (let i = 0; i + 1 < before.length; i += 2) sum += (readU16(before, i) ^ 0xffff) + readU16(after, i);
  return fold(sum) ^ 0xffff;
}
