/** EAP on whole endpoints: questions one after the other, and what becomes of them when an IKE SA ends. */
import { describe, expect, it } from 'vitest';
import { answer, disconnect, status, wake } from '../../src/endpoint.js';
import type { EndpointConfig } from '../../src/endpoint/config.js';
import type { LocalAuthentication, RemoteAuthentication } from '../../src/keying/connection.js';
import type { AskEap } from '../../src/ikev2/requests.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { answerToy } from '../ikev2/toy-eap.js';
import {
  begin,
  clearPacket,
  createPair,
  eventsOf,
  gateways,
  numbersOf,
  type Pair,
  parseHost,
  run,
  send,
  silence,
  summary,
} from '../pair.js';

const sharedKey = { method: 'shared-key', secret: new TextEncoder().encode('a secret that both sides have') } as const;
const eap = { method: 'eap' } as const;

function hostWith(
  json: Readonly<Record<string, unknown>>,
  localAuth: LocalAuthentication,
  remoteAuth: RemoteAuthentication,
): EndpointConfig {
  const config = parseHost(json);
  const connections = config.connections.map((one) => ({
    ...one,
    ike: { ...one.ike, localAuth, remoteAuth },
  }));
  return { ...config, connections };
}

/** `a` proves itself by EAP, `b` by a key. */
function eapPair(): Pair {
  const { a, b } = gateways({ child: { proposals: 'aes256gcm16' }, connection: { timers: { eap: 50 } } });
  return createPair({ a: hostWith(a, eap, sharedKey), b: hostWith(b, sharedKey, eap) });
}

const toy = { password: 'a password', identity: parseIdentity('a.example.com') };

describe('EAP between two endpoints', () => {
  it('goes through several questions in a row, and nothing of them is left', () => {
    const pair = eapPair();
    const asked: string[] = [];
    for (const side of [pair.a, pair.b])
      side.answers = ({ ask }) => {
        const { kind, role, packet } = ask as AskEap;
        asked.push(`${side.name} ${kind} ${role} ${packet?.[0] ?? 'begin'}`);
        return answerToy(toy, ask as AskEap);
      };
    begin(pair, pair.a);
    run(pair, 1000);
    expect(asked).toEqual([
      'b eap authenticator begin',
      'a eap peer 1',
      'b eap authenticator 2',
      'a eap peer 1',
      'b eap authenticator 2',
      'a eap peer 3',
    ]);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
    expect([pair.a.endpoint.asks.size, pair.b.endpoint.asks.size, status(pair.b.endpoint).halfOpen]).toEqual([0, 0, 0]);
    expect(eventsOf(pair.b, 'established').map(({ peerId }) => peerId)).toEqual([toy.identity]);
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
    run(pair, 2000);
    expect(numbersOf(pair.b)).toEqual([1]);
  });

  it('a wrong password: both are told why, and nothing is left', () => {
    const pair = eapPair();
    pair.a.answers = ({ ask }) => answerToy({ password: 'another' }, ask as AskEap);
    pair.b.answers = ({ ask }) => answerToy(toy, ask as AskEap);
    begin(pair, pair.a);
    run(pair, 1000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    expect(eventsOf(pair.a, 'closed')[0]).toMatchObject({ wasEstablished: false, error: { code: 'peer-refused' } });
    expect(eventsOf(pair.b, 'closed')[0]).toMatchObject({ wasEstablished: false, error: { code: 'authentication-failed' } });
    expect([pair.a.endpoint.asks.size, pair.b.endpoint.asks.size, pair.b.endpoint.halfOpen.size]).toEqual([0, 0, 0]);
  });

  it('who goes on with EAP counts as half open, until it is over', () => {
    const pair = eapPair();
    pair.a.answers = () => silence; // somebody looks for his password
    pair.b.answers = ({ ask }) => answerToy(toy, ask as AskEap);
    begin(pair, pair.a);
    run(pair, 40_000);
    expect([pair.a.endpoint.asks.size, pair.b.endpoint.asks.size, status(pair.b.endpoint).halfOpen]).toEqual([1, 0, 1]);
    run(pair, 60_000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    expect([pair.a.endpoint.asks.size, status(pair.b.endpoint).halfOpen]).toEqual([0, 0]);
    for (const side of [pair.a, pair.b]) expect(eventsOf(side, 'closed')[0]).toMatchObject({ error: { code: 'timeout' } });
  });

  it('an IKE SA that ends while it asks: the question is forgotten, and a late answer is nothing', () => {
    const pair = eapPair();
    pair.a.answers = () => silence;
    pair.b.answers = ({ ask }) => answerToy(toy, ask as AskEap);
    begin(pair, pair.a);
    run(pair, 1000);
    const [id] = [...pair.a.endpoint.asks.keys()];
    disconnect(pair.a.endpoint, 'peer', pair.now);
    expect([pair.a.endpoint.asks.size, summary(pair.a)]).toEqual([0, []]);
    const msk = new Uint8Array(64).fill(7);
    expect(answer(pair.a.endpoint, id!, { kind: 'success', isMutual: true, msk }, pair.now)).toEqual([]);
    expect(msk).toEqual(new Uint8Array(64)); // overwritten all the same
    expect(wake(pair.a.endpoint, pair.now)).toEqual([]);
  });
});
