/**
 * Two hosts that speak IKEv1 with each other, on a virtual clock, from the first message on. They do what the machine tells them, and no more: what the machine
 * forgets, they forget. A perfect network unless a test says otherwise.
 */
import { expect } from 'vitest';
import { toHex } from '../../src/bytes.js';
import type { IpsecError } from '../../src/errors.js';
import type { Ikev1Action, Ikev1Event } from '../../src/ikev1/events.js';
import { ikev1 } from '../../src/ikev1/ikev1.js';
import type { Ikev1Ask } from '../../src/ikev1/requests.js';
import type { Established, Ikev1Sa } from '../../src/ikev1/states.js';
import { parseAddress } from '../../src/ip.js';
import type { ChildSa, ChildSaKeyPair } from '../../src/keying/child-sa.js';
import type { Configuration } from '../../src/keying/configuration.js';
import type { ChildPolicy, Connection, ConnectionOptions, Ikev1Options } from '../../src/keying/connection.js';
import { type IkeEnv, wipeSecrets } from '../../src/keying/machine.js';
import type { Path } from '../../src/keying/path.js';
import type { ChildProposal, IkeProposal } from '../../src/keying/proposal-types.js';
import { modp2048 } from '../../src/suite/dh.js';
import { aes128Cbc } from '../../src/suite/encr.js';
import { hashRows } from '../../src/suite/hash.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';
import type { FillRandom } from '../../src/suite/types.js';
import { parseSelector, type TrafficSelector, trafficSelectorsOf } from '../../src/traffic-selector.js';

/** Traffic selectors as text: one end each. */
export function ts(...texts: readonly string[]): TrafficSelector[] {
  return texts.flatMap((text) => trafficSelectorsOf([parseSelector(`${text} <-> any`)]).local);
}

/** AES-128-CBC, SHA-256, MODP-2048. */
export const phase1Proposal: IkeProposal = {
  encryption: [aes128Cbc],
  integrity: [hmacSha256_128],
  prf: [prfHmacSha256],
  keyExchange: [modp2048],
};
/** ESP with AES-128-CBC and HMAC-SHA2-256, without PFS. */
export const espProposal: ChildProposal = {
  protocol: 'ESP',
  encryption: [aes128Cbc],
  integrity: [hmacSha256_128],
  keyExchange: [],
  esn: [false],
};
/** The same with PFS. */
export const espPfsProposal: ChildProposal = { ...espProposal, keyExchange: [modp2048] };

/** A policy for 10.1.0.0/16 at `a` and 10.2.0.0/16 at `b`. */
export function policyOf(changes: Partial<ChildPolicy> = {}): ChildPolicy {
  return { name: 'net', mode: 'tunnel', proposals: [espProposal], local: ts('10.1.0.0/16'), remote: ts('10.2.0.0/16'), ...changes };
}
/** The same policy at the other end. */
export function mirrored(policy: ChildPolicy): ChildPolicy {
  return { ...policy, local: policy.remote, remote: policy.local };
}

const retransmission = { first: 1000, factor: 2, most: 60_000, jitter: 0, tries: 5 };
const plainOptions: ConnectionOptions = {
  setUp: retransmission,
  established: retransmission,
  livenessInterval: Infinity,
  rekeyAfter: Infinity,
  reauthenticateAfter: Infinity,
  lifetime: Infinity,
  lifetimeJitter: 0,
  halfOpenLifetime: 30_000,
  windowSize: 1,
  fragmentSizes: [],
  natPorts: { local: 4500, remote: 4500 },
  natTraversal: 'detect',
  keepaliveInterval: Infinity,
  initialContact: false,
  maxInitTries: 3,
  maxChildren: 4,
  childless: false,
};

/** How a host differs from a plain one: pre-shared key, main mode, one kind of Child SA. */
export interface HostOptions {
  readonly connection?: Partial<Connection>;
  readonly ikev1?: Partial<Ikev1Options>;
  readonly options?: Partial<ConnectionOptions>;
  readonly policies?: readonly ChildPolicy[];
  readonly seed?: number;
  /** Answers what the machine asks; `later`: no answer for now. */
  readonly answer?: (ask: Ikev1Ask) => unknown;
  /** As server: what clients get. */
  readonly configure?: () => Configuration | undefined;
}

/** No answer for now: see {@link HostOptions.answer}. */
export const later = Symbol('later');

/** One end. */
export interface Host {
  readonly name: 'a' | 'b';
  readonly env: IkeEnv & { now: number };
  readonly connection: Connection;
  /** By CKY-I, hexadecimal. */
  readonly sas: Map<string, { sa: Ikev1Sa; wakeAt: number }>;
  /** Pairs in the SAD, by inbound SPI; the keys are copies. */
  readonly sad: Map<number, { readonly child: ChildSa; readonly keys: ChildSaKeyPair; readonly replaces: number | undefined }>;
  /** SPIs that are reserved. */
  readonly reserved: Set<number>;
  /** Addresses that were given back. */
  readonly released: string[];
  /** Everything that the machine wanted. */
  readonly actions: Ikev1Action[];
  /** What it asked. */
  readonly asked: Ikev1Ask[];
  /** What was sent and has not been taken off the wire. */
  readonly outbox: { readonly data: Uint8Array; readonly path: Path }[];
  readonly answer: (ask: Ikev1Ask) => unknown;
}

