/** Rows 10, 11 and 13 of the list of known attacks: EAP in IKE_AUTH. */
import { describe, expect, test } from 'vitest';
import { EMPTY } from '../../src/bytes.js';
import { computeSharedKeyAuth } from '../../src/ikev2/auth.js';
import { signedOctetsOf } from '../../src/ikev2/exchange/ike-auth-established.js';
import { createNotify } from '../../src/ikev2/notify-data.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { createIdPayload } from '../../src/ikev2/peer.js';
import type { Halfway } from '../../src/ikev2/states.js';
import { actionsOf, answer, createEapWorld, type EapOptions, type EapWorld, onlySa, reasonOf, run, statesOf } from '../ikev2/eap-world.js';
import { begin, forge, pass, read, receive, takeWire } from '../ikev2/model-hosts.js';
import { mskOf, packetOf } from '../ikev2/toy-eap.js';
import type { Host } from '../ikev2/two-hosts.js';

const gained = ({ actions }: Host): string[] =>
  actions.map(({ type }) => type).filter((type) => ['established', 'installChild', 'newIkeSa', 'handOver'].includes(type));

/** What the next message of IKE_AUTH of one side would be, in order: a place to put something else. */
function upTo(messages: number, from: 'a' | 'b', options: EapOptions = {}): EapWorld {
  const world = createEapWorld(options);
  begin(world);
  pass(world, world.a);
  pass(world, world.b);
  for (let i = 0; i < 100; i++) {
    const { a, b } = world;
    if (answer(world, a) || answer(world, b)) continue;
    const next = [a, b].find((host) => host.outbox.length > 0);
    if (!next) break;
    if (next.name === from && next.outbox[0]!.data[23] === messages) return world;
    pass(world, next);
  }
  throw new Error(`message ${messages} of ${from} never came`);
}

const success: Payload = { type: 'EAP', code: 'Success', identifier: 1, data: EMPTY };
const failure: Payload = { type: 'EAP', code: 'Failure', identifier: 1, data: EMPTY };
const response: Payload = { type: 'EAP', code: 'Response', identifier: 1, data: Uint8Array.of(254, 0) };
const request: Payload = { type: 'EAP', code: 'Request', identifier: 1, data: Uint8Array.of(254) };
const zeros: Payload = { type: 'AUTH', method: 'Shared Key Message Integrity Code', data: new Uint8Array(32) };

/** AUTH as somebody makes it who has the keys of the IKE SA, and no key of EAP. */
function authOf({ a }: EapWorld, name: 'a' | 'b', secret: (sa: Halfway) => Uint8Array): Payload {
  const sa = onlySa(a) as unknown as Halfway; // both have the same keys
  const id = createIdPayload(name === 'a' ? 'IDi' : 'IDr', { type: 'ID_FQDN', name: `${name}.example` });
  return {
    type: 'AUTH',
    method: 'Shared Key Message Integrity Code',
    data: computeSharedKeyAuth(sa.crypto.suite.prf, secret(sa), signedOctetsOf(sa, id)),
  };
}

