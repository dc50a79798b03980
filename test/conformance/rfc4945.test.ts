/** RFC 4945 sections 3 and 4: identities, certificate requests and certificates in IKEv2. */
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../src/bytes.js';
import { parseEndpointConfig } from '../../src/endpoint.js';
import type { Payload } from '../../src/ike.js';
import { readCertificatePayloads } from '../../src/ikev2/certificate-payload.js';
import type { Connection, OwnSignature } from '../../src/keying/connection.js';
import { findPayload } from '../../src/ikev2/pick.js';
import { sha1 } from '../../src/suite/sha1.js';
import { defaultSignatureRows as rows, publicKeyOfCertificate } from '../../src/suite/sign.js';
import { subjectOfCertificate } from '../../src/suite/public-key.js';
import { createCertificateVerifier, identitiesOfCertificate } from '../../src/x509.js';
import { formatIdentity, type Identity, parseIdentity } from '../../src/traffic-selector.js';
import { connectionOf, converse, errorOf, namesOf, type Talk } from '../ikev2/converse.js';
import { ownOf, type Signer, signerOf } from '../ikev2/signers.js';
import { allRows } from '../pair.js';
import { certify, generalName, keyOf, type Made, name as nameOf, type Plan, today } from '../x509/maker.js';

const root = certify({ subject: 'CN=Root', key: keyOf('root'), ca: true });
const sub = certify({ subject: 'CN=Sub', key: keyOf('sub'), ca: true }, root);
const names = ['DNS:gw.example.com', 'email:gw@example.com', 'IP:c0000201', 'IP:20010db8000000000000000000000001'];
/** A gateway with a key on P-256 and this certificate. */
function gateway(plan: Partial<Plan> = {}, issuer = root): Signer {
  const signer = signerOf('p256-a');
  const key = { ...keyOf('leaf'), spki: signer.publicKey.spki };
  const made = certify({ subject: 'C=CH/O=Example/CN=gw', key, altNames: names, ...plan }, issuer);
  return { ...signer, certificates: [made.der] };
}
const friend = signerOf('ed25519-b');

/** What goes over the wire when a gateway with a certificate talks to a friend that trusts `root`; the friend is not asked for one. */
interface Case {
  readonly signer?: Signer;
  readonly id: string;
  readonly own?: Partial<OwnSignature>;
  readonly as?: 'initiator' | 'responder';
  readonly matchAddress?: boolean;
  readonly matchCertificate?: boolean;
  readonly authorities?: readonly Made[];
  readonly auth?: (payloads: readonly Payload[], from: 'a' | 'b') => readonly Payload[];
  readonly init?: (payloads: readonly Payload[], from: 'a' | 'b') => readonly Payload[];
}

function talk(plan: Case): Promise<Talk> {
  const { signer = gateway(), id, own, as = 'initiator', matchAddress, matchCertificate, authorities = [root], auth, init } = plan;
  const verify = createCertificateVerifier({ anchors: authorities.map(({ der }) => der) });
  const answer = (ask: Parameters<Exclude<Parameters<typeof converse>[2], undefined>['a'] & object>[0]): unknown =>
    ask.kind === 'certificates' ? verify(ask, today) : undefined;
  const demand = { method: 'certificate', rows, authorities: authorities.map(({ key }) => sha1(key.spki)) } as const;
  const known = { method: 'public-key', keys: [friend.publicKey], rows } as const;
  const gw = connectionOf(
    ['friend.example', 'friend.example'],
    { localAuth: ownOf(signer, own), remoteAuth: known },
    { localId: parseIdentity(id) },
  );
  const other = connectionOf(['friend.example', '*'], { localAuth: ownOf({ ...friend, certificates: [] }), remoteAuth: demand });
  const authentication = { ...other.peer.authentication, matchAddress, matchCertificate };
  const strict: Connection = { ...other, peer: { ...other.peer, authentication } };
  const middle = { ...(auth && { auth }), ...(init && { init }) };
  return as === 'initiator' ? converse(gw, [strict], { b: answer }, middle) : converse(strict, [gw], { a: answer }, middle);
}

