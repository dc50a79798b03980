/**
 * ChaCha20-Poly1305 for ESP and IKE (RFC 7634): noble's ChaCha20, our Poly1305.
 *
 * @module
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { wipe } from '../bytes.js';
import { checkKey, checkRange, destroyed } from './key.js';
import { closePoly1305, createPoly1305State, finishPoly1305, startPoly1305, updatePoly1305 } from './poly1305.js';
import type { AeadContext, AeadRow } from './types.js';

const KEY = 32;
const SALT = 4;
const IV = 8;
const ICV = 16;
/** Octets of a ChaCha20 block. */
const BLOCK = 64;

/** A row of ChaCha20-Poly1305. @param implicitIv RFC 8750: the sequence number stands for the IV. */
export function chachaRow(name: string, id: number, implicitIv = false): AeadRow {
  const size = { name, keyLength: KEY, saltLength: SALT };
  return Object.freeze({
    kind: 'aead',
    ...size,
    id,
    ivLength: implicitIv ? 0 : IV,
    implicitIv,
    blockSize: 1,
    icvLength: ICV,
    engine: 'noble',
    create: (key: Uint8Array): AeadContext => {
      checkKey(key, size);
      return createChacha(name, key);
    },
  });
}

/** Text that is worked on at once. */
const CHUNK = 2048;
/**
 * Shared by all contexts: a block for the one-time key of Poly1305, then text. noble's ChaCha20 is faster on aligned octets, and
 * with a block of zeros in front of the text one call gives both the key and the ciphertext. What was secret in it is wiped
 * before the call returns.
 */
const scratch = /* @__PURE__ */ new Uint8Array(BLOCK + CHUNK);
const polyState = /* @__PURE__ */ createPoly1305State();
const tag = /* @__PURE__ */ new Uint8Array(ICV);

function createChacha(name: string, keyAndSalt: Uint8Array): AeadContext {
  const key = keyAndSalt.slice(0, KEY);
  const nonce = new Uint8Array(SALT + IV);
  nonce.set(keyAndSalt.subarray(KEY));
  const secrets = [key, nonce];
  let live = true;

  return {
    seal(aad, iv, buffer, start, end): void {
      check(iv, buffer, start, end);
      crypt(buffer, start, end, 0);
      computeTag(aad, buffer, start, end);
      buffer.set(tag, end);
      scratch.fill(0, 0, BLOCK);
    },
    open(aad, iv, buffer, start, end): boolean {
      check(iv, buffer, start, end);
      crypt(buffer, start, start, 0);
      computeTag(aad, buffer, start, end);
      let difference = 0;
      for (let i = 0; i < ICV; i++) difference |= buffer[end + i]! ^ tag[i]!;
      tag.fill(0);
      if (difference === 0) crypt(buffer, start, end, 1);
      scratch.fill(0, 0, BLOCK + Math.min(CHUNK, end - start));
      return difference === 0;
    },
    destroy(): void {
      live = false;
      wipe(...secrets);
    },
    secrets,
  };

  function check(iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    if (!live) throw destroyed(name);
    checkRange(iv, IV, buffer, start, end, ICV);
    nonce.set(iv, SALT);
  }

  /**
   * XORs the key stream onto `buffer[start, end)`, which begins with block 1. RFC 7634 section 2: "zero is reserved for
   * generating the one-time Poly1305 key": with `counter` 0 that key is left in front of the scratch.
   */
  function crypt(buffer: Uint8Array, start: number, end: number, counter: 0 | 1): void {
    let block: number = counter;
    for (let o = start; block === 0 || o < end; o += CHUNK) {
      const text = buffer.subarray(o, Math.min(o + CHUNK, end));
      scratch.set(text, BLOCK);
      const view = scratch.subarray(block === 0 ? 0 : BLOCK, BLOCK + text.length);
      chacha20(key, nonce, view, view, block);
      text.set(scratch.subarray(BLOCK, BLOCK + text.length));
      block = (block === 0 ? 1 : block) + CHUNK / BLOCK;
    }
  }
}

/** Poly1305 over AAD and ciphertext with the key in front of the scratch (RFC 8439 section 2.8). */
function computeTag(aad: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
  startPoly1305(polyState, scratch);
  updatePoly1305(polyState, aad, 0, aad.length);
  updatePoly1305(polyState, buffer, start, end);
  closePoly1305(polyState, aad.length, end - start);
  finishPoly1305(polyState, scratch, tag);
}
