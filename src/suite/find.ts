/**
 * From a name and the length of a key to a row: what configuration files and `keys.json` need.
 *
 * @module
 */
import { IpsecError, nearestName } from '../errors.js';
import type { EncryptionRow, IntegrityRow } from './types.js';

/**
 * The row of that name whose key and salt together are as long as the keying material at hand.
 *
 * @param rows where to look: what the caller imported.
 * @param name IANA's, e.g. `ENCR_AES_GCM_16`.
 * @param keyOctets octets of keying material, the salt at its end included.
 * @throws IpsecError `unknown-algorithm`: the name is not among the rows (with the nearest one), or no row of that name has such a key
 * (with the lengths that would fit).
 *
 * @example
 * ```ts
 * import { aeadRows } from 'ipsec-ts/suite/aead';
 * import { findEncryption } from 'ipsec-ts/suite/find';
 *
 * const row = findEncryption(aeadRows, 'ENCR_AES_GCM_16', 36); // 32 octets of key, 4 of salt
 * if (row.keyLength !== 32) throw new Error('AES-256 was expected');
 * ```
 */
export function findEncryption<Row extends EncryptionRow>(rows: readonly Row[], name: string, keyOctets: number): Row {
  return findRow(rows, 'encryption', name, keyOctets);
}

/** {@link findEncryption} for integrity algorithms, e.g. `AUTH_HMAC_SHA2_256_128`. */
export function findIntegrity(rows: readonly IntegrityRow[], name: string, keyOctets: number): IntegrityRow {
  return findRow(rows, 'integrity', name, keyOctets);
}

function findRow<Row extends EncryptionRow | IntegrityRow>(rows: readonly Row[], what: string, name: string, keyOctets: number): Row {
  const named = rows.filter((row) => row.name === name);
  const found = named.find((row) => row.keyLength + row.saltLength === keyOctets);
  if (found !== undefined) return found;
  if (named.length > 0) {
    const fitting = named.map(
      (row) => `${row.keyLength + row.saltLength}${row.saltLength > 0 ? ` (${row.keyLength} + ${row.saltLength} of salt)` : ''}`,
    );
    throw new IpsecError('unknown-algorithm', `key of ${name}`, { expected: `${oneOf(fitting)} octets`, found: `${keyOctets}` });
  }
  const names = [...new Set(rows.map((row) => row.name))];
  const nearest = nearestName(name, names);
  throw new IpsecError('unknown-algorithm', `${what} algorithm`, {
    expected: names.length === 0 ? 'an algorithm, but no rows were given' : oneOf(names),
    found: JSON.stringify(name),
    ...(nearest === undefined ? {} : { nearest }),
  });
}

function oneOf(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1) ?? ''}`;
}
