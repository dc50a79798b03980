import { describe, expect, it } from 'vitest';
import { formatIdentity, parseIdentity, equalIdentities } from '../../src/traffic-selector.js';
import { explainCertificateIdentity } from '../../src/x509/identity-explain.js';
import { formatIdentityText, identitiesOfCertificate, namesOfCertificate } from '../../src/x509/identity.js';
import { certificate } from './read-cases.js';

describe('RFC 4945 section 3.1: identities of a certificate', () => {
  it('the subject, and three kinds of subjectAltName', () => {
    expect(identitiesOfCertificate(certificate('gateway')).map(formatIdentity)).toEqual([
      'CN=gw.example.com, OU=VPN, O=Example, C=XX',
      'gw.example.com',
      'VPN.Example.com',
      'Admin@Example.com',
      '192.0.2.1',
      '2001:db8::1',
    ]);
  });

  it('says why the others are of no use', () => {
    const names = namesOfCertificate(certificate('gateway')).filter(({ whyNot }) => whyNot !== undefined);
    expect(names.map(({ kind, text, whyNot }) => [kind, text.slice(0, 20), whyNot])).toEqual([
      ['dNSName', '*.branch.example.com', 'wildcards are not matched'],
      ['uniformResourceIdentifier', 'https://example.com/', 'IKE has no identity of this kind'],
      ['other', '#2a0304', 'IKE has no identity of this kind'],
      ['otherName', '#060a2b0601040182371', 'IKE has no identity of this kind'],
      ['directoryName', 'CN=another', 'only the subject may be claimed as a distinguished name'],
    ]);
  });

  it('section 3.1.5: an empty subject is none', () => {
    expect(identitiesOfCertificate(certificate('no-subject')).map(formatIdentity)).toEqual(['roadwarrior.example.com']);
  });

  it('section 5.1.3.6: a NUL, a mask', () => {
    expect(identitiesOfCertificate(certificate('nul')).map(formatIdentity)).toEqual(['CN=nul']);
    expect(identitiesOfCertificate(certificate('cidr')).map(formatIdentity)).toEqual(['CN=cidr']);
  });

  it('as text, they are read back', () => {
    for (const name of ['gateway', 'no-subject', 'utf8', 'v1'])
      for (const identity of identitiesOfCertificate(certificate(name)))
        expect(equalIdentities(parseIdentity(formatIdentityText(identity)), identity)).toBe(true);
    for (const name of ['192.0.2.1', '1', '10.example'])
      expect(parseIdentity(formatIdentityText({ type: 'ID_FQDN', name }))).toEqual({ type: 'ID_FQDN', name });
    const odd = { type: 'ID_RFC822_ADDR', name: 'a=b@example.com' } as const;
    expect(parseIdentity(formatIdentityText(odd))).toEqual(odd);
  });
});

const explain = (name: string, identity: string, options = {}): string | undefined =>
  explainCertificateIdentity(certificate(name), parseIdentity(identity), options)?.message;

describe('RFC 4945 section 3.1: does a certificate speak for an identity', () => {
  it.each([
    ['gw.example.com'],
    ['GW.EXAMPLE.COM'],
    ['gw.example.com.'],
    ['vpn.example.com'],
    ['Admin@Example.com'],
    ['admin@example.com'],
    ['192.0.2.1'],
    ['2001:db8::1'],
    ['CN=GW.example.com,  OU=vpn, O=Example, C=XX'],
  ])('it does for %s', (identity) => {
    expect(explain('gateway', identity)).toBeUndefined();
  });

  it.each([
    ['gw2.example.com', /did you mean gw\.example\.com/],
    ['example.com', /gw\.example\.com/],
    ['x.branch.example.com', /wildcards are not matched/],
    ['192.0.2.2', /as an iPAddress of its subjectAltName/],
    ['2001:db8::2', /iPAddress 2001:db8::1/],
    ['ID_FQDN:192.0.2.1', /dNSName/],
    ['bob@example.com', /rfc822Name Admin@Example\.com/],
    ['CN=gw.example.com', /the subject CN=gw\.example\.com/],
    ['CN=gw.example.com, OU=VPN, O=Example', /subject/],
    ['CN=another', /found subject CN=gw\.example\.com/],
    ['ID_KEY_ID:00ff', /ID_KEY_ID does not/],
  ])('it does not for %s', (identity, words) => {
    const error = explainCertificateIdentity(certificate('gateway'), parseIdentity(identity));
    expect(error?.code).toBe('authentication-failed');
    expect(error?.blame).toBe('peer');
    expect(error?.message).toMatch(words);
  });

  it('section 3.1.9: a CN is no name, unless a caller insists', () => {
    expect(explain('only-cn', 'gw2.example.com')).toMatch(
      /a CN is not read as a name.*no subjectAltName|no subjectAltName \(a CN is not read/,
    );
    expect(explain('only-cn', 'gw2.example.com', { allowCommonName: true })).toBeUndefined();
    expect(explain('only-cn', 'gw3.example.com', { allowCommonName: true })).toMatch(/no subjectAltName/);
    // Where there is a subjectAltName, it alone counts.
    expect(explain('nul', 'nul', { allowCommonName: true })).toMatch(/it is no DNS name/);
  });

  it('section 3.1.2: no wildcards, unless a caller insists', () => {
    const allowWildcards = true;
    expect(explain('gateway', 'x.branch.example.com', { allowWildcards })).toBeUndefined();
    for (const name of ['branch.example.com', 'x.y.branch.example.com', 'xbranch.example.com'])
      expect(explain('gateway', name, { allowWildcards })).toBeDefined();
  });

  it('a certificate that is none speaks for nobody', () => {
    for (const der of [
      new Uint8Array(),
      new Uint8Array(100),
      certificate('gateway').subarray(0, 300),
      certificate('gateway').subarray(1),
    ]) {
      const error = explainCertificateIdentity(der, parseIdentity('gw.example.com'));
      expect(error?.code).toBe('authentication-failed');
      expect(error?.message).toMatch(/ID_FQDN gw\.example\.com/);
    }
  });
});
