import { describe, expect, it } from 'vitest';
import {
  checkLiveness,
  type ChildStatus,
  deleteChild,
  disconnect,
  reauthenticate,
  rekeyChild,
  rekeyIke,
  status,
} from '../../src/endpoint.js';
import {
  act,
  begin,
  clearPacket,
  closePair,
  createPair,
  eventsOf,
  gateways,
  hostA,
  hostB,
  numbersOf,
  run,
  send,
  summary,
} from '../pair.js';
import { oldGateways, session, talk } from './ikev1-hosts.js';

describe('RFC 2409 section 5: a session of two endpoints', () => {
  it('main mode and quick mode; packets both ways; the end', () => {
    const pair = session();
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
    const [sa] = status(pair.a.endpoint).ikeSas;
    expect(sa).toMatchObject({ version: 1, role: 'initiator', peerId: 'b.example.com', user: undefined });
    expect(sa!.suite).toBe('ENCR_AES_CBC-128, SHA2-256, ecp256, pre-shared key');
    expect(sa!.children[0]).toMatchObject({ protocol: 'ESP', mode: 'tunnel', local: '10.1.0.0/16', remote: '10.2.0.0/16' });
    closePair(pair);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    expect(pair.a.endpoint.db.sad.size + pair.b.endpoint.db.sad.size).toBe(0);
    expect(pair.b.endpoint.halfOpenTotal).toBe(0);
  });

  it('aggressive mode, where both want it', () => {
    const pair = session({ connection: { aggressive: true, unsafeAggressivePsk: true } });
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
  });

  it('aggressive mode is not answered by who does not want it', () => {
    const { a } = oldGateways({ connection: { aggressive: true, unsafeAggressivePsk: true } });
    const pair = createPair({ a, b: oldGateways().b });
    begin(pair, pair.a);
    run(pair, 60_000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    expect(eventsOf(pair.a, 'closed')).toHaveLength(1);
  });

  it('the first packet asks for it', () => {
    const pair = createPair(oldGateways());
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
    run(pair, 5000);
    expect(numbersOf(pair.b)).toEqual([1]);
    expect(summary(pair.a)).toEqual(['ESTABLISHED 1']);
  });

  it('transport mode, AH, without PFS, IPComp', () => {
    const hosts = [hostA, hostB] as const;
    const transport = { mode: 'transport', local: 'dynamic', remote: 'dynamic' };
    expect(status(session({ child: transport }, hosts).a.endpoint).ikeSas[0]!.children[0]).toMatchObject({ mode: 'transport' });
    expect(status(session({ child: { proposals: 'ah:sha256' } }).a.endpoint).ikeSas[0]!.children[0]).toMatchObject({ protocol: 'AH' });
    session({ child: { proposals: 'aes256gcm16' } });
    const compressed = session({ child: { ipcomp: true } });
    expect(compressed.a.endpoint.cpis.size).toBe(1);
  });

  it.each([1, 2, 3])('on a rough link; seed %i', (seed) => {
    const pair = createPair({ ...oldGateways(), link: { delay: 10, jitter: 60, loss: 0.15, duplicate: 0.1, corrupt: 0.05 }, seed });
    begin(pair, pair.a);
    run(pair, 60_000);
    pair.link = {};
    for (let i = 1; i < 4; i++) send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', i));
    run(pair, pair.now + 120_000);
    expect(numbersOf(pair.b)).toContain(3);
    talk(pair, 100);
    closePair(pair);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    expect(pair.a.endpoint.db.sad.size + pair.b.endpoint.db.sad.size).toBe(0);
  });

  it('behind a NAT', () => {
    const { a } = oldGateways();
    const { b } = oldGateways({ connection: { remote: { id: 'a.example.com' } } });
    const pair = createPair({ a, b, link: { nat: { address: '203.0.113.77' } } });
    begin(pair, pair.a);
    run(pair, 3000);
    talk(pair, 1);
    expect(status(pair.a.endpoint).ikeSas[0]).toMatchObject({ nat: 'ours', local: `${hostA}:4500` });
    expect(status(pair.a.endpoint).ikeSas[0]!.children[0]).toMatchObject({ inUdp: true });
  });

  it('both versions under one roof, each with its own', () => {
    const both = (side: 'a' | 'b'): Readonly<Record<string, unknown>> => {
      const [now, then] = [gateways({})[side], oldGateways()[side]] as { connections: Record<string, unknown>[] }[];
      const [peer, other] = [now!.connections[0]!, then!.connections[0]!];
      const [local, remote] = side === 'a' ? ['10.11.0.0/16', '10.12.0.0/16'] : ['10.12.0.0/16', '10.11.0.0/16'];
      const child = { local, remote, proposals: 'aes256gcm16' };
      return { ...now, connections: [peer, { ...other, name: 'old', ike: 1, children: [child] }] };
    };
    const pair = createPair({ a: both('a'), b: both('b') });
    begin(pair, pair.a);
    begin(pair, pair.b, 'old');
    run(pair, 5000);
    expect(status(pair.a.endpoint).ikeSas.map(({ version, connection, state }) => [version, connection, state])).toEqual([
      [2, 'peer', 'ESTABLISHED'],
      [1, 'old', 'ESTABLISHED'],
    ]);
    talk(pair, 1);
    talk(pair, 3, ['10.11.0.1', '10.12.0.1']);
  });
});

describe('commands', () => {
  it('of a Child SA: it is replaced without a packet lost, and ended', () => {
    const pair = session();
    const [child] = status(pair.a.endpoint).ikeSas[0]!.children;
    act(pair, pair.a, (endpoint, now) => rekeyChild(endpoint, child!.spiIn, now));
    for (let i = 10; i < 60; i++) {
      send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', i));
      send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', i));
      run(pair, pair.now + 10);
    }
    run(pair, pair.now + 20_000);
    expect(numbersOf(pair.b)).toEqual([1, ...Array.from({ length: 50 }, (_, i) => i + 10)]);
    expect(numbersOf(pair.a)).toEqual([2, ...Array.from({ length: 50 }, (_, i) => i + 10)]);
    expect(eventsOf(pair.a, 'rekeyed')).toHaveLength(1);
    expect(eventsOf(pair.b, 'childDown')).toEqual([]);
    const [next] = status(pair.a.endpoint).ikeSas[0]!.children;
    expect(next!.spiIn).not.toBe(child!.spiIn);
    act(pair, pair.a, (endpoint, now) => deleteChild(endpoint, next!.spiIn, now));
    run(pair, pair.now + 20_000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 0'], ['ESTABLISHED 0']]);
    expect(pair.a.endpoint.db.sad.size + pair.b.endpoint.db.sad.size).toBe(0);
  });

  it('of the IKE SA: whether the peer is there (RFC 3706), and the end', () => {
    const pair = session();
    act(pair, pair.a, (endpoint, now) => checkLiveness(endpoint, 'peer', now));
    run(pair, pair.now + 5000);
    expect(summary(pair.a)).toEqual(['ESTABLISHED 1']);
    act(pair, pair.b, (endpoint, now) => disconnect(endpoint, 'peer', now));
    run(pair, pair.now + 5000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([[], []]);
    expect(eventsOf(pair.a, 'closed')).toHaveLength(1);
    expect(eventsOf(pair.a, 'childDown')).toHaveLength(1);
  });

  it('a peer that is gone is noticed', () => {
    const pair = session();
    pair.link = { loss: 1 };
    act(pair, pair.a, (endpoint, now) => checkLiveness(endpoint, 'peer', now));
    run(pair, pair.now + 900_000);
    expect(summary(pair.a)).toEqual([]);
    expect(eventsOf(pair.a, 'closed')[0]!.error).toMatchObject({ code: 'timeout' });
  });
});

describe('RFC 2407 section 4.6.3.1: lifetimes', () => {
  it('the shorter one counts on both sides, for the end and for the successor', () => {
    const { a } = oldGateways({ child: { rekeyAfter: { seconds: 60 }, lifetime: { seconds: 100 } } });
    const pair = createPair({ a, b: oldGateways({ child: { rekeyAfter: { seconds: 3600 }, lifetime: { seconds: 4000 } } }).b });
    begin(pair, pair.a);
    run(pair, 3000);
    const [ours, theirs] = [pair.a, pair.b].map(({ endpoint }) => status(endpoint).ikeSas[0]!.children[0]!);
    const life = ({ createdAt, expiresAt, rekeyAt }: ChildStatus): number[] => [expiresAt - createdAt, rekeyAt - createdAt];
    // The child is as old as its negotiation, the SAs are as old as their keys.
    for (const one of [ours!, theirs!]) expect(Math.abs(life(one)[0]! - 100_000)).toBeLessThan(10);
    expect(life(ours!)[1]).toBeLessThanOrEqual(60_000);
    expect(life(theirs!)[1]).toBeLessThanOrEqual(90_000);
    expect(life(theirs!)[1]).toBeGreaterThan(80_000);
  });
});

describe('a new phase 1 takes over the Child SAs of the old one', () => {
  it.each([
    ['rekeyIke', rekeyIke, 'a'],
    ['reauthenticate', reauthenticate, 'a'],
    ['reauthenticate by the responder', reauthenticate, 'b'],
  ] as const)('%s: no quick mode, no packet lost', (_name, command, who) => {
    const pair = session();
    const before = status(pair.a.endpoint).ikeSas[0]!;
    act(pair, pair[who], (endpoint, now) => command(endpoint, 'peer', now));
    run(pair, pair.now + 20_000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
    const after = status(pair.a.endpoint).ikeSas[0]!;
    expect(after.spiI).not.toBe(before.spiI);
    expect(after.children[0]!.spiIn).toBe(before.children[0]!.spiIn);
    expect(eventsOf(pair.a, 'childUp')).toHaveLength(1);
    expect([...eventsOf(pair.a, 'childDown'), ...eventsOf(pair.b, 'childDown')]).toEqual([]);
    talk(pair, 3);
    // What was taken over can be replaced under the new one, and ends with it.
    act(pair, pair.b, (endpoint, now) => rekeyChild(endpoint, status(endpoint).ikeSas[0]!.children[0]!.spiIn, now));
    run(pair, pair.now + 20_000);
    talk(pair, 5);
    closePair(pair);
    expect(pair.a.endpoint.db.sad.size + pair.b.endpoint.db.sad.size).toBe(0);
  });

  it('by the lifetimes of both phases, again and again', () => {
    const pair = session({
      connection: { timers: { reauthenticate: 20, lifetime: 40, liveness: 15 } },
      child: { rekeyAfter: { seconds: 7 }, lifetime: { seconds: 12 } },
    });
    let number = 10;
    for (; number < 200; number++) {
      send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', number));
      send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', number));
      run(pair, pair.now + 500);
    }
    const sent = Array.from({ length: number - 10 }, (_, i) => i + 10);
    expect(numbersOf(pair.b).slice(1)).toEqual(sent);
    expect(numbersOf(pair.a).slice(1)).toEqual(sent);
    expect(eventsOf(pair.a, 'established').length).toBeGreaterThan(3);
    expect(eventsOf(pair.a, 'rekeyed').length).toBeGreaterThan(8);
    expect(eventsOf(pair.a, 'childDown')).toEqual([]);
    run(pair, pair.now + 2000);
    expect(status(pair.a.endpoint).ikeSas.length).toBeLessThan(3);
  });

  it('INITIAL-CONTACT: a peer that has forgotten everything takes the place of what it had', () => {
    const pair = session();
    const again = createPair({ ...oldGateways(), seed: 9 });
    const fresh = { ...pair, a: again.a, queue: [], mappings: new Map<number, number>() };
    begin(fresh, fresh.a);
    run(fresh, fresh.now + 5000);
    expect(summary(fresh.b)).toEqual(['ESTABLISHED 1']);
    expect(eventsOf(fresh.b, 'closed')[0]!.reason).toBe('the peer began anew');
  });
});

describe('bundles: RFC 2408 section 4.2', () => {
  it.each([
    ['tunnel', ['10.1.0.1', '10.2.0.1'], {}],
    ['transport', [hostA, hostB], { mode: 'transport', local: 'dynamic', remote: 'dynamic' }],
    ['tunnel, compressed', ['10.1.0.1', '10.2.0.1'], { ipcomp: true }],
  ] as const)('AH around ESP in %s mode', (_name, ends, child) => {
    const pair = session({ child: { ...child, ah: 'sha256' } }, ends);
    const [one] = status(pair.a.endpoint).ikeSas[0]!.children;
    expect(one!.ah).toBeDefined();
    expect(one!.suite).toMatch(/^ENCR_AES_CBC-128, AUTH_HMAC_SHA2_256_128.*, AH AUTH_HMAC_SHA2_256_128/);
    // On the wire: AH.
    const outer = pair.record.filter((line) => line.includes(' ip ')).map((line) => line.split(' ip ')[1]!.slice(18, 20));
    expect(new Set(outer)).toEqual(new Set(['33']));
    expect(pair.a.endpoint.db.sad.size).toBe(4);
    act(pair, pair.a, (endpoint, now) => rekeyChild(endpoint, one!.spiIn, now));
    run(pair, pair.now + 20_000);
    talk(pair, 3, ends);
    expect(pair.a.endpoint.db.sad.size).toBe(4);
    closePair(pair);
    expect(pair.a.endpoint.db.sad.size + pair.b.endpoint.db.sad.size).toBe(0);
    expect(pair.a.endpoint.db.sad.reserved.size + pair.b.endpoint.db.sad.reserved.size).toBe(0);
  });
});
