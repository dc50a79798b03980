/**
 * Poly1305 (RFC 8439 section 2.5): a polynomial in r over the message's blocks, modulo 2^130 - 5.
 *
 * A number is six limbs of 22 bits in doubles, because JavaScript multiplies those exactly up to 2^53 and integers only up to 2^32:
 * a limb with a block added stays under 2^23 + 2^14, a limb of r under 2^22, a column is at most 1 + 5·20 such products, under 2^51.7.
 * Every operation takes the same time whatever the data. The plain form of this file is test/twins/poly1305.ts.
 *
 * @module
 */
import { putWord, wordAt } from './words.js';

/** Octets of a block. */
const BLOCK = 16;
/** A limb's range, and its inverse. */
const LIMB = 0x400000;
const UNLIMB = 1 / LIMB;
const MASK = LIMB - 1;
/** Limbs 0-5 of the state are r, 6-11 the running value h. */
const H = 6;

/** Room for one computation: r and the running value. */
export function createPoly1305State(): Float64Array<ArrayBuffer> {
  return new Float64Array(12);
}

/** Takes r, the first half of the one-time key, and starts at zero. RFC 8439 section 2.5: r is "clamped". */
export function startPoly1305(state: Float64Array, key: Uint8Array): void {
  putLimbs(state, wordAt(key, 0) & 0x0fffffff, wordAt(key, 4) & 0x0ffffffc, wordAt(key, 8) & 0x0ffffffc, wordAt(key, 12) & 0x0ffffffc);
  state.fill(0, H);
}

/** Adds `data[start, end)`, filled up with zeros to whole blocks as the AEAD construction wants it (RFC 8439 section 2.8). */
export function updatePoly1305(state: Float64Array, data: Uint8Array, start: number, end: number): void {
  const whole = end - ((end - start) % BLOCK);
  addBlocks(state, data, start, whole);
  if (whole === end) return;
  for (let i = whole; i < end; i++) tail[i - whole] = data[i]!;
  addBlocks(state, tail, 0, BLOCK);
  tail.fill(0);
}

/** Adds the closing block: both lengths in octets, 64 bits each, little-endian (RFC 8439 section 2.8). */
export function closePoly1305(state: Float64Array, aadLength: number, textLength: number): void {
  putWord(tail, 0, aadLength);
  putWord(tail, 4, Math.floor(aadLength / 0x100000000));
  putWord(tail, 8, textLength);
  putWord(tail, 12, Math.floor(textLength / 0x100000000));
  addBlocks(state, tail, 0, BLOCK);
  tail.fill(0);
}

/** Writes the tag, h + s, at `out[0, 16)` and wipes the state. @param key the one-time key, whose second half is s. */
export function finishPoly1305(state: Float64Array, key: Uint8Array, out: Uint8Array): void {
  let h0 = state[H]!;
  let h1 = state[H + 1]!;
  let h2 = state[H + 2]!;
  let h3 = state[H + 3]!;
  let h4 = state[H + 4]!;
  let h5 = state[H + 5]!;
  state.fill(0);
  // twice around, so that every limb is in its range and h below 2^130
  for (let round = 0; round < 2; round++) {
    h1 += h0 >>> 22;
    h2 += h1 >>> 22;
    h3 += h2 >>> 22;
    h4 += h3 >>> 22;
    h5 += h4 >>> 22;
    h0 = (h0 & MASK) + 5 * (h5 >>> 20);
    h1 &= MASK;
    h2 &= MASK;
    h3 &= MASK;
    h4 &= MASK;
    h5 &= 0xfffff;
  }
  h1 += h0 >>> 22;
  h0 &= MASK;
  // h - p if that is not negative, else h; chosen without a branch
  const g0 = h0 + 5;
  const g1 = h1 + (g0 >>> 22);
  const g2 = h2 + (g1 >>> 22);
  const g3 = h3 + (g2 >>> 22);
  const g4 = h4 + (g3 >>> 22);
  const g5 = h5 + (g4 >>> 22) - 0x100000;
  const keep = g5 >> 31;
  h0 = (h0 & keep) | (g0 & MASK & ~keep);
  h1 = (h1 & keep) | (g1 & MASK & ~keep);
  h2 = (h2 & keep) | (g2 & MASK & ~keep);
  h3 = (h3 & keep) | (g3 & MASK & ~keep);
  h4 = (h4 & keep) | (g4 & MASK & ~keep);
  h5 = (h5 & keep) | (g5 & ~keep);
  // plus s, modulo 2^128
  let sum = ((h0 | (h1 << 22)) >>> 0) + (wordAt(key, 16) >>> 0);
  putWord(out, 0, sum >>> 0);
  sum = (((h1 >>> 10) | (h2 << 12)) >>> 0) + (wordAt(key, 20) >>> 0) + Math.floor(sum / 0x100000000);
  putWord(out, 4, sum >>> 0);
  sum = (((h2 >>> 20) | (h3 << 2) | (h4 << 24)) >>> 0) + (wordAt(key, 24) >>> 0) + Math.floor(sum / 0x100000000);
  putWord(out, 8, sum >>> 0);
  sum = (((h4 >>> 8) | (h5 << 14)) >>> 0) + (wordAt(key, 28) >>> 0) + Math.floor(sum / 0x100000000);
  putWord(out, 12, sum >>> 0);
}

