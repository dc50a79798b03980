/** What a host answers the machine's question with. */
import { describe, expect, it } from 'vitest';
import { sha1 } from '@noble/hashes/legacy.js';
import type { AskCertificates } from '../../src/keying/asks.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { authorityHashes, type CertificateVerifierConfig, createCertificateVerifier } from '../../src/x509.js';
import { certify, day, keyOf, list, type Made, today } from './maker.js';

const root = certify({ subject: 'O=Example/CN=Root', key: keyOf('root'), ca: true });
const sub = certify({ subject: 'O=Example/CN=Sub', key: keyOf('sub'), ca: true }, root);
const leaf = certify({ subject: 'O=Example/CN=gw', key: keyOf('leaf'), altNames: ['DNS:gw.example.com'] }, sub);

const ask = (certificates: readonly Made[], more: Partial<AskCertificates> = {}): AskCertificates => ({
  kind: 'certificates',
  round: 0,
  peerId: parseIdentity('gw.example.com'),
  matchIdentity: true,
  certificates: certificates.map((c) => c.der),
  crls: [],
  ocspResponses: [],
  ...more,
});

async function verdict(question: AskCertificates, config: Partial<CertificateVerifierConfig> = {}, at = today): Promise<string> {
  const answer = await createCertificateVerifier({ anchors: [root.der], ...config })(question, at);
  return answer === 'trusted' ? answer : `${answer.code}: ${answer.message}`;
}