const states = ({ a, b }: Talk): (string | undefined)[] => [a.sa?.state, b.sa?.state];
const both = ['ESTABLISHED', 'ESTABLISHED'];
const roles = ['initiator', 'responder'] as const;

describe('RFC 4945 section 3.1: identities', () => {
  it('each type can be sent, as it stands in the certificate, and is found there; in both roles', async () => {
    const subject = 'CN=gw, O=Example, C=CH';
    for (const [id, idType] of [
      ['gw.example.com', 'ID_FQDN'],
      ['gw@example.com', 'ID_RFC822_ADDR'],
      ['192.0.2.1', 'ID_IPV4_ADDR'],
      ['2001:db8::1', 'ID_IPV6_ADDR'],
      [subject, 'ID_DER_ASN1_DN'],
    ] as const)
      for (const as of roles) {
        const done = await talk({ id, as, matchAddress: false });
        expect(states(done)).toEqual(both);
        const sent = as === 'initiator' ? findPayload(done.a.said[1]!, 'IDi')! : findPayload(done.b.said[1]!, 'IDr')!;
        expect(sent.idType).toBe(idType);
        const listed = names.map((text) => toHex(generalName(text).subarray(2)));
        expect([...listed, toHex(nameOf('C=CH/O=Example/CN=gw'))]).toContain(toHex(sent.data));
      }
  });

  it('an identity that does not stand in the certificate ends it, and our log says which do; in both roles', async () => {
    for (const [id, expected] of [
      ['vpn.example.com', 'vpn.example.com as a dNSName of its subjectAltName'],
      ['root@example.com', 'root@example.com as an rfc822Name of its subjectAltName'],
      ['192.0.2.9', '192.0.2.9 as an iPAddress of its subjectAltName'],
      ['2001:db8::9', '2001:db8::9 as an iPAddress of its subjectAltName'],
      ['C=CH, O=Example', 'the subject C=CH, O=Example'],
      ['ID_KEY_ID:0102', 'a kind of identity that stands in certificates (ID_KEY_ID does not)'],
    ] as const)
      for (const as of roles) {
        const done = await talk({ id, as, matchAddress: false });
        const refuser = as === 'initiator' ? done.b : done.a;
        expect([refuser.sa?.state, namesOf(refuser.said.at(as === 'initiator' ? 1 : 2))]).toEqual(['CLOSED', 'AUTHENTICATION_FAILED']);
        const error = errorOf(refuser);
        expect([error.code, error.expected]).toEqual(['authentication-failed', expected]);
        expect(error.found).toContain('dNSName gw.example.com');
        expect(refuser.actions.some(({ type }) => type === 'established' || type === 'installChild')).toBe(false);
      }
  });

  it('sections 3.1.2 and 3.1.3: letters of both cases are the same; the check can be left out, and is not by default', async () => {
    for (const id of ['GW.Example.COM', 'GW@Example.com']) expect(states(await talk({ id }))).toEqual(both);
    expect(states(await talk({ id: 'vpn.example.com', matchCertificate: false }))).toEqual(both);
    expect(states(await talk({ id: 'example.com' }))).toEqual(['CLOSED', 'CLOSED']);
  });

  it('section 3.1.5: the octets of a distinguished name are those of the certificate, however its texts are encoded', async () => {
    for (const stringTag of [0x0c, 0x13, 0x14]) {
      const signer = gateway({ stringTag });
      const [der] = signer.certificates;
      const [subject] = identitiesOfCertificate(der!) as [Identity];
      for (const as of roles) {
        const done = await talk({ id: formatIdentity(subject), signer, as });
        expect(states(done)).toEqual(both);
        const sent = as === 'initiator' ? findPayload(done.a.said[1]!, 'IDi')! : findPayload(done.b.said[1]!, 'IDr')!;
        expect(toHex(sent.data)).toBe(toHex(subjectOfCertificate(der!)));
        expect(toHex(sent.data)).toBe(toHex(nameOf('C=CH/O=Example/CN=gw', stringTag)));
      }
    }
  });

  it('section 3.1.8: a certificate with several identities speaks for each of them; an empty subject takes none away', async () => {
    const signer = gateway({ subject: '', altNames: ['DNS:a.example.com', 'DNS:b.example.com', 'email:c@example.com'] });
    for (const id of ['a.example.com', 'b.example.com', 'c@example.com']) expect(states(await talk({ id, signer }))).toEqual(both);
    expect(identitiesOfCertificate(signer.certificates[0]!).map(({ type }) => type)).not.toContain('ID_DER_ASN1_DN');
  });

  it('section 3.1.9: a host name in the subject is no identity', async () => {
    const signer = gateway({ subject: 'CN=gw.example.com', altNames: ['DNS:other.example.com'] });
    const done = await talk({ id: 'gw.example.com', signer });
    expect(states(done)).toEqual(['CLOSED', 'CLOSED']);
    expect(errorOf(done.b).found).toContain('a CN is not read as a name');
  });
});

