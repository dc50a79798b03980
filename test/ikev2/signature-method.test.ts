/** Which Auth Method and which algorithm: RFC 7296 section 3.8, RFC 4754, RFC 7427. */
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import {
  chooseSignature,
  encodeSignatureAuth,
  type HashAlgorithms,
  readSignatureAuth,
  signatureLength,
} from '../../src/ikev2/signature-method.js';
import { decodeDigitalSignature } from '../../src/ike.js';
import { decodeEcdsaSignature, defaultSignatureRows as rows, type PublicKey, type SignatureRow } from '../../src/suite/sign.js';
import { legacySignatureRows } from '../../src/suite/sign-legacy.js';
import { ed448Signer, p384Signer, signerOf } from './signers.js';

const keys = {
  rsa: signerOf('rsa-a').publicKey,
  big: signerOf('big-a').publicKey,
  p256: signerOf('p256-a').publicKey,
  p384: p384Signer(1).publicKey,
  p521: signerOf('p521-a').publicKey,
  ed25519: signerOf('ed25519-a').publicKey,
  ed448: ed448Signer(1).publicKey,
};
const silent: HashAlgorithms = { own: undefined, peer: undefined };
const all = ['SHA2-256', 'SHA2-384', 'SHA2-512', 'Identity'];
const both: HashAlgorithms = { own: all, peer: all };
const named = (key: PublicKey, from: readonly SignatureRow[], hashes: HashAlgorithms): string => {
  try {
    const { row, method } = chooseSignature(key, from, hashes);
    return `${row.name} by ${method}`;
  } catch (error) {
    if (error instanceof IpsecError) return error.message;
    throw error;
  }
};
const refusal = (run: () => unknown): IpsecError => {
  try {
    run();
  } catch (error) {
    if (error instanceof IpsecError) return error;
    throw error;
  }
  throw new Error('it was taken');
};

describe('the choice', () => {
  test('RFC 7296 section 3.8: "SHOULD use SHA-1 as the default hash function when generating signatures", where there is a row for it', () => {
    expect(named(keys.rsa, [...rows, ...legacySignatureRows], silent)).toBe('sha1WithRSAEncryption by RSA Digital Signature');
    expect(named(keys.rsa, rows, silent)).toBe('sha256WithRSAEncryption by RSA Digital Signature');
    expect(
      named(
        keys.rsa,
        rows.filter(({ name }) => name.startsWith('RSASSA-PSS')),
        silent,
      ),
    ).toContain('expected RSASSA-PKCS1-v1_5 (RFC 7296 section 3.8)');
  });

  test('RFC 4754 section 4: each curve has its hash', () => {
    expect([keys.p256, keys.p384, keys.p521].map((key) => named(key, rows, silent))).toEqual([
      'ecdsa-with-SHA256 by ECDSA with SHA-256 on the P-256 curve',
      'ecdsa-with-SHA384 by ECDSA with SHA-384 on the P-384 curve',
      'ecdsa-with-SHA512 by ECDSA with SHA-512 on the P-521 curve',
    ]);
    const other = rows.filter(({ name }) => name === 'ecdsa-with-SHA512');
    expect(named(keys.p256, other, silent)).toContain('expected ECDSA with SHA2-256 (RFC 4754), found ecdsa-with-SHA512; the peer sent no');
  });

  test('RFC 8420: there is nothing but RFC 7427 for EdDSA', () => {
    expect(named(keys.ed25519, rows, both)).toBe('id-Ed25519 by Digital Signature');
    expect(named(keys.ed448, rows, silent)).toContain('there is no other method for these keys');
    // RFC 8420 section 2: "MUST NOT be sent to a receiver that has not indicated support for the "Identity" hash."
    expect(named(keys.ed25519, rows, { own: all, peer: ['SHA2-256'] })).toContain('but the peer announced SHA2-256');
  });

  test('RFC 7427 section 3: one side alone is not enough; both are', () => {
    for (const hashes of [silent, { own: all, peer: undefined }, { own: undefined, peer: all }])
      expect(named(keys.p256, rows, hashes)).toContain(' by ECDSA with SHA-256');
    expect(named(keys.p256, rows, both)).toBe('ecdsa-with-SHA256 by Digital Signature');
    expect(named(keys.p256, rows, { own: all, peer: ['SHA2-512', 1024] })).toBe('ecdsa-with-SHA512 by Digital Signature');
    expect(named(keys.p256, rows, { own: all, peer: [] })).toContain('but the peer announced no hash algorithm');
  });

  test('no algorithm for our key is our own fault', () => {
    const error = refusal(() =>
      chooseSignature(
        keys.rsa,
        rows.filter(({ keyType }) => keyType === 'EC'),
        both,
      ),
    );
    expect([error.code, error.blame]).toEqual(['unsupported', 'caller']);
    expect(error.message).toContain('RSA-2048: expected an algorithm for RSA among ours, found ecdsa-with-SHA256');
    expect(refusal(() => chooseSignature(keys.rsa, [], both)).found).toBe('none');
  });
});

