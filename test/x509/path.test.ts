/** Paths from a certificate to an anchor: RFC 5280 section 6, RFC 4945 section 5.1. */
import { describe, expect, it } from 'vitest';
import { type CertificateQuestion, validateCertificate, type ValidPath } from '../../src/x509.js';
import type { IpsecError } from '../../src/errors.js';
import { certify, keyOf, type Made, today } from './maker.js';

const root = certify({ subject: 'CN=Root', key: keyOf('root'), ca: true });
const sub = certify({ subject: 'CN=Sub', key: keyOf('sub'), ca: true }, root);
const leaf = certify({ subject: 'CN=gw', key: keyOf('leaf'), altNames: ['DNS:gw.example.com'] }, sub);

const ask = (
  certificate: Made,
  others: readonly Made[],
  anchors: readonly Made[],
  more: Partial<CertificateQuestion> = {},
): Promise<ValidPath> =>
  validateCertificate({
    certificate: certificate.der,
    others: others.map((c) => c.der),
    anchors: anchors.map((c) => c.der),
    at: today,
    ...more,
  });

const refusal = async (...args: Parameters<typeof ask>): Promise<IpsecError> =>
  ask(...args).then(
    () => Promise.reject(new Error('it was taken')),
    (error: unknown) => error as IpsecError,
  );

describe('RFC 5280 section 6', () => {
  it('a path of three', async () => {
    const path = await ask(leaf, [sub], [root]);
    expect(path.certificates).toEqual([leaf.der, sub.der, root.der]);
    expect(path.signatureChecks).toBe(2);
    expect(path.revocation).toEqual(['unknown', 'unknown']);
  });

  it('an intermediate as anchor, and the certificate itself', async () => {
    expect((await ask(leaf, [], [sub])).certificates).toEqual([leaf.der, sub.der]);
    expect((await ask(leaf, [], [leaf])).certificates).toEqual([leaf.der]);
  });

  it('who is not trusted: issuer, anchors, the nearest', async () => {
    const other = certify({ subject: 'CN=Rood', key: keyOf('other'), ca: true });
    const error = await refusal(leaf, [sub], [other]);
    expect(error.code).toBe('authentication-failed');
    expect(error.message).toBe(
      'the issuer of the certificate of CN=Sub: expected CN=Rood, found CN=Root, did you mean CN=Rood? (path.1 of 2)',
    );
  });
});

describe('RFC 4945 section 5.1.3.12: extendedKeyUsage', () => {
  it('ipsecIKE is taken whatever else is; the error names usages', async () => {
    const of = (...eku: string[]): Made => certify({ subject: 'CN=gw', key: keyOf('leaf'), eku }, root);
    for (const eku of ['1.3.6.1.5.5.7.3.17', '1.3.6.1.5.5.8.2.2', '2.5.29.37.0', '1.3.6.1.5.5.7.3.2'])
      await ask(of(eku), [], [root], { extendedKeyUsages: ['clientAuth'] });
    await ask(of('1.2.3.4'), [], [root], { extendedKeyUsages: ['1.2.3.4'] });
    expect((await refusal(of('1.3.6.1.5.5.7.3.1', '1.2.3.4'), [], [root])).message).toBe(
      'extendedKeyUsage of the certificate of CN=gw: expected ipsecIKE or iKEIntermediate or anyExtendedKeyUsage, found serverAuth, 1.2.3.4 (path.0)',
    );
  });
});

describe('what a caller may allow, and demand', () => {
  it('policies: which ones the path is valid under', async () => {
    const [one, two] = ['1.2.3.1', '1.2.3.2'];
    const authority = certify({ subject: 'CN=Sub', key: keyOf('sub'), ca: true, policies: [one, two] }, root);
    const end = certify({ subject: 'CN=gw', key: keyOf('leaf'), policies: [two, '1.2.3.3'] }, authority);
    expect((await ask(end, [authority], [root])).policies).toEqual([two]);
    expect((await ask(end, [authority], [root], { policies: [one, two] })).policies).toEqual([two]);
    expect((await refusal(end, [authority], [root], { policies: [one] })).message).toContain(
      'certificate policies of the certificate of CN=gw: expected 1.2.3.1, found 1.2.3.2',
    );
    expect((await refusal(leaf, [sub], [root], { requirePolicy: true })).expected).toBe('one along the whole path');
  });

  it('names of strangers do not write into the log', async () => {
    const end = certify({ subject: 'CN=gw\ntrusted: yes\u202e', key: keyOf('leaf') }, { subject: 'CN=\u001b[31m', key: keyOf('nobody') });
    const { message } = await refusal(end, [], [root]);
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('broken anchors are a mistake of the caller', async () => {
    expect(await refusal(leaf, [sub], [root, { ...root, der: root.der.subarray(1) }])).toMatchObject({
      code: 'invalid-config',
      path: 'anchors.1',
      blame: 'caller',
    });
  });
});
