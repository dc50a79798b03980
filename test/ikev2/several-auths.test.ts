/** Several authentications under one IKE SA (RFC 4739), between two of our own hosts. */
import { describe, expect, test } from 'vitest';
import type { Connection, FurtherDemand, FurtherProof } from '../../src/keying/connection.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import { formatIdentity, parseIdentity } from '../../src/traffic-selector.js';
import { parsePadId } from '../../src/pad.js';
import { actionsOf, answer, createEapWorld, type EapOptions, type EapWorld, onlySa, reasonOf, statesOf } from './eap-world.js';
import { answerAsk, begin, forge, pass, read, receive, takeWire, wait } from './model-hosts.js';
import { wordsOf } from './toy-eap.js';
import { type Host, randomOf } from './two-hosts.js';

const up = ['ESTABLISHED', 'ESTABLISHED'];
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const key = (text: string) => ({ method: 'shared-key', secret: octets(text) }) as const;
const proof = (id: string, auth: FurtherProof['auth']): FurtherProof => ({ id: parseIdentity(id), auth });
const demand = (id: string, auth: FurtherDemand['auth']): FurtherDemand => ({ id: parsePadId(id), auth });
const eap = { method: 'eap' } as const;
const plain = { localAuth: key('one'), remoteAuth: key('one') } as const;

/** A machine with a key, then a user with a password. */
const machineAndUser: EapOptions = {
  connectionA: { ...plain, furtherProofs: [proof('user.example', eap)] },
  connectionB: { ...plain, furtherDemands: [demand('.example', eap)] },
};
/** Three keys, one after the other. */
const threeKeys: EapOptions = {
  connectionA: { ...plain, furtherProofs: [proof('a2.example', key('two')), proof('a3.example', key('three'))] },
  connectionB: { ...plain, furtherDemands: [demand('a2.example', key('two')), demand('a3.example', key('three'))] },
};
/** The responder proves itself twice. */
const twiceByResponder: EapOptions = {
  connectionA: { ...plain, furtherDemands: [demand('b2.example', key('two'))] },
  connectionB: { ...plain, furtherProofs: [proof('b2.example', key('two'))] },
};
/** Both do. */
const bothTwice: EapOptions = {
  connectionA: { ...plain, furtherProofs: [proof('a2.example', key('two'))], furtherDemands: [demand('b2.example', key('zwei'))] },
  connectionB: { ...plain, furtherProofs: [proof('b2.example', key('zwei'))], furtherDemands: [demand('a2.example', key('two'))] },
};
/** A user with a password, then a machine with a key. */
const userAndMachine: EapOptions = {
  connectionA: { localAuth: eap, remoteAuth: key('one'), furtherProofs: [proof('a2.example', key('two'))] },
  connectionB: { localAuth: key('one'), remoteAuth: eap, furtherDemands: [demand('a2.example', key('two'))] },
};
/** Nothing but EAP, and that twice. */
const eapTwice: EapOptions = {
  alone: true,
  connectionA: { furtherProofs: [proof('user.example', eap)] },
  connectionB: { furtherDemands: [demand('user.example', eap)] },
};

interface Talk {
  readonly world: EapWorld;
  /** IKE_AUTH in words. */
  readonly said: string[];
}

function talk(options: EapOptions, drop: (said: string) => boolean = () => false): Talk {
  const world = createEapWorld(options);
  const said: string[] = [];
  begin(world);
  pass(world, world.a);
  pass(world, world.b);
  for (let i = 0; i < 300; i++) {
    const { a, b } = world;
    if (answer(world, a) || answer(world, b)) continue;
    const from = [a, b].find((host) => host.outbox.length > 0);
    if (!from) {
      if (statesOf(world).join() === up.join() || statesOf(world).includes('CLOSED')) break;
      wait(world, 1000);
      continue;
    }
    const words = `${from.name}: ${wordsOf(read(from === a ? b : a, from.outbox[0]!))}`;
    if (drop(words)) takeWire(from);
    else {
      said.push(words);
      pass(world, from);
    }
  }
  return { world, said };
}

const establishedAs = (host: Host): string[] => actionsOf(host, 'established').map(({ peerId }) => formatIdentity(peerId));

const furtherOf = (host: Host): string[] => actionsOf(host, 'established').flatMap(({ furtherIds }) => furtherIds.map(formatIdentity));

