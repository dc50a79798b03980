/** IKE SAs, connections and surroundings for tests of Child SAs: everything that a test does not name is plain. */
import { parseAddress } from '../../src/ip.js';
import type { ChildContext } from '../../src/ikev2/child.js';
import type { ChildPolicy, Connection } from '../../src/keying/connection.js';
import type { IkeEnv } from '../../src/ikev2/events.js';
import type { ChildProposal } from '../../src/ikev2/proposal.js';
import type { Established, Path } from '../../src/ikev2/states.js';
import { freshWindows } from '../../src/ikev2/windows.js';
import { aes256Gcm16 } from '../../src/suite/aead.js';
import { curve25519 } from '../../src/suite/dh.js';
import { prfHmacSha256 } from '../../src/suite/prf.js';
import { parseSelector, type TrafficSelector, trafficSelectorsOf } from '../../src/traffic-selector.js';

/** Traffic selectors as text: one end each. */
export function ts(...texts: readonly string[]): TrafficSelector[] {
  return texts.flatMap((text) => trafficSelectorsOf([parseSelector(`${text} <-> any`)]).local);
}

/** AES-256-GCM without PFS. */
export const gcm: ChildProposal = { protocol: 'ESP', encryption: [aes256Gcm16], integrity: [], keyExchange: [], esn: [false] };
/** AES-256-GCM with Curve25519. */
export const gcmPfs: ChildProposal = { ...gcm, keyExchange: [curve25519] };

/** A policy for 10.1.0.0/16 here and 10.2.0.0/16 there. */
export function policyOf(changes: Partial<ChildPolicy> = {}): ChildPolicy {
  return { name: 'net', mode: 'tunnel', proposals: [gcm], local: ts('10.1.0.0/16'), remote: ts('10.2.0.0/16'), ...changes };
}

/** The same policy at the other end. */
export function mirrored(policy: ChildPolicy): ChildPolicy {
  return { ...policy, local: policy.remote, remote: policy.local };
}

const retransmission = { first: 1000, factor: 2, most: 60_000, jitter: 0, tries: 5 };

/** A connection with these Child SA policies. */
export function connectionOf(children: readonly ChildPolicy[], changes: Partial<Connection> = {}): Connection {
  return {
    name: 'test',
    localId: { type: 'ID_FQDN', name: 'us.example' },
    localAuth: { method: 'ask-shared-key' },
    remoteAuth: { method: 'ask-shared-key' },
    peer: { id: { type: 'any' }, authentication: { protocol: 'IKEv2', method: 'pre-shared-key' }, child: { lookup: 'id' } },
    proposals: [],
    children,
    options: {
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
    },
    ...changes,
  };
}

/** From 192.0.2.1 to 198.51.100.1, unless said otherwise. */
export function pathOf(local = '192.0.2.1', remote = '198.51.100.1'): Path {
  return { local: { address: parseAddress(local), port: 500 }, remote: { address: parseAddress(remote), port: 500 } };
}

/** What is known of an IKE SA; SK_d is 32 octets of 7, the same at both ends. */
export function contextOf(connection: Connection, changes: Partial<ChildContext> = {}): ChildContext {
  return {
    connection,
    crypto: {
      suite: { encryption: aes256Gcm16, prf: prfHmacSha256, keyExchange: curve25519 },
      keys: { SK_d: new Uint8Array(32).fill(7) },
    } as unknown as ChildContext['crypto'],
    path: pathOf(),
    nat: { supported: true, local: false, remote: false, follow: false },
    leased: [],
    children: [],
    peerId: { type: 'ID_FQDN', name: 'them.example' },
    ...changes,
  };
}

/** An IKE SA. */
export function establishedOf(connection: Connection, changes: Partial<Established> = {}): Established {
  return {
    state: 'ESTABLISHED',
    role: 'initiator',
    spiI: new Uint8Array(8).fill(1),
    spiR: new Uint8Array(8).fill(2),
    windows: freshWindows,
    createdAt: 0,
    deadlines: { expire: Infinity, rekey: Infinity, reauthenticate: Infinity, liveness: Infinity, keepalive: Infinity },
    waiting: undefined,
    fragmentation: false,
    localId: connection.localId,
    tasks: [],
    assigned: undefined,
    heardAt: 0,
    awaitsChildren: false,
    ...(contextOf(connection) as Pick<Established, 'connection' | 'crypto' | 'path' | 'nat' | 'leased' | 'children' | 'peerId'>),
    ...changes,
  };
}

/** Surroundings in which everything counts up: random octets, SPIs from 0x1000 (or `spi`), CPIs from 300. */
export function envOf(changes: Partial<IkeEnv> & { readonly spi?: number; readonly seed?: number } = {}): IkeEnv {
  let { spi = 0x1000, seed = 1 } = changes;
  let cpi = 300;
  return {
    now: 0,
    random: (octets) => {
      for (let i = 0; i < octets.length; i++) octets[i] = seed = (Math.imul(seed, 1103515245) + 12345) & 0xff;
      seed++;
    },
    allocateSpi: () => spi++,
    allocateCpi: () => cpi++,
    connections: [],
    ...changes,
  };
}
