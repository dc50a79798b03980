/** Both ends at once: RFC 7296 sections 2.8.1 and 2.25.1. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { findNotify } from '../../src/ikev2/pick.js';
import type { IkeAction } from '../../src/ikev2/events.js';
import type { Task } from '../../src/ikev2/states.js';
import { gcm, gcmPfs, policyOf } from './child-fixtures.js';
import { answer, type End, finish, later, openOf, pairOf, settle, start, startNext, type Wire } from './child-pair.js';

const rekey = (spiIn: number) => ({ kind: 'rekeyChild', spiIn, notBefore: 0 }) as const;
const spiOf = (end: End): number => end.sa.children[0]!.spiIn;

/** Begins a rekey, whose request has the given first octet of the nonce. */
function begin(end: End, octet: number): { end: End; wire: Wire } {
  return start(withOctet(end, octet), rekey(spiOf(end)))!;
}
const withOctet = (end: End, octet: number): End => ({ ...end, env: { ...end.env, random: (b) => b.fill(octet) } });

function must({ end, wire }: ReturnType<typeof startNext>): { end: End; wire: Wire } {
  if (!wire) throw new Error('nothing was asked');
  return { end, wire };
}

/** Both ends agree on the one Child SA that is left, and nothing else is left of the others. */
function expectOne(a: End, b: End, why = ''): void {
  const [left, right] = [a.sa.children, b.sa.children];
  expect([left.length, right.length], why).toEqual([1, 1]);
  expect([left[0]!.spiIn, left[0]!.spiOut], why).toEqual([right[0]!.spiOut, right[0]!.spiIn]);
  expect([left[0]!.status, right[0]!.status], why).toEqual(['active', 'active']);
  expect([a.sa.tasks, b.sa.tasks, a.sa.windows.outstanding, b.sa.windows.outstanding], why).toEqual([[], [], [], []]);
  expect(keysOf(a, left[0]!.spiIn), why).toEqual(keysOf(b, right[0]!.spiOut));
  for (const end of [a, b]) {
    const installed = end.log.flatMap((x) => (x.type === 'installChild' ? [x.child.spiIn] : []));
    const removed = end.log.flatMap((x) => (x.type === 'removeChild' ? [x.child.spiIn] : []));
    const made = [...installed, ...removed].filter((spi) => spi !== end.sa.children[0]!.spiIn);
    // What was installed and is not left was removed, and the first one, which the pair began with.
    expect(new Set(removed), why).toEqual(new Set(made));
    expect(removed.length, why).toBe(installed.length);
    expect(
      end.log.some(({ type }) => type === 'childFailed'),
      why,
    ).toBe(false);
  }
}

/** Of the Child SA with this SPI in one direction, the keys of that direction. */
function keysOf(end: End, spi: number): string[] {
  const found = end.log.find(
    (x): x is Extract<IkeAction, { type: 'installChild' }> =>
      x.type === 'installChild' && (x.child.spiIn === spi || x.child.spiOut === spi),
  )!;
  const keys = found.child.spiIn === spi ? found.keys.inbound : found.keys.outbound;
  return [toHex(keys.encryption!), toHex(keys.integrity!)];
}

