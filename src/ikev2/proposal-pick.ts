/**
 * One type of transform at a time: which of our rows an offered proposal has.
 *
 * @module
 */
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { KeyExchangeRow, PrfRow } from '../suite/types-ike.js';
import type { OfferedProposal } from './proposal-index.js';
import { keyOfRow, NONE, servesIntegrity } from './proposal-transforms.js';
import type { ChildProposal, ChildProposalOptions } from '../keying/proposal-types.js';
import type { Transform } from './sa-payload.js';

/** One type of transform settled. */
export interface Picked<Row> {
  /** The row. */
  readonly row: Row;
  /** The transform of the offer that says so; absent where the offer has none of that type. */
  readonly transform?: Transform | undefined;
  /** Its place in our order of preference. */
  readonly rank: number;
}

/**
 * RFC 5282 section 8: "when an authenticated encryption algorithm is selected as the encryption algorithm for any SA (IKE or ESP), an
 * integrity algorithm MUST NOT be selected for that SA." A cipher of another kind is never taken without one.
 */
export function chooseIntegrity(
  offer: OfferedProposal,
  rows: readonly IntegrityRow[],
  cipher: EncryptionRow | undefined,
): Picked<IntegrityRow | undefined> | undefined {
  if (cipher?.kind !== 'aead') {
    return chooseRow(
      offer,
      'INTEG',
      rows.map((row) => (servesIntegrity(row, offer.protocol) ? row : undefined)),
    );
  }
  const none = offer.find('INTEG', `${NONE}`);
  if (none || !offer.has('INTEG')) return { row: undefined, transform: none, rank: 0 };
  // RFC 7296 section 2.7: "The accepted cryptographic suite MUST contain exactly one transform of each type included in the proposal."
  // That leaves a mixed proposal its other ciphers. One of combined-mode ciphers alone should not have named integrity; peers do.
  return offer.isCombinedModeOnly ? { row: undefined, rank: 0 } : undefined;
}

/** The first of our rows that the offer has; undefined stands for a row that will not do. */
export function chooseRow<Row extends IntegrityRow | PrfRow | KeyExchangeRow>(
  offer: OfferedProposal,
  type: Transform['type'],
  rows: readonly (Row | undefined)[],
): Picked<Row> | undefined {
  for (const [rank, row] of rows.entries()) {
    const transform = row && row.id !== NONE ? offer.find(type, keyOfRow(row)) : undefined;
    if (row && transform) return { row, transform, rank };
  }
  return undefined;
}

/** A group for perfect forward secrecy, or none where both sides can do without. */
export function chooseGroup(
  offer: OfferedProposal,
  rows: ChildProposal['keyExchange'],
  { keyExchange }: ChildProposalOptions,
): Picked<KeyExchangeRow | undefined> | undefined {
  const none = offer.find('KE', `${NONE}`);
  const without = { row: undefined, transform: none };
  // RFC 7296 section 1.2 has no groups in IKE_AUTH. Peers that name them there mean their later CREATE_CHILD_SA exchanges.
  if (!keyExchange) return { ...without, rank: 0 };
  const order = rows.length === 0 ? (['none'] as const) : rows;
  for (const [rank, row] of order.entries()) {
    if (row === 'none') {
      if (none || !offer.has('KE')) return { ...without, rank };
    } else {
      const transform = row.id === NONE ? undefined : offer.find('KE', keyOfRow(row));
      if (transform) return { row, transform, rank };
    }
  }
  return undefined;
}

/** Sequence numbers; an offer without a word on them is one for plain ones (see `transformRules`). */
export function chooseEsn(offer: OfferedProposal, order: readonly boolean[]): Picked<boolean> | undefined {
  for (const [rank, esn] of order.entries()) {
    const transform = offer.find('ESN', esn ? '1' : '0');
    if (transform || (!esn && !offer.has('ESN'))) return { row: esn, transform, rank };
  }
  return undefined;
}
