/**
 * The vectors of others for signatures, put to an engine.
 */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { decodePublicKey, encodePublicKey } from '../../src/suite/public-key.js';
import { decodeEcdsaSignature } from '../../src/suite/sign-ec-form.js';
import type { PublicKey, SignatureRow } from '../../src/suite/types-sign.js';
import rfc4754 from '../../vectors/suite/rfc4754-ecdsa-auth.json' with { type: 'json' };
import rfc6979 from '../../vectors/suite/rfc6979-ecdsa.json' with { type: 'json' };
import rfc8032 from '../../vectors/suite/rfc8032-eddsa.json' with { type: 'json' };
import ecdsa256p1363 from '../../vectors/suite/wycheproof/ecdsa-secp256r1-sha256-p1363.json' with { type: 'json' };
import ecdsa256 from '../../vectors/suite/wycheproof/ecdsa-secp256r1-sha256.json' with { type: 'json' };
import ecdsa384p1363 from '../../vectors/suite/wycheproof/ecdsa-secp384r1-sha384-p1363.json' with { type: 'json' };
import ecdsa384 from '../../vectors/suite/wycheproof/ecdsa-secp384r1-sha384.json' with { type: 'json' };
import ecdsa521p1363 from '../../vectors/suite/wycheproof/ecdsa-secp521r1-sha512-p1363.json' with { type: 'json' };
import ecdsa521 from '../../vectors/suite/wycheproof/ecdsa-secp521r1-sha512.json' with { type: 'json' };
import ed25519 from '../../vectors/suite/wycheproof/ed25519.json' with { type: 'json' };
import pkcs2048 from '../../vectors/suite/wycheproof/rsa-pkcs1-2048-sha256.json' with { type: 'json' };
import pkcs3072 from '../../vectors/suite/wycheproof/rsa-pkcs1-3072-sha384.json' with { type: 'json' };
import pkcs4096 from '../../vectors/suite/wycheproof/rsa-pkcs1-4096-sha512.json' with { type: 'json' };
import pss2048 from '../../vectors/suite/wycheproof/rsa-pss-2048-sha256.json' with { type: 'json' };
import pss4096 from '../../vectors/suite/wycheproof/rsa-pss-4096-sha512.json' with { type: 'json' };

interface WycheproofCase {
  readonly tcId: number;
  readonly comment: string;
  readonly result: string;
  readonly publicKeyDer: string;
  readonly message: string;
  readonly signature: string;
}

const sets: readonly (readonly [shortName: string, what: string, cases: readonly WycheproofCase[], form: 'plain' | 'DER'])[] = [
  ['ecdsa-sha256', ecdsa256p1363.what, ecdsa256p1363.cases, 'plain'],
  ['ecdsa-sha384', ecdsa384p1363.what, ecdsa384p1363.cases, 'plain'],
  ['ecdsa-sha512', ecdsa521p1363.what, ecdsa521p1363.cases, 'plain'],
  ['ecdsa-sha256', ecdsa256.what, ecdsa256.cases, 'DER'],
  ['ecdsa-sha384', ecdsa384.what, ecdsa384.cases, 'DER'],
  ['ecdsa-sha512', ecdsa521.what, ecdsa521.cases, 'DER'],
  ['ed25519', ed25519.what, ed25519.cases, 'plain'],
  ['rsa-sha256', pkcs2048.what, pkcs2048.cases, 'plain'],
  ['rsa-sha384', pkcs3072.what, pkcs3072.cases, 'plain'],
  ['rsa-sha512', pkcs4096.what, pkcs4096.cases, 'plain'],
  ['rsa-pss-sha256', pss2048.what, pss2048.cases, 'plain'],
  ['rsa-pss-sha512', pss4096.what, pss4096.cases, 'plain'],
];

/** The row of that short name. */
export function rowOf(rows: readonly SignatureRow[], shortName: string): SignatureRow {
  const found = rows.find((row) => row.shortName === shortName);
  if (found === undefined) throw new Error(`no ${shortName}`);
  return found;
}

/** @param rows all of one engine. */
export function describeSignatures(rows: readonly SignatureRow[]): void {
  describe('Wycheproof', () => {
    it.each(sets)('%s: %s', (shortName, _, cases, form) => {
      const row = rowOf(rows, shortName);
      const results = cases.map((c) => [c.tcId, c.comment, verdict(row, c, form)]);
      // "acceptable" is what lenient verifiers take: a DigestInfo without NULL
      expect(results).toEqual(cases.map((c) => [c.tcId, c.comment, c.result === 'valid']));
    });
  });

  describe('RFC 4754 section 8', () => {
    it.each(rfc4754.cases)('$name', (c) => {
      const row = rowOf(rows, `ecdsa-${c.hash}`);
      const key = ecKey(c);
      const message = fromHex(c.message);
      expect(row.verify(key, message, fromHex(c.signature))).toBe(true);
      expect(row.verify(key, fromHex('616264'), fromHex(c.signature))).toBe(false);
      const own = row.sign!(key, fromHex(c.priv), message);
      expect(own).toHaveLength(c.signature.length / 2);
      expect(row.verify(key, message, own)).toBe(true);
    });
  });

  describe('RFC 6979 appendix A.2', () => {
    it.each(rfc6979.cases)('$name', (c) => {
      const row = rowOf(rows, `ecdsa-${c.hash}`);
      const key = ecKey(c);
      expect(row.verify(key, fromHex(c.message), fromHex(c.signature))).toBe(true);
      const own = row.sign!(key, fromHex(c.priv), fromHex(c.message));
      if (row.engine === 'noble') expect(toHex(own)).toBe(c.signature);
      else expect(row.verify(key, fromHex(c.message), own)).toBe(true);
    });
  });

  describe('RFC 8032 section 7', () => {
    it.each(rfc8032.cases)('$name', (c) => {
      const row = rowOf(rows, c.algorithm.toLowerCase());
      const key = encodePublicKey({ type: c.algorithm as 'Ed25519' | 'Ed448', point: fromHex(c.publicKey) });
      expect(row.verify(key, fromHex(c.message), fromHex(c.signature))).toBe(true);
      expect(row.verify(key, fromHex(`${c.message}00`), fromHex(c.signature))).toBe(false);
      expect(toHex(row.sign!(key, fromHex(c.seed), fromHex(c.message)))).toBe(c.signature);
    });
  });
}

function verdict(row: SignatureRow, c: WycheproofCase, form: 'plain' | 'DER'): boolean {
  const key = decodePublicKey(fromHex(c.publicKeyDer));
  const signature = form === 'plain' ? fromHex(c.signature) : plain(fromHex(c.signature), key);
  return signature !== undefined && row.verify(key, fromHex(c.message), signature);
}

function plain(der: Uint8Array, key: PublicKey): Uint8Array | undefined {
  if (key.type !== 'EC') throw new Error('not EC');
  try {
    return decodeEcdsaSignature(der, key.curve);
  } catch (error) {
    expect(error).toMatchObject({ name: 'IpsecError' });
    return undefined;
  }
}

function ecKey({ pubX, pubY }: { pubX: string; pubY: string }): PublicKey {
  const curve = ({ 64: 'P-256', 96: 'P-384', 132: 'P-521' } as const)[pubX.length as 64 | 96 | 132];
  return encodePublicKey({ type: 'EC', curve, point: fromHex(`04${pubX}${pubY}`) });
}
