/** EAP in IKE_AUTH between two of our own hosts, with a toy of a method: what is proved is what the machine does with it. */
import { describe, expect, test } from 'vitest';
import { equalBytes } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import type { AskEap, EapStep } from '../../src/ikev2/requests.js';
import {
  actionsOf,
  answer,
  askOf,
  createEapWorld,
  type EapOptions,
  type EapWorld,
  onlySa,
  play,
  reasonOf,
  run,
  statesOf,
} from './eap-world.js';
import { begin, mainKey, order, pass, read, receive, requestOf, secret, takeWire, wait } from './model-hosts.js';
import { mskOf, packetOf, wordsOf } from './toy-eap.js';
import type { Host } from './two-hosts.js';

const up = ['ESTABLISHED', 'ESTABLISHED'];
const over = ['CLOSED', 'CLOSED'];

/** Every message between the two, in words. */
function listen(options: EapOptions = {}): { readonly world: EapWorld; readonly said: string[] } {
  const world = createEapWorld(options);
  const said: string[] = [];
  begin(world);
  for (let i = 0; i < 200; i++) {
    const { a, b } = world;
    if (answer(world, a) || answer(world, b)) continue;
    const from = a.outbox.length > 0 ? a : b;
    if (from.outbox.length === 0) break;
    const to = from === a ? b : a;
    if (to.sas.size > 0 && from.sas.size > 0 && said.length > 1) said.push(`${from.name}: ${wordsOf(read(to, from.outbox[0]!))}`);
    else said.push(`${from.name}: IKE_SA_INIT`);
    pass(world, from);
  }
  return { world, said };
}

function established(host: Host): unknown {
  return actionsOf(host, 'established').map(({ peerId }) => peerId);
}

