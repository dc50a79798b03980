/**
 * AES-CTR for ESP (RFC 3686). Without integrity an attacker flips any bit of the plaintext: RFC 3686 section 2.4 says more.
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { aesEngine } from './aes.js';
import { xorCtr } from './ctr-stream.js';
import { checkKey, checkRange, destroyed } from './key.js';
import type { CipherContext, CipherRow } from './types.js';
import { wordAt } from './words.js';

const IV = 8;

/** A row of AES-CTR. Its salt is what RFC 3686 calls the nonce. */
export function aesCtrRow(name: string, id: number, keyLength: number): CipherRow {
  const size = { name, keyLength, saltLength: 4 };
  return Object.freeze({
    kind: 'cipher',
    ...size,
    id,
    ivLength: IV,
    ivKind: 'counter',
    blockSize: 1,
    isNull: false,
    engine: 'noble',
    create: (key: Uint8Array): CipherContext => {
      checkKey(key, size);
      return createAesCtr(name, key, keyLength);
    },
  });
}

function createAesCtr(name: string, key: Uint8Array, keyLength: number): CipherContext {
  const aes = aesEngine();
  const schedule = aes.expandKeyLE(key.subarray(0, keyLength));
  const salt = Int32Array.of(wordAt(key, keyLength));
  const secrets = [schedule, salt];
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
    checkRange(iv, IV, buffer, start, end, 0);
    // RFC 3686 section 4: "The block counter begins with the value of one, and it is incremented to generate subsequent portions of the key stream."
    xorCtr(aes.encrypt, schedule, salt[0]!, wordAt(iv, 0), wordAt(iv, 4), 1, buffer, start, end);
  }
}