describe('RFC 4945 section 3.1.1: an identity that is an address', () => {
  // The initiator speaks from 192.0.2.1, the responder from 198.51.100.1.
  const signer = gateway({ altNames: ['IP:c0000201', 'IP:c6336401', 'IP:00000000000000000000ffffc0000201'] });

  it('has to be the address that the packets come from', async () => {
    expect(states(await talk({ id: '192.0.2.1', signer }))).toEqual(both);
    expect(states(await talk({ id: '198.51.100.1', signer, as: 'responder' }))).toEqual(both);
  });

  it('ends it where it is not, though it stands in the certificate; our log says both addresses', async () => {
    for (const [id, as, from] of [
      ['198.51.100.1', 'initiator', '192.0.2.1'],
      ['192.0.2.1', 'responder', '198.51.100.1'],
      ['::ffff:192.0.2.1', 'initiator', '192.0.2.1'],
    ] as const) {
      const done = await talk({ id, as, signer });
      const refuser = as === 'initiator' ? done.b : done.a;
      expect([refuser.sa?.state, namesOf(refuser.said.at(as === 'initiator' ? 1 : 2))]).toEqual(['CLOSED', 'AUTHENTICATION_FAILED']);
      const error = errorOf(refuser);
      expect([error.code, error.expected]).toEqual([
        'authentication-failed',
        `packets from ${formatIdentity(parseIdentity(id))}, the address that it says it is`,
      ]);
      expect(error.found).toBe(`packets from ${from}: a NAT, or another host (matchAddress: false takes both)`);
      expect(refuser.asks).toEqual([]);
    }
  });

  it('may be another where somebody says so, and by default may not', async () => {
    expect(states(await talk({ id: '198.51.100.1', signer, matchAddress: false }))).toEqual(both);
    const read = (more: object): Connection =>
      parseEndpointConfig(
        {
          addresses: ['192.0.2.1'],
          connections: [{ name: 'c', local: { auth: { null: true } }, remote: { id: '*', auth: { ca: 'ca.pem', ...more } } }],
        },
        {
          rows: allRows,
          credentials: {
            own: () => ({ auth: { method: 'null' } }),
            peer: () => ({ auth: { method: 'certificate', rows, authorities: [] } }),
          },
        },
      ).connections[0]!.ike;
    expect([{}, { matchAddress: true }, { matchAddress: false }].map((more) => read(more).peer.authentication.matchAddress)).toEqual([
      undefined,
      undefined,
      false,
    ]);
  });

  it('RFC 7296 section 3.5: a peer with a shared key may say any', async () => {
    const shared = { method: 'shared-key', secret: new Uint8Array(32).fill(7) } as const;
    const auth = { localAuth: shared, remoteAuth: shared };
    const done = await converse(connectionOf(['203.0.113.5', '203.0.113.6'], auth), [connectionOf(['203.0.113.6', '203.0.113.5'], auth)]);
    expect(states(done)).toEqual(both);
  });

  it('is four octets, or sixteen, and never another number', async () => {
    for (const [idType, length] of [
      ['ID_IPV4_ADDR', 16],
      ['ID_IPV4_ADDR', 3],
      ['ID_IPV6_ADDR', 4],
      ['ID_IPV6_ADDR', 17],
    ] as const) {
      const auth = (payloads: readonly Payload[]): Payload[] =>
        payloads.map((p) => (p.type === 'IDi' ? { type: 'IDi', idType, data: new Uint8Array(length) } : p));
      const done = await talk({ id: '192.0.2.1', signer, auth });
      expect(namesOf(done.b.said[1])).toBe('AUTHENTICATION_FAILED');
    }
  });
});