describe('RFC 7296 section 2.8.1', () => {
  test.each([
    ['Ni1', 1, 2, 3, 4],
    ['Ni2', 2, 1, 3, 4],
    ['Nr1', 2, 3, 4, 1],
    ['Nr2', 2, 3, 1, 4],
  ])('both rekey, and %s is the lowest: its exchange gives way, the other one deletes the old Child SA', (_, Ni1, Ni2, Nr1, Nr2) => {
    // Names as in the figure: Nr1 is in resp2, by A; Nr2 in resp1, by B.
    const { a, b } = pairOf(policyOf());
    const [oldA, oldB] = [spiOf(a), spiOf(b)];
    const [req1, req2] = [begin(a, Ni1), begin(b, Ni2)];
    const resp2 = answer(withOctet(req1.end, Nr1), req2.wire);
    const resp1 = answer(withOctet(req2.end, Nr2), req1.wire);
    const [doneA, doneB] = [finish(resp2.end, resp1.wire), finish(resp1.end, resp2.wire)];
    const oursIsLowest = Math.min(Ni1, Nr2) < Math.min(Ni2, Nr1);
    const created = (end: End, old: number): number => end.sa.children.find((c) => c.spiIn === old + 1)!.spiIn;
    expect(doneA.sa.tasks).toEqual([{ kind: 'deleteChild', spis: [oursIsLowest ? created(doneA, oldA) : oldA], notBefore: 0 }]);
    expect(doneB.sa.tasks).toEqual([{ kind: 'deleteChild', spis: [oursIsLowest ? oldB : created(doneB, oldB)], notBefore: 0 }]);
    // "A node MUST accept incoming packets through either SA": all are installed, the redundant one is not sent on.
    expect(doneA.sa.children.length).toBe(3);
    const sends = doneA.log.flatMap((x) => (x.type === 'installChild' ? [x.send] : []));
    expect(sends).toEqual(['when-peer-is-ready', oursIsLowest ? 'when-peer-is-ready' : 'now']);
    const end = settle(doneA, doneB);
    expectOne(end.a, end.b);
  });

  test('the first request is lost until the peer is done: CHILD_SA_NOT_FOUND is ignored', () => {
    const { a, b } = pairOf(policyOf());
    const req1 = begin(a, 1);
    const req2 = begin(b, 2);
    const resp2 = answer(req1.end, req2.wire);
    const doneB = finish(req2.end, resp2.wire);
    const req3 = must(startNext(doneB)); // D(SPIb1)
    const resp3 = answer(resp2.end, req3.wire);
    const settledB = finish(req3.end, resp3.wire);
    const resp1 = answer(settledB, req1.wire); // "resend req1"
    const { payloads } = openOf(resp1.wire);
    expect(findNotify(payloads, 'CHILD_SA_NOT_FOUND')).toMatchObject({ protocol: 'ESP', spi: Uint8Array.of(0, 0, 0xa0, 1) });
    expect(payloads.length).toBe(1);
    const doneA = finish(resp3.end, resp1.wire);
    expectOne(doneA, resp1.end);
  });

  test('the answer comes before the request that crossed it: that one is refused with TEMPORARY_FAILURE, which is ignored', () => {
    const { a, b } = pairOf(policyOf());
    const req1 = begin(a, 1);
    const req2 = begin(b, 2);
    const resp1 = answer(req2.end, req1.wire);
    const doneA = finish(req1.end, resp1.wire);
    const req3 = must(startNext(doneA)); // A knows nothing of the collision and deletes the old one
    const resp2 = answer(req3.end, req2.wire);
    expect(findNotify(openOf(resp2.wire).payloads, 'TEMPORARY_FAILURE')).toBeDefined();
    const doneB = finish(resp1.end, resp2.wire);
    const resp3 = answer(doneB, req3.wire);
    expectOne(finish(resp2.end, resp3.wire), resp3.end);
  });

  test('a nonce that is the beginning of another is the lower one', () => {
    const { a, b } = pairOf(policyOf());
    const [req1, req2] = [begin(a, 5), begin(b, 5)];
    const resp2 = answer(withOctet(req1.end, 6), req2.wire);
    const resp1 = answer(withOctet(req2.end, 6), req1.wire);
    // B's nonce in its request is longer than A's.
    const [request] = resp2.end.sa.windows.outstanding;
    const about = request!.about as Extract<typeof request, object>['about'] & { kind: 'rekeyChild' };
    const nonces = [new Uint8Array(33).fill(5), about.collision!.nonces[1]] as const;
    const longer = { ...request!, about: { ...about, collision: { ...about.collision!, nonces } } };
    const withLonger: End = { ...resp2.end, sa: { ...resp2.end.sa, windows: { ...resp2.end.sa.windows, outstanding: [longer] } } };
    expect(finish(withLonger, resp1.wire).sa.tasks).toEqual([{ kind: 'deleteChild', spis: [0xa002], notBefore: 0 }]);
  });
});

