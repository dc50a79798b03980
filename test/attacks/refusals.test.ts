/** RFC 7296 section 2.21.2: whatever is wrong with who the other says it is, the other sees AUTHENTICATION_FAILED and nothing else; the reason is for our log. */
import { describe, expect, test } from 'vitest';
import { createEapAnswerer, createEapPeer, gtc, identityOfUser, md5, mschapv2 } from '../../src/eap.js';
import { IpsecError } from '../../src/errors.js';
import type { Ask, Payload } from '../../src/ike.js';
import type { Connection, RemoteAuthentication } from '../../src/keying/connection.js';
import { parsePadId } from '../../src/pad.js';
import { sha1 } from '../../src/suite/sha1.js';
import { defaultSignatureRows as rows, publicKeyOfCertificate } from '../../src/suite/sign.js';
import { formatIdentity, parseIdentity } from '../../src/traffic-selector.js';
import { authenticatorOf, counting } from '../eap/run.js';
import { connectionOf, converse, type End, errorOf, type Middle, namesOf, type Talk } from '../ikev2/converse.js';
import { answersOf, authorityOf, ownOf, type Signer, signerOf } from '../ikev2/signers.js';

const [good, other, judge] = [signerOf('p256-a'), signerOf('p256-b'), signerOf('ed25519-b')];
const certificate: RemoteAuthentication = {
  method: 'certificate',
  rows,
  authorities: [sha1(publicKeyOfCertificate(authorityOf('p256')).spki)],
};
const keyOf = ({ publicKey }: Signer): RemoteAuthentication => ({ method: 'public-key', keys: [publicKey], rows });
const shared = (fill: number) => ({ method: 'shared-key', secret: new Uint8Array(32).fill(fill) }) as const;
const why = (text: string): IpsecError => new IpsecError('authentication-failed', text, { expected: 'another', found: 'this' });

/** What is wrong with somebody, and what the one who judges it thinks of it. */
interface Case {
  readonly local?: Connection['localAuth'];
  readonly demand?: RemoteAuthentication;
  readonly answer?: (ask: Ask) => unknown;
  readonly id?: string;
  readonly change?: (payload: Payload) => Payload[];
}
const octet = (data: Uint8Array): Uint8Array => data.map((value, i) => (i === data.length - 1 ? value ^ 1 : value));
const changed = (type: Payload['type'], change: (data: Uint8Array) => Uint8Array) => (p: Payload) =>
  p.type === type && 'data' in p ? [{ ...p, data: change(p.data) } as Payload] : [p];
const instead =
  (type: Payload['type'], ...list: readonly Payload[]) =>
  (p: Payload) =>
    p.type === type ? [...list] : [p];
const auth = (method: number | 'Digital Signature' | 'RSA Digital Signature', data = new Uint8Array(64)): Payload => ({
  type: 'AUTH',
  method,
  data,
});
const cert = (data: Uint8Array): Payload => ({ type: 'CERT', encoding: 'X.509 Certificate - Signature', data });

const cases: Readonly<Record<string, Case>> = {
  'another private key': { local: ownOf({ ...good, privateKey: other.privateKey! }) },
  'a bit of AUTH': { change: changed('AUTH', octet) },
  'no octets in AUTH': { change: changed('AUTH', () => new Uint8Array(0)) },
  'an Auth Method that nobody knows': { change: instead('AUTH', auth(200)) },
  'RSA with an EC key': { change: instead('AUTH', auth('RSA Digital Signature')) },
  'no certificate': { local: ownOf({ ...good, certificates: [] }) },
  'a certificate that is none': { change: instead('CERT', cert(Uint8Array.of(0x30, 1, 0))) },
  'the certificate of another': { local: ownOf({ ...good, certificates: other.certificates }) },
  'too many certificates': { change: instead('CERT', ...Array.from({ length: 17 }, (_, i) => cert(Uint8Array.of(i)))) },
  'a certificate that is not trusted': { answer: () => why('an authority') },
  'a certificate that expired': { answer: () => why('the time') },
  'a certificate that was revoked': { answer: () => why('revocation') },
  'a certificate of another name': { answer: () => why('the name') },
  'a question that nobody answers': { answer: () => undefined },
  'an answer that is no verdict': { answer: () => ({ trusted: true }) },
  'an algorithm that is not allowed': { demand: { ...certificate, rows: rows.filter(({ keyType }) => keyType !== 'EC') } },
  'a key that is not known': { demand: keyOf(other) },
  'an identity that nobody knows': { id: 'mallory.example' },
  'an identity of another type': { id: 'mallory@example.com' },
  'an address that is not its own': { id: '203.0.113.77', answer: () => 'trusted' },
  'an ID that is none': { change: (p) => (p.type === 'IDi' || p.type === 'IDr' ? [{ ...p, idType: 250 }] : [p]) },
  'another shared secret': { local: shared(1), demand: shared(2) },
  'a shared secret where a signature is due': { local: shared(1) },
  'a signature where a shared secret is due': { demand: shared(1) },
  'a secret that nobody has': { local: shared(1), demand: { method: 'ask-shared-key' }, answer: () => undefined },
  'no authentication at all': { local: { method: 'null' } },
};