const x509 = 'X.509 Certificate - Signature';
const hash = sha1(root.key.spki);
const requests =
  (...list: readonly Extract<Payload, { type: 'CERTREQ' }>[]) =>
  (payloads: readonly Payload[]): Payload[] => [...payloads.filter(({ type }) => type !== 'CERTREQ'), ...list];
const certreq = (encoding: Extract<Payload, { type: 'CERTREQ' }>['encoding'], data: Uint8Array): Extract<Payload, { type: 'CERTREQ' }> => ({
  type: 'CERTREQ',
  encoding,
  data,
});

describe('RFC 4945 section 3.2: certificate requests', () => {
  /** The initiator is the gateway, so the requests are those of IKE_AUTH's answerer: in IKE_SA_INIT, which AUTH covers. Here they are its own. */
  const asked = async (list: readonly Extract<Payload, { type: 'CERTREQ' }>[], send: OwnSignature['send']): Promise<string> => {
    const done = await talk({
      id: 'friend.example.com',
      signer: gateway({ altNames: ['DNS:friend.example.com'] }),
      as: 'responder',
      own: { send, authorities: [hash] },
      auth: (payloads, from) => (from === 'a' ? requests(...list)(payloads) : payloads),
    });
    return namesOf(done.b.said[1]);
  };

  it('sections 3.2.8.1 to 3.2.8.3: unknown types and octets that are no hashes are passed over, in any order', async () => {
    const junk = [
      certreq('PGP Certificate', new Uint8Array(3)),
      certreq(201, hash),
      certreq(x509, new Uint8Array(27)),
      certreq('Certificate Revocation List (CRL)', hash),
    ];
    for (const list of [
      [certreq(x509, hash), ...junk],
      [...junk, certreq(x509, hash)],
      [...junk.slice(2), certreq(x509, concat(new Uint8Array(20), hash)), ...junk.slice(0, 2)],
    ])
      expect(await asked(list, 'if-asked')).toContain('IDr CERT AUTH');
    expect(await asked(junk, 'if-asked')).toContain('IDr AUTH');
    expect(await asked(junk, 'always')).toContain('IDr CERT AUTH');
  });

  it('section 3.3.6: where certificates go another way, requests are ignored', async () => {
    expect(await asked([certreq(x509, hash), certreq(x509, new Uint8Array(0))], 'never')).toContain('IDr AUTH');
  });

  it('sections 3.2.3, 3.2.6, 3.2.7 and 3.2.9.1: one request of X.509 certificates for all trust anchors, none for revocation lists', async () => {
    const other = certify({ subject: 'CN=Other', key: keyOf('other'), ca: true });
    const done = await talk({ id: 'gw.example.com', authorities: [root, other, root] });
    const sent = done.b.said[0]!.flatMap((p) => (p.type === 'CERTREQ' ? [`${p.encoding} ${toHex(p.data)}`] : []));
    expect(sent).toEqual([`${x509} ${toHex(hash)}${toHex(sha1(other.key.spki))}`]);
    expect(states(done)).toEqual(both);
  });

  it('section 3.2.7.2: a certificate below another anchor than those of the policy ends it', async () => {
    const other = certify({ subject: 'CN=Other', key: keyOf('other'), ca: true });
    const done = await talk({ id: 'gw.example.com', authorities: [other] });
    expect(states(done)).toEqual(['CLOSED', 'CLOSED']);
    expect([errorOf(done.b).expected, errorOf(done.b).found]).toEqual(['CN=Other', 'CN=Root']);
  });
});

