/**
 * The machine of IKEv1 as a value: whoever runs a host hands it in, and a host without IKEv1 has nothing of it.
 *
 * @module
 */
import type { Connection } from '../keying/connection.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Path, UdpEndpoint } from '../keying/path.js';
import type { TrafficSelector } from '../traffic-selector.js';
import type { Ikev1Action, Ikev1Event, StepResult } from './events.js';
import type { Ikev1Ask } from './requests.js';
import type { Ikev1Sa } from './states.js';

export type { Ikev1Action, Ikev1Ask, Ikev1Event, Ikev1Sa };

/** A datagram with an IKE message, without the Non-ESP Marker. */
export interface Ikev1Datagram {
  /** The message. */
  readonly data: Uint8Array;
  /** Where it came from. */
  readonly from: UdpEndpoint;
  /** Where it came to. */
  readonly to: UdpEndpoint;
}

/** What is listened with. */
export interface Ikev1Listener {
  /** Who may come, in order. */
  readonly connections: readonly Connection[];
  /** Half-open IKE SAs: all, and those of the address that the message came from. */
  readonly halfOpen: { readonly total: number; readonly fromAddress: number };
  /** How many are too many. IKEv1 has no cookies that keep a responder from remembering (RFC 2408 section 2.5.3 wants what its messages have no place for). */
  readonly limits: { readonly total: number; readonly perAddress: number };
}

/** What a first message comes to. */
export interface Ikev1Response {
  /** A half-open IKE SA, if one has begun. */
  readonly sa?: Ikev1Sa | undefined;
  /** What is to be done. */
  readonly actions: readonly Ikev1Action[];
  /** When that IKE SA is to be woken. */
  readonly wakeAt: number;
}

/** What an initiator says besides the connection. */
export interface Ikev1Start {
  /** Where messages go. */
  readonly path: Path;
  /** The selectors of the packet that wants the first Child SA: local, remote. */
  readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined;
}

/** The machine. Everything in it is pure: the same inputs give the same octets. */
export interface Ikev1Machine {
  /** Begins phase 1. Throws an `IpsecError` for what a connection cannot be. */
  createIkeSa(connection: Connection, start: Ikev1Start, env: IkeEnv): StepResult;
  /** A first message of phase 1 came: Identity Protection or Aggressive, with a responder's cookie of zeros. It throws nothing for what is in it. */
  respond(datagram: Ikev1Datagram, listener: Ikev1Listener, env: IkeEnv): Ikev1Response;
  /** Something happens to an IKE SA. */
  step(sa: Ikev1Sa, event: Ikev1Event, env: IkeEnv): StepResult;
  /** Ends an IKE SA without a word to its peer. */
  close(sa: Ikev1Sa, reason: string): StepResult;
  /** Which connection the open question of an IKE SA is about; undefined: there is none, or nobody knows. */
  findAskedConnection(sa: Ikev1Sa): Connection | undefined;
}