/** Zero between calls. */
const tail = /* @__PURE__ */ new Uint8Array(BLOCK);

function putLimbs(state: Float64Array, t0: number, t1: number, t2: number, t3: number): void {
  state[0] = t0 & MASK;
  state[1] = ((t0 >>> 22) | (t1 << 10)) & MASK;
  state[2] = ((t1 >>> 12) | (t2 << 20)) & MASK;
  state[3] = (t2 >>> 2) & MASK;
  state[4] = ((t2 >>> 24) | (t3 << 8)) & MASK;
  state[5] = t3 >>> 14;
}

/** For each whole block: h = (h + block + 2^128)·r, carried so far that the next round stays exact. */
function addBlocks(state: Float64Array, data: Uint8Array, start: number, end: number): void {
  const r0 = state[0]!;
  const r1 = state[1]!;
  const r2 = state[2]!;
  const r3 = state[3]!;
  const r4 = state[4]!;
  const r5 = state[5]!;
  // 2^132 = 20 modulo 2^130 - 5: what leaves at the top comes back twentyfold below
  const s1 = 20 * r1;
  const s2 = 20 * r2;
  const s3 = 20 * r3;
  const s4 = 20 * r4;
  const s5 = 20 * r5;
  let h0 = state[H]!;
  let h1 = state[H + 1]!;
  let h2 = state[H + 2]!;
  let h3 = state[H + 3]!;
  let h4 = state[H + 4]!;
  let h5 = state[H + 5]!;
  for (let o = start; o < end; o += BLOCK) {
    const t0 = wordAt(data, o);
    const t1 = wordAt(data, o + 4);
    const t2 = wordAt(data, o + 8);
    const t3 = wordAt(data, o + 12);
    h0 += t0 & MASK;
    h1 += ((t0 >>> 22) | (t1 << 10)) & MASK;
    h2 += ((t1 >>> 12) | (t2 << 20)) & MASK;
    h3 += (t2 >>> 2) & MASK;
    h4 += ((t2 >>> 24) | (t3 << 8)) & MASK;
    h5 += (t3 >>> 14) | 0x40000;

    let d0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1;
    let d1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2;
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3;
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4;
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5;
    let d5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0;

    // two carry chains at once, 0-1-2-3-4 and 3-4-5-0-1, because each link waits for the one before
    let c = Math.floor(d0 * UNLIMB);
    let e = Math.floor(d3 * UNLIMB);
    d0 -= c * LIMB;
    d1 += c;
    d3 -= e * LIMB;
    d4 += e;
    c = Math.floor(d1 * UNLIMB);
    e = Math.floor(d4 * UNLIMB);
    h1 = d1 - c * LIMB;
    d2 += c;
    h4 = d4 - e * LIMB;
    d5 += e;
    c = Math.floor(d2 * UNLIMB);
    e = Math.floor(d5 * UNLIMB);
    h2 = d2 - c * LIMB;
    d3 += c;
    h5 = d5 - e * LIMB;
    d0 += 20 * e;
    c = Math.floor(d3 * UNLIMB);
    e = Math.floor(d0 * UNLIMB);
    h3 = d3 - c * LIMB;
    h4 += c;
    h0 = d0 - e * LIMB;
    h1 += e;
  }
  state[H] = h0;
  state[H + 1] = h1;
  state[H + 2] = h2;
  state[H + 3] = h3;
  state[H + 4] = h4;
  state[H + 5] = h5;
}