describe('RFC 7296 section 2.16', () => {
  test('a method that makes a key: the messages of appendix C.3', () => {
    const { world, said } = listen();
    expect(said.slice(2)).toEqual([
      'a: IDi, SA, TSi, TSr',
      'b: IDr, AUTH, EAP(Request)',
      'a: EAP(Response)',
      'b: EAP(Request)',
      'a: EAP(Response)',
      'b: EAP(Success)',
      'a: AUTH',
      'b: AUTH, SA, TSi, TSr',
    ]);
    expect(statesOf(world)).toEqual(up);
    expect(world.a.sad.size + world.b.sad.size).toBe(2);
    expect([established(world.a), established(world.b)]).toEqual([
      [{ type: 'ID_FQDN', name: 'b.example' }],
      [{ type: 'ID_FQDN', name: 'a.example' }],
    ]);
  });

  test('what the wings are asked', () => {
    const world = play();
    const [a, b] = [
      { type: 'ID_FQDN', name: 'a.example' },
      { type: 'ID_FQDN', name: 'b.example' },
    ] as const;
    const { spiI, spiR } = onlySa(world.a);
    const plain = { kind: 'eap', spiI, spiR, round: 0, isResponderProved: true };
    const peer = { ...plain, role: 'peer', localId: a, otherId: b };
    const authenticator = { ...plain, role: 'authenticator', localId: b, otherId: a };
    expect(world.asked.a.map(({ packet }) => packet?.[0])).toEqual([1, 1, 3]);
    expect(world.asked.b.map(({ packet }) => packet?.[0])).toEqual([undefined, 2, 2]);
    for (const ask of world.asked.a) expect(ask).toMatchObject(peer);
    for (const ask of world.asked.b) expect(ask).toMatchObject(authenticator);
  });

  test('the MSK is overwritten on both sides once the IKE SA is there, and SK_pi and SK_pr with it', () => {
    const given: Uint8Array[] = [];
    const keep = (step: EapStep): EapStep => (step.kind === 'success' && step.msk && given.push(step.msk), step);
    const world = play({ a: { instead: keep }, b: { instead: keep } });
    expect(statesOf(world)).toEqual(up);
    expect(given.map((msk) => msk.every((octet) => octet === 0))).toEqual([true, true]);
    for (const host of [world.a, world.b]) {
      const sa = onlySa(host);
      if (sa.state !== 'ESTABLISHED') throw new Error(sa.state);
      expect([...sa.crypto.keys.SK_pi, ...sa.crypto.keys.SK_pr].every((octet) => octet === 0)).toBe(true);
    }
  });

  test('and where it fails', () => {
    const given: Uint8Array[] = [];
    const keep = (step: EapStep): EapStep => (step.kind === 'success' && step.msk && given.push(step.msk), step);
    const other = (step: EapStep): EapStep => keep(step.kind === 'success' ? { ...step, msk: mskOf('other') } : step);
    for (const [a, b] of [
      [keep, other],
      [other, keep],
    ] as const) {
      const world = play({ a: { instead: a }, b: { instead: b } });
      expect(statesOf(world)).toEqual(over);
    }
    expect(given.map((msk) => msk.every((octet) => octet === 0))).toEqual([true, true, true, true]);
  });

  test('a wrong password: EAP Failure is the answer, and both know why', () => {
    const { world, said } = listen({ a: { password: 'another' } });
    expect(said.slice(-2)).toEqual(['a: EAP(Response)', 'b: EAP(Failure)']);
    expect(reasonOf(world.a)).toBe('peer-refused: the toy: found Failure');
    expect(reasonOf(world.b)).toBe('authentication-failed: the toy: expected the password, found another');
    expect(actionsOf(world.b, 'audit').map(({ detail }) => detail)).toContain('the toy: expected the password, found another');
    expect([established(world.a), established(world.b)]).toEqual([[], []]);
    expect([world.a.reserved.size, world.b.reserved.size, world.a.sad.size, world.b.sad.size]).toEqual([0, 0, 0, 0]);
  });

  test('the Failure is kept for those who ask again', () => {
    const world = createEapWorld({ a: { password: 'another' } });
    begin(world);
    while (statesOf(world)[1] !== 'CLOSED') expect(run(world, 1)).toBe(1);
    expect(actionsOf(world.b, 'farewell').map(({ datagrams }) => datagrams.map((data) => wordsOf(read(world.a, { data }))))).toEqual([
      ['EAP(Failure)'],
    ]);
  });

  test('"the initiator of an IKE SA using EAP needs to be capable of extending the initial protocol exchange to at least ten IKE_AUTH exchanges"', () => {
    for (const requests of [10, 40]) expect(statesOf(play({ b: { requests } }))).toEqual(up);
  });

  test('but not for ever', () => {
    const world = play({ b: { requests: 100 } });
    expect(statesOf(world)).toEqual(over);
    expect(reasonOf(world.a)).toContain('its end within 64 packets');
  });

  test('nor with an initiator that is more patient than ours', () => {
    const world = createEapWorld({ b: { requests: 100 } });
    begin(world);
    while (statesOf(world)[1] !== 'EAP_REQUESTED') run(world, 1);
    const entry = world.b.sas.get(mainKey(world.b))!;
    entry.sa = { ...entry.sa, packets: 64 } as typeof entry.sa;
    run(world);
    expect(statesOf(world)).toEqual(over);
    expect(reasonOf(world.b)).toContain('its end within 64 packets');
  });

  test('"policy lookups and access control decisions use the actual authenticated identity"', () => {
    const carol = { type: 'ID_RFC822_ADDR', name: 'carol@example.org' } as const;
    const peer = { id: carol, authentication: { protocol: 'IKEv2', method: 'EAP' }, child: { lookup: 'id' } } as const;
    const granted: unknown[] = [];
    const world = createEapWorld({ b: { identity: carol }, connectionB: { peer } });
    Object.assign(world.b.env, {
      configure: (id: unknown) => {
        granted.push(id);
        return undefined;
      },
    });
    begin(world);
    run(world);
    expect(statesOf(world)).toEqual(up);
    expect(established(world.b)).toEqual([carol]);
    expect(onlySa(world.b)).toMatchObject({ peerId: carol });
  });

  test('an identity that the PAD does not take: AUTHENTICATION_FAILED instead of Success', () => {
    const { world, said } = listen({ b: { identity: { type: 'ID_FQDN', name: 'mallory.example' } } });
    expect(said.at(-1)).toBe('b: N(AUTHENTICATION_FAILED)');
    expect(statesOf(world)).toEqual(over);
    expect(reasonOf(world.b)).toContain('found ID_FQDN mallory.example, as it is authenticated');
  });

  test('no identity at all: nobody is let in by what IDi claims', () => {
    const { world, said } = listen({ b: { identity: undefined } });
    expect(said.at(-1)).toBe('b: N(AUTHENTICATION_FAILED)');
    expect(reasonOf(world.b)).toContain('expected the identity that is authenticated, found none');
  });

  test('IDi leads to a connection by its routes', () => {
    const auth = (routes: string) =>
      ({ connectionB: { remoteAuth: { method: 'eap', routes: { type: 'ID_FQDN', name: routes } } } }) as const;
    expect(statesOf(play(auth('.example')))).toEqual(up);
    const { world, said } = listen(auth('.elsewhere'));
    expect(said.at(-1)).toBe('b: N(AUTHENTICATION_FAILED)');
    expect(reasonOf(world.b)).toContain('ID_FQDN a.example: expected one of those that b may lead to, found none: it wants EAP');
    expect(world.asked.b).toEqual([]);
  });
});

