import { describe, expect, it } from 'vitest';
import { status, wakeAt } from '../../src/endpoint.js';
import { decodeIcmp, decodeIp } from '../../src/ip.js';
import { clearPacket, closePair, createPair, eventsOf, gateways, numbersOf, run, send, summary } from '../pair.js';

const ping = (number: number, to = '10.2.0.1', length = 64): Uint8Array => clearPacket('10.1.0.1', to, number, length);

describe('RFC 4301 section 5.1 (3b): packets ask for their SA', () => {
  it('and wait for it, in their order', () => {
    const pair = createPair(gateways({}));
    for (const number of [1, 2, 3]) send(pair, pair.a, ping(number));
    expect(status(pair.a.endpoint).waiting).toBe(3);
    run(pair, 1000);
    expect(numbersOf(pair.b)).toEqual([1, 2, 3]);
    expect(status(pair.a.endpoint).waiting).toBe(0);
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
  });

  it('RFC 7296 section 2.9: with its own addresses in front, and narrowed by the peer to what it allows', () => {
    const { a, b } = gateways({});
    const narrow = { ...(b['connections'] as [object])[0], children: [{ name: 'net', local: '10.2.7.0/24', remote: '10.1.0.0/16' }] };
    const pair = createPair({ a, b: { ...b, connections: [narrow] } });
    send(pair, pair.a, ping(1, '10.2.7.9'));
    run(pair, 1000);
    expect(numbersOf(pair.b)).toEqual([1]);
    const [child] = status(pair.a.endpoint).ikeSas[0]!.children;
    expect(child?.remote).toBe('10.2.7.9 udp 7001, 10.2.7.0/24');
    // What the peer does not allow gets another one like it, which goes again; then nothing is asked for a while.
    for (const number of [2, 3, 4]) {
      send(pair, pair.a, ping(number, '10.2.8.1'));
      run(pair, pair.now + 1000);
    }
    expect(numbersOf(pair.b)).toEqual([1]);
    expect(eventsOf(pair.a, 'childUp')).toHaveLength(2);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
    expect(pair.a.delivered).toHaveLength(3);
    // And the narrowed one goes on.
    send(pair, pair.a, ping(5, '10.2.7.1'));
    run(pair, pair.now + 100);
    expect(numbersOf(pair.b)).toEqual([1, 5]);
  });

  it('for a second kind of Child SA under the IKE SA that is there', () => {
    const children = (own: string, peer: string): unknown[] => [
      { name: 'one', local: `10.${own}.0.0/24`, remote: `10.${peer}.0.0/24` },
      { name: 'two', local: `10.${own}.1.0/24`, remote: `10.${peer}.1.0/24` },
    ];
    const { a, b } = gateways({});
    const withChildren = (host: Readonly<Record<string, unknown>>, own: string, peer: string): Readonly<Record<string, unknown>> => ({
      ...host,
      connections: [{ ...(host['connections'] as [object])[0], children: children(own, peer) }],
    });
    const pair = createPair({ a: withChildren(a, '1', '2'), b: withChildren(b, '2', '1') });
    send(pair, pair.a, clearPacket('10.1.1.1', '10.2.1.1', 1));
    run(pair, 1000);
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 2));
    run(pair, 2000);
    expect(numbersOf(pair.b)).toEqual([1, 2]);
    expect(summary(pair.a)).toEqual(['ESTABLISHED 2']);
    expect(
      status(pair.a.endpoint)
        .ikeSas[0]!.children.map(({ name }) => name)
        .sort(),
    ).toEqual(['one', 'two']);
  });

  it('section 5.1.1 (b2): their senders are told when the peer cannot be reached, and for a while nothing is asked again', () => {
    const pair = createPair({ ...gateways({}), link: { loss: 1 } });
    send(pair, pair.a, ping(1));
    run(pair, 120_000);
    const [answer] = pair.a.delivered;
    expect(decodeIcmp(answer!, decodeIp(answer!))).toMatchObject({ type: 3, code: 1 });
    expect(eventsOf(pair.a, 'closed')[0]).toMatchObject({ wasEstablished: false, error: { code: 'timeout' } });
    expect(summary(pair.a)).toEqual([]);
    expect(wakeAt(pair.a.endpoint)).toBe(Infinity);
  });

  it('are bounded in number and octets while they wait', () => {
    const host = { limits: { waitingPackets: 10, waitingOctets: 2000 } };
    const pair = createPair({ ...gateways({ host }), link: { loss: 1 } });
    for (let i = 0; i < 100; i++) send(pair, pair.a, ping(i));
    expect(status(pair.a.endpoint).waiting).toBe(10);
    const long = createPair({ ...gateways({ host }), link: { loss: 1 } });
    for (let i = 0; i < 100; i++) send(long, long.a, ping(i, '10.2.0.1', 900));
    expect(status(long.a.endpoint).waiting).toBe(2);
    expect(pair.record.length).toBe(1);
  });

  it('are refused where it is the peer who begins', () => {
    const { a, b } = gateways({});
    const [connection] = a['connections'] as [Record<string, unknown>];
    const passive = { ...connection, remote: { id: 'b.example.com' }, local: { id: 'a.example.com' } };
    const pair = createPair({ a: { ...a, connections: [passive] }, b });
    send(pair, pair.a, ping(1));
    expect(pair.record).toEqual([]);
    expect(decodeIcmp(pair.a.delivered[0]!, decodeIp(pair.a.delivered[0]!))).toMatchObject({ type: 3, code: 1 });
    // The peer begins, and then packets go both ways.
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 2));
    run(pair, 1000);
    send(pair, pair.a, ping(3));
    run(pair, 10_000);
    send(pair, pair.a, ping(4));
    run(pair, 11_000);
    expect(numbersOf(pair.a)).toContain(2);
    expect(numbersOf(pair.b)).toContain(4);
    closePair(pair);
    expect(summary(pair.b)).toEqual([]);
  });
});
