/**
 * Octets: hexadecimal, big-endian numbers, comparison without early exit, wiping. Floor 0: everything else stands on this.
 *
 * @module
 */
import { IpsecError } from './errors.js';

/** No octets. Shared: it has no length, so nobody can change it. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** Octets as lower-case hexadecimal without separators. */
export function toHex(bytes: Uint8Array): string {
  let s = '';
  for (const b of bytes) s += (b < 16 ? '0' : '') + b.toString(16);
  return s;
}

/** Reads hexadecimal; white space, colons and a leading `0x` are allowed, anything else throws `invalid-argument`. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/^0x/i, '').replace(/[\s:]/g, '');
  const bad = /[^0-9a-f]/i.exec(digits);
  if (bad)
    throw new IpsecError('invalid-argument', 'hexadecimal text', {
      expected: 'digits 0-9 and a-f',
      found: JSON.stringify(bad[0]),
      offset: bad.index,
    });
  if (digits.length % 2 !== 0)
    throw new IpsecError('invalid-argument', 'hexadecimal text', { expected: 'two digits per octet', found: `${digits.length} digits` });
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** One new array with all the parts in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const p of parts) length += p.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** Whether two strings of octets are the same. Its time depends on the lengths alone, never on where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalAt(a, 0, b, 0, a.length);
}

/** {@link equalBytes} for `length` octets at two offsets, without making views. */
export function equalAt(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= a[aOffset + i]! ^ b[bOffset + i]!;
  return difference === 0;
}

/** Overwrites octets (or words) with zeros. What JavaScript cannot promise about this is in SECURITY.md. */
export function wipe(...arrays: readonly (Uint8Array | Uint32Array | Int32Array)[]): void {
  for (const a of arrays) a.fill(0);
}

/** Reads 16 bits, big-endian. The caller has checked the length. */
export function readU16(b: Uint8Array, offset: number): number {
  return (b[offset]! << 8) | b[offset + 1]!;
}

/** Reads 32 bits, big-endian, as an unsigned number. The caller has checked the length. */
export function readU32(b: Uint8Array, offset: number): number {
  return ((b[offset]! << 24) | (b[offset + 1]! << 16) | (b[offset + 2]! << 8) | b[offset + 3]!) >>> 0;
}

/** Writes 16 bits, big-endian. */
export function writeU16(b: Uint8Array, offset: number, value: number): void {
  b[offset] = value >>> 8;
  b[offset + 1] = value;
}

/** Writes 32 bits, big-endian. */
export function writeU32(b: Uint8Array, offset: number, value: number): void {
  b[offset] = value >>> 24;
  b[offset + 1] = value >>> 16;
  b[offset + 2] = value >>> 8;
  b[offset + 3] = value;
}

/** Whether a value is octets: also a `Uint8Array` of another realm, never a plain array. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || (ArrayBuffer.isView(value) && value.constructor.name === 'Uint8Array');
}