describe('RFC 4739: who proves what, message by message', () => {
  test('a machine with a key, then its user with EAP', () => {
    const { world, said } = talk(machineAndUser);
    expect(said).toEqual([
      'a: IDi, AUTH, SA, TSi, TSr, N(MULTIPLE_AUTH_SUPPORTED), N(ANOTHER_AUTH_FOLLOWS)',
      'b: IDr, AUTH',
      'a: IDi',
      'b: EAP(Request)',
      'a: EAP(Response)',
      'b: EAP(Request)',
      'a: EAP(Response)',
      'b: EAP(Success)',
      'a: AUTH',
      'b: AUTH, SA, TSi, TSr',
    ]);
    expect(statesOf(world)).toEqual(up);
    expect([establishedAs(world.a), establishedAs(world.b)]).toEqual([['b.example'], ['a.example']]);
    expect(furtherOf(world.b)).toEqual(['user.example']);
    expect([world.a.sad.size, world.b.sad.size]).toEqual([1, 1]);
    expect(world.asked.a.map(({ round, localId, isResponderProved }) => [round, formatIdentity(localId), isResponderProved])).toEqual(
      Array.from({ length: 3 }, () => [1, 'user.example', true]),
    );
    expect(world.asked.b.map(({ round, otherId }) => [round, formatIdentity(otherId)])).toEqual(
      Array.from({ length: 3 }, () => [1, 'user.example']),
    );
  });

  test('a user with EAP, then a machine with a key', () => {
    const { world, said } = talk(userAndMachine);
    expect(said.slice(-4)).toEqual(['a: AUTH, N(ANOTHER_AUTH_FOLLOWS)', 'b: AUTH', 'a: IDi, AUTH', 'b: SA, TSi, TSr']);
    expect(statesOf(world)).toEqual(up);
  });

  test('three keys of the initiator', () => {
    const { world, said } = talk(threeKeys);
    expect(said.slice(1)).toEqual(['b: IDr, AUTH', 'a: IDi, AUTH, N(ANOTHER_AUTH_FOLLOWS)', 'b: ', 'a: IDi, AUTH', 'b: SA, TSi, TSr']);
    expect(statesOf(world)).toEqual(up);
  });

  test('two of the responder: the initiator makes room for the second one', () => {
    const { world, said } = talk(twiceByResponder);
    expect(said.slice(1)).toEqual(['b: IDr, AUTH, N(ANOTHER_AUTH_FOLLOWS)', 'a: ', 'b: IDr, AUTH, SA, TSi, TSr']);
    expect([statesOf(world), establishedAs(world.a)]).toEqual([up, ['b.example']]);
  });

  test('two of both', () => {
    const { world, said } = talk(bothTwice);
    expect(said.slice(1)).toEqual(['b: IDr, AUTH, N(ANOTHER_AUTH_FOLLOWS)', 'a: IDi, AUTH', 'b: IDr, AUTH, SA, TSi, TSr']);
    expect(statesOf(world)).toEqual(up);
    expect([furtherOf(world.a), furtherOf(world.b)]).toEqual([['b2.example'], ['a2.example']]);
  });

  test('EAP twice, and nothing else', () => {
    const { world } = talk(eapTwice);
    expect(statesOf(world)).toEqual(up);
    expect(world.asked.a.map(({ round, isResponderProved }) => [round, isResponderProved])).toEqual(
      [0, 0, 0, 1, 1, 1].map((round) => [round, false]),
    );
  });

  test('the secrets of each round are asked for by their own identities', () => {
    const asks = { method: 'ask-shared-key' } as const;
    const world = createEapWorld({
      connectionA: { localAuth: asks, remoteAuth: asks, furtherProofs: [proof('a2.example', asks)] },
      connectionB: { ...plain, furtherDemands: [demand('a2.example', key('two'))] },
    });
    const { a } = world;
    const asked: string[] = [];
    begin(world);
    for (let i = 0; i < 60; i++) {
      const { waiting } = onlySa(a);
      if (waiting?.ask.kind === 'shared-key') {
        const me = formatIdentity(waiting.ask.localId);
        asked.push(`${me} to ${formatIdentity(waiting.ask.peerId)}`);
        answerAsk(world, a, octets(me === 'a.example' ? 'one' : 'two'));
        continue;
      }
      const from = [world.a, world.b].find((host) => host.outbox.length > 0);
      if (!from) break;
      pass(world, from);
    }
    expect(statesOf(world)).toEqual(up);
    expect(asked).toEqual(['a.example to b.example', 'a.example to b.example', 'a2.example to b.example']);
  });

  test('every message is lost once', () => {
    for (const options of [machineAndUser, threeKeys, bothTwice, userAndMachine]) {
      const lost = new Set<string>();
      let last = '';
      const { world } = talk(options, (said) => {
        const isNew = said !== last && !lost.has(said);
        lost.add(said);
        last = said;
        return isNew;
      });
      expect(statesOf(world)).toEqual(up);
      expect(lost.size).toBeGreaterThan(3);
    }
  });
});

