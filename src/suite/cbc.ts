/**
 * AES-CBC (RFC 3602). The IV must not be predictable; who makes it is the caller's business.
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { aesEngine } from './aes.js';
import { checkBlocks, checkKey, checkRange, destroyed } from './key.js';
import type { CipherContext, CipherRow } from './types.js';
import { viewOf, wordAt } from './words.js';

const BLOCK = 16;

/** A row of AES-CBC. */
export function aesCbcRow(name: string, id: number, keyLength: number): CipherRow {
  const size = { name, keyLength, saltLength: 0 };
  return Object.freeze({
    kind: 'cipher',
    ...size,
    id,
    ivLength: BLOCK,
    ivKind: 'random',
    blockSize: BLOCK,
    isNull: false,
    engine: 'noble',
    create: (key: Uint8Array): CipherContext => {
      checkKey(key, size);
      return createAesCbc(name, key);
    },
  });
}

function createAesCbc(name: string, key: Uint8Array): CipherContext {
  const aes = aesEngine();
  const { encrypt, decrypt } = aes;
  const forward = aes.expandKeyLE(key);
  const backward = aes.expandKeyDecLE(key);
  const secrets = [forward, backward];
  let live = true;

  return {
    encrypt(iv, buffer, start, end): void {
      check(iv, buffer, start, end);
      let p0 = wordAt(iv, 0);
      let p1 = wordAt(iv, 4);
      let p2 = wordAt(iv, 8);
      let p3 = wordAt(iv, 12);
      const words = viewOf(buffer);
      const last = buffer.byteOffset + end;
      for (let o = buffer.byteOffset + start; o < last; o += BLOCK) {
        const c = encrypt(
          forward,
          p0 ^ words.getInt32(o, true),
          p1 ^ words.getInt32(o + 4, true),
          p2 ^ words.getInt32(o + 8, true),
          p3 ^ words.getInt32(o + 12, true),
        );
        words.setInt32(o, (p0 = c.s0), true);
        words.setInt32(o + 4, (p1 = c.s1), true);
        words.setInt32(o + 8, (p2 = c.s2), true);
        words.setInt32(o + 12, (p3 = c.s3), true);
      }
    },
    decrypt(iv, buffer, start, end): void {
      check(iv, buffer, start, end);
      let p0 = wordAt(iv, 0);
      let p1 = wordAt(iv, 4);
      let p2 = wordAt(iv, 8);
      let p3 = wordAt(iv, 12);
      const words = viewOf(buffer);
      const last = buffer.byteOffset + end;
      for (let o = buffer.byteOffset + start; o < last; o += BLOCK) {
        const c0 = words.getInt32(o, true);
        const c1 = words.getInt32(o + 4, true);
        const c2 = words.getInt32(o + 8, true);
        const c3 = words.getInt32(o + 12, true);
        const p = decrypt(backward, c0, c1, c2, c3);
        words.setInt32(o, p.s0 ^ p0, true);
        words.setInt32(o + 4, p.s1 ^ p1, true);
        words.setInt32(o + 8, p.s2 ^ p2, true);
        words.setInt32(o + 12, p.s3 ^ p3, true);
        p0 = c0;
        p1 = c1;
        p2 = c2;
        p3 = c3;
      }
    },
    destroy(): void {
      live = false;
      wipe(...secrets);
    },
    secrets,
  };

  function check(iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    if (!live) throw destroyed(name);
    checkRange(iv, BLOCK, buffer, start, end, 0);
    checkBlocks(BLOCK, start, end);
  }
}
