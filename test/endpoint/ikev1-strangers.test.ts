/** The rows of the list of known attacks, on a whole endpoint that speaks IKEv1: strangers cost it little, and it says nothing to them. */
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/bytes.js';
import { formatKeyLog } from '../../src/capture.js';
import { connect, createEndpoint, type EndpointAction, receiveDatagram, sendInner, status, wake } from '../../src/endpoint.js';
import { parseAddress } from '../../src/ip.js';
import {
  begin,
  clearPacket,
  createPair,
  createRandom,
  eventsOf,
  gateways,
  hostA,
  hostB,
  type Pair,
  parseHost,
  run,
  summary,
} from '../pair.js';
import { oldGateways, session, talk } from './ikev1-hosts.js';

const at = (address: string, port = 500) => ({ address: parseAddress(address), port });
const sent = (actions: readonly EndpointAction[]) => actions.flatMap((action) => (action.type === 'datagram' ? [action] : []));

/** What `b` does with a datagram. */
function give(pair: Pair, data: Uint8Array, from = at(hostA)): ReturnType<typeof sent> {
  return sent(receiveDatagram(pair.b.endpoint, { data, from, to: at(hostB) }, pair.now));
}

/** The first message of `a`, which goes nowhere. */
function firstMessage(pair: Pair): Uint8Array {
  let first: Uint8Array | undefined;
  pair.onCarried.push(({ data }) => (first ??= data));
  pair.link = { ...pair.link, drop: () => true };
  begin(pair, pair.a);
  pair.onCarried.length = 0;
  pair.link = {};
  return first!;
}

/** `b` takes `a` from whatever address it comes. */
function fresh(limits: object = {}): Pair {
  const { a, b } = oldGateways();
  const [connection] = b['connections'] as [Readonly<Record<string, unknown>>];
  return createPair({ a, b: { ...b, limits, connections: [{ ...connection, remote: { id: 'a.example.com' } }] }, seed: 7 });
}

const counts = ({ b }: Pair): Readonly<Record<string, number>> => status(b.endpoint).counts;

describe('who does not take part in IKEv1', () => {
  it('without the machine: messages are dropped and counted, and a connection says what is missing', () => {
    const endpoint = createEndpoint(parseHost(oldGateways().b), { now: 0, random: createRandom(1) });
    const first = firstMessage(fresh());
    expect(receiveDatagram(endpoint, { data: first, from: at(hostA), to: at(hostB) }, 0)).toEqual([]);
    expect(status(endpoint)).toMatchObject({ ikeSas: [], counts: { 'ike version': 1 } });
    expect(() => connect(endpoint, 'peer', 0)).toThrow(/ikev1 of ipsec-ts\/ikev1/);
    const refused = sendInner(endpoint, clearPacket('10.2.0.1', '10.1.0.1', 1), 0);
    expect(refused.map(({ type }) => type)).toEqual(['event', 'deliver']);
  });

  it('without a connection of version 1: the same', () => {
    const pair = createPair(gateways({}));
    expect(give(pair, firstMessage(fresh()))).toEqual([]);
    expect(counts(pair)).toEqual({ 'ike version': 1 });
  });
});

describe('strangers', () => {
  it('a message for no IKE SA is dropped, whatever it is: nothing is sent', () => {
    const pair = session();
    const first = firstMessage(fresh());
    for (const exchange of [0, 1, 2, 4, 5, 6, 32, 33, 34, 37, 240]) {
      const message = first.slice();
      message[18] = exchange;
      message.set([9, 9, 9, 9], 8);
      expect(give(pair, message)).toEqual([]);
    }
    const early = first.slice();
    early[18] = 32;
    expect(give(pair, early)).toEqual([]);
    expect(counts(pair)['ike stray']).toBe(12);
    expect(counts(pair)['ike INVALID_IKE_SPI']).toBeUndefined();
  });

  it('row 21: of one address there are as many half-open IKE SAs as its limit says, and in all no more than that of all; time ends them', () => {
    const pair = fresh({ halfOpen: { total: 50 } });
    const request = firstMessage(pair).slice();
    for (let i = 0; i < 100; i++) {
      request[0] = 1 + i;
      give(pair, request);
    }
    expect(status(pair.b.endpoint).halfOpen).toBe(32);
    for (let i = 0; i < 100; i++) {
      request[0] = 101 + i;
      give(pair, request, at(`10.0.0.${i}`));
    }
    expect([status(pair.b.endpoint).halfOpen, pair.b.endpoint.requests.size]).toEqual([50, 50]);
    wake(pair.b.endpoint, pair.now + 31_000);
    expect([status(pair.b.endpoint).halfOpen, pair.b.endpoint.requests.size, pair.b.endpoint.halfOpen.size]).toEqual([0, 0, 0]);
  });

  it('a first message that is repeated gets the same answer, and makes nothing new', () => {
    const pair = fresh();
    const request = firstMessage(pair);
    const [answer] = give(pair, request);
    const [again] = give(pair, request);
    expect(again!.data).toEqual(answer!.data);
    expect(status(pair.b.endpoint).ikeSas).toHaveLength(1);
  });

  it('copies with one octet changed, and cut ones, do no harm to the exchange', () => {
    const pair = fresh();
    const { endpoint } = pair.b;
    pair.onCarried.push(({ from, type, data, destination }) => {
      if (from !== 'a' || type !== 'datagram') return;
      const copies = Array.from({ length: data.length }, (_, i) => [
        data.slice(0, i),
        data.map((octet, j) => (i === j ? octet ^ 0x55 : octet)),
      ]);
      const deliver = (): EndpointAction[] => {
        const sender = at('203.0.113.1', destination!.port);
        for (const copy of copies.flat()) receiveDatagram(endpoint, { data: copy, from: sender, to: destination! }, pair.now);
        return [];
      };
      pair.queue.push({ at: pair.now + 1.5, order: pair.order++, to: pair.b, deliver });
    });
    begin(pair, pair.a);
    run(pair, 3000);
    expect(summary(pair.a)).toEqual(['ESTABLISHED 1']);
    pair.onCarried.length = 0;
    talk(pair, 1);
  });
});

