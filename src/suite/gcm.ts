/**
 * AES-GCM for ESP and IKE (RFC 4106, RFC 5282), and with an implicit IV (RFC 8750, whose difference is only who makes the IV).
 *
 * The nonce is salt ‖ IV, twelve octets, so the first counter block J0 is the nonce with the counter 1: its key stream masks the
 * tag, and the text starts at counter 2 (NIST SP 800-38D section 7.1).
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { aesEngine } from './aes.js';
import { xorCtr } from './ctr-stream.js';
import { closeGhash, createGhashTable, updateGhash } from './ghash.js';
import { checkKey, checkRange, destroyed } from './key.js';
import type { AeadContext, AeadRow } from './types.js';
import { swapWord, wordAt } from './words.js';

const IV = 8;
/** Where the salt stands in the state, behind GHASH's running value. */
const SALT = 4;

/** A row of AES-GCM. @param implicitIv RFC 8750: the sequence number stands for the IV. */
export function gcmRow(name: string, id: number, keyLength: number, icvLength: number, implicitIv = false): AeadRow {
  const size = { name, keyLength, saltLength: 4 };
  return Object.freeze({
    kind: 'aead',
    ...size,
    id,
    ivLength: implicitIv ? 0 : IV,
    implicitIv,
    blockSize: 1,
    icvLength,
    engine: 'noble',
    create: (key: Uint8Array): AeadContext => {
      checkKey(key, size);
      return createGcm(name, key, keyLength, icvLength);
    },
  });
}

function createGcm(name: string, key: Uint8Array, keyLength: number, icvLength: number): AeadContext {
  const aes = aesEngine();
  const { encrypt } = aes;
  const schedule = aes.expandKeyLE(key.subarray(0, keyLength));
  const h = encrypt(schedule, 0, 0, 0, 0);
  const table = createGhashTable(swapWord(h.s0), swapWord(h.s1), swapWord(h.s2), swapWord(h.s3));
  const state = Int32Array.of(0, 0, 0, 0, wordAt(key, keyLength));
  const secrets = [schedule, table, state];
  let live = true;

  return {
    seal(aad, iv, buffer, start, end): void {
      if (!live) throw destroyed(name);
      checkRange(iv, IV, buffer, start, end, icvLength);
      xorCtr(encrypt, schedule, state[SALT]!, wordAt(iv, 0), wordAt(iv, 4), 2, buffer, start, end);
      computeTag(aad, iv, buffer, start, end);
      for (let i = 0; i < icvLength; i++) buffer[end + i] = state[i >> 2]! >>> (24 - 8 * (i & 3));
    },
    open(aad, iv, buffer, start, end): boolean {
      if (!live) throw destroyed(name);
      checkRange(iv, IV, buffer, start, end, icvLength);
      computeTag(aad, iv, buffer, start, end);
      let difference = 0;
      for (let i = 0; i < icvLength; i++) difference |= buffer[end + i]! ^ ((state[i >> 2]! >>> (24 - 8 * (i & 3))) & 0xff);
      if (difference !== 0) {
        state.fill(0, 0, SALT); // the tag that a forger would have needed
        return false;
      }
      xorCtr(encrypt, schedule, state[SALT]!, wordAt(iv, 0), wordAt(iv, 4), 2, buffer, start, end);
      return true;
    },
    destroy(): void {
      live = false;
      wipe(...secrets);
    },
    secrets,
  };

  /** The tag over AAD and ciphertext, as four big-endian words in `state`. */
  function computeTag(aad: Uint8Array, iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    state.fill(0, 0, SALT);
    updateGhash(table, state, aad, 0, aad.length);
    updateGhash(table, state, buffer, start, end);
    closeGhash(table, state, aad.length, end - start);
    const mask = encrypt(schedule, state[SALT]!, wordAt(iv, 0), wordAt(iv, 4), swapWord(1));
    state[0] = state[0]! ^ swapWord(mask.s0);
    state[1] = state[1]! ^ swapWord(mask.s1);
    state[2] = state[2]! ^ swapWord(mask.s2);
    state[3] = state[3]! ^ swapWord(mask.s3);
  }
}
