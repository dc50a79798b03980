/**
 * Choosing the SPIs of our own inbound SAs.
 *
 * @module
 */
import { readU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { FillRandom } from '../suite/types.js';
import type { Sad } from './database.js';
import { findHead } from './spi-table.js';

/** Lowest SPI that is handed out. RFC 4303 section 2.1: "The set of SPI values in the range 1 through 255 are reserved by the Internet Assigned Numbers Authority (IANA) for future use"; 0 "MUST NOT be sent on the wire." */
export const MIN_SPI = 256;

const tries = 64;

/**
 * A random SPI that no inbound SA has and that was not handed out before. It stays reserved until an inbound SA with it is added,
 * or until {@link releaseSpi}.
 *
 * @param random fills an array with random octets.
 * @throws IpsecError `spi-exhausted` when 64 random numbers were all taken (then the randomness is none), `limit-exceeded` when
 *   too many SPIs are reserved.
 */
export function allocateSpi(sad: Sad, random: FillRandom): number {
  if (sad.reserved.size >= sad.options.limit) {
    throw new IpsecError('limit-exceeded', 'SPIs that were handed out and not used', { expected: `at most ${sad.options.limit}` });
  }
  const octets = new Uint8Array(4);
  for (let i = 0; i < tries; i++) {
    random(octets);
    const spi = readU32(octets, 0);
    if (spi < MIN_SPI || sad.reserved.has(spi) || findHead(sad.inbound, spi)) continue;
    sad.reserved.add(spi);
    return spi;
  }
  throw new IpsecError('spi-exhausted', `${tries} random SPIs were all taken`, { expected: 'a source of randomness' });
}

/** Gives back an SPI for which no SA came about. */
export function releaseSpi(sad: Sad, spi: number): void {
  sad.reserved.delete(spi);
}
