/**
 * What goes into a step of the IKE machine and what comes out of it.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { FillRandom } from '../suite/types.js';
import type { Identity, TrafficSelector } from '../traffic-selector.js';
import type { Configuration, ConfigurationRequest } from './configuration.js';
import type { Connection } from './connection.js';
import type { IkeKeys } from './keys.js';
import type { IkeLimits } from '../isakmp/limits.js';
import type { Payload } from './payload-cases.js';
import type { ChosenIke } from './proposal.js';
import type { Ask, ChildSa, ChildSaKeyPair, IkeSa, Inheritance, NewRequest, Path, UdpEndpoint } from './states.js';

export type { Answered, Ask, NewRequest, OpenMessage } from './requests.js';

/** What the machine takes from its surroundings. Everything is an argument: the same inputs give the same octets. */
export interface IkeEnv {
  /** Milliseconds of a monotonic clock. */
  readonly now: number;
  /** Fills an array with random octets. */
  readonly random: FillRandom;
  /** A fresh inbound SPI of ESP or AH, 256 to 2^32 - 1; reserved until an `installChild` or a `releaseSpi`. */
  allocateSpi(): number;
  /** A fresh CPI, 256 to 61,439; reserved likewise. */
  allocateCpi(): number;
  /** As responder: the connections in order, which are the PAD (RFC 4301 section 4.4.3). */
  readonly connections: readonly Connection[];
  /** As server: what a client gets for its request; undefined: INTERNAL_ADDRESS_FAILURE. Leased addresses come back by `releaseAddress`. */
  configure?(peer: Identity, request: ConfigurationRequest, connection: Connection): Configuration | undefined;
  /** When a genuine packet last came on one of these inbound SPIs; -Infinity: never. */
  heardAt?(spis: readonly number[]): number;
  /** Bounds of messages. */
  readonly limits?: IkeLimits | undefined;
}

/** What happens to an IKE SA. */
export type IkeEvent =
  /** A message for this IKE SA came, without the Non-ESP Marker. */
  | { readonly type: 'datagram'; readonly data: Uint8Array; readonly from: UdpEndpoint; readonly to: UdpEndpoint }
  /** The time of `wakeAt` has come. */
  | { readonly type: 'wake' }
  /** The answer to the last `ask`. */
  | { readonly type: 'answer'; readonly value: unknown }
  /** Set up a Child SA of this policy; `first`: the packet's own selectors (local, remote). */
  | { readonly type: 'createChild'; readonly policy: string; readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined }
  /** Replace a Child SA (by our inbound SPI). */
  | { readonly type: 'rekeyChild'; readonly spiIn: number }
  /** End a Child SA. */
  | { readonly type: 'deleteChild'; readonly spiIn: number }
  /** Replace this IKE SA. */
  | { readonly type: 'rekeyIke' }
  /** End this IKE SA. */
  | { readonly type: 'delete'; readonly reason: string }
  /** Is the peer alive? */
  | { readonly type: 'checkLiveness' }
  /** Tell the peer something, e.g. INVALID_SELECTORS. */
  | { readonly type: 'notify'; readonly payloads: readonly Payload[] }
  /** UDP-encapsulated ESP came, genuine, from elsewhere: the NAT has a new mapping. */
  | { readonly type: 'moved'; readonly from: UdpEndpoint }
  /** What the IKE SA that this one replaces has left to it (see the action `handOver`). */
  | ({ readonly type: 'inherit' } & Inheritance)
  /** An unprotected message speaks of this IKE SA: INVALID_SPI, INVALID_IKE_SPI and their like. A hint at most. */
  | { readonly type: 'hint'; readonly notify: string };

/** Something that holds key material. */
export type Secret = Uint8Array | { destroy(): void };

