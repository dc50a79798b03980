/**
 * Forged RSA signatures, put to an engine. Each forgery is shown to be one: what a lenient reader looks for is there.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { concat, EMPTY, fromHex } from '../../src/bytes.js';
import { encodeDer, encodeDerIdentifier, NULL, OCTET_STRING, SEQUENCE } from '../../src/der.js';
import { encodePublicKey } from '../../src/suite/public-key.js';
import { toNumber } from '../../src/suite/public-key-check.js';
import type { SignatureRow } from '../../src/suite/types-sign.js';
import { rowOf } from '../suite/sign-cases.js';
import { cubeKey, forgeCube, openWith, ownKey, rawKey, signEncoded, toOctets } from './signatures-forge.js';

/** Octets of the modulus. */
const K = 256;
const SHA256 = encodeDerIdentifier('2.16.840.1.101.3.4.2.1');
/** Its hash is odd, as a cube root modulo a power of two needs it. */
const message = findOdd();
const hash = sha256(message);
const info = digestInfo(encodeDer(NULL), hash);
const PS = new Uint8Array(K - 3 - info.length).fill(0xff);
const right = concat(Uint8Array.of(0, 1), PS, Uint8Array.of(0), info);

function findOdd(): Uint8Array {
  for (let i = 0; ; i++) if ((sha256(Uint8Array.of(i))[31]! & 1) === 1) return Uint8Array.of(i);
}

function digestInfo(parameters: Uint8Array, digest: Uint8Array): Uint8Array {
  return encodeDer(SEQUENCE, encodeDer(SEQUENCE, SHA256, parameters), encodeDer(OCTET_STRING, digest));
}

const startsWith = (octets: Uint8Array, prefix: Uint8Array): boolean => prefix.every((octet, i) => octets[i] === octet);
const endsWith = (octets: Uint8Array, suffix: Uint8Array): boolean => startsWith(octets.subarray(octets.length - suffix.length), suffix);

