/**
 * SPIs of ESP and AH in payloads.
 *
 * @module
 */
import { readU32, writeU32 } from '../bytes.js';

/** An SPI as 4 octets. */
export function encodeSpi(spi: number): Uint8Array {
  const octets = new Uint8Array(4);
  writeU32(octets, 0, spi);
  return octets;
}

/** The SPI of ESP or AH that a payload speaks of; undefined: it is none, but cookies, or nothing. */
export function decodeSpi(octets: Uint8Array): number | undefined {
  return octets.length === 4 ? readU32(octets, 0) : undefined;
}
