/**
 * HMAC, AES-CMAC, AES-XCBC and AES-GMAC over `node:crypto`.
 *
 * @module
 */
import { createCipheriv, createHmac, type CipherGCM, type CipherGCMTypes } from 'node:crypto';
import { wipe } from '../../bytes.js';
import { checkIv, checkKey, checkSpan, destroyed, outOfTurn } from '../../suite/key.js';
import type { IntegrityContext, IntegrityRow } from '../../suite/types.js';

const BLOCK = 16;
const GMAC_IV = 8;

/** One message under way: takes octets, gives the whole tag. */
interface Run {
  update(data: Uint8Array, start: number, end: number): void;
  tag(): Uint8Array;
}

/** A row of HMAC whose key is as long as the hash. @param hash OpenSSL's name: `sha256`. */
export function nodeHmacRow(name: string, id: number, hash: string, keyLength: number, icvLength: number): IntegrityRow {
  return macRow(name, id, keyLength, 0, 0, icvLength, (key) => createNodeHmac(name, hash, key, icvLength));
}

/** A row of AES-GMAC for AH (RFC 4543). */
export function nodeGmacRow(name: string, id: number, keyLength: number): IntegrityRow {
  return macRow(name, id, keyLength, 4, GMAC_IV, BLOCK, (key) => createNodeGmac(name, key, keyLength));
}

/** A row of AES-CMAC (RFC 4494). */
export function nodeCmacRow(name: string, id: number, icvLength: number): IntegrityRow {
  return macRow(name, id, BLOCK, 0, 0, icvLength, (key) => createNodeCmac(name, key, icvLength));
}

/** A row of AES-XCBC-MAC (RFC 3566). */
export function nodeXcbcRow(name: string, id: number, icvLength: number): IntegrityRow {
  return macRow(name, id, BLOCK, 0, 0, icvLength, (key) => createNodeXcbc(name, key, icvLength));
}

/** HMAC with a key of any length. */
export function createNodeHmac(name: string, hash: string, key: Uint8Array, icvLength: number): IntegrityContext {
  const kept = key.slice();
  return createMac(name, 0, icvLength, [kept], () => {
    const hmac = createHmac(hash, kept);
    return {
      update: (data, start, end) => void hmac.update(data.subarray(start, end)),
      tag: () => hmac.digest(),
    };
  });
}

/** AES-CMAC: RFC 4493 section 2.3, the subkeys are the encrypted zero block, doubled once and twice. */
export function createNodeCmac(name: string, key: Uint8Array, icvLength: number): IntegrityContext {
  const zero = encryptBlock(key, 0);
  const whole = doubled(zero);
  zero.fill(0);
  return createCbcMac(name, key.slice(), whole, doubled(whole), icvLength);
}

/** AES-XCBC-MAC: RFC 3566 section 4, three keys made by encrypting three constants. */
export function createNodeXcbc(name: string, key: Uint8Array, icvLength: number): IntegrityContext {
  return createCbcMac(name, encryptBlock(key, 0x01), encryptBlock(key, 0x02), encryptBlock(key, 0x03), icvLength);
}

function createNodeGmac(name: string, keyAndSalt: Uint8Array, keyLength: number): IntegrityContext {
  const key = keyAndSalt.slice(0, keyLength);
  const nonce = new Uint8Array(4 + GMAC_IV);
  nonce.set(keyAndSalt.subarray(keyLength));
  const algorithm = `aes-${keyLength * 8}-gcm` as CipherGCMTypes;
  return createMac(name, GMAC_IV, BLOCK, [key, nonce], (iv) => {
    nonce.set(iv, 4);
    const cipher: CipherGCM = createCipheriv(algorithm, key, nonce);
    return {
      update: (data, start, end) => void cipher.setAAD(data.subarray(start, end)),
      tag: () => {
        cipher.final();
        return cipher.getAuthTag();
      },
    };
  });
}

/** CBC-MAC whose last block is masked with `whole`, or padded and masked with `padded`. It keeps and wipes all three arrays. */
function createCbcMac(name: string, key: Uint8Array, whole: Uint8Array, padded: Uint8Array, icvLength: number): IntegrityContext {
  const block = new Uint8Array(BLOCK);
  const algorithm = `aes-${key.length * 8}-cbc`;
  return createMac(name, 0, icvLength, [key, whole, padded, block], () => {
    const cipher = createCipheriv(algorithm, key, new Uint8Array(BLOCK)).setAutoPadding(false);
    let held = 0;
    return {
      update: (data, start, end) => {
        let o = start;
        while (o < end && held < BLOCK) block[held++] = data[o++]!;
        if (o === end) return;
        cipher.update(block);
        const last = end - ((end - o) % BLOCK || BLOCK);
        if (o < last) cipher.update(data.subarray(o, last));
        block.set(data.subarray(last, end));
        held = end - last;
      },
      tag: () => {
        const mask = held === BLOCK ? whole : padded;
        if (held < BLOCK) block.fill(0, held).fill(0x80, held, held + 1);
        for (let i = 0; i < BLOCK; i++) block[i] = block[i]! ^ mask[i]!;
        return cipher.update(block);
      },
    };
  });
}

function macRow(
  name: string,
  id: number,
  keyLength: number,
  saltLength: number,
  ivLength: number,
  icvLength: number,
  create: (key: Uint8Array) => IntegrityContext,
): IntegrityRow {
  const size = { name, keyLength, saltLength };
  return Object.freeze({
    kind: 'integrity',
    ...size,
    id,
    ivLength,
    icvLength,
    engine: 'node',
    create: (key: Uint8Array): IntegrityContext => {
      checkKey(key, size);
      return create(key);
    },
  });
}

function createMac(
  name: string,
  ivLength: number,
  icvLength: number,
  secrets: Uint8Array[],
  start: (iv: Uint8Array) => Run,
): IntegrityContext {
  let run: Run | undefined;
  let live = true;
  return {
    begin(iv): void {
      if (!live) throw destroyed(name);
      checkIv(iv, ivLength);
      run = start(iv);
    },
    update(data, start, end): void {
      if (run === undefined) throw outOfTurn(name, live);
      checkSpan(data, start, end);
      run.update(data, start, end);
    },
    finishInto(out, offset): void {
      checkSpan(out, offset, offset + icvLength);
      const tag = finish();
      for (let i = 0; i < icvLength; i++) out[offset + i] = tag[i]!;
      tag.fill(0);
    },
    finishVerify(icv, offset): boolean {
      checkSpan(icv, offset, offset + icvLength);
      const tag = finish();
      let difference = 0;
      for (let i = 0; i < icvLength; i++) difference |= icv[offset + i]! ^ tag[i]!;
      tag.fill(0);
      return difference === 0;
    },
    destroy(): void {
      live = false;
      run = undefined;
      wipe(...secrets);
    },
    secrets,
  };

  function finish(): Uint8Array {
    if (run === undefined) throw outOfTurn(name, live);
    const tag = run.tag();
    run = undefined;
    return tag;
  }
}

function encryptBlock(key: Uint8Array, octet: number): Uint8Array {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return new Uint8Array(cipher.update(new Uint8Array(BLOCK).fill(octet)));
}

function doubled(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(BLOCK);
  for (let i = 0; i < BLOCK; i++) out[i] = (block[i]! << 1) | ((block[i + 1] ?? 0) >>> 7);
  out[BLOCK - 1] = out[BLOCK - 1]! ^ (0x87 & -(block[0]! >>> 7));
  return out;
}