describe('row 10: every exchange in every state (CVE-2014-2338): nothing but IKE_AUTH leads anywhere before both AUTHs', () => {
  const others = ['CREATE_CHILD_SA', 'INFORMATIONAL'] as const;

  test.each([1, 2, 3, 4])('row 10: in place of request %i of IKE_AUTH', (messageId) => {
    for (const exchange of others) {
      const world = upTo(messageId, 'a');
      const { a, b } = world;
      const before = onlySa(b);
      for (const payloads of [[], [createNotify('INITIAL_CONTACT')], [{ type: 'D', protocol: 'IKE', spis: [] }]] as const)
        receive(world, b, forge(a, { exchange, messageId }, payloads));
      expect(onlySa(b).state).toBe(before.state);
      expect(b.outbox).toEqual([]);
      run(world);
      expect(statesOf(world)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    }
  });
});

describe('row 11: Success and Failure at every step (CVE-2021-45079, CVE-2015-8023)', () => {
  /** What a responder may send out of its turn, in each of its four answers. */
  const forged: readonly (readonly [string, (real: readonly Payload[], world: EapWorld) => readonly Payload[]])[] = [
    ['Success', (real) => [...real.filter(({ type }) => type === 'IDr' || type === 'AUTH'), success]],
    ['Success and nothing else', () => [success]],
    ['Success with the grant', (real) => [...real.filter(({ type }) => type !== 'EAP' && type !== 'AUTH'), success]],
    ['Failure', (real) => [...real.filter(({ type }) => type === 'IDr'), failure]],
    ['a Response', (real) => [...real.filter(({ type }) => type !== 'EAP'), response]],
    ['AUTH of zeros', (real) => [...real.filter(({ type }) => type !== 'EAP' && type !== 'AUTH'), zeros]],
    ['AUTH by SK_pr', (_real, world) => [authOf(world, 'b', ({ crypto }) => crypto.keys.SK_pr)]],
    ['AUTH by nothing', (_real, world) => [authOf(world, 'b', () => EMPTY)]],
    ['AUTH of the initiator', (_real, world) => [authOf(world, 'a', () => mskOf('a password'))]],
  ];

  test.each([1, 2, 3, 4].flatMap((id) => forged.map(([name, make]) => [id, name, make] as const)))(
    'row 11: answer %i of the responder is %s: nothing is established',
    (messageId, _name, make) => {
      for (const options of [{}, { allowKeyless: true }, { alone: true }] as const) {
        const world = upTo(messageId, 'b', options);
        const { a, b } = world;
        const real = read(a, takeWire(b));
        const payloads = make(real, world);
        if (messageId === 3 && payloads.length === 1 && payloads[0] === success) continue; // that is what is due
        receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId, isResponse: true }, payloads));
        for (let i = 0; i < 10 && answer(world, a); i++);
        expect(gained(a)).toEqual([]);
        expect(['CLOSED', 'DELETING']).toContain(onlySa(a).state);
      }
    },
  );

  test('row 11: a wing that takes every Success: still there is nothing without AUTH by the MSK of the responder', () => {
    for (const make of [() => EMPTY, ({ crypto }: Halfway) => crypto.keys.SK_pr, () => mskOf('another')]) {
      const world = upTo(2, 'b', { a: { isCredulous: true } });
      const { a, b } = world;
      receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId: 2, isResponse: true }, [success]));
      answer(world, a);
      expect([onlySa(a).state, gained(a)]).toEqual(['EAP_AUTH_SENT', []]);
      receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId: 3, isResponse: true }, [authOf(world, 'b', make)]));
      expect([onlySa(a).state, gained(a)]).toEqual(['DELETING', []]);
    }
  });

  test('row 11: an initiator that sends AUTH instead of EAP, at every step, by every key that it has', () => {
    for (const messageId of [2, 3, 4])
      for (const secret of [
        () => EMPTY,
        ({ crypto }: Halfway) => crypto.keys.SK_pi,
        ({ crypto }: Halfway) => crypto.keys.SK_pr,
        () => mskOf('another'),
      ])
        for (const options of [{}, { allowKeyless: true }, { alone: true }] as const) {
          const world = upTo(messageId, 'a', options);
          const { a, b } = world;
          receive(world, b, forge(a, { exchange: 'IKE_AUTH', messageId }, [authOf(world, 'a', secret)]));
          expect(gained(b)).toEqual([]);
          expect(onlySa(b).state).toBe(messageId < 4 ? 'EAP_REQUESTED' : 'CLOSED');
        }
  });

  test('row 11: an initiator that sends Success, Failure or a Request', () => {
    for (const messageId of [2, 3])
      for (const packet of [success, failure, request]) {
        const world = upTo(messageId, 'a');
        const { a, b } = world;
        receive(world, b, forge(a, { exchange: 'IKE_AUTH', messageId }, [packet]));
        expect([onlySa(b).state, gained(b).length, world.asked.b.length]).toEqual(['CLOSED', 0, messageId - 1]);
        expect(read(a, takeWire(b))).toMatchObject([{ type: 'N', notify: 'INVALID_SYNTAX' }]);
      }
  });

  test('row 11: the MSK is missing on either side, or on both: AUTH fails, also where methods without a key are allowed but one side has a key', () => {
    const without = { makesKey: false };
    const cases: readonly EapOptions[] = [
      { a: without },
      { b: without },
      { a: without, b: without },
      { a: without, allowKeyless: true },
      { b: without, allowKeyless: true },
      { a: without, b: without, allowKeyless: true, alone: true },
    ];
    for (const options of cases) {
      const world = createEapWorld(options);
      begin(world);
      run(world);
      expect([statesOf(world), gained(world.a), gained(world.b)]).toEqual([['CLOSED', 'CLOSED'], [], []]);
    }
  });

  test('row 11: a wing that takes a Success for granted is not believed before the Success is there', () => {
    const eager = { kind: 'success', isMutual: true, msk: mskOf('a password') } as const;
    const world = createEapWorld({ a: { instead: () => ({ ...eager, msk: eager.msk.slice() }) } });
    begin(world);
    run(world);
    expect(statesOf(world)).toEqual(['CLOSED', 'CLOSED']);
    expect(reasonOf(world.a)).toContain('success as the answer to an EAP Request');
  });
});

