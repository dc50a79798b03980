/**
 * DES-CBC (RFC 2405) and 3DES-CBC (RFC 2451).
 *
 * @module
 */
import { readU32, wipe, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { createDesSchedule, cryptDes, DES_BLOCK, isWeakDesKey } from './des.js';
import { checkBlocks, checkKey, checkRange, destroyed } from './key.js';
import type { CipherContext, CipherRow } from './types.js';

/** A row of DES (8 octets of key) or 3DES (24). */
export function desCbcRow(name: string, id: number, keyLength: 8 | 24): CipherRow {
  const size = { name, keyLength, saltLength: 0 };
  return Object.freeze({
    kind: 'cipher',
    ...size,
    id,
    ivLength: DES_BLOCK,
    ivKind: 'random',
    blockSize: DES_BLOCK,
    isNull: false,
    engine: 'noble',
    create: (key: Uint8Array): CipherContext => {
      checkKey(key, size);
      checkStrength(name, key);
      return createDesCbc(name, key);
    },
  });
}

/**
 * RFC 2405 section 4: "Weak key checks SHOULD be performed." RFC 2451 section 2.3: "if the first two or last two independent 64-bit
 * keys are equal (k1 == k2 or k2 == k3), then the 3DES operation is simply the same as DES. Implementers MUST reject keys that
 * exhibit this property."
 *
 * @throws IpsecError `invalid-argument`
 */
export function checkStrength(name: string, key: Uint8Array): void {
  if (key.length === DES_BLOCK) {
    if (isWeakDesKey(key, 0))
      throw new IpsecError('invalid-argument', `key of ${name}`, { expected: 'one that is not weak', found: 'one of the 16 weak keys' });
    return;
  }
  for (const k of [0, DES_BLOCK])
    if (sameKey(key, k, k + DES_BLOCK))
      throw new IpsecError('invalid-argument', `key of ${name}`, {
        expected: 'three keys of which neighbours differ',
        found: k === 0 ? 'k1 = k2' : 'k2 = k3',
      });
}

/** Equal but for the parity bits. */
function sameKey(key: Uint8Array, a: number, b: number): boolean {
  let difference = 0;
  for (let i = 0; i < DES_BLOCK; i++) difference |= (key[a + i]! ^ key[b + i]!) & 0xfe;
  return difference === 0;
}

function createDesCbc(name: string, key: Uint8Array): CipherContext {
  const forward = createDesSchedule(key, false);
  const backward = createDesSchedule(key, true);
  const block = new Int32Array(2);
  const secrets = [forward, backward, block];
  let live = true;

  return {
    encrypt(iv, buffer, start, end): void {
      check(iv, buffer, start, end);
      block[0] = readU32(iv, 0);
      block[1] = readU32(iv, 4);
      for (let o = start; o < end; o += DES_BLOCK) {
        block[0] = block[0] ^ readU32(buffer, o);
        block[1] = block[1] ^ readU32(buffer, o + 4);
        cryptDes(forward, block);
        writeU32(buffer, o, block[0]);
        writeU32(buffer, o + 4, block[1]);
      }
      block.fill(0);
    },
    decrypt(iv, buffer, start, end): void {
      check(iv, buffer, start, end);
      let l = readU32(iv, 0);
      let r = readU32(iv, 4);
      for (let o = start; o < end; o += DES_BLOCK) {
        const cl = (block[0] = readU32(buffer, o));
        const cr = (block[1] = readU32(buffer, o + 4));
        cryptDes(backward, block);
        writeU32(buffer, o, block[0] ^ l);
        writeU32(buffer, o + 4, block[1] ^ r);
        l = cl;
        r = cr;
      }
      block.fill(0);
    },
    destroy(): void {
      live = false;
      wipe(...secrets);
    },
    secrets,
  };

  function check(iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    if (!live) throw destroyed(name);
    checkRange(iv, DES_BLOCK, buffer, start, end, 0);
    checkBlocks(DES_BLOCK, start, end);
  }
}
