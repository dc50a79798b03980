import { describe, expect, it } from 'vitest';
import { rekeyChild, rekeyIke, status } from '../../src/endpoint.js';
import { act, begin, clearPacket, closePair, createPair, gateways, type Link, numbersOf, type Pair, run, send, summary } from '../pair.js';

const rough: Link = { delay: 10, jitter: 60, loss: 0.15, duplicate: 0.1, corrupt: 0.05, mtu: 1280 };

describe('RFC 7296 section 2.1: IKE over a link that loses, repeats, reorders and damages', () => {
  it.each(Array.from({ length: 24 }, (_, i) => i + 1))('ends established on both sides, or closed on both; seed %i', (seed) => {
    const pair = storm(seed);
    run(pair, pair.now + 900_000);
    const [a, b] = [summary(pair.a).sort(), summary(pair.b).sort()];
    expect(a).toEqual(b);
    expect(a.every((line) => /^ESTABLISHED \d$/.test(line))).toBe(true);
    checkSame(pair);
    // What comes out is what went in, and nothing twice.
    for (const side of [pair.a, pair.b]) {
      const numbers = numbersOf(side);
      expect(new Set(numbers).size).toBe(numbers.length);
    }
    pair.link = {};
    closePair(pair);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    for (const { endpoint } of [pair.a, pair.b])
      expect([
        endpoint.db.sad.size,
        endpoint.db.sad.reserved.size,
        endpoint.cpis.size,
        endpoint.waiting.size,
        endpoint.timers.length,
      ]).toEqual([0, 0, 0, 0, 0]);
  });
});

/** Traffic, and rekeys of everything from both sides whenever it comes to somebody's mind. */
function storm(seed: number): Pair {
  const pair = createPair({ ...gateways({ child: { ipcomp: seed % 3 === 0 } }), link: rough, seed });
  begin(pair, pair.a);
  if (seed % 4 === 0) begin(pair, pair.b);
  for (let i = 1; i <= 120; i++) {
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', i));
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', i));
    run(pair, pair.now + 250);
    if (i % 20 !== seed % 20) continue;
    for (const side of [pair.a, pair.b]) {
      for (const ike of status(side.endpoint).ikeSas) {
        if (ike.state !== 'ESTABLISHED') continue;
        const [child] = ike.children;
        if ((seed + i) % 3 !== 0 && child) act(pair, side, (endpoint, now) => rekeyChild(endpoint, child.spiIn, now));
        if ((seed + i) % 2 === 0) act(pair, side, (endpoint, now) => rekeyIke(endpoint, 'peer', now));
      }
    }
  }
  return pair;
}

/** Each side has the other half of what the other has. */
function checkSame(pair: Pair): void {
  const pairsOf = (side: Pair['a'], flip: boolean): string[] =>
    status(side.endpoint)
      .ikeSas.flatMap(({ spiI, children }) =>
        children.map(({ spiIn, spiOut }) => `${spiI} ${flip ? spiOut : spiIn} ${flip ? spiIn : spiOut}`),
      )
      .sort();
  expect(pairsOf(pair.a, false)).toEqual(pairsOf(pair.b, true));
}
