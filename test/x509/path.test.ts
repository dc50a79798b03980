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