/** What is to be done, in order. */
export type IkeAction =
  /** Send a message; the Non-ESP Marker is the sender's to add where the port wants it. */
  | { readonly type: 'send'; readonly data: Uint8Array; readonly path: Path }
  /** Send one octet 0xff (RFC 3948 section 2.3). */
  | { readonly type: 'keepalive'; readonly path: Path }
  /** Find out; go on with an `answer`. */
  | { readonly type: 'ask'; readonly ask: Ask }
  /**
   * Put both SAs of a pair into the SAD. `send`: whether ours is used at once, or the old one goes on until the peer is known to be
   * ready (a packet came on the new one, or the old one was deleted). `replaces`: our inbound SPI of the old pair.
   */
  | {
      readonly type: 'installChild';
      readonly child: ChildSa;
      readonly keys: ChildSaKeyPair;
      readonly send: 'now' | 'when-peer-is-ready';
      readonly replaces: number | undefined;
      readonly path: Path;
      readonly nat: { readonly local: boolean; readonly remote: boolean };
    }
  /** Take a pair out of the SAD. */
  | {
      readonly type: 'removeChild';
      readonly child: ChildSa;
      readonly reason: 'deleted' | 'replaced' | 'peer-deleted' | 'redundant' | 'closed';
    }
  /** A Child SA could not be had. */
  | { readonly type: 'childFailed'; readonly policy: string; readonly error: IpsecError }
  /** An SPI or CPI that was allocated is not needed. */
  | { readonly type: 'releaseSpi'; readonly spi: number }
  | { readonly type: 'releaseCpi'; readonly cpi: number }
  /** As server: a leased address is free again. */
  | { readonly type: 'releaseAddress'; readonly address: Uint8Array }
  /** An IKE SA that replaces this one: it is to be kept beside it. */
  | { readonly type: 'newIkeSa'; readonly sa: IkeSa }
  /**
   * All this goes to the IKE SA with these SPIs, as an event `inherit`. Should it be gone by then, its Child SAs are to be taken out of the SAD and
   * its addresses given back.
   */
  | ({ readonly type: 'handOver'; readonly to: { readonly spiI: Uint8Array; readonly spiR: Uint8Array } } & Inheritance)
  /** The peer is authenticated. `initialContact`: it says that it has no other IKE SA with us. */
  | {
      readonly type: 'established';
      readonly peerId: Identity;
      /** Who it is besides, where it has proved more than once (RFC 4739). */
      readonly furtherIds: readonly Identity[];
      readonly initialContact: boolean;
      readonly assigned: Configuration | undefined;
    }
  /** It is time to set up another IKE SA in the place of this one, with a new authentication; this one is deleted once that is there. */
  | { readonly type: 'reauthenticate' }
  /** The peer, or our way to it, has another address or port now. */
  | { readonly type: 'moved'; readonly path: Path; readonly spis: readonly number[] }
  /** The answer by which this IKE SA ended, and the request as it came: whoever repeats that one has not got it (RFC 7296 section 2.1). */
  | { readonly type: 'farewell'; readonly request: Uint8Array; readonly datagrams: readonly Uint8Array[] }
  /** This IKE SA is over; nothing of it is left but this value. */
  | { readonly type: 'closed'; readonly reason: string; readonly error: IpsecError | undefined }
  /** Key material that nothing needs any more: overwrite it ({@link wipeSecrets}). */
  | { readonly type: 'wipe'; readonly secrets: readonly Secret[] }
  /** Keys came about: for a key log, where the user asked for one. */
  | { readonly type: 'keys'; readonly spiI: Uint8Array; readonly spiR: Uint8Array; readonly suite: ChosenIke; readonly keys: IkeKeys }
  /** Something to remember: never for the peer. */
  | { readonly type: 'audit'; readonly event: AuditEvent; readonly detail: string };

/** What is remembered. */
export type AuditEvent =
  | 'dropped'
  | 'replayed'
  | 'icv'
  | 'malformed'
  | 'unexpected'
  | 'refused'
  | 'peer-refused'
  | 'cookie'
  | 'half-open-limit'
  | 'retransmitted'
  | 'rekeyed'
  | 'collision'
  | 'notified'
  | 'nat';

/** What a handler comes to. A handler that throws an `IpsecError` has changed nothing: the peer gets the notification that belongs to the code. */
export interface Outcome<Sa = IkeSa> {
  /** The IKE SA from now on. */
  readonly sa: Sa;
  /** To a request: the payloads of the answer. */
  readonly reply?: readonly Payload[] | undefined;
  /** What else is to be asked of the peer at once. */
  readonly request?: NewRequest | undefined;
  /** The handler cannot go on without an answer: it changed nothing yet, and runs anew with the answer. */
  readonly ask?: Ask | undefined;
  /** In order. */
  readonly actions: readonly IkeAction[];
}

/** What {@link step} gives. */
export interface StepResult {
  /** The IKE SA from now on. */
  readonly sa: IkeSa;
  /** What is to be done. */
  readonly actions: readonly IkeAction[];
  /** When to come back with `wake`; Infinity: not before something happens. */
  readonly wakeAt: number;
}

/** Overwrites key material; the one who applies the actions calls it for each `wipe`. */
export function wipeSecrets(secrets: readonly Secret[]): void {
  for (const secret of secrets) {
    if (secret instanceof Uint8Array) secret.fill(0);
    else secret.destroy();
  }
}
