/**
 * Words of a block cipher, at any alignment.
 *
 * @module
 */

/** Reads four octets, little-endian, as a signed word. */
export function wordAt(b: Uint8Array, offset: number): number {
  return b[offset]! | (b[offset + 1]! << 8) | (b[offset + 2]! << 16) | (b[offset + 3]! << 24);
}

/** Writes four octets, little-endian. */
export function putWord(b: Uint8Array, offset: number, word: number): void {
  b[offset] = word;
  b[offset + 1] = word >>> 8;
  b[offset + 2] = word >>> 16;
  b[offset + 3] = word >>> 24;
}

/** Reverses the octets of a word: a big-endian counter for a little-endian block. */
export function swapWord(n: number): number {
  return (n << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24);
}

let viewed: ArrayBufferLike | undefined;
let view: DataView;

/**
 * A view of the memory that `b` lies in, for loops over many words, which it makes a tenth faster. Offsets count from
 * `b.byteOffset`. The last view is kept, because packet after packet lies in the same memory, so that nothing is allocated;
 * this holds on to that one piece of memory and to no other.
 */
export function viewOf(b: Uint8Array): DataView {
  if (b.buffer !== viewed) {
    viewed = b.buffer;
    view = new DataView(viewed);
  }
  return view;
}
