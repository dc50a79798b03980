/**
 * Addresses and ranges of addresses as text and as octets. An address is a `Uint8Array` of 4 octets (IPv4) or 16 (IPv6).
 *
 * @module
 */
import { readU16, writeU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';

/** An inclusive range of addresses of one family: RFC 4301 section 4.4.1.1 speaks of "a range of addresses (low and high values, inclusive)". */
export interface AddressRange {
  /** The lowest address, 4 or 16 octets. */
  readonly start: Uint8Array;
  /** The highest address; the same length as `start`. */
  readonly end: Uint8Array;
}

/**
 * Reads an IPv4 address in dotted decimal or an IPv6 address in any form of RFC 4291 section 2.2.
 *
 * @returns 4 or 16 octets of its own memory.
 * @throws IpsecError `invalid-argument` for anything else: leading zeros (they mean octal to some programs), zones (`%eth0`), prefixes.
 *
 * @example
 * ```ts
 * import { formatAddress, parseAddress } from 'ipsec-ts/ip';
 *
 * if (parseAddress('192.0.2.1').length !== 4) throw new Error('IPv4');
 * if (formatAddress(parseAddress('2001:DB8:0:0:0:0:0:1')) !== '2001:db8::1') throw new Error('RFC 5952');
 * ```
 */
export function parseAddress(text: string): Uint8Array {
  const address = text.includes(':') ? readIpv6(text) : readIpv4(text);
  if (address === undefined)
    throw new IpsecError('invalid-argument', 'an IP address', {
      expected: 'such as 192.0.2.1 or 2001:db8::1',
      found: JSON.stringify(text.slice(0, 60)),
    });
  return address;
}

function readIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((p) => /^(0|[1-9][0-9]{0,2})$/.test(p) && Number(p) <= 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

function readIpv6(text: string): Uint8Array | undefined {
  // RFC 4291 section 2.2: "x:x:x:x:x:x:d.d.d.d, where the 'x's are the hexadecimal values of the six high-order 16-bit pieces"
  const lastColon = text.lastIndexOf(':');
  const tail = text.slice(lastColon + 1);
  let hexadecimal = text;
  if (tail.includes('.')) {
    const v4 = readIpv4(tail);
    if (v4 === undefined) return undefined;
    hexadecimal = `${text.slice(0, lastColon + 1)}${readU16(v4, 0).toString(16)}:${readU16(v4, 2).toString(16)}`;
  }
  const halves = hexadecimal.split('::');
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = left!.length + (right?.length ?? 0);
  if (right === undefined ? given !== 8 : given > 7) return undefined;
  const groups = right === undefined ? left! : [...left!, ...Array.from({ length: 8 - given }, () => '0'), ...right];
  if (!groups.every((g) => /^[0-9a-f]{1,4}$/i.test(g))) return undefined;
  const out = new Uint8Array(16);
  groups.forEach((g, i) => {
    writeU16(out, 2 * i, Number.parseInt(g, 16));
  });
  return out;
}

/** Writes an address: dotted decimal, or RFC 5952 (lower case, the longest run of zeros shortened, IPv4-mapped ones in mixed notation). */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  if (address.length !== 16)
    throw new IpsecError('invalid-argument', 'an IP address', { expected: '4 or 16 octets', found: `${address.length}` });
  const groups = Array.from({ length: 8 }, (_, i) => readU16(address, 2 * i));
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) return `::ffff:${address.subarray(12).join('.')}`;
  // RFC 5952 section 4.2.3: the longest run of two or more zero groups, the first one of equals, becomes "::"
  let start = -1;
  let length = 1;
  for (let i = 0, run = 0; i < 8; i++) {
    run = groups[i] === 0 ? run + 1 : 0;
    if (run > length) {
      length = run;
      start = i - run + 1;
    }
  }
  const hex = groups.map((g) => g.toString(16));
  return start < 0 ? hex.join(':') : `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** Order of addresses: IPv4 before IPv6, then by value. Negative, zero or positive as for `Array.sort`. */
export function compareAddresses(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** Whether two addresses are the same: same family, same octets. */
export function equalAddresses(a: Uint8Array, b: Uint8Array): boolean {
  return compareAddresses(a, b) === 0;
}

/** Whether an address lies in a range (and is of its family). */
export function rangeContains(range: AddressRange, address: Uint8Array): boolean {
  return address.length === range.start.length && compareAddresses(range.start, address) <= 0 && compareAddresses(address, range.end) <= 0;
}

/** Whether an address is multicast: 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: Uint8Array): boolean {
  return address.length === 4 ? address[0]! >>> 4 === 0xe : address[0] === 0xff;
}

/** Whether an address is the unspecified one: 0.0.0.0 or `::`. */
export function isUnspecified(address: Uint8Array): boolean {
  return address.every((octet) => octet === 0);
}
