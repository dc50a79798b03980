/**
 * Plain SHA-1, where an RFC defines a value with it and nothing depends on its collision resistance: the hashes of NAT detection and the
 * names of authorities in certificate requests (RFC 7296 sections 2.23 and 3.7).
 *
 * @module
 */
import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js';

/** SHA-1 of all parts in order: 20 octets. */
export function sha1(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = nobleSha1.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}
