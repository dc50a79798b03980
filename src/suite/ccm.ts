/**
 * AES-CCM for ESP and IKE (RFC 4309, RFC 5282): CBC-MAC over the plaintext, then counter mode over text and tag (RFC 3610).
 *
 * The tag is over the plaintext, so a packet has to be decrypted before it can be judged; a forged one is wiped again.
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { aesEngine } from './aes.js';
import { xorCtr } from './ctr-stream.js';
import { checkKey, checkRange, destroyed } from './key.js';
import type { AeadContext, AeadRow } from './types.js';
import { putWord, swapWord, wordAt } from './words.js';

const IV = 8;
const BLOCK = 16;
/** CCM's L: RFC 4309 section 2: "This specification only supports L = 4." */
const LENGTH_OCTETS = 4;

/** A row of AES-CCM. @param implicitIv RFC 8750: the sequence number stands for the IV. */
export function ccmRow(name: string, id: number, keyLength: number, icvLength: number, implicitIv = false): AeadRow {
  const size = { name, keyLength, saltLength: 3 };
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
      return createCcm(name, key, keyLength, icvLength, LENGTH_OCTETS);
    },
  });
}

/**
 * A context of CCM with any L, so that RFC 3610's own vectors (L = 2) can be put to it.
 *
 * @param key the AES key, then 7 - `lengthOctets` octets of salt.
 */
export function createCcm(name: string, key: Uint8Array, keyLength: number, icvLength: number, lengthOctets: number): AeadContext {
  const aes = aesEngine();
  const { encrypt } = aes;
  const schedule = aes.expandKeyLE(key.subarray(0, keyLength));
  /** The counter block A_0: flags = L - 1, nonce = salt ‖ IV, counter 0 (RFC 3610 section 2.3). */
  const a0 = new Uint8Array(BLOCK);
  const ivOffset = 1 + key.length - keyLength;
  a0[0] = lengthOctets - 1;
  a0.set(key.subarray(keyLength), 1);
  /** The running value of CBC-MAC and, at the end, the tag. */
  const mac = new Uint8Array(BLOCK);
  const secrets = [schedule, a0, mac];
  let live = true;

  return {
    seal(aad, iv, buffer, start, end): void {
      if (!live) throw destroyed(name);
      checkRange(iv, IV, buffer, start, end, icvLength);
      a0.set(iv, ivOffset);
      computeMac(aad, buffer, start, end);
      crypt(buffer, start, end);
      for (let i = 0; i < icvLength; i++) buffer[end + i] = mac[i]!;
      mac.fill(0);
    },
    open(aad, iv, buffer, start, end): boolean {
      if (!live) throw destroyed(name);
      checkRange(iv, IV, buffer, start, end, icvLength);
      a0.set(iv, ivOffset);
      crypt(buffer, start, end);
      computeMac(aad, buffer, start, end);
      let difference = 0;
      for (let i = 0; i < icvLength; i++) difference |= buffer[end + i]! ^ mac[i]!;
      mac.fill(0);
      if (difference === 0) return true;
      buffer.fill(0, start, end);
      return false;
    },
    destroy(): void {
      live = false;
      wipe(...secrets);
    },
    secrets,
  };

  function crypt(buffer: Uint8Array, start: number, end: number): void {
    // the last word holds the counter and, with L < 4, the end of the nonce above it
    xorCtr(encrypt, schedule, wordAt(a0, 0), wordAt(a0, 4), wordAt(a0, 8), swapWord(wordAt(a0, 12)) + 1, buffer, start, end);
  }

  /** RFC 3610 section 2.2: CBC-MAC over B_0, the AAD with its length in front, and the plaintext; masked with S_0. */
  function computeMac(aad: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    mac.set(a0);
    mac[0] = (aad.length > 0 ? 0x40 : 0) | (((icvLength - 2) / 2) << 3) | (lengthOctets - 1);
    const length = end - start;
    for (let i = 0; i < lengthOctets; i++) mac[BLOCK - 1 - i] = i < 4 ? length >>> (8 * i) : 0;
    encryptMac();
    if (aad.length > 0) absorb(aad, 0, aad.length, putAadLength(aad.length));
    absorb(buffer, start, end, 0);
    const s0 = encrypt(schedule, wordAt(a0, 0), wordAt(a0, 4), wordAt(a0, 8), wordAt(a0, 12));
    xorMac(s0.s0, s0.s1, s0.s2, s0.s3);
  }

  /** XORs l(a), the length of the AAD, into the running value; answers how many octets it took (RFC 3610 section 2.2). */
  function putAadLength(length: number): number {
    if (length < 0xff00) {
      mac[0] = mac[0]! ^ (length >>> 8);
      mac[1] = mac[1]! ^ length;
      return 2;
    }
    mac[0] = mac[0]! ^ 0xff;
    mac[1] = mac[1]! ^ 0xfe;
    for (let i = 0; i < 4; i++) mac[2 + i] = mac[2 + i]! ^ (length >>> (24 - 8 * i));
    return 6;
  }

  /** CBC-MAC over octets that are filled up to whole blocks with zeros. @param at octets of the first block already taken. */
  function absorb(data: Uint8Array, start: number, end: number, at: number): void {
    let o = start;
    if (at > 0) {
      for (; o < end && at < BLOCK; o++, at++) mac[at] = mac[at]! ^ data[o]!;
      encryptMac();
    }
    for (; o + BLOCK <= end; o += BLOCK) {
      xorMac(wordAt(data, o), wordAt(data, o + 4), wordAt(data, o + 8), wordAt(data, o + 12));
      encryptMac();
    }
    if (o === end) return;
    for (let i = 0; o < end; o++, i++) mac[i] = mac[i]! ^ data[o]!;
    encryptMac();
  }

  function xorMac(s0: number, s1: number, s2: number, s3: number): void {
    putWord(mac, 0, wordAt(mac, 0) ^ s0);
    putWord(mac, 4, wordAt(mac, 4) ^ s1);
    putWord(mac, 8, wordAt(mac, 8) ^ s2);
    putWord(mac, 12, wordAt(mac, 12) ^ s3);
  }

  function encryptMac(): void {
    const x = encrypt(schedule, wordAt(mac, 0), wordAt(mac, 4), wordAt(mac, 8), wordAt(mac, 12));
    putWord(mac, 0, x.s0);
    putWord(mac, 4, x.s1);
    putWord(mac, 8, x.s2);
    putWord(mac, 12, x.s3);
  }
}
