/**
 * Both hosts do things to the same SAs at the same time, over a network that delays, reorders, repeats and loses: when it is over, both have the
 * same, and nothing besides.
 */
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/keying/connection.js';
import { freshWindows } from '../../src/ikev2/windows.js';
import { curve25519, ecp256 } from '../../src/suite/dh.js';
import type { KeyExchangeRow } from '../../src/suite/types-ike.js';
import {
  expectAgreement,
  happen,
  type Host,
  ikeProposal,
  inUse,
  mainKey,
  nextWake,
  randomOf,
  receive,
  setClock,
  settle,
  twoHosts,
  type HostOptions,
  viewOf,
} from './two-hosts.js';

type Hosts = ReturnType<typeof twoHosts>;
type Command = 'rekeyIke' | 'rekeyChild' | 'createChild' | 'deleteChild' | 'checkLiveness' | 'delete';

/** One of `n` things, by chance. */
function chanceOf(seed: number): (n: number) => number {
  const random = randomOf(seed);
  const octets = new Uint8Array(4);
  return (n) => {
    random(octets);
    return new DataView(octets.buffer).getUint32(0) % n;
  };
}

/** Has a host do something with what it has. */
function act(host: Host, what: Command, chance: (n: number) => number): void {
  const key = mainKey(host);
  const children = inUse(host).flatMap((sa) => sa.children);
  const child = children[chance(Math.max(1, children.length))];
  switch (what) {
    case 'rekeyChild':
    case 'deleteChild':
      if (child) happen(host, { type: what, spiIn: child.spiIn }, key);
      return;
    case 'createChild':
      happen(host, { type: what, policy: 'net' }, key);
      return;
    case 'delete':
      happen(host, { type: what, reason: 'test' }, key);
      return;
    default:
      happen(host, { type: what }, key);
  }
}

/** Lets the network do what it likes, for so many moves. */
function chaos(hosts: Hosts, moves: number, loss: number, chance: (n: number) => number): void {
  for (let i = 0; i < moves; i++) {
    const [from, to] = chance(2) === 0 ? [hosts.a, hosts.b] : [hosts.b, hosts.a];
    const at = chance(Math.max(1, from.outbox.length));
    const datagram = from.outbox[at];
    const fate = chance(100);
    if (datagram === undefined || fate < 15) {
      const next = Math.min(nextWake(hosts.a), nextWake(hosts.b));
      // Never so far that somebody gives up.
      if (next < Infinity) setClock(hosts, Math.max(hosts.a.env.now, Math.min(next, hosts.a.env.now + 2_000)));
      continue;
    }
    if (fate >= 25) from.outbox.splice(at, 1); // else it comes again
    if (fate < 100 - loss) receive(to, datagram);
  }
}

/** Until nothing is on the wire and nobody waits for anything. */
function quiesce(hosts: Hosts): void {
  for (let i = 0; i < 500; i++) {
    settle(hosts);
    const next = Math.min(nextWake(hosts.a), nextWake(hosts.b));
    if (next === Infinity) return;
    setClock(hosts, Math.max(hosts.a.env.now, next));
  }
  throw new Error(`never quiet: ${JSON.stringify([viewOf(hosts.a), viewOf(hosts.b)])}`);
}

function play(seed: number, commands: readonly (readonly [Command, Command])[], loss: number, options: HostOptions = {}): Hosts {
  const chance = chanceOf(seed);
  const hosts = twoHosts({ seed: 2 * seed, ...options }, { seed: 2 * seed + 1, ...options });
  for (const [a, b] of commands) {
    act(hosts.a, a, chance);
    chaos(hosts, chance(3), loss, chance);
    act(hosts.b, b, chance);
    chaos(hosts, 3 + chance(12), loss, chance);
  }
  quiesce(hosts);
  return hosts;
}

