/** Sessions on rough links: every kind of them with loss, delay, reordering, duplicates, damage and a small MTU, from a seed. */
import { expect } from 'vitest';
import { rekeyChild, rekeyIke, status } from '../../src/endpoint.js';
import {
  act,
  begin,
  clearPacket,
  closePair,
  createPair,
  gateways,
  hostA,
  hostB,
  type Link,
  numbersOf,
  type Pair,
  run,
  send,
  summary,
} from '../pair.js';

const rough: Link = { delay: 10, jitter: 60, loss: 0.15, duplicate: 0.1, corrupt: 0.05, mtu: 1280 };

type Change = Parameters<typeof gateways>[0];

/** One kind of session. */
interface Kind {
  readonly change?: Change;
  /** A NAT in front of `a`, whom `b` then knows by name alone. */
  readonly nat?: boolean;
  /** Whose packets pass; default the networks behind the gateways. */
  readonly ends?: readonly [string, string];
}

const transport = { mode: 'transport', local: 'dynamic', remote: 'dynamic' };
const hosts = [hostA, hostB] as const;

/** Every kind of session that storms go over. */
export const kinds: Readonly<Record<string, Kind>> = {
  plain: {},
  'without PFS': { change: { child: { proposals: 'aes256gcm16' } } },
  'CBC and HMAC': { change: { connection: { proposals: 'aes128-sha256-ecp256' }, child: { proposals: 'aes128-sha256-ecp256' } } },
  AH: { change: { child: { proposals: 'ah:sha256' } } },
  'transport mode': { change: { child: transport }, ends: hosts },
  IPComp: { change: { child: { ipcomp: true } } },
  'a NAT': { nat: true },
  'UDP only': { change: { host: { encapsulation: 'always' } } },
  'a window of 5': { change: { connection: { window: 5 } } },
  'messages in fragments': { change: { connection: { fragmentation: [300, 200] } } },
};

/**
 * Traffic, and rekeys of everything from both sides whenever it comes to somebody's mind; then calm. Both sides have to end with the same, and with nothing else.
 */
export function storm(name: string, seed: number): void {
  const { ends = ['10.1.0.1', '10.2.0.1'], ...kind } = kinds[name]!;
  const pair = makePair(kind, seed);
  begin(pair, pair.a);
  if (seed % 4 === 0 && kind.nat !== true) begin(pair, pair.b);
  for (let i = 1; i <= 120; i++) {
    send(pair, pair.a, clearPacket(ends[0], ends[1], i));
    send(pair, pair.b, clearPacket(ends[1], ends[0], i));
    run(pair, pair.now + 250);
    if (i % 20 === seed % 20) rekeySomething(pair, seed + i);
  }
  run(pair, pair.now + 900_000);
  checkSame(pair);
  checkEnd(pair);
}

function makePair({ change = {}, nat = false }: Kind, seed: number): Pair {
  const { a, b } = gateways(change);
  if (!nat) return createPair({ a, b, link: rough, seed });
  const [connection] = b['connections'] as [Record<string, unknown>];
  const stranger = { ...b, connections: [{ ...connection, remote: { id: 'a.example.com' } }] };
  return createPair({ a, b: stranger, link: { ...rough, nat: { address: '203.0.113.9' } }, seed });
}

function rekeySomething(pair: Pair, chance: number): void {
  for (const side of [pair.a, pair.b]) {
    for (const ike of status(side.endpoint).ikeSas) {
      if (ike.state !== 'ESTABLISHED') continue;
      const [child] = ike.children;
      if (chance % 3 !== 0 && child) act(pair, side, (endpoint, now) => rekeyChild(endpoint, child.spiIn, now));
      if (chance % 2 === 0) act(pair, side, (endpoint, now) => rekeyIke(endpoint, 'peer', now));
    }
  }
}

/** Established on both sides, with the other half of what the other has; and what came out is what went in, nothing twice. */
function checkSame(pair: Pair): void {
  const [a, b] = [summary(pair.a).sort(), summary(pair.b).sort()];
  expect(a).toEqual(b);
  expect(a.every((line) => /^ESTABLISHED \d$/.test(line))).toBe(true);
  const pairsOf = (side: Pair['a'], flip: boolean): string[] =>
    status(side.endpoint)
      .ikeSas.flatMap(({ spiI, children }) =>
        children.map(({ spiIn, spiOut }) => `${spiI} ${flip ? spiOut : spiIn} ${flip ? spiIn : spiOut}`),
      )
      .sort();
  expect(pairsOf(pair.a, false)).toEqual(pairsOf(pair.b, true));
  for (const side of [pair.a, pair.b]) {
    const numbers = numbersOf(side);
    expect(new Set(numbers).size).toBe(numbers.length);
  }
}

/** Closed on both sides, and nothing left behind. */
function checkEnd(pair: Pair): void {
  pair.link = { ...(pair.link.nat && { nat: pair.link.nat }) };
  closePair(pair);
  expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
  for (const { endpoint } of [pair.a, pair.b]) {
    const { db, cpis, waiting, timers } = endpoint;
    expect([db.sad.size, db.sad.reserved.size, cpis.size, waiting.size, timers.length]).toEqual([0, 0, 0, 0, 0]);
  }
}
