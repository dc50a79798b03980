/**
 * The counter mode inside AES-GCM, AES-CCM and RFC 3686: the low word of the block counts, big-endian.
 *
 * @module
 */
import type { AesEngine } from './aes.js';
import { swapWord, viewOf } from './words.js';

/**
 * XORs the key stream onto `buffer[start, end)`; any alignment will do, and nothing of ours is allocated.
 *
 * @param c0 to c2: the first twelve octets of the counter block as little-endian words.
 * @param counter the first value of the last word; it wraps at 2^32.
 */
export function xorCtr(
  encrypt: AesEngine['encrypt'],
  schedule: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  counter: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): void {
  let n = counter | 0;
  const words = viewOf(buffer);
  const base = buffer.byteOffset;
  let o = base + start;
  for (; o + 16 <= base + end; o += 16) {
    const { s0, s1, s2, s3 } = encrypt(schedule, c0, c1, c2, swapWord(n));
    n = (n + 1) | 0;
    words.setInt32(o, words.getInt32(o, true) ^ s0, true);
    words.setInt32(o + 4, words.getInt32(o + 4, true) ^ s1, true);
    words.setInt32(o + 8, words.getInt32(o + 8, true) ^ s2, true);
    words.setInt32(o + 12, words.getInt32(o + 12, true) ^ s3, true);
  }
  o -= base;
  if (o === end) return;
  const { s0, s1, s2, s3 } = encrypt(schedule, c0, c1, c2, swapWord(n));
  for (let i = 0; o + i < end; i++) {
    const word = i < 4 ? s0 : i < 8 ? s1 : i < 12 ? s2 : s3;
    buffer[o + i] = buffer[o + i]! ^ (word >>> (8 * (i & 3)));
  }
}
