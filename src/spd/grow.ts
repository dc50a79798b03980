/**
 * Builds the search tree of `classifier.ts`.
 *
 * @module
 */
import type { Boxes } from './boxes.js';
import { acrossBit, type Classifier } from './classifier.js';

const leafSize = 6;
const sampleSize = 32;
const maxDepth = 200;

interface Builder {
  readonly boxes: Boxes;
  readonly nodes: number[];
  readonly leaves: Uint32Array;
  /** Words of `leaves` in use. */
  used: number;
  depth: number;
}

/** Builds the tree over boxes that come in order of rank. */
export function growClassifier(boxes: Boxes): Classifier {
  const { width, keyLength, count } = boxes;
  const builder: Builder = { boxes, nodes: [], leaves: new Uint32Array(count * (1 + 2 * keyLength)), used: 0, depth: 0 };
  const root = grow(
    builder,
    Int32Array.from({ length: count }, (_, i) => i),
    0,
  );
  const nodes = Int32Array.from(builder.nodes);
  return { width, root, nodes, cuts: new Uint32Array(nodes.buffer), leaves: builder.leaves, stack: new Int32Array(2 * builder.depth) };
}

/** Makes what stands over a list of boxes, which is in order of rank; answers with its place. */
function grow(builder: Builder, list: Int32Array, depth: number): number {
  const { boxes, nodes } = builder;
  const cut = list.length > leafSize && depth < maxDepth ? chooseCut(boxes, list) : undefined;
  const parts = cut && divide(boxes, list, cut);
  if (cut === undefined || parts === undefined) return growLeaf(builder, list);
  builder.depth = Math.max(builder.depth, depth + 1);
  const { width } = boxes;
  const [below, notBelow, across] = parts;
  const at = nodes.length;
  nodes.push(cut.axis, 0, 0);
  for (let i = 0; i < width; i++) nodes.push(i < cut.words ? boxes.bounds[cut.at + i]! : 0);
  if (across.length > 0) {
    nodes[at] = cut.axis + acrossBit;
    nodes.push(0, boxes.ranks[across[0]!]!);
    nodes[at + 3 + width] = grow(builder, across, depth + 1);
  }
  nodes[at + 1] = grow(builder, below, depth + 1);
  nodes[at + 2] = grow(builder, notBelow, depth + 1);
  return at;
}

/** Copies the boxes of a leaf. The leaf of nothing stands behind all others. */
function growLeaf(builder: Builder, list: Int32Array): number {
  const { boxes, leaves } = builder;
  if (list.length === 0) return ~leaves.length;
  const size = 2 * boxes.keyLength;
  const place = ~builder.used;
  list.forEach((box, i) => {
    leaves[builder.used] = 2 * boxes.ranks[box]! + (i + 1 === list.length ? 1 : 0);
    leaves.set(boxes.bounds.subarray(size * box, size * (box + 1)), builder.used + 1);
    builder.used += 1 + size;
  });
  return place;
}

/** A place to cut: along which axis, how many words wide, and where in `bounds` the value stands. */
interface Cut {
  readonly axis: number;
  readonly words: number;
  readonly at: number;
}

/** The cut that leaves the fewest boxes to look at, judged by a sample; `undefined` when none is worth while. */
function chooseCut(boxes: Boxes, list: Int32Array): Cut | undefined {
  const { width, keyLength } = boxes;
  const size = Math.min(sampleSize, list.length);
  const sample = Int32Array.from({ length: size }, (_, i) => list[Math.floor((i * list.length) / size)]!);
  let best: Cut | undefined;
  let leastCost = size * 0.95;
  for (let axis = 0; axis < keyLength; axis += axis < 2 * width ? width : 1) {
    const words = axis < 2 * width ? width : 1;
    for (const end of [0, keyLength]) {
      const at = medianOf(boxes, sample, axis + end, words);
      if (at < 0) continue;
      const cut = { axis, words, at };
      const cost = costOf(boxes, sample, cut);
      if (cost >= leastCost) continue;
      leastCost = cost;
      best = cut;
    }
  }
  return best;
}

/** Boxes of the sample that a search has to look at: one side, by chance either, and what lies across. */
function costOf(boxes: Boxes, sample: Int32Array, cut: Cut): number {
  let below = 0;
  let notBelow = 0;
  for (const box of sample) {
    const side = sideOf(boxes, box, cut);
    if (side === 0) below++;
    else if (side === 1) notBelow++;
  }
  return below === sample.length || notBelow === sample.length ? Infinity : sample.length - (below + notBelow) / 2;
}

/** Where in `bounds` the median of one end along one axis stands, or the next larger value when it is the least; -1: all are the same. */
function medianOf({ bounds, keyLength }: Boxes, sample: Int32Array, offset: number, words: number): number {
  const places = sample.map((box) => 2 * keyLength * box + offset);
  const first = places[0]!;
  if (places.every((place) => compareWords(bounds, place, first, words) === 0)) return -1;
  places.sort((a, b) => compareWords(bounds, a, b, words));
  let middle = places.length >> 1;
  while (compareWords(bounds, places[middle]!, places[0]!, words) === 0) middle++;
  return places[middle]!;
}

/** 0: the box lies below the cut; 1: at or above it; 2: across. */
function sideOf({ bounds, keyLength }: Boxes, box: number, { axis, words, at }: Cut): 0 | 1 | 2 {
  const start = 2 * keyLength * box + axis;
  if (compareWords(bounds, start + keyLength, at, words) < 0) return 0;
  return compareWords(bounds, start, at, words) >= 0 ? 1 : 2;
}

/** The three parts of a list, each in order of rank; `undefined` when one of them is the whole list. */
function divide(boxes: Boxes, list: Int32Array, cut: Cut): [Int32Array, Int32Array, Int32Array] | undefined {
  const sides = Uint8Array.from(list, (box) => sideOf(boxes, box, cut));
  const lengths = [0, 0, 0];
  for (const side of sides) lengths[side]!++;
  if (lengths.includes(list.length)) return undefined;
  const parts: [Int32Array, Int32Array, Int32Array] = [
    new Int32Array(lengths[0]!),
    new Int32Array(lengths[1]!),
    new Int32Array(lengths[2]!),
  ];
  const filled = [0, 0, 0];
  for (let i = 0; i < list.length; i++) {
    const side = sides[i]!;
    parts[side]![filled[side]!++] = list[i]!;
  }
  return parts;
}

function compareWords(b: Uint32Array, x: number, y: number, words: number): number {
  for (let i = 0; i < words; i++) if (b[x + i] !== b[y + i]) return b[x + i]! - b[y + i]!;
  return 0;
}
