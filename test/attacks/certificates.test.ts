/** Rows 18, 19, 20 of the list of known attacks: certificates that somebody has made to hurt. Work is counted, never timed. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { concat } from '../../src/bytes.js';
import { identityOfCertificate } from '../../src/eap/tls-names.js';
import { IpsecError } from '../../src/errors.js';
import type { AskCertificates } from '../../src/keying/asks.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { type CertificateQuestion, createCertificateVerifier, createRevocationCache, validateCertificate } from '../../src/x509.js';
import { readCertificate } from '../../src/x509/certificate.js';
import { readRevocationList } from '../../src/x509/crl.js';
import { findCached, keepCached } from '../../src/x509/lru.js';
import { readOcspResponse } from '../../src/x509/ocsp.js';
import { findPath } from '../../src/x509/search.js';
import {
  bits,
  certify,
  der,
  explicit,
  extension,
  generalName,
  int,
  type Key,
  keyOf,
  list,
  type Made,
  octets,
  oid,
  respond,
  seq,
  today,
} from '../x509/maker.js';

const root = certify({ subject: 'CN=Root', key: keyOf('root'), ca: true });
const sub = certify(
  {
    subject: 'CN=Sub',
    key: keyOf('sub'),
    ca: true,
    permitted: ['DNS:example.com'],
    excluded: ['IP:0a000000ff000000'],
    policies: ['1.2.3'],
  },
  root,
);
const leaf = certify(
  {
    subject: 'C=US/O=Example/CN=gw',
    key: keyOf('leaf'),
    altNames: ['DNS:gw.example.com', 'email:a@example.com', 'dir:CN=x'],
    crlUrl: 'http://crl.example.com/',
    ocspUrl: 'http://ocsp.example.com/',
  },
  sub,
);

const refusal = async (question: Partial<CertificateQuestion>): Promise<IpsecError> =>
  validateCertificate({ certificate: leaf.der, others: [sub.der], anchors: [root.der], at: today, ...question }).then(
    () => Promise.reject(new Error('it was taken')),
    (error: unknown) => {
      if (!(error instanceof IpsecError)) throw error;
      return error;
    },
  );

/** Whatever it is, it comes out as itself or as an IpsecError. */
function survive(read: () => unknown): 'whole' | 'refused' {
  try {
    read();
    return 'whole';
  } catch (error) {
    if (error instanceof IpsecError) return 'refused';
    throw error;
  }
}

const structures = [
  { what: 'a certificate', whole: leaf.der, read: readCertificate },
  { what: 'an authority', whole: sub.der, read: readCertificate },
  {
    what: 'a revocation list',
    whole: list(root, { revoked: [1, 2, 3], reason: 1 }),
    read: (b: Uint8Array) => readRevocationList(b, 1_000_000),
  },
  {
    what: 'an OCSP response',
    whole: respond(leaf, sub, { status: 'revoked' }),
    read: (b: Uint8Array) => readOcspResponse(b, 1_000_000),
  },
];

