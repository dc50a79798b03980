/**
 * What the negotiation of a Child SA takes and gives: the same in IKE_AUTH and in CREATE_CHILD_SA.
 *
 * @module
 */
import type { TrafficSelector } from '../traffic-selector.js';
import type { IkeAction } from './events.js';
import type { Payload } from './payload-cases.js';
import type { ChildOffer, ChildSa, ChildSaKeyPair, Established } from './states.js';

/** What has to be known of an IKE SA to negotiate a Child SA under it. An `Established` fits; IKE_AUTH makes one. */
export type ChildContext = Pick<Established, 'connection' | 'crypto' | 'path' | 'nat' | 'leased' | 'children'> & {
  /** The peer's identity; absent: not proved yet. */
  readonly peerId?: Established['peerId'] | undefined;
  /** Ours. */
  readonly localId?: Established['localId'] | undefined;
  /** As client: what the peer assigned to us. */
  readonly assigned?: Established['assigned'];
};

/** Where a Child SA is negotiated. RFC 7296 section 1.2: "Note that IKE_AUTH messages do not contain KEi/KEr or Ni/Nr payloads." */
type ChildExchange = 'IKE_AUTH' | 'CREATE_CHILD_SA';

/** How a Child SA is asked for. */
export interface OfferOptions {
  /** The exchange that carries the offer. */
  readonly exchange: ChildExchange;
  /** Our nonce: of IKE_SA_INIT for IKE_AUTH, else a fresh one. */
  readonly Ni: Uint8Array;
  /** The selectors of the packet that wants the Child SA: ours, the peer's (RFC 7296 section 2.9). */
  readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined;
  /** Nothing but the addresses of `first` is asked for. */
  readonly pairOnly?: boolean | undefined;
  /** The group that the peer has asked for by INVALID_KE_PAYLOAD; it has to be one of ours. */
  readonly group?: number | undefined;
  /** Groups that were tried before. */
  readonly groupsTried?: readonly number[] | undefined;
  /** The Child SA that the new one replaces. */
  readonly replaces?: ChildSa | undefined;
}

/** How a Child SA is granted. */
export interface AcceptOptions {
  /** The exchange that carries the request. */
  readonly exchange: ChildExchange;
  /** The peer's nonce. */
  readonly Ni: Uint8Array;
  /** Our nonce. */
  readonly Nr: Uint8Array;
  /** The Child SA that the new one replaces. */
  readonly replaces?: ChildSa | undefined;
}

/** How the answer to an offer is read. */
export interface CompleteOptions {
  /** The exchange that carried the offer. */
  readonly exchange: ChildExchange;
  /** The peer's nonce. */
  readonly Nr: Uint8Array;
  /** Whether the new Child SA replaces another. Default false. */
  readonly rekey?: boolean | undefined;
}

/** A Child SA asked for. */
export interface OfferedChild {
  /** What the answer will need; its SPI and CPI are reserved (`dropOffer` gives them back). */
  readonly offer: ChildOffer;
  /** The payloads of the request, in the order of RFC 7296 appendix C.4; in IKE_AUTH without Nonce and KE. */
  readonly payloads: Payload[];
}

/** A Child SA granted, by us or by the peer. */
export interface NewChild {
  /** What was agreed on. */
  readonly child: ChildSa;
  /** Its keys: see `installChild`, which gives them away and wipes them. */
  readonly keys: ChildSaKeyPair;
  /** What else is to be done, such as to wipe the private value. */
  readonly actions: IkeAction[];
}

/** A Child SA that we granted. */
export interface AcceptedChild extends NewChild {
  /** The payloads of the answer, in the order of RFC 7296 appendix C.4; in IKE_AUTH without Nonce and KE. */
  readonly payloads: Payload[];
}

/** The peer's KE payload is of another group than the one that we have chosen: answer INVALID_KE_PAYLOAD. Nothing was reserved. */
export interface WrongGroup {
  /** The group that we want. */
  readonly invalidKe: number;
}
