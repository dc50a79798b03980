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
  return (
    found ??
    refuse(
      'key exchange',
      rows.flatMap(({ shortName, name }) => [shortName, name]),
      wanted,
    )
  );
}

/** {@link findKeyExchange} for pseudorandom functions, e.g. 5 or `PRF_HMAC_SHA2_256`. */
export function findPrf(rows: readonly PrfRow[], wanted: number | string): PrfRow {
  const found = rows.find((row) => row.id === wanted || row.name === wanted);
  return (
    found ??
    refuse(
      'pseudorandom function',
      rows.map((row) => row.name),
      wanted,
    )
  );
}

function refuse(what: string, names: readonly string[], wanted: number | string): never {
  const expected = names.length === 0 ? 'an algorithm, but no rows were given' : `one of ${names.join(', ')}`;
  if (typeof wanted === 'number') throw new IpsecError('unknown-algorithm', what, { blame: 'peer', expected, found: `number ${wanted}` });
  const nearest = nearestName(wanted, names);
  throw new IpsecError('unknown-algorithm', what, {
    expected,
    found: JSON.stringify(wanted),
    ...(nearest === undefined ? {} : { nearest }),
  });
}