const all: readonly Command[] = ['rekeyIke', 'rekeyChild', 'createChild', 'deleteChild', 'checkLiveness'];
const pairs = all.flatMap((a) => all.map((b) => [a, b] as const));
const childrenOf = (host: Host): number => inUse(host).flatMap(({ children }) => children).length;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('RFC 7296 sections 2.8.1, 2.8.2 and 2.25', () => {
  test.each(pairs)('%s here, %s there, at once', (a, b) => {
    for (const seed of range(12)) {
      const hosts = play(seed, [[a, b]], seed % 2 === 0 ? 20 : 0);
      expectAgreement(hosts, childrenOf(hosts.a));
    }
  });

  test.each([1, 4])(
    'all of it in a row, a window of %i',
    (windowSize) => {
      const options: HostOptions = { options: { windowSize }, sa: { windows: { ...freshWindows, ownSize: windowSize } } };
      for (const seed of range(60)) {
        const chance = chanceOf(seed + 1000);
        const commands = range(2 + chance(4)).map(() => pairs[chance(pairs.length)]!);
        const hosts = play(seed, commands, [0, 10, 25][seed % 3]!, options);
        expectAgreement(hosts, childrenOf(hosts.a));
      }
    },
    60_000,
  );

  test.each([
    ['delete', 'delete'],
    ['rekeyIke', 'delete'],
    ['delete', 'rekeyIke'],
  ] as const)(
    '%s here and %s there end everything, whatever is under way',
    (a, b) => {
      for (const seed of range(25)) {
        const chance = chanceOf(seed + 2000);
        const hosts = play(seed, [pairs[chance(pairs.length)]!, ['rekeyIke', 'rekeyIke'], [a, b]], [0, 20][seed % 2]!);
        for (const host of [hosts.a, hosts.b]) {
          expect(viewOf(host)).toEqual({ ike: [], children: [] });
          expect([host.sad.size, host.reserved.size]).toEqual([0, 0]);
        }
      }
    },
    60_000,
  );

  test('the two do collide, and either side prevails', () => {
    const outcomes = new Set<string>();
    for (const seed of range(20)) {
      const hosts = play(seed, [['rekeyIke', 'rekeyIke']], 0);
      const collided = [hosts.a, hosts.b].filter(({ actions }) => actions.some((a) => a.type === 'audit' && a.event === 'collision'));
      if (collided.length === 2) outcomes.add(inUse(hosts.a)[0]!.role);
    }
    expect([...outcomes].sort()).toEqual(['initiator', 'responder']);
  });

  test('two that want different key exchange methods agree all the same', () => {
    for (const seed of range(8)) {
      const of = (keyExchange: readonly KeyExchangeRow[]): Partial<Connection> => ({ proposals: [{ ...ikeProposal, keyExchange }] });
      const hosts = twoHosts(
        { seed: 2 * seed, connection: of([ecp256, curve25519]) },
        { seed: 2 * seed + 1, connection: of([curve25519, ecp256]) },
      );
      happen(hosts.a, { type: 'rekeyIke' });
      happen(hosts.b, { type: 'rekeyIke' });
      chaos(hosts, 10, 10, chanceOf(seed));
      quiesce(hosts);
      expectAgreement(hosts, 1);
    }
  });
});

describe('RFC 7296 section 2.8', () => {
  test('a day of lifetimes that both sides watch: the Child SA lives on under ever new IKE SAs', () => {
    const lifetimes = { rekeyAfter: 3_600_000, lifetime: 4_000_000, lifetimeJitter: 0.1, livenessInterval: 600_000 };
    const options: HostOptions = { options: lifetimes };
    const hosts = twoHosts({ ...options, seed: 5 }, { ...options, seed: 6 });
    // The first IKE SA has no deadlines: the second one has.
    happen(hosts.a, { type: 'rekeyIke' });
    while (hosts.a.env.now < 86_400_000) {
      settle(hosts);
      setClock(hosts, Math.min(nextWake(hosts.a), nextWake(hosts.b)));
    }
    settle(hosts);
    expect(inUse(hosts.a)).toHaveLength(1);
    expect([hosts.a, hosts.b].map((host) => [...host.sad.keys()])).toEqual([[0xa000], [0xb000]]);
    expect([...hosts.a.sas.keys()].length).toBeGreaterThan(24);
    expect(hosts.a.actions.filter((action) => action.type === 'removeChild')).toEqual([]);
  });
});
