/**
 * Two endpoints in one process: a virtual clock, a link that loses, delays, reorders, duplicates, corrupts and cuts, a NAT in between, and randomness from a
 * seed. The same seed gives the same datagrams, octet for octet: `pair.record` holds them all.
 */
import { EMPTY, toHex, writeU32 } from '../src/bytes.js';
import {
  answer,
  closeEndpoint,
  connect,
  createEndpoint,
  type Endpoint,
  type EndpointAction,
  type EndpointConfig,
  type EndpointEvent,
  parseEndpointConfig,
  receiveDatagram,
  receiveIp,
  sendInner,
  status,
  type UdpEndpoint,
  wake,
  wakeAt,
} from '../src/endpoint.js';
import { ikev1 } from '../src/ikev1.js';
import { decodeIp, encodeUdp, equalAddresses, ipTotalLength, parseAddress } from '../src/ip.js';
import { deflate } from '../src/ipcomp.js';
import { allRows } from '../src/suite/all.js';
import type { FillRandom } from '../src/suite/types.js';

export { allRows };

/** How the link behaves; everything absent is perfect. Probabilities are 0 to 1, times milliseconds. */
export interface Link {
  readonly delay?: number;
  /** What chance adds to the delay: with it datagrams overtake each other. */
  readonly jitter?: number;
  readonly loss?: number;
  readonly duplicate?: number;
  readonly corrupt?: number;
  /** Octets of the largest IP packet that gets through. */
  readonly mtu?: number;
  /** The rare packets that are lost on purpose: by their number on this link, from 0, and their direction. */
  readonly drop?: (datagram: Carried) => boolean;
  /** A NAT in front of `a`. */
  readonly nat?: Nat;
}

/** A NAT in front of `a`: what `b` sees. */
interface Nat {
  /** Its outside address. */
  readonly address: string;
}

/** Something on the link. */
interface Carried {
  readonly number: number;
  readonly from: 'a' | 'b';
  readonly at: number;
  /** `datagram`: UDP; `ip`: an IP packet. */
  readonly type: 'datagram' | 'ip';
  readonly data: Uint8Array;
  readonly source: UdpEndpoint | undefined;
  readonly destination: UdpEndpoint | undefined;
}

/** One side. */
export interface Side {
  readonly name: 'a' | 'b';
  readonly endpoint: Endpoint;
  /** Clear packets that came out, in order. */
  readonly delivered: Uint8Array[];
  readonly events: { readonly at: number; readonly event: EndpointEvent }[];
  /** What questions are answered with. */
  answers: (ask: Extract<EndpointAction, { type: 'ask' }>) => unknown;
}

/** Two endpoints. */
export interface Pair {
  readonly a: Side;
  readonly b: Side;
  /** Milliseconds. */
  now: number;
  link: Link;
  /** Everything that was put on the link, in order, as `a`-or-`b`, time, kind and octets. */
  readonly record: string[];
  /** How the NAT maps ports of `a`; emptied, it gives others. */
  readonly mappings: Map<number, number>;
  nextPort: number;
  queue: { at: number; order: number; to: Side; deliver: () => EndpointAction[] }[];
  order: number;
  carried: number;
  readonly random: FillRandom;
  /** Every datagram as it was sent: for tests that look. */
  readonly onCarried: ((carried: Carried) => void)[];
}

/** What {@link createPair} takes. */
export interface PairConfig {
  /** Configuration values, or JSON. */
  readonly a: EndpointConfig | Readonly<Record<string, unknown>>;
  readonly b: EndpointConfig | Readonly<Record<string, unknown>>;
  readonly link?: Link;
  readonly seed?: number;
}

/** Makes a pair. */
export function createPair({ a, b, link = {}, seed = 1 }: PairConfig): Pair {
  const random = createRandom(seed);
  const side = (name: 'a' | 'b', config: PairConfig['a'], own: FillRandom): Side => ({
    name,
    endpoint: createEndpoint(isParsed(config) ? config : parseHost(config), { now: 0, random: own, ikev1 }),
    delivered: [],
    events: [],
    answers: () => undefined,
  });
  return {
    a: side('a', a, createRandom(seed * 3 + 1)),
    b: side('b', b, createRandom(seed * 3 + 2)),
    now: 0,
    link,
    record: [],
    mappings: new Map(),
    nextPort: 30_000,
    queue: [],
    order: 0,
    carried: 0,
    random,
    onCarried: [],
  };
}

function isParsed(config: PairConfig['a']): config is EndpointConfig {
  return (config as EndpointConfig).addresses[0] instanceof Uint8Array;
}