describe('row 13: credentials to a server that has not proved itself (CVE-2015-4171, CVE-2023-26463)', () => {
  const wrongSecret = { localAuth: { method: 'shared-key', secret: new Uint8Array(20) } } as const;

  test('row 13: AUTH of the responder is wrong: the wing is never asked', () => {
    const world = createEapWorld({ connectionB: wrongSecret });
    begin(world);
    run(world);
    expect(world.asked.a).toEqual([]);
    expect(actionsOf(world.a, 'ask')).toEqual([]);
    expect([statesOf(world), gained(world.a)]).toEqual([['CLOSED', 'CLOSED'], []]);
  });

  test('row 13: AUTH is left out, or is that of another method', () => {
    for (const change of [
      (real: readonly Payload[]) => real.filter(({ type }) => type !== 'AUTH'),
      (real: readonly Payload[]) => real.map((p) => (p.type === 'AUTH' ? ({ ...p, method: 'NULL Authentication' } as const) : p)),
      (real: readonly Payload[]) => real.map((p) => (p.type === 'AUTH' ? ({ ...p, method: 'Digital Signature' } as const) : p)),
    ]) {
      const world = upTo(1, 'b');
      const { a, b } = world;
      receive(world, a, forge(b, { exchange: 'IKE_AUTH', messageId: 1, isResponse: true }, change(read(a, takeWire(b)))));
      expect(actionsOf(a, 'ask')).toEqual([]);
      expect(onlySa(a).state).toBe('DELETING');
    }
  });

  test('row 13: a responder that is who it says, but not whom we wanted', () => {
    const world = createEapWorld({ connectionB: { localId: { type: 'ID_FQDN', name: 'c.example' } } });
    begin(world);
    run(world);
    expect(actionsOf(world.a, 'ask')).toEqual([]);
    expect(statesOf(world)).toEqual(['CLOSED', 'CLOSED']);
  });

  test('row 13: certificates that are not trusted come before EAP: the wing is asked of one that has proved itself, and told so', () => {
    const world = upTo(1, 'b');
    pass(world, world.b);
    expect(actionsOf(world.a, 'ask').map(({ ask }) => ask)).toMatchObject([{ kind: 'eap', isResponderProved: true }]);
  });

  test('row 13: with EAP alone the wing is told that the responder has not proved itself', () => {
    const world = createEapWorld({ alone: true });
    begin(world);
    run(world);
    expect(world.asked.a).toHaveLength(3);
    for (const { isResponderProved } of world.asked.a) expect(isResponderProved).toBe(false);
  });

  test('row 13: and nothing but a method that is mutual and makes a key will do then', () => {
    for (const a of [{ isMutual: false }, { makesKey: false }]) {
      const world = createEapWorld({ alone: true, allowKeyless: true, a, b: a });
      begin(world);
      run(world);
      expect([statesOf(world)[0], gained(world.a)]).toEqual(['CLOSED', []]);
    }
  });

  test('row 13: a responder that proves nothing by NULL authentication is none for EAP (RFC 7619 section 2)', () => {
    const nameless = { connectionA: { remoteAuth: { method: 'null' } }, connectionB: { localAuth: { method: 'null' } } } as const;
    for (const options of [nameless, { connectionA: nameless.connectionA }, { connectionB: nameless.connectionB }]) {
      const world = createEapWorld(options);
      begin(world);
      run(world);
      expect([world.asked.a, gained(world.a), gained(world.b)]).toEqual([[], [], []]);
    }
  });

  test('row 13: the wing is not asked beyond the answer that it gave: a Success in a hurry is its to judge', () => {
    const world = upTo(1, 'b');
    const { a, b } = world;
    const real = read(a, takeWire(b)).filter(({ type }) => type !== 'EAP');
    receive(
      world,
      a,
      forge(b, { exchange: 'IKE_AUTH', messageId: 1, isResponse: true }, [...real, { ...request, data: packetOf('Request', 1).slice(4) }]),
    );
    expect(actionsOf(a, 'ask')).toHaveLength(1);
  });
});
