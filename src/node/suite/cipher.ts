/**
 * CBC and CTR over `node:crypto`.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { wipe } from '../../bytes.js';
import { checkBlocks, checkKey, checkRange, destroyed } from '../../suite/key.js';
import type { CipherContext, CipherRow } from '../../suite/types.js';

const CTR_IV = 8;
const AES_BLOCK = 16;

/** What a row in CBC mode says. */
export interface NodeCbc {
  /** OpenSSL's name, e.g. `aes-128-cbc`. */
  readonly algorithm: string;
  /** Octets of key. */
  readonly keyLength: number;
  /** Octets of a block and of the IV. */
  readonly blockSize: number;
  /** Turns the row's key into OpenSSL's, after refusing a weak one; the same key if absent. */
  readonly prepare?: (name: string, key: Uint8Array) => Uint8Array;
}

/** A row of a block cipher in CBC mode. */
export function nodeCbcRow(name: string, id: number, cbc: NodeCbc): CipherRow {
  const size = { name, keyLength: cbc.keyLength, saltLength: 0 };
  return Object.freeze({
    kind: 'cipher',
    ...size,
    id,
    ivLength: cbc.blockSize,
    ivKind: 'random',
    blockSize: cbc.blockSize,
    isNull: false,
    engine: 'node',
    create: (key: Uint8Array): CipherContext => {
      checkKey(key, size);
      return createNodeCbc(name, cbc.algorithm, cbc.prepare?.(name, key) ?? key, cbc.blockSize);
    },
  });
}

/** A row of AES-CTR (RFC 3686). */
export function nodeCtrRow(name: string, id: number, keyLength: number): CipherRow {
  const size = { name, keyLength, saltLength: 4 };
  return Object.freeze({
    kind: 'cipher',
    ...size,
    id,
    ivLength: CTR_IV,
    ivKind: 'counter',
    blockSize: 1,
    isNull: false,
    engine: 'node',
    create: (key: Uint8Array): CipherContext => {
      checkKey(key, size);
      return createNodeCtr(name, key, keyLength);
    },
  });
}

/**
 * One cipher object for the life of the SA. To OpenSSL all packets are one long CBC message, whose chaining value is the last
 * ciphertext block it saw; a packet's own IV gets in by an exclusive or with that value on the first block. That is one native
 * call a packet instead of three.
 */
function createNodeCbc(name: string, algorithm: string, key: Uint8Array, blockSize: number): CipherContext {
  const zeros = new Uint8Array(blockSize);
  const cipher = createCipheriv(algorithm, key, zeros).setAutoPadding(false);
  const decipher = createDecipheriv(algorithm, key, zeros).setAutoPadding(false);
  const lastEncrypted = new Uint8Array(blockSize);
  const lastDecrypted = new Uint8Array(blockSize);
  let live = true;

  return {
    encrypt(iv, buffer, start, end): void {
      check(iv, buffer, start, end);
      if (start === end) return;
      for (let i = 0; i < blockSize; i++) buffer[start + i] = buffer[start + i]! ^ iv[i]! ^ lastEncrypted[i]!;
      buffer.set(cipher.update(buffer.subarray(start, end)), start);
      for (let i = 0; i < blockSize; i++) lastEncrypted[i] = buffer[end - blockSize + i]!;
    },
    decrypt(iv, buffer, start, end): void {
      check(iv, buffer, start, end);
      if (start === end) return;
      const text = decipher.update(buffer.subarray(start, end));
      for (let i = 0; i < blockSize; i++) {
        text[i] = text[i]! ^ iv[i]! ^ lastDecrypted[i]!;
        lastDecrypted[i] = buffer[end - blockSize + i]!;
      }
      buffer.set(text, start);
      text.fill(0);
    },
    destroy(): void {
      if (!live) return;
      live = false;
      // OpenSSL cleanses its key schedules when the objects are closed
      cipher.final();
      decipher.final();
      wipe(lastEncrypted, lastDecrypted);
    },
    secrets: [lastEncrypted, lastDecrypted],
  };

  function check(iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    if (!live) throw destroyed(name);
    checkRange(iv, blockSize, buffer, start, end, 0);
    checkBlocks(blockSize, start, end);
  }
}

function createNodeCtr(name: string, keyAndSalt: Uint8Array, keyLength: number): CipherContext {
  const algorithm = `aes-${keyLength * 8}-ctr`;
  const key = keyAndSalt.slice(0, keyLength);
  /** RFC 3686 section 4: nonce, IV, and a block counter that begins with one. */
  const counterBlock = new Uint8Array(AES_BLOCK);
  counterBlock.set(keyAndSalt.subarray(keyLength));
  counterBlock[AES_BLOCK - 1] = 1;
  const secrets = [key, counterBlock];
  let live = true;

  return {
    encrypt: crypt,
    decrypt: crypt,
    destroy(): void {
      live = false;
      wipe(...secrets);
    },
    secrets,
  };

  function crypt(iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    if (!live) throw destroyed(name);
    checkRange(iv, CTR_IV, buffer, start, end, 0);
    counterBlock.set(iv, AES_BLOCK - 4 - CTR_IV);
    const text = createCipheriv(algorithm, key, counterBlock).update(buffer.subarray(start, end));
    buffer.set(text, start);
    text.fill(0);
  }
}