describe('RFC 7296 section 2.25.1', () => {
  test('a request to rekey a Child SA that we are closing', () => {
    const { a, b } = pairOf(policyOf());
    const closing = start(b, { kind: 'deleteChild', spis: [spiOf(b)], notBefore: 0 })!;
    const refused = answer(closing.end, begin(a, 1).wire);
    expect(findNotify(openOf(refused.wire).payloads, 'TEMPORARY_FAILURE')).toBeDefined();
    expect(refused.end.sa).toBe(closing.end.sa);
    const waiting: End = { ...b, sa: { ...b.sa, tasks: [{ kind: 'deleteChild', spis: [spiOf(b)], notBefore: 0 }] } };
    expect(findNotify(openOf(answer(waiting, begin(a, 1).wire).wire).payloads, 'TEMPORARY_FAILURE')).toBeDefined();
  });

  test('the peer closes the Child SA that we are rekeying: its refusal is no news then', () => {
    const { a, b } = pairOf(policyOf());
    const req1 = begin(a, 1);
    const closing = start(b, { kind: 'deleteChild', spis: [spiOf(b)], notBefore: 0 })!;
    const resp1 = answer(closing.end, req1.wire);
    const answered = answer(req1.end, closing.wire);
    expect(openOf(answered.wire).payloads).toMatchObject([{ type: 'D', protocol: 'ESP' }]); // "as usual, with a Delete payload"
    const doneA = finish(answered.end, resp1.wire);
    const doneB = finish(resp1.end, answered.wire);
    expect([doneA.sa.children, doneB.sa.children, doneA.sa.tasks]).toEqual([[], [], []]);
  });

  test('the peer closes the old Child SA after it has granted another: that one stands', () => {
    const { a, b } = pairOf(policyOf());
    const req1 = begin(a, 1);
    const resp1 = answer(b, req1.wire);
    const closing = start(resp1.end, { kind: 'deleteChild', spis: [spiOf(b)], notBefore: 0 })!;
    const answered = answer(req1.end, closing.wire);
    const doneA = finish(answered.end, resp1.wire);
    const doneB = finish(closing.end, answered.wire);
    expect(doneA.sa.tasks).toEqual([]);
    expect(doneA.log.find((x) => x.type === 'installChild')).toMatchObject({ send: 'now', replaces: undefined });
    expectOne(doneA, doneB);
  });

  test('TEMPORARY_FAILURE for a Child SA that stays: again, but later', () => {
    const { a, b } = pairOf(policyOf());
    const deaf: End = { ...b, sa: { ...b.sa, awaitsChildren: true } };
    const req1 = begin(a, 1);
    const done = finish(req1.end, answer(deaf, req1.wire).wire);
    expect(done.sa.children[0]!.status).toBe('active');
    expect(done.sa.tasks).toMatchObject([{ kind: 'rekeyChild', spiIn: 0xa001 }]);
    expect(done.sa.tasks[0]!.notBefore).toBeGreaterThanOrEqual(5_000);
    expect(startNext(done).wire).toBeUndefined();
    expect(done.log).toContainEqual({ type: 'releaseSpi', spi: 0xa002 });
    const end = settle(done, b);
    expectOne(end.a, end.b);
    expect(end.a.sa.refusedSince).toBeUndefined();
  });

  test('TEMPORARY_FAILURE for minutes: the IKE SA is given up', () => {
    const { a, b } = pairOf(policyOf());
    const deaf: End = { ...b, sa: { ...b.sa, awaitsChildren: true } };
    let end = a;
    let tries = 0;
    while (!end.sa.tasks.some(({ kind }) => kind === 'deleteIke')) {
      const asked = start({ ...end, sa: { ...end.sa, tasks: [] } }, rekey(spiOf(a)))!;
      end = finish(asked.end, answer(deaf, asked.wire).wire);
      end = later(end, Math.max(...end.sa.tasks.map(({ notBefore }) => notBefore)));
      expect(++tries).toBeLessThan(100);
    }
    expect(tries).toBeGreaterThan(20);
    expect(end.env.now).toBeGreaterThanOrEqual(180_000);
  });
});

/** Everything that can be under way, in every order of arrival. */
interface World {
  readonly a: End;
  readonly b: End;
  readonly toA: readonly Wire[];
  readonly toB: readonly Wire[];
}