describe('RFC 4945 section 3.3: certificates', () => {
  const signer = gateway({}, sub);
  const [leaf] = signer.certificates as [Uint8Array];
  const cert = (encoding: Extract<Payload, { type: 'CERT' }>['encoding'], data: Uint8Array): Payload => ({ type: 'CERT', encoding, data });
  /** What goes in the place of our CERT payloads. */
  const sending = (...list: readonly Payload[]): Promise<Talk> =>
    talk({
      id: 'gw.example.com',
      signer,
      auth: (payloads, from) =>
        from === 'a' ? payloads.flatMap((p, i) => (p.type !== 'CERT' ? [p] : payloads[i - 1]?.type === 'CERT' ? [] : list)) : payloads,
    });
  const stranger = certify({ subject: 'CN=Stranger', key: keyOf('stranger'), ca: true });

  it('sections 3.3.10.1 to 3.3.10.5: unknown types, octets that are none, any order but for the first, duplicates, what is irrelevant', async () => {
    const [first, second] = [cert(x509, leaf), cert(x509, sub.der)];
    for (const list of [
      [first, second],
      [first, cert(x509, stranger.der), cert(201, leaf), second],
      [first, second, second, first, cert('PGP Certificate', new Uint8Array(5))],
      [first, cert(x509, Uint8Array.of(0x30, 0x80, 1)), second],
      [first, cert('Certificate Revocation List (CRL)', new Uint8Array(9)), cert(x509, new Uint8Array(0)), second],
      [cert('PGP Certificate', leaf), first, cert(x509, root.der), second],
    ])
      expect(states(await sending(...list))).toEqual(both);
  });

  it('section 3.3.9: no other certificate than the first is tried', async () => {
    const done = await sending(cert(x509, stranger.der), cert(x509, leaf), cert(x509, sub.der));
    expect(states(done)).toEqual(['CLOSED', 'CLOSED']);
    expect(errorOf(done.b).code).toBe('authentication-failed');
  });

  it('sections 3.3 and 3.3.11: ours first, then those below the anchor, each once; no lists, no other anchors', async () => {
    const done = await talk({ id: 'gw.example.com', signer: { ...signer, certificates: [leaf, sub.der] } });
    const sent = done.a.said[1]!.flatMap((p) => (p.type === 'CERT' ? [[p.encoding, p.data]] : []));
    expect(sent).toEqual([
      [x509, leaf],
      [x509, sub.der],
    ]);
    expect(publicKeyOfCertificate(sent[0]![1] as Uint8Array)).toEqual(signer.publicKey);
    expect(states(done)).toEqual(both);
  });

  it('section 4.3.1: URLs with any path, with a user, a password and a port', () => {
    for (const url of [
      'http://certs.example.com/certificate.cer',
      'http://certs.example.com/certs/cert.pl?u=foo;a=pw;valid-to=+86400',
      'http://certs.example.com/%0a/../foo/bar/zappa',
      'http://user:password@certs.example.com:8888/certificate.cer',
    ]) {
      const data = concat(new Uint8Array(20), new TextEncoder().encode(url));
      const read = readCertificatePayloads([cert('Hash and URL of X.509 certificate', data)], true);
      expect(read.certificates).toEqual([{ kind: 'url', url, hash: new Uint8Array(20), isBundle: false }]);
    }
  });

  it('section 4.1: IDr of another type than the one that was asked for is read; whether it will do is for the PAD', async () => {
    const shared = { method: 'shared-key', secret: new Uint8Array(32).fill(7) } as const;
    const auth = { localAuth: shared, remoteAuth: shared };
    const answering = [connectionOf(['gw@example.com', 'a.example'], auth)];
    const asking = (more: Partial<Connection>): Promise<Talk> =>
      converse(connectionOf(['a.example', 'gw@example.com'], auth, more), answering);
    expect(states(await asking({}))).toEqual(both);
    const insists = await asking({ remoteId: parseIdentity('gw.example.com') });
    expect([insists.a.sa?.state, errorOf(insists.a).found]).toEqual(['CLOSED', 'ID_RFC822_ADDR gw@example.com']);
  });
});
