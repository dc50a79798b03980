/**
 * The AES block. noble exports it as `unsafe`: "may change at any time". So a known-answer test runs before the first key is
 * expanded, and if it fails the public `ecb()` takes over: slow, but right.
 *
 * @module
 */
import { ecb, unsafe } from '@noble/ciphers/aes.js';
import { fromHex } from '../bytes.js';
import { putWord, wordAt } from './words.js';

/** A block as four little-endian words. */
interface AesWords {
  /** Octets 0-3. */
  readonly s0: number;
  /** Octets 4-7. */
  readonly s1: number;
  /** Octets 8-11. */
  readonly s2: number;
  /** Octets 12-15. */
  readonly s3: number;
}

/** The four functions of noble's `unsafe` that this library builds on. */
export interface AesEngine {
  /** Round keys for {@link AesEngine.encrypt}. @param key 16, 24 or 32 octets, not kept. */
  readonly expandKeyLE: (key: Uint8Array) => Uint32Array;
  /** Round keys for {@link AesEngine.decrypt}. */
  readonly expandKeyDecLE: (key: Uint8Array) => Uint32Array;
  /** Encrypts one block. */
  readonly encrypt: (schedule: Uint32Array, s0: number, s1: number, s2: number, s3: number) => AesWords;
  /** Decrypts one block. */
  readonly decrypt: (schedule: Uint32Array, s0: number, s1: number, s2: number, s3: number) => AesWords;
}

let chosen: AesEngine | undefined;

/** The AES that passed its test; chosen when the first AES row is keyed. */
export function aesEngine(): AesEngine {
  chosen ??= chooseAes(unsafe);
  return chosen;
}

/** `fast` if it gives the answers of FIPS 197 appendix C, else noble's public `ecb()`. */
export function chooseAes(fast: AesEngine): AesEngine {
  try {
    if (answersRight(fast)) return fast;
  } catch {
    // a function that is gone is as good a reason as a wrong answer
  }
  return publicAes;
}

/** FIPS 197 appendix C: the key 00 01 02 ..., the plaintext 00 11 22 ..., and the ciphertext for each key length. */
const fips197: readonly (readonly [keyLength: number, ciphertext: string])[] = [
  [16, '69c4e0d86a7b0430d8cdb78070b4c55a'],
  [24, 'dda97ca4864cdfe06eaf70a0ec0d7191'],
  [32, '8ea2b7ca516745bfeafc49904b496089'],
];

function answersRight(aes: AesEngine): boolean {
  const plaintext = Uint8Array.from({ length: 16 }, (_, i) => 0x11 * i);
  return fips197.every(([keyLength, hex]) => {
    const key = Uint8Array.from({ length: keyLength }, (_, i) => i);
    const ciphertext = fromHex(hex);
    return (
      sameBlock(aes.encrypt(aes.expandKeyLE(key), ...wordsOf(plaintext)), ciphertext) &&
      sameBlock(aes.decrypt(aes.expandKeyDecLE(key), ...wordsOf(ciphertext)), plaintext)
    );
  });
}

function wordsOf(block: Uint8Array): [number, number, number, number] {
  return [wordAt(block, 0), wordAt(block, 4), wordAt(block, 8), wordAt(block, 12)];
}

function sameBlock(words: AesWords, block: Uint8Array): boolean {
  const [s0, s1, s2, s3] = wordsOf(block);
  return (words.s0 | 0) === s0 && (words.s1 | 0) === s1 && (words.s2 | 0) === s2 && (words.s3 | 0) === s3;
}

/** AES over noble's public functions only. Its "schedule" is the key itself, which `ecb()` expands for every block. */
export const publicAes: AesEngine = {
  expandKeyLE: keyAsWords,
  expandKeyDecLE: keyAsWords,
  encrypt: (schedule, s0, s1, s2, s3) => blockOf(ecb(keyOf(schedule), { disablePadding: true }).encrypt(blockFrom(s0, s1, s2, s3))),
  decrypt: (schedule, s0, s1, s2, s3) => blockOf(ecb(keyOf(schedule), { disablePadding: true }).decrypt(blockFrom(s0, s1, s2, s3))),
};

function keyAsWords(key: Uint8Array): Uint32Array {
  return Uint32Array.from({ length: key.length / 4 }, (_, i) => wordAt(key, 4 * i));
}

function keyOf(schedule: Uint32Array): Uint8Array {
  const key = new Uint8Array(4 * schedule.length);
  schedule.forEach((word, i) => {
    putWord(key, 4 * i, word);
  });
  return key;
}

function blockFrom(s0: number, s1: number, s2: number, s3: number): Uint8Array {
  const block = new Uint8Array(16);
  putWord(block, 0, s0);
  putWord(block, 4, s1);
  putWord(block, 8, s2);
  putWord(block, 12, s3);
  return block;
}

function blockOf(block: Uint8Array): AesWords {
  const [s0, s1, s2, s3] = wordsOf(block);
  return { s0, s1, s2, s3 };
}
