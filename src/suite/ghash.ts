/**
 * GHASH (NIST SP 800-38D section 6.4): multiplication in GF(2^128) by one fixed element H, the integrity half of AES-GCM and
 * the whole of AES-GMAC.
 *
 * A table of b·H for every octet b is 4 KiB an SA: small enough that a thousand SAs in rotation still find theirs in the cache.
 * An element is four big-endian words; its first bit is the coefficient of x^0, so multiplying by x shifts right.
 * The plain form of this file is test/twins/ghash.ts.
 *
 * Like noble's AES the look-ups depend on secret data, so an attacker who shares the processor's cache may learn from them.
 *
 * @module
 */

/** Octets of a block. */
const BLOCK = 16;
/** x^128 = 1 + x + x^2 + x^7 as the bits that come in at the top when one falls out below. */
const REDUCTION = 0xe1000000;

/** The multiples b·H, four words each, of every octet b. @param h0 to h3: H as big-endian words. */
export function createGhashTable(h0: number, h1: number, h2: number, h3: number): Int32Array {
  const table = new Int32Array(4 * 256);
  // octet 0x80 is the polynomial 1, 0x40 is x, 0x20 is x^2 ...
  for (let b = 0x80; b > 0; b >>= 1) {
    table.set([h0, h1, h2, h3], 4 * b);
    const carry = -(h3 & 1) & REDUCTION;
    h3 = (h3 >>> 1) | (h2 << 31);
    h2 = (h2 >>> 1) | (h1 << 31);
    h1 = (h1 >>> 1) | (h0 << 31);
    h0 = (h0 >>> 1) ^ carry;
  }
  for (let high = 2; high < 256; high <<= 1)
    for (let low = 1; low < high; low++)
      for (let w = 0; w < 4; w++) table[4 * (high + low) + w] = table[4 * high + w]! ^ table[4 * low + w]!;
  return table;
}

/**
 * For each block X of `data[start, end)`: Y = (Y + X)·H. A last block that is not whole is filled up with zeros.
 *
 * @param y the running value, four big-endian words, changed.
 */
export function updateGhash(table: Int32Array, y: Int32Array, data: Uint8Array, start: number, end: number): void {
  const whole = end - ((end - start) % BLOCK);
  multiplyBlocks(table, y, data, start, whole);
  if (whole === end) return;
  for (let i = whole; i < end; i++) tail[i - whole] = data[i]!;
  multiplyBlocks(table, y, tail, 0, BLOCK);
  tail.fill(0);
}

/**
 * The block that closes GHASH: both lengths in bits, 64 bits each.
 *
 * @param aadLength octets of additional authenticated data.
 * @param textLength octets of ciphertext; 0 for GMAC.
 */
export function closeGhash(table: Int32Array, y: Int32Array, aadLength: number, textLength: number): void {
  y[0] = y[0]! ^ Math.floor(aadLength / 0x20000000);
  y[1] = y[1]! ^ (aadLength << 3);
  y[2] = y[2]! ^ Math.floor(textLength / 0x20000000);
  y[3] = y[3]! ^ (textLength << 3);
  multiplyBlocks(table, y, tail, 0, BLOCK);
}

/** Zero between calls. */
const tail = /* @__PURE__ */ new Uint8Array(BLOCK);

/**
 * The product as a comb: the octets at place j of all four words use the same look-up shifted by whole words, so their products
 * are summed unreduced in eight words w0..w7, then everything moves right by one octet for the next place. One reduction a block.
 */
function multiplyBlocks(t: Int32Array, y: Int32Array, data: Uint8Array, start: number, end: number): void {
  let y0 = y[0]!;
  let y1 = y[1]!;
  let y2 = y[2]!;
  let y3 = y[3]!;
  for (let o = start; o < end; o += BLOCK) {
    let w0 = 0;
    let w1 = 0;
    let w2 = 0;
    let w3 = 0;
    let w4 = 0;
    let w5 = 0;
    let w6 = 0;
    let w7 = 0;
    for (let j = 3; ; j--) {
      const shift = 24 - 8 * j;
      const a = ((data[o + j]! ^ (y0 >>> shift)) & 0xff) << 2;
      const b = ((data[o + j + 4]! ^ (y1 >>> shift)) & 0xff) << 2;
      const c = ((data[o + j + 8]! ^ (y2 >>> shift)) & 0xff) << 2;
      const d = ((data[o + j + 12]! ^ (y3 >>> shift)) & 0xff) << 2;
      w0 ^= t[a]!;
      w1 ^= t[a + 1]! ^ t[b]!;
      w2 ^= t[a + 2]! ^ t[b + 1]! ^ t[c]!;
      w3 ^= t[a + 3]! ^ t[b + 2]! ^ t[c + 1]! ^ t[d]!;
      w4 ^= t[b + 3]! ^ t[c + 2]! ^ t[d + 1]!;
      w5 ^= t[c + 3]! ^ t[d + 2]!;
      w6 ^= t[d + 3]!;
      if (j === 0) break;
      w7 = (w7 >>> 8) | (w6 << 24);
      w6 = (w6 >>> 8) | (w5 << 24);
      w5 = (w5 >>> 8) | (w4 << 24);
      w4 = (w4 >>> 8) | (w3 << 24);
      w3 = (w3 >>> 8) | (w2 << 24);
      w2 = (w2 >>> 8) | (w1 << 24);
      w1 = (w1 >>> 8) | (w0 << 24);
      w0 >>>= 8;
    }
    // x^128 = 1 + x + x^2 + x^7, from the far end: each word folds into the two that stand four and three before it
    w4 ^= (w7 << 31) ^ (w7 << 30) ^ (w7 << 25);
    w3 ^= w7 ^ (w7 >>> 1) ^ (w7 >>> 2) ^ (w7 >>> 7);
    w3 ^= (w6 << 31) ^ (w6 << 30) ^ (w6 << 25);
    w2 ^= w6 ^ (w6 >>> 1) ^ (w6 >>> 2) ^ (w6 >>> 7);
    w2 ^= (w5 << 31) ^ (w5 << 30) ^ (w5 << 25);
    w1 ^= w5 ^ (w5 >>> 1) ^ (w5 >>> 2) ^ (w5 >>> 7);
    w1 ^= (w4 << 31) ^ (w4 << 30) ^ (w4 << 25);
    w0 ^= w4 ^ (w4 >>> 1) ^ (w4 >>> 2) ^ (w4 >>> 7);
    y0 = w0;
    y1 = w1;
    y2 = w2;
    y3 = w3;
  }
  y[0] = y0;
  y[1] = y1;
  y[2] = y2;
  y[3] = y3;
}
