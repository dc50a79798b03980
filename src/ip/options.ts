/**
 * Walks over IPv4 options and over the options of IPv6 Hop-by-Hop and Destination Options headers. Every step moves forward by one octet
 * or more and stays between the bounds, whatever the octets are.
 *
 * @module
 */
import { IpsecError } from '../errors.js';

/** IPv4 option types (copied flag, class and number together: RFC 791 section 3.1). */
export const ipv4Options = {
  /** What follows is padding; one octet. */
  'End of Option List': 0,
  /** Padding of one octet. */
  'No Operation': 1,
  /** RFC 791; not copied into fragments. */
  'Record Route': 7,
  /** RFC 791; not copied into fragments. */
  'Internet Timestamp': 68,
  /** RFC 1108 basic security option. */
  Security: 130,
  /** RFC 791. */
  'Loose Source and Record Route': 131,
  /** RFC 1108 extended security option. */
  'Extended Security': 133,
  /** CIPSO. */
  'Commercial Security': 134,
  /** RFC 791, obsolete. */
  'Stream ID': 136,
  /** RFC 791. */
  'Strict Source and Record Route': 137,
  /** RFC 2113. */
  'Router Alert': 148,
  /** RFC 1770. */
  'Sender Directed Multi-Destination Delivery': 149,
} as const;

/** Called for each option: its type, the offset of its type octet and its whole length (1 for the padding ones without a length octet). */
export type OptionVisitor = (type: number, offset: number, length: number) => void;

/**
 * Visits the IPv4 options between two offsets (the end of the 20 octets and the end of the header), No Operation and End of Option List
 * included. What follows an End of Option List is padding and not visited.
 *
 * ```text
 * +--------+--------+---//---+
 * |  type  | length |  data  |   length counts all three; types 0 and 1 stand alone
 * +--------+--------+---//---+
 * ```
 *
 * RFC 791 section 3.1: "The option-length octet counts the option-type octet and the option-length octet as well as the option-data octets."
 *
 * @throws IpsecError `malformed` when a length is missing, below 2, or leads beyond `end`.
 *
 * @example
 * ```ts
 * import { walkIpv4Options } from 'ipsec-ts/ip';
 *
 * const types: number[] = [];
 * walkIpv4Options(Uint8Array.of(1, 148, 4, 0, 0, 0, 0, 0), 0, 8, (type) => types.push(type));
 * if (types.join() !== '1,148,0') throw new Error('No Operation, Router Alert, End of Option List');
 * ```
 */
export function walkIpv4Options(p: Uint8Array, start: number, end: number, visit: OptionVisitor): void {
  for (let at = start; at < end;) {
    const type = p[at]!;
    const length = type <= 1 ? 1 : at + 1 < end ? p[at + 1]! : 0;
    if (length < (type <= 1 ? 1 : 2) || at + length > end)
      throw new IpsecError('malformed', 'an IPv4 option', {
        path: 'ip.options',
        offset: at,
        expected: `a length of 2 to ${end - at}`,
        found: at + 1 < end ? `${length}` : 'none',
      });
    visit(type, at, length);
    if (type === 0) return;
    at += length;
  }
}

/**
 * Visits the options of one Hop-by-Hop or Destination Options header, Pad1 and PadN included.
 *
 * ```text
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - - - - - - - -
 * |  Option Type  |  Opt Data Len |  Option Data         Pad1 (type 0) is a single octet
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - - - - - - - -
 * ```
 *
 * @param start offset of the first option: two octets behind the start of the extension header.
 * @param end offset behind the extension header.
 * @throws IpsecError `malformed` when a length is missing or leads beyond `end`.
 */
export function walkIpv6Options(p: Uint8Array, start: number, end: number, visit: OptionVisitor): void {
  for (let at = start; at < end;) {
    const type = p[at]!;
    const length = type === 0 ? 1 : at + 1 < end ? 2 + p[at + 1]! : 0;
    if (length === 0 || at + length > end)
      throw new IpsecError('malformed', 'an IPv6 option', {
        path: 'ip.options',
        offset: at,
        expected: `${end - at} octets or fewer`,
        found: length === 0 ? 'no length' : `${length}`,
      });
    visit(type, at, length);
    at += length;
  }
}
