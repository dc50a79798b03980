/**
 * Two hosts with one IKE SA between them, on a virtual clock. They do what the machine tells them, and no more: what the machine forgets, they
 * forget.
 */
import { expect } from 'vitest';
import { toHex } from '../../src/bytes.js';
import type { Connection } from '../../src/keying/connection.js';
import { createIkeCrypto } from '../../src/ikev2/crypto.js';
import { type IkeAction, type IkeEnv, type IkeEvent, wipeSecrets } from '../../src/ikev2/events.js';
import { defaultRetransmission } from '../../src/keying/retransmission.js';
import { step } from '../../src/ikev2/sa.js';
import type { ChosenIke } from '../../src/ikev2/proposal.js';
import type { ChildSa, Established, IkeSa, Path } from '../../src/ikev2/states.js';
import { freshWindows } from '../../src/ikev2/windows.js';
import { aes256Gcm16 } from '../../src/suite/aead.js';
import { curve25519 } from '../../src/suite/dh.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';
import type { FillRandom } from '../../src/suite/types.js';
import { connectionOf, mirrored, pathOf, policyOf } from './child-fixtures.js';

/** One end. */
export interface Host {
  readonly name: 'a' | 'b';
  readonly env: IkeEnv & { now: number };
  /** By both SPIs, hexadecimal. */
  readonly sas: Map<string, { sa: IkeSa; wakeAt: number }>;
  /** Pairs in the SAD, by inbound SPI. */
  readonly sad: Map<number, ChildSa>;
  /** SPIs that are reserved. */
  readonly reserved: Set<number>;
  /** Addresses that were given back. */
  readonly released: string[];
  /** Keys as a key log would have them, by both SPIs. */
  readonly keys: Map<string, { readonly suite: ChosenIke; readonly SK_ei: Uint8Array; readonly SK_er: Uint8Array }>;
  /** Everything that the machine wanted. */
  readonly actions: IkeAction[];
  /** What was sent and has not been taken off the wire. */
  readonly outbox: { readonly data: Uint8Array; readonly path: Path }[];
}

