import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../../src/ike.js';
import { createEndpoint, type EndpointAction, receiveDatagram, receiveIp, status, wake } from '../../src/endpoint.js';
import { encodePacket, encodeUdp, parseAddress } from '../../src/ip.js';
import {
  act,
  begin,
  clearPacket,
  createPair,
  createRandom,
  eventsOf,
  gateways,
  hostA,
  hostB,
  numbersOf,
  parseHost,
  run,
  send,
  summary,
} from '../pair.js';

const from = { address: parseAddress(hostA), port: 500 };
const to = { address: parseAddress(hostB), port: 500 };

function ikeOctets(change: Partial<Parameters<typeof encodeMessage>[0]> = {}): Uint8Array {
  return encodeMessage({
    spiI: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    spiR: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1),
    exchange: 'INFORMATIONAL',
    isInitiator: true,
    isResponse: false,
    messageId: 3,
    payloads: [{ type: 'V', data: new Uint8Array(40) }],
    ...change,
  });
}

function sentBy(actions: readonly EndpointAction[]): Uint8Array[] {
  return actions.flatMap((action) => (action.type === 'datagram' ? [action.data] : []));
}

describe('RFC 7296 section 1.5: messages that belong to no IKE SA', () => {
  const host = (): ReturnType<typeof createEndpoint> => createEndpoint(parseHost(gateways({}).b), { now: 0, random: createRandom(1) });

  it('requests get INVALID_IKE_SPI, with their own SPIs, never longer than themselves, and not many', () => {
    const endpoint = host();
    const request = ikeOctets();
    const [answer] = sentBy(receiveDatagram(endpoint, { data: request, from, to }, 1));
    expect(answer!.length).toBeLessThanOrEqual(request.length);
    expect([...answer!.subarray(0, 16)]).toEqual([...request.subarray(0, 16)]);
    // Response, not the initiator, the same Message ID, one N payload: INVALID_IKE_SPI.
    expect([answer![16], answer![18], answer![19], answer![23], answer!.length, answer![35]]).toEqual([41, 37, 0x20, 3, 36, 4]);
    let answers = 0;
    for (let i = 0; i < 1000; i++) answers += sentBy(receiveDatagram(endpoint, { data: request, from, to }, 2)).length;
    expect(answers).toBeLessThan(10);
    expect(status(endpoint).counts['ike INVALID_IKE_SPI']).toBe(1001);
    expect(sentBy(receiveDatagram(host(), { data: ikeOctets({ payloads: [] }), from, to }, 1))).toEqual([]);
  });

  it('responses get nothing, nor does what is no message', () => {
    const endpoint = host();
    for (const data of [ikeOctets({ isResponse: true }), new Uint8Array(3), new Uint8Array(27), new Uint8Array(60).fill(0xff, 17)])
      for (const port of [500, 4500, 77])
        expect(sentBy(receiveDatagram(endpoint, { data, from, to: { ...to, port } }, 1)).filter(({ length }) => length !== 36)).toEqual([]);
  });

  it('section 2.5: requests of a later version are told INVALID_MAJOR_VERSION; of IKEv1 nothing is said', () => {
    const endpoint = host();
    const later = ikeOctets();
    later[17] = 0x30;
    const [answer] = sentBy(receiveDatagram(endpoint, { data: later, from, to }, 1));
    expect([answer![17], answer![35]]).toEqual([0x20, 5]);
    later[17] = 0x10;
    expect(sentBy(receiveDatagram(endpoint, { data: later, from, to }, 1))).toEqual([]);
  });

  it('what is in a datagram or packet throws nothing', () => {
    const endpoint = host();
    const random = createRandom(5);
    for (let i = 0; i < 3000; i++) {
      const data = new Uint8Array(i % 120);
      random(data);
      if (i % 3 === 0 && data.length > 28) data.set(ikeOctets().subarray(0, 18 + (i % 10)));
      receiveDatagram(endpoint, { data, from, to: { ...to, port: i % 2 === 0 ? 500 : 4500 } }, i);
      if (data.length > 0) receiveIp(endpoint, data, i);
      receiveIp(endpoint, encodePacket({ source: from.address, destination: to.address }, [17, 50, 51, 1][i % 4]!, data), i);
    }
    wake(endpoint, 10_000);
    expect(status(endpoint).ikeSas).toEqual([]);
  });

  it('section 2.21.4: INVALID_SPI goes over an IKE SA that is there; without one nobody hears of it', () => {
    const pair = createPair(gateways({}));
    begin(pair, pair.a);
    run(pair, 1000);
    const stray = encodePacket(
      { source: from.address, destination: to.address },
      50,
      Uint8Array.from({ length: 60 }, () => 9),
    );
    act(pair, pair.b, (endpoint, now) => receiveIp(endpoint, stray, now));
    run(pair, 2000);
    expect(eventsOf(pair.a, 'audit').filter(({ detail }) => detail.includes('INVALID_SPI'))).toHaveLength(1);
    expect(summary(pair.a)).toEqual(['ESTABLISHED 1']);
    expect(sentBy(receiveIp(host(), stray, 1))).toEqual([]);
  });

  it('section 2.21.4: a peer that has forgotten us is found out: its INVALID_IKE_SPI makes us look, and no more than look', () => {
    const pair = createPair(gateways({ connection: { retransmission: { tries: 3 } } }));
    begin(pair, pair.a);
    run(pair, 20_000);
    const { sa } = [...pair.a.endpoint.ikeSas.values()][0]!;
    const notice = encodeMessage({
      spiI: sa.spiI,
      spiR: sa.spiR,
      exchange: 'INFORMATIONAL',
      isInitiator: false,
      isResponse: true,
      messageId: 1,
      payloads: [{ type: 'N', protocol: 0, notify: 'INVALID_IKE_SPI', spi: new Uint8Array(0), data: new Uint8Array(0) }],
    });
    act(pair, pair.a, (endpoint, now) => receiveDatagram(endpoint, { data: notice, from: to, to: from }, now));
    run(pair, 25_000);
    // The peer is alive after all.
    expect(summary(pair.a)).toEqual(['ESTABLISHED 1']);
    pair.link = { loss: 1 };
    run(pair, 40_000);
    act(pair, pair.a, (endpoint, now) => receiveDatagram(endpoint, { data: notice, from: to, to: from }, now));
    run(pair, 60_000);
    expect(summary(pair.a)).toEqual([]);
  });
});

