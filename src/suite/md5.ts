/**
 * Plain MD5, where an RFC says so: MD5-Challenge of EAP (RFC 3748 section 5.4).
 *
 * @module
 */
import { md5 as nobleMd5 } from '@noble/hashes/legacy.js';

/** MD5 of octets: 16 octets. */
export function md5(message: Uint8Array): Uint8Array {
  return nobleMd5(message);
}
