/**
 * Octets in few words.
 *
 * @module
 */
import { toHex } from '../bytes.js';

/** `1 octet`, `20 octets`. */
export function countOctets(data: Uint8Array): string {
  return data.length === 1 ? '1 octet' : `${data.length} octets`;
}

/** Printable ASCII in quotes; undefined for anything else, and for what is long. */
export function printable(data: Uint8Array): string | undefined {
  if (data.length === 0 || data.length > 64 || data.some((octet) => octet < 0x20 || octet > 0x7e)) return undefined;
  return JSON.stringify(String.fromCharCode(...data));
}

/** All of it where it is short, else its beginning. */
export function shortHex(data: Uint8Array): string {
  return data.length <= 24 ? toHex(data) : `${data.length} octets: ${toHex(data.subarray(0, 16))}...`;
}