describe('methods without a key', () => {
  const keyless = { a: { makesKey: false }, b: { makesKey: false } };

  test('RFC 7296 section 2.16: AUTH with SK_pi and SK_pr, where both want it so', () => {
    expect(statesOf(play({ ...keyless, allowKeyless: true }))).toEqual(up);
  });

  test('not unless it is asked for', () => {
    const world = play(keyless);
    expect(statesOf(world)).toEqual(over);
    expect(reasonOf(world.b)).toContain('expected a method that makes a key');
  });

  test('a side that lost its key is found out by the other one', () => {
    for (const lost of [{ a: { makesKey: false } }, { b: { makesKey: false } }]) {
      const world = play({ ...lost, allowKeyless: true });
      expect(statesOf(world)).toEqual(over);
      expect([established(world.a), established(world.b)]).toEqual([[], []]);
    }
  });

  test('an MSK that is too short is none', () => {
    const short = (step: EapStep): EapStep => (step.kind === 'success' ? { ...step, msk: new Uint8Array(0) } : step);
    const world = play({ a: { instead: short }, b: { instead: short }, allowKeyless: true });
    expect(statesOf(world)).toEqual(over);
    expect(reasonOf(world.b)).toContain('an MSK of 64 octets or more, found 0');
  });
});

describe('RFC 5998: EAP alone', () => {
  test('the messages of section 3', () => {
    const { world, said } = listen({ alone: true });
    expect(said.slice(2, 4)).toEqual(['a: IDi, SA, TSi, TSr, N(EAP_ONLY_AUTHENTICATION)', 'b: IDr, EAP(Request)']);
    expect(statesOf(world)).toEqual(up);
    expect([...world.asked.a, ...world.asked.b].map(({ isResponderProved }) => isResponderProved)).toEqual(Array(6).fill(false));
  });

  test('"Both the initiator and responder MUST verify that the EAP method actually used provided mutual authentication"', () => {
    for (const one of [{ a: { isMutual: false } }, { b: { isMutual: false } }]) {
      const world = play({ ...one, alone: true });
      expect(statesOf(world)).toEqual(over);
      expect([reasonOf(world.a), reasonOf(world.b)].join()).toContain('both sides prove who they are');
    }
  });

  test('"and established a shared secret key", whatever else is allowed', () => {
    for (const one of [{ a: { makesKey: false } }, { b: { makesKey: false } }]) {
      const world = play({ ...one, alone: true, allowKeyless: true });
      expect(statesOf(world)).toEqual(over);
    }
  });

  test('a responder that has nothing but EAP takes nobody who does not want it so', () => {
    const { world, said } = listen({ alone: true, connectionA: { remoteAuth: { method: 'shared-key', secret } } });
    expect(said.at(-1)).toBe('b: N(AUTHENTICATION_FAILED)');
    expect(world.asked.b).toEqual([]);
  });

  test('a responder that proves itself all the same: there is nothing to verify that with, so that it is refused', () => {
    const { world, said } = listen({ alone: true, connectionB: { localAuth: { method: 'shared-key', secret } } });
    expect(said.slice(3)).toEqual(['b: IDr, AUTH, EAP(Request)', 'a: N(AUTHENTICATION_FAILED)', 'b: ']);
    expect(reasonOf(world.a)).toContain('expected EAP alone (RFC 5998), found AUTH of method Shared Key');
    expect(world.asked.a).toEqual([]);
  });

  test('section 6.4: who the responder is by its method counts, not who IDr says', () => {
    const as = (name: string): EapOptions => ({
      alone: true,
      a: { instead: (step) => (step.kind === 'success' ? { ...step, identity: { type: 'ID_FQDN', name } } : step) },
    });
    expect(statesOf(play(as('b.example')))).toEqual(up);
    expect(reasonOf(play(as('mallory.example')).a)).toContain('mallory.example, as it is authenticated');
  });

  test('EAP for the responder alone is no configuration', () => {
    const world = play({ connectionA: { localAuth: { method: 'shared-key', secret }, remoteAuth: { method: 'eap' } } });
    expect(reasonOf(world.a)).toContain('invalid-config');
  });
});

