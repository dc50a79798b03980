/** NULL authentication (RFC 7619) between an initiator and a responder of ours. */
import { describe, expect, test } from 'vitest';
import type { Connection, NullAuthentication } from '../../src/keying/connection.js';
import { findPayload } from '../../src/ikev2/pick.js';
import { computeSharedKeyAuth, encodePayloads, encodeSignedOctets, type Payload } from '../../src/ike.js';
import type { PublicKey } from '../../src/suite/sign.js';
import { findPeer, formatPadId, parsePadId } from '../../src/pad.js';
import { decodeIdentity, encodeIdentity, equalIdentities, formatIdentity, parseIdentity } from '../../src/traffic-selector.js';
import { connectionOf, converse, type End, errorOf, namesOf, type Talk } from './converse.js';
import { answersOf, ownOf, signerOf } from './signers.js';

const nothing: NullAuthentication = { method: 'null' };
const secret = new Uint8Array(32).fill(7);
const shared = { method: 'shared-key', secret } as const;
const gateway = signerOf('p256-b');
const trusted = { method: 'certificate', rows: ownOf(gateway).rows, authorities: [] } as const;

const anonymous = (more: Partial<Connection> = {}): Connection =>
  connectionOf(['ID_NULL', 'b.example'], { localAuth: nothing, remoteAuth: trusted }, more);
const open = (more: Partial<Connection> = {}): Connection =>
  connectionOf(['b.example', 'ID_NULL'], { localAuth: ownOf(gateway), remoteAuth: nothing }, { name: 'open', ...more });
const closed = connectionOf(['b.example', '*'], { localAuth: ownOf(gateway), remoteAuth: shared }, { name: 'closed' });

const states = ({ a, b }: Talk): (string | undefined)[] => [a.sa?.state, b.sa?.state];
const establishedOf = ({ actions }: End) => actions.find((action) => action.type === 'established');
const keysOf = ({ actions }: End) => {
  const found = actions.find((action) => action.type === 'keys')!;
  return found;
};
const withId =
  (idType: Extract<Payload, { type: 'IDi' }>['idType'], data: Uint8Array) =>
  (payloads: readonly Payload[]): readonly Payload[] =>
    payloads.map((payload) => (payload.type === 'IDi' ? { type: 'IDi', idType, data } : payload));