/** @param rows all of one engine. */
export function describeForgeries(rows: readonly SignatureRow[]): void {
  const pkcs1 = rowOf(rows, 'rsa-sha256');
  const pss = rowOf(rows, 'rsa-pss-sha256');
  const takes = (encoded: Uint8Array, row = pkcs1): boolean => row.verify(ownKey, message, signEncoded(encoded));

  describe('row 14: RSASSA-PKCS1-v1_5, forged without the private key when e is 3', () => {
    const forgery = (prefix: Uint8Array, suffix: Uint8Array = EMPTY): void => {
      const signature = forgeCube(K, prefix, suffix);
      const opened = openWith(cubeKey, signature);
      expect([startsWith(opened, prefix), endsWith(opened, suffix)]).toEqual([true, true]);
      expect(pkcs1.verify(cubeKey, message, signature)).toBe(false);
    };

    it('garbage after the hash', () => {
      forgery(concat(fromHex('0001ffffffffffffffff00'), info));
    });
    it('garbage after the hash, and no padding at all', () => {
      forgery(concat(fromHex('000100'), info));
    });
    it('garbage in the parameters of the hash algorithm', () => {
      // 00 01 ff ... 00 SEQUENCE { SEQUENCE { sha256, OCTET STRING garbage }, OCTET STRING hash }
      const tail = encodeDer(OCTET_STRING, hash);
      const garbage = K - 11 - 3 - 3 - SHA256.length - 3 - tail.length;
      const whole = digestInfo(encodeDer(OCTET_STRING, new Uint8Array(garbage)), hash);
      const encoded = concat(fromHex('0001ffffffffffffffff00'), whole);
      expect(encoded).toHaveLength(K);
      forgery(encoded.subarray(0, K - tail.length - garbage), tail);
    });
    it('garbage where the padding is', () => {
      // a reader that looks for the last 00 and compares what is behind it
      forgery(fromHex('0001ffff'), concat(Uint8Array.of(0), info));
    });
    it('a hash of one octet', () => {
      forgery(concat(fromHex('0001ffffffffffffffff00'), digestInfo(encodeDer(NULL), hash.subarray(0, 1))));
    });
    it('a hash of no octets', () => {
      forgery(concat(fromHex('0001ffffffffffffffff00'), digestInfo(encodeDer(NULL), EMPTY)));
    });
    it('no structure: the hash alone at the end', () => {
      forgery(fromHex('0001ff'), hash);
    });
  });

  describe('row 14: RSASSA-PKCS1-v1_5, signed by the right key over a wrong encoding', () => {
    const padded = (tail: Uint8Array): Uint8Array =>
      concat(Uint8Array.of(0, 1), new Uint8Array(K - 3 - tail.length).fill(0xff), Uint8Array.of(0), tail);

    it('the right encoding is taken, so that all others mean something', () => {
      expect(takes(right)).toBe(true);
      expect(takes(padded(info))).toBe(true);
    });
    it('DigestInfo without NULL', () => {
      expect(takes(padded(digestInfo(EMPTY, hash)))).toBe(false);
    });
    it.each([
      ['an empty OCTET STRING', '0400'],
      ['a NULL with contents', '050100'],
      ['two NULLs', '05000500'],
    ])('DigestInfo with %s for its parameters', (_, parameters) => {
      expect(takes(padded(digestInfo(fromHex(parameters), hash)))).toBe(false);
    });
    it('DigestInfo with long lengths (BER)', () => {
      expect(takes(padded(concat(fromHex('3081'), info.subarray(1))))).toBe(false);
      expect(takes(padded(concat(info.subarray(0, 2), fromHex('30810d'), info.subarray(4))))).toBe(false);
    });
    it('octets behind DigestInfo, inside and outside of it', () => {
      expect(takes(padded(concat(info, Uint8Array.of(0))))).toBe(false);
      const inside = encodeDer(SEQUENCE, encodeDer(SEQUENCE, SHA256, encodeDer(NULL)), encodeDer(OCTET_STRING, hash), encodeDer(NULL));
      expect(takes(padded(inside))).toBe(false);
    });
    it('a short hash, a long hash, the hash without DigestInfo', () => {
      for (const digest of [hash.subarray(0, 31), hash.subarray(0, 1), EMPTY, concat(hash, Uint8Array.of(0))]) {
        expect(takes(padded(digestInfo(encodeDer(NULL), digest)))).toBe(false);
      }
      expect(takes(padded(hash))).toBe(false);
    });
    it('another hash algorithm around the same octets', () => {
      const other = encodeDer(
        SEQUENCE,
        encodeDer(SEQUENCE, encodeDerIdentifier('2.16.840.1.101.3.4.2.2'), encodeDer(NULL)),
        encodeDer(OCTET_STRING, hash),
      );
      expect(takes(padded(other))).toBe(false);
    });
    it('wrong padding, octet by octet', () => {
      for (const at of [0, 1, 2, 3, 9, 100, K - info.length - 2, K - info.length - 1]) {
        const encoded = Uint8Array.from(right);
        encoded[at]! ^= at === 0 ? 0x01 : 0x80;
        expect([at, takes(encoded)]).toEqual([at, false]);
      }
    });
    it('block type 2, and a separator that comes early', () => {
      const type2 = Uint8Array.from(right);
      type2[1] = 2;
      expect(takes(type2)).toBe(false);
      expect(takes(concat(fromHex('0001ffffffffffffffff00'), new Uint8Array(K - 11 - info.length), info))).toBe(false);
      expect(takes(concat(fromHex('000100'), info, new Uint8Array(K - 3 - info.length)))).toBe(false);
    });
  });

  describe('row 14: signatures and keys out of range', () => {
    const both = [pkcs1, pss];
    const n = toNumber(ownKey.modulus);

    it('s = 0, 1, n - 1, n, n + 1, and all ones', () => {
      for (const row of both) {
        for (const s of [0n, 1n, n - 1n, n, n + 1n, (1n << BigInt(8 * K)) - 1n]) {
          for (const key of [ownKey, cubeKey]) expect(row.verify(key, message, toOctets(s, K))).toBe(false);
        }
      }
    });
    it('s + n, which is the same number modulo n', () => {
      const room = (1n << BigInt(8 * K)) - n;
      for (let i = 0; ; i++) {
        const text = Uint8Array.of(i, 77);
        const signature = signEncoded(concat(right.subarray(0, K - 32), sha256(text)));
        expect(pkcs1.verify(ownKey, text, signature)).toBe(true);
        const s = toNumber(signature);
        if (s >= room) continue; // does not fit
        const more = toOctets(s + n, K);
        expect(openWith(ownKey, more)).toEqual(openWith(ownKey, signature));
        expect(pkcs1.verify(ownKey, text, more)).toBe(false);
        return;
      }
    });
    it('signatures that are an octet shorter or longer', () => {
      const signature = signEncoded(right);
      for (const row of both) {
        for (const other of [
          EMPTY,
          signature.subarray(1),
          signature.subarray(0, -1),
          concat(Uint8Array.of(0), signature),
          concat(signature, Uint8Array.of(0)),
        ]) {
          expect(row.verify(ownKey, message, other)).toBe(false);
        }
      }
    });
    it('keys that decodePublicKey refuses, handed in all the same', () => {
      const [empty, one] = [EMPTY, Uint8Array.of(1)];
      const even = Uint8Array.from(ownKey.modulus);
      even[K - 1]! ^= 1;
      for (const row of both) {
        for (const [modulus, exponent, signature] of [
          [empty, one, empty],
          [Uint8Array.of(0), one, Uint8Array.of(0)],
          [one, one, Uint8Array.of(0)],
          [Uint8Array.of(15), Uint8Array.of(3), Uint8Array.of(8)],
          [new Uint8Array(8).fill(0xff), Uint8Array.of(3), new Uint8Array(8).fill(1)],
          [ownKey.modulus, Uint8Array.of(0), new Uint8Array(K).fill(1)],
          [ownKey.modulus, empty, new Uint8Array(K).fill(1)],
          [even, Uint8Array.of(2), new Uint8Array(K).fill(1)],
        ] as const) {
          expect(row.verify({ ...rawKey(modulus, exponent), spki: EMPTY }, message, signature)).toBe(false);
        }
      }
    });
    it('keys of another kind', () => {
      const signature = signEncoded(right);
      const point = new Uint8Array(32).fill(7);
      for (const row of rows) {
        if (row.keyType !== 'RSA') expect(row.verify(ownKey, message, signature)).toBe(false);
        if (row.keyType !== 'Ed25519') expect(row.verify({ type: 'Ed25519', point, spki: EMPTY }, message, new Uint8Array(64))).toBe(false);
      }
    });
  });

  describe('EdDSA signatures in other encodings', () => {
    const row = rowOf(rows, 'ed25519');
    const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(5));
    const key = encodePublicKey({ type: 'Ed25519', point: pointBytes });
    const order = ed25519.Point.CURVE().n;
    /** With zero for its nonce, so that R is the neutral point, however written. */
    const signWith = (r: Uint8Array, more = 0n): Uint8Array => {
      const k = bytesToNumberLE(sha512(concat(r, pointBytes, message)));
      return concat(r, numberToBytesLE(((k * scalar) % order) + more, 32));
    };

    it('R is y = 1; not y = p + 1, and not with a sign', () => {
      const p = ed25519.Point.CURVE().p;
      expect(row.verify(key, message, signWith(numberToBytesLE(1n, 32)))).toBe(true);
      expect(row.verify(key, message, signWith(numberToBytesLE(p + 1n, 32)))).toBe(false);
      expect(row.verify(key, message, signWith(numberToBytesLE(1n + (1n << 255n), 32)))).toBe(false);
    });
    it('S is below the order; not S + L', () => {
      expect(row.verify(key, message, signWith(numberToBytesLE(1n, 32), order))).toBe(false);
      expect(row.verify(key, message, signWith(numberToBytesLE(1n, 32), 2n * order))).toBe(false);
    });
  });

  describe('row 15: RSASSA-PSS, signed by the right key over a wrong encoding', () => {
    it('the right encoding is taken, so that all others mean something', () => {
      for (const salt of [new Uint8Array(32), new Uint8Array(32).fill(9)]) expect(takes(encodePss({ salt }), pss)).toBe(true);
    });
    it.each([0, 1, 20, 31, 33, 64, K - 2 - 32])('a salt of %i octets', (length) => {
      expect(takes(encodePss({ salt: new Uint8Array(length).fill(9) }), pss)).toBe(false);
    });
    it('a mask of another hash', () => {
      expect(takes(encodePss({ mask: 'SHA-1' }), pss)).toBe(false);
    });
    it('no mask', () => {
      expect(takes(encodePss({ mask: 'none' }), pss)).toBe(false);
    });
    it('another trailer', () => {
      for (const trailer of [0xcc, 0xbd, 0]) expect(takes(encodePss({ trailer }), pss)).toBe(false);
    });
    it('a separator that is not 01, zeros that are not zero', () => {
      for (const separator of [0, 2, 0xff]) expect(takes(encodePss({ separator }), pss)).toBe(false);
      for (const zeroAt of [0, 1, 100, 189]) expect([zeroAt, takes(encodePss({ zeroAt }), pss)]).toEqual([zeroAt, false]);
    });
    it('the bit above the highest one', () => {
      for (let i = 0; ; i++) {
        const encoded = encodePss({ salt: new Uint8Array(32).fill(i) });
        expect(takes(encoded, pss)).toBe(true);
        encoded[0]! |= 0x80;
        if (toNumber(encoded) >= toNumber(ownKey.modulus)) continue;
        expect(takes(encoded, pss)).toBe(false);
        return;
      }
    });
    it('the other padding', () => {
      expect(takes(right, pss)).toBe(false);
      expect(takes(encodePss({}), pkcs1)).toBe(false);
    });
    it('a hash of another message, or over fewer zeros', () => {
      expect(takes(encodePss({ digest: sha256(Uint8Array.of(1, 2, 3)) }), pss)).toBe(false);
      expect(takes(encodePss({ zeros: 7 }), pss)).toBe(false);
    });
  });
}