describe('AskCertificates is answered', () => {
  it('trusted: by what the peer sends, or what is at hand', async () => {
    expect(await verdict(ask([leaf, sub]))).toBe('trusted');
    expect(await verdict(ask([leaf]), { intermediates: [sub.der] })).toBe('trusted');
  });

  it('expired, not yet valid: since when, and what time it is', async () => {
    expect(await verdict(ask([leaf, sub]), {}, today + 31 * day)).toBe(
      'authentication-failed: the time of the certificate of CN=Root, O=Example: expected until 2026-12-21T00:00:00Z, found 2026-12-22T00:00:00Z: expired (path.2 of 3)',
    );
    const early = certify({ subject: 'CN=gw', key: keyOf('leaf'), altNames: ['DNS:gw.example.com'], notBefore: today + day }, sub);
    expect(await verdict(ask([early, sub]))).toBe(
      'authentication-failed: the time of the certificate of CN=gw: expected from 2026-11-22T00:00:00Z, found 2026-11-21T00:00:00Z: not yet valid (path.0)',
    );
  });

  it('untrusted: whose issuer is missing, and who is known', async () => {
    expect(await verdict(ask([leaf]))).toBe(
      'authentication-failed: the issuer of the certificate of CN=gw, O=Example: expected CN=Root, O=Example, found CN=Sub, O=Example, did you mean CN=Root, O=Example? (path.0)',
    );
    expect(await verdict(ask([leaf, sub]), { anchors: [] })).toBe(
      'authentication-failed: the issuer of the certificate of CN=Sub, O=Example: expected a trust anchor, found CN=Root, O=Example (path.1 of 2)',
    );
  });

  it('an anchor of the same name with another key', async () => {
    const impostor = certify({ subject: 'O=Example/CN=Root', key: keyOf('impostor'), ca: true, noKeyIds: true });
    expect(await verdict(ask([leaf, sub]), { anchors: [impostor.der] })).toBe(
      'authentication-failed: the issuer of the certificate of CN=Sub, O=Example: expected a signature by a key of CN=Root, O=Example, found a signature by another key (path.1 of 2)',
    );
  });

  it('revoked: when, why, by whom', async () => {
    expect(await verdict(ask([leaf, sub], { crls: [list(sub, { revoked: [leaf.serial], reason: 1 })] }))).toBe(
      'authentication-failed: the certificate of CN=gw, O=Example: expected one that is not revoked, found revoked at 2026-11-19T00:00:00Z, reason keyCompromise, by the revocation list of CN=Sub, O=Example (path.0)',
    );
  });

  it('the wrong name: only where names are to be matched, and only for a certificate that is trusted', async () => {
    const wrong = { peerId: parseIdentity('other.example.com') };
    expect(await verdict(ask([leaf, sub], wrong))).toMatch(/^authentication-failed: .*gw\.example\.com/);
    expect(await verdict(ask([leaf, sub], { ...wrong, matchIdentity: false }))).toBe('trusted');
    expect(await verdict(ask([leaf], wrong))).toContain('the issuer of the certificate of CN=gw');
  });

  it('a certificate of the wrong name causes no fetch', async () => {
    const urls: string[] = [];
    const fetch = (url: string): Promise<Uint8Array> => {
      urls.push(url);
      return Promise.resolve(list(root));
    };
    const pointed = certify(
      { subject: 'CN=gw', key: keyOf('leaf'), altNames: ['DNS:gw.example.com'], crlUrl: 'http://crl.example.com/' },
      root,
    );
    await verdict(ask([pointed], { peerId: parseIdentity('other.example.com') }), { fetch });
    expect(urls).toEqual([]);
    expect(await verdict(ask([pointed]), { fetch, revocation: 'required' })).toBe('trusted');
    expect(urls).toEqual(['http://crl.example.com/']);
  });

  it('nothing, and what is broken', async () => {
    expect(await verdict(ask([]))).toBe("authentication-failed: the peer's certificate: expected one, found none");
    const broken: Made = { ...leaf, der: leaf.der.subarray(0, 100) };
    expect(await verdict(ask([broken], { matchIdentity: false }))).toMatch(
      /^authentication-failed: the peer's certificate, which is broken at octet 1: expected \d+ octets of contents, found 9[5-8]/,
    );
    expect(await verdict(ask([leaf, broken, sub]))).toBe('trusted');
  });

  it('what the configuration has is not counted as what the peer sends', async () => {
    const many = Array.from({ length: 40 }, (_, i) => certify({ subject: `CN=Other ${i}`, key: keyOf(`other ${i}`), ca: true }, root).der);
    const lists = Array.from({ length: 20 }, () => list(root));
    const limits = { certificates: 1, revocations: 1 };
    const revoked = { crls: [list(sub, { revoked: [leaf.serial] })] };
    expect(await verdict(ask([leaf, sub]), { intermediates: many, crls: lists, limits })).toBe('trusted');
    expect(await verdict(ask([leaf, sub], revoked), { intermediates: many, crls: lists, limits })).toContain('revoked at');
    expect(await verdict(ask([leaf, root, sub]), { limits })).toContain('the issuer of the certificate of CN=gw');
  });

  it('more signatures than may be checked: the lists of a peer, too', async () => {
    const impostor = { ...sub, key: keyOf('impostor') };
    const crls = Array.from({ length: 10 }, () => list(impostor));
    expect(await verdict(ask([leaf, sub], { crls }), { limits: { signatures: 5 } })).toBe(
      'authentication-failed: the revocation of the certificate of CN=gw, O=Example: expected up to 5 signatures, found more',
    );
  });

  it.each(['anchors', 'intermediates', 'crls', 'responders'])('%s that cannot be read are a mistake of the configuration', (member) => {
    const broken = { anchors: [root.der], [member]: [leaf.der.subarray(1)] };
    expect(() => createCertificateVerifier(broken)).toThrow(expect.objectContaining({ code: 'invalid-config', path: `${member}.0` }));
  });

  it('an anchor that cannot be read is a mistake of the configuration', () => {
    expect(() => createCertificateVerifier({ anchors: [root.der, leaf.der.subarray(1)] })).toThrow(
      expect.objectContaining({ code: 'invalid-config', path: 'anchors.1' }),
    );
  });
});

describe('RFC 7296 section 3.7: what a CERTREQ names', () => {
  it('SHA-1 of SubjectPublicKeyInfo, each key once', () => {
    const again = certify({ subject: 'CN=Root again', key: keyOf('root'), ca: true });
    expect(authorityHashes([root.der, sub.der, again.der])).toEqual([sha1(keyOf('root').spki), sha1(keyOf('sub').spki)]);
  });
});
