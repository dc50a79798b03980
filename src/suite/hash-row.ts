/**
 * A row of a hash algorithm over noble.
 *
 * @module
 */
import { concat } from '../bytes.js';
import type { HashRow } from './types-hash.js';
import type { PrfRow } from './types-ike.js';

/** @param digest the hash of one string of octets. */
export function nobleHashRow(name: string, id: number, prf: PrfRow, digest: (octets: Uint8Array) => Uint8Array): HashRow {
  return Object.freeze({
    kind: 'hash',
    name,
    id,
    outputLength: prf.outputLength,
    prf,
    engine: 'noble',
    digest: (...parts: readonly Uint8Array[]): Uint8Array => digest(concat(...parts)),
  });
}
