/**
 * What makes looking through the entries fast: search trees over most of them, small ones over those that were inserted lately, and flow
 * caches. The ordered list itself stays the truth.
 *
 * @module
 */
import { createBoxes } from './boxes.js';
import { type Classifier, lowestRank, NOT_FOUND } from './classifier.js';
import { createFlowCache, type FlowCache } from './flow-cache.js';
import { growClassifier } from './grow.js';
import type { SpdEntry } from './types.js';

/** What the look-up in an SPD uses. Mutable; private to this folder. */
export interface SpdIndex {
  /** The entries that the trees were made of; the rank of an entry is its place here. */
  base: readonly SpdEntry[];
  /** 1 at the ranks of `base` whose entry was removed since; absent when none was. */
  dead: Uint8Array | undefined;
  /** The trees over `base`. */
  trees: Trees;
  /** The entries inserted since, in order, and before which rank of `base` each of them stands. */
  added: { readonly entry: SpdEntry; readonly before: number }[];
  /** The trees over `added`. */
  addedTrees: Trees;
  /** Of each entry of the SPD its rank in `base`, -1 for one of `added`. */
  ranks: number[];
  /** Whether the trees are to be brought up to date before the next look-up. */
  stale: boolean;
  /** Results of the last look-ups over IPv4. */
  readonly cache4: FlowCache;
  /** Results of the last look-ups over IPv6. */
  readonly cache6: FlowCache;
  /** Room for one point over IPv4. */
  readonly point4: Uint32Array;
  /** Room for one point over IPv6. */
  readonly point6: Uint32Array;
}

/** One tree for each IP version. */
interface Trees {
  /** IPv4. */
  readonly v4: Classifier;
  /** IPv6. */
  readonly v6: Classifier;
}

type Planted = Pick<SpdIndex, 'base' | 'dead' | 'trees' | 'added' | 'addedTrees' | 'ranks' | 'stale'>;

/** An index over entries. */
export function createIndex(entries: readonly SpdEntry[], flows: number): SpdIndex {
  return {
    ...plant(entries),
    cache4: createFlowCache(flows, 4),
    cache6: createFlowCache(flows, 6),
    point4: new Uint32Array(6),
    point6: new Uint32Array(12),
  };
}

function plant(entries: readonly SpdEntry[]): Planted {
  const base = entries.slice();
  const ranks = base.map((_, rank) => rank);
  return {
    base,
    ranks,
    dead: undefined,
    trees: createTrees(base),
    added: [],
    addedTrees: createTrees([]),

    stale: false,
  };
}

function createTrees(entries: readonly SpdEntry[]): Trees {
  return { v4: growClassifier(createBoxes(entries, 1)), v6: growClassifier(createBoxes(entries, 4)) };
}

/** Notes that an entry now stands at `at`. */
export function noteInsertion(index: SpdIndex, entry: SpdEntry, at: number): void {
  const { ranks, added, base } = index;
  let next = at;
  while (next < ranks.length && ranks[next] === -1) next++;
  const before = ranks[next] ?? base.length;
  // of those that stand before the same rank, the ones between here and there follow
  const following = next - at;
  let place = added.length;
  while (place > following && added[place - 1]!.before > before) place--;
  added.splice(place - following, 0, { entry, before });
  ranks.splice(at, 0, -1);
  index.stale = true;
}

/** Notes that the entry at `at` is gone. */
export function noteRemoval(index: SpdIndex, entry: SpdEntry, at: number): void {
  const rank = index.ranks[at]!;
  index.dead ??= new Uint8Array(index.base.length);
  if (rank >= 0) index.dead[rank] = 1;
  else {
    const place = index.added.findIndex((a) => a.entry === entry);
    index.added.splice(place, 1);
  }
  index.ranks.splice(at, 1);
  index.stale = true;
}

/** Brings the trees up to date: the small ones, or all of them when much has changed, so that a change costs little on average. */
export function refreshIndex(index: SpdIndex, entries: readonly SpdEntry[]): void {
  const { base, added } = index;
  if (added.length > 16 + Math.sqrt(base.length) || entries.length < base.length / 2) Object.assign(index, plant(entries));
  else index.addedTrees = createTrees(added.map((a) => a.entry));
  index.stale = false;
}

/** The first entry that holds a point: a rank of `base`; or, counted on from its end, a place in `added`; or {@link NOT_FOUND}. */
export function searchIndex(index: SpdIndex, version: 'v4' | 'v6', point: Uint32Array): number {
  const { added, base } = index;
  let limit = NOT_FOUND;
  let place = NOT_FOUND;
  if (added.length > 0) {
    place = lowestRank(index.addedTrees[version], point, undefined, NOT_FOUND);
    if (place !== NOT_FOUND) limit = added[place]!.before;
  }
  const rank = lowestRank(index.trees[version], point, index.dead, limit);
  return rank !== NOT_FOUND || place === NOT_FOUND ? rank : base.length + place;
}

/** The entry behind a result of {@link searchIndex}. */
export function entryAt({ base, added }: SpdIndex, result: number): SpdEntry | undefined {
  return result < base.length ? base[result] : added[result - base.length]?.entry;
}
