import { describe, expect, it } from 'vitest';
import { begin, closePair, createPair, eventsOf, gateways, run, summary } from '../pair.js';

describe('RFC 7296 section 2.1: "The responder MUST remember each response"', () => {
  it('also the one behind which the IKE SA is gone: a lost answer to a Delete comes again', () => {
    const pair = createPair(gateways({}));
    begin(pair, pair.a);
    run(pair, 1000);
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
    let lost = 0;
    pair.link = { drop: ({ from }) => from === 'b' && lost++ === 0 };
    const before = pair.now;
    closePair(pair);
    expect(lost).toBeGreaterThan(1);
    const [closed] = pair.a.events.filter(({ event }) => event.type === 'closed');
    expect(closed!.at - before).toBeLessThan(2000); // the first repetition, not the end of all
    expect(pair.b.endpoint.farewells.size).toBe(1);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
  });

  it('a refusal is told again, too, and nothing else is', () => {
    const wrong = gateways({});
    const secret = { ...wrong, b: gateways({ connection: { auth: { psk: 'another secret than theirs' } } }).b };
    const pair = createPair({ ...secret, link: { drop: ({ from, number }) => from === 'b' && number === 3 } });
    begin(pair, pair.a);
    run(pair, 5000);
    const [closed] = eventsOf(pair.a, 'closed');
    expect(closed?.error?.message).toContain('AUTHENTICATION_FAILED');
    expect(summary(pair.a)).toEqual([]);
  });
});

describe('RFC 7296 section 2.1: an answer that waited for the outside world', () => {
  it('is told again, too, when it ended the IKE SA', () => {
    const { a } = gateways({});
    const { b } = gateways({ connection: { auth: { ask: true } } });
    const pair = createPair({ a, b, link: { drop: ({ from, number }) => from === 'b' && number === 3 } });
    pair.b.answers = () => new TextEncoder().encode('another secret than theirs');
    begin(pair, pair.a);
    run(pair, 5000);
    const [closed] = eventsOf(pair.a, 'closed');
    expect(closed?.error?.message).toContain('AUTHENTICATION_FAILED');
  });
});
