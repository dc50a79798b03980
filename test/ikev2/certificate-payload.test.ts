/** CERT and CERTREQ payloads: RFC 7296 sections 3.6 and 3.7, RFC 4806, RFC 7670. */
import { describe, expect, test } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import { encodeDer, SEQUENCE } from '../../src/der.js';
import { IpsecError } from '../../src/errors.js';
import { certificatePayloadsOf, readCertificatePayloads } from '../../src/ikev2/certificate-payload.js';
import { asksForOurs, createCertificateRequests } from '../../src/ikev2/certificate-request.js';
import type { OwnSignature, RemoteAuthentication } from '../../src/keying/connection.js';
import { createNotify, type Ask, type Payload, type PayloadOfType } from '../../src/ike.js';
import { sha1 } from '../../src/suite/sha1.js';
import { defaultSignatureRows as rows, publicKeyOfCertificate } from '../../src/suite/sign.js';
import { connectionOf, converse, errorOf } from './converse.js';
import { answersOf, authorityOf, ownOf, signerOf } from './signers.js';

const [leaf] = signerOf('p256-a').certificates as [Uint8Array];
const root = authorityOf('p256');
const hashOf = (certificate: Uint8Array): Uint8Array => sha1(publicKeyOfCertificate(certificate).spki);
const own = (more: Partial<OwnSignature> = {}): OwnSignature => ownOf(signerOf('p256-a'), more);
const certreq = (encoding: PayloadOfType<'CERTREQ'>['encoding'], ...hashes: Uint8Array[]): Payload => ({
  type: 'CERTREQ',
  encoding,
  data: concat(...hashes),
});
const x509 = 'X.509 Certificate - Signature';
const cert = (encoding: PayloadOfType<'CERT'>['encoding'], data: Uint8Array): Payload => ({ type: 'CERT', encoding, data });
const trusted = (more: Partial<Extract<RemoteAuthentication, { method: 'certificate' }>> = {}): RemoteAuthentication => ({
  method: 'certificate',
  rows,
  authorities: [hashOf(root)],
  ...more,
});
const listed = (payloads: readonly Payload[]): string[] =>
  payloads.map((p) =>
    p.type === 'N' ? String(p.notify) : p.type === 'CERT' || p.type === 'CERTREQ' ? `${p.encoding} ${p.data.length}` : p.type,
  );

describe('RFC 7296 section 3.7: certificate requests', () => {
  test('one row of SHA-1 hashes, each once, of all demands', () => {
    const requests = createCertificateRequests([trusted(), trusted({ authorities: [hashOf(leaf), hashOf(root)] }), { method: 'null' }]);
    expect(requests).toEqual([certreq(x509, hashOf(root), hashOf(leaf))]);
  });

  test('nothing is asked for where nothing is wanted', () => {
    const key = { method: 'public-key', keys: [own().publicKey], rows } as const;
    expect(createCertificateRequests([key, { method: 'ask-shared-key' }, trusted({ authorities: [] })])).toEqual([]);
  });

  test('the hash is that of strongSwan: the SubjectPublicKeyInfo', () => {
    expect(toHex(hashOf(root))).toBe('21a1ef00042d35faaa9a74581e4dbe31074ec674');
  });

  test('more than 32: RFC 4945 section 3.2.7.2, an empty list', () => {
    const many = Array.from({ length: 33 }, (_, i) => new Uint8Array(20).fill(i));
    expect(createCertificateRequests([trusted({ authorities: many })])).toEqual([certreq(x509)]);
    expect(listed(createCertificateRequests([trusted({ authorities: many.slice(1) })]))).toEqual([`${x509} 640`]);
  });

  test('RFC 4806 section 3.1: OCSP Content with "zero or more OCSP responder certificate hashes", and HTTP_CERT_LOOKUP_SUPPORTED in front', () => {
    const all = trusted({ ocspResponders: [hashOf(leaf)], hashAndUrl: true });
    expect(listed(createCertificateRequests([all]))).toEqual(['HTTP_CERT_LOOKUP_SUPPORTED', `${x509} 20`, 'OCSP Content 20']);
    expect(listed(createCertificateRequests([trusted({ ocspResponders: [] })]))).toEqual([`${x509} 20`, 'OCSP Content 0']);
  });

  test('whether ours are meant', () => {
    const chain = own({ certificates: [leaf, root] });
    const known = { ...own(), authorities: [hashOf(root)] };
    const [right, wrong] = [certreq(x509, new Uint8Array(20), hashOf(root)), certreq(x509, new Uint8Array(20))];
    expect([chain, known, { ...chain, authorities: [] }].map((o) => asksForOurs(o, [right]))).toEqual([true, true, true]);
    expect([known, { ...chain, authorities: [] }].map((o) => asksForOurs(o, [wrong]))).toEqual([false, false]);
    // Where the chain ends is not known: it may be any of them.
    expect([asksForOurs(own(), [wrong]), asksForOurs(own(), [])]).toEqual([true, false]);
    expect(asksForOurs(known, [certreq(x509)])).toBe(true);
    expect(asksForOurs(known, [certreq('SPKI Certificate', hashOf(root)), certreq(201, hashOf(root))])).toBe(false);
    expect(asksForOurs({ ...known, certificates: [Uint8Array.of(1)] }, [wrong])).toBe(false);
  });
});

