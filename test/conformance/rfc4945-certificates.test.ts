/** RFC 4945 sections 5 and 6: certificates, revocation lists, and the files that they come in. */
import { describe, expect, it } from 'vitest';
import type { IpsecError } from '../../src/errors.js';
import {
  type CertificateQuestion,
  createRevocationCache,
  readCertificates,
  readCrls,
  readPublicKeys,
  validateCertificate,
} from '../../src/x509.js';
import {
  certify,
  day,
  explicit,
  extension,
  generalName,
  implicit,
  int,
  keyOf,
  list,
  type Made,
  oid,
  type Octets,
  type Plan,
  seq,
  today,
  utf8,
} from '../x509/maker.js';

const root = certify({ subject: 'CN=Root', key: keyOf('root'), ca: true });
const leafOf = (plan: Partial<Plan> = {}, issuer: Made = root): Made => certify({ subject: 'CN=gw', key: keyOf('leaf'), ...plan }, issuer);

/** `good`, `unknown` of each certificate of the path; else why it is refused. */
const judge = (leaf: Made, more: Partial<CertificateQuestion> = {}): Promise<string> =>
  validateCertificate({ certificate: leaf.der, anchors: [root.der], at: today, ...more }).then(
    ({ revocation }) => revocation.join(' '),
    (error: unknown) => (error as IpsecError).message.replace(/ of the certificate of [^:]*(?=: )/, ''),
  );
const good = 'unknown';

describe('RFC 4945 section 5.1: certificates', () => {
  it('section 5.1.1: version 1 will do for an anchor', async () => {
    const old = certify({ subject: 'CN=Old', key: keyOf('old'), version: 1 });
    expect(await judge(leafOf({}, old), { anchors: [old.der] })).toBe(good);
    const between = certify({ subject: 'CN=Between', key: keyOf('between'), version: 1 }, root);
    expect(await judge(leafOf({}, between), { others: [between.der] })).toContain('basicConstraints: expected cA TRUE');
  });

  it('section 5.1.3: what is known is looked at, critical or not; what is critical and unknown ends it', async () => {
    const usages = (isCritical: boolean): Octets[] => [
      extension('2.5.29.15', Uint8Array.of(3, 2, 5, 0x20), isCritical),
      extension('2.5.29.19', seq(), isCritical),
    ];
    for (const isCritical of [true, false]) {
      expect(await judge(leafOf({ bare: true, extensions: usages(isCritical) }))).toContain('keyUsage: expected digitalSignature');
      const clients = extension('2.5.29.37', seq(oid('1.3.6.1.5.5.7.3.2')), isCritical);
      expect(await judge(leafOf({ extensions: [clients] }))).toContain('extendedKeyUsage: expected');
      const strange = extension('1.3.6.1.4.1.99999.1', seq(), isCritical);
      expect(await judge(leafOf({ extensions: [strange] }))).toContain(isCritical ? 'critical extensions: expected' : good);
      const outside = extension('2.5.29.30', seq(explicit(0, seq(generalName('DNS:example.org')))), isCritical);
      const sub = certify({ subject: 'CN=Sub', key: keyOf('sub'), ca: true, extensions: [outside] }, root);
      expect(await judge(leafOf({ altNames: ['DNS:gw.example.com'] }, sub), { others: [sub.der] })).toContain('gw.example.com');
    }
  });

  it('section 5.1.3.1: key identifiers are not needed', async () => {
    const bare = certify({ subject: 'CN=Root', key: keyOf('root'), ca: true, noKeyIds: true });
    const sub = certify({ subject: 'CN=Sub', key: keyOf('sub'), ca: true, noKeyIds: true }, bare);
    expect(await judge(leafOf({ noKeyIds: true }, sub), { anchors: [bare.der], others: [sub.der] })).toBe('unknown unknown');
  });

  it('section 5.1.3.2: where there is a keyUsage, digitalSignature or nonRepudiation is in it', async () => {
    for (const keyUsage of [0x80, 0x40, 0xc0, 0xa0, null]) expect(await judge(leafOf({ keyUsage }))).toBe(good);
    for (const keyUsage of [0x20, 0x10, 0x08]) expect(await judge(leafOf({ keyUsage }))).toContain('keyUsage: expected digitalSignature');
  });

  it('sections 5.1.3.3, 5.1.3.7, 5.1.3.15 and 5.1.3.17: what has no say has none', async () => {
    const past = implicit(1, utf8('20200101000000Z'));
    const names = seq(generalName('DNS:elsewhere.example'));
    const place = seq(explicit(0, explicit(0, generalName('URI:http://delta.example/'))));
    for (const [id, value] of [
      ['2.5.29.16', seq(past)],
      ['2.5.29.18', names],
      ['2.5.29.46', seq(place)],
      ['1.3.6.1.5.5.7.1.11', seq(seq(oid('1.3.6.1.5.5.7.48.5'), generalName('URI:http://repository.example/')))],
    ] as const)
      for (const isCritical of [false, true]) expect(await judge(leafOf({ extensions: [extension(id, value, isCritical)] }))).toBe(good);
  });

  it('section 5.1.3.4: policies are no reason to refuse a certificate', async () => {
    expect(await judge(leafOf({ policies: ['1.2.3.4'] }))).toBe(good);
    const list = extension('2.5.29.32', seq(seq(oid('1.2.3.4'))), true);
    expect(await judge(leafOf({ extensions: [list] }))).toBe(good);
  });

  it('section 5.1.3.6.2: an address with a mask in the subjectAltName', async () => {
    expect(await judge(leafOf({ altNames: ['IP:0a000000ffffff00'] }))).toContain('expected an address of 4 or 16 octets');
  });

  it('section 5.1.3.9: an authority without basicConstraints is none, unless somebody says so', async () => {
    const sub = certify({ subject: 'CN=Sub', key: keyOf('sub'), bare: true }, root);
    const leaf = leafOf({}, sub);
    expect(await judge(leaf, { others: [sub.der] })).toContain('basicConstraints: expected cA TRUE');
    expect(await judge(leaf, { others: [sub.der], allowMissingBasicConstraints: true })).toBe('unknown unknown');
  });

  it('section 5.1.3.12: no extendedKeyUsage, ipsecIKE or any: continue; else reject', async () => {
    const [ike, any, server] = ['1.3.6.1.5.5.7.3.17', '2.5.29.37.0', '1.3.6.1.5.5.7.3.1'];
    for (const eku of [[ike], [any], [server, ike], [any, server]]) expect(await judge(leafOf({ eku: eku }))).toBe(good);
    expect(await judge(leafOf())).toBe(good);
    for (const id of [server, '1.3.6.1.5.5.7.3.5', '1.3.6.1.5.5.7.3.6', '1.3.6.1.5.5.7.3.7'])
      expect(await judge(leafOf({ eku: [id] }))).toContain('extendedKeyUsage: expected ipsecIKE');
  });
});