describe('row 18: CVE-2026-14957, CVE-2017-9023, CVE-2026-35329: hostile DER', () => {
  it.each(structures)('row 18: $what, cut off at every octet', ({ whole, read }) => {
    expect(survive(() => read(whole))).toBe('whole');
    for (let length = 0; length < whole.length; length++) expect(survive(() => read(whole.subarray(0, length)))).toBe('refused');
  });

  it.each(structures)('row 18: $what, each octet changed in several ways', ({ whole, read }) => {
    let refused = 0;
    for (let i = 0; i < whole.length; i++)
      for (const change of [0x01, 0x20, 0x80, 0xff]) {
        const copy = whole.slice();
        copy[i]! ^= change;
        if (survive(() => read(copy)) === 'refused') refused++;
      }
    expect(refused).toBeGreaterThan(whole.length / 2);
  });

  it.each(structures)('row 18: $what with anything put in, taken out, doubled', ({ whole, read }) => {
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length), fc.uint8Array({ maxLength: 40 }), (a, b, middle) => {
        survive(() => read(concat(whole.subarray(0, a), middle, whole.subarray(b))));
      }),
      { numRuns: 300 },
    );
  });

  it('row 18: no octets at all, and any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        for (const { read } of structures) {
          survive(() => read(any));
          survive(() => read(seq(any)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('row 18: nesting, CHOICE in CHOICE, lengths without end', () => {
    const nest = (tag: number, depth: number): Uint8Array => {
      let inner = der(tag);
      for (let i = 1; i < depth; i++) inner = der(tag, inner);
      return inner;
    };
    const hostile = [
      nest(0x30, 10_000),
      nest(0xa0, 5000),
      nest(0xa4, 2000),
      new Uint8Array(60_000).fill(0x30),
      Uint8Array.of(0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0),
      Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 1, 0),
      Uint8Array.of(0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00),
      seq(...Array.from({ length: 20_000 }, () => seq())),
      seq(new Uint8Array(70_000)),
    ];
    for (const octetsOf of hostile) for (const { read } of structures) expect(survive(() => read(octetsOf))).toBe('refused');
    for (const value of hostile) {
      const inside = certify({ subject: 'CN=x', key: keyOf('x'), extensions: [extension('2.5.29.30', value, true)] }, root).der;
      expect(survive(() => readCertificate(inside))).toBe('refused');
    }
  });

  it('row 18: public keys that are none, and numbers that are too large or too small', async () => {
    const rsa = (modulus: Uint8Array, exponent: Uint8Array): Uint8Array =>
      seq(seq(oid('1.2.840.113549.1.1.1'), der(0x05)), bits(seq(int(modulus), int(exponent))));
    const ec = (point: Uint8Array, curve = '1.2.840.10045.3.1.7'): Uint8Array =>
      seq(seq(oid('1.2.840.10045.2.1'), oid(curve)), bits(point));
    const odd = (size: number): Uint8Array => new Uint8Array(size).fill(0xff);
    const keys = [
      rsa(odd(256), Uint8Array.of(1)),
      rsa(odd(256), Uint8Array.of(2)),
      rsa(odd(256).fill(0xfe, 255), Uint8Array.of(1, 0, 1)),
      rsa(odd(2040), odd(2040)),
      rsa(Uint8Array.of(0), Uint8Array.of(0)),
      seq(seq(oid('1.2.840.113549.1.1.1')), bits(new Uint8Array(0))),
      ec(new Uint8Array(65)),
      ec(concat(Uint8Array.of(4), odd(64))),
      ec(Uint8Array.of(0)),
      ec(new Uint8Array(65), '1.2.3.4'),
      seq(seq(oid('1.3.101.112')), bits(odd(32))),
      seq(seq(oid('1.3.101.112')), bits(new Uint8Array(31))),
    ];
    for (const spki of keys) {
      const bad = certify({ subject: 'CN=Bad', key: { ...keyOf('bad'), spki, bits: octets() }, ca: true }, root);
      const below = certify({ subject: 'CN=gw', key: keyOf('leaf'), noKeyIds: true }, { subject: 'CN=Bad', key: keyOf('bad') });
      expect((await refusal({ certificate: below.der, others: [bad.der] })).code).toBe('authentication-failed');
    }
  });
});

