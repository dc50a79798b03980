/**
 * Finds the first of very many boxes that holds a point, without looking at more than a few of them: a tree that cuts space along
 * whichever selector separates best. No box is copied, so memory grows with the number of boxes alone, ANY or not:
 * what lies across a cut gets a subtree of its own, which may be cut along another selector.
 *
 * ```text
 *                 remote < 198.51.100.0 ?
 *        below  /           | crossing       \  not below
 *      (all of it is    (looked at         (all of it is
 *       below the cut)   in either case)    at or above the cut)
 * ```
 *
 * `test/twins/spd.ts` says the same in a loop over the policies.
 *
 * @module
 */
import type { Boxes } from './boxes.js';

/** A search tree over boxes. It never changes. */
export interface Classifier {
  /** Words of an address: 1 or 4. */
  readonly width: number;
  /** Where the search begins: a node, a leaf, or nothing: see below. */
  readonly root: number;
  /** The nodes, `stride` numbers each. */
  readonly nodes: Int32Array;
  /** `nodes` as unsigned numbers, for the cuts. */
  readonly cuts: Uint32Array;
  /** Numbers in a node. */
  readonly stride: number;
  /** The boxes, leaf by leaf, each leaf in order of rank: so a leaf is one run of memory. */
  readonly boxes: Boxes;
  /** Places that wait for their turn during a search: as many as the tree is deep. */
  readonly stack: Int32Array;
}

// A node:  axis | lowest rank below it | below | not below | crossing | the value of the cut (1 or 4 words)
// The three in the middle are places: a node by where it begins, a leaf as -2 - (its first box), or nothing.
const nothing = -1;
const axisAt = 0;
const lowestAt = 1;
const belowAt = 2;
const aboveAt = 3;
const crossingAt = 4;
const cutAt = 5;

/** No box holds the point. */
export const NOT_FOUND = 0x7fffffff;

/**
 * The lowest rank below `limit` of a box that holds the point `key`; {@link NOT_FOUND} when there is none.
 *
 * @param dead ranks that no longer count have a 1 here.
 */
export function lowestRank(tree: Classifier, key: Uint32Array, dead: Uint8Array, limit: number): number {
  const { nodes, cuts, stack, boxes, width } = tree;
  let best = limit;
  let waiting = 0;
  let place = tree.root;
  for (;;) {
    while (place >= 0) {
      if (nodes[place + lowestAt]! >= best) break;
      const crossing = nodes[place + crossingAt]!;
      if (crossing !== nothing) stack[waiting++] = crossing;
      const axis = nodes[place + axisAt]!;
      const isBelow = width === 1 || axis >= 2 * width ? key[axis]! < cuts[place + cutAt]! : lessWords(key, axis, cuts, place + cutAt);
      place = nodes[place + (isBelow ? belowAt : aboveAt)]!;
    }
    if (place < nothing) best = searchLeaf(boxes, -2 - place, key, dead, best);
    if (waiting === 0) return best === limit ? NOT_FOUND : best;
    place = stack[--waiting]!;
  }
}

/** The last box of a leaf has the complement of its rank. */
function searchLeaf(boxes: Boxes, first: number, key: Uint32Array, dead: Uint8Array, limit: number): number {
  const { ranks } = boxes;
  for (let box = first; ; box++) {
    const last = ranks[box]! < 0;
    const rank = last ? ~ranks[box]! : ranks[box]!;
    if (rank >= limit) return limit;
    if (holds(boxes, box, key) && dead[rank] !== 1) return rank;
    if (last) return limit;
  }
}

/** Whether a box holds a point. Addresses first, since they differ most. */
function holds({ bounds, width, keyLength }: Boxes, box: number, key: Uint32Array): boolean {
  const start = 2 * keyLength * box;
  const end = start + keyLength;
  if (width === 1) {
    if (key[0]! < bounds[start]! || key[0]! > bounds[end]! || key[1]! < bounds[start + 1]! || key[1]! > bounds[end + 1]!) return false;
  } else {
    for (let axis = 0; axis < 2 * width; axis += width)
      if (lessWords(key, axis, bounds, start + axis) || lessWords(bounds, end + axis, key, axis)) return false;
  }
  for (let axis = 2 * width; axis < keyLength; axis++)
    if (key[axis]! < bounds[start + axis]! || key[axis]! > bounds[end + axis]!) return false;
  return true;
}

/** Whether the 128-bit number in `a` is below the one in `b`. */
export function lessWords(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  for (let i = 0; i < 3; i++) if (a[aAt + i]! !== b[bAt + i]!) return a[aAt + i]! < b[bAt + i]!;
  return a[aAt + 3]! < b[bAt + 3]!;
}

const leafSize = 6;
const sampleSize = 32;
const maxDepth = 200;

interface Builder {
  readonly boxes: Boxes;
  readonly stride: number;
  readonly nodes: number[];
  /** The boxes in their new order, leaf by leaf; the last of a leaf as its complement. */
  readonly order: number[];
  depth: number;
}

