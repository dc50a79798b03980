/**
 * IKEv1 on rough links. Its Deletes have no answer, so that one side may keep what the other has let go of: until its lifetime is over, and no longer. Traffic has to
 * go on all the same, and in the end nothing may be left.
 */
import { describe, expect, it } from 'vitest';
import { reauthenticate, rekeyChild, status } from '../../src/endpoint.js';
import { act, begin, clearPacket, closePair, createPair, hostA, hostB, type Link, numbersOf, run, send, summary } from '../pair.js';
import { oldGateways } from './ikev1-hosts.js';

const rough: Link = { delay: 10, jitter: 60, loss: 0.15, duplicate: 0.1, corrupt: 0.05, mtu: 1280 };
type Change = NonNullable<Parameters<typeof oldGateways>[0]>;
const short = { rekeyAfter: { seconds: 40 }, lifetime: { seconds: 60 } };
const timers = { reauthenticate: 90, lifetime: 150, liveness: 10 };

const kinds: Readonly<Record<string, Change & { readonly ends?: readonly [string, string]; readonly nat?: boolean }>> = {
  'main mode': {},
  'aggressive mode': { connection: { aggressive: true, unsafeAggressivePsk: true } },
  'without PFS': { child: { proposals: 'aes128-sha256' } },
  'AH around ESP': { child: { ah: 'sha256' } },
  'transport mode, compressed': { child: { mode: 'transport', local: 'dynamic', remote: 'dynamic', ipcomp: true }, ends: [hostA, hostB] },
  'messages in fragments': { connection: { fragmentation: [300] } },
  'a NAT': { nat: true },
};

describe('IKEv1 over a link that loses, repeats, reorders and damages', () => {
  it.each(Object.keys(kinds).flatMap((kind) => [1, 2, 3].map((seed) => [kind, seed] as const)))('%s; seed %i', (name, seed) => {
    const { ends = ['10.1.0.1', '10.2.0.1'], nat, child, connection } = kinds[name]!;
    const { a, b } = oldGateways({ child: { ...short, ...child }, connection: { timers, ...connection } });
    const [peer] = b['connections'] as [Record<string, unknown>];
    const stranger = { ...b, connections: [{ ...peer, remote: { id: 'a.example.com' } }] };
    const calm: Link = nat === true ? { nat: { address: '203.0.113.9' } } : {};
    const pair = createPair({ a, b: nat === true ? stranger : b, link: { ...rough, ...calm }, seed });
    begin(pair, pair.a);
    for (let i = 1; i <= 200; i++) {
      send(pair, pair.a, clearPacket(ends[0], ends[1], i));
      send(pair, pair.b, clearPacket(ends[1], ends[0], i));
      run(pair, pair.now + 500);
      if (i % 25 !== seed) continue;
      for (const side of [pair.a, pair.b])
        for (const { state, children } of status(side.endpoint).ikeSas) {
          if (state !== 'ESTABLISHED') continue;
          const [one] = children;
          if (one && i % 2 === 0) act(pair, side, (endpoint, now) => rekeyChild(endpoint, one.spiIn, now));
          if (i % 3 === 0 && side === pair.a) act(pair, side, (endpoint, now) => reauthenticate(endpoint, 'peer', now));
        }
    }
    for (const side of [pair.a, pair.b]) expect(new Set(numbersOf(side)).size).toBe(numbersOf(side).length);
    pair.link = calm;
    // What one side has alone is over by then, and each packet finds what it needs or asks for it.
    for (let i = 1000; i < 1060; i++) {
      send(pair, pair.a, clearPacket(ends[0], ends[1], i));
      run(pair, pair.now + 4000);
      send(pair, pair.b, clearPacket(ends[1], ends[0], i));
      run(pair, pair.now + 1000);
    }
    const last = (side: typeof pair.a): readonly number[] => numbersOf(side).filter((number) => number >= 1050);
    expect([last(pair.a), last(pair.b)]).toEqual([
      Array.from({ length: 10 }, (_, i) => 1050 + i),
      Array.from({ length: 10 }, (_, i) => 1050 + i),
    ]);
    closePair(pair);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    for (const { endpoint } of [pair.a, pair.b]) {
      const { db, cpis, waiting, timers: left } = endpoint;
      expect([db.sad.size, db.sad.reserved.size, cpis.size, waiting.size, left.length]).toEqual([0, 0, 0, 0, 0]);
    }
  });
});
