/**
 * Ranges of addresses as text: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`, `192.0.2.1-192.0.2.9`, and back.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type AddressRange, compareAddresses, formatAddress, parseAddress } from './address.js';

/**
 * Reads a prefix, a single address or two addresses with a hyphen between them.
 *
 * @throws IpsecError `invalid-argument`: no address, a prefix length out of range, bits set behind the prefix (the error names the
 * prefix that was meant), two families, or a range that runs backwards.
 *
 * @example
 * ```ts
 * import { formatRange, parsePrefix } from 'ipsec-ts/ip';
 *
 * const range = parsePrefix('10.0.0.0/8');
 * if (formatRange(range) !== '10.0.0.0/8' || range.end[3] !== 255) throw new Error('prefix');
 * ```
 */
export function parsePrefix(text: string): AddressRange {
  const hyphen = text.indexOf('-');
  if (hyphen >= 0) return fromTo(text, parseAddress(text.slice(0, hyphen).trim()), parseAddress(text.slice(hyphen + 1).trim()));
  const slash = text.indexOf('/');
  const address = parseAddress((slash < 0 ? text : text.slice(0, slash)).trim());
  if (slash < 0) return { start: address, end: address };
  const digits = text.slice(slash + 1).trim();
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits) || Number(digits) > 8 * address.length)
    throw new IpsecError('invalid-argument', 'a prefix length', {
      expected: `0 to ${8 * address.length}`,
      found: JSON.stringify(digits.slice(0, 20)),
    });
  const range = prefixRange(address, Number(digits));
  if (compareAddresses(range.start, address) !== 0)
    throw new IpsecError('invalid-argument', 'a prefix', {
      expected: 'no bits set behind the prefix',
      found: text,
      nearest: `${formatAddress(range.start)}/${digits}`,
    });
  return range;
}

function fromTo(text: string, start: Uint8Array, end: Uint8Array): AddressRange {
  if (start.length !== end.length)
    throw new IpsecError('invalid-argument', 'a range of addresses', { expected: 'one family', found: text });
  if (compareAddresses(start, end) > 0)
    throw new IpsecError('invalid-argument', 'a range of addresses', { expected: 'the lower address first', found: text });
  return { start, end };
}

/** The range of all addresses that share the first `length` bits with `address`. */
export function prefixRange(address: Uint8Array, length: number): AddressRange {
  const start = address.slice();
  const end = address.slice();
  for (let i = 0; i < address.length; i++) {
    const free = 0xff >>> Math.min(8, Math.max(0, length - 8 * i));
    start[i] = start[i]! & ~free;
    end[i] = end[i]! | free;
  }
  return { start, end };
}

/** The prefix length of a range that is a prefix; `undefined` for any other range. */
export function prefixOf(range: AddressRange): number | undefined {
  const { start, end } = range;
  let length = 0;
  while (length < 8 * start.length && ((start[length >> 3]! ^ end[length >> 3]!) & (0x80 >> (length & 7))) === 0) length++;
  const whole = prefixRange(start, length);
  return compareAddresses(whole.start, start) === 0 && compareAddresses(whole.end, end) === 0 ? length : undefined;
}

/** Writes a range as shortly as it goes: an address, a prefix, or two addresses with a hyphen. {@link parsePrefix} reads it back. */
export function formatRange(range: AddressRange): string {
  const length = prefixOf(range);
  if (length === undefined) return `${formatAddress(range.start)}-${formatAddress(range.end)}`;
  return length === 8 * range.start.length ? formatAddress(range.start) : `${formatAddress(range.start)}/${length}`;
}
