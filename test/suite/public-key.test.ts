import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import { ed448 } from '@noble/curves/ed448.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../src/bytes.js';
import { encodeDer, encodeDerBits, encodeDerIdentifier, encodeDerUnsigned, NULL, SEQUENCE } from '../../src/der.js';
import {
  decodePublicKey,
  describePublicKey,
  encodePublicKey,
  equalPublicKeys,
  publicKeyOfCertificate,
} from '../../src/suite/public-key.js';
import { isEcPrivateKey } from '../../src/suite/public-key-check.js';
import type { PublicKey } from '../../src/suite/types-sign.js';
import certificates from '../../vectors/x509/certificates.json' with { type: 'json' };
import keys from '../../vectors/x509/private-keys.json' with { type: 'json' };

const fromPem = (pem: string): Uint8Array =>
  Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, '')), (character) => character.charCodeAt(0));
const spkiOf = (name: keyof typeof keys.publicKeys): Uint8Array => fromPem(keys.publicKeys[name]);
const described = {
  'rsa-2048': 'RSA-2048',
  'rsa-3072': 'RSA-3072',
  p256: 'EC P-256',
  p384: 'EC P-384',
  p521: 'EC P-521',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
} as const;
const names = Object.keys(described) as (keyof typeof described)[];
const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 } as const;

const RSA = encodeDer(SEQUENCE, encodeDerIdentifier('1.2.840.113549.1.1.1'), encodeDer(NULL));
const rsaSpki = (modulus: Uint8Array, exponent: Uint8Array): Uint8Array =>
  encodeDer(SEQUENCE, RSA, encodeDerBits(encodeDer(SEQUENCE, encodeDerUnsigned(modulus), encodeDerUnsigned(exponent))));
const odd = (bits: number): Uint8Array => numberToBytesBE((1n << BigInt(bits - 1)) | 1n, Math.ceil(bits / 8));
const refused = (code: string, expected: string, found?: string): unknown =>
  expect.objectContaining({ name: 'IpsecError', code, expected, ...(found === undefined ? {} : { found }) });

