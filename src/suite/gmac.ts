/**
 * AES-GMAC (RFC 4543): AES-GCM with nothing to encrypt. For ESP it counts as an encryption algorithm (ENCR_NULL_AUTH_AES_GMAC),
 * for AH as three integrity algorithms (AUTH_AES_128_GMAC ...) that carry their IV in front of the ICV.
 *
 * @module
 */
import { wipe } from '../bytes.js';
import { aesEngine } from './aes.js';
import { closeGhash, createGhashTable, updateGhash } from './ghash.js';
import { checkIv, checkKey, checkRange, checkSpan, destroyed, outOfTurn } from './key.js';
import type { AeadContext, AeadRow, IntegrityContext, IntegrityRow } from './types.js';
import { swapWord, wordAt } from './words.js';

const BLOCK = 16;
const IV = 8;
const SALT = 4;
/** RFC 4543 section 3.4: "The Authentication Tag MUST NOT be truncated, so the length of the ICV is 16 octets." */
const ICV = 16;

/** A row of ENCR_NULL_AUTH_AES_GMAC, for ESP. */
export function gmacEspRow(name: string, id: number, keyLength: number): AeadRow {
  const size = { name, keyLength, saltLength: SALT };
  return Object.freeze({
    kind: 'aead',
    ...size,
    id,
    ivLength: IV,
    implicitIv: false,
    blockSize: 1,
    icvLength: ICV,
    engine: 'noble',
    create: (key: Uint8Array): AeadContext => {
      checkKey(key, size);
      return createGmacEsp(name, key, keyLength);
    },
  });
}

/** A row of AUTH_AES_nnn_GMAC, for AH. */
export function gmacAhRow(name: string, id: number, keyLength: number): IntegrityRow {
  const size = { name, keyLength, saltLength: SALT };
  return Object.freeze({
    kind: 'integrity',
    ...size,
    id,
    ivLength: IV,
    icvLength: ICV,
    engine: 'noble',
    create: (key: Uint8Array): IntegrityContext => {
      checkKey(key, size);
      return createGmac(name, key, keyLength);
    },
  });
}

/** RFC 4543 section 3.3 and figure 4: one string of SPI, sequence number, IV and the whole payload is authenticated; it stays in the clear. */
function createGmacEsp(name: string, key: Uint8Array, keyLength: number): AeadContext {
  const gmac = createGmac(name, key, keyLength);
  return {
    seal(aad, iv, buffer, start, end): void {
      checkRange(iv, IV, buffer, start, end, ICV);
      absorb(aad, iv, buffer, start, end);
      gmac.finishInto(buffer, end);
    },
    open(aad, iv, buffer, start, end): boolean {
      checkRange(iv, IV, buffer, start, end, ICV);
      absorb(aad, iv, buffer, start, end);
      return gmac.finishVerify(buffer, end);
    },
    destroy: () => {
      gmac.destroy();
    },
    secrets: gmac.secrets,
  };

  function absorb(aad: Uint8Array, iv: Uint8Array, buffer: Uint8Array, start: number, end: number): void {
    gmac.begin(iv);
    gmac.update(aad, 0, aad.length);
    gmac.update(iv, 0, IV);
    gmac.update(buffer, start, end);
  }
}

function createGmac(name: string, key: Uint8Array, keyLength: number): IntegrityContext {
  const aes = aesEngine();
  const schedule = aes.expandKeyLE(key.subarray(0, keyLength));
  const h = aes.encrypt(schedule, 0, 0, 0, 0);
  const table = createGhashTable(swapWord(h.s0), swapWord(h.s1), swapWord(h.s2), swapWord(h.s3));
  const salt = Int32Array.of(wordAt(key, keyLength));
  /** GHASH's running value; at the end the tag, in big-endian words. */
  const y = new Int32Array(4);
  /** The counter block's key stream, which masks the tag. */
  const mask = new Int32Array(4);
  /** Octets that do not make a block yet. */
  const block = new Uint8Array(BLOCK);
  const secrets = [schedule, table, salt, y, mask, block];
  let held = 0;
  let total = 0;
  let live = true;
  let running = false;

  return {
    begin(iv): void {
      if (!live) throw destroyed(name);
      checkIv(iv, IV);
      running = true;
      const m = aes.encrypt(schedule, salt[0]!, wordAt(iv, 0), wordAt(iv, 4), swapWord(1));
      mask[0] = swapWord(m.s0);
      mask[1] = swapWord(m.s1);
      mask[2] = swapWord(m.s2);
      mask[3] = swapWord(m.s3);
      y.fill(0);
      held = 0;
      total = 0;
    },
    update(data, start, end): void {
      if (!running) throw outOfTurn(name, live);
      checkSpan(data, start, end);
      total += end - start;
      let o = start;
      if (held > 0) {
        while (o < end && held < BLOCK) block[held++] = data[o++]!;
        if (held < BLOCK) return;
        updateGhash(table, y, block, 0, BLOCK);
        held = 0;
      }
      const whole = end - ((end - o) % BLOCK);
      updateGhash(table, y, data, o, whole);
      for (o = whole; o < end; o++) block[held++] = data[o]!;
    },
    finishInto(out, offset): void {
      checkSpan(out, offset, offset + ICV);
      finish();
      for (let i = 0; i < ICV; i++) out[offset + i] = y[i >> 2]! >>> (24 - 8 * (i & 3));
      y.fill(0);
    },
    finishVerify(icv, offset): boolean {
      checkSpan(icv, offset, offset + ICV);
      finish();
      let difference = 0;
      for (let i = 0; i < ICV; i++) difference |= icv[offset + i]! ^ ((y[i >> 2]! >>> (24 - 8 * (i & 3))) & 0xff);
      y.fill(0);
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
    updateGhash(table, y, block, 0, held);
    closeGhash(table, y, total, 0);
    for (let i = 0; i < 4; i++) y[i] = y[i]! ^ mask[i]!;
    mask.fill(0);
  }
}
