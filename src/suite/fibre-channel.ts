/**
 * The integrity algorithms of RFC 4595, which are for Fibre Channel. Nobody should negotiate them for anything else, but Wireshark knows
 * them, and captures of IKE hold them; the decoder of captures opens what others made.
 *
 * @module
 */
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { hmacRow } from './hmac.js';
import type { IntegrityRow } from './types.js';

/** HMAC-MD5-128 and HMAC-SHA1-160, whole digests. */
export const fibreChannelRows: readonly IntegrityRow[] = /* @__PURE__ */ Object.freeze([
  hmacRow('AUTH_HMAC_MD5_128', 6, md5, 16),
  hmacRow('AUTH_HMAC_SHA1_160', 7, sha1, 20),
]);