describe('RFC 7296 section 1.5: INVALID_SPI that nobody vouches for', () => {
  it('makes us look whether the peers of that address are alive, now and then', () => {
    const pair = createPair(gateways({}));
    begin(pair, pair.a);
    run(pair, 20_000);
    const zeros = new Uint8Array(8);
    const notice = encodeMessage({
      spiI: zeros,
      spiR: zeros,
      exchange: 'INFORMATIONAL',
      isInitiator: true,
      isResponse: false,
      messageId: 0,
      payloads: [{ type: 'N', protocol: 0, notify: 'INVALID_SPI', spi: new Uint8Array(0), data: Uint8Array.of(1, 2, 3, 4) }],
    });
    const tell = (address: string): number => {
      const before = pair.record.length;
      for (let i = 0; i < 50; i++)
        act(pair, pair.a, (endpoint, now) =>
          receiveDatagram(endpoint, { data: notice, from: { address: parseAddress(address), port: 500 }, to: from }, now),
        );
      run(pair, pair.now + 1000);
      return pair.record.length - before;
    };
    // Of others' addresses nothing; else a request and an answer, and once more for what came meanwhile.
    expect(tell('203.0.113.99')).toBe(0);
    expect(tell(hostB)).toBe(4);
    expect(summary(pair.a)).toEqual(['ESTABLISHED 1']);
  });
});

