import { describe, expect, it } from 'vitest';
import { status } from '../../src/endpoint.js';
import { decodeIp, upperChecksum } from '../../src/ip.js';
import { begin, clearPacket, createPair, eventsOf, gateways, hostA, hostB, numbersOf, type Pair, run, send, summary } from '../pair.js';

const nat = { address: '203.0.113.9' };

/** `a` is behind a NAT: `b` does not know its address. */
function behindNat(change: Parameters<typeof gateways>[0] = {}): Pick<Pair, never> & Parameters<typeof createPair>[0] {
  const { a, b } = gateways(change);
  const [connection] = b['connections'] as [Record<string, unknown>];
  return { a, b: { ...b, connections: [{ ...connection, remote: { id: 'a.example.com' } }] }, link: { nat } };
}

describe('RFC 7296 section 2.23: a NAT in between', () => {
  it('is found; IKE and ESP go on on port 4500, and packets get through both ways', () => {
    const pair = createPair(behindNat());
    begin(pair, pair.a);
    run(pair, 1000);
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 2));
    run(pair, 2000);
    expect([numbersOf(pair.b), numbersOf(pair.a)]).toEqual([[1], [2]]);
    const [ours] = status(pair.a.endpoint).ikeSas;
    const [theirs] = status(pair.b.endpoint).ikeSas;
    expect(ours).toMatchObject({ nat: 'ours', local: `${hostA}:4500`, remote: `${hostB}:4500` });
    expect(theirs).toMatchObject({ nat: 'theirs', local: `${hostB}:4500` });
    expect(theirs?.children[0]?.inUdp).toBe(true);
    expect(pair.record.every((line) => line.includes('datagram'))).toBe(true);
  });

  it('RFC 3948 section 4: is kept awake by the one behind it', () => {
    const pair = createPair(behindNat({ connection: { timers: { keepalive: 20, liveness: 'never' } } }));
    begin(pair, pair.a);
    run(pair, 1000);
    const before = pair.record.length;
    run(pair, 61_500);
    const later = pair.record.slice(before);
    expect(later.map((line) => line.split(' ').slice(2).join(' '))).toEqual(['datagram ff', 'datagram ff', 'datagram ff']);
    expect(later.every((line) => line.startsWith('a'))).toBe(true);
  });

  it('that changes its mapping is followed, by a genuine ESP packet', () => {
    const pair = createPair(behindNat());
    begin(pair, pair.a);
    run(pair, 1000);
    const before = status(pair.b.endpoint).ikeSas[0]!.remote;
    pair.mappings.clear();
    // Until something comes from inside nothing gets in.
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 1));
    run(pair, 2000);
    expect(numbersOf(pair.a)).toEqual([]);
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 2));
    run(pair, 3000);
    expect(status(pair.b.endpoint).ikeSas[0]!.remote).not.toBe(before);
    expect(eventsOf(pair.b, 'moved')).toHaveLength(1);
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 3));
    run(pair, 4000);
    expect(numbersOf(pair.a)).toEqual([3]);
    // IKE follows as well: a rekey by the one outside gets through.
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
  });

  it('section 2.23.1: transport mode through it, with checksums that are right again', () => {
    const pair = createPair({
      ...behindNat({ child: { mode: 'transport', local: 'dynamic', remote: 'dynamic' } }),
    });
    begin(pair, pair.a);
    run(pair, 1000);
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
    send(pair, pair.a, clearPacket(hostA, hostB, 1));
    run(pair, 2000);
    const [got] = pair.b.delivered;
    const decoded = decodeIp(got!);
    expect([...decoded.source]).toEqual([203, 0, 113, 9]);
    expect(upperChecksum(got!, decoded)).toBe(0);
    send(pair, pair.b, clearPacket(hostB, nat.address, 2));
    run(pair, 3000);
    const [back] = pair.a.delivered;
    expect([...decodeIp(back!).destination]).toEqual([192, 0, 2, 1]);
    expect(upperChecksum(back!, decodeIp(back!))).toBe(0);
  });
});

describe('a host that has nothing but UDP sockets', () => {
  it('has ESP in UDP without any NAT, whoever begins', () => {
    for (const first of ['a', 'b'] as const) {
      const { a, b } = gateways({});
      const pair = createPair({ a: { ...a, encapsulation: 'always' }, b });
      begin(pair, pair[first]);
      run(pair, 1000);
      send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
      send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 2));
      run(pair, 2000);
      expect([numbersOf(pair.b), numbersOf(pair.a)]).toEqual([[1], [2]]);
      expect(pair.record.filter((line) => line.includes(' ip '))).toEqual([]);
    }
  });

  it('gets large packets through, cut before ESP or by its own IP', () => {
    const pair = createPair(gateways({ host: { encapsulation: 'always' } }));
    begin(pair, pair.a);
    run(pair, 1000);
    const long = clearPacket('10.1.0.1', '10.2.0.1', 9, 4000);
    send(pair, pair.a, long);
    run(pair, 2000);
    expect(pair.b.delivered.length).toBeGreaterThan(1);
    const octets = pair.b.delivered.reduce((sum, packet) => sum + packet.length - 20, 0);
    expect(octets).toBe(long.length - 20);
  });

  it('uses other ports where it is told to', () => {
    const ports = { ports: { ike: 5500, nat: 5501 } };
    const { a, b } = gateways({ host: { ...ports, encapsulation: 'always' } });
    const onPorts = (host: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
      const [connection] = host['connections'] as [{ remote: object }];
      return { ...host, connections: [{ ...connection, remote: { ...connection.remote, port: 5500, natPort: 5501 } }] };
    };
    const pair = createPair({ a: onPorts(a), b: onPorts(b) });
    begin(pair, pair.a);
    run(pair, 1000);
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
    run(pair, 2000);
    expect(numbersOf(pair.b)).toEqual([1]);
    expect(status(pair.a.endpoint).ikeSas[0]!.local).toBe(`${hostA}:5501`);
  });
});