describe('row 18: CVE-2026-35331, CVE-2013-6075: names', () => {
  it('row 18: an excluded name is found in every kind, wherever it stands among many', async () => {
    const kinds = [
      ['DNS:evil.example.com', 'DNS:a.evil.example.com'],
      ['email:evil.example.com', 'email:a@evil.example.com'],
      ['URI:evil.example.com', 'URI:https://evil.example.com/'],
      ['IP:0a000000ff000000', 'IP:0a01ff02'],
      ['dir:CN=evil', 'dir:CN=EVIL/O=x'],
    ] as const;
    for (const [excluded, bad] of kinds)
      for (const place of [0, 20, 40]) {
        const authority = certify({ subject: 'CN=Sub', key: keyOf('sub'), ca: true, excluded: ['DNS:other', excluded] }, root);
        const names = Array.from({ length: 40 }, (_, i) => `DNS:host${i}.example.com`);
        names.splice(place, 0, bad);
        const certificate = certify({ subject: 'CN=gw', key: keyOf('leaf'), altNames: names }, authority);
        expect((await refusal({ certificate: certificate.der, others: [authority.der] })).expected).toContain('none in the excluded');
      }
  });

  it('row 18: one permitted name does not excuse the others', async () => {
    const certificate = certify({ subject: 'CN=gw', key: keyOf('leaf'), altNames: ['DNS:gw.example.com', 'DNS:bank.example.org'] }, sub);
    expect((await refusal({ certificate: certificate.der })).found).toBe('dNSName bank.example.org');
  });

  it('row 18: a NUL ends no name', async () => {
    for (const text of ['DNS:gw.example.com\0.example.org', 'email:a@example.com\0b', 'URI:http://a\0b/'])
      expect((await refusal({ certificate: certify({ subject: 'CN=gw', key: keyOf('leaf'), altNames: [text] }, sub).der })).expected).toBe(
        'printable ASCII',
      );
  });

  it('row 18: names compare as wholes: no prefix, no other division', async () => {
    for (const subject of ['CN=Sub/CN=x', 'CN=Su', 'CN=Sub+O=x', '']) {
      const impostor = certify({ subject, key: keyOf('sub'), ca: true, noKeyIds: true }, root);
      expect((await refusal({ others: [impostor.der] })).expected).toBe('CN=Root');
    }
  });

  it('row 18: very many constraints on very many names are not compared to the end', async () => {
    const many = Array.from({ length: 600 }, (_, i) => `DNS:n${i}.example.com`);
    const authority = certify({ subject: 'CN=Sub', key: keyOf('sub'), ca: true, excluded: many }, root);
    const certificate = certify(
      { subject: 'CN=gw', key: keyOf('leaf'), altNames: many.map((text) => text.replace('DNS:n', 'DNS:x')) },
      authority,
    );
    expect((await refusal({ certificate: certificate.der, others: [authority.der] })).expected).toBe('up to 32768 comparisons of names');
  });
});

