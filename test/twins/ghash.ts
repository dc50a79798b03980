/**
 * GHASH as NIST SP 800-38D writes it, bit by bit over one big number: the readable twin of src/suite/ghash.ts.
 * A block's leftmost bit is the coefficient of x^0.
 */

/** R = 11100001 || 0^120 (section 6.3). */
const R = 0xe1n << 120n;

/** Algorithm 1, X • Y. */
function multiply(x: bigint, y: bigint): bigint {
  let z = 0n;
  let v = y;
  for (let i = 127n; i >= 0n; i--) {
    if ((x >> i) & 1n) z ^= v;
    v = v & 1n ? (v >> 1n) ^ R : v >> 1n;
  }
  return z;
}

/** Algorithm 2, GHASH_H of each part filled up with zeros to whole blocks. */
export function ghash(h: bigint, ...parts: readonly Uint8Array[]): bigint {
  let y = 0n;
  for (const part of parts)
    for (let o = 0; o < part.length; o += 16) {
      let block = 0n;
      for (let i = 0; i < 16; i++) block = (block << 8n) | BigInt(part[o + i] ?? 0);
      y = multiply(y ^ block, h);
    }
  return y;
}
