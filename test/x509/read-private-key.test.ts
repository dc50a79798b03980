import { describe, expect, it } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { readPrivateKey } from '../../src/x509/read-private-key.js';
import { readPublicKeys } from '../../src/x509/read-certificates.js';
import vectors from '../../vectors/x509/private-keys.json' with { type: 'json' };
import { caught, fromBase64 } from './read-cases.js';

interface Case {
  readonly name: string;
  readonly key: string;
  readonly pem?: string;
  readonly der?: string;
  readonly password?: string;
  readonly expected?: string;
}
const cases = vectors.cases as readonly Case[];
const publicKeys = vectors.publicKeys as Readonly<Record<string, string>>;
const inputOf = ({ pem, der }: Case): string | Uint8Array => pem ?? fromBase64(der ?? '');

describe('private keys of OpenSSL', () => {
  it.each(cases.filter(({ expected }) => expected === undefined))('$name', async (one) => {
    const key = await readPrivateKey(inputOf(one), { password: one.password, source: 'k' }).catch((error: unknown) => error);
    // Chromium has no AES-192.
    if (key instanceof IpsecError && one.name.includes('aes-192') && key.code === 'unsupported') return;
    if (key instanceof Error) throw key;
    const [expected] = readPublicKeys(publicKeys[one.key]!);
    expect((key as { publicKey: unknown }).publicKey).toEqual(expected);
  });

  it.each(cases.filter(({ expected }) => expected !== undefined))('$name', async (one) => {
    const error = await caught(() => readPrivateKey(inputOf(one), { password: one.password, source: 'k' }));
    expect([error.code, error.path]).toEqual([one.expected, 'k']);
    expect(error.message).toMatch(/openssl|RSA, EC on|curve/);
  });
});