describe('row 18: loops, cross-signed graphs, depth: bounded work', () => {
  /** Every authority has signed every other one. */
  const mesh = (size: number): Made[] => {
    const list = Array.from({ length: size }, (_, i) => ({ subject: `CN=Mesh ${i}`, key: keyOf(`mesh ${i}`) }));
    return list.flatMap((a) => list.filter((b) => b !== a).map((b) => certify({ ...a, ca: true }, b)));
  };

  /** How much is done before the answer. */
  async function workOf(
    certificate: Made,
    others: readonly Made[],
    maxSignatures = 64,
    maxSteps = 256,
  ): Promise<{ signatures: number; kind: string }> {
    const work = { signatures: 0, maxSignatures };
    const rules = {
      at: today,
      extKeyUsages: [],
      allowMissingBasicConstraints: false,
      requirePolicy: false,
      policies: undefined,
      purpose: 'authentication',
    } as const;
    const search = {
      anchors: [readCertificate(root.der)],
      others: others.map((c) => readCertificate(c.der)),
      rules,
      work,
      maxDepth: 10,
      maxSteps,
    };
    const found = await findPath(readCertificate(certificate.der), search);
    return { signatures: work.signatures, kind: 'kind' in found ? found.kind : 'found' };
  }

  it('row 18: A has signed B, and B has signed A: two signatures, and an end', async () => {
    const a = { subject: 'CN=A', key: keyOf('A') };
    const b = { subject: 'CN=B', key: keyOf('B') };
    const certificate = certify({ subject: 'CN=gw', key: keyOf('leaf') }, a);
    expect(await workOf(certificate, [certify({ ...a, ca: true }, b), certify({ ...b, ca: true }, a)])).toEqual({
      signatures: 2,
      kind: 'untrusted',
    });
  });

  it('row 18: a certificate that has signed itself, and one that says so', async () => {
    const self = certify({ subject: 'CN=A', key: keyOf('A'), ca: true });
    expect(await workOf(self, [self])).toEqual({ signatures: 0, kind: 'untrusted' });
    const claims = certify({ subject: 'CN=A', key: keyOf('A'), ca: true }, { subject: 'CN=A', key: keyOf('B') });
    expect((await workOf(claims, [claims, self])).kind).toBe('untrusted');
  });

  it('row 18: a mesh of seven, 42 certificates and 1957 ways: each signature once, and a limit on the ways', async () => {
    const others = mesh(7);
    const certificate = certify({ subject: 'CN=gw', key: keyOf('leaf') }, others[0]);
    const { signatures, kind } = await workOf(certificate, others);
    expect(kind).not.toBe('found');
    expect(signatures).toBeLessThanOrEqual(64);
    // Without limits each pair is still looked at once only: 6 for the leaf's issuer, and of 42 each with the 6 of its issuer's name.
    expect((await workOf(certificate, others, 10_000, 100_000)).signatures).toBeLessThanOrEqual(42 * 6 + 6);
  });

  it('row 18: thirty authorities of one name and different keys: one signature each', async () => {
    const others = Array.from({ length: 30 }, (_, i) =>
      certify({ subject: 'CN=Twin', key: keyOf(`twin ${i}`), ca: true, noKeyIds: true }, root),
    );
    const certificate = certify({ subject: 'CN=gw', key: keyOf('leaf'), noKeyIds: true }, { subject: 'CN=Twin', key: keyOf('nobody') });
    expect(await workOf(certificate, others)).toEqual({ signatures: 30, kind: 'untrusted' });
  });

  it('row 18: a thousand certificates of a peer: only the first are read', async () => {
    const many = Array.from({ length: 1000 }, () => new Uint8Array([0x30, 0]));
    expect((await refusal({ others: [...many, sub.der] })).found).toBe('CN=Sub');
  });

  it('row 18: a chain that is longer than the depth', async () => {
    let top = root;
    const others = Array.from({ length: 20 }, (_, i) => (top = certify({ subject: `CN=L${i}`, key: keyOf(`level ${i}`), ca: true }, top)));
    expect(await workOf(certify({ subject: 'CN=gw', key: keyOf('leaf') }, top), others)).toEqual({ signatures: 9, kind: 'untrusted' });
  });

  it('row 18: mappings of policies that double with each authority stay a set', async () => {
    let top = root;
    const pairs = Array.from({ length: 8 }, (_, i) => `1.2.3.${i}`);
    const mapping = extension('2.5.29.33', seq(...pairs.flatMap((a) => pairs.map((b) => seq(oid(a), oid(b))))), true);
    const others = Array.from(
      { length: 8 },
      (_, i) => (top = certify({ subject: `CN=P${i}`, key: keyOf(`level ${i}`), ca: true, policies: pairs, extensions: [mapping] }, top)),
    );
    const certificate = certify({ subject: 'CN=gw', key: keyOf('leaf'), policies: pairs }, top);
    const path = await validateCertificate({
      certificate: certificate.der,
      others: others.map((c) => c.der),
      anchors: [root.der],
      at: today,
    });
    expect([...path.policies].sort()).toEqual(pairs);
  });
});

