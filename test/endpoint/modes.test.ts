import { describe, expect, it } from 'vitest';
import { rekeyChild, status } from '../../src/endpoint.js';
import { encodeUdp, parseAddress } from '../../src/ip.js';
import { parseSelector } from '../../src/traffic-selector.js';
import { act, begin, clearPacket, createPair, eventsOf, gateways, hostA, hostB, numbersOf, run, send, summary } from '../pair.js';

/** A session with one change; a packet each way. */
function session(
  change: Parameters<typeof gateways>[0],
  ends: readonly [string, string] = ['10.1.0.1', '10.2.0.1'],
): ReturnType<typeof createPair> {
  const pair = createPair(gateways(change));
  begin(pair, pair.a);
  run(pair, 1000);
  send(pair, pair.a, clearPacket(ends[0], ends[1], 1, 600));
  send(pair, pair.b, clearPacket(ends[1], ends[0], 2, 600));
  run(pair, 2000);
  expect([numbersOf(pair.b), numbersOf(pair.a)]).toEqual([[1], [2]]);
  return pair;
}

describe('RFC 7296 section 1.3.1: kinds of Child SAs', () => {
  it('transport mode between two hosts', () => {
    const pair = session({ child: { mode: 'transport', local: 'dynamic', remote: 'dynamic' } }, [hostA, hostB]);
    expect(status(pair.b.endpoint).ikeSas[0]!.children[0]).toMatchObject({ mode: 'transport', local: hostB, remote: hostA, inUdp: false });
  });

  it('AH, in tunnel and in transport mode', () => {
    const tunnel = session({ child: { proposals: 'ah:sha256' } });
    expect(status(tunnel.a.endpoint).ikeSas[0]!.children[0]).toMatchObject({ protocol: 'AH', mode: 'tunnel' });
    session({ child: { proposals: 'ah:sha256', mode: 'transport', local: 'dynamic', remote: 'dynamic' } }, [hostA, hostB]);
  });

  it('ESP with separate integrity, with and without ESN', () => {
    for (const proposals of ['aes128-sha256-esn', 'aes128-sha256-noesn', 'chacha20poly1305']) session({ child: { proposals } });
  });

  it('IPComp (section 2.22), in both modes: what compresses is sent compressed', () => {
    for (const [child, ends] of [
      [{ ipcomp: true }, ['10.1.0.1', '10.2.0.1']],
      [{ ipcomp: true, mode: 'transport', local: 'dynamic', remote: 'dynamic' }, [hostA, hostB]],
    ] as const) {
      const pair = session({ child }, ends);
      const esp = pair.record.filter((line) => line.includes(' ip ')).map((line) => line.length / 2);
      expect(Math.max(...esp)).toBeLessThan(300);
      expect(pair.a.endpoint.cpis.size).toBe(1);
      const [child1] = status(pair.a.endpoint).ikeSas[0]!.children;
      act(pair, pair.a, (endpoint, now) => rekeyChild(endpoint, child1!.spiIn, now));
      run(pair, 20_000);
      send(pair, pair.a, clearPacket(ends[0], ends[1], 5, 600));
      run(pair, 21_000);
      expect(numbersOf(pair.b)).toEqual([1, 5]);
      expect(pair.a.endpoint.cpis.size).toBe(1);
    }
  });

  it('TFC padding, where the peer takes it', () => {
    const lengths = (takes: boolean): number[] =>
      session({ child: { tfcLength: 1000, tfcPadding: takes } })
        .record.filter((line) => line.includes(' ip '))
        .map((line) => line.split(' ')[3]!.length / 2);
    expect(Math.min(...lengths(true))).toBeGreaterThan(1000);
    expect(Math.max(...lengths(false))).toBeLessThan(700);
  });

  it('only for one protocol and port', () => {
    const { a, b } = gateways({});
    const only = (host: Readonly<Record<string, unknown>>, local: string, remote: string): Readonly<Record<string, unknown>> => ({
      ...host,
      connections: [{ ...(host['connections'] as [object])[0], children: [{ name: 'net', local, remote }] }],
    });
    const pair = createPair({ a: only(a, '10.1.0.0/16', '10.2.0.0/16 udp 7001'), b: only(b, '10.2.0.0/16 udp 7001', '10.1.0.0/16') });
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
    run(pair, 1000);
    expect(numbersOf(pair.b)).toEqual([1]);
    const other = encodeUdp({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1') }, 7000, 7002, new Uint8Array(8));
    send(pair, pair.a, other);
    run(pair, 2000);
    expect(numbersOf(pair.b)).toEqual([1]);
    expect(eventsOf(pair.a, 'packet').map(({ record }) => record.event)).toContain('no-policy');
  });

  it('over IPv6, IPv6 inside', () => {
    const host = (own: string, peer: string, ownNet: string, peerNet: string): Readonly<Record<string, unknown>> => ({
      addresses: [own],
      connections: [
        { name: 'peer', auth: { psk: 'secret secret secret' }, remote: { address: peer }, children: [{ local: ownNet, remote: peerNet }] },
      ],
    });
    const pair = createPair({
      a: host('2001:db8::1', '2001:db8::2', 'fd01::/16', 'fd02::/16'),
      b: host('2001:db8::2', '2001:db8::1', 'fd02::/16', 'fd01::/16'),
    });
    send(pair, pair.a, clearPacket('fd01::1', 'fd02::1', 1));
    run(pair, 1000);
    expect(numbersOf(pair.b)).toEqual([1]);
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
  });

  it('RFC 4301 section 5.2: a packet that its SA is not for is not delivered, and its sender is told over IKE', () => {
    const pair = session({});
    // As if the two had agreed on something else.
    const { inbound } = [...pair.b.endpoint.children.values()][0]!;
    (inbound.sa as { selectors: unknown }).selectors = [parseSelector('10.2.0.0/16 <-> 10.9.0.0/16')];
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 3));
    run(pair, 3000);
    expect(numbersOf(pair.b)).toEqual([1]);
    expect(eventsOf(pair.b, 'packet').map(({ record }) => record.event)).toEqual(['selectors']);
    expect(eventsOf(pair.a, 'audit').filter(({ detail }) => detail.includes('INVALID_SELECTORS'))).toHaveLength(1);
    expect(summary(pair.a)).toEqual(['ESTABLISHED 1']);
  });
});

describe('a Child SA that cannot be installed', () => {
  it('is deleted again on both sides, and the IKE SA goes on', () => {
    // Room for neither half, and for one of them.
    for (const limit of [0, 1]) {
      const pair = createPair(gateways({}));
      begin(pair, pair.a);
      // The SPI is reserved by then, and the answer on its way.
      run(pair, 3);
      (pair.a.endpoint.db.sad.options as { limit: number }).limit = limit;
      run(pair, 20_000);
      expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 0'], ['ESTABLISHED 0']]);
      expect(eventsOf(pair.a, 'childFailed').map(({ error }) => error.code)).toEqual(['limit-exceeded']);
      expect([pair.a.endpoint.db.sad.size, pair.b.endpoint.db.sad.size, pair.a.endpoint.db.sad.reserved.size]).toEqual([0, 0, 0]);
    }
  });
});
