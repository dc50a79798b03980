/** Requirements of RFC 7296 that no other test shows: of the endpoint, on the wire. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { createEndpoint, type EndpointAction, receiveDatagram, receiveIp } from '../../src/endpoint.js';
import { decodeIp, encodePacket, parseAddress } from '../../src/ip.js';
import { decodeMessage, encodeMessage, type IkeMessage } from '../../src/ikev2/message.js';
import { findNotifies } from '../../src/ikev2/pick.js';
import { act, begin, clearPacket, createPair, createRandom, gateways, hostA, hostB, numbersOf, type Pair, parseHost, run, send, summary } from '../pair.js'; // prettier-ignore

const nat = { address: '203.0.113.9' };
const zeros = '00000000';

/** `a` behind a NAT; `b` takes it from any address. */
function behindNat(): Parameters<typeof createPair>[0] {
  const { a, b } = gateways({});
  const [connection] = b['connections'] as [Record<string, unknown>];
  return { a, b: { ...b, connections: [{ ...connection, remote: { id: 'a.example.com' } }] }, link: { nat } };
}

/** UDP datagrams as they are sent. */
interface Sent {
  readonly from: 'a' | 'b';
  readonly data: Uint8Array;
  readonly source: number;
  readonly destination: number;
}
function watch(pair: Pair): Sent[] {
  const sent: Sent[] = [];
  pair.onCarried.push(({ from, type, data, source, destination }) => {
    if (type === 'datagram') sent.push({ from, data, source: source!.port, destination: destination!.port });
  });
  return sent;
}
const messageIn = ({ data, source }: Sent): IkeMessage => decodeMessage(source === 4500 ? data.subarray(4) : data);
const datagramsOf = (actions: readonly EndpointAction[]): Extract<EndpointAction, { type: 'datagram' }>[] =>
  actions.filter((action) => action.type === 'datagram');

describe('RFC 7296 section 2: messages', () => {
  it('of 3000 octets and more are sent, received and processed', () => {
    const long = `${'a'.repeat(60)}.`.repeat(50);
    const { a, b } = gateways({ connection: { fragmentation: false } });
    const rename = (json: unknown): Record<string, unknown> =>
      JSON.parse(JSON.stringify(json).replaceAll('a.example.com', `${long}a.example.com`)) as Record<string, unknown>;
    const pair = createPair({ a: rename(a), b: rename(b) });
    const sent = watch(pair);
    begin(pair, pair.a);
    run(pair, 1000);
    expect(Math.max(...sent.map(({ data }) => data.length))).toBeGreaterThan(3000);
    expect([summary(pair.a), summary(pair.b)]).toEqual([['ESTABLISHED 1'], ['ESTABLISHED 1']]);
  });

  it('on port 4500 begin with four octets of zero; on port 500 there is IKE alone, and no ESP', () => {
    const pair = createPair(behindNat());
    const sent = watch(pair);
    begin(pair, pair.a);
    run(pair, 1000);
    for (let i = 0; i < 5; i++) send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', i));
    send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 9));
    run(pair, 2000);
    expect([numbersOf(pair.b), numbersOf(pair.a)]).toEqual([[0, 1, 2, 3, 4], [9]]);
    const on500 = sent.filter(({ source, from, destination }) => (from === 'a' ? source : destination) !== 4500 && source === 500);
    for (const one of on500) expect(messageIn(one).exchange).toBe('IKE_SA_INIT');
    const ofA = sent.filter(({ from, source }) => from === 'a' && source === 4500);
    const spiI = toHex(messageIn(sent[0]!).spiI);
    const marked = ofA.filter(({ data }) => toHex(data.subarray(0, 4)) === zeros);
    expect(marked.map(({ data }) => toHex(data.subarray(4, 12)))).toEqual([spiI]);
    expect(ofA.length - marked.length).toBe(5);
    // Section 2.23: whoever has found the NAT sends everything from 4500.
    const first = sent.findIndex(({ source }) => source === 4500);
    for (const { source } of sent.slice(first)) expect(source).toBe(4500);
  });
});

