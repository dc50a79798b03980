/**
 * Combined modes over `node:crypto`: one cipher object per packet, because Node offers no way to give one a new nonce.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, type CipherGCM, type CipherGCMTypes, type DecipherGCM } from 'node:crypto';
import { wipe } from '../../bytes.js';
import { checkKey, checkRange, destroyed } from '../../suite/key.js';
import type { AeadContext, AeadRow } from '../../suite/types.js';

const IV = 8;

/** How a combined mode is called in OpenSSL: AES-128-GCM, AES-128-CCM ... */
export type NodeAead = CipherGCMTypes | 'aes-128-ccm' | 'aes-192-ccm' | 'aes-256-ccm' | 'chacha20-poly1305';

/** A row over a combined mode of OpenSSL. @param authOnly RFC 4543: the text is authenticated with its IV, not encrypted. */
export function nodeAeadRow(
  name: string,
  id: number,
  algorithm: NodeAead,
  keyLength: number,
  saltLength: number,
  icvLength: number,
  options: { readonly implicitIv?: boolean; readonly authOnly?: boolean } = {},
): AeadRow {
  const size = { name, keyLength, saltLength };
  const implicitIv = options.implicitIv === true;
  return Object.freeze({
    kind: 'aead',
    ...size,
    id,
    ivLength: implicitIv ? 0 : IV,
    implicitIv,
    blockSize: 1,
    icvLength,
    engine: 'node',
    create: (key: Uint8Array): AeadContext => {
      checkKey(key, size);
      return createNodeAead(name, algorithm, key, keyLength, icvLength, options.authOnly === true);
    },
  });
}

/**
 * A context over a combined mode of OpenSSL. The text is released only after `final()` has accepted the tag.
 *
 * @param keyAndSalt the key, then the salt that stands in front of the IV in the nonce.
 */
export function createNodeAead(
  name: string,
  algorithm: NodeAead,
  keyAndSalt: Uint8Array,
  keyLength: number,
  icvLength: number,
  authOnly = false,
): AeadContext {
  const key = keyAndSalt.slice(0, keyLength);
  const saltLength = keyAndSalt.length - keyLength;
  const nonce = new Uint8Array(saltLength + IV);
  nonce.set(keyAndSalt.subarray(keyLength));
  const secrets = [key, nonce];
  // what OpenSSL calls each mode has its own overload in Node's types; all of them take and give the same
  const mode = algorithm as CipherGCMTypes;
  const options = { authTagLength: icvLength };
  const ccm = algorithm.endsWith('-ccm');
  let live = true;

  return {
    seal(aad, iv, buffer, start, end): void {
      check(iv, buffer, start, end);
      const cipher = createCipheriv(mode, key, nonce, options);
      authenticate(cipher, aad, iv, buffer, start, end);
      if (!authOnly) buffer.set(cipher.update(buffer.subarray(start, end)), start);
      cipher.final();
      buffer.set(cipher.getAuthTag(), end);
    },
    open(aad, iv, buffer, start, end): boolean {
      check(iv, buffer, start, end);
      const decipher = createDecipheriv(mode, key, nonce, options);
      decipher.setAuthTag(buffer.subarray(end, end + icvLength));
      let text: Uint8Array | undefined;
      try {
        authenticate(decipher, aad, iv, buffer, start, end);
        if (!authOnly) text = decipher.update(buffer.subarray(start, end));
        decipher.final();
      } catch {
        text?.fill(0);
        return false;
      }
      if (text !== undefined) {
        buffer.set(text, start);
        text.fill(0);
      }
      return true;
    },
    destroy(): void {
      live = false;
      wipe(...secrets);
    },
    secrets,
  };

  function check(iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    if (!live) throw destroyed(name);
    checkRange(iv, IV, buffer, start, end, icvLength);
    nonce.set(iv, saltLength);
  }

  function authenticate(
    cipher: CipherGCM | DecipherGCM,
    aad: Uint8Array,
    iv: Uint8Array,
    buffer: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (ccm) cipher.setAAD(aad, { plaintextLength: end - start });
    else cipher.setAAD(aad);
    if (authOnly) cipher.setAAD(iv).setAAD(buffer.subarray(start, end));
  }
}