describe('RFC 7296 section 2.4: a peer that begins anew', () => {
  it('says INITIAL_CONTACT, and its old IKE SA goes without a word', () => {
    const { a, b } = gateways({});
    const pair = createPair({ a, b });
    begin(pair, pair.a);
    run(pair, 1000);
    // The peer forgets everything.
    const again = createPair({ a, b, seed: 99 });
    (pair as { a: unknown }).a = again.a;
    begin(pair, pair.a);
    run(pair, 2000);
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
    expect(eventsOf(pair.b, 'closed')).toMatchObject([{ reason: 'the peer began anew', error: undefined }]);
    send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 2));
    run(pair, 3000);
    expect([numbersOf(pair.b), numbersOf(pair.a)]).toEqual([[1], [2]]);
    expect(pair.b.endpoint.db.sad.size).toBe(2);
  });
});

describe('RFC 7296 section 2.6: half-open IKE SAs', () => {
  it('are bounded, in all and for one address, and from a number on cost a cookie', () => {
    const { a, b } = gateways({});
    const limits = { halfOpen: { cookieThreshold: 3, total: 20, perAddress: 5 } };
    const server = createEndpoint(parseHost({ ...b, limits, connections: [anybody(b)] }), { now: 0, random: createRandom(1) });
    const kinds: string[] = [];
    for (let i = 0; i < 40; i++) {
      const client = createPair({ a, b, seed: i + 10 });
      begin(client, client.a);
      const [first] = client.record;
      const data = Uint8Array.from(first!.split(' ')[3]!.match(/../g)!, (octet) => parseInt(octet, 16));
      const actions = receiveDatagram(server, { data, from: { ...from, port: 500 + i }, to }, 1);
      kinds.push(
        sentBy(actions)
          .map((message) => (message.length < 100 ? 'cookie' : 'answer'))
          .join() || 'nothing',
      );
    }
    expect(kinds.slice(0, 4)).toEqual(['answer', 'answer', 'answer', 'cookie']);
    expect(new Set(kinds.slice(3))).toEqual(new Set(['cookie']));
    expect(status(server).halfOpen).toBe(3);
    // Nobody comes back: they go.
    for (let at = 10_000; at <= 60_000; at += 10_000) wake(server, at);
    expect(status(server)).toMatchObject({ halfOpen: 0, ikeSas: [] });
    expect([server.halfOpen.size, server.requests.size, server.byAddress.size]).toEqual([0, 0, 0]);
  });

  it('a client comes through with its cookie', () => {
    const { a, b } = gateways({});
    const limits = { halfOpen: { cookieThreshold: 0, total: 20, perAddress: 5 } };
    const pair = createPair({ a, b: { ...b, limits } });
    begin(pair, pair.a);
    run(pair, 1000);
    expect(summary(pair.b)).toEqual(['ESTABLISHED 1']);
    expect(pair.record).toHaveLength(6);
  });

  it('section 2.1: a repeated IKE_SA_INIT request gets the same answer, and makes no second IKE SA', () => {
    const { a, b } = gateways({});
    const client = createPair({ a, b });
    begin(client, client.a);
    const data = Uint8Array.from(client.record[0]!.split(' ')[3]!.match(/../g)!, (octet) => parseInt(octet, 16));
    const [one] = sentBy(receiveDatagram(client.b.endpoint, { data, from, to }, 1));
    const [two] = sentBy(receiveDatagram(client.b.endpoint, { data, from, to }, 2));
    expect(two).toEqual(one);
    expect(status(client.b.endpoint).halfOpen).toBe(1);
    expect(encodeUdp({ source: from.address, destination: to.address }, 500, 500, data).length).toBeGreaterThan(100);
  });
});

function anybody(host: Readonly<Record<string, unknown>>): object {
  const [connection] = host['connections'] as [object];
  return { ...connection, remote: { id: '*' } };
}
