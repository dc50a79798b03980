/** Conversations that go through every row of the table, as it goes in life where that is possible, and otherwise with a peer that says what it likes. */
import { expect } from 'vitest';
import { createNotify } from '../../src/ikev2/notify-data.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { encodeIkeProposals } from '../../src/ikev2/proposal.js';
import type { Established, Replaced } from '../../src/ikev2/states.js';
import { curve25519, ecp256 } from '../../src/suite/dh.js';
import { eapConversations } from './model-eap.js';
import { gcm, gcmPfs, mirrored, policyOf } from './child-fixtures.js';
import {
  answerAsk,
  begin,
  connect,
  createWorld,
  flood,
  forge,
  type Journal,
  mainKey,
  order,
  pass,
  read,
  receive,
  requestOf,
  secret,
  settle,
  takeWire,
  wait,
  type World,
} from './model-hosts.js';
import { type Host, ikeProposal, saOf } from './two-hosts.js';

type Play = (journal: Journal) => void;

const both = { keyExchange: [curve25519, ecp256] };
const twoGroups = { connection: { proposals: [{ ...ikeProposal, ...both }] } };
const otherGroup = { connection: { proposals: [{ ...ikeProposal, keyExchange: [ecp256] }] } };

function stateOf(host: Host, key = mainKey(host)): string {
  return saOf(host, key).state;
}
function childOf(host: Host): number {
  const sa = saOf(host, mainKey(host)) as Established;
  return sa.children[0]!.spiIn;
}
function peerIdOf(host: Host, key = mainKey(host)): number {
  return saOf(host, key).windows.nextPeerId;
}
const deleteIke: Payload = { type: 'D', protocol: 'IKE', spis: [] };
const deleteChild: Payload = { type: 'D', protocol: 'ESP', spis: [Uint8Array.of(9, 9, 9, 9)] };
const busy = createNotify('TEMPORARY_FAILURE');
const failed = createNotify('AUTHENTICATION_FAILED');

/** What the peer says out of turn in a state where it may say little. */
function chatter(world: World, host: Host, key: string): void {
  const peer = host === world.a ? world.b : world.a;
  const say = (exchange: 'CREATE_CHILD_SA' | 'INFORMATIONAL', payloads: readonly Payload[]): void => {
    receive(world, host, forge(peer, { exchange, messageId: peerIdOf(host, key) }, payloads, key));
  };
  say('CREATE_CHILD_SA', [{ type: 'Nonce', data: new Uint8Array(32) }]);
  say('INFORMATIONAL', [deleteChild]);
  say('INFORMATIONAL', []);
  host.outbox.length = 0;
}

/** `host` has asked something, then wants the end of the IKE SA; then the answer comes. */
function endMeanwhile(world: World, host: Host, ask: Parameters<typeof order>[1], answer?: readonly Payload[]): void {
  const peer = host === world.a ? world.b : world.a;
  order(host, ask);
  const asked = takeWire(host);
  const { exchange, messageId } = requestOf(host);
  order(host, { type: 'delete', reason: 'test' });
  expect(stateOf(host)).toBe('DELETING');
  if (answer) receive(world, host, forge(peer, { exchange, messageId, isResponse: true }, answer));
  else {
    receive(world, peer, asked);
    pass(world, peer);
  }
  if (answer) host.outbox.length = 0;
  else settle(world);
}