describe('RFC 4739: what is not enough', () => {
  const fails = (options: EapOptions): EapWorld => {
    const { world } = talk(options);
    expect([establishedAs(world.a), world.a.sad.size, world.a.reserved.size]).toEqual([[], 0, 0]);
    expect(statesOf(world)[0]).toBe('CLOSED');
    expect(statesOf(world)[1]).toMatch(/^(CLOSED|INIT_ANSWERED)$/);
    return world;
  };
  const change = (options: EapOptions, a: Partial<Connection>, b: Partial<Connection> = {}): EapOptions => ({
    ...options,
    connectionA: { ...options.connectionA, ...a },
    connectionB: { ...options.connectionB, ...b },
  });

  test('a second key that is wrong', () => {
    const world = fails(change(threeKeys, { furtherProofs: [proof('a2.example', key('wrong')), proof('a3.example', key('three'))] }));
    expect(establishedAs(world.b)).toEqual([]);
    fails(change(twiceByResponder, {}, { furtherProofs: [proof('b2.example', key('wrong'))] }));
  });

  test('a second identity that may not', () => {
    expect(
      establishedAs(fails(change(threeKeys, { furtherProofs: [proof('x.example', key('two')), proof('a3.example', key('three'))] })).b),
    ).toEqual([]);
    fails(change(twiceByResponder, {}, { furtherProofs: [proof('x.example', key('two'))] }));
  });

  test('a user whose password is wrong, and one who may not', () => {
    expect(establishedAs(fails({ ...machineAndUser, a: { password: 'another' } }).b)).toEqual([]);
    expect(establishedAs(fails({ ...machineAndUser, b: { identity: parseIdentity('user.elsewhere') } }).b)).toEqual([]);
  });

  test('fewer proofs than are demanded, and more', () => {
    const fewer = fails(change(threeKeys, { furtherProofs: [proof('a2.example', key('two'))] }));
    expect(reasonOf(fewer.b)).toContain('found one of another number');
    fails(change(machineAndUser, { furtherProofs: undefined }));
    fails(change(threeKeys, {}, { furtherDemands: [demand('a2.example', key('two'))] }));
    fails(change(threeKeys, {}, { furtherDemands: undefined }));
    fails(change(twiceByResponder, {}, { furtherProofs: undefined, furtherDemands: undefined }));
    fails(change(userAndMachine, { furtherProofs: undefined }));
    fails(change(userAndMachine, {}, { furtherDemands: undefined }));
    fails(change(machineAndUser, { furtherProofs: [proof('user.example', eap), proof('a3.example', key('three'))] }));
  });

  test('our log says that it is the way that is wrong, not the name', () => {
    const why = (connectionA: EapOptions['connectionA'], connectionB: EapOptions['connectionB']): string =>
      reasonOf(talk({ connectionA: { ...plain, ...connectionA }, connectionB: { ...plain, ...connectionB } }).world.b);
    const demands = [demand('a2.example', key('two'))];
    const what = 'authentication-failed: how ID_FQDN a.example proves who it is for connection';
    const more = 'AUTH and further authentications (RFC 4739)';
    const less = why({}, { furtherDemands: demands });
    expect([less.startsWith(what), less]).toEqual([true, expect.stringContaining(`: expected ${more}, found AUTH alone`)]);
    expect(why({}, { remoteAuth: eap })).toContain(': expected EAP, found AUTH alone');
  });

  test('an initiator that cannot is not even asked for its password', () => {
    const world = fails(change(userAndMachine, { furtherProofs: undefined }));
    expect(world.asked.b).toEqual([]);
  });

  test('EAP where a key is demanded, and a key where EAP is', () => {
    fails(change(threeKeys, { furtherProofs: [proof('a2.example', eap), proof('a3.example', key('three'))] }));
    const world = fails(change(machineAndUser, { furtherProofs: [proof('user.example', key('two'))] }));
    expect(reasonOf(world.b)).toContain('expected eap, found AUTH');
  });

  test('a responder that cannot: nothing of ours is shown to it', () => {
    const world = fails(change(machineAndUser, {}, { furtherDemands: undefined }));
    expect(reasonOf(world.a)).toContain('MULTIPLE_AUTH_SUPPORTED');
  });

  test('a responder that says that it has proved all, or grants before everything is proved', () => {
    for (const options of [machineAndUser, bothTwice]) {
      const world = createEapWorld(options);
      const { a, b } = world;
      begin(world);
      for (const host of [a, b, a]) pass(world, host);
      const real = read(a, takeWire(b));
      const turned = real.some((p) => p.type === 'N' && p.notify === 'ANOTHER_AUTH_FOLLOWS')
        ? real.filter((p) => p.type !== 'N')
        : [...real, createNotify('ANOTHER_AUTH_FOLLOWS')];
      receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId: 1, isResponse: true }, turned));
      expect([onlySa(a).state, establishedAs(a)]).toEqual(['DELETING', []]);
    }
  });

  test('a responder that leaves its first AUTH out', () => {
    const world = createEapWorld(threeKeys);
    const { a, b } = world;
    begin(world);
    for (const host of [a, b, a]) pass(world, host);
    receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId: 1, isResponse: true }, []));
    expect([onlySa(a).state, establishedAs(a)]).toEqual(['CLOSED', []]);
    expect(reasonOf(a)).toContain('expected AUTH, found none');
  });

  test('an initiator that goes on with nothing, or with somebody else', () => {
    for (const [options, messageId] of [
      [machineAndUser, 2],
      [threeKeys, 2],
    ] as const) {
      const world = createEapWorld(options);
      const { a, b } = world;
      begin(world);
      for (const host of [a, b, a, b]) pass(world, host);
      a.outbox.length = 0;
      receive(world, b, forge(a, { exchange: 'IKE_AUTH', messageId }, []));
      expect([onlySa(b).state, establishedAs(b)]).toEqual(['CLOSED', []]);
      expect(read(a, takeWire(b))).toMatchObject([{ type: 'N', notify: 'AUTHENTICATION_FAILED' }]);
    }
  });
});