/** xorshift32: the same octets for the same seed. */
function randomOf(seed: number): FillRandom {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (octets) => {
    for (let i = 0; i < octets.length; i++) {
      state ^= state << 13;
      state >>>= 0;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      octets[i] = state >>> 11;
    }
  };
}

const secret = new TextEncoder().encode('a secret that both sides have');
export const addresses = { a: parseAddress('192.0.2.1'), b: parseAddress('198.51.100.1') } as const;

/** The connection of a plain host, with what is to be different. */
export function connectionOf(
  name: 'a' | 'b',
  { connection = {}, ikev1: more = {}, options = {}, policies = [policyOf()] }: HostOptions = {},
): Connection {
  return {
    name,
    version: 1,
    ikev1: { mode: 'main', hashes: hashRows, ...more },
    localId: { type: 'ID_FQDN', name: `${name}.example` },
    localAuth: { method: 'shared-key', secret },
    remoteAuth: { method: 'shared-key', secret },
    peer: { id: { type: 'any' }, authentication: { protocol: 'IKEv1', method: 'pre-shared-key' }, child: { lookup: 'id' } },
    proposals: [phase1Proposal],
    children: name === 'a' ? policies : policies.map(mirrored),
    options: { ...plainOptions, ...options },
    ...connection,
  };
}

/** Two hosts without an IKE SA. Policies are as `a` has them. */
export function twoHosts(a: HostOptions = {}, b: HostOptions = {}): { readonly a: Host; readonly b: Host } {
  return { a: hostOf('a', a), b: hostOf('b', { ...b, policies: b.policies ?? a.policies ?? [policyOf()] }) };
}

function hostOf(name: 'a' | 'b', options: HostOptions): Host {
  const connection = connectionOf(name, options);
  const reserved = new Set<number>();
  let spi = name === 'a' ? 0xa000 : 0xb000;
  let cpi = 0x400;
  const { configure } = options;
  return {
    name,
    connection,
    env: {
      now: 0,
      random: randomOf((options.seed ?? 1) * 2 + (name === 'a' ? 0 : 1)),
      allocateSpi: () => {
        reserved.add(spi);
        return spi++;
      },
      allocateCpi: () => cpi++,
      connections: [connection],
      ...(configure && { configure: () => configure() }),
    },
    sas: new Map(),
    sad: new Map(),
    reserved,
    released: [],
    actions: [],
    asked: [],
    outbox: [],
    answer: options.answer ?? (() => later),
  };
}

const keyOf = (octets: Uint8Array): string => toHex(octets.subarray(0, 8));

/** The host begins an IKE SA. */
export function begin(
  host: Host,
  { path = pathOf(host.name), first }: { readonly path?: Path; readonly first?: readonly [TrafficSelector, TrafficSelector] } = {},
): void {
  const { sa, actions, wakeAt } = ikev1.createIkeSa(host.connection, { path, first }, host.env);
  host.sas.set(keyOf(sa.spiI), { sa, wakeAt });
  applyAll(host, keyOf(sa.spiI), actions);
}

/** From one host to the other. */
export function pathOf(name: 'a' | 'b', port = 500): Path {
  const other = name === 'a' ? 'b' : 'a';
  return { local: { address: addresses[name], port }, remote: { address: addresses[other], port } };
}

/** Something happens to an IKE SA of a host; everything that follows is done. */
export function happen(host: Host, event: Ikev1Event, key = [...host.sas.keys()].at(-1)!): void {
  const entry = host.sas.get(key);
  if (entry === undefined) return;
  const { sa, actions, wakeAt } = ikev1.step(entry.sa, event, host.env);
  host.sas.set(key, { sa, wakeAt });
  applyAll(host, key, actions);
}

function applyAll(host: Host, key: string, actions: readonly Ikev1Action[]): void {
  for (const action of actions) apply(host, key, action);
}

function apply(host: Host, key: string, action: Ikev1Action): void {
  host.actions.push(action);
  switch (action.type) {
    case 'send':
      host.outbox.push({ data: action.data.slice(), path: action.path });
      return;
    case 'ask': {
      host.asked.push(action.ask);
      const value = host.answer(action.ask);
      if (value !== later) happen(host, { type: 'answer', value }, key);
      return;
    }
    case 'installChild':
      host.reserved.delete(action.child.spiIn);
      host.sad.set(action.child.spiIn, { child: action.child, keys: structuredClone(action.keys), replaces: action.replaces });
      return;
    case 'removeChild':
      expect(host.sad.delete(action.child.spiIn), `${host.name} removes ${action.child.spiIn.toString(16)}, which is there`).toBe(true);
      return;
    case 'releaseSpi':
      expect(host.reserved.delete(action.spi), `${host.name} gives back ${action.spi.toString(16)}, which is reserved`).toBe(true);
      return;
    case 'releaseAddress':
      host.released.push(toHex(action.address));
      return;
    case 'wipe':
      wipeSecrets(action.secrets);
      return;
    default:
  }
}