interface PssFaults {
  readonly salt?: Uint8Array;
  readonly mask?: 'SHA-1' | 'none';
  readonly trailer?: number;
  readonly separator?: number;
  readonly zeroAt?: number;
  readonly digest?: Uint8Array;
  readonly zeros?: number;
}

/** EMSA-PSS-ENCODE, with one thing wrong. */
function encodePss(faults: PssFaults): Uint8Array {
  const {
    salt = new Uint8Array(32).fill(3),
    mask = 'right',
    trailer = 0xbc,
    separator = 1,
    zeroAt,

    digest = hash,
    zeros = 8,
  } = faults;
  const h = sha256(concat(new Uint8Array(zeros), digest, salt));
  const db = new Uint8Array(K - 33);
  db.set(salt, db.length - salt.length);
  db[db.length - salt.length - 1] = separator;
  if (zeroAt !== undefined) db[zeroAt] = zeroAt === 0 ? 0x40 : 1;
  if (mask !== 'none') {
    const stream = mgf1(h, db.length, mask === 'right' ? sha256 : sha1);
    db.forEach((octet, i) => (db[i] = octet ^ stream[i]!));
  }
  db[0]! &= 0x7f; // the modulus has 2048 bits
  return concat(db, h, Uint8Array.of(trailer));
}

function mgf1(seed: Uint8Array, length: number, digest: (octets: Uint8Array) => Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let have = 0; have < length; have += blocks.at(-1)!.length) blocks.push(digest(concat(seed, Uint8Array.of(0, 0, 0, blocks.length))));
  return concat(...blocks).subarray(0, length);
}
