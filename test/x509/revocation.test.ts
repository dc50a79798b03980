/** Revocation: OCSP (RFC 6960, RFC 4806), lists, fetching, and what is kept. */
import { describe, expect, it } from 'vitest';
import type { IpsecError } from '../../src/errors.js';
import { type CertificateQuestion, createRevocationCache, type FetchOptions, validateCertificate, type ValidPath } from '../../src/x509.js';
import { certify, day, keyOf, list, type Made, type Plan, respond, type ResponsePlan, today } from './maker.js';

const ocspSigning = '1.3.6.1.5.5.7.3.9';
const root = certify({ subject: 'CN=Root', key: keyOf('root'), ca: true });
const leaf = certify(
  { subject: 'CN=gw', key: keyOf('leaf'), crlUrl: 'http://crl.example.com/root', ocspUrl: 'http://ocsp.example.com/' },
  root,
);
const other = certify({ subject: 'CN=Other', key: keyOf('other'), ca: true });

const ask = (more: Partial<CertificateQuestion>): Promise<ValidPath> =>
  validateCertificate({ certificate: leaf.der, anchors: [root.der], at: today, revocation: 'required', ...more });
const refusal = async (more: Partial<CertificateQuestion>): Promise<IpsecError> =>
  ask(more).then(
    () => Promise.reject(new Error('it was taken')),
    (error: unknown) => error as IpsecError,
  );
const stapled = (plan: ResponsePlan = {}): Partial<CertificateQuestion> => ({ ocspResponses: [respond(leaf, root, plan)] });
const delegate = (more: Partial<Plan> = {}, issuer: Made = root): Made =>
  certify({ subject: 'CN=Responder', key: keyOf('responder'), eku: [ocspSigning], ...more }, issuer);
const byDelegate = (signer: Made, plan: ResponsePlan = {}): Partial<CertificateQuestion> =>
  stapled({ signer, certificates: [signer.der], ...plan });

describe('RFC 6960 section 3.2: OCSP responses that are taken', () => {
  it.each([
    ['by the issuer, by name', stapled()],
    ['by the issuer, by key', stapled({ byKey: true })],
    ['by a responder of the issuer', byDelegate(delegate())],
    ['by a responder of the issuer, by key', byDelegate(delegate(), { byKey: true })],
    ['without nextUpdate, of an hour ago', stapled({ nextUpdate: null, thisUpdate: today - day / 24 })],
    ['by a responder that is trusted by itself', { ...stapled({ signer: other }), responders: [other.der] }],
    ['a second one, where the first is broken', { ocspResponses: [new Uint8Array([0x30, 0]), respond(leaf, root)] }],
  ])('%s', async (_, more) => {
    expect((await ask(more)).revocation).toEqual(['good']);
  });
});

describe('RFC 6960 section 3.2: OCSP responses that are not taken', () => {
  const authorized = 'the OCSP response: no responder that may speak for the issuer has signed it';
  it.each([
    ['a wrong signature', stapled({ signer: { ...root, key: keyOf('impostor') } }), authorized],
    ['by another authority', byDelegate(other), authorized],
    ['a responder without id-kp-OCSPSigning', byDelegate(delegate({ eku: ['2.5.29.37.0'] })), authorized],
    ['a responder that another authority has made', byDelegate(delegate({}, other)), authorized],
    ['a responder that has expired', byDelegate(delegate({ notAfter: today - day })), authorized],
    ['a responder whose key is for something else', byDelegate(delegate({ keyUsage: 0x20 })), authorized],
    ['for another serial number', stapled({ serial: 5 }), 'nothing about it'],
    ['old', stapled({ nextUpdate: today - 1000 }), 'the OCSP response: it was good until 2026-11-20T23:59:59Z'],
    [
      'without nextUpdate, of two days ago',
      stapled({ nextUpdate: null, thisUpdate: today - 2 * day }),
      'the OCSP response: it was good until 2026-11-20T00:00:00Z',
    ],
    [
      'of tomorrow',
      stapled({ thisUpdate: today + day, nextUpdate: today + 2 * day }),
      'the OCSP response: it begins at 2026-11-22T00:00:00Z',
    ],
    ['who does not know', stapled({ status: 'unknown' }), 'the OCSP response: the responder does not know the certificate'],
    ['an error', stapled({ responseStatus: 3 }), 'nothing about it'],
  ])('%s', async (_, more, found) => {
    const error = await refusal(more);
    expect([error.code, error.found]).toEqual(['authentication-failed', found]);
    expect((await ask({ ...more, revocation: 'if-available' })).revocation).toEqual(['unknown']);
  });
});