describe('RFC 7619 section 2: NULL authentication', () => {
  test('one side proves who it is, the other nothing', async () => {
    const done = await converse(anonymous(), [closed, open()], { a: answersOf(gateway) });
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(establishedOf(done.b)).toMatchObject({ peerId: { type: 'ID_NULL' } });
    expect(establishedOf(done.a)).toMatchObject({ peerId: { type: 'ID_FQDN', name: 'b.example' } });
    const auth = findPayload(done.a.said[1]!, 'AUTH')!;
    expect([auth.method, findPayload(done.a.said[1]!, 'IDi')]).toMatchObject([
      'NULL Authentication',
      { idType: 'ID_NULL', data: new Uint8Array(0) },
    ]);
    expect(done.b.sa?.state === 'ESTABLISHED' && done.b.sa.connection.name).toBe('open');
  });

  test('neither side proves anything', async () => {
    const one = connectionOf(['ID_NULL', 'ID_NULL'], { localAuth: nothing, remoteAuth: nothing });
    const done = await converse(one, [{ ...one, name: 'open' }]);
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect([namesOf(done.a.said[1]), namesOf(done.b.said[1])]).toEqual(['IDi AUTH SA TSi TSr', 'IDr AUTH SA TSi TSr']);
  });

  test('the responder stays nameless; who it says it is does not matter', async () => {
    const sensor = connectionOf(['sensor.example', 'ID_NULL'], { localAuth: shared, remoteAuth: nothing });
    const collector = connectionOf(['whoever.example', 'sensor.example'], { localAuth: nothing, remoteAuth: shared });
    const done = await converse(sensor, [collector]);
    expect(states(done)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    expect(establishedOf(done.a)).toMatchObject({ peerId: { type: 'ID_NULL' } });
  });

  test('"the value of SK_pi for the initiator" is the secret', async () => {
    const done = await converse(anonymous(), [open()], { a: answersOf(gateway) });
    const { keys, suite } = keysOf(done.a);
    const { data } = findPayload(done.a.said[1]!, 'AUTH')!;
    const message = done.a.sent[0]!;
    const nonce = findPayload(done.b.said[0]!, 'Nonce')!.data;
    const octets = encodeSignedOctets(suite.prf, { message, nonce, idBody: Uint8Array.of(13, 0, 0, 0), SK_p: keys.SK_pi });
    expect(data).toEqual(computeSharedKeyAuth(suite.prf, keys.SK_pi, octets));
  });

  test('a host that wants its peers authenticated "MUST return an AUTHENTICATION_FAILED notification"', async () => {
    const done = await converse(anonymous(), [closed]);
    expect([states(done), namesOf(done.b.said[1])]).toEqual([['CLOSED', 'CLOSED'], 'AUTHENTICATION_FAILED']);
    expect(errorOf(done.b).message).toContain('expected one for connection closed: shared-key, found NULL authentication');
  });

  test('an initiator that wants the responder authenticated ends it, too', async () => {
    const strict = connectionOf(['a.example', 'b.example'], { localAuth: shared, remoteAuth: shared });
    const lax = connectionOf(['b.example', 'a.example'], { localAuth: nothing, remoteAuth: shared });
    const done = await converse(strict, [lax]);
    expect([states(done), namesOf(done.a.said[2])]).toEqual([['CLOSED', 'CLOSED'], 'AUTHENTICATION_FAILED']);
    expect(errorOf(done.a).message).toContain('found AUTH of method NULL Authentication');
  });

  test('section 2.2: "The content of the Identification payload MUST NOT be used for any trust and policy checking"', async () => {
    const alice = connectionOf(['b.example', 'alice.example'], { localAuth: ownOf(gateway), remoteAuth: shared }, { name: 'alice' });
    const claims = connectionOf(['alice.example', 'b.example'], { localAuth: nothing, remoteAuth: trusted });
    expect(states(await converse(claims, [alice], { a: answersOf(gateway) }))).toEqual(['CLOSED', 'CLOSED']);
    const done = await converse(claims, [alice, open()], { a: answersOf(gateway) });
    expect(establishedOf(done.b)).toMatchObject({ peerId: { type: 'ID_NULL' } });
    expect(done.b.sa?.state === 'ESTABLISHED' && done.b.sa.connection.name).toBe('open');
  });

  test('who says ID_NULL but signs is no NULL peer, and the other way round', async () => {
    const signing = connectionOf(['ID_NULL', 'b.example'], { localAuth: shared, remoteAuth: trusted });
    const done = await converse(signing, [open(), closed], { a: answersOf(gateway) });
    expect(namesOf(done.b.said[1])).toBe('AUTHENTICATION_FAILED');
    expect(errorOf(done.b).message).toContain('ID_NULL');
  });

  test('two connections for ID_NULL: one for those who prove nothing, one for those who prove that they have a key (RFC 7670)', async () => {
    const [edA, edB] = [signerOf('ed25519-a'), signerOf('ed25519-b')];
    const keys = (publicKey: PublicKey) => ({ method: 'public-key', keys: [publicKey], rows: ownOf(edA).rows }) as const;
    const withKey = connectionOf(
      ['b.example', 'ID_NULL'],
      { localAuth: ownOf(edB), remoteAuth: keys(edA.publicKey) },
      { name: 'with a key' },
    );
    const signing = connectionOf(['ID_NULL', 'b.example'], { localAuth: ownOf(edA), remoteAuth: keys(edB.publicKey) });
    const done = await converse(signing, [open({ localAuth: ownOf(edB) }), withKey]);
    expect(done.b.sa?.state === 'ESTABLISHED' && done.b.sa.connection.name).toBe('with a key');
    const without = await converse({ ...signing, localAuth: nothing }, [withKey]);
    expect(namesOf(without.b.said[1])).toBe('AUTHENTICATION_FAILED');
  });

  test('section 2.4: nobody is meant only where it is said: not by "*"', async () => {
    const everybody = connectionOf(['b.example', '*'], { localAuth: ownOf(gateway), remoteAuth: nothing });
    const done = await converse(anonymous(), [everybody], { a: answersOf(gateway) });
    expect(namesOf(done.b.said[1])).toBe('AUTHENTICATION_FAILED');
  });

  test('section 2.2: Identification Data of ID_NULL "MUST be empty", and nobody looks at what is in it', async () => {
    expect(() => decodeIdentity(13, Uint8Array.of(1))).toThrow('Identification Data: expected no octets for ID_NULL, found 1');
    const done = await converse(
      anonymous(),
      [open()],
      { a: answersOf(gateway) },
      { auth: (payloads, from) => (from === 'a' ? withId('ID_NULL', Uint8Array.of(1))(payloads) : payloads) },
    );
    // AUTH covers the whole payload.
    expect(errorOf(done.b).message).toContain('somebody has changed a message on its way');
  });

  test('section 2.3: INITIAL_CONTACT is not sent by who stays nameless, and not believed', async () => {
    const contact = (payloads: readonly Payload[], from: 'a' | 'b'): readonly Payload[] =>
      from === 'a'
        ? [...payloads, { type: 'N', protocol: 0, notify: 'INITIAL_CONTACT', spi: new Uint8Array(0), data: new Uint8Array(0) }]
        : payloads;
    const done = await converse(anonymous(), [open()], { a: answersOf(gateway) }, { auth: contact });
    expect(namesOf(done.a.said[1])).not.toContain('INITIAL_CONTACT');
    expect(establishedOf(done.b)).toMatchObject({ initialContact: false });
  });

  test('section 2: to an initiator that uses EAP no responder answers with NULL authentication', async () => {
    const user = connectionOf(['a.example', 'b.example'], { localAuth: { method: 'eap' }, remoteAuth: trusted });
    const server = connectionOf(['b.example', '*'], { localAuth: nothing, remoteAuth: { method: 'eap' } });
    const done = await converse(user, [server]);
    expect([namesOf(done.b.said[1]), done.b.asks, states(done)]).toEqual(['AUTHENTICATION_FAILED', [], ['CLOSED', 'CLOSED']]);
  });

  test('AUTH of another exchange', async () => {
    const spoil = (payloads: readonly Payload[], from: 'a' | 'b'): readonly Payload[] =>
      payloads.map((p) => (p.type === 'AUTH' && from === 'a' ? { ...p, data: p.data.map((octet) => octet ^ 1) } : p));
    const done = await converse(anonymous(), [open()], { a: answersOf(gateway) }, { auth: spoil });
    expect(states(done)).toEqual(['CLOSED', 'CLOSED']);
  });
});

describe('RFC 7619 section 2.4 and appendix A: the PAD', () => {
  test('"The matching rule for ID_NULL consists only of whether this type is used", and only where it is named', () => {
    const entry = (id: string) => ({ entries: [{ ...open().peer, id: parsePadId(id) }] });
    const nobody = parseIdentity('ID_NULL');
    expect(findPeer(entry('ID_NULL'), nobody)).toBeDefined();
    for (const id of ['*', 'b.example', 'ID_KEY_ID:00', '.example']) expect(findPeer(entry(id), nobody)).toBeUndefined();
    for (const id of ['a.example', '192.0.2.1', 'CN=x', 'ID_KEY_ID:00'])
      expect(findPeer(entry('ID_NULL'), parseIdentity(id))).toBeUndefined();
    expect(formatPadId(parsePadId('ID_NULL'))).toBe('ID_NULL');
  });

  test('as text and as octets', () => {
    const nobody = parseIdentity(' ID_NULL ');
    expect([formatIdentity(nobody), encodeIdentity(nobody)]).toEqual(['ID_NULL', { idType: 13, data: new Uint8Array(0) }]);
    expect(decodeIdentity(13, new Uint8Array(0))).toEqual(nobody);
    expect([
      equalIdentities(nobody, nobody),
      equalIdentities(nobody, parseIdentity('a.example')),
      equalIdentities(parseIdentity('a.example'), nobody),
    ]).toEqual([true, false, false]);
    expect(encodePayloads([{ type: 'IDi', ...encodeIdentity(nobody) }]).octets.length).toBe(8);
  });
});
