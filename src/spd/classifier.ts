/**
 * Finds the first of very many boxes that holds a point, without looking at more than a few of them: a tree that cuts space along
 * whichever selector separates best. No box is copied, so memory grows with the number of boxes alone, ANY or not:
 * what lies across a cut gets a subtree of its own, which may be cut along another selector.
 *
 * ```text
 *                 remote < 198.51.100.0 ?
 *        below  /           | across         \  not below
 *      (all of it is    (looked at         (all of it is
 *       below the cut)   in either case)    at or above the cut)
 * ```
 *
 * What costs time in a large tree is fetching memory, so nodes and boxes are small and the boxes of a leaf stand together.
 * `test/twins/spd.ts` says the same in a loop over the policies.
 *
 * @module
 */

/** A search tree over boxes. It never changes. */
export interface Classifier {
  /** Words of an address: 1 or 4. */
  readonly width: number;
  /** Where the search begins. */
  readonly root: number;
  /**
   * The nodes. A node: axis (with {@link acrossBit}: something lies across), below, not below, the value of the cut in `width` words, and
   * then, if something lies across: across, the lowest rank in there. The three in between are places: a node by its first word, a leaf by
   * the complement of the first word of its first box.
   */
  readonly nodes: Int32Array;
  /** `nodes` as unsigned numbers, for the cuts. */
  readonly cuts: Uint32Array;
  /** The boxes, leaf by leaf, in a leaf by rank. A box: its rank times two, plus one for the last of a leaf; its lower ends; its upper ends. */
  readonly leaves: Uint32Array;
  /** Places and lowest ranks that wait for their turn during a search: twice as many as the tree is deep. */
  readonly stack: Int32Array;
}

/** A node with something across its cut. */
export const acrossBit = 0x100;
const axisMask = 0xff;
const cutAt = 3;

/** No box holds the point. */
export const NOT_FOUND = 0x7fffffff;

/**
 * The lowest rank below `limit` of a box that holds the point `key`; {@link NOT_FOUND} when there is none.
 *
 * @param dead ranks that no longer count have a 1 here; absent: all of them count.
 */
export function lowestRank(tree: Classifier, key: Uint32Array, dead: Uint8Array | undefined, limit: number): number {
  const { nodes, cuts, stack, width } = tree;
  let best = limit;
  let waiting = 0;
  let place = tree.root;
  for (;;) {
    while (place >= 0) {
      const head = nodes[place]!;
      const axis = head & axisMask;
      if (head >= acrossBit) {
        stack[waiting] = nodes[place + cutAt + width]!;
        stack[waiting + 1] = nodes[place + cutAt + width + 1]!;
        waiting += 2;
      }
      const isBelow = width === 1 || axis >= 2 * width ? key[axis]! < cuts[place + cutAt]! : lessWords(key, axis, cuts, place + cutAt);
      place = nodes[place + (isBelow ? 1 : 2)]!;
    }
    best = searchLeaf(tree, ~place, key, dead, best);
    do {
      if (waiting === 0) return best === limit ? NOT_FOUND : best;
      waiting -= 2;
    } while (stack[waiting + 1]! >= best);
    place = stack[waiting]!;
  }
}

function searchLeaf({ leaves, width }: Classifier, first: number, key: Uint32Array, dead: Uint8Array | undefined, limit: number): number {
  const keyLength = 2 * width + 4;
  for (let box = first; box < leaves.length; box += 1 + 2 * keyLength) {
    const mark = leaves[box]!;
    const rank = mark >>> 1;
    if (rank >= limit) return limit;
    if (holds(leaves, box + 1, width, keyLength, key) && (dead === undefined || dead[rank] !== 1)) return rank;
    if ((mark & 1) === 1) return limit;
  }
  return limit;
}

/** Whether a box holds a point. Addresses first, since they differ most. */
function holds(leaves: Uint32Array, start: number, width: number, keyLength: number, key: Uint32Array): boolean {
  const end = start + keyLength;
  if (width === 1) {
    if (key[0]! < leaves[start]! || key[0]! > leaves[end]! || key[1]! < leaves[start + 1]! || key[1]! > leaves[end + 1]!) return false;
  } else {
    for (let axis = 0; axis < 2 * width; axis += width)
      if (lessWords(key, axis, leaves, start + axis) || lessWords(leaves, end + axis, key, axis)) return false;
  }
  for (let axis = 2 * width; axis < keyLength; axis++)
    if (key[axis]! < leaves[start + axis]! || key[axis]! > leaves[end + axis]!) return false;
  return true;
}

/** Whether the 128-bit number in `a` is below the one in `b`. */
function lessWords(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): boolean {
  for (let i = 0; i < 3; i++) if (a[aAt + i]! !== b[bAt + i]!) return a[aAt + i]! < b[bAt + i]!;
  return a[aAt + 3]! < b[bAt + 3]!;
}