describe('RFC 7296 section 2.23: NAT traversal', () => {
  it('both sides send NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP', () => {
    const pair = createPair(gateways({}));
    const sent = watch(pair);
    begin(pair, pair.a);
    run(pair, 1000);
    for (const from of ['a', 'b'] as const) {
      const { payloads } = messageIn(sent.find((one) => one.from === from)!);
      expect(findNotifies(payloads, 'NAT_DETECTION_SOURCE_IP')).toHaveLength(1);
      expect(findNotifies(payloads, 'NAT_DETECTION_DESTINATION_IP')).toHaveLength(1);
    }
  });

  it('"all devices MUST be able to receive and process both UDP-encapsulated ESP and non-UDP-encapsulated ESP packets at any time"', () => {
    // Without a NAT ESP comes as it is; in UDP it is taken, too.
    const open = createPair(gateways({}));
    begin(open, open.a);
    run(open, 1000);
    const esp: Uint8Array[] = [];
    open.link = { drop: ({ type, data }) => type === 'ip' && esp.push(data) > 0 };
    send(open, open.a, clearPacket('10.1.0.1', '10.2.0.1', 7));
    run(open, 2000);
    expect([esp.length, numbersOf(open.b)]).toEqual([1, []]);
    const data = esp[0]!.subarray(decodeIp(esp[0]!).upperOffset);
    const [from, to] = [hostA, hostB].map((address) => ({ address: parseAddress(address), port: 4500 }));
    act(open, open.b, (endpoint, now) => receiveDatagram(endpoint, { data, from: from!, to: to! }, now));
    expect(numbersOf(open.b)).toEqual([7]);
    // Behind one it comes in UDP; as it is, it is taken, too.
    const nated = createPair(behindNat());
    begin(nated, nated.a);
    run(nated, 1000);
    const inUdp: Uint8Array[] = [];
    nated.link = { nat, drop: (one) => one.type === 'datagram' && inUdp.push(one.data) > 0 };
    send(nated, nated.a, clearPacket('10.1.0.1', '10.2.0.1', 8));
    expect(inUdp).toHaveLength(1);
    const packet = encodePacket({ source: parseAddress(nat.address), destination: parseAddress(hostB) }, 50, inUdp[0]!);
    act(nated, nated.b, (endpoint, now) => receiveIp(endpoint, packet, now));
    expect(numbersOf(nated.b)).toEqual([8]);
  });
});

describe('RFC 7296 section 2.11: addresses and ports', () => {
  const other = '198.51.100.77';
  const endpoint = () => {
    const { b } = gateways({});
    return createEndpoint(parseHost({ ...b, addresses: [hostB, other] }), { now: 0, random: createRandom(3) });
  };
  const first = (): Uint8Array => {
    const client = createPair(gateways({}));
    const sent = watch(client);
    begin(client, client.a);
    return sent[0]!.data;
  };

  it('a request may come from any port; the answer goes to where it came from, from where it came to', () => {
    for (const port of [500, 1, 4711, 65_535])
      for (const own of [hostB, other]) {
        const from = { address: parseAddress(hostA), port };
        const to = { address: parseAddress(own), port: 500 };
        const [answer] = datagramsOf(receiveDatagram(endpoint(), { data: first(), from, to }, 1));
        expect([answer?.to, answer?.from]).toEqual([from, to]);
      }
  });

  it('section 2.21.4: so does INVALID_IKE_SPI, in the clear, with the SPIs and the Message ID of the request', () => {
    const from = { address: parseAddress(hostA), port: 4711 };
    const to = { address: parseAddress(other), port: 500 };
    const spis = { spiI: new Uint8Array(8).fill(1), spiR: new Uint8Array(8).fill(2) };
    const request = { ...spis, exchange: 'INFORMATIONAL', isInitiator: true, isResponse: false, messageId: 6 } as const;
    const vendor = { type: 'V', data: new Uint8Array(40) } as const;
    const data = encodeMessage({ ...request, payloads: [vendor] });
    const [answer, ...more] = datagramsOf(receiveDatagram(endpoint(), { data, from, to }, 1));
    expect(more).toEqual([]);
    expect([answer?.to, answer?.from]).toEqual([from, to]);
    expect(decodeMessage(answer!.data)).toMatchObject({
      ...spis,
      exchange: 'INFORMATIONAL',
      messageId: 6,
      isResponse: true,
      isInitiator: false,
      payloads: [{ type: 'N', notify: 'INVALID_IKE_SPI', protocol: 0, spi: new Uint8Array(0) }],
    });
  });
});

describe('RFC 3948 sections 2.1 and 2.3: ports', () => {
  it('of ESP in UDP and of keepalives are those of IKE, either way, whatever they are', () => {
    for (const ports of [undefined, { ike: 5500, nat: 5501 }]) {
      const base = behindNat();
      const withPorts = (host: unknown, remote: object): Record<string, unknown> => {
        const { connections, ...rest } = host as { connections: [{ remote: object }] };
        const [connection] = connections;
        const timers = { keepalive: 20, liveness: 'never' };
        const own = { ...connection, timers, remote: { ...connection.remote, ...remote } };
        return { ...rest, ...(ports && { ports }), connections: [own] };
      };
      const pair = createPair({ ...base, a: withPorts(base.a, ports ? { port: 5500, natPort: 5501 } : {}), b: withPorts(base.b, {}) });
      const sent = watch(pair);
      begin(pair, pair.a);
      run(pair, 1000);
      send(pair, pair.a, clearPacket('10.1.0.1', '10.2.0.1', 1));
      send(pair, pair.b, clearPacket('10.2.0.1', '10.1.0.1', 2));
      run(pair, 30_000);
      const [nated, mapped] = [ports?.nat ?? 4500, pair.mappings.get(ports?.nat ?? 4500)];
      const kinds = new Set<string>();
      for (const { from, data, source, destination } of sent) {
        const kind = data.length === 1 ? 'keepalive' : toHex(data.subarray(0, 4)) === zeros ? 'IKE' : 'ESP';
        if (source === (ports?.ike ?? 500)) continue;
        kinds.add(`${from} ${kind}`);
        expect([source, destination]).toEqual(from === 'a' ? [nated, nated] : [nated, mapped]);
      }
      expect(kinds).toEqual(new Set(['a IKE', 'b IKE', 'a ESP', 'b ESP', 'a keepalive']));
    }
  });
});