describe('RFC 4945 section 5.2.1: one source that says revoked is enough', () => {
  it('OCSP against a list, and a list against OCSP', async () => {
    const good = { crls: [list(root)], ocspResponses: [respond(leaf, root)] };
    expect((await ask(good)).revocation).toEqual(['good']);
    const byOcsp = await refusal({ ...good, ocspResponses: [respond(leaf, root, { status: 'revoked' })] });
    expect(byOcsp.message).toBe(
      'the certificate of CN=gw: expected one that is not revoked, found revoked at 2026-11-19T00:00:00Z, reason keyCompromise, by the OCSP responder CN=Root (path.0)',
    );
    const byList = await refusal({ ...good, crls: [list(root, { revoked: [leaf.serial], reason: 4 })] });
    expect(byList.found).toBe('revoked at 2026-11-19T00:00:00Z, reason superseded, by the revocation list of CN=Root');
  });

  it('off: nobody looks', async () => {
    expect((await ask({ revocation: 'off', crls: [list(root, { revoked: [leaf.serial] })] })).revocation).toEqual(['unknown']);
  });
});

describe('fetching', () => {
  const web = (
    pages: Readonly<Record<string, Uint8Array | Error>>,
  ): { fetch: NonNullable<CertificateQuestion['fetch']>; log: [string, FetchOptions][] } => {
    const log: [string, FetchOptions][] = [];
    return {
      log,
      fetch: (url, options) => {
        log.push([url, options]);
        const page = pages[url] ?? new Error('nobody there');
        return page instanceof Error ? Promise.reject(page) : Promise.resolve(page);
      },
    };
  };

  it('OCSP first, with a request for this certificate, then the list; caps are handed on', async () => {
    const { fetch, log } = web({ 'http://crl.example.com/root': list(root) });
    expect((await ask({ fetch, limits: { octets: 5000, fetchTime: 700 } })).revocation).toEqual(['good']);
    expect(log.map(([url, { purpose, maxOctets, deadline, body }]) => [url, purpose, maxOctets, deadline, body?.[0]])).toEqual([
      ['http://ocsp.example.com/', 'ocsp', 5000, 700, 0x30],
      ['http://crl.example.com/root', 'crl', 5000, 700, undefined],
    ]);
  });

  it('what was fetched is kept until it ends', async () => {
    const { fetch, log } = web({ 'http://ocsp.example.com/': respond(leaf, root), 'http://crl.example.com/root': list(root) });
    const cache = createRevocationCache();
    for (const at of [today, today + 1000, today + day]) expect((await ask({ fetch, cache, at })).revocation).toEqual(['good']);
    expect(log.length).toBe(1);
    expect((await refusal({ fetch, cache, at: today + day + 1 })).found).toContain('it was good until');
    expect(log.length).toBe(3); // both were asked anew
  });

  it('an OCSP response without nextUpdate is not kept', async () => {
    const { fetch, log } = web({ 'http://ocsp.example.com/': respond(leaf, root, { nextUpdate: null }) });
    const cache = createRevocationCache();
    for (const at of [today, today]) expect((await ask({ fetch, cache, at })).revocation).toEqual(['good']);
    expect([log.length, cache.entries.size]).toEqual([2, 0]);
  });

  it('a list that was kept has no signature to be checked', async () => {
    const { fetch } = web({ 'http://crl.example.com/root': list(root) });
    const cache = createRevocationCache();
    expect((await ask({ fetch, cache })).signatureChecks).toBe(2);
    expect((await ask({ fetch, cache })).signatureChecks).toBe(1);
  });

  it('what is given comes first, and then nothing is fetched', async () => {
    const { fetch, log } = web({});
    await ask({ fetch, crls: [list(root)] });
    expect(log).toEqual([]);
  });

  it('a kept good answer does not excuse what is given', async () => {
    const { fetch } = web({ 'http://ocsp.example.com/': respond(leaf, root) });
    const cache = createRevocationCache();
    await ask({ fetch, cache });
    expect((await refusal({ fetch, cache, crls: [list(root, { revoked: [leaf.serial] })] })).found).toContain('revoked at');
  });

  it('a list of somebody else is not kept, and one that is too long is not read', async () => {
    const cache = createRevocationCache();
    const impostor = list({ ...root, key: keyOf('impostor') });
    expect((await refusal({ fetch: web({ 'http://crl.example.com/root': impostor }).fetch, cache })).found).toContain(
      'its signature is wrong',
    );
    const long = web({ 'http://crl.example.com/root': list(root) });
    expect((await refusal({ fetch: long.fetch, cache, limits: { octets: 100 } })).found).toBe('nothing about it');
    expect(cache.entries.size).toBe(0);
  });
});