describe('row 39: messages of one version for an IKE SA of the other', () => {
  it.each([
    ['of version 2 for one of version 1', session, 0x20],
    ['of version 1 for one of version 2', bothVersions, 0x10],
  ] as const)('%s: dropped without a word, and without a trace', (_name, make, version) => {
    const pair = make();
    const [sa] = status(pair.b.endpoint).ikeSas.filter((one) => one.version === (version === 0x20 ? 1 : 2));
    const before = status(pair.b.endpoint).ikeSas;
    const header = new Uint8Array(48);
    header.set([...fromHex(sa!.spiI), ...fromHex(sa!.spiR)], 0);
    header[17] = version;
    header[27] = header.length;
    for (const exchange of [2, 4, 5, 32, 34, 35, 36, 37])
      for (const flags of [0, 1, 8, 0x20, 0x28])
        for (const next of [0, 1, 8, 33, 41, 46]) {
          [header[16], header[18], header[19]] = [next, exchange, flags];
          // Where the SPI that would be ours is none of ours, it is a stranger's request: INVALID_IKE_SPI.
          const isOurs = version === 0x10 || (flags & 8) !== 0;
          const actions = receiveDatagram(pair.b.endpoint, { data: header, from: at(hostA), to: at(hostB) }, pair.now);
          if (isOurs) expect(actions).toEqual([]);
        }
    expect(status(pair.b.endpoint).ikeSas).toEqual(before);
  });

  it('a first message of either version with the cookie that the other has is not taken for a repetition', () => {
    const pair = fresh();
    const request = firstMessage(pair).slice();
    give(pair, request);
    const modern = firstMessage(createPair({ ...gateways({}), seed: 5 })).slice();
    modern.set(request.subarray(0, 8), 0);
    expect(give(pair, modern)).toEqual([]);
    expect(status(pair.b.endpoint).ikeSas).toHaveLength(1);
    expect(counts(pair)['ike version']).toBe(1);
  });
});

/** Hosts with a connection of version 2 that is there, and one of version 1 that is not. */
function bothVersions(): Pair {
  const { a, b } = gateways({});
  const [connection] = b['connections'] as [Readonly<Record<string, unknown>>];
  const pair = createPair({
    a,
    b: { ...b, connections: [connection, { ...connection, name: 'old', ike: 1, proposals: 'aes128-sha256-ecp256', children: [] }] },
  });
  begin(pair, pair.a);
  run(pair, 3000);
  return pair;
}

describe('keys, where they are asked for', () => {
  it('as a line of the table of Wireshark that both sides agree on', () => {
    const pair = session({ host: { keyLog: true } });
    const lines = [pair.a, pair.b].map((side) => eventsOf(side, 'ikev1Keys').map((event) => formatKeyLog(event)));
    expect(lines[0]).toEqual(lines[1]);
    const { spiI } = status(pair.a.endpoint).ikeSas[0]!;
    const [{ key, hash, encryption }] = eventsOf(pair.a, 'ikev1Keys') as [ReturnType<typeof eventsOf<'ikev1Keys'>>[0]];
    expect([hash, encryption.name, key.length]).toEqual(['SHA2-256', 'ENCR_AES_CBC', 16]);
    expect(lines[0]).toEqual([{ table: 'ikev1_decryption_table', text: `${spiI},${toHex(key)}\n` }]);
    expect(eventsOf(pair.a, 'childKeys')).toHaveLength(2);
    expect(eventsOf(session({ host: { keyLog: true }, child: { ah: 'sha256' } }).a, 'childKeys').map(({ protocol }) => protocol)).toEqual([
      'ESP',
      'ESP',
      'AH',
      'AH',
    ]);
    expect(eventsOf(session().a, 'ikev1Keys')).toEqual([]);
  });
});
