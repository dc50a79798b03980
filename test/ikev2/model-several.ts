/** Conversations with several authentications (RFC 4739), as it goes and as it goes wrong. */
import { expect } from 'vitest';
import { IpsecError } from '../../src/errors.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import { parsePadId } from '../../src/pad.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { createEapWorld, type EapOptions, type EapWorld, onlySa, run, statesOf } from './eap-world.js';
import { begin, forge, type Journal, mainKey, pass, read, receive, takeWire } from './model-hosts.js';
import { packetOf } from './toy-eap.js';

const eap = { method: 'eap' } as const;
const key = (text: string) => ({ method: 'shared-key', secret: new TextEncoder().encode(text) }) as const;
const proof = (auth: typeof eap | ReturnType<typeof key>) => ({ id: parseIdentity('x.example'), auth });
const demand = (auth: typeof eap | ReturnType<typeof key>) => ({ id: parsePadId('x.example'), auth });
const plain = { localAuth: key('one'), remoteAuth: key('one') } as const;

type Method = typeof eap | ReturnType<typeof key>;

/** What `a` proves after its first key, and what `b` does. */
function optionsOf(a: readonly Method[], b: readonly Method[] = []): EapOptions {
  return {
    connectionA: { ...plain, furtherProofs: a.map(proof), furtherDemands: b.map(demand) },
    connectionB: { ...plain, furtherProofs: b.map(proof), furtherDemands: a.map(demand) },
  };
}

function begun(journal: Journal, options: EapOptions): EapWorld {
  const world = createEapWorld({ ...options, journal });
  begin(world);
  return world;
}

function plays(options: EapOptions, states = ['ESTABLISHED', 'ESTABLISHED']): (journal: Journal) => void {
  return (journal) => {
    const world = begun(journal, options);
    run(world);
    expect(statesOf(world)).toEqual(states);
  };
}

/** Until `b` has said so many answers of IKE_AUTH, the last of which is on the wire. */
function upTo(world: EapWorld, messageId: number): void {
  for (let i = 0; i < 100; i++) {
    const next = world.b.outbox[0]?.data;
    if (next && next[18] === 35 && next[23] === messageId) return;
    run(world, 1);
  }
  throw new Error(`never ${messageId}`);
}

const over = ['CLOSED', 'CLOSED'];
const failed = createNotify('AUTHENTICATION_FAILED');
const error = new IpsecError('authentication-failed', 'a wing');
const broken = createNotify('SET_WINDOW_SIZE', new Uint8Array(3));
const wrong: EapOptions = {
  ...optionsOf([key('two')], [key('zwei')]),
  connectionB: { ...plain, furtherProofs: [proof(key('wrong'))], furtherDemands: [demand(key('two'))] },
};

/** An answer to a further proof, and something else instead. */
function answered(options: EapOptions, messageId: number, change: 'broken' | 'announced' | 'EAP Failure'): (journal: Journal) => void {
  return (journal) => {
    const world = begun(journal, options);
    upTo(world, messageId);
    const { a, b } = world;
    const real = read(a, takeWire(b));
    const more = change === 'broken' ? broken : createNotify('ANOTHER_AUTH_FOLLOWS');
    const failure = { type: 'EAP', code: 'Failure', identifier: 0, data: new Uint8Array(0) } as const;
    receive(
      world,
      a,
      forge(b, { exchange: 'IKE_AUTH', messageId, isResponse: true }, change === 'EAP Failure' ? [failure] : [...real, more]),
    );
    run(world, 2);
    expect(onlySa(a).state).toBe('CLOSED');
  };
}

/** Conversations by name. */
export const severalConversations: Readonly<Record<string, (journal: Journal) => void>> = {
  'three keys of the initiator': plays(optionsOf([key('two'), key('three')])),
  'a key, then EAP, then a key': plays(optionsOf([key('two'), eap, key('three')])),
  'a key, then EAP twice': plays(optionsOf([eap, eap])),
  'a key and three of the responder': plays(optionsOf([], [key('zwei'), key('drei')])),
  'two keys of both': plays(optionsOf([key('two')], [key('zwei')])),
  'three keys of both, and another of the responder': plays(optionsOf([key('two'), key('three')], [key('zwei'), key('drei'), key('vier')])),
  'a second key that is wrong': plays({ ...wrong, connectionA: optionsOf([key('other')], [key('zwei')]).connectionA! }, over),
  'a second key of the responder that is wrong': plays(wrong, over),
  'EAP where a key is due': plays({ connectionA: optionsOf([eap]).connectionA!, connectionB: optionsOf([key('two')]).connectionB! }, over),
  'nothing, where a key is due': plays(
    { connectionA: optionsOf([], [key('zwei')]).connectionA!, connectionB: optionsOf([key('two')], [key('zwei')]).connectionB! },
    over,
  ),
  'a further EAP that its peer leaves': plays(
    { ...optionsOf([eap]), a: { instead: () => ({ kind: 'failure', packet: packetOf('Failure', 1), error }) } },
    over,
  ),
  'a further proof, and a broken answer': answered(optionsOf([key('two')]), 2, 'broken'),
  'a further proof, and another that nobody wants': answered(optionsOf([key('two')]), 2, 'announced'),
  'a further EAP that begins with Failure': answered(optionsOf([eap]), 2, 'EAP Failure'),

  'several proofs, and an empty request too early'(journal) {
    const world = begun(journal, optionsOf([key('two')]));
    const { a, b } = world;
    for (const host of [a, b, a, b]) pass(world, host);
    a.outbox.length = 0;
    receive(world, b, forge(a, { exchange: 'IKE_AUTH', messageId: 2 }, []));
    expect(onlySa(b).state).toBe('CLOSED');
  },

  'several proofs, and an initiator that leaves'(journal) {
    const world = begun(journal, optionsOf([key('two')]));
    const { a, b } = world;
    for (const host of [a, b, a]) pass(world, host);
    expect(onlySa(b).state).toBe('AUTH_CONTINUES');
    b.outbox.length = 0;
    receive(world, b, forge(a, { exchange: 'INFORMATIONAL', messageId: 2 }, [failed], mainKey(a)));
    expect(onlySa(b).state).toBe('CLOSED');
  },
};
