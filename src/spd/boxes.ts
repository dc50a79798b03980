/**
 * Boxes and points as numbers in typed arrays: what the search tree and the flow cache work on.
 *
 * A point (a packet) and each end of a box have the same layout, with one word an address for IPv4 and four for IPv6:
 *
 * ```text
 * | remote address (1 or 4) | local address (1 or 4) | protocol + 1 | remote port + 1 | local port + 1 | direction |
 * ```
 *
 * OPAQUE, -1, becomes 0; `direction` is 0 for outbound and 1 for inbound.
 *
 * @module
 */
import { readU32 } from '../bytes.js';
import type { AddressRange } from '../ip.js';
import { ANY, type Direction, type Region, regionsOf, type SelectorSet, type Span } from '../traffic-selector.js';
import type { SpdEntry } from './types.js';

/** Boxes of one IP version, in order of rank. */
export interface Boxes {
  /** Words of an address: 1 or 4. */
  readonly width: number;
  /** Words of a point: 2 * width + 4. */
  readonly keyLength: number;
  /** Number of boxes. */
  readonly count: number;
  /** Of each box the lower ends, then the upper ends: 2 * keyLength words. */
  readonly bounds: Uint32Array;
  /** Of each box the rank of its entry: lower ranks come first. */
  readonly ranks: Int32Array;
}

/** Makes the boxes of some entries; the rank of an entry is its place in the list. */
export function createBoxes(entries: readonly SpdEntry[], width: 1 | 4): Boxes {
  const keyLength = 2 * width + 4;
  const regions: Region[] = [];
  const ranks: number[] = [];
  entries.forEach((entry, rank) => {
    for (const set of packetSets(entry)) {
      for (const region of regionsOf(set)) {
        if (region.remote.start.length !== 4 * width) continue;
        regions.push(region);
        ranks.push(rank);
      }
    }
  });
  const bounds = new Uint32Array(regions.length * 2 * keyLength);
  regions.forEach((region, i) => {
    writeBox(bounds, 2 * keyLength * i, width, region, entries[ranks[i]!]!.direction ?? 'both');
  });
  return { width, keyLength, count: regions.length, bounds, ranks: Int32Array.from(ranks) };
}

/** The selector sets by which packets of a direction find an entry. */
export function setsFor(entry: SpdEntry, direction: Direction): readonly SelectorSet[] {
  const { direction: ways = 'both' } = entry;
  return ways === 'both' || (ways === 'out') === (direction === 'outbound') ? packetSets(entry) : [];
}

// A name is not in a packet. RFC 4301 section 4.4.1.1: "A named SPD entry is used by a responder (not an initiator)"
function packetSets({ names = [], selectors }: SpdEntry): readonly SelectorSet[] {
  return names.length === 0 ? selectors : selectors.filter((set) => set.remote !== ANY);
}

function writeBox(bounds: Uint32Array, at: number, width: number, region: Region, direction: 'both' | 'in' | 'out'): void {
  const keyLength = 2 * width + 4;
  writeRange(bounds, at, keyLength, width, region.remote);
  writeRange(bounds, at + width, keyLength, width, region.local);
  const spans: readonly Span[] = [region.protocol, region.remotePort, region.localPort, directions[direction]];
  spans.forEach((span, i) => {
    bounds[at + 2 * width + i] = span.start + 1;
    bounds[at + keyLength + 2 * width + i] = span.end + 1;
  });
}

/** As spans, one below the word that is written. */
const directions = { both: { start: -1, end: 0 }, out: { start: -1, end: -1 }, in: { start: 0, end: 0 } } as const;

function writeRange(bounds: Uint32Array, at: number, keyLength: number, width: number, { start, end }: AddressRange): void {
  for (let i = 0; i < width; i++) {
    bounds[at + i] = readU32(start, 4 * i);
    bounds[at + keyLength + i] = readU32(end, 4 * i);
  }
}
