/**
 * What Quick Mode offers and agrees on.
 *
 * @module
 */
import type { Lifetime as SaLifetime } from '../association.js';
import type { ChildSa } from '../keying/child-sa.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { ChosenChild } from '../keying/proposal-types.js';
import type { KeyExchange, KeyExchangeRow } from '../suite/types-ike.js';
import type { TrafficSelector } from '../traffic-selector.js';
import type { Lifetime } from './attributes.js';
import type { PayloadOfType } from './payload-cases.js';

/** A Child SA that we ask for: what its answer will need. */
export interface QuickOffer {
  /** What it is to be. */
  readonly policy: ChildPolicy;
  /** The SA payload, as it was sent: the answer is compared with it. */
  readonly sa: PayloadOfType<'SA'>;
  /** Our inbound SPI of ESP, of AH, or of both: the same for every protocol offered. */
  readonly spi: number;
  /** Our CPI, where IPComp was offered. */
  readonly cpi: number | undefined;
  /** IDci or IDcr: our end. */
  readonly local: TrafficSelector;
  /** The peer's end. */
  readonly remote: TrafficSelector;
  /** Our private value, with PFS. */
  readonly keyExchange: { readonly row: KeyExchangeRow; readonly exchange: KeyExchange } | undefined;
}

/** By whose numbers ESP in UDP is negotiated: those of RFC 3947, or of the drafts before it. */
export type UdpNumbers = 'RFC 3947' | 'draft';

/** How a Child SA is asked for: see `encodeQuickOffer`. */
export interface QuickOfferOptions {
  /** Our inbound SPI, 256 to 2^32 - 1: the same for every protocol offered. */
  readonly spi: number;
  /** Our CPI, 256 to 61,439; absent: IPComp is not offered. */
  readonly cpi?: number | undefined;
  /** ESP goes in UDP: there is a NAT. Then AH is out of the question. */
  readonly udp: UdpNumbers | undefined;
  /** The group of our KE payload, one of `quickGroups`; absent: no PFS. */
  readonly group: KeyExchangeRow | undefined;
  /** The Child SA that the new one replaces: its algorithms alone are offered, where the policy still has them. */
  readonly replaces?: Pick<ChildSa, 'suite' | 'mode' | 'ah'> | undefined;
}

/** What goes with a peer's offer: see `chooseQuick`. */
export interface QuickChooseOptions {
  /** ESP has to go in UDP: there is a NAT. Undefined: it must not. */
  readonly udp: UdpNumbers | undefined;
  /** Octets of the public value of the peer's KE payload; undefined: there is none, so that there is no PFS. */
  readonly publicLength: number | undefined;
}

/** How long a Child SA lives: RFC 2407 section 4.5.4. */
export interface QuickLifetimes {
  /** As the initiator wishes; 28,800 seconds where it says nothing. */
  readonly offered: readonly Lifetime[];
  /** For `ChildSa.lifetime`: what both can live with, where that is shorter than the policy has it; undefined: as the policy has it. */
  readonly effective: SaLifetime | undefined;
  /** As responder: ours where it is shorter than the offer, for RESPONDER-LIFETIME; empty: there is nothing to tell. */
  readonly tell: readonly Lifetime[];
}

/** What two peers have agreed on. */
export interface ChosenQuick {
  /** The policy that it fits. */
  readonly policy: ChildPolicy;
  /** The algorithms: of ESP where ESP and AH go together. `keyExchange` is the group. */
  readonly suite: ChosenChild;
  /** The mode. */
  readonly mode: ChildSa['mode'];
  /** Whether ESP goes in UDP, and by whose numbers that was said. */
  readonly udp: UdpNumbers | undefined;
  /** The peer's SPI of `suite.protocol`. */
  readonly spiOut: number;
  /** AH around ESP, with the peer's SPI. */
  readonly ah: { readonly suite: ChosenChild; readonly spiOut: number } | undefined;
  /** The peer's CPI; undefined: no IPComp. */
  readonly cpiOut: number | undefined;
  /** The group of both KE payloads; undefined: no PFS. */
  readonly group: KeyExchangeRow | undefined;
  /** How long it lives. */
  readonly lifetimes: QuickLifetimes;
}

/** What a responder has chosen. */
export interface QuickChoice extends ChosenQuick {
  /**
   * The SA payload of our answer. RFC 2408 section 4.2: "The responder SHOULD retain the Proposal # field in the Proposal payload and the Transform # field in each
   * Transform payload of the selected Proposal."
   *
   * @param spi our inbound SPI.
   * @param cpi our CPI; it is there if and only if `cpiOut` is.
   */
  answer(spi: number, cpi: number | undefined): PayloadOfType<'SA'>;
}