function begun(world: World): World {
  const { a, b, toA, toB } = world;
  const fromA = startNext(a);
  const fromB = startNext(b);
  return { a: fromA.end, b: fromB.end, toA: fromB.wire ? [...toA, fromB.wire] : toA, toB: fromA.wire ? [...toB, fromA.wire] : toB };
}

function deliver(world: World, to: 'a' | 'b', wire: Wire): World {
  const isA = to === 'a';
  const rest = (isA ? world.toA : world.toB).filter((other) => other !== wire);
  const end = isA ? world.a : world.b;
  const answered = wire.isResponse ? undefined : answer(end, wire);
  const next = answered?.end ?? finish(end, wire);
  const back = answered ? [answered.wire] : [];
  return begun(
    isA ? { ...world, a: next, toA: rest, toB: [...world.toB, ...back] } : { ...world, b: next, toB: rest, toA: [...world.toA, ...back] },
  );
}

/** Plays every order. */
function explore(world: World, visit: (a: End, b: End, order: string) => void, order = ''): number {
  const moves = [...world.toA.map((wire) => ['a', wire] as const), ...world.toB.map((wire) => ['b', wire] as const)];
  if (moves.length > 0)
    return moves.reduce(
      (sum, [to, wire]) => sum + explore(deliver(world, to, wire), visit, `${order} ${to}${wire.isResponse ? '<' : '>'}${wire.messageId}`),
      0,
    );
  const at = Math.min(...[...world.a.sa.tasks, ...world.b.sa.tasks].map(({ notBefore }) => notBefore));
  if (at !== Infinity) return explore(begun({ ...world, a: later(world.a, at), b: later(world.b, at) }), visit, `${order} @`);
  visit(world.a, world.b, order);
  return 1;
}

describe('every order of arrival', () => {
  test.each([
    ['without PFS', gcm],
    ['with PFS', gcmPfs],
  ])('both rekey at once, %s: one Child SA is left', (_, proposal) => {
    const lowest = new Set<string>();
    let orders = 0;
    for (const [Ni1, Ni2, Nr1, Nr2] of [
      [1, 2, 3, 4],
      [2, 1, 3, 4],
      [2, 3, 1, 4],
      [2, 3, 4, 1],
    ] as const) {
      const { a, b } = pairOf(policyOf({ proposals: [proposal] }));
      // The first thing that each end draws is its own nonce, the next its nonce in the answer.
      const drawing = (end: End, first: number, second: number): End => {
        let count = 0;
        return { ...end, env: { ...end.env, random: (octets) => octets.fill(octets.length !== 32 ? 9 : count++ === 0 ? first : second) } };
      };
      const task = (end: End): End => ({ ...end, sa: { ...end.sa, tasks: [rekey(spiOf(end))] } });
      const world = begun({ a: task(drawing(a, Ni1, Nr1)), b: task(drawing(b, Ni2, Nr2)), toA: [], toB: [] });
      orders += explore(world, (left, right, order) => {
        lowest.add(left.sa.children[0]!.spiIn > 0xa002 ? 'b' : 'a');
        expectOne(left, right, order);
      });
    }
    expect(lowest).toEqual(new Set(['a', 'b']));
    expect(orders).toBeGreaterThan(50);
  });

  test.each(['a', 'b'] as const)('one end rekeys while %s closes: neither end keeps what the other has not', (who) => {
    const { a, b } = pairOf(policyOf());
    const closing = (end: End, is: boolean): Task[] => (is ? [{ kind: 'deleteChild', spis: [spiOf(end)], notBefore: 0 }] : []);
    const world = begun({
      a: { ...a, sa: { ...a.sa, tasks: [rekey(spiOf(a)), ...closing(a, who === 'a')] } },
      b: { ...b, sa: { ...b.sa, tasks: closing(b, who === 'b') } },
      toA: [],
      toB: [],
    });
    explore(world, (left, right, order) => {
      const pairs = (end: End, isA: boolean) => end.sa.children.map(({ spiIn, spiOut }) => (isA ? [spiIn, spiOut] : [spiOut, spiIn]));
      expect(pairs(left, true), order).toEqual(pairs(right, false));
    });
  });
});
