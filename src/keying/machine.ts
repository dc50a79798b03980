/**
 * What goes into a step of an IKE machine and what comes out of it, in either version.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { IkeLimits } from '../isakmp/limits.js';
import type { FillRandom } from '../suite/types.js';
import type { Identity, TrafficSelector } from '../traffic-selector.js';
import type { ChildSa, ChildSaKeyPair } from './child-sa.js';
import type { Configuration, ConfigurationRequest } from './configuration.js';
import type { Connection } from './connection.js';
import type { Path, UdpEndpoint } from './path.js';

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

/** What happens to an IKE SA, whatever its version. */
export type KeyingEvent =
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
  /** UDP-encapsulated ESP came, genuine, from elsewhere: the NAT has a new mapping. */
  | { readonly type: 'moved'; readonly from: UdpEndpoint }
  /** An unprotected message speaks of this IKE SA: INVALID_SPI, INVALID_IKE_SPI and their like. A hint at most. */
  | { readonly type: 'hint'; readonly notify: string };

/** Something that holds key material. */
export type Secret = Uint8Array | { destroy(): void };

/** What is to be done, in order, whatever the version. */
export type KeyingAction =
  /** Send a message; the Non-ESP Marker is the sender's to add where the port wants it. */
  | { readonly type: 'send'; readonly data: Uint8Array; readonly path: Path }
  /** Send one octet 0xff (RFC 3948 section 2.3). */
  | { readonly type: 'keepalive'; readonly path: Path }
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
  /** This IKE SA is over; nothing of it is left but this value. */
  | { readonly type: 'closed'; readonly reason: string; readonly error: IpsecError | undefined }
  /** Key material that nothing needs any more: overwrite it ({@link wipeSecrets}). */
  | { readonly type: 'wipe'; readonly secrets: readonly Secret[] }
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

/** Overwrites key material; the one who applies the actions calls it for each `wipe`. */
export function wipeSecrets(secrets: readonly Secret[]): void {
  for (const secret of secrets) {
    if (secret instanceof Uint8Array) secret.fill(0);
    else secret.destroy();
  }
}