describe('RFC 7296 section 3.6: our certificates', () => {
  test('the first is ours, then the chain', () => {
    expect(certificatePayloadsOf(own({ certificates: [leaf, root] }), [])).toEqual([cert(x509, leaf), cert(x509, root)]);
  });

  test('always, if asked, never', () => {
    const asked = certreq(x509, hashOf(root));
    const count = (more: Partial<OwnSignature>, ...payloads: Payload[]): number => certificatePayloadsOf(own(more), payloads).length;
    expect([
      count({}),
      count({ send: 'always' }),
      count({ send: 'if-asked' }),
      count({ send: 'if-asked' }, asked),
      count({ send: 'never' }, asked),
    ]).toEqual([1, 1, 0, 1, 0]);
  });

  test('RFC 7670: the bare key, where there is no certificate', () => {
    const bare = (more: Partial<OwnSignature>, ...payloads: Payload[]): string[] =>
      listed(certificatePayloadsOf(own({ certificates: [], ...more }), payloads));
    const key = `Raw Public Key ${own().publicKey.spki.length}`;
    expect([bare({}), bare({ sendRawKey: true }), bare({ sendRawKey: true, send: 'if-asked' })]).toEqual([[], [key], []]);
    expect(bare({ sendRawKey: true, send: 'if-asked' }, certreq('Raw Public Key'))).toEqual([key]);
    expect(listed(certificatePayloadsOf(own({ sendRawKey: true }), []))).toEqual([`${x509} ${leaf.length}`]);
  });

  test('hash and URL go to who looks them up', () => {
    const url = 'http://certs.example.com/leaf.cer';
    const both = own({ certificates: [leaf, root], urls: [url] });
    expect(listed(certificatePayloadsOf(both, []))).toEqual([`${x509} ${leaf.length}`, `${x509} ${root.length}`]);
    const [first, second] = certificatePayloadsOf(both, [createNotify('HTTP_CERT_LOOKUP_SUPPORTED')]);
    expect(first).toEqual(cert('Hash and URL of X.509 certificate', concat(sha1(leaf), new TextEncoder().encode(url))));
    expect(second).toEqual(cert(x509, root));
  });

  test('RFC 4806 section 4.2: OCSP responses to who asks for them', () => {
    const stapled = own({ ocspResponses: [Uint8Array.of(0x30, 0)] });
    expect(listed(certificatePayloadsOf(stapled, []))).toEqual([`${x509} ${leaf.length}`]);
    expect(listed(certificatePayloadsOf(stapled, [certreq('OCSP Content')]))).toEqual([`${x509} ${leaf.length}`, 'OCSP Content 2']);
  });
});

describe('RFC 7296 section 3.6, RFC 4945 section 3.3.10: the peer`s', () => {
  test('certificates, revocation lists, OCSP responses, keys, and others', () => {
    const der = Uint8Array.of(0x30, 0);
    const payloads = [
      cert('Certificate Revocation List (CRL)', der),
      cert(x509, leaf),
      cert('OCSP Content', der),
      cert('Raw Public Key', der),
      cert('PGP Certificate', der),
      cert(200, der),
      cert(x509, root),
    ];
    expect(readCertificatePayloads(payloads, false)).toEqual({
      certificates: [
        { kind: 'given', der: leaf },
        { kind: 'given', der: root },
      ],
      crls: [der],
      ocspResponses: [der],
      rawKeys: [der],
      ignored: ['PGP Certificate', 'encoding 200'],
    });
  });

  test.each([
    ['too short', Uint8Array.of(1, 2, 3)],
    ['another scheme', concat(new Uint8Array(20), new TextEncoder().encode('file:///etc/passwd'))],
    ['https', concat(new Uint8Array(20), new TextEncoder().encode('https://a/'))],
    ['a line feed', concat(new Uint8Array(20), new TextEncoder().encode('http://a/\r\nHost: b'))],
    ['no host', concat(new Uint8Array(20), new TextEncoder().encode('http://'))],
    ['too long', concat(new Uint8Array(20), new TextEncoder().encode(`http://a/${'x'.repeat(2100)}`))],
  ])('a URL that is none: %s', (_, data) => {
    const payloads = [cert('Hash and URL of X.509 certificate', data)];
    expect(() => readCertificatePayloads(payloads, true)).toThrow(IpsecError);
    expect(readCertificatePayloads(payloads, false)).toMatchObject({ certificates: [], ignored: ['Hash and URL of X.509 certificate'] });
  });
});