/** Gives one datagram to a host; `path` is the sender's view. */
export function receive(host: Host, { data, path }: { readonly data: Uint8Array; readonly path: Path }): void {
  const key = keyOf(data);
  if (host.sas.has(key)) {
    happen(host, { type: 'datagram', data, from: path.local, to: path.remote }, key);
    return;
  }
  const listener = { connections: host.env.connections, halfOpen: { total: 0, fromAddress: 0 }, limits: { total: 100, perAddress: 10 } };
  const { sa, actions, wakeAt } = ikev1.respond({ data, from: path.local, to: path.remote }, listener, host.env);
  if (sa) host.sas.set(key, { sa, wakeAt });
  applyAll(host, key, actions);
}

/** Takes the oldest datagram of one host off the wire and gives it to the other. `change`: what the network makes of it. */
export function deliver(from: Host, to: Host, change: (datagram: Host['outbox'][number]) => Host['outbox'][number] = (d) => d): void {
  const datagram = from.outbox.shift();
  if (datagram === undefined) throw new Error(`${from.name} has sent nothing`);
  receive(to, change(datagram));
}

/** Takes the oldest datagram of a host off the wire, for good. */
export function lose(host: Host): void {
  expect(host.outbox.shift(), `${host.name} has sent something`).toBeDefined();
}

/** Sets the clock of both and wakes what is due. */
export function setClock({ a, b }: { readonly a: Host; readonly b: Host }, now: number): void {
  for (const host of [a, b]) {
    host.env.now = now;
    for (const [key, { wakeAt }] of [...host.sas]) if (wakeAt <= now) happen(host, { type: 'wake' }, key);
  }
}

/** When one of the hosts wants to be woken. */
export function nextWake({ a, b }: { readonly a: Host; readonly b: Host }): number {
  return Math.min(...[a, b].flatMap(({ sas }) => [...sas.values()].map(({ wakeAt }) => wakeAt)));
}

/** Delivers everything until nothing is on the wire, at one moment of time. */
export function settle({ a, b }: { readonly a: Host; readonly b: Host }): void {
  for (let i = 0; i < 1000; i++) {
    if (a.outbox.length > 0) deliver(a, b);
    else if (b.outbox.length > 0) deliver(b, a);
    else return;
  }
  throw new Error('they never come to an end');
}

/** The last IKE SA of a host, in whatever state. */
export function saOf(host: Host): Ikev1Sa {
  return [...host.sas.values()].at(-1)!.sa;
}

/** The last IKE SA of a host, which is established. */
export function establishedOf(host: Host): Established {
  const sa = saOf(host);
  if (sa.state !== 'ESTABLISHED') throw new Error(`${host.name} is in ${sa.state}: ${detailsOf(host).join('; ')}`);
  return sa;
}

/** What a log would say. */
export function detailsOf({ actions }: Host): string[] {
  return actions.flatMap((action) => (action.type === 'audit' ? [`${action.event}: ${action.detail}`] : []));
}

/** Why the IKE SA of a host was closed. */
export function closedBy({ actions }: Host): IpsecError | undefined {
  return actions.findLast((action) => action.type === 'closed')?.error;
}

/** Both have an IKE SA and these many Child SAs, whose keys are the same at both ends. */
export function expectAgreement({ a, b }: { readonly a: Host; readonly b: Host }, children: number): void {
  expect(establishedOf(a).children).toHaveLength(children);
  expect(establishedOf(b).children).toHaveLength(children);
  for (const host of [a, b]) {
    expect([...host.sad.keys()].sort()).toEqual(
      [...host.sas.values()].flatMap(({ sa }) => ('children' in sa ? sa.children.map(({ spiIn }) => spiIn) : [])).sort(),
    );
    expect([...host.reserved]).toEqual([]);
    expect(establishedOf(host).exchanges.filter(({ about }) => about.kind !== 'done')).toEqual([]);
  }
  for (const { child, keys } of a.sad.values()) {
    const theirs = b.sad.get(child.spiOut);
    expect(theirs?.child).toMatchObject({
      spiIn: child.spiOut,
      spiOut: child.spiIn,
      local: child.remote,
      remote: child.local,
      mode: child.mode,
    });
    expect(theirs?.keys).toEqual({
      inbound: keys.outbound,
      outbound: keys.inbound,
      ...(keys.ah && { ah: { inbound: keys.ah.outbound, outbound: keys.ah.inbound } }),
    });
  }
}
