import { unsafe } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aesEngine, chooseAes, publicAes, type AesEngine } from '../../src/suite/aes.js';

describe('the known-answer test of noble’s internals', () => {
  it('takes the fast functions when their answers are right', () => {
    expect(chooseAes(unsafe)).toBe(unsafe);
    expect(aesEngine()).toBe(unsafe);
  });

  it('falls back to the public function when an answer is wrong, for any key length and direction', () => {
    const broken: AesEngine[] = [
      { ...unsafe, encrypt: (k, a, b, c, d) => ({ ...unsafe.encrypt(k, a, b, c, d), s3: 0 }) },
      { ...unsafe, encrypt: (k, a, b, c, d) => (k.length > 52 ? { s0: 0, s1: 0, s2: 0, s3: 0 } : unsafe.encrypt(k, a, b, c, d)) },
      { ...unsafe, decrypt: (k, a, b, c, d) => unsafe.decrypt(k, b, a, c, d) },
      { ...unsafe, expandKeyLE: (key) => unsafe.expandKeyLE(key.slice().reverse()) },
      { ...unsafe, expandKeyDecLE: unsafe.expandKeyLE },
    ];
    for (const engine of broken) expect(chooseAes(engine)).toBe(publicAes);
  });

  it('falls back when a function is gone or throws', () => {
    expect(chooseAes({} as AesEngine)).toBe(publicAes);
    expect(
      chooseAes({
        ...unsafe,
        encrypt: () => {
          throw new Error('gone');
        },
      }),
    ).toBe(publicAes);
  });

  it('the fallback itself passes the test', () => {
    expect(chooseAes(publicAes)).toBe(publicAes);
    expect(chooseAes({ ...publicAes })).not.toBe(publicAes);
  });

  it('both give the same blocks', () => {
    const word = fc.integer({ min: -0x80000000, max: 0x7fffffff });
    fc.assert(
      fc.property(
        fc.constantFrom(16, 24, 32),
        fc.uint8Array({ minLength: 33, maxLength: 33 }),
        word,
        word,
        word,
        word,
        (n, octets, a, b, c, d) => {
          const key = octets.subarray(1, 1 + n);
          for (const direction of ['encrypt', 'decrypt'] as const) {
            const expand = direction === 'encrypt' ? 'expandKeyLE' : 'expandKeyDecLE';
            const fast = unsafe[direction](unsafe[expand](key), a, b, c, d);
            const slow = publicAes[direction](publicAes[expand](key), a, b, c, d);
            expect([slow.s0, slow.s1, slow.s2, slow.s3]).toEqual([fast.s0 | 0, fast.s1 | 0, fast.s2 | 0, fast.s3 | 0]);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