/** JSON to values, with every row and DEFLATE. */
export function parseHost(json: Readonly<Record<string, unknown>>): EndpointConfig {
  return parseEndpointConfig(json, { rows: allRows, compression: deflate });
}

/** The side across. */
function peerOf(pair: Pair, side: Side): Side {
  return side === pair.a ? pair.b : pair.a;
}

/** Lets something happen on one side, and carries what comes of it. */
export function act(pair: Pair, side: Side, run: (endpoint: Endpoint, now: number) => EndpointAction[]): void {
  perform(pair, side, run(side.endpoint, pair.now));
}

/** Begins a connection. */
export function begin(pair: Pair, side: Side, connection = 'peer'): void {
  act(pair, side, (endpoint, now) => connect(endpoint, connection, now));
}

/** Sends a clear packet. */
export function send(pair: Pair, side: Side, packet: Uint8Array): void {
  act(pair, side, (endpoint, now) => sendInner(endpoint, packet, now));
}

/** A clear UDP packet with a number in it. */
export function clearPacket(from: string, to: string, number: number, length = 64): Uint8Array {
  const payload = new Uint8Array(Math.max(4, length - 28));
  writeU32(payload, 0, number);
  return encodeUdp({ source: parseAddress(from), destination: parseAddress(to) }, 7000, 7001, payload);
}

/** The numbers of the clear packets that came out of a side. */
export function numbersOf({ delivered }: Side): number[] {
  return delivered
    .map((packet) => ({ packet, decoded: decodeIp(packet) }))
    .filter(({ decoded }) => decoded.protocol === 17)
    .map(({ packet, decoded }) => new DataView(packet.buffer, packet.byteOffset + decoded.upperOffset + 8).getUint32(0));
}

/** Lets time pass: everything that is due until then happens in its order. */
export function run(pair: Pair, until: number, each?: () => void): void {
  for (let i = 0; i < 1_000_000; i++) {
    const next = pair.queue.reduce<Pair['queue'][number] | undefined>(
      (best, item) => (best && (best.at < item.at || (best.at === item.at && best.order < item.order)) ? best : item),
      undefined,
    );
    const wakes = [pair.a, pair.b].map((side) => ({ side, at: Math.max(pair.now, wakeAt(side.endpoint)) }));
    const [first] = wakes.sort((x, y) => x.at - y.at);
    const at = Math.min(next?.at ?? Infinity, first!.at);
    if (at > until) {
      pair.now = Math.max(pair.now, until);
      return;
    }
    pair.now = Math.max(pair.now, at);
    if (next && next.at <= first!.at) {
      pair.queue.splice(pair.queue.indexOf(next), 1);
      perform(pair, next.to, next.deliver());
    } else perform(pair, first!.side, wake(first!.side.endpoint, pair.now));
    each?.();
  }
  throw new Error('time stands still');
}

/** Ends both sides, and lets time pass until nothing is left. */
export function closePair(pair: Pair, patience = 600_000): void {
  for (const side of [pair.a, pair.b]) act(pair, side, closeEndpoint);
  run(pair, pair.now + patience);
}

/** The events of one kind. */
export function eventsOf<Type extends EndpointEvent['type']>(side: Side, type: Type): Extract<EndpointEvent, { type: Type }>[] {
  return side.events.flatMap(({ event }) => (event.type === type ? [event as Extract<EndpointEvent, { type: Type }>] : []));
}

/** States of all IKE SAs, and the number of Child SAs of each. */
export function summary({ endpoint }: Side): string[] {
  return status(endpoint).ikeSas.map(({ state, children }) => `${state} ${children.length}`);
}

/** Randomness from a seed: the same every time. (A linear congruential generator, stirred: for tests alone.) */
export function createRandom(seed: number): FillRandom {
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  return (target) => {
    for (let i = 0; i < target.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      let word = state ^ (state >>> 16);
      word = Math.imul(word, 0x45d9f3b);
      target[i] = (word ^ (word >>> 13)) & 0xff;
    }
  };
}

/** What `answers` returns where nobody answers yet. */
export const silence: unique symbol = Symbol('silence');

function perform(pair: Pair, side: Side, actions: readonly EndpointAction[]): void {
  for (const action of actions) {
    switch (action.type) {
      case 'datagram':
        carry(pair, side, 'datagram', action.data, action.from, action.to);
        break;
      case 'ip':
        carry(pair, side, 'ip', action.packet, undefined, undefined);
        break;
      case 'deliver':
        side.delivered.push(action.packet);
        break;
      case 'event':
        side.events.push({ at: pair.now, event: action.event });
        break;
      case 'ask': {
        const { id } = action;
        const value = side.answers(action);
        if (value === silence) break;
        pair.queue.push({ at: pair.now + 1, order: pair.order++, to: side, deliver: () => answer(side.endpoint, id, value, pair.now) });
        break;
      }
    }
  }
}

