/**
 * What phase 1 offers, chooses and reads: RFC 2409 section 5.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { Connection } from '../keying/connection.js';
import type { KeyExchangeRow } from '../suite/types-ike.js';
import type { PayloadOfType } from './payload-cases.js';
import type { Phase1Suite } from './states.js';

/** What a responder has chosen. */
export interface Phase1Choice {
  /** The connections that agree with it, in their order: never none. */
  readonly candidates: readonly Connection[];
  /** What was agreed on. */
  readonly suite: Phase1Suite;
  /** The SA payload of our answer. */
  readonly answer: PayloadOfType<'SA'>;
}

/** The group of the KE payload with which aggressive mode begins: nothing but it is offered there. */
export function aggressiveGroup(_connection: Connection): KeyExchangeRow {
  throw new IpsecError('unsupported', 'aggressiveGroup');
}

/** The SA payload that phase 1 begins with; in the mode of `connection.ikev1`. */
export function encodePhase1Offer(_connection: Connection): PayloadOfType<'SA'> {
  throw new IpsecError('unsupported', 'encodePhase1Offer');
}

/** Chooses from a peer's SA payload. Throws `no-proposal-chosen`. */
export function choosePhase1(_sa: PayloadOfType<'SA'>, _connections: readonly Connection[], _mode: 'main' | 'aggressive'): Phase1Choice {
  throw new IpsecError('unsupported', 'choosePhase1');
}

/** Reads the SA payload of the answer. Throws `no-proposal-chosen`: it is not one of the transforms that were offered. */
export function readPhase1Answer(_answer: PayloadOfType<'SA'>, _offered: PayloadOfType<'SA'>, _connection: Connection): Phase1Suite {
  throw new IpsecError('unsupported', 'readPhase1Answer');
}
