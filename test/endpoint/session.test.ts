import { describe, expect, it } from 'vitest';
import { disconnect, rekeyChild, rekeyIke, reauthenticate, status } from '../../src/endpoint.js';
import { act, begin, clearPacket, closePair, createPair, eventsOf, gateways, numbersOf, type Pair, run, send, summary } from '../pair.js';

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

  it('replays to the same datagrams from the same seed, and to others from another', () => {
    const record = (seed: number): readonly string[] => {
      const pair = createPair({ ...gateways({}), link: { loss: 0.15, jitter: 30, duplicate: 0.1, corrupt: 0.05 }, seed });
      begin(pair, pair.a);
      stream(pair, 5000);
      closePair(pair);
      return pair.record;
    };
    const first = record(7);
    expect(first.length).toBeGreaterThan(50);
    expect(record(7)).toEqual(first);
    expect(record(8)).not.toEqual(first);
  });
});

describe('RFC 7296 section 2.8: no packet is lost at a rekey on a link that loses none', () => {
  it.each([
    ['of the Child SA, by its initiator', 'a', 'child'],
    ['of the Child SA, by the other side', 'b', 'child'],
    ['of the IKE SA, by its initiator', 'a', 'ike'],
    ['of the IKE SA, by the other side', 'b', 'ike'],
    ['of the Child SA, by both at once', 'both', 'child'],
    ['of the IKE SA, by both at once', 'both', 'ike'],
    ['of both at once', 'both', 'crossed'],
  ])('%s', (_what, who, what) => {
    const pair = createPair({ ...gateways({}), link: { delay: 20, jitter: 0 } });
    begin(pair, pair.a);
    run(pair, 1000);
    const before = status(pair.a.endpoint).ikeSas[0]!.children[0]!.spiIn;
    let next = 0;
    const sent = stream(pair, 3000, (at) => {
      if (at < 1500 || next++ > 0) return;
      for (const side of [pair.a, pair.b]) {
        if (who !== 'both' && who !== side.name) continue;
        const [ike] = status(side.endpoint).ikeSas;
        const isChild = what === 'child' || (what === 'crossed' && side === pair.a);
        act(pair, side, (endpoint, now) =>
          isChild ? rekeyChild(endpoint, ike!.children[0]!.spiIn, now) : rekeyIke(endpoint, 'peer', now),
        );
      }
    });
    // TEMPORARY_FAILURE asks to wait; nothing is lost meanwhile.
    run(pair, pair.now + 30_000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
    expect(eventsOf(pair.a, 'rekeyed').length).toBeGreaterThan(0);
    if (what === 'child') expect(status(pair.a.endpoint).ikeSas[0]!.children[0]!.spiIn).not.toBe(before);
    expect(numbersOf(pair.b)).toEqual(sent);
    expect(numbersOf(pair.a)).toEqual(sent);
    expect(pair.a.endpoint.db.sad.size).toBe(2);
  });

  it('of both kinds by their lifetimes, again and again', () => {
    const pair = createPair(
      gateways({
        child: { rekeyAfter: { seconds: 5 }, lifetime: { seconds: 8 } },
        connection: { timers: { rekey: 12, lifetime: 20, liveness: 5 } },
      }),
    );
    begin(pair, pair.a);
    run(pair, 1000);
    const sent = stream(pair, 60_000);
    run(pair, pair.now + 100);
    expect(numbersOf(pair.b)).toEqual(sent);
    expect(numbersOf(pair.a)).toEqual(sent);
    const kinds = eventsOf(pair.a, 'rekeyed').map(({ what }) => what);
    expect(kinds.filter((kind) => kind === 'child').length).toBeGreaterThan(8);
    expect(kinds.filter((kind) => kind === 'IKE').length).toBeGreaterThan(2);
    expect(eventsOf(pair.a, 'childDown')).toEqual([]);
  });

  it('of the child by the octets that it has carried', () => {
    const pair = createPair(gateways({ child: { rekeyAfter: { octets: 20_000 } } }));
    begin(pair, pair.a);
    run(pair, 1000);
    const sent = stream(pair, 20_000);
    run(pair, pair.now + 100);
    expect(numbersOf(pair.b)).toEqual(sent);
    expect(eventsOf(pair.b, 'rekeyed').length).toBeGreaterThan(1);
  });
});

describe('RFC 7296 section 2.8.3: a new authentication', () => {
  it('makes the new IKE SA before it breaks the old one', () => {
    const pair = createPair(gateways({}));
    begin(pair, pair.a);
    run(pair, 1000);
    const before = status(pair.a.endpoint).ikeSas[0]!.spiI;
    let isDone = false;
    const sent = stream(pair, 3000, (at) => {
      if (at < 1500 || isDone) return;
      isDone = true;
      act(pair, pair.a, (endpoint, now) => reauthenticate(endpoint, 'peer', now));
    });
    run(pair, pair.now + 10_000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
    expect(status(pair.a.endpoint).ikeSas[0]!.spiI).not.toBe(before);
    expect([...numbersOf(pair.b)].sort((x, y) => x - y)).toEqual(sent);
    expect([...numbersOf(pair.a)].sort((x, y) => x - y)).toEqual(sent);
  });
});

describe('RFC 7296 section 2.8.3 and 2.18: a new authentication while the IKE SA is rekeyed', () => {
  it.each(['a', 'b'] as const)('leaves one IKE SA; the rekey is of %s', (who) => {
    const pair = createPair({ ...gateways({}), link: { delay: 20 } });
    begin(pair, pair.a);
    run(pair, 1000);
    act(pair, pair.a, (endpoint, now) => reauthenticate(endpoint, 'peer', now));
    act(pair, pair[who], (endpoint, now) => rekeyIke(endpoint, 'peer', now));
    run(pair, 60_000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
  });
});

describe('RFC 7296 section 2.8.3: both sides authenticate anew at the same time, again and again', () => {
  it('without one IKE SA more each time, and without a packet lost', () => {
    const timers = { reauthenticate: 10, rekey: 'never', lifetime: 1000, jitter: 0 };
    const pair = createPair({ ...gateways({ connection: { timers } }), link: { delay: 30 } });
    begin(pair, pair.a);
    run(pair, 1000);
    const sent = stream(pair, 60_000, () => {
      expect(Math.max(summary(pair.a).length, summary(pair.b).length)).toBeLessThan(12);
    });
    run(pair, pair.now + 5000);
    expect(eventsOf(pair.a, 'established').length).toBeGreaterThan(4);
    expect(new Set(numbersOf(pair.a)).size).toBe(sent.length);
    expect(new Set(numbersOf(pair.b)).size).toBe(sent.length);
  });
});

describe('a peer that replaces its Child SA all the time', () => {
  it('does not make the SAD grow', () => {
    const pair = createPair(gateways({ host: { limits: { linger: 1000 } } }));
    begin(pair, pair.a);
    run(pair, 1000);
    for (let i = 0; i < 60; i++) {
      const { spiIn } = status(pair.a.endpoint).ikeSas[0]!.children[0]!;
      act(pair, pair.a, (endpoint, now) => rekeyChild(endpoint, spiIn, now));
      run(pair, pair.now + 50);
    }
    expect(eventsOf(pair.b, 'rekeyed').length).toBe(60);
    expect(pair.b.endpoint.db.sad.size).toBeLessThan(24);
    run(pair, pair.now + 1_100_000);
    expect([pair.a.endpoint.db.sad.size, pair.b.endpoint.db.sad.size]).toEqual([2, 2]);
    expect([...pair.b.endpoint.ikeSas.values()].map(({ lingering }) => lingering)).toEqual([0]);
  });
});

describe('RFC 7296 section 1.4.1: the end', () => {
  it('of a connection is told to the peer, and leaves nothing', () => {
    const pair = createPair(gateways({}));
    begin(pair, pair.a);
    run(pair, 1000);
    act(pair, pair.b, (endpoint, now) => disconnect(endpoint, 'peer', now));
    run(pair, 2000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    expect(eventsOf(pair.a, 'childDown')).toHaveLength(1);
    for (const { endpoint } of [pair.a, pair.b]) {
      expect(
        [endpoint.ikeSas, endpoint.requests, endpoint.byAddress, endpoint.byPeer, endpoint.byConnection].map(({ size }) => size),
      ).toEqual([0, 0, 0, 0, 0]);
      expect([endpoint.children.size, endpoint.db.sad.size, endpoint.timers.length]).toEqual([0, 0, 0]);
    }
  });
});

/** A packet each way every 10 ms. @returns their numbers. */
function stream(pair: Pair, until: number, each: (at: number) => void = () => undefined): number[] {
  const sent: number[] = [];
  for (let number = 1; pair.now < until; number++) {
    each(pair.now);
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', number));
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', number));
    sent.push(number);
    run(pair, pair.now + 10);
  }
  run(pair, pair.now + 200);
  return sent;
}
