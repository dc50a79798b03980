/**
 * Every algorithm over noble that is not legacy: what a configuration may name, and what `createProposals` in `ipsec-ts/ike` takes its defaults from.
 * Whoever wants a small bundle lists the rows that are meant instead.
 *
 * @module
 */
import { aeadRows } from './aead.js';
import { keyExchangeRows } from './dh.js';
import { encrRows } from './encr.js';
import { hashRows } from './hash.js';
import { integRows } from './integ.js';
import { prfRows } from './prf.js';
import type { HashRow } from './types-hash.js';
import type { KeyExchangeRow, PrfRow } from './types-ike.js';
import type { EncryptionRow, IntegrityRow } from './types.js';

/**
 * All rows of `suite/aead`, `suite/encr`, `suite/integ`, `suite/prf`, `suite/dh` and `suite/hash`.
 *
 * @example
 * ```ts
 * import { createProposals } from 'ipsec-ts/ike';
 * import { allRows } from 'ipsec-ts/suite/all';
 *
 * const { ike } = createProposals(allRows);
 * if (ike[0]?.keyExchange[0]?.name !== 'Curve25519') throw new Error('what is asked for first');
 * ```
 */
export const allRows: readonly (EncryptionRow | IntegrityRow | PrfRow | KeyExchangeRow | HashRow)[] = /* @__PURE__ */ Object.freeze([
  ...aeadRows,
  ...encrRows,
  ...integRows,
  ...prfRows,
  ...keyExchangeRows,
  ...hashRows,
]);
