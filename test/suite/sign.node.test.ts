import { constants, createPrivateKey, generateKeyPairSync, sign, type SignKeyObjectInput } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { nodeLegacySignatureRows, nodeSignatureRows } from '../../src/node/suite-sign.js';
import { decodePublicKey } from '../../src/suite/public-key.js';
import { defaultSignatureRows } from '../../src/suite/sign.js';
import { legacySignatureRows } from '../../src/suite/sign-legacy.js';
import { describeSignatures, rowOf } from './sign-cases.js';

const noble = [...defaultSignatureRows, ...legacySignatureRows];
const node = [...nodeSignatureRows, ...nodeLegacySignatureRows];

describeSignatures(node);

const message = Uint8Array.from({ length: 300 }, (_, i) => i);
const hashNames: Readonly<Record<string, string | null>> = {
  SHA1: 'sha1',
  'SHA2-256': 'sha256',
  'SHA2-384': 'sha384',
  'SHA2-512': 'sha512',
  Identity: null,
};

describe('the two engines', () => {
  it('offer the same rows in the same order', () => {
    const kinds = ({ sign, verifyHash, signHash }: (typeof noble)[number]): Record<string, unknown> => ({
      sign: typeof sign,
      verifyHash: typeof verifyHash,
      signHash: typeof signHash,
    });
    const facts = (rows: typeof noble): unknown[] => rows.map((row) => ({ ...row, engine: '', verify: null, ...kinds(row) }));
    expect(facts(node)).toEqual(facts(noble));
    expect(new Set(node.map((row) => row.engine))).toEqual(new Set(['node']));
    expect(new Set(noble.map((row) => row.engine))).toEqual(new Set(['noble']));
  });

  // 2047 and 2049 bits: an encoded message that begins in the middle of an octet, and one that is an octet shorter than the modulus
  it.each([1024, 2047, 2048, 2049])('take what OpenSSL signed with RSA of %i bits', (modulusLength) => {
    const pair = generateKeyPairSync('rsa', { modulusLength, publicExponent: 65537 });
    const key = decodePublicKey(pair.publicKey.export({ type: 'spki', format: 'der' }));
    for (const row of noble.filter((candidate) => candidate.keyType === 'RSA')) {
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
      const options: SignKeyObjectInput = { key: pair.privateKey, ...(row.shortName.includes('pss') ? pss : {}) };
      if (modulusLength === 1024 && row.shortName === 'rsa-pss-sha512') continue; // does not fit
      expectSigned(row.shortName, key, sign(hashNames[row.hash], message, options));
    }
  });

  it('take no salt of another length', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = decodePublicKey(pair.publicKey.export({ type: 'spki', format: 'der' }));
    for (const saltLength of [0, 20, 31, 33, 222]) {
      const signature = sign('sha256', message, { key: pair.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
      for (const rows of [noble, node]) expect(rowOf(rows, 'rsa-pss-sha256').verify(key, message, signature)).toBe(false);
    }
  });

  it.each(['P-256', 'P-384', 'P-521'])('sign for each other with %s and any hash', (namedCurve) => {
    const pair = generateKeyPairSync('ec', { namedCurve });
    const key = decodePublicKey(pair.publicKey.export({ type: 'spki', format: 'der' }));
    const privateKey = Uint8Array.from(Buffer.from(pair.privateKey.export({ format: 'jwk' }).d!, 'base64url'));
    for (const row of noble.filter((candidate) => candidate.keyType === 'EC')) {
      expectSigned(row.shortName, key, sign(hashNames[row.hash], message, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }));
      expectSigned(row.shortName, key, row.sign!(key, privateKey, message));
      expectSigned(row.shortName, key, rowOf(node, row.shortName).sign!(key, privateKey, message));
    }
  });

  it.each([
    ['ed25519', 16, 32],
    ['ed448', 16, 57],
  ] as const)('sign the same with %s', (shortName, seedOffset, seedLength) => {
    const pair = shortName === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448');
    const key = decodePublicKey(pair.publicKey.export({ type: 'spki', format: 'der' }));
    const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
    const seed = Uint8Array.from(pkcs8.subarray(seedOffset, seedOffset + seedLength));
    const expected = Uint8Array.from(sign(null, message, createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })));
    for (const rows of [noble, node]) expect(rowOf(rows, shortName).sign!(key, seed, message)).toEqual(expected);
    expectSigned(shortName, key, expected);
  });

  it('refuse private keys of other kinds, lengths and ranges with the same words', () => {
    const ec = decodePublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }));
    const ed = decodePublicKey(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }));
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    for (const [name, key, privateKey] of [
      ['ecdsa-sha256', ed, new Uint8Array(32).fill(1)],
      ['ecdsa-sha256', ec, new Uint8Array(31).fill(1)],
      ['ecdsa-sha256', ec, new Uint8Array(32)],
      ['ecdsa-sha256', ec, Uint8Array.from(order)],
      ['ed25519', ec, new Uint8Array(32)],
      ['ed25519', ed, new Uint8Array(33)],
    ] as const) {
      const messages = [noble, node].map((rows) => {
        try {
          rowOf(rows, name).sign!(key, privateKey, message);
          return 'signed';
        } catch (error) {
          expect(error).toMatchObject({ name: 'IpsecError', code: 'invalid-argument' });
          return String(error);
        }
      });
      expect(messages[0]).toMatch(/private key/);
      expect(messages[1]).toBe(messages[0]);
    }
  });

  function expectSigned(shortName: string, key: ReturnType<typeof decodePublicKey>, signature: Uint8Array): void {
    for (const rows of [noble, node]) {
      const row = rowOf(rows, shortName);
      const engine = `${row.engine} ${shortName}`;
      expect([engine, row.verify(key, message, signature)]).toEqual([engine, true]);
      expect([engine, row.verify(key, message.subarray(1), signature)]).toEqual([engine, false]);
      const broken = Uint8Array.from(signature);
      broken[broken.length >>> 1]! ^= 1;
      expect([engine, row.verify(key, message, broken)]).toEqual([engine, false]);
      expect([engine, row.verify(key, message, signature.subarray(1))]).toEqual([engine, false]);
    }
  }
});
