/**
 * From a name of a configuration file or a number off the wire to a row.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import type { KeyExchangeRow, PrfRow } from './types-ike.js';

/**
 * The row of that number or of that name.
 *
 * @param rows where to look: what the caller imported.
 * @param wanted IANA's Transform Type 4 number, or a name, long (`2048-bit MODP Group`) or short (`modp2048`).
 * @throws IpsecError `unknown-algorithm`: none of the rows. A number comes from the peer, which is blamed; a name comes from the caller.
 *
 * @example
 * ```ts
 * import { findKeyExchange, keyExchangeRows } from 'ipsec-ts/suite/dh';
 *
 * if (findKeyExchange(keyExchangeRows, 31) !== findKeyExchange(keyExchangeRows, 'curve25519')) throw new Error('never');
 * ```
 */
export function findKeyExchange(rows: readonly KeyExchangeRow[], wanted: number | string): KeyExchangeRow {
  const found = rows.find((row) => row.id === wanted || row.name === wanted || row.shortName === wanted);
  return found ?? refuse('key exchange', rows, wanted);
}

/** {@link findKeyExchange} for pseudorandom functions, e.g. 5 or `PRF_HMAC_SHA2_256`. */
export function findPrf(rows: readonly PrfRow[], wanted: number | string): PrfRow {
  return rows.find((row) => row.id === wanted || row.name === wanted) ?? refuse('pseudorandom function', rows, wanted);
}

function refuse(what: string, rows: readonly (KeyExchangeRow | PrfRow)[], wanted: number | string): never {
  const oneOf = (items: readonly (number | string)[]): string =>
    items.length === 0 ? 'an algorithm, but no rows were given' : `one of ${items.join(', ')}`;
  if (typeof wanted === 'number') {
    const expected = oneOf(rows.map((row) => row.id));
    throw new IpsecError('unknown-algorithm', what, { blame: 'peer', expected, found: `number ${wanted}` });
  }
  const names = rows.map((row) => (row.kind === 'ke' ? row.shortName : row.name));
  const nearest = nearestName(wanted, [...names, ...rows.map((row) => row.name)]);
  throw new IpsecError('unknown-algorithm', what, {
    expected: oneOf(names),
    found: JSON.stringify(wanted),
    ...(nearest === undefined ? {} : { nearest }),
  });
}