/** The one who is wrong is `a` as initiator, `b` as responder. */
function talk(
  { local = ownOf(good), demand = certificate, answer = answersOf(judge), id, change }: Case,
  as: 'initiator' | 'responder',
): Promise<Talk> {
  const who = id ?? 'wrong.example';
  const mine = { localAuth: local, remoteAuth: keyOf(judge) };
  const wrong = connectionOf(['wrong.example', 'judge.example'], mine, { localId: parseIdentity(who) });
  const peers = as === 'initiator' || id === undefined || !/\d$/.test(id) ? 'wrong.example' : id;
  const judging = connectionOf(['judge.example', /\d$/.test(who) ? who : peers], {
    localAuth: ownOf({ ...judge, certificates: [] }),
    remoteAuth: demand,
  });
  const name = as === 'initiator' ? 'a' : 'b';
  const middle: Middle = change ? { auth: (payloads, from) => (from === name ? payloads.flatMap(change) : payloads) } : {};
  const answers = { [name]: answersOf(good), [as === 'initiator' ? 'b' : 'a']: answer };
  return as === 'initiator' ? converse(wrong, [judging], answers, middle) : converse(judging, [wrong], answers, middle);
}

const failed: Payload[] = [expect.objectContaining({ type: 'N', notify: 'AUTHENTICATION_FAILED', data: new Uint8Array(0) }) as Payload];

/** The one who refuses says that one thing, ends, and gives nothing away; its log has the reason. */
function expectRefused(refuser: End, message: number): string {
  expect([refuser.said.length, refuser.said.at(-1)]).toEqual([message + 1, failed]);
  expect(refuser.sa?.state).toBe('CLOSED');
  expect(refuser.actions.filter(({ type }) => ['established', 'installChild', 'newIkeSa'].includes(type))).toEqual([]);
  const error = errorOf(refuser);
  expect(error.code).toBe('authentication-failed');
  return error.message;
}

describe.each(Object.entries(cases))('RFC 7296 section 2.21.2: %s', (_, one) => {
  test('of an initiator: AUTHENTICATION_FAILED is the whole answer', async () => {
    expectRefused((await talk(one, 'initiator')).b, 1);
  });

  test('of a responder: AUTHENTICATION_FAILED is the whole request that ends it', async () => {
    const done = await talk(one, 'responder');
    expectRefused(done.a, 2);
    expect(done.b.sa?.state).toBe('CLOSED');
  });
});

test('the answers have the same length, whatever was wrong, and the reasons are different ones', async () => {
  const lengths = new Set<number>();
  const reasons = new Set<string>();
  for (const one of Object.values(cases)) {
    const { b } = await talk(one, 'initiator');
    lengths.add(b.sent.at(-1)!.length);
    reasons.add(errorOf(b).message);
  }
  expect(lengths.size).toBe(1);
  expect(reasons.size).toBeGreaterThan(20);
});

