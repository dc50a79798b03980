/**
 * What Quick Mode offers and agrees on.
 *
 * @module
 */
import type { ChildPolicy } from '../keying/connection.js';
import type { KeyExchange, KeyExchangeRow } from '../suite/types-ike.js';
import type { TrafficSelector } from '../traffic-selector.js';
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