describe('row 18: CVE-2026-14957: keys that are none', () => {
  it('row 18: authorities with any octets for a key: nothing but an IpsecError, and the way round them is found', async () => {
    const named = (id: string, point: Uint8Array, signature: Uint8Array): Key => {
      const algorithm = seq(oid(id));
      return { spki: seq(algorithm, bits(point)), bits: point, algorithm, sign: () => signature };
    };
    const ec = (point: Uint8Array): Key => {
      const spki = seq(seq(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bits(point));
      return { spki, bits: point, algorithm: seq(oid('1.2.840.10045.4.3.2')), sign: () => seq(int(1), int(1)) };
    };
    const keys = [0, 1, 5, 31, 32, 33, 56, 57, 58, 65].flatMap((length) =>
      [0, 1, 4, 0xff].flatMap((octet) => {
        const point = new Uint8Array(length).fill(octet);
        return [named('1.3.101.112', point, new Uint8Array(64)), named('1.3.101.113', point, new Uint8Array(114)), ec(point)];
      }),
    );
    for (const key of keys) {
      const broken = certify({ subject: 'CN=Broken', key, ca: true }, root);
      const leaf = certify({ subject: 'CN=gw', key: keyOf('leaf') }, broken);
      const question = { certificate: leaf.der, others: [broken.der], anchors: [root.der], at: today };
      await expect(validateCertificate(question)).rejects.toBeInstanceOf(IpsecError);
    }
    const leaf = certify(
      { subject: 'CN=gw', key: keyOf('leaf', 'Ed25519'), noKeyIds: true },
      { subject: 'CN=Twin', key: keyOf('twin', 'Ed25519') },
    );
    const twins = [named('1.3.101.112', new Uint8Array(5), new Uint8Array(64)), keyOf('twin', 'Ed25519')].map(
      (key) => certify({ subject: 'CN=Twin', key, ca: true, noKeyIds: true }, root).der,
    );
    await expect(validateCertificate({ certificate: leaf.der, others: twins, anchors: [root.der], at: today })).resolves.toMatchObject({
      certificates: { length: 3 },
    });
  });
});

describe('row 18: names of clients of EAP-TLS', () => {
  it('row 18: a wildcard is nobody: the holder of it is none of the hosts that a pattern takes', () => {
    const names = (...altNames: string[]): unknown =>
      identityOfCertificate(certify({ subject: 'CN=web', key: keyOf('leaf'), altNames }, root).der, '*.example.com');
    expect(names('DNS:*.example.com', 'DNS:a.example.com')).toEqual({ type: 'ID_FQDN', name: 'a.example.com' });
    expect(names('DNS:*.example.com')).toMatchObject({ type: 'ID_DER_ASN1_DN' });
  });
});

describe('row 19: CVE-2022-40617: what is fetched, and when', () => {
  const ask = (certificates: readonly Made[]): AskCertificates => ({
    kind: 'certificates',
    round: 0,
    peerId: parseIdentity('gw.example.com'),
    matchIdentity: true,
    certificates: certificates.map((c) => c.der),
    crls: [],
    ocspResponses: [],
  });

  it('row 19: nothing without a callback, nothing of a path that is not trusted', async () => {
    const urls: string[] = [];
    const fetch = (url: string): Promise<Uint8Array> => Promise.resolve(urls.push(url)).then(() => new Uint8Array(0));
    const foreign = certify({ subject: 'CN=Evil', key: keyOf('evil'), ca: true });
    const evil = certify(
      {
        subject: 'CN=gw',
        key: keyOf('leaf'),
        altNames: ['DNS:gw.example.com'],
        crlUrl: 'http://169.254.169.254/',
        ocspUrl: 'http://127.0.0.1:22/',
      },
      foreign,
    );
    expect((await createCertificateVerifier({ anchors: [root.der], fetch })(ask([evil, foreign]), today)) === 'trusted').toBe(false);
    expect(urls).toEqual([]);
  });

  it('row 19: only http and https, only so often, only so much', async () => {
    const log: [string, number, number][] = [];
    const points = [
      'file:///etc/passwd',
      'ldap://x/y',
      'gopher://x',
      `http://${'x'.repeat(3000)}/`,
      'http://',
      ...Array.from({ length: 50 }, (_, i) => `http://crl${i}.example.com/`),
    ];
    const cdp = extension('2.5.29.31', seq(...points.map((url) => seq(explicit(0, explicit(0, generalName(`URI:${url}`)))))));
    const certificate = certify({ subject: 'CN=gw', key: keyOf('leaf'), altNames: ['DNS:gw.example.com'], extensions: [cdp] }, root);
    const verify = createCertificateVerifier({
      anchors: [root.der],
      revocation: 'required',
      fetch: (url, { maxOctets, deadline }) =>
        Promise.resolve(log.push([url, maxOctets, deadline])).then(() => new Uint8Array(maxOctets + 1)),
    });
    expect(await verify(ask([certificate]), today)).toMatchObject({ code: 'authentication-failed', found: 'nothing about it' });
    expect(log).toEqual(Array.from({ length: 4 }, (_, i) => [`http://crl${i}.example.com/`, 4_194_304, 5000]));
  });

  it('row 19: a callback that throws, or gives what is no list', async () => {
    const certificate = certify(
      {
        subject: 'CN=gw',
        key: keyOf('leaf'),
        altNames: ['DNS:gw.example.com'],
        crlUrl: 'http://crl.example.com/',
        ocspUrl: 'http://ocsp.example.com/',
      },
      root,
    );
    const answers = [
      () => Promise.reject(new TypeError('fetch failed')),
      () => Promise.resolve(new Uint8Array(1000).fill(0x30)),
      () => Promise.resolve(root.der),
    ];
    for (const fetch of answers)
      expect(await createCertificateVerifier({ anchors: [root.der], fetch })(ask([certificate]), today)).toBe('trusted');
  });
});

describe('row 20: CVE-2021-41991: a cache that never grows beyond its bounds', () => {
  const aList = readRevocationList(list(root, { revoked: [1] }), 10_000);
  const command = fc.oneof(
    fc.record({ do: fc.constant('keep' as const), key: fc.string({ maxLength: 12 }), octets: fc.nat(5000), until: fc.nat(100) }),
    fc.record({ do: fc.constant('find' as const), key: fc.string({ maxLength: 12 }), at: fc.nat(100) }),
  );

  it('row 20: whatever is kept and looked for', () => {
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 200 }),
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 0, max: 9000 }),
        (commands, maxEntries, maxOctets) => {
          const cache = createRevocationCache({ maxEntries, maxOctets });
          for (const c of commands) {
            if (c.do === 'keep') keepCached(cache, c.key, { kind: 'list', list: { ...aList, octets: c.octets } }, c.until);
            else findCached(cache, c.key, c.at);
            expect(cache.entries.size).toBeLessThanOrEqual(maxEntries);
            expect(cache.octets).toBeLessThanOrEqual(maxOctets);
            expect(cache.octets).toBe([...cache.entries.values()].reduce((sum, entry) => sum + entry.octets, 0));
          }
        },
      ),
    );
  });

  it('row 20: what was used last is kept, what is over is not found', () => {
    const cache = createRevocationCache({ maxEntries: 2 });
    for (const key of ['a', 'b']) keepCached(cache, key, { kind: 'good' }, 10);
    expect(findCached(cache, 'a', 10)).toEqual({ kind: 'good' });
    keepCached(cache, 'c', { kind: 'good' }, 10);
    expect([...cache.entries.keys()]).toEqual(['a', 'c']);
    expect(findCached(cache, 'a', 11)).toBeUndefined();
    expect([...cache.entries.keys()]).toEqual(['c']);
  });

  it('row 19: who was found on a list does not get rid of it with an older one', async () => {
    const certificate = certify({ subject: 'CN=gw', key: keyOf('leaf'), serial: 7, crlUrl: 'http://crl.example.com/' }, root);
    const verify = createCertificateVerifier({ anchors: [root.der], fetch: () => Promise.resolve(list(root, { revoked: [7] })) });
    const about = {
      kind: 'certificates',
      round: 0,
      peerId: parseIdentity('gw.example.com'),
      matchIdentity: false,
      ocspResponses: [],
    } as const;
    const question = { ...about, certificates: [certificate.der], crls: [] };
    expect(await verify(question, today)).toMatchObject({ message: expect.stringMatching(/revoked at/) as string });
    const older = list(root, { thisUpdate: today - 2 * 86_400_000 });
    expect(await verify({ ...question, crls: [older] }, today)).toMatchObject({ message: expect.stringMatching(/revoked at/) as string });
  });

  it('row 20: a hundred peers with a certificate each', async () => {
    const cache = createRevocationCache({ maxEntries: 16 });
    const verify = createCertificateVerifier({ anchors: [root.der], cache, fetch: () => Promise.resolve(list(root)) });
    for (let i = 0; i < 100; i++) {
      const certificate = certify({ subject: 'CN=gw', key: keyOf('leaf'), crlUrl: `http://crl${i}.example.com/` }, root);
      const question = {
        kind: 'certificates',
        round: 0,
        peerId: parseIdentity('gw.example.com'),
        matchIdentity: false,
        certificates: [certificate.der],
        crls: [],
        ocspResponses: [],
      } as const;
      expect(await verify(question, today)).toBe('trusted');
    }
    expect(cache.entries.size).toBe(16);
  });
});
