/**
 * SHA-256 of octets, for fingerprints.
 *
 * @module
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';

/** 32 octets. */
export function sha256(message: Uint8Array): Uint8Array {
  return nobleSha256(message);
}
