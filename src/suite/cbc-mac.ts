/**
 * AES-CMAC (RFC 4493) and AES-XCBC-MAC (RFC 3566): CBC-MAC whose last block is masked with one key if it is whole and with
 * another if it had to be padded with a one bit and zeros. They differ in where the keys come from.
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { aesEngine, type AesEngine } from './aes.js';
import { checkKey, checkSpan, destroyed, outOfTurn } from './key.js';
import type { IntegrityContext, IntegrityRow } from './types.js';
import { putWord, wordAt } from './words.js';

const BLOCK = 16;
/** Octets of an AES-128 key; RFC 4494 and RFC 3566 allow no other. */
const KEY = 16;

/** What the construction needs: the AES that chains, and the masks of a whole and of a padded last block. */
interface Keys {
  readonly schedule: Uint32Array;
  readonly whole: Uint8Array;
  readonly padded: Uint8Array;
}

/** A row of AES-CMAC. */
export function cmacRow(name: string, id: number, icvLength: number): IntegrityRow {
  return row(name, id, icvLength, cmacKeys);
}

/** A row of AES-XCBC-MAC. */
export function xcbcRow(name: string, id: number, icvLength: number): IntegrityRow {
  return row(name, id, icvLength, xcbcKeys);
}

/** RFC 4493 section 2.3: the subkeys are the encrypted zero block, doubled once and twice. @param key 16, 24 or 32 octets. */
export function createCmac(name: string, key: Uint8Array, icvLength: number): IntegrityContext {
  return createMac(name, cmacKeys(aesEngine(), key), icvLength);
}

/** RFC 3566 section 4: three keys made by encrypting three constants. @param key 16 octets. */
export function createXcbc(name: string, key: Uint8Array, icvLength: number): IntegrityContext {
  return createMac(name, xcbcKeys(aesEngine(), key), icvLength);
}

function row(name: string, id: number, icvLength: number, keysOf: (aes: AesEngine, key: Uint8Array) => Keys): IntegrityRow {
  const size = { name, keyLength: KEY, saltLength: 0 };
  return Object.freeze({
    kind: 'integrity',
    ...size,
    id,
    ivLength: 0,
    icvLength,
    engine: 'noble',
    create: (key: Uint8Array): IntegrityContext => {
      checkKey(key, size);
      return createMac(name, keysOf(aesEngine(), key), icvLength);
    },
  });
}

function cmacKeys(aes: AesEngine, key: Uint8Array): Keys {
  const schedule = aes.expandKeyLE(key);
  const whole = doubled(encryptFilled(aes, schedule, 0));
  return { schedule, whole, padded: doubled(whole) };
}

function xcbcKeys(aes: AesEngine, key: Uint8Array): Keys {
  const schedule = aes.expandKeyLE(key);
  const k1 = encryptFilled(aes, schedule, 0x01);
  const keys = { schedule: aes.expandKeyLE(k1), whole: encryptFilled(aes, schedule, 0x02), padded: encryptFilled(aes, schedule, 0x03) };
  wipe(schedule, k1);
  return keys;
}

/** The encryption of a block of sixteen times the same octet. */
function encryptFilled(aes: AesEngine, schedule: Uint32Array, octet: number): Uint8Array {
  const word = octet * 0x01010101;
  const x = aes.encrypt(schedule, word, word, word, word);
  const block = new Uint8Array(BLOCK);
  putWord(block, 0, x.s0);
  putWord(block, 4, x.s1);
  putWord(block, 8, x.s2);
  putWord(block, 12, x.s3);
  return block;
}

/** RFC 4493 section 2.3: a block times x in GF(2^128): one bit to the left, and 0x87 into the end if a one falls out. */
function doubled(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(BLOCK);
  for (let i = 0; i < BLOCK; i++) out[i] = (block[i]! << 1) | ((block[i + 1] ?? 0) >>> 7);
  out[BLOCK - 1] = out[BLOCK - 1]! ^ (0x87 & -(block[0]! >>> 7));
  return out;
}

function createMac(name: string, keys: Keys, icvLength: number): IntegrityContext {
  const { encrypt } = aesEngine();
  const { schedule, whole, padded } = keys;
  /** The running value: the last ciphertext block; at the end the tag. */
  const x = new Uint8Array(BLOCK);
  /** Up to one whole block waits here, because only the last one is masked. */
  const block = new Uint8Array(BLOCK);
  const secrets = [schedule, whole, padded, x, block];
  let held = 0;
  let live = true;
  let running = false;

  return {
    begin(): void {
      if (!live) throw destroyed(name);
      running = true;
      x.fill(0);
      held = 0;
    },
    update(data, start, end): void {
      if (!running) throw outOfTurn(name, live);
      checkSpan(data, start, end);
      let o = start;
      while (o < end && held < BLOCK) block[held++] = data[o++]!;
      if (o === end) return;
      absorb(block, 0);
      for (; o + BLOCK < end; o += BLOCK) absorb(data, o);
      for (held = 0; o < end;) block[held++] = data[o++]!;
    },
    finishInto(out, offset): void {
      checkSpan(out, offset, offset + icvLength);
      finish();
      for (let i = 0; i < icvLength; i++) out[offset + i] = x[i]!;
      x.fill(0);
    },
    finishVerify(icv, offset): boolean {
      checkSpan(icv, offset, offset + icvLength);
      finish();
      let difference = 0;
      for (let i = 0; i < icvLength; i++) difference |= icv[offset + i]! ^ x[i]!;
      x.fill(0);
      return difference === 0;
    },
    destroy(): void {
      live = false;
      running = false;
      wipe(...secrets);
    },
    secrets,
  };

  function finish(): void {
    if (!running) throw outOfTurn(name, live);
    running = false;
    const mask = held === BLOCK ? whole : padded;
    if (held < BLOCK) block.fill(0, held).fill(0x80, held, held + 1);
    for (let i = 0; i < BLOCK; i++) block[i] = block[i]! ^ mask[i]!;
    absorb(block, 0);
    block.fill(0);
  }

  /** X = E(X + block). */
  function absorb(data: Uint8Array, o: number): void {
    const e = encrypt(
      schedule,
      wordAt(x, 0) ^ wordAt(data, o),
      wordAt(x, 4) ^ wordAt(data, o + 4),
      wordAt(x, 8) ^ wordAt(data, o + 8),
      wordAt(x, 12) ^ wordAt(data, o + 12),
    );
    putWord(x, 0, e.s0);
    putWord(x, 4, e.s1);
    putWord(x, 8, e.s2);
    putWord(x, 12, e.s3);
  }
}