describe('on rough links', () => {
  const kinds = { eap: {}, alone: { alone: true }, machineAndUser, threeKeys, twiceByResponder, bothTwice, userAndMachine, eapTwice };

  /** Three messages of ten are lost, two of ten come twice, and any may overtake another. */
  function roughly(options: EapOptions, seed: number): EapWorld {
    const patient = {
      setUp: { first: 1000, factor: 1, most: 1000, jitter: 0, tries: 60 },
      halfOpenLifetime: 1_000_000,
      eapLifetime: 1_000_000,
    };
    const world = createEapWorld({ ...options, hostA: { seed, options: patient }, hostB: { seed: seed + 1000, options: patient } });
    const { a, b } = world;
    const random = randomOf(seed);
    const dice = (sides: number): number => {
      const one = new Uint8Array(1);
      random(one);
      return one[0]! % sides;
    };
    begin(world);
    for (let i = 0; i < 3000 && statesOf(world).join() !== up.join(); i++) {
      if (dice(2) === 0 && (answer(world, a) || answer(world, b))) continue;
      const senders = [a, b].filter(({ outbox }) => outbox.length > 0);
      const from = senders[dice(2)] ?? senders[0];
      if (!from) {
        wait(world, 1000);
        continue;
      }
      const [one] = from.outbox.splice(dice(from.outbox.length), 1);
      const to = from === a ? b : a;
      for (let copies = [0, 0, 0, 1, 1, 1, 1, 1, 2, 2][dice(10)]!; copies > 0; copies--) receive(world, to, one!);
    }
    return world;
  }

  test.each(Object.entries(kinds))('%s, with 60 seeds', (_, options) => {
    for (let seed = 1; seed <= 60; seed++) {
      const world = roughly(options, seed);
      expect([seed, ...statesOf(world)]).toEqual([seed, ...up]);
      expect([establishedAs(world.a).length, establishedAs(world.b).length]).toEqual([1, 1]);
      expect([world.a.sad.size, world.b.sad.size, world.a.reserved.size, world.b.reserved.size]).toEqual([1, 1, 0, 0]);
    }
  });
});
