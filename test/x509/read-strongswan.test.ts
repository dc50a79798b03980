/** The certificates and keys with which the recorded conversations of vectors/ikev2/strongswan were held. */
import { describe, expect, it } from 'vitest';
import { decodeDistinguishedName, formatDistinguishedName, parseIdentity } from '../../src/traffic-selector.js';
import { publicKeyOfCertificate } from '../../src/suite/public-key.js';
import { defaultSignatureRows } from '../../src/suite/sign.js';
import { rsaSha1 } from '../../src/suite/sign-legacy.js';
import { explainCertificateIdentity } from '../../src/x509/identity-explain.js';
import { readCertificates, readPublicKeys } from '../../src/x509/read-certificates.js';
import { readFields } from '../../src/x509/read-fields.js';
import { readPrivateKey } from '../../src/x509/read-private-key.js';
import vectors from '../../vectors/x509/strongswan-files.json' with { type: 'json' };

const files: Readonly<Record<string, string>> = vectors.files;
const keys = Object.keys(files).filter((name) => name.startsWith('private/'));
const certificateOf = (key: string): Uint8Array => readCertificates(files[key.replace('private/', 'x509/').replace('.key', '.crt')]!)[0]!;

describe('keys and certificates of strongSwan', () => {
  it.each(keys)('%s belongs to its certificate, and signs with every row of its type', async (name) => {
    const key = await readPrivateKey(files[name]!, { source: name });
    expect(key.publicKey).toEqual(publicKeyOfCertificate(certificateOf(name)));
    const octets = new TextEncoder().encode('InitiatorSignedOctets');
    const rows = [rsaSha1, ...defaultSignatureRows].filter(({ keyType }) => keyType === key.publicKey.type);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const signature = key.privateKey ? row.sign!(key.publicKey, key.privateKey, octets) : await key.sign!(row, octets);
      expect(row.verify(key.publicKey, octets, signature)).toBe(true);
    }
    key.destroy();
  });

  it.each(keys)('the certificate of %s speaks for its name, and for its subject', (name) => {
    const certificate = certificateOf(name);
    const [id, other] = name.includes('-a') ? ['a.example.org', 'b.example.org'] : ['b.example.org', 'a.example.org'];
    expect(explainCertificateIdentity(certificate, parseIdentity(id))).toBeUndefined();
    expect(explainCertificateIdentity(certificate, parseIdentity(`CN=${id}, O=Interop Lab, C=CH`))).toBeUndefined();
    const error = explainCertificateIdentity(certificate, parseIdentity(other));
    expect(error?.message).toBe(
      `the certificate does not speak for ID_FQDN ${other}: expected ${other} as a dNSName of its subjectAltName, ` +
        `found dNSName ${id}, subject CN=${id}, O=Interop Lab, C=CH, did you mean ${id}? (certificate)`,
    );
  });

  it('raw public keys are those of the private ones', async () => {
    for (const name of ['rsa-a', 'rsa-b'])
      expect(readPublicKeys(files[`pubkey/${name}.pub`]!)).toEqual([(await readPrivateKey(files[`private/${name}.key`]!)).publicKey]);
  });

  it('the chain of the fragmented conversation: issuers are subjects', () => {
    const chain = ['x509/big-a', 'x509ca/sub2-big', 'x509ca/sub1-big', 'x509ca/root-big'].map(
      (name) => readCertificates(files[`${name}.crt`]!)[0]!,
    );
    const read = chain.map(readFields);
    read.slice(1).forEach(({ subjectDer }, i) => {
      expect(formatDistinguishedName(read[i]!.issuer)).toBe(formatDistinguishedName(decodeDistinguishedName(subjectDer)));
    });
  });
});