/** Conversations by name. */
export const conversations: Readonly<Record<string, Play>> = {
  ...eapConversations,

  'a whole life'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    connect(world);
    expect([stateOf(a), stateOf(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    for (const host of [a, b]) {
      order(host, { type: 'createChild', policy: 'net' });
      settle(world);
      order(host, { type: 'rekeyChild', spiIn: childOf(host) });
      settle(world);
      order(host, { type: 'deleteChild', spiIn: childOf(host) });
      settle(world);
      order(host, { type: 'checkLiveness' });
      settle(world);
      order(host, { type: 'notify', payloads: [createNotify('INVALID_SPI', Uint8Array.of(0, 0, 1, 0))] });
      settle(world);
      order(host, { type: 'rekeyIke' });
      settle(world);
    }
    order(a, { type: 'delete', reason: 'test' });
    settle(world);
    for (const host of [a, b]) {
      expect([...host.sas.values()].map(({ sa }) => sa.state)).toEqual(['CLOSED', 'CLOSED', 'CLOSED']);
      expect([host.sad.size, host.reserved.size]).toEqual([0, 0]);
    }
  },

  'every message is lost once'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    begin(world);
    for (let exchange = 0; exchange < 2; exchange++) {
      takeWire(a); // lost
      wait(world, 2_000);
      pass(world, a);
      takeWire(b); // lost
      wait(world, 3_000);
      pass(world, a); // is answered as before, and by no row
      pass(world, b);
    }
    settle(world);
    expect([stateOf(a), stateOf(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  },

  'a cookie'(journal) {
    const world = createWorld(journal);
    flood(world);
    connect(world);
    expect(stateOf(world.b)).toBe('ESTABLISHED');
  },

  'a cookie too many'(journal) {
    const world = createWorld(journal, { options: { maxInitTries: 1 } });
    flood(world);
    connect(world);
    expect(stateOf(world.a)).toBe('CLOSED');
  },

  'another group'(journal) {
    const world = createWorld(journal, twoGroups, otherGroup);
    connect(world);
    expect(stateOf(world.b)).toBe('ESTABLISHED');
  },

  'a group too many'(journal) {
    const world = createWorld(journal, { ...twoGroups, options: { maxInitTries: 1 } }, otherGroup);
    connect(world);
    expect(stateOf(world.a)).toBe('CLOSED');
  },

  'no proposal'(journal) {
    const world = createWorld(journal, {}, otherGroup);
    connect(world);
    expect([stateOf(world.a), world.b.sas.size]).toEqual(['INIT_SENT', 0]);
    wait(world, 1_000_000);
    expect(stateOf(world.a)).toBe('INIT_SENT');
  },

  'an answer to IKE_SA_INIT that cannot be'(journal) {
    const world = createWorld(journal);
    begin(world);
    pass(world, world.a);
    const real = takeWire(world.b);
    const forged = real.data.slice().fill(0, 8, 16);
    receive(world, world.a, { ...real, data: forged });
    expect(stateOf(world.a)).toBe('INIT_SENT');
    receive(world, world.a, real);
    settle(world);
    expect(stateOf(world.a)).toBe('ESTABLISHED');
  },

  'no secret of our own'(journal) {
    const world = createWorld(journal, { connection: { localAuth: { method: 'shared-key', secret: new Uint8Array(0) } } });
    connect(world);
    expect(stateOf(world.a)).toBe('CLOSED');
  },

  'the initiator is not who it says'(journal) {
    const world = createWorld(journal, {}, { connection: { remoteAuth: { method: 'shared-key', secret: secret.slice(1) } } });
    connect(world);
    expect([stateOf(world.a), stateOf(world.b)]).toEqual(['CLOSED', 'CLOSED']);
  },

  'the responder is not who it says'(journal) {
    const world = createWorld(journal, {}, { connection: { localAuth: { method: 'shared-key', secret: secret.slice(1) } } });
    begin(world);
    for (const host of [world.a, world.b, world.a, world.b]) pass(world, host);
    expect([stateOf(world.a), stateOf(world.b)]).toEqual(['DELETING', 'ESTABLISHED']);
    settle(world);
    expect([stateOf(world.a), stateOf(world.b)]).toEqual(['CLOSED', 'CLOSED']);
  },

  'an answer to IKE_AUTH that is broken'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    begin(world);
    for (const host of [a, b, a]) pass(world, host);
    const payloads = [...read(a, takeWire(b)), createNotify('SET_WINDOW_SIZE', new Uint8Array(3))];
    receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId: 1, isResponse: true }, payloads));
    expect(stateOf(a)).toBe('CLOSED');
  },

  'secrets are asked for'(journal) {
    const asks = { connection: { localAuth: { method: 'ask-shared-key' }, remoteAuth: { method: 'ask-shared-key' } } } as const;
    const world = createWorld(journal, asks, asks);
    const { a, b } = world;
    begin(world);
    pass(world, a);
    pass(world, b);
    const answer = (host: Host): void => {
      for (let i = 0; i < 4 && saOf(host, mainKey(host)).waiting; i++) answerAsk(world, host, secret);
    };
    answer(a);
    pass(world, a);
    answer(b);
    pass(world, b);
    answer(a);
    expect([stateOf(a), stateOf(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  },

  'a secret is asked for that nobody has'(journal) {
    const world = createWorld(journal, { connection: { localAuth: { method: 'ask-shared-key' } } });
    const { a, b } = world;
    begin(world);
    pass(world, a);
    pass(world, b);
    expect(stateOf(a)).toBe('AUTH_SENT');
    answerAsk(world, a, undefined);
    expect([stateOf(a), a.outbox.length]).toEqual(['CLOSED', 0]);
  },

  'EAP is wanted'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    begin(world);
    for (const host of [a, b]) pass(world, host);
    const payloads = requestOf(a).payloads.filter(({ type }) => type !== 'AUTH');
    receive(world, b, forge(a, { exchange: 'IKE_AUTH', messageId: 1 }, payloads));
    expect(stateOf(b)).toBe('CLOSED');
  },

  'another Child SA is declined'(journal) {
    const world = createWorld(journal, {}, { options: { maxChildren: 1 } });
    connect(world);
    order(world.a, { type: 'createChild', policy: 'net' });
    settle(world);
    expect(stateOf(world.a)).toBe('ESTABLISHED');
    expect([world.a.sad.size, world.b.sad.size]).toEqual([1, 1]);
  },

  'a Child SA is rekeyed while the peer deletes it'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    connect(world);
    order(b, { type: 'deleteChild', spiIn: childOf(b) });
    order(a, { type: 'rekeyChild', spiIn: childOf(a) });
    settle(world);
    expect([a.sad.size, b.sad.size]).toEqual([0, 0]);
  },

  'both rekey a Child SA, with PFS'(journal) {
    const policy = policyOf({ proposals: [gcmPfs, gcm] });
    const world = createWorld(journal, { connection: { children: [policy] } }, { connection: { children: [mirrored(policy)] } });
    const { a, b } = world;
    connect(world);
    order(b, { type: 'rekeyChild', spiIn: childOf(b) });
    order(a, { type: 'rekeyChild', spiIn: childOf(a) });
    settle(world);
    expect([a.sad.size, b.sad.size]).toEqual([1, 1]);
  },

  'the IKE SA is rekeyed while the peer asks for a Child SA'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    connect(world);
    order(b, { type: 'createChild', policy: 'net' });
    order(a, { type: 'rekeyIke' });
    settle(world);
    wait(world, 20_000);
    settle(world);
    expect([stateOf(a), stateOf(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  },

  'both rekey the IKE SA'(journal) {
    for (let seed = 1; seed < 5; seed++) {
      const world = createWorld(journal, { seed }, { seed: seed + 10 });
      const { a, b } = world;
      connect(world);
      order(b, { type: 'rekeyIke' });
      order(a, { type: 'rekeyIke' });
      settle(world);
      expect([stateOf(a), stateOf(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    }
  },

  'both rekey the IKE SA, and one request is late'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    const key = connect(world);
    order(a, { type: 'rekeyIke' });
    const late = takeWire(a);
    order(b, { type: 'rekeyIke' });
    pass(world, b);
    pass(world, a);
    receive(world, b, late);
    const refused = b.outbox.findIndex(({ data }) => (data[19]! & 0x20) !== 0);
    receive(world, a, b.outbox.splice(refused, 1)[0]!);
    expect(stateOf(a, key)).toBe('REPLACED');
    settle(world);
    expect([stateOf(a), stateOf(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  },

  'a rekey of the IKE SA is answered with nonsense'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    connect(world);
    order(a, { type: 'rekeyIke' });
    const { exchange, messageId } = requestOf(a);
    const payloads: Payload[] = [
      { type: 'SA', proposals: encodeIkeProposals([ikeProposal], new Uint8Array(8).fill(5)).slice(0, 1) },
      { type: 'Nonce', data: new Uint8Array(32) },
      { type: 'KE', method: 19, data: new Uint8Array(64) },
    ];
    receive(world, a, forge(b, { exchange, messageId, isResponse: true }, payloads));
    expect(stateOf(a)).toBe('DELETING');
  },

  'a replaced IKE SA'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    const key = connect(world);
    order(a, { type: 'rekeyIke' });
    pass(world, a);
    expect(stateOf(b, key)).toBe('REPLACED');
    chatter(world, b, key);
    receive(world, b, forge(a, { exchange: 'INFORMATIONAL', messageId: peerIdOf(b, key) }, [deleteIke], key));
    expect(stateOf(b, key)).toBe('CLOSED');
  },

  'a replaced IKE SA that was never taken by its initiator'(journal) {
    const world = createWorld(journal, {}, { options: { windowSize: 3 } });
    const { a, b } = world;
    const key = connect(world);
    order(a, { type: 'rekeyIke' });
    receive(world, b, forge(a, { exchange: 'CREATE_CHILD_SA', messageId: 3 }, requestOf(a).payloads));
    expect(stateOf(b, key)).toBe('REPLACED');
    receive(world, b, forge(a, { exchange: 'INFORMATIONAL', messageId: 2 }, [failed], key));
    expect(stateOf(b, key)).toBe('CLOSED');
  },

  'an IKE SA is replaced while something is asked'(journal) {
    for (const event of [{ type: 'checkLiveness' }, { type: 'notify', payloads: [] }] as const) {
      const world = createWorld(journal);
      const { a, b } = world;
      const key = connect(world);
      order(b, event);
      order(a, { type: 'rekeyIke' });
      pass(world, a);
      expect(stateOf(b, key)).toBe('REPLACED');
      settle(world);
      expect([stateOf(a), stateOf(b)]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    }
  },

  'an IKE SA that is being deleted'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    const key = connect(world);
    order(b, { type: 'delete', reason: 'test' });
    b.outbox.length = 0;
    chatter(world, b, key);
    order(a, { type: 'delete', reason: 'test' });
    receive(world, b, forge(a, { exchange: 'INFORMATIONAL', messageId: peerIdOf(b, key) }, [deleteIke], key));
    expect(stateOf(b)).toBe('CLOSED');
  },

  'an IKE SA that is being deleted, and was never taken by its initiator'(journal) {
    const world = createWorld(journal);
    const { a, b } = world;
    connect(world);
    order(b, { type: 'delete', reason: 'test' });
    receive(world, b, forge(a, { exchange: 'INFORMATIONAL', messageId: 2 }, [failed]));
    expect(stateOf(b)).toBe('CLOSED');
  },

  'an IKE SA that is deleted while something is asked'(journal) {
    const asks = (host: Host): Parameters<typeof order>[1][] => [
      { type: 'createChild', policy: 'net' },
      { type: 'rekeyChild', spiIn: childOf(host) },
      { type: 'deleteChild', spiIn: childOf(host) },
      { type: 'checkLiveness' },
      { type: 'notify', payloads: [] },
    ];
    for (let i = 0; i < 5; i++) {
      const granted = createWorld(journal);
      connect(granted);
      endMeanwhile(granted, granted.b, asks(granted.b)[i]!);
      expect([stateOf(granted.a), stateOf(granted.b)]).toEqual(['CLOSED', 'CLOSED']);
      expect([granted.b.sad.size, granted.b.reserved.size, granted.a.sad.size]).toEqual([0, 0, 0]);
      if (i > 1) continue;
      const refused = createWorld(journal);
      connect(refused);
      endMeanwhile(refused, refused.b, asks(refused.b)[i]!, [busy]);
      expect(refused.b.reserved.size).toBe(0);
    }
  },

  // Our side starts nothing of this kind while the IKE SA is rekeyed, and refuses a rekey that would cross it (RFC 7296 section 2.25.1).
  'an IKE SA that is replaced as it should not be, while something is asked'(journal) {
    for (const [event, refusal] of [
      [{ type: 'createChild', policy: 'net' }, false],
      [{ type: 'createChild', policy: 'net' }, true],
      [{ type: 'rekeyChild', spiIn: 0 }, false],
      [{ type: 'rekeyChild', spiIn: 0 }, true],
      [{ type: 'deleteChild', spiIn: 0 }, false],
    ] as const) {
      const world = createWorld(journal);
      const { a, b } = world;
      const key = connect(world);
      order(b, 'spiIn' in event ? { ...event, spiIn: childOf(b) } : event);
      const { exchange, messageId } = requestOf(b);
      const sa = saOf(b, key) as Established;
      const replaced: Replaced = { ...sa, state: 'REPLACED', successor: { spiI: sa.spiR, spiR: sa.spiI } };
      b.sas.set(key, { sa: replaced, wakeAt: Infinity });
      if (refusal) receive(world, b, forge(a, { exchange, messageId, isResponse: true }, [busy], key));
      else settle(world);
      expect(stateOf(b, key)).toBe('REPLACED');
      expect(saOf(b, key).windows.outstanding).toEqual([]);
    }
  },
};
