import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, readU32, toHex, writeU32 } from '../../src/bytes.js';
import { createDesSchedule, cryptDes } from '../../src/suite/des.js';
import { closeGhash, createGhashTable, updateGhash } from '../../src/suite/ghash.js';
import { closePoly1305, createPoly1305State, finishPoly1305, startPoly1305, updatePoly1305 } from '../../src/suite/poly1305.js';
import { desDecrypt, desEncrypt } from '../twins/des.js';
import { ghash } from '../twins/ghash.js';
import { poly1305 } from '../twins/poly1305.js';

const octets = (min: number, max = min): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: min, maxLength: max });

describe('GHASH', () => {
  function fast(h: Uint8Array, aad: Uint8Array, text: Uint8Array): string {
    const table = createGhashTable(readU32(h, 0), readU32(h, 4), readU32(h, 8), readU32(h, 12));
    const y = new Int32Array(4);
    updateGhash(table, y, aad, 0, aad.length);
    updateGhash(table, y, text, 0, text.length);
    closeGhash(table, y, aad.length, text.length);
    const out = new Uint8Array(16);
    y.forEach((word, i) => {
      writeU32(out, 4 * i, word);
    });
    return toHex(out);
  }
  function plain(h: Uint8Array, aad: Uint8Array, text: Uint8Array): string {
    const lengths = new Uint8Array(16);
    writeU32(lengths, 4, 8 * aad.length);
    writeU32(lengths, 12, 8 * text.length);
    return ghash(BigInt(`0x${toHex(h)}`), aad, text, lengths)
      .toString(16)
      .padStart(32, '0');
  }

  it('gives what its twin gives', () => {
    fc.assert(
      fc.property(octets(16), octets(0, 40), octets(0, 100), (h, aad, text) => {
        expect(fast(h, aad, text)).toBe(plain(h, aad, text));
      }),
    );
  });

  it('gives what its twin gives for keys and blocks of a single bit', () => {
    for (let bit = 0; bit < 128; bit += 1) {
      const h = new Uint8Array(16);
      h[bit >> 3] = 0x80 >> (bit & 7);
      const text = new Uint8Array(32).fill(0xff);
      text[31 - (bit >> 3)] = 1 << (bit & 7);
      expect(fast(h, new Uint8Array(0), text)).toBe(plain(h, new Uint8Array(0), text));
    }
  });

  it('counts lengths beyond 2^32 bits', () => {
    const h = fromHex('66e94bd4ef8a2c3b884cfa59ca342b2e');
    const table = createGhashTable(readU32(h, 0), readU32(h, 4), readU32(h, 8), readU32(h, 12));
    const y = new Int32Array(4);
    closeGhash(table, y, 0x30000001, 0x70000003);
    const lengths = fromHex('00000001800000080000000380000018');
    expect(y.reduce((n, word) => (n << 32n) | BigInt(word >>> 0), 0n)).toBe(ghash(BigInt(`0x${toHex(h)}`), lengths));
  });
});