/** xorshift32: the same octets for the same seed. */
export function randomOf(seed: number): FillRandom {
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

/** An IKE proposal that both hosts take. */
export const ikeProposal = { encryption: [aes256Gcm16], integrity: [], prf: [prfHmacSha256], keyExchange: [curve25519] };
const suite = { encryption: aes256Gcm16, prf: prfHmacSha256, keyExchange: curve25519 };

/** How two hosts differ from plain ones. */
export interface HostOptions {
  readonly seed?: number;
  readonly connection?: Partial<Connection>;
  readonly options?: Partial<Connection['options']>;
  readonly sa?: Partial<Established>;
}

/** Two hosts whose IKE SA has one Child SA; `a` began the IKE SA. */
export function twoHosts(a: HostOptions = {}, b: HostOptions = {}): { readonly a: Host; readonly b: Host } {
  return { a: hostOf('a', a), b: hostOf('b', b) };
}

function hostOf(name: 'a' | 'b', { seed = 1, connection: changes = {}, options = {}, sa: saChanges = {} }: HostOptions): Host {
  const isA = name === 'a';
  const policy = isA ? policyOf() : mirrored(policyOf());
  const plain = connectionOf([policy], { name, proposals: [ikeProposal], ...changes });
  const connection: Connection = { ...plain, options: { ...plain.options, established: defaultRetransmission, ...options } };
  const [spiI, spiR] = [new Uint8Array(8).fill(0xa1), new Uint8Array(8).fill(0xb1)];
  const role = isA ? 'initiator' : 'responder';
  const [Ni, Nr] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const crypto = createIkeCrypto(suite, new Uint8Array(32).fill(3), { Ni, Nr, spiI, spiR }, role);
  const child: ChildSa = {
    policy,
    suite: { protocol: 'ESP', encryption: aes256Gcm16, esn: false },
    mode: 'tunnel',
    spiIn: isA ? 0xa000 : 0xb000,
    spiOut: isA ? 0xb000 : 0xa000,
    local: policy.local as ChildSa['local'],
    remote: policy.remote as ChildSa['remote'],
    ipcomp: undefined,
    peerTakesTfc: true,
    nonFirstFragments: false,
    original: undefined,
    createdAt: 0,
    status: 'active',
  };
  const sa: Established = {
    state: 'ESTABLISHED',
    role,
    spiI,
    spiR,
    path: isA ? pathOf() : pathOf('198.51.100.1', '192.0.2.1'),
    windows: { ...freshWindows, nextOwnId: isA ? 2 : 0, nextPeerId: isA ? 0 : 2 },
    createdAt: 0,
    deadlines: { expire: Infinity, rekey: Infinity, reauthenticate: Infinity, liveness: Infinity, keepalive: Infinity },
    waiting: undefined,
    connection,
    crypto,
    nat: { supported: true, local: false, remote: false, follow: false },
    fragmentation: false,
    localId: { type: 'ID_FQDN', name: `${name}.example` },
    peerId: { type: 'ID_FQDN', name: isA ? 'b.example' : 'a.example' },
    children: [child],
    tasks: [],
    assigned: undefined,
    leased: [],
    heardAt: 0,
    awaitsChildren: false,
    ...saChanges,
  };
  const reserved = new Set<number>();
  let spi = child.spiIn + 1;
  const host: Host = {
    name,
    env: {
      now: 0,
      random: randomOf(isA ? seed * 2 : seed * 2 + 1),
      allocateSpi: () => {
        reserved.add(spi);
        return spi++;
      },
      allocateCpi: () => 300,
      connections: [connection],
    },
    sas: new Map(),
    sad: new Map(sa.children.map((c) => [c.spiIn, c])),
    reserved,
    released: [],
    keys: new Map([[keyOf(sa), logged(sa.crypto)]]),
    actions: [],
    outbox: [],
  };
  host.sas.set(keyOf(sa), { sa, wakeAt: Infinity });
  return host;
}

/** Copies: the machine wipes its own. */
function logged({ suite: ofSa, keys }: Pick<Established['crypto'], 'suite' | 'keys'>): {
  suite: ChosenIke;
  SK_ei: Uint8Array;
  SK_er: Uint8Array;
} {
  return { suite: ofSa, SK_ei: keys.SK_ei.slice(), SK_er: keys.SK_er.slice() };
}

/** Both SPIs of an IKE SA. */
export function keyOf({ spiI, spiR }: { readonly spiI: Uint8Array; readonly spiR: Uint8Array }): string {
  return `${toHex(spiI)} ${toHex(spiR)}`;
}

/** The first IKE SA of a host, in whatever state. */
export const firstKey = keyOf({ spiI: new Uint8Array(8).fill(0xa1), spiR: new Uint8Array(8).fill(0xb1) });

/** An IKE SA of a host. */
export function saOf(host: Host, key = firstKey): IkeSa {
  const entry = host.sas.get(key);
  if (entry === undefined) throw new Error(`${host.name} has no IKE SA ${key}`);
  return entry.sa;
}

/** The IKE SAs of a host that are in use. */
export function inUse(host: Host): Established[] {
  return [...host.sas.values()].map(({ sa }) => sa).filter((sa) => sa.state === 'ESTABLISHED');
}

/** The one in use that has the Child SAs, and the others. */
export function mainKey(host: Host): string {
  const established = inUse(host);
  const main = established.find(({ awaitsChildren }) => !awaitsChildren) ?? established[0];
  return main ? keyOf(main) : firstKey;
}

/** Something happens to one IKE SA of a host; everything that follows is done. */
export function happen(host: Host, event: IkeEvent, key = firstKey): void {
  const entry = host.sas.get(key);
  if (entry === undefined) return;
  const { sa, actions, wakeAt } = step(entry.sa, event, host.env);
  host.sas.set(key, { sa, wakeAt });
  for (const action of actions) apply(host, action);
}

function apply(host: Host, action: IkeAction): void {
  host.actions.push(action);
  switch (action.type) {
    case 'send':
      host.outbox.push({ data: action.data, path: action.path });
      return;
    case 'newIkeSa':
      host.sas.set(keyOf(action.sa), { sa: action.sa, wakeAt: host.env.now });
      return;
    case 'handOver': {
      const { to, children, leased, tasks } = action;
      const heir = host.sas.get(keyOf(to));
      if (heir !== undefined && heir.sa.state !== 'CLOSED') happen(host, { type: 'inherit', children, leased, tasks }, keyOf(to));
      else {
        for (const { spiIn } of children) host.sad.delete(spiIn);
        host.released.push(...leased.map(toHex));
      }
      return;
    }
    case 'keys':
      host.keys.set(keyOf(action), logged(action));
      return;
    case 'installChild':
      host.reserved.delete(action.child.spiIn);
      host.sad.set(action.child.spiIn, action.child);
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

/** Gives one datagram to the host it is for. */
export function receive(host: Host, { data, path }: { readonly data: Uint8Array; readonly path: Path }): void {
  const key = `${toHex(data.subarray(0, 8))} ${toHex(data.subarray(8, 16))}`;
  happen(host, { type: 'datagram', data, from: path.local, to: path.remote }, key);
}

/** Takes the oldest datagram of one host off the wire and gives it to the other. */
export function deliver(from: Host, to: Host): void {
  const datagram = from.outbox.shift();
  if (datagram === undefined) throw new Error(`${from.name} has sent nothing`);
  receive(to, datagram);
}

/** Takes the oldest datagram of a host off the wire, for good. */
export function lose(host: Host): void {
  expect(host.outbox.shift(), `${host.name} has sent something`).toBeDefined();
}

/** Wakes every IKE SA whose time has come. */
function wakeDue(host: Host): void {
  for (const [key, { wakeAt }] of [...host.sas]) if (wakeAt <= host.env.now) happen(host, { type: 'wake' }, key);
}

/** When one of a host's IKE SAs wants to be woken. */
export function nextWake(host: Host): number {
  return Math.min(...[...host.sas.values()].map(({ wakeAt }) => wakeAt));
}

/** Sets the clock of both and wakes what is due. */
export function setClock(hosts: { readonly a: Host; readonly b: Host }, now: number): void {
  for (const host of [hosts.a, hosts.b]) {
    host.env.now = now;
    wakeDue(host);
  }
}

/** Delivers everything until nothing is on the wire, at one moment of time. */
export function settle({ a, b }: { readonly a: Host; readonly b: Host }): void {
  for (let i = 0; i < 1000; i++) {
    for (const host of [a, b]) wakeDue(host);
    if (a.outbox.length > 0) deliver(a, b);
    else if (b.outbox.length > 0) deliver(b, a);
    else return;
  }
  throw new Error('they never come to an end');
}

/** What a host has, in words that are equal at both ends when they agree. */
export function viewOf(host: Host): { ike: string[]; children: string[] } {
  const open = [...host.sas.values()].map(({ sa }) => sa).filter((sa) => sa.state !== 'CLOSED');
  return {
    ike: open.map((sa) => `${keyOf(sa)} ${sa.state}`).sort(),
    children: open.flatMap((sa) => ('children' in sa ? sa.children.map((child) => pairName(host, child, keyOf(sa))) : [])).sort(),
  };
}

function pairName({ name }: Host, { spiIn, spiOut }: ChildSa, key: string): string {
  const [a, b] = name === 'a' ? [spiIn, spiOut] : [spiOut, spiIn];
  return `${a.toString(16)} ${b.toString(16)} under ${key}`;
}

/** Both have the same IKE SA in use and nothing else, with these many Child SAs; the SAD holds what the machine has. */
export function expectAgreement({ a, b }: { readonly a: Host; readonly b: Host }, children: number): void {
  expect(viewOf(a)).toEqual(viewOf(b));
  expect(viewOf(a).ike).toHaveLength(1);
  expect(inUse(a)).toHaveLength(1);
  expect(viewOf(a).children).toHaveLength(children);
  for (const host of [a, b]) {
    expect([...host.sad.keys()].sort()).toEqual(
      inUse(host)
        .flatMap((sa) => sa.children.map(({ spiIn }) => spiIn))
        .sort(),
    );
    expect([...host.reserved]).toEqual([]);
    for (const sa of inUse(host)) {
      expect(sa.windows.outstanding).toEqual([]);
      expect(sa.awaitsChildren).toBe(false);
      expect(sa.children.map(({ status }) => status)).toEqual(sa.children.map(() => 'active'));
    }
  }
}
