/**
 * Decorrelation: from an ordered SPD to one in which the order does not matter, since no two entries match the same packet (RFC 4301
 * appendix B). Looking packets up needs none of it. Negotiation profits: a decorrelated entry never offers traffic that an earlier entry
 * treats otherwise (RFC 7296 section 2.9.1).
 *
 * RFC 4301 section 4.4.1: "Appendix B provides an algorithm that can be used to decorrelate SPD entries, but any algorithm that produces
 * equivalent output may be used." Here an entry is a list of boxes, and every earlier box that overlaps is cut out of them; what the
 * appendix calls a branch is a piece that is left.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { Flow } from '../ip.js';
import { type Direction, type Region, regionHolds, regionsOf } from '../traffic-selector.js';
import { regionsOverlap, subtractRegion } from '../traffic-selector/region-algebra.js';
import { setsFor } from './boxes.js';
import type { SpdEntry } from './types.js';

/**
 * What is left of one entry. RFC 4301 section 4.4.1: "when an SPD entry is decorrelated all the resulting entries MUST be linked together": here
 * they are one list, with the entry they came from.
 */
export interface DecorrelatedEntry {
  /** The entry of the ordered SPD. */
  readonly entry: SpdEntry;
  /** Its place there. */
  readonly index: number;
  /**
   * Boxes that overlap neither each other nor those of any other entry; none: earlier entries override it. As selector sets:
   * `selectorsOfRegion` in `ipsec-ts/traffic-selector`.
   */
  readonly regions: readonly Region[];
}

/** What decorrelation takes besides the entries. */
export interface DecorrelationOptions {
  /** `outbound` for SPD-S and SPD-O, `inbound` for SPD-S and SPD-I. Default `outbound`. */
  readonly direction?: Direction | undefined;
  /** Most boxes, of the entry or of all of them together. Default 1000 for an entry, 10000 for all. */
  readonly limit?: number | undefined;
}

/**
 * Decorrelates a whole SPD. The number of boxes can grow with a power of the number of entries, so there is a limit.
 *
 * @throws IpsecError `decorrelation-limit` with the path of the entry that went beyond it.
 *
 * @example
 * ```ts
 * import { decorrelate, parsePolicies } from 'ipsec-ts/spd';
 * import { formatSelector, selectorsOfRegion } from 'ipsec-ts/traffic-selector';
 *
 * // RFC 7296 section 2.9.1: AES to 198.51.100.66, 3DES to the others: the second must not offer the first's traffic
 * const entries = parsePolicies([
 *   { action: 'PROTECT', remote: '198.51.100.66', processing: { protocol: 'ESP', mode: 'tunnel', encryption: 'ENCR_AES_CBC' } },
 *   { action: 'PROTECT', remote: '198.51.100.0/24', processing: { protocol: 'ESP', mode: 'tunnel', encryption: 'ENCR_3DES' } },
 * ]);
 * const left = decorrelate(entries)[1]!.regions.flatMap(selectorsOfRegion).map(formatSelector);
 * const expected = ['0.0.0.0/0 <-> 198.51.100.0-198.51.100.65', '0.0.0.0/0 <-> 198.51.100.67-198.51.100.255'];
 * if (left.join() !== expected.join()) throw new Error(left.join());
 * ```
 */
export function decorrelate(entries: readonly SpdEntry[], options: DecorrelationOptions = {}): DecorrelatedEntry[] {
  const { direction = 'outbound', limit = 10_000 } = options;
  const boxes = entries.map((entry) => boxesOf(entry, direction));
  let room = limit;
  return entries.map((entry, index) => {
    const regions = cutOut(boxes, index, room, limit);
    room -= regions.length;
    return { entry, index, regions };
  });
}

/**
 * Decorrelates one entry: what is left of it when all earlier ones are cut out.
 *
 * @param index its place among the entries.
 * @throws IpsecError `decorrelation-limit`, or `invalid-argument` when there is no such entry.
 */
export function decorrelateEntry(entries: readonly SpdEntry[], index: number, options: DecorrelationOptions = {}): DecorrelatedEntry {
  const { direction = 'outbound', limit = 1000 } = options;
  const entry = entries[index];
  if (entry === undefined)
    throw new IpsecError('invalid-argument', 'an SPD entry', {
      path: 'index',
      expected: `0 to ${entries.length - 1}`,
      found: String(index),
    });
  const boxes = entries.slice(0, index + 1).map((e) => boxesOf(e, direction));
  return { entry, index, regions: cutOut(boxes, index, limit, limit) };
}

/** The entry of a decorrelated SPD that holds a flow, whatever the order of the list; `undefined`: no match: discard. */
export function findDecorrelated(list: Iterable<DecorrelatedEntry>, flow: Flow, direction: Direction): SpdEntry | undefined {
  for (const { entry, regions } of list) if (regions.some((region) => regionHolds(region, flow, direction))) return entry;
  return undefined;
}

/**
 * The entries that are correlated with one: RFC 4301 appendix B: "Two SPD entries are correlated if there is a non-null intersection between the
 * values of corresponding selectors in each entry." Their SAs are those that a change of this entry can concern: section 4.4.1: "An
 * implementation SHOULD check the impact of an SPD change on extant SAs".
 */
export function findCorrelated(entries: readonly SpdEntry[], entry: SpdEntry): SpdEntry[] {
  const ways = (['outbound', 'inbound'] as const).map((direction) => ({ direction, own: boxesOf(entry, direction) }));
  return entries.filter(
    (other) =>
      other !== entry &&
      ways.some(({ direction, own }) => boxesOf(other, direction).some((box) => own.some((ownBox) => regionsOverlap(box, ownBox)))),
  );
}

function boxesOf(entry: SpdEntry, direction: Direction): readonly Region[] {
  return setsFor(entry, direction).flatMap(regionsOf);
}

function cutOut(boxes: readonly (readonly Region[])[], index: number, room: number, limit: number): Region[] {
  const done: Region[] = [];
  for (const box of boxes[index]!) {
    let pieces = [box];
    for (let earlier = 0; earlier <= index && pieces.length > 0; earlier++) {
      for (const taken of earlier < index ? boxes[earlier]! : done.slice()) {
        if (!regionsOverlap(box, taken)) continue;
        pieces = pieces.flatMap((piece) => subtractRegion(piece, taken));
        if (done.length + pieces.length > room) throw tooMany(index, limit);
      }
    }
    done.push(...pieces);
    if (done.length > room) throw tooMany(index, limit);
  }
  return done;
}

function tooMany(index: number, limit: number): IpsecError {
  return new IpsecError('decorrelation-limit', 'a decorrelated SPD entry', {
    path: `policies.${index}`,
    expected: `at most ${limit} boxes`,
    found: 'more',
  });
}
