/**
 * The DES block (FIPS 46-3), because 3DES and DES still occur in old captures and configurations and noble does not have them.
 * The plain form of this file, permutation by permutation, is test/twins/des.ts.
 *
 * @module
 */
import { readU32, wipe, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';

/** Octets of a block and of a key. */
export const DES_BLOCK = 8;
/** Words of one key's schedule: two for each of 16 rounds. */
const SCHEDULE = 32;

/** The eight S-boxes: four rows of sixteen hexadecimal digits each. */
const S_BOXES = [
  'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
  'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
  'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
  '7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
  '2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
  'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
  '4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
  'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
] as const;
/** Bit i of P's output is bit P[i] of its input, counted from 1 at the top. */
const P = [16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25] as const;
/** Permuted choice 1: the key's bits of C, then of D. The parity bits 8, 16 ... do not occur. */
// prettier-ignore
const PC1 = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
] as const;
/** Permuted choice 2: the bits of C ‖ D that make a round key. */
// prettier-ignore
const PC2 = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
  41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
] as const;
/** Rounds before which C and D rotate by one place; by two before the others. */
const SINGLE_SHIFTS: readonly number[] = [0, 1, 8, 15];

/** Halves C or D that stay the same, or alternate, however they are rotated. */
const RIGID: readonly number[] = [0x0000000, 0xfffffff, 0x5555555, 0xaaaaaaa];

/**
 * Whether `key[offset, offset + 8)` is one of the 16 weak and semi-weak keys: those whose halves C and D are both rigid.
 * RFC 2405 section 4: "Weak key checks SHOULD be performed. If such a key is found, the key SHOULD be rejected and a new SA requested."
 */
export function isWeakDesKey(key: Uint8Array, offset: number): boolean {
  return RIGID.includes(keyHalf(key, offset, 0)) && RIGID.includes(keyHalf(key, offset, 28));
}

/**
 * The round keys of one or three keys for {@link cryptDes}; three are used as encrypt, decrypt, encrypt (RFC 2451).
 *
 * @param key 8 or 24 octets; parity bits are ignored.
 * @param decrypting whether the schedule undoes instead.
 */
export function createDesSchedule(key: Uint8Array, decrypting: boolean): Int32Array {
  const keys = key.length / DES_BLOCK;
  const schedule = new Int32Array(keys * SCHEDULE);
  for (let k = 0; k < keys; k++) {
    const at = (decrypting ? keys - 1 - k : k) * SCHEDULE;
    putRoundKeys(schedule.subarray(at, at + SCHEDULE), key, k * DES_BLOCK, decrypting !== (k === 1));
  }
  return schedule;
}

/** Runs a block, two big-endian words, through the schedule in place. */
export function cryptDes(schedule: Int32Array, block: Int32Array): void {
  const sp = (spBoxes ??= createSpBoxes());
  let l = block[0]!;
  let r = block[1]!;
  // the initial permutation as exchanges of bit groups between the halves
  let t = ((l >>> 4) ^ r) & 0x0f0f0f0f;
  r ^= t;
  l ^= t << 4;
  t = ((l >>> 16) ^ r) & 0x0000ffff;
  r ^= t;
  l ^= t << 16;
  t = ((r >>> 2) ^ l) & 0x33333333;
  l ^= t;
  r ^= t << 2;
  t = ((r >>> 8) ^ l) & 0x00ff00ff;
  l ^= t;
  r ^= t << 8;
  t = ((l >>> 1) ^ r) & 0x55555555;
  r ^= t;
  l ^= t << 1;

  for (let k = 0; k < schedule.length; k += SCHEDULE) {
    for (let i = k; i < k + SCHEDULE; i += 2) {
      // the expansion E: groups of six bits overlap by two, so the even ones stand in one rotation of R and the odd ones in another
      const even = ((r >>> 1) | (r << 31)) ^ schedule[i]!;
      const odd = ((r << 3) | (r >>> 29)) ^ schedule[i + 1]!;
      t =
        l ^
        sp[even >>> 26]! ^
        sp[64 + (odd >>> 26)]! ^
        sp[128 + ((even >>> 18) & 63)]! ^
        sp[192 + ((odd >>> 18) & 63)]! ^
        sp[256 + ((even >>> 10) & 63)]! ^
        sp[320 + ((odd >>> 10) & 63)]! ^
        sp[384 + ((even >>> 2) & 63)]! ^
        sp[448 + ((odd >>> 2) & 63)]!;
      l = r;
      r = t;
    }
    // the halves change places after the last round; between two keys the final and the initial permutation cancel
    t = l;
    l = r;
    r = t;
  }

  t = ((l >>> 1) ^ r) & 0x55555555;
  r ^= t;
  l ^= t << 1;
  t = ((r >>> 8) ^ l) & 0x00ff00ff;
  l ^= t;
  r ^= t << 8;
  t = ((r >>> 2) ^ l) & 0x33333333;
  l ^= t;
  r ^= t << 2;
  t = ((l >>> 16) ^ r) & 0x0000ffff;
  r ^= t;
  l ^= t << 16;
  t = ((l >>> 4) ^ r) & 0x0f0f0f0f;
  r ^= t;
  l ^= t << 4;
  block[0] = l;
  block[1] = r;
}

