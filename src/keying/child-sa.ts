/**
 * Child SAs that are there.
 *
 * @module
 */
import type { Lifetime } from '../association.js';
import type { SaKeys } from '../sad.js';
import type { TrafficSelector } from '../traffic-selector.js';
import type { ChildPolicy } from './connection.js';
import type { ChosenChild } from './proposal-types.js';

/** A pair of Child SAs. */
export interface ChildSa {
  /** What it is. */
  readonly policy: ChildPolicy;
  /** What was negotiated. */
  readonly suite: ChosenChild;
  /** As negotiated: an initiator's wish for transport mode may have been declined. */
  readonly mode: 'tunnel' | 'transport';
  /** SPI of what we receive. */
  readonly spiIn: number;
  /** SPI of what we send. */
  readonly spiOut: number;
  /** Our end, as narrowed. */
  readonly local: readonly TrafficSelector[];
  /** The peer's end. */
  readonly remote: readonly TrafficSelector[];
  /** IPComp: the CPIs of what we receive and send. */
  readonly ipcomp: { readonly cpiIn: number; readonly cpiOut: number } | undefined;
  /** IKEv1: AH around it, where both were negotiated as one bundle. */
  readonly ah?: { readonly suite: ChosenChild; readonly spiIn: number; readonly spiOut: number } | undefined;
  /** IKEv1: how long it may live, where the peer wants it shorter than the policy has it. */
  readonly lifetime?: Lifetime | undefined;
  /** Whether the peer takes TFC padding. */
  readonly peerTakesTfc: boolean;
  /** Whether both sides agreed on NON_FIRST_FRAGMENTS_ALSO. */
  readonly nonFirstFragments: boolean;
  /** The real addresses of transport mode behind NATs, from the original selectors (RFC 7296 section 2.23.1): the peer's and ours as the peer knows them. */
  readonly original: { readonly local: Uint8Array; readonly remote: Uint8Array } | undefined;
  /** Milliseconds: when it was made. */
  readonly createdAt: number;
  /**
   * `active`; `rekeying`: our request to replace it is under way; `rekeyed`: a successor is there and the Delete is due, from us or from
   * the peer; `deleting`: our Delete is under way.
   */
  readonly status: 'active' | 'rekeying' | 'rekeyed' | 'deleting';
}

/** KEYMAT of a pair of Child SAs, from our point of view. */
export interface ChildSaKeyPair {
  /** Of what we receive. */
  readonly inbound: Required<SaKeys>;
  /** Of what we send. */
  readonly outbound: Required<SaKeys>;
  /** Of AH around it, with `ah` of the pair. */
  readonly ah?: { readonly inbound: Required<SaKeys>; readonly outbound: Required<SaKeys> } | undefined;
}
