/** Chains that strongSwan's pki has made, and openssl's. */
import { describe, expect, it } from 'vitest';
import { readCertificates, validateCertificate } from '../../src/x509.js';
import own from '../../vectors/x509/certificates.json' with { type: 'json' };
import lab from '../../vectors/x509/strongswan-files.json' with { type: 'json' };

const at = Date.UTC(2026, 11, 1);
const certificateOf = (name: string): Uint8Array => readCertificates((lab.files as Readonly<Record<string, string>>)[name]!)[0]!;

describe('RFC 5280 section 6: chains of strongSwan', () => {
  const chains = [
    ...['rsa', 'p256', 'p521', 'ed25519'].flatMap((kind) =>
      ['a', 'b'].map((side) => [`x509/${kind}-${side}.crt`, [], `x509ca/ca-${kind}.crt`] as const),
    ),
    ...['a', 'b'].map((side) => [`x509/big-${side}.crt`, ['x509ca/sub2-big.crt', 'x509ca/sub1-big.crt'], 'x509ca/root-big.crt'] as const),
  ];
  const extendedKeyUsages = ['serverAuth', 'clientAuth'];

  it.each(chains)('%s', async (name, others, anchor) => {
    const question = {
      certificate: certificateOf(name),
      others: others.map(certificateOf),
      anchors: [certificateOf(anchor)],
      at,
      extendedKeyUsages,
    };
    const path = await validateCertificate(question);
    expect(path.certificates.length).toBe(others.length + 2);
    expect(path.signatureChecks).toBe(others.length + 1);
  });

  it('no chain has the anchor of another', async () => {
    for (const [name, others, anchor] of chains)
      for (const [, , wrong] of chains) {
        if (wrong === anchor) continue;
        const question = {
          certificate: certificateOf(name),
          others: others.map(certificateOf),
          anchors: [certificateOf(wrong)],
          at,
          extendedKeyUsages,
        };
        await expect(validateCertificate(question)).rejects.toMatchObject({ code: 'authentication-failed' });
      }
  });
});

describe('RFC 5280 section 6: chains of openssl', () => {
  const pem = (name: string): Uint8Array => readCertificates(own.cases.find((c) => c.name === name)!.pem)[0]!;
  const reasonOf = (name: string): Promise<string> =>
    validateCertificate({
      certificate: pem(name),
      others: [pem('sub')],
      anchors: [pem('root')],
      at,
      extendedKeyUsages: ['serverAuth', 'clientAuth'],
    }).then(
      ({ certificates }) => `${certificates.length} certificates`,
      (error: unknown) => (error as Error).message,
    );

  it.each([
    ['gateway', '3 certificates'],
    ['no-subject', '2 certificates'],
    ['nul', "the peer's certificate, which is broken in extension 2.5.29.17 at octet 2: expected printable ASCII, found something else"],
    ['cidr', "the peer's certificate, which is broken in extension 2.5.29.17 at octet 2: expected an address of 4 or 16 octets, found 8"],
  ])('%s', async (name, reason) => {
    expect(await reasonOf(name)).toBe(reason);
  });
});