/**
 * Encrypts one block under one key.
 *
 * @param key 8 octets; parity bits are ignored.
 * @param block 8 octets.
 * @returns 8 octets.
 * @throws IpsecError `invalid-argument` for other lengths.
 */
export function encryptDesBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  if (key.length !== DES_BLOCK || block.length !== DES_BLOCK) {
    throw new IpsecError('invalid-argument', 'DES', {
      expected: '8 octets of key and of block',
      found: `${key.length} and ${block.length}`,
    });
  }
  const schedule = createDesSchedule(key, false);
  const words = Int32Array.of(readU32(block, 0), readU32(block, 4));
  cryptDes(schedule, words);
  const out = new Uint8Array(DES_BLOCK);
  writeU32(out, 0, words[0]!);
  writeU32(out, 4, words[1]!);
  wipe(schedule, words);
  return out;
}

let spBoxes: Int32Array | undefined;

/** S-box and permutation P in one look-up of 64 words for each of the eight boxes. */
function createSpBoxes(): Int32Array {
  const boxes = new Int32Array(8 * 64);
  S_BOXES.forEach((rows, box) => {
    for (let six = 0; six < 64; six++) {
      const row = ((six >>> 4) & 2) | (six & 1);
      const column = (six >>> 1) & 15;
      const four = Number.parseInt(rows[16 * row + column]!, 16) << (28 - 4 * box);
      let word = 0;
      for (const from of P) word = (word << 1) | ((four >>> (32 - from)) & 1);
      boxes[64 * box + six] = word;
    }
  });
  return boxes;
}

/** 28 bits of the key: C with `first` 0, D with 28. */
function keyHalf(key: Uint8Array, offset: number, first: number): number {
  const high = readU32(key, offset);
  const low = readU32(key, offset + 4);
  let half = 0;
  for (const from of PC1.slice(first, first + 28)) half = (half << 1) | ((from <= 32 ? high >>> (32 - from) : low >>> (64 - from)) & 1);
  return half;
}

function putRoundKeys(schedule: Int32Array, key: Uint8Array, offset: number, reversed: boolean): void {
  let c = keyHalf(key, offset, 0);
  let d = keyHalf(key, offset, 28);
  for (let round = 0; round < 16; round++) {
    const by = SINGLE_SHIFTS.includes(round) ? 1 : 2;
    c = ((c << by) | (c >>> (28 - by))) & 0xfffffff;
    d = ((d << by) | (d >>> (28 - by))) & 0xfffffff;
    const at = 2 * (reversed ? 15 - round : round);
    // eight groups of six bits: the even ones into the first word, the odd ones into the second, where cryptDes looks for them
    PC2.forEach((from, i) => {
      const bit = (from <= 28 ? c >>> (28 - from) : d >>> (56 - from)) & 1;
      const group = Math.floor(i / 6);
      const place = 31 - 8 * (group >>> 1) - (i % 6);
      schedule[at + (group & 1)] = schedule[at + (group & 1)]! | (bit << place);
    });
  }
}
