/**
 * Child SAs as the machine knows them: asked for, and there.
 *
 * @module
 */
import type { SaKeys } from '../sad.js';
import type { KeyExchange, KeyExchangeRow } from '../suite/types-ike.js';
import type { TrafficSelector } from '../traffic-selector.js';
import type { ChildPolicy } from './connection.js';
import type { ChildProposal, ChosenChild } from './proposal.js';

/** A Child SA that we ask for: what its answer will need. */
export interface ChildOffer {
  /** What it is to be. */
  readonly policy: ChildPolicy;
  /** The proposals as sent. */
  readonly proposals: readonly ChildProposal[];
  /** Our inbound SPI, the same for every protocol offered. */
  readonly spi: number;
  /** Our CPI, where IPComp was offered. */
  readonly cpi: number | undefined;
  /** Traffic selectors as sent: our end. */
  readonly local: readonly TrafficSelector[];
  /** The peer's end. */
  readonly remote: readonly TrafficSelector[];
  /** Our nonce of this exchange. */
  readonly Ni: Uint8Array;
  /** Our private value, with PFS. */
  readonly keyExchange: { readonly row: KeyExchangeRow; readonly exchange: KeyExchange } | undefined;
  /** Groups that the peer has sent us to by INVALID_KE_PAYLOAD. */
  readonly groupsTried: readonly number[];
}

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
}