/** Builds the tree. Boxes come in order of rank. */
export function createClassifier(boxes: Boxes): Classifier {
  const { width } = boxes;
  const builder: Builder = { boxes, stride: cutAt + width, nodes: [], order: [], depth: 0 };
  const root = grow(
    builder,
    Int32Array.from({ length: boxes.count }, (_, i) => i),
    0,
  );
  const nodes = Int32Array.from(builder.nodes);
  const stack = new Int32Array(builder.depth + 1);
  return { width, root, nodes, cuts: new Uint32Array(nodes.buffer), stride: builder.stride, boxes: reorder(boxes, builder.order), stack };
}

function reorder(boxes: Boxes, order: readonly number[]): Boxes {
  const size = 2 * boxes.keyLength;
  const bounds = new Uint32Array(boxes.bounds.length);
  order.forEach((place, i) => {
    const box = place < 0 ? ~place : place;
    bounds.set(boxes.bounds.subarray(size * box, size * (box + 1)), size * i);
  });
  return { ...boxes, bounds, ranks: Int32Array.from(order, (place) => (place < 0 ? ~boxes.ranks[~place]! : boxes.ranks[place]!)) };
}

/** Makes what stands over a list of boxes, which is in order of rank; answers with its place. */
function grow(builder: Builder, list: Int32Array, depth: number): number {
  if (list.length === 0) return nothing;
  const { boxes, stride, nodes, order } = builder;
  const cut = list.length > leafSize && depth < maxDepth ? chooseCut(boxes, list) : undefined;
  const parts = cut && divide(boxes, list, cut);
  if (cut === undefined || parts === undefined) {
    const place = -2 - order.length;
    list.forEach((box, i) => order.push(i + 1 < list.length ? box : ~box));
    return place;
  }
  builder.depth = Math.max(builder.depth, depth + 1);
  const at = nodes.length;
  for (let i = 0; i < stride; i++) nodes.push(nothing);
  nodes[at + axisAt] = cut.axis;
  nodes[at + lowestAt] = boxes.ranks[list[0]!]!;
  for (let i = 0; i < cut.words; i++) nodes[at + cutAt + i] = boxes.bounds[cut.at + i]!;
  parts.forEach((part, i) => {
    nodes[at + belowAt + i] = grow(builder, part, depth + 1);
  });
  return at;
}

/** A place to cut: along which axis, and where in `bounds` the value stands. */
interface Cut {
  readonly axis: number;
  readonly words: number;
  readonly at: number;
}

/** The cut that leaves the fewest boxes to look at, judged by a sample; `undefined` when none is worth while. */
function chooseCut(boxes: Boxes, list: Int32Array): Cut | undefined {
  const { width, keyLength } = boxes;
  const size = Math.min(sampleSize, list.length);
  const sample = Array.from({ length: size }, (_, i) => list[Math.floor((i * list.length) / size)]!);
  let best: Cut | undefined;
  let leastCost = size * 0.95;
  for (let axis = 0; axis < keyLength; axis += axis < 2 * width ? width : 1) {
    for (const cut of medians(boxes, sample, axis, axis < 2 * width ? width : 1)) {
      let [below, above] = [0, 0];
      for (const box of sample) {
        const side = sideOf(boxes, box, cut);
        if (side === 0) below++;
        else if (side === 1) above++;
      }
      // a search looks at one side, by chance either, and at what crosses
      const cost = size - (below + above) / 2;
      if (below < size && above < size && below + above > 0 && cost < leastCost) {
        leastCost = cost;
        best = cut;
      }
    }
  }
  return best;
}

/** Where to cut along one axis: at the median of the lower ends and at that of the upper ends; nowhere when all of them are the same. */
function medians(boxes: Boxes, sample: readonly number[], axis: number, words: number): Cut[] {
  const { bounds, keyLength } = boxes;
  return [0, keyLength].flatMap((end) => {
    const places = sample.map((box) => 2 * keyLength * box + end + axis).sort((a, b) => compareWords(bounds, a, b, words));
    const lowest = places[0]!;
    if (compareWords(bounds, lowest, places.at(-1)!, words) === 0) return [];
    const middle = places.slice(places.length >> 1).find((place) => compareWords(bounds, place, lowest, words) !== 0);
    return middle === undefined ? [] : [{ axis, words, at: middle }];
  });
}

/** 0: the box lies below the cut; 1: at or above it; 2: across. */
function sideOf({ bounds, keyLength }: Boxes, box: number, { axis, words, at }: Cut): 0 | 1 | 2 {
  const start = 2 * keyLength * box + axis;
  if (compareWords(bounds, start + keyLength, at, words) < 0) return 0;
  return compareWords(bounds, start, at, words) >= 0 ? 1 : 2;
}

function divide(boxes: Boxes, list: Int32Array, cut: Cut): Int32Array[] | undefined {
  const sides = list.map((box) => sideOf(boxes, box, cut));
  const parts = [0, 1, 2].map((side) => list.filter((_, i) => sides[i] === side));
  return parts.some((part) => part.length === list.length) ? undefined : parts;
}

function compareWords(b: Uint32Array, x: number, y: number, words: number): number {
  for (let i = 0; i < words; i++) if (b[x + i] !== b[y + i]) return b[x + i]! - b[y + i]!;
  return 0;
}
