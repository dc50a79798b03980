import { describe, expect, it } from 'vitest';
import { equalIdentities, parseIdentity } from '../../src/traffic-selector.js';
import { describeCertificate, summarizeCertificate } from '../../src/x509/describe.js';
import { identitiesOfCertificate } from '../../src/x509/identity.js';
import { readCertificates } from '../../src/x509/read-certificates.js';
import { readFields } from '../../src/x509/read-fields.js';
import vectors from '../../vectors/x509/certificates.json' with { type: 'json' };
import strongswan from '../../vectors/x509/strongswan-files.json' with { type: 'json' };
import { certificate } from './read-cases.js';

const inTime = (name: string): number => readFields(certificate(name)).notBefore + 3_600_000;
const warningsOf = (name: string, at = inTime(name)): readonly string[] => summarizeCertificate(certificate(name), at).warnings;

describe('describeCertificate', () => {
  it('says who, until when, what for, and which identities', () => {
    expect(describeCertificate(certificate('gateway'), inTime('gateway')).split('\n')).toEqual([
      'subject  CN=gw.example.com, OU=VPN, O=Example, C=XX',
      'issuer   CN=Example Sub CA, O=Example, C=XX',
      'serial   04',
      expect.stringMatching(/^valid {4}20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ to 20\d\d-/),
      'key      EC P-256',
      'usage    digitalSignature, serverAuth, ipsecIKE',
      expect.stringMatching(/^SHA-256 {2}[0-9a-f]{2}(:[0-9a-f]{2}){31}$/),
      'may claim in IKE',
      '  ID_DER_ASN1_DN  CN=gw.example.com, OU=VPN, O=Example, C=XX',
      '  ID_FQDN         gw.example.com',
      '  ID_FQDN         VPN.Example.com',
      '  ID_RFC822_ADDR  Admin@Example.com',
      '  ID_IPV4_ADDR    192.0.2.1',
      '  ID_IPV6_ADDR    2001:db8::1',
      '  not dNSName *.branch.example.com: wildcards are not matched',
      '  not uniformResourceIdentifier https://example.com/: IKE has no identity of this kind',
      '  not other #2a0304: IKE has no identity of this kind',
      expect.stringMatching(/^ {2}not otherName #060a.*: IKE has no identity of this kind$/),
      '  not directoryName CN=another: only the subject may be claimed as a distinguished name',
    ]);
  });

  it('has the fingerprint of OpenSSL', () => {
    for (const { name, openssl } of vectors.cases) {
      const [, expected] = /sha256 Fingerprint=(.*)/i.exec(openssl)!;
      expect(summarizeCertificate(certificate(name), 0).sha256.toUpperCase()).toBe(expected!.replaceAll(':', ''));
    }
  });

  it('identities are in the form that parseIdentity reads', () => {
    for (const { name } of vectors.cases) {
      const texts = summarizeCertificate(certificate(name), 0).identities.map(({ text }) => parseIdentity(text));
      const own = identitiesOfCertificate(certificate(name));
      expect(texts.length).toBe(own.length);
      texts.forEach((identity, i) => {
        expect(equalIdentities(identity, own[i]!)).toBe(true);
      });
    }
  });

  it('warns of what a peer may refuse', () => {
    expect(warningsOf('gateway')).toEqual([]);
    expect(warningsOf('only-cn')).toEqual([expect.stringMatching(/no subjectAltName that can be claimed: only its whole subject/)]);
    expect(warningsOf('root')).toEqual([expect.stringMatching(/of a certification authority/)]);
    expect(warningsOf('weak')).toEqual(['it expires within a day', 'RSA keys below 2048 bits are too weak']);
    expect(warningsOf('utf8')).toContainEqual(expect.stringMatching(/neither digitalSignature nor nonRepudiation/));
    expect(warningsOf('nul')).toEqual([expect.stringMatching(/no subjectAltName that can be claimed/)]);
    const [rsa] = readCertificates(strongswan.files['x509/rsa-a.crt']);
    expect(summarizeCertificate(rsa!, readFields(rsa!).notBefore).warnings).toEqual([expect.stringMatching(/has not ipsecIKE/)]);
  });

  it('the dates are judged at the time that is asked for', () => {
    const { notBefore, notAfter } = readFields(certificate('gateway'));
    const day = 86_400_000;
    const timely = (at: number): unknown => {
      const { isTimely, warnings } = summarizeCertificate(certificate('gateway'), at);
      return [isTimely, ...warnings];
    };
    expect(timely(notBefore - 1)).toEqual([false, expect.stringMatching(/^it is not valid before 20/)]);
    expect(timely(notBefore)).toEqual([true]);
    expect(timely(notAfter - 3 * day)).toEqual([true, 'it expires in 3 days']);
    expect(timely(notAfter - day)).toEqual([true, 'it expires in 1 day']);
    expect(timely(notAfter)).toEqual([true, 'it expires within a day']);
    expect(timely(notAfter + 1)).toEqual([false, expect.stringMatching(/^it expired at 20/)]);
  });

  it('a name that steers a terminal is shown as what it is', () => {
    expect(describeCertificate(certificate('nul'), 0)).toContain('not dNSName gw.example.com\\00.evil.exampl: it is no DNS name');
  });
});