describe('a Request that says that the peer is refused', () => {
  const refusal = new IpsecError('authentication-failed', 'the toy', { expected: 'the password', found: 'another' });
  const refusing: EapOptions['b'] = {
    instead: (step, { packet }) => (step.kind === 'continue' && packet ? { ...step, refusal } : step),
  };
  const givesUp = {
    instead: (step: EapStep, { packet }: AskEap): unknown => (packet?.[1] === 2 ? { kind: 'failure', error: refusal } : step),
  };

  test('it gives up without an answer, and we know why', () => {
    const { world, said } = listen({ a: givesUp, b: refusing });
    expect(said.slice(-3)).toEqual(['b: EAP(Request)', 'a: N(AUTHENTICATION_FAILED)', 'b: ']);
    expect(reasonOf(world.b)).toBe('authentication-failed: the toy: expected the password, found another');
    expect(actionsOf(world.b, 'audit').map(({ event }) => event)).toContain('refused');
  });

  test('without a reason it is the peer that does not go on', () => {
    expect(reasonOf(play({ a: givesUp }).b)).toContain('expected an initiator that goes on, found one that has given up');
    const odd = { instead: (step: EapStep): unknown => (step.kind === 'continue' ? { ...step, refusal: 'because' } : step) };
    expect(reasonOf(play({ a: givesUp, b: odd }).b)).toContain('found one that has given up');
  });

  test('it says nothing any more', () => {
    const world = createEapWorld({ b: refusing });
    begin(world);
    while (askOf(world.a)?.kind !== 'eap' || (askOf(world.a) as AskEap).packet?.[1] !== 2) run(world, 1);
    wait(world, 1_000_000);
    expect(reasonOf(world.b)).toBe('authentication-failed: the toy: expected the password, found another');
  });
});

