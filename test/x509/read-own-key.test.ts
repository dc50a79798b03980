import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { decodePublicKey } from '../../src/suite/public-key.js';
import { ecdsaSha256, ecdsaSha512, ed25519, rsaPssSha256, rsaPssSha512, rsaSha256, rsaSha384 } from '../../src/suite/sign.js';
import { rsaSha1 } from '../../src/suite/sign-legacy.js';
import type { SignatureRow } from '../../src/suite/types-sign.js';
import { createWebCryptoSigner } from '../../src/x509/read-own-key.js';
import { readPrivateKey } from '../../src/x509/read-private-key.js';
import vectors from '../../vectors/x509/private-keys.json' with { type: 'json' };
import { caught } from './read-cases.js';

const cases = vectors.cases as readonly { readonly name: string; readonly pem?: string }[];
const pemOf = (name: string): string => cases.find((one) => one.name === name)!.pem!;
const octets = new TextEncoder().encode('octets to be signed');

describe('RSA over WebCrypto', () => {
  it.each([rsaSha1, rsaSha256, rsaSha384, rsaPssSha256, rsaPssSha512])('$shortName', async (row) => {
    const key = await readPrivateKey(pemOf('rsa-3072, PKCS#8 PEM'));
    expect(key.privateKey).toBeUndefined();
    expect(row.verify(key.publicKey, octets, await key.sign!(row, octets))).toBe(true);
    expect(row.verify(key.publicKey, octets, await key.sign!(row, octets))).toBe(true);
  });

  it('a row for another type of key is refused', async () => {
    const key = await readPrivateKey(pemOf('rsa-2048, traditional PEM'));
    const error = await caught(() => key.sign!(ecdsaSha256, octets));
    expect([error.code, error.expected, error.found]).toEqual(['unsupported', 'a key of type EC', 'RSA']);
  });

  it('a destroyed key signs nothing, and an EC key is zeros', async () => {
    const rsa = await readPrivateKey(pemOf('rsa-2048, PKCS#8 PEM'));
    await rsa.sign!(rsaSha256, octets);
    rsa.destroy();
    expect((await caught(() => rsa.sign!(rsaSha256, octets))).code).toBe('sa-deleted');
    const ec = await readPrivateKey(pemOf('p256, PKCS#8 PEM'));
    ec.destroy();
    expect(ec.privateKey).toEqual(new Uint8Array(32));
  });

  it('a signature that its own public key does not verify never leaves', async () => {
    const key = await readPrivateKey(pemOf('rsa-2048, PKCS#8 PEM'));
    const doubting: SignatureRow = { ...rsaSha256, verify: () => false };
    expect((await caught(() => key.sign!(doubting, octets))).message).toMatch(/do not belong together/);
  });
});

describe('createWebCryptoSigner', () => {
  const exported = async (key: CryptoKey): Promise<ReturnType<typeof decodePublicKey>> =>
    decodePublicKey(new Uint8Array(await crypto.subtle.exportKey('spki', key)));

  it('an EC key that cannot be taken out', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-521' }, false, ['sign', 'verify']);
    const key = createWebCryptoSigner(await exported(pair.publicKey), [pair.privateKey]);
    expect(ecdsaSha512.verify(key.publicKey, octets, await key.sign!(ecdsaSha512, octets))).toBe(true);
    expect((await caught(() => key.sign!(ed25519, octets))).code).toBe('unsupported');
    key.destroy();
    expect((await caught(() => key.sign!(ecdsaSha512, octets))).code).toBe('sa-deleted');
  });

  it('an RSA key signs with the rows that WebCrypto has bound it to', async () => {
    const parameters = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' };
    const pair = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify']);
    const key = createWebCryptoSigner(await exported(pair.publicKey), [pair.privateKey]);
    expect(rsaPssSha256.verify(key.publicKey, octets, await key.sign!(rsaPssSha256, octets))).toBe(true);
    for (const row of [rsaSha256, rsaPssSha512]) {
      const error = await caught(() => key.sign!(row, octets));
      expect(error.message).toMatch(/a key of WebCrypto for RS.* with SHA-.*found RSA-PSS/);
    }
  });

  it('a public key is no private key', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    const key = createWebCryptoSigner(await exported(pair.publicKey), [pair.publicKey]);
    await expect(key.sign!(ecdsaSha256, octets)).rejects.toBeInstanceOf(IpsecError);
  });
});
