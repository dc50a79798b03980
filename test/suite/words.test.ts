import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { putWord, swapWord, viewOf, wordAt } from '../../src/suite/words.js';

describe('words at any alignment', () => {
  it('are little-endian and signed', () => {
    const b = new Uint8Array(7);
    putWord(b, 1, 0x84030201);
    expect(toHex(b)).toBe('00010203840000');
    expect(wordAt(b, 1)).toBe(0x84030201 | 0);
    expect(swapWord(0x84030201)).toBe(0x01020384);
  });

  it('a view is of the memory that is asked for, whatever was asked for before', () => {
    const [first, second] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
    const part = second.subarray(3);
    expect(viewOf(first).getUint8(0)).toBe(1);
    expect(viewOf(first)).toBe(viewOf(first.subarray(5)));
    expect(viewOf(part).getUint8(part.byteOffset)).toBe(2);
    expect(viewOf(part).byteLength).toBe(16);
    expect(viewOf(first).getUint8(0)).toBe(1);
  });

  it('a view follows memory that moved', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const before = new Uint8Array(memory.buffer);
    viewOf(before);
    memory.grow(1);
    const after = new Uint8Array(memory.buffer);
    after[0] = 7;
    expect(viewOf(after).getUint8(0)).toBe(7);
    expect(viewOf(after).byteLength).toBe(2 * 65536);
  });
});
