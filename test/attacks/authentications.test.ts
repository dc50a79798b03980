/** Who has the proof of one round of IKE_AUTH has not that of another: RFC 4739 and its neighbours, attacked. Rows 11, 13 and 18 of the list of known attacks. */
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/bytes.js';
import {
  answer as answerAsk,
  answerQuestion,
  connect,
  type ConnectionCredentials,
  type EndpointAction,
  type EndpointConfig,
  receiveDatagram,
  status,
  wake,
} from '../../src/endpoint.js';
import { addressKey } from '../../src/endpoint/keys.js';
import { parseAddress } from '../../src/ip.js';
import { createPair, gateways, hostA, hostB, parseHost } from '../pair.js';
import type { Connection, FurtherDemand, FurtherProof, RemoteAuthentication } from '../../src/keying/connection.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { parsePadId } from '../../src/pad.js';
import { defaultSignatureRows } from '../../src/suite/sign.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { connectionOf, converse, type Talk } from '../ikev2/converse.js';
import { actionsOf, answer, createEapWorld, type EapOptions, type EapWorld, play, reasonOf, statesOf } from '../ikev2/eap-world.js';
import { begin, forge, pass, read, receive, takeWire } from '../ikev2/model-hosts.js';
import { answersOf, ownOf, type Signer, signerOf } from '../ikev2/signers.js';

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const key = (text: string) => ({ method: 'shared-key', secret: octets(text) }) as const;
const trusted: RemoteAuthentication = { method: 'certificate', rows: defaultSignatureRows, authorities: [] };

/** Trusts what the signer has, and nothing else. */
function trusting(...signers: readonly Signer[]): NonNullable<ConnectionCredentials['peer'][number]>['credential'] {
  return {
    auth: trusted,
    answer: (question) =>
      question.kind === 'certificates' && signers.some(({ certificates }) => equalBytes(certificates[0]!, question.certificates[0]!))
        ? 'trusted'
        : undefined,
  };
}

describe('row 18: two certificates are demanded, of two authorities (RFC 4739)', () => {
  const [machine, user, gateway] = [signerOf('p256-a'), signerOf('rsa-a'), signerOf('ed25519-b')];
  const credentials: ConnectionCredentials = {
    own: [],
    peer: [
      { id: parsePadId('*'), credential: trusting(machine) },
      { id: parsePadId('*'), credential: trusting(user) },
    ],
  };
  const further: FurtherDemand = { id: parsePadId('*'), auth: trusted };

  function talk(second: Signer, responder: Partial<Connection> = {}): Promise<Talk> {
    const proof: FurtherProof = { id: parseIdentity('a2.example'), auth: ownOf(second) };
    const own = { localAuth: ownOf(machine), remoteAuth: trusted };
    const theirs = { localAuth: ownOf(gateway), remoteAuth: trusted };
    return converse(
      connectionOf(['a.example', 'b.example'], own, { furtherProofs: [proof] }),
      [connectionOf(['b.example', 'a.example'], theirs, { furtherDemands: [further], ...responder })],
      { a: answersOf(second), b: (ask) => answerQuestion(credentials, ask, 'b') },
    );
  }

  test('row 18: the second one has to be of the second authority, whatever identity it is for', async () => {
    expect((await talk(user)).b.sa?.state).toBe('ESTABLISHED');
    const { b } = await talk(machine);
    expect(b.sa?.state).toBe('CLOSED');
    expect(b.actions.filter(({ type }) => type === 'established' || type === 'installChild')).toEqual([]);
  });

  test('row 18: that the first identity need not stand in its certificate says nothing of the second one', async () => {
    const peer: Connection['peer'] = {
      id: parsePadId('*'),
      authentication: { protocol: 'IKEv2', method: 'certificate', matchCertificate: false, matchAddress: false },
      child: { lookup: 'id' },
    };
    const asked = async (responder: Partial<Connection>): Promise<unknown> =>
      (await talk(user, responder)).b.asks.flatMap((ask) => (ask.kind === 'certificates' ? [[ask.round, ask.matchIdentity]] : []));
    expect(await asked({ peer })).toEqual([
      [0, false],
      [1, true],
    ]);
    expect(await asked({ furtherDemands: [{ ...further, matchCertificate: false }] })).toEqual([
      [0, true],
      [1, false],
    ]);
  });
});

describe('row 11: who owes two proofs and says nothing of the second (RFC 4739)', () => {
  const two: Partial<Connection> = { furtherDemands: [{ id: parsePadId('*'), auth: key('two') }] };
  const auth = { localAuth: key('one'), remoteAuth: key('one') };
  const states = async (...peers: readonly string[]): Promise<unknown> => {
    const [first, second] = peers.map((peer, i) => ({
      ...connectionOf(['b.example', peer], auth, i === 0 ? two : {}),
      name: peer + String(i),
    }));
    return (await converse(connectionOf(['a.example', 'b.example'], auth), [first!, second!])).b.sa?.state;
  };

  test('row 11: the entry of its own decides, and not the one for everybody', async () => {
    expect(await states('a.example', '*')).toBe('CLOSED');
    expect(await states('a.example', '.example')).toBe('CLOSED');
  });

  test('of two entries for the same peers the one with as many proofs', async () => {
    expect(await states('*', '*')).toBe('ESTABLISHED');
    expect(await states('other.example', '*')).toBe('ESTABLISHED');
  });
});