describe('time', () => {
  test('a user types a password: the responder waits, and the half-open IKE SA outlives halfOpenLifetime', () => {
    const world = createEapWorld();
    begin(world);
    while (statesOf(world)[1] !== 'EAP_REQUESTED') run(world, 1);
    pass(world, world.b);
    wait(world, 100_000);
    expect(statesOf(world)).toEqual(['EAP_WANTED', 'EAP_REQUESTED']);
    run(world);
    expect(statesOf(world)).toEqual(up);
  });

  test('but not longer than eapLifetime, on either side', () => {
    const options = { hostA: { options: { eapLifetime: 50_000 } }, hostB: { options: { eapLifetime: 50_000 } } };
    const world = createEapWorld(options);
    begin(world);
    while (statesOf(world)[1] !== 'EAP_REQUESTED') run(world, 1);
    pass(world, world.b);
    wait(world, 49_999);
    expect(statesOf(world)).toEqual(['EAP_WANTED', 'EAP_REQUESTED']);
    wait(world, 1);
    expect(statesOf(world)).toEqual(over);
    expect([reasonOf(world.a), reasonOf(world.b)].map((reason) => reason.split(':')[0])).toEqual(['timeout', 'timeout']);
    expect([world.a.reserved.size, world.b.reserved.size]).toEqual([0, 0]);
  });
});

describe('RFC 7296 section 2.1: messages that are lost, and messages that come twice', () => {
  test.each([1, 2, 3, 4])('message %i of IKE_AUTH and its answer are lost', (id) => {
    const world = createEapWorld();
    begin(world);
    const isHere = ({ data }: { readonly data: Uint8Array }): boolean => data[23] === id;
    const lost = { a: 0, b: 0 };
    for (let i = 0; i < 400; i++) {
      const { a, b } = world;
      if (answer(world, a) || answer(world, b)) continue;
      const from = [a, b].find((host) => host.outbox.length > 0);
      if (!from) {
        if (statesOf(world).join() === up.join()) break;
        wait(world, 1000);
        continue;
      }
      if (isHere(from.outbox[0]!) && lost[from.name] === 0) {
        lost[from.name]++;
        takeWire(from);
      } else pass(world, from);
    }
    expect(lost).toEqual({ a: 1, b: 1 });
    expect(statesOf(world)).toEqual(up);
    expect(world.asked.b).toHaveLength(3);
  });

  test('every message comes twice, the second time while the wing thinks', () => {
    const world = createEapWorld();
    begin(world);
    for (let i = 0; i < 400; i++) {
      const { a, b } = world;
      const from = [a, b].find((host) => host.outbox.length > 0);
      if (from) {
        const one = takeWire(from);
        const to = from === a ? b : a;
        receive(world, to, one);
        if (one.data[18] !== 34) {
          const before = to.outbox.length;
          receive(world, to, one);
          // Nothing is said while the wing thinks, and the same answer afterwards.
          expect(to.outbox.length - before).toBeLessThan(2);
        }
      } else if (!answer(world, a) && !answer(world, b)) break;
    }
    expect(statesOf(world)).toEqual(up);
    expect([world.asked.a.length, world.asked.b.length]).toEqual([3, 3]);
    expect([actionsOf(world.a, 'established').length, actionsOf(world.b, 'established').length]).toEqual([1, 1]);
  });

  test('an IKE SA that ends while the wing thinks takes no answer any more', () => {
    for (const name of ['a', 'b'] as const) {
      const world = createEapWorld();
      begin(world);
      while (!world[name].sas.size || onlySa(world[name]).waiting?.ask.kind !== 'eap') {
        const from = [world.a, world.b].find((host) => host.outbox.length > 0);
        if (from) pass(world, from);
        else answer(world, world[name === 'a' ? 'b' : 'a']);
      }
      const host = world[name];
      order(host, { type: 'delete', reason: 'test' });
      expect(onlySa(host).state).toBe('CLOSED');
      const before = host.actions.length;
      order(host, { type: 'answer', value: { kind: 'success', isMutual: true, msk: mskOf('x') } });
      expect(host.actions.slice(before)).toEqual([]);
      expect(onlySa(host).waiting).toBeUndefined();
    }
  });
});