describe('decodePublicKey', () => {
  it.each(names)('reads %s as OpenSSL writes it, and encodePublicKey writes it so', (name) => {
    const spki = spkiOf(name);
    const key = decodePublicKey(spki);
    expect(describePublicKey(key)).toBe(described[name]);
    expect(key.spki).toEqual(spki);
    expect(encodePublicKey(key)).toEqual(key);
    expect(equalPublicKeys(key, decodePublicKey(spki))).toBe(true);
    for (const other of names) expect(equalPublicKeys(key, decodePublicKey(spkiOf(other)))).toBe(name === other);
  });

  it('keeps copies, also of a Uint8Array whose slice is a view', () => {
    class Pooled extends Uint8Array {
      override slice(start?: number, end?: number): never {
        return this.subarray(start, end) as never;
      }
    }
    for (const name of names) {
      const spki = new Pooled(spkiOf(name));
      const key = decodePublicKey(spki);
      const again = encodePublicKey({ ...key });
      spki.fill(0);
      expect(key).toEqual(decodePublicKey(spkiOf(name)));
      expect(again).toEqual(key);
    }
  });

  it('says which kinds of key it does not know', () => {
    expect(() => decodePublicKey(spkiOf('rsa-pss'))).toThrow(
      'a public key: expected RSA, EC, Ed25519 or Ed448, found RSA that is for RSASSA-PSS only',
    );
    const x25519 = encodeDer(SEQUENCE, encodeDer(SEQUENCE, encodeDerIdentifier('1.3.101.110')), encodeDerBits(new Uint8Array(32)));
    expect(() => decodePublicKey(x25519)).toThrow(
      expect.objectContaining({ code: 'unknown-algorithm', blame: 'peer', found: '1.3.101.110' }),
    );
    const secp256k1 = spkiOf('p256');
    const curve = encodeDer(SEQUENCE, encodeDerIdentifier('1.2.840.10045.2.1'), encodeDerIdentifier('1.3.132.0.10'));
    expect(() => decodePublicKey(encodeDer(SEQUENCE, curve, encodeDerBits(secp256k1.subarray(-65))))).toThrow(
      expect.objectContaining({ code: 'unknown-algorithm', blame: 'peer', found: 'the curve 1.3.132.0.10' }),
    );
  });

  it('takes one form of each', () => {
    const p256Key = spkiOf('p256').subarray(-65);
    const point = encodeDerBits(p256Key);
    const ec = encodeDerIdentifier('1.2.840.10045.2.1');
    const curve = encodeDerIdentifier('1.2.840.10045.3.1.7');
    const spki = (...algorithm: Uint8Array[]): Uint8Array => encodeDer(SEQUENCE, encodeDer(SEQUENCE, ...algorithm), point);
    expect(decodePublicKey(spki(ec, curve)).spki).toEqual(spkiOf('p256'));
    const malformed: unknown = expect.objectContaining({ name: 'IpsecError', code: 'malformed', path: 'spki' });
    expect(() => decodePublicKey(spki(ec))).toThrow(malformed);
    expect(() => decodePublicKey(spki(ec, encodeDer(NULL)))).toThrow(malformed); // implicitCurve
    expect(() => decodePublicKey(spki(ec, encodeDer(SEQUENCE)))).toThrow(malformed); // specifiedCurve
    expect(() => decodePublicKey(spki(ec, curve, encodeDer(NULL)))).toThrow(malformed);
    expect(() => decodePublicKey(spki(encodeDerIdentifier('1.3.101.112'), encodeDer(NULL)))).toThrow(malformed);
    const rsa = spkiOf('rsa-2048');
    expect(() => decodePublicKey(concat(rsa, Uint8Array.of(0)))).toThrow(
      expect.objectContaining({ code: 'trailing-octets', offset: rsa.length }),
    );
    const bits = encodeDerBits(rsa.subarray(24));
    expect(decodePublicKey(encodeDer(SEQUENCE, RSA, bits)).spki).toEqual(rsa);
    expect(() => decodePublicKey(encodeDer(SEQUENCE, encodeDer(SEQUENCE, encodeDerIdentifier('1.2.840.113549.1.1.1')), bits))).toThrow(
      malformed,
    );
    expect(() => decodePublicKey(encodeDer(SEQUENCE, RSA, encodeDerBits(concat(rsa.subarray(24), Uint8Array.of(0)))))).toThrow(
      expect.objectContaining({ code: 'trailing-octets', path: 'spki.subjectPublicKey' }),
    );
  });

  it('refuses RSA moduli that are none, with the reason', () => {
    const e = Uint8Array.of(1, 0, 1);
    for (const bits of [1024, 2047, 2048, 16384]) expect(describePublicKey(decodePublicKey(rsaSpki(odd(bits), e)))).toBe(`RSA-${bits}`);
    for (const bits of [1, 512, 1023, 16385, 32768]) {
      expect(() => decodePublicKey(rsaSpki(odd(bits), e))).toThrow(refused('invalid-public-value', '1024 to 16384 bits', String(bits)));
    }
    expect(() => decodePublicKey(rsaSpki(new Uint8Array(1), e))).toThrow(refused('invalid-public-value', '1024 to 16384 bits', '0'));
    const even = odd(2048);
    even[255] = 0xfe;
    expect(() => decodePublicKey(rsaSpki(even, e))).toThrow(refused('invalid-public-value', 'an odd number', 'an even one'));
  });

  it('refuses RSA exponents that are none, with the reason', () => {
    const n = odd(2048);
    for (const e of ['03', '05', '010001', 'ffffffffffffffff'])
      expect(decodePublicKey(rsaSpki(n, fromHex(e)))).toMatchObject({ type: 'RSA', exponent: fromHex(e) });
    for (const [e, expected, found] of [
      ['00', '3 or more', '0'],
      ['01', '3 or more', '1'],
      ['02', 'an odd number', 'an even one'],
      ['010000', 'an odd number', 'an even one'],
      ['010000000000000001', 'at most 64 bits', '65'],
    ] as const) {
      expect(() => decodePublicKey(rsaSpki(n, fromHex(e)))).toThrow(refused('invalid-public-value', expected, found));
    }
  });

  it.each(['P-256', 'P-384', 'P-521'] as const)('%s: takes points of the curve and no others', (curve) => {
    const { Point } = curves[curve];
    const { p, n } = Point.CURVE();
    const octets = Math.ceil(p.toString(16).length / 2);
    for (const d of [1n, 2n, 3n, n - 1n, 0x123456789abcdefn]) {
      const point = Point.BASE.multiply(d).toBytes(false);
      expect(encodePublicKey({ type: 'EC', curve, point })).toMatchObject({ curve, point });
      const y = bytesToNumberBE(point.subarray(1 + octets));
      const others: readonly (readonly [Uint8Array, string])[] = [
        [concat(point.subarray(0, 1 + octets), numberToBytesBE(y ^ 1n, octets)), 'a point of the curve'],
        [Point.BASE.multiply(d).toBytes(true), `${2 * octets + 1} octets`],
        [concat(Uint8Array.of(y % 2n === 0n ? 6 : 7), point.subarray(1)), 'the uncompressed form, 0x04'],
        [new Uint8Array(1), `${2 * octets + 1} octets`],
        [concat(Uint8Array.of(4), new Uint8Array(2 * octets)), 'a point of the curve'],
        [concat(Uint8Array.of(4), numberToBytesBE(p, octets), point.subarray(1 + octets)), 'coordinates below p'],
        [concat(point.subarray(0, 1 + octets), numberToBytesBE(p, octets)), 'coordinates below p'],
      ];
      for (const [bad, expected] of others) {
        expect(() => encodePublicKey({ type: 'EC', curve, point: bad })).toThrow(refused('invalid-public-value', expected));
      }
    }
  });

  it.each(['P-256', 'P-384', 'P-521'] as const)('%s: private keys are from 1 to the order less 1', (curve) => {
    const { p, n } = curves[curve].Point.CURVE();
    const octets = Math.ceil(p.toString(16).length / 2);
    const takes = (d: bigint, length = octets): boolean => isEcPrivateKey(curve, numberToBytesBE(d, length));
    expect([takes(0n), takes(1n), takes(n - 1n), takes(n), takes(n + 1n)]).toEqual([false, true, true, false, false]);
    expect([takes(1n, octets - 1), takes(1n, octets + 1)]).toEqual([false, false]);
  });

  it('refuses points of low order of Ed25519 and Ed448', () => {
    for (const hex of ED25519_TORSION_SUBGROUP) {
      expect(() => encodePublicKey({ type: 'Ed25519', point: fromHex(hex) })).toThrow(
        refused('invalid-public-value', 'a point of high order'),
      );
    }
    const { p } = ed448.Point.CURVE();
    for (const y of [0n, 1n, p - 1n]) {
      const point = numberToBytesBE(y, 57).reverse();
      expect(ed448.Point.fromBytes(point).isSmallOrder()).toBe(true);
      for (const sign of [0, 0x80]) {
        point[56] = sign;
        expect(() => encodePublicKey({ type: 'Ed448', point })).toThrow(refused('invalid-public-value', 'a point of high order'));
      }
    }
    expect(() => encodePublicKey({ type: 'Ed448', point: new Uint8Array(57).fill(0xff) })).toThrow(
      refused('invalid-public-value', 'a coordinate below p'),
    );
    expect(() => encodePublicKey({ type: 'Ed25519', point: new Uint8Array(32).fill(0xff) })).toThrow(
      refused('invalid-public-value', 'a coordinate below p'),
    );
    expect(() => encodePublicKey({ type: 'Ed25519', point: new Uint8Array(31) })).toThrow(
      refused('invalid-public-value', '32 octets', '31'),
    );
    for (const curve of [ed25519, ed448]) {
      const type = curve === ed25519 ? 'Ed25519' : 'Ed448';
      const point = curve.getPublicKey(new Uint8Array(curve === ed25519 ? 32 : 57).fill(5));
      expect(describePublicKey(encodePublicKey({ type, point }))).toBe(type);
    }
  });

  it('gives a key or an IpsecError, wherever one octet is changed', () => {
    for (const name of ['rsa-2048', 'p256', 'ed25519'] as const) {
      const spki = spkiOf(name);
      fc.assert(
        fc.property(fc.nat(Math.min(40, spki.length - 1)), fc.nat(255), (at, value) => {
          const changed = spki.slice();
          changed[at] = value;
          expectKeyOrError(() => decodePublicKey(changed));
        }),
        { numRuns: 500 },
      );
      for (let length = 0; length < spki.length; length++) {
        expect(() => decodePublicKey(spki.subarray(0, length))).toThrow(expect.objectContaining({ name: 'IpsecError' }));
      }
    }
  });
});