describe('the form', () => {
  test('lengths', () => {
    expect(Object.values(keys).map(signatureLength)).toEqual([256, 512, 64, 96, 132, 64, 114]);
  });

  test('RFC 4754 section 7: r | s; RFC 7427 section 3: DER behind the algorithm', () => {
    const signature = new Uint8Array(64).fill(0x81);
    const classic = encodeSignatureAuth(chooseSignature(keys.p256, rows, silent), signature);
    expect(classic).toEqual({ type: 'AUTH', method: 'ECDSA with SHA-256 on the P-256 curve', data: signature });
    const auth = encodeSignatureAuth(chooseSignature(keys.p256, rows, both), signature);
    const read = decodeDigitalSignature(auth.data);
    expect(decodeEcdsaSignature(read.signature, 'P-256')).toEqual(signature);
    for (const [payload, hashes] of [
      [classic, silent],
      [auth, both],
    ] as const)
      expect(readSignatureAuth(payload, keys.p256, rows, hashes)).toEqual({
        rows: [rows.find(({ name }) => name === 'ecdsa-with-SHA256')],
        signature,
      });
  });

  test('method 1 does not say its hash: all that are allowed are tried, and SHA-1 is not', () => {
    const auth = { type: 'AUTH', method: 'RSA Digital Signature', data: new Uint8Array(256) } as const;
    expect(readSignatureAuth(auth, keys.rsa, rows, silent).rows.map(({ hash }) => hash)).toEqual(['SHA2-256', 'SHA2-384', 'SHA2-512']);
    expect(
      refusal(() =>
        readSignatureAuth(
          auth,
          keys.rsa,
          rows.filter(({ name }) => name.startsWith('RSASSA')),
          silent,
        ),
      ).found,
    ).toBe('RSASSA-PKCS1-v1_5');
    expect(refusal(() => readSignatureAuth(auth, keys.p256, rows, silent)).expected).toBe('a signature with EC P-256');
  });

  test('a method for another curve, or one that nobody knows', () => {
    for (const method of ['ECDSA with SHA-384 on the P-384 curve', 'DSS Digital Signature', 12, 200] as const) {
      const error = refusal(() => readSignatureAuth({ type: 'AUTH', method, data: new Uint8Array(96) }, keys.p256, rows, silent));
      expect([error.code, error.found]).toEqual(['unsupported', String(method)]);
    }
    const none = refusal(() =>
      readSignatureAuth({ type: 'AUTH', method: 'ECDSA with SHA-256 on the P-256 curve', data: new Uint8Array(64) }, keys.p256, [], silent),
    );
    expect(none.expected).toBe('one of none');
  });

  test('RFC 7427 section 3: "the peer is only allowed to use this authentication method if the Notify payload" was "sent and received by each peer"', () => {
    const auth = encodeSignatureAuth(chooseSignature(keys.p256, rows, both), concat(new Uint8Array(63), Uint8Array.of(1)));
    expect(refusal(() => readSignatureAuth(auth, keys.p256, rows, silent)).found).toBe('it has sent none');
    expect(refusal(() => readSignatureAuth(auth, keys.p256, rows, { own: undefined, peer: all })).found).toBe('we have sent none');
    expect(refusal(() => readSignatureAuth(auth, keys.p256, rows, { own: ['SHA2-512'], peer: all })).message).toContain(
      'expected one of SHA2-512, which we announced, found SHA2-256',
    );
  });
});