describe('what a wing may not say', () => {
  const wrong = new IpsecError('authentication-failed', 'a wing');
  const said: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['an error', wrong],
    ['something else', { kind: 'maybe' }],
    ['a packet that is none', { kind: 'continue', packet: new Uint8Array(3) }],
    ['a packet whose Length is wrong', { kind: 'continue', packet: Uint8Array.of(1, 1, 0, 9, 254) }],
    ['a packet of an unknown Code', { kind: 'continue', packet: Uint8Array.of(5, 1, 0, 5, 254) }],
    ['Success as what goes on', { kind: 'continue', packet: packetOf('Success', 1) }],
    ['success too early', { kind: 'success', isMutual: true, msk: mskOf('a password'), identity: { type: 'ID_FQDN', name: 'a.example' } }],
    ['a success without a word of mutual authentication', { kind: 'success', msk: mskOf('a password') }],
    ['a key that is no octets', { kind: 'success', isMutual: true, msk: 'a password' }],
    ['a failure without a reason', { kind: 'failure' }],
  ];

  test.each(said)('%s, as peer: nothing is established, and the responder is told', (_, value) => {
    const { world, said: messages } = listen({ a: { instead: () => value } });
    expect(statesOf(world)).toEqual(over);
    expect(messages.slice(-2)).toEqual(['a: N(AUTHENTICATION_FAILED)', 'b: ']);
    expect(reasonOf(world.a)).toMatch(/^(authentication-failed|invalid-argument): /);
  });

  test.each(said)('%s, as authenticator: EAP Failure', (_, value) => {
    const { world, said: messages } = listen({ b: { instead: () => value } });
    expect(statesOf(world)).toEqual(over);
    expect(messages.slice(-1)).toEqual(['b: IDr, AUTH, EAP(Failure)']);
    expect(reasonOf(world.b)).toMatch(/^(authentication-failed|invalid-argument): /);
  });

  test('a Response to another Request', () => {
    const world = play({ a: { instead: (step) => (step.kind === 'continue' ? { ...step, packet: packetOf('Response', 77) } : step) } });
    expect(reasonOf(world.a)).toContain('a Response to another Request than 1');
  });

  test('a Failure of its own making is sent as it is, another packet in its place is not', () => {
    for (const [packet, identifier] of [
      [packetOf('Failure', 200), 200],
      [packetOf('Success', 200), 0],
    ] as const) {
      const world = createEapWorld({ b: { instead: () => ({ kind: 'failure', packet, error: wrong }) } });
      begin(world);
      while (statesOf(world)[1] !== 'CLOSED') run(world, 1);
      const payloads = read(world.a, takeWire(world.b));
      expect(payloads.at(-1)).toMatchObject({ type: 'EAP', code: 'Failure', identifier });
    }
  });

  test('a Success without a packet has the Identifier of the Response', () => {
    const world = createEapWorld({ b: { instead: (step) => (step.kind === 'success' ? { ...step, packet: undefined } : step) } });
    begin(world);
    while (statesOf(world)[1] !== 'EAP_SUCCEEDED') run(world, 1);
    expect(read(world.a, takeWire(world.b))).toMatchObject([{ type: 'EAP', code: 'Success', identifier: 2 }]);
    expect(requestOf(world.a).payloads).toMatchObject([{ type: 'EAP', code: 'Response', identifier: 2 }]);
  });
});

test('two conversations at once have two names', () => {
  const [x, y] = [play({ hostA: { seed: 5 } }), play({ hostA: { seed: 6 } })];
  expect(equalBytes(x.asked.a[0]!.spiI, y.asked.a[0]!.spiI)).toBe(false);
  expect(mainKey(x.a)).not.toBe(mainKey(y.a));
});