describe('RFC 7296 section 2.16: EAP', () => {
  const methods = (password: string) => ({ mschapv2: mschapv2({ password }), md5: md5({ password }), gtc: gtc({ password }) });
  const passwordOf = (user: string): string | undefined => (user === 'carol' ? 'tuxmux' : undefined);

  /** Carol, and what may be different. */
  interface EapCase {
    readonly user?: string;
    readonly password?: string;
    readonly method?: 'mschapv2' | 'md5' | 'gtc';
    readonly peer?: string;
    readonly routes?: string;
    readonly signer?: Signer;
    readonly change?: (payloads: readonly Payload[], from: 'a' | 'b') => readonly Payload[];
  }
  const eap = (plan: EapCase): Promise<Talk> => {
    const {
      user = 'carol',
      password = 'tuxmux',
      method = 'mschapv2',
      peer = 'ID_RFC822_ADDR:carol@example.com',
      routes,
      signer = judge,
      change,
    } = plan;
    const carol = createEapAnswerer({
      peer: () => createEapPeer({ identity: user, methods: [methods(password)[method]], random: counting() }),
    });
    const server = createEapAnswerer({
      authenticator: () => authenticatorOf([{ mschapv2, md5, gtc }[method]({ passwordOf })], { identity: user }),
    });
    const client = connectionOf(['carol@example.com', 'gw.example'], { localAuth: { method: 'eap' }, remoteAuth: keyOf(judge) });
    const gateway = connectionOf(['gw.example', '*'], {
      localAuth: ownOf({ ...signer, certificates: [] }),
      remoteAuth: { method: 'eap', ...(routes !== undefined && { routes: parsePadId(routes) }) },
    });
    const gw: Connection = { ...gateway, peer: { ...gateway.peer, id: parsePadId(peer) } };
    return converse(
      client,
      [gw],
      {
        a: (ask) => (ask.kind === 'eap' ? carol.answer(ask, 'gw', 0) : undefined),
        b: (ask) => (ask.kind === 'eap' ? server.answer(ask, 'carol', 0) : undefined),
      },
      change ? { auth: change } : {},
    );
  };
  const right = formatIdentity(identityOfUser('carol'));

  test('who is right gets in', async () => {
    const { a, b } = await eap({ peer: right });
    expect([a.sa?.state, b.sa?.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  });

  test.each<[string, EapCase]>([
    ['a wrong password', { password: 'muxtux' }],
    ['a name that nobody has', { user: 'mallory' }],
  ])('%s: EAP Failure is the whole answer, and the same for each', async (_, one) => {
    const { b } = await eap({ peer: right, ...one });
    expect(b.said.at(-1)).toEqual([expect.objectContaining({ type: 'EAP', code: 'Failure' })]);
    expect([b.sa?.state, errorOf(b).code]).toEqual(['CLOSED', 'authentication-failed']);
  });

  test.each<[string, EapCase]>([
    ['no connection with EAP for what it says in IDi', { routes: 'somebody.else.example' }],
    ['a user that the PAD does not take', { peer: 'dave.example' }],
    ['a method without a key, which nobody has allowed', { method: 'md5' }],
    ['another method without a key', { method: 'gtc' }],
    [
      'AUTH that the MSK did not make',
      { change: (payloads, from) => (from === 'a' ? payloads.flatMap(changed('AUTH', octet)) : payloads) },
    ],
  ])('%s: AUTHENTICATION_FAILED is the whole answer', async (_, one) => {
    const { b } = await eap({ peer: right, ...one });
    expect(namesOf(b.said.at(-1))).toBe('AUTHENTICATION_FAILED');
    expectRefused(b, b.said.length - 1);
  });

  test.each<[string, EapCase]>([
    ['a responder with another key', { signer: signerOf('ed25519-a') }],
    [
      'a responder whose last AUTH the MSK did not make',
      {
        change: (payloads, from) =>
          from === 'b' && !payloads.some(({ type }) => type === 'IDr') ? payloads.flatMap(changed('AUTH', octet)) : payloads,
      },
    ],
  ])('%s: AUTHENTICATION_FAILED is the whole request that ends it', async (_, one) => {
    const { a } = await eap({ peer: right, ...one });
    expectRefused(a, a.said.length - 1);
  });
});
