/**
 * MD4 (RFC 1320), because MSCHAPv2 hashes passwords with it (RFC 2759 section 8.3) and noble does not have it. Collisions of it are found by hand, and whoever has
 * the hash of a password logs in with it: it protects nothing by itself.
 *
 * @module
 */
import { wipe } from '../bytes.js';

/** Octets that are hashed at a time. */
const BLOCK = 64;
/** The constants, the word order and the rotations of the three rounds of 16 steps. */
const ROUNDS = [
  { add: 0, order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], turns: [3, 7, 11, 19] },
  { add: 0x5a827999, order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], turns: [3, 5, 9, 13] },
  { add: 0x6ed9eba1, order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], turns: [3, 9, 11, 15] },
] as const;

/**
 * The MD4 of octets.
 *
 * @returns 16 octets.
 *
 * @example
 * ```ts
 * import { md4 } from 'ipsec-ts/suite/legacy';
 *
 * const digest = md4(new TextEncoder().encode('abc'));
 * if (digest.length !== 16 || digest[0] !== 0xa4) throw new Error('MD4');
 * ```
 */
export function md4(message: Uint8Array): Uint8Array {
  // the message, one bit, zeros, and the number of bits in eight octets, the least significant first
  const padded = new Uint8Array(BLOCK * Math.ceil((message.length + 9) / BLOCK));
  const view = new DataView(padded.buffer);
  padded.set(message);
  padded[message.length] = 0x80;
  view.setUint32(padded.length - 8, message.length << 3, true);
  view.setUint32(padded.length - 4, Math.floor(message.length / 0x20000000), true);

  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let at = 0; at < padded.length; at += BLOCK) mixBlock(state, view, at);

  const digest = new Uint8Array(16);
  const out = new DataView(digest.buffer);
  state.forEach((word, i) => {
    out.setInt32(4 * i, word, true);
  });
  wipe(padded, state);
  return digest;
}

function mixBlock(state: Int32Array, view: DataView, at: number): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  ROUNDS.forEach(({ add, order, turns }, round) => {
    for (let i = 0; i < 16; i++) {
      const chosen = round === 0 ? (b & c) | (~b & d) : round === 1 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
      const sum = (a + chosen + view.getInt32(at + 4 * order[i]!, true) + add) | 0;
      const turn = turns[i % 4]!;
      [a, b, c, d] = [d, (sum << turn) | (sum >>> (32 - turn)), b, c];
    }
  });
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
}
