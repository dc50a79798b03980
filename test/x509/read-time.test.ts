import { describe, expect, it } from 'vitest';
import { decodeDer, encodeDer } from '../../src/der.js';
import { formatTime, readTime } from '../../src/x509/read-time.js';

const read = (tag: number, text: string): number =>
  readTime(decodeDer(encodeDer(tag, new TextEncoder().encode(text)), { what: 'a time', path: 'time' }));

describe('RFC 5280 section 4.1.2.5: times', () => {
  it.each([
    [0x17, '700101000000Z', 0],
    [0x17, '500101000000Z', Date.UTC(1950, 0, 1)],
    [0x17, '491231235959Z', Date.UTC(2049, 11, 31, 23, 59, 59)],
    [0x18, '20000229120000Z', Date.UTC(2000, 1, 29, 12)],
    [0x18, '20500101000000Z', Date.UTC(2050, 0, 1)],
    [0x18, '99991231235959Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
    [0x18, '16010101000000Z', Date.UTC(1601, 0, 1)],
  ])('%i %s', (tag, text, at) => {
    expect(read(tag, text)).toBe(at);
  });

  it.each([
    [0x17, '7001010000Z'],
    [0x17, '20700101000000Z'],
    [0x17, '700101000000+0100'],
    [0x18, '20010229000000Z'],
    [0x18, '19000229000000Z'],
    [0x18, '20011301000000Z'],
    [0x18, '20010100000000Z'],
    [0x18, '20010101240000Z'],
    [0x18, '20010101000060Z'],
    [0x18, '20010101000000.5Z'],
    [0x0c, '20010101000000Z'],
  ])('%i %s is none', (tag, text) => {
    expect(() => read(tag, text)).toThrow(/a time/);
  });

  it('as text, the same as the Date of JavaScript', () => {
    let state = 3;
    for (let i = 0; i < 5000; i++) {
      state = (state * 48271) % 2147483647;
      const at = (state - 400_000_000) * 100_000 + i;
      expect(formatTime(at)).toBe(`${new Date(at).toISOString().slice(0, 19)}Z`);
    }
  });
});