describe('RFC 8439 section 2.5 Poly1305', () => {
  /** The message of the AEAD construction: parts filled up with zeros, then their lengths. */
  function fast(key: Uint8Array, aad: Uint8Array, text: Uint8Array): string {
    const state = createPoly1305State();
    const out = new Uint8Array(16);
    startPoly1305(state, key);
    updatePoly1305(state, aad, 0, aad.length);
    updatePoly1305(state, text, 0, text.length);
    closePoly1305(state, aad.length, text.length);
    finishPoly1305(state, key, out);
    expect(state.every((limb) => limb === 0)).toBe(true);
    return toHex(out);
  }
  function plain(key: Uint8Array, aad: Uint8Array, text: Uint8Array): string {
    const message = new Uint8Array(16 * Math.ceil(aad.length / 16) + 16 * Math.ceil(text.length / 16) + 16);
    message.set(aad);
    message.set(text, 16 * Math.ceil(aad.length / 16));
    message[message.length - 16] = aad.length;
    message[message.length - 8] = text.length;
    return toHex(poly1305(message, key));
  }

  it('gives what its twin gives', () => {
    fc.assert(
      fc.property(octets(32), octets(0, 40), octets(0, 100), (key, aad, text) => {
        expect(fast(key, aad, text)).toBe(plain(key, aad, text));
      }),
    );
  });

  it('gives what its twin gives where limbs are full or empty', () => {
    const fill = fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, 0xfb, 0xfa);
    const few = (length: number): fc.Arbitrary<Uint8Array> =>
      fc.array(fill, { minLength: length, maxLength: length }).map((a) => Uint8Array.from(a));
    fc.assert(
      fc.property(few(32), few(80), (key, text) => {
        expect(fast(key, new Uint8Array(0), text)).toBe(plain(key, new Uint8Array(0), text));
      }),
      { numRuns: 1000 },
    );
    for (const a of [0x00, 0xff, 0xfb, 0xfc])
      for (const b of [0x00, 0xff, 0x0f]) {
        const key = new Uint8Array(32).fill(b);
        const text = new Uint8Array(240).fill(a);
        expect(fast(key, new Uint8Array(0), text)).toBe(plain(key, new Uint8Array(0), text));
      }
  });

  // RFC 8439 appendix A.3: sums that end near 2^128 and 2^130 - 5
  it.each([
    [
      '5',
      '02000000000000000000000000000000',
      '00000000000000000000000000000000',
      'ffffffffffffffffffffffffffffffff',
      '03000000000000000000000000000000',
    ],
    [
      '6',
      '02000000000000000000000000000000',
      'ffffffffffffffffffffffffffffffff',
      '02000000000000000000000000000000',
      '03000000000000000000000000000000',
    ],
    [
      '7',
      '01000000000000000000000000000000',
      '00000000000000000000000000000000',
      'fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000',
      '05000000000000000000000000000000',
    ],
    [
      '8',
      '01000000000000000000000000000000',
      '00000000000000000000000000000000',
      'fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101',
      '00000000000000000000000000000000',
    ],
    [
      '9',
      '02000000000000000000000000000000',
      '00000000000000000000000000000000',
      'fdffffffffffffffffffffffffffffff',
      'faffffffffffffffffffffffffffffff',
    ],
    [
      '10',
      '01000000000000000400000000000000',
      '00000000000000000000000000000000',
      'e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001000000000000000000000000000000',
      '14000000000000005500000000000000',
    ],
    [
      '11',
      '01000000000000000400000000000000',
      '00000000000000000000000000000000',
      'e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000',
      '13000000000000000000000000000000',
    ],
  ])('RFC 8439 appendix A.3 test vector %s', (_, r, s, message, tag) => {
    const key = fromHex(r + s);
    const state = createPoly1305State();
    const data = fromHex(message);
    const out = new Uint8Array(16);
    startPoly1305(state, key);
    updatePoly1305(state, data, 0, data.length);
    finishPoly1305(state, key, out);
    expect(toHex(out)).toBe(tag);
    expect(toHex(poly1305(data, key))).toBe(tag);
  });
});

describe('DES', () => {
  it('gives what its twin gives, with one key and with three', () => {
    fc.assert(
      fc.property(octets(24), octets(8), (keys, text) => {
        const [k1, k2, k3] = [keys.subarray(0, 8), keys.subarray(8, 16), keys.subarray(16)] as [Uint8Array, Uint8Array, Uint8Array];
        expect(run(createDesSchedule(k1, false), text)).toBe(toHex(desEncrypt(text, k1)));
        expect(run(createDesSchedule(k1, true), text)).toBe(toHex(desDecrypt(text, k1)));
        expect(run(createDesSchedule(keys, false), text)).toBe(toHex(desEncrypt(desDecrypt(desEncrypt(text, k1), k2), k3)));
        expect(run(createDesSchedule(keys, true), text)).toBe(toHex(desDecrypt(desEncrypt(desDecrypt(text, k3), k2), k1)));
      }),
    );
  });

  it('gives the answer that everybody knows', () => {
    const key = fromHex('133457799bbcdff1');
    const text = fromHex('0123456789abcdef');
    expect(run(createDesSchedule(key, false), text)).toBe('85e813540f0ab405');
    expect(toHex(desEncrypt(text, key))).toBe('85e813540f0ab405');
  });

  function run(schedule: Int32Array, text: Uint8Array): string {
    const block = Int32Array.of(readU32(text, 0), readU32(text, 4));
    cryptDes(schedule, block);
    const out = new Uint8Array(8);
    writeU32(out, 0, block[0]!);
    writeU32(out, 4, block[1]!);
    return toHex(out);
  }
});
