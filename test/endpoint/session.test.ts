import { describe, expect, it } from 'vitest';
import { begin, clearPacket, closePair, createPair, eventsOf, gateways, numbersOf, run, send, summary } from '../pair.js';

describe('RFC 7296 section 1.2: a session of two endpoints', () => {
  it('comes up, carries packets both ways, and ends cleanly', () => {
    const pair = createPair(gateways({}));
    begin(pair, pair.a);
    run(pair, 1000);
    expect(summary(pair.a)).toEqual(['ESTABLISHED 1']);
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 2));
    run(pair, 2000);
    expect([numbersOf(pair.b), numbersOf(pair.a)]).toEqual([[1], [2]]);
    closePair(pair);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    expect(eventsOf(pair.b, 'closed')).toHaveLength(1);
    expect(pair.a.endpoint.db.sad.size + pair.b.endpoint.db.sad.size).toBe(0);
  });
});