function chance(pair: Pair): number {
  const octets = new Uint8Array(4);
  pair.random(octets);
  return new DataView(octets.buffer).getUint32(0) / 0x1_0000_0000;
}

function carry(
  pair: Pair,
  from: Side,
  type: 'datagram' | 'ip',
  data: Uint8Array,
  source: UdpEndpoint | undefined,
  destination: UdpEndpoint | undefined,
): void {
  const { link } = pair;
  const carried: Carried = { number: pair.carried++, from: from.name, at: pair.now, type, data: data.slice(), source, destination };
  pair.record.push(`${from.name} ${pair.now.toFixed(3)} ${type} ${toHex(data)}`);
  for (const look of pair.onCarried) look(carried);
  if (link.drop?.(carried) === true || chance(pair) < (link.loss ?? 0)) return;
  const octets = type === 'ip' ? ipTotalLength(data) : data.length + 8 + (destination?.address.length === 4 ? 20 : 40);
  if (octets > (link.mtu ?? Infinity)) return;
  const copies = chance(pair) < (link.duplicate ?? 0) ? 2 : 1;
  for (let i = 0; i < copies; i++) {
    const at = pair.now + (link.delay ?? 1) + chance(pair) * (link.jitter ?? 0);
    const copy = carried.data.slice();
    if (chance(pair) < (link.corrupt ?? 0) && copy.length > 0) {
      const place = Math.floor(chance(pair) * copy.length);
      copy[place] = copy[place]! ^ (1 << Math.floor(chance(pair) * 8));
    }
    const to = peerOf(pair, from);
    pair.queue.push({ at, order: pair.order++, to, deliver: () => arrive(pair, from, to, carried, copy) });
  }
}

function arrive(pair: Pair, from: Side, to: Side, { type, source, destination }: Carried, data: Uint8Array): EndpointAction[] {
  if (type === 'ip') return receiveIp(to.endpoint, data, pair.now);
  const { nat } = pair.link;
  if (!nat) return receiveDatagram(to.endpoint, { data, from: source!, to: destination! }, pair.now);
  const outside = parseAddress(nat.address);
  if (from === pair.a) {
    const port = pair.mappings.get(source!.port) ?? pair.nextPort++;
    pair.mappings.set(source!.port, port);
    return receiveDatagram(to.endpoint, { data, from: { address: outside, port }, to: destination! }, pair.now);
  }
  // From outside: only to a port that is mapped.
  const inside = [...pair.mappings].find(([, port]) => port === destination!.port);
  if (!inside || !equalAddresses(destination!.address, outside)) return [];
  const address = pair.a.endpoint.config.addresses[0] ?? EMPTY;
  return receiveDatagram(to.endpoint, { data, from: source!, to: { address, port: inside[0] } }, pair.now);
}

/** Two hosts with a tunnel between two networks, as JSON: what differs from test to test comes in by `change`. */
export function gateways(change: {
  readonly connection?: Readonly<Record<string, unknown>>;
  readonly child?: Readonly<Record<string, unknown>>;
  readonly host?: Readonly<Record<string, unknown>>;
}): { readonly a: Readonly<Record<string, unknown>>; readonly b: Readonly<Record<string, unknown>> } {
  const host = (own: string, peer: string, ownNet: string, peerNet: string): Readonly<Record<string, unknown>> => ({
    ike: 2,
    addresses: [own],
    connections: [
      {
        name: 'peer',
        auth: { psk: 'a secret that both sides have' },
        local: { id: `${own === hostA ? 'a' : 'b'}.example.com` },
        remote: { id: `${own === hostA ? 'b' : 'a'}.example.com`, address: peer },
        proposals: 'aes256gcm16-prfsha256-curve25519',
        children: [{ name: 'net', local: ownNet, remote: peerNet, proposals: 'aes256gcm16-curve25519-none', ...change.child }],
        ...change.connection,
      },
    ],
    ...change.host,
  });
  return { a: host(hostA, hostB, '10.1.0.0/16', '10.2.0.0/16'), b: host(hostB, hostA, '10.2.0.0/16', '10.1.0.0/16') };
}

/** The address of `a`. */
export const hostA = '192.0.2.1';
/** The address of `b`. */
export const hostB = '198.51.100.1';