describe('RFC 7296 section 3.6: hash and URL, between two hosts', () => {
  const url = 'http://certs.example.com/leaf.cer';
  const b = signerOf('ed25519-b');
  const wants = { method: 'certificate', rows, authorities: [], hashAndUrl: true } as const;
  const talk = (
    fetched: (ask: Extract<Ask, { kind: 'fetch-certificate' }>) => unknown,
    more: Partial<OwnSignature> = {},
    demand: RemoteAuthentication = wants,
    change?: (data: Uint8Array) => Payload,
  ) =>
    converse(
      connectionOf(['a.example', 'b.example'], {
        localAuth: own({ urls: [url], ...more }),
        remoteAuth: { method: 'public-key', keys: [b.publicKey], rows },
      }),
      [connectionOf(['b.example', 'a.example'], { localAuth: ownOf({ ...b, certificates: [] }), remoteAuth: demand })],
      { b: (ask) => (ask.kind === 'fetch-certificate' ? fetched(ask) : answersOf(b)(ask)) },
      change ? { auth: (payloads, from) => (from === 'a' ? payloads.map((p) => (p.type === 'CERT' ? change(p.data) : p)) : payloads) } : {},
    );

  test('it is fetched, its hash is compared, and AUTH is checked with its key', async () => {
    const done = await talk(({ hash }) => (toHex(hash) === toHex(sha1(leaf)) ? leaf : undefined));
    expect([done.b.sa?.state, done.b.asks.map(({ kind }) => kind)]).toEqual(['ESTABLISHED', ['fetch-certificate', 'certificates']]);
    expect((done.b.asks[1] as Extract<Ask, { kind: 'certificates' }>).certificates).toEqual([leaf]);
  });

  test('the others of the chain are fetched only once AUTH is right', async () => {
    const chain = { certificates: [leaf, root], urls: [url, 'http://certs.example.com/root.cer'] };
    const done = await talk((ask) => (ask.url === url ? leaf : root), chain);
    expect(done.b.asks.map(({ kind }) => kind)).toEqual(['fetch-certificate', 'fetch-certificate', 'certificates']);
    const thief = await talk((ask) => (ask.url === url ? leaf : root), { ...chain, privateKey: signerOf('p256-b').privateKey! });
    expect([thief.b.sa?.state, thief.b.asks.map(({ kind }) => kind)]).toEqual(['CLOSED', ['fetch-certificate']]);
  });

  test.each([
    ['another certificate', root, `expected SHA-1 ${toHex(sha1(leaf))}`],
    ['nothing', undefined, 'expected a certificate at http://certs.example.com/leaf.cer, found none'],
    ['an error', new IpsecError('timeout', 'a fetch', { expected: 'an answer', found: 'none in 5 s' }), 'none in 5 s'],
  ])('what is there is %s', async (_, value, message) => {
    const { b: responder } = await talk(() => value);
    expect([responder.sa?.state, errorOf(responder).message]).toEqual(['CLOSED', expect.stringContaining(message)]);
  });

  test('a bundle', async () => {
    const bundle = encodeDer(SEQUENCE, encodeDer(0xa0, leaf), encodeDer(0xa1, encodeDer(SEQUENCE)), encodeDer(0xa0, root));
    const named = (of: Uint8Array) => (data: Uint8Array) => cert('Hash and URL of X.509 bundle', concat(sha1(of), data.subarray(20)));
    const done = await talk(() => bundle, {}, wants, named(bundle));
    expect(done.b.asks[1]).toMatchObject({ certificates: [leaf, root], crls: [encodeDer(SEQUENCE)] });
    for (const bad of [
      encodeDer(SEQUENCE),
      encodeDer(SEQUENCE, encodeDer(0xa1, encodeDer(SEQUENCE))),
      encodeDer(SEQUENCE, encodeDer(0xa2, leaf)),
      encodeDer(SEQUENCE, leaf),
      leaf.subarray(9),
      encodeDer(SEQUENCE, ...Array.from({ length: 17 }, () => encodeDer(0xa0, encodeDer(SEQUENCE)))),
    ]) {
      const failed = await talk(() => bad, {}, wants, named(bad));
      expect([failed.b.sa?.state, errorOf(failed.b).code]).toEqual(['CLOSED', 'authentication-failed']);
    }
  });

  test('off by default: nothing is fetched, and the certificate itself comes', async () => {
    const done = await talk(() => leaf, {}, { ...wants, hashAndUrl: false });
    expect([done.b.sa?.state, done.b.asks.map(({ kind }) => kind)]).toEqual(['ESTABLISHED', ['certificates']]);
  });
});