/** `a` and `b` talk to the end; what `b` says may be changed by somebody who has its keys of the IKE SA. */
function talkTo(options: EapOptions, change: (payloads: readonly Payload[], messageId: number) => readonly Payload[]): EapWorld {
  const world = createEapWorld(options);
  const { a, b } = world;
  begin(world);
  pass(world, a);
  pass(world, b);
  for (let i = 0; i < 100; i++) {
    if (answer(world, a) || answer(world, b)) continue;
    if (a.outbox.length > 0) pass(world, a);
    else if (b.outbox.length > 0) {
      const wire = takeWire(b);
      const messageId = wire.data[23]!;
      const payloads = read(a, wire);
      receive(
        world,
        a,
        wire.data[18] === 35 ? forge(b, { exchange: 'IKE_AUTH', messageId, isResponse: true }, change(payloads, messageId)) : wire,
      );
    } else break;
  }
  return world;
}

describe('row 11: the responder owes a key, and then EAP by which it proves itself once more (RFC 4739, RFC 5998)', () => {
  const eap = { method: 'eap' } as const;
  const again: EapOptions = {
    connectionA: {
      localAuth: key('one'),
      remoteAuth: key('one'),
      furtherProofs: [{ id: parseIdentity('user.example'), auth: eap }],
      furtherDemands: [{ id: parsePadId('b2.example'), auth: eap }],
    },
    connectionB: {
      localAuth: key('one'),
      remoteAuth: key('one'),
      furtherDemands: [{ id: parsePadId('user.example'), auth: eap }],
      furtherProofs: [{ id: parseIdentity('b2.example'), auth: eap }],
    },
  };

  test('row 11: a method that is not mutual proves nothing of it', () => {
    expect(statesOf(play(again))).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    const world = play({ ...again, a: { isMutual: false } });
    expect(actionsOf(world.a, 'established')).toEqual([]);
    expect(reasonOf(world.a)).toMatch(/a method by which both sides prove who they are/);
  });

  test('row 11: without IDr it is nobody, and not once more who it was before', () => {
    const world = talkTo(again, (payloads) =>
      payloads.some(({ type }) => type === 'EAP') ? payloads.filter(({ type }) => type !== 'IDr') : payloads,
    );
    expect(actionsOf(world.a, 'established')).toEqual([]);
    expect(reasonOf(world.a)).toMatch(/IDr/);
  });
});

describe('RFC 7296 section 2.21.2: errors beside the AUTH of EAP', () => {
  test('the initiator does not fail the authentication because of them', () => {
    const world = talkTo({}, (payloads) =>
      payloads.some(({ type }) => type === 'SA')
        ? [...payloads.filter(({ type }) => type === 'AUTH'), createNotify('TS_UNACCEPTABLE')]
        : payloads,
    );
    expect(statesOf(world)[0]).toBe('ESTABLISHED');
    expect(actionsOf(world.a, 'childFailed')).toHaveLength(1);
  });
});

describe('row 21: half-open IKE SAs whose initiator says that it is elsewhere now', () => {
  test('row 21: they stay those of the address that began them: nobody gets round its limit, nor uses up that of another', () => {
    const { a, b } = gateways({});
    const host = (
      json: Readonly<Record<string, unknown>>,
      localAuth: Connection['localAuth'],
      remoteAuth: RemoteAuthentication,
    ): EndpointConfig => {
      const config = parseHost(json);
      return { ...config, connections: config.connections.map((one) => ({ ...one, ike: { ...one.ike, localAuth, remoteAuth } })) };
    };
    const [connection] = b['connections'] as [Readonly<Record<string, unknown>>];
    const anywhere = { ...b, connections: [{ ...connection, remote: { id: 'a.example.com' } }] };
    const eap = { method: 'eap' } as const;
    const pair = createPair({ a: host(a, eap, key('one')), b: host(anywhere, key('one'), eap), seed: 7 });
    const [ours, theirs] = [pair.a.endpoint, pair.b.endpoint];
    const [from, to, elsewhere] = [hostA, hostB, '203.0.113.9'].map((address) => ({ address: parseAddress(address), port: 500 }));
    const sent = (actions: readonly EndpointAction[]) => actions.flatMap((action) => (action.type === 'datagram' ? [action.data] : []));
    const [init] = sent(connect(ours, 'peer', pair.now));
    const [answered] = sent(receiveDatagram(theirs, { data: init!, from: from!, to: to! }, pair.now));
    const [auth] = sent(receiveDatagram(ours, { data: answered!, from: to!, to: from! }, pair.now));
    const asked = receiveDatagram(theirs, { data: auth!, from: elsewhere!, to: to! }, pair.now);
    const ask = asked.find((action) => action.type === 'ask')!;
    const next = answerAsk(theirs, ask.id, { kind: 'continue', packet: Uint8Array.of(1, 1, 0, 5, 26) }, pair.now);
    // The answer goes where the request came from (RFC 7296 section 2.11).
    expect(next.flatMap((action) => (action.type === 'datagram' ? [action.to] : []))).toEqual([elsewhere]);
    expect([...theirs.halfOpen.values(), status(theirs).halfOpen]).toEqual([1, 1]);
    const limited = (address: string): number => theirs.halfOpen.get(addressKey(parseAddress(address))) ?? 0;
    expect([limited(hostA), limited('203.0.113.9')]).toEqual([1, 0]);
    wake(theirs, pair.now + 200_000);
    expect([theirs.halfOpen.size, status(theirs).halfOpen]).toEqual([0, 0]);
  });
});