describe('RFC 4945 section 5.2: revocation lists', () => {
  const point = (url: string): Octets => explicit(0, explicit(0, generalName(`URI:${url}`)));
  const [east, west] = ['http://crl.example/east', 'http://crl.example/west'];
  /** A list for one distribution point. */
  const listOf = (url: string, ...revoked: number[]): Octets =>
    list(root, { revoked, extensions: [extension('2.5.29.28', seq(point(url)), true)] });

  it('sections 5.1.3.13 and 5.2.2.5: the list of another distribution point does not take the place of the right one', async () => {
    const leaf = leafOf({ crlUrl: east });
    const strict = { revocation: 'required' } as const;
    expect(await judge(leaf, { ...strict, crls: [listOf(east)] })).toBe('good');
    expect(await judge(leaf, { ...strict, crls: [listOf(west)] })).toContain('it is for other certificates');
    expect(await judge(leaf, { crls: [listOf(east, leaf.serial), listOf(west)] })).toContain('found revoked at');
    expect(await judge(leafOf(), { ...strict, crls: [listOf(east)] })).toContain('it is for other certificates');
    const fetched = { ...strict, fetch: () => Promise.resolve(listOf(west)) };
    expect(await judge(leaf, fetched)).toContain('it is for other certificates');
  });

  it('a list for users, or for authorities, is for them alone', async () => {
    const only = (n: number): Octets => list(root, { extensions: [extension('2.5.29.28', seq(implicit(n, Uint8Array.of(0xff))), true)] });
    const strict = { revocation: 'required' } as const;
    expect(await judge(leafOf(), { ...strict, crls: [only(1)] })).toBe('good');
    expect(await judge(leafOf(), { ...strict, crls: [only(2)] })).toContain('it is for other certificates');
  });

  it('they are looked at by default; only "off" leaves them out', async () => {
    const leaf = leafOf();
    const crls = [list(root, { revoked: [leaf.serial] })];
    expect(await judge(leaf, { crls })).toContain('expected one that is not revoked');
    expect(await judge(leaf, { crls, revocation: 'off' })).toBe('unknown');
  });

  it('section 5.2.2.4.1: a delta is not taken, neither for good nor for the base that was there', async () => {
    const leaf = leafOf({ crlUrl: east });
    const delta = list(root, { nextUpdate: today + 2 * day, extensions: [extension('2.5.29.27', int(6), true)] });
    const base = list(root, { revoked: [leaf.serial] });
    const strict = { revocation: 'required' } as const;
    expect(await judge(leaf, { ...strict, crls: [delta] })).toContain('it is a delta');
    for (const crls of [
      [delta, base],
      [base, delta],
    ])
      expect(await judge(leaf, { ...strict, crls })).toContain('found revoked at');
    const cache = createRevocationCache();
    const fetching = (page: Octets): Partial<CertificateQuestion> => ({ ...strict, cache, fetch: () => Promise.resolve(page) });
    expect(await judge(leaf, fetching(base))).toContain('found revoked at');
    expect(await judge(leaf, fetching(delta))).toContain('found revoked at');
  });
});

describe('RFC 4945 section 6: files', () => {
  const pem = (label: string, der: Octets, width: number, between: string): string => {
    const lines = btoa(String.fromCharCode(...der)).match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
    return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join(between);
  };
  const leaf = leafOf();
  const crl = list(root);

  it('LF, CR and CRLF, white space around lines, lines of any length', () => {
    for (const end of ['\n', '\r', '\r\n', ' \t\r\n  ', '\t\n'])
      for (const width of [1, 7, 64, 76, 5000]) {
        expect(readCertificates(pem('CERTIFICATE', leaf.der, width, end))).toEqual([leaf.der]);
        expect(readCrls(pem('X509 CRL', crl, width, end))).toEqual([crl]);
        expect(readPublicKeys(pem('PUBLIC KEY', leaf.key.spki, width, end)).map(({ spki }) => spki)).toEqual([leaf.key.spki]);
      }
  });
});