describe('publicKeyOfCertificate', () => {
  it.each(certificates.cases)('$name: $what', ({ name, pem }) => {
    const der = fromPem(pem);
    const key = publicKeyOfCertificate(der);
    expect(toHex(der)).toContain(toHex(key.spki));
    expect(decodePublicKey(key.spki)).toEqual(key);
    if (name === 'v1') expect(key.type).toBe('Ed448');
    if (name === 'weak') expect(describePublicKey(key)).toBe('RSA-1024');
    expect(() => publicKeyOfCertificate(concat(der, Uint8Array.of(0)))).toThrow(
      expect.objectContaining({ code: 'trailing-octets', path: 'certificate' }),
    );
    expect(() => publicKeyOfCertificate(der.subarray(0, -1))).toThrow(expect.objectContaining({ name: 'IpsecError', path: 'certificate' }));
  });

  it('gives a key or an IpsecError, wherever one octet is changed', () => {
    const der = fromPem(certificates.cases.find(({ name }) => name === 'v1')!.pem);
    for (let at = 0; at < der.length; at++) {
      for (const value of [0x00, 0x01, 0x30, 0x7f, 0x80, 0x84, 0xff]) {
        const changed = der.slice();
        changed[at] = value;
        expectKeyOrError(() => publicKeyOfCertificate(changed));
      }
    }
  });
});

function expectKeyOrError(read: () => PublicKey): void {
  try {
    expect(read().spki.length).toBeGreaterThan(40);
  } catch (error) {
    expect(error).toMatchObject({ name: 'IpsecError' });
  }
}
