/**
 * The ranges of an address pool as numbers, in order and apart from each other.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type AddressRange, compareAddresses } from '../ip/address.js';
import { parsePrefix } from '../ip/range.js';

/** A range of addresses, both ends included. */
export interface Span {
  /** The lowest. */
  readonly start: bigint;
  /** The highest. */
  readonly end: bigint;
}

/** The ranges of both families without what is excluded. Throws `invalid-config`. */
export function readSpans(
  ranges: readonly (AddressRange | string)[],
  exclude: readonly (AddressRange | string)[],
): { readonly v4: readonly Span[]; readonly v6: readonly Span[] } {
  const given = ranges.map((range, i) => readRange(range, `ranges.${i}`));
  const taken = exclude.map((range, i) => readRange(range, `exclude.${i}`));
  const spans = (length: number): Span[] => {
    const fits = (range: AddressRange): boolean => range.start.length === length;
    return taken
      .filter(fits)
      .map(spanOf)
      .reduce(without, merge(given.filter(fits).map(spanOf)));
  };
  const [v4, v6] = [spans(4), spans(16)];
  if (v4.length + v6.length === 0) throw invalid('an address pool', 'ranges', 'at least one address', 'none');
  return { v4, v6 };
}

/** An address as a number. */
export function numberOf(address: Uint8Array): bigint {
  return address.reduce((number, octet) => (number << 8n) | BigInt(octet), 0n);
}

/** A number as an address. */
export function addressOf(number: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((number >> BigInt(8 * (length - 1 - i))) & 0xffn));
}

function readRange(range: AddressRange | string, path: string): AddressRange {
  if (typeof range !== 'string') {
    const { start, end } = range;
    if ((start.length === 4 || start.length === 16) && start.length === end.length && compareAddresses(start, end) <= 0) return range;
    throw invalid('a range of addresses', path, '4 or 16 octets each, the lower one first', `${start.length} and ${end.length} octets`);
  }
  try {
    return parsePrefix(range);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    const { expected = 'a range of addresses', found = range, nearest } = error;
    throw new IpsecError('invalid-config', 'a range of addresses', {
      path,
      expected,
      found,
      cause: error,
      ...(nearest !== undefined && { nearest }),
    });
  }
}

function spanOf({ start, end }: AddressRange): Span {
  return { start: numberOf(start), end: numberOf(end) };
}

function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of [...spans].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))) {
    const last = merged.at(-1);
    if (last === undefined || span.start > last.end) merged.push(span);
    else if (span.end > last.end) merged[merged.length - 1] = { start: last.start, end: span.end };
  }
  return merged;
}

function without(spans: readonly Span[], { start, end }: Span): Span[] {
  return spans.flatMap((span) => [
    ...(span.start < start ? [{ start: span.start, end: min(span.end, start - 1n) }] : []),
    ...(span.end > end ? [{ start: max(span.start, end + 1n), end: span.end }] : []),
  ]);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function invalid(what: string, path: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-config', what, { path, expected, found });
}
