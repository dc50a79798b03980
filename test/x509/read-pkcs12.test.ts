import { describe, expect, it } from 'vitest';
import { readPkcs12 } from '../../src/x509/read-pkcs12.js';
import { readPublicKeys } from '../../src/x509/read-certificates.js';
import keys from '../../vectors/x509/private-keys.json' with { type: 'json' };
import vectors from '../../vectors/x509/pkcs12.json' with { type: 'json' };
import { caught, certificate, fromBase64 } from './read-cases.js';

const cases: readonly ((typeof vectors.cases)[number] & { readonly expected?: string })[] = vectors.cases;
const publicKeys = keys.publicKeys as Readonly<Record<string, string>>;

describe('RFC 7292: PKCS#12 of OpenSSL 3', () => {
  it.each(cases.filter(({ expected }) => expected === undefined))('$name', async ({ der, password, key, certificates }) => {
    const found = await readPkcs12(fromBase64(der), { password });
    expect(found.key.publicKey).toEqual(readPublicKeys(publicKeys[key]!)[0]);
    expect(found.certificates).toEqual(certificates.map(certificate));
    found.key.destroy();
  });

  it.each(cases.filter(({ expected }) => expected !== undefined))('$name', async ({ der, password, expected }) => {
    const error = await caught(() => readPkcs12(fromBase64(der), { password, source: 'me.p12' }));
    expect([error.code, error.path]).toEqual([expected, 'me.p12']);
    expect(error.message).toMatch(
      expected === 'unsupported' ? /openssl pkcs12 -legacy/ : /a certificate for its private key|one private key/,
    );
  });
});
