/**
 * Hash algorithms as rows, which IKEv1 negotiates by themselves (RFC 2409 appendix A); IKEv2 has pseudorandom functions only. MD5 is in
 * `suite/hash-legacy`.
 *
 * @example
 * ```ts
 * import { hashSha256 } from 'ipsec-ts/suite/hash';
 *
 * const digest = hashSha256.digest(new TextEncoder().encode('ab'), new TextEncoder().encode('c'));
 * if (digest.length !== 32 || digest[0] !== 0xba) throw new Error('never');
 * ```
 *
 * @module
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { nobleHashRow } from './hash-row.js';
import { prfHmacSha1, prfHmacSha256, prfHmacSha384, prfHmacSha512 } from './prf.js';
import type { HashRow } from './types-hash.js';

export type { HashRow } from './types-hash.js';

/** SHA-1, which IANA calls SHA here. */
export const hashSha1: HashRow = /* @__PURE__ */ nobleHashRow('SHA', 2, prfHmacSha1, sha1);
/** SHA-256 (RFC 4868). */
export const hashSha256: HashRow = /* @__PURE__ */ nobleHashRow('SHA2-256', 4, prfHmacSha256, sha256);
/** SHA-384 (RFC 4868). */
export const hashSha384: HashRow = /* @__PURE__ */ nobleHashRow('SHA2-384', 5, prfHmacSha384, sha384);
/** SHA-512 (RFC 4868). */
export const hashSha512: HashRow = /* @__PURE__ */ nobleHashRow('SHA2-512', 6, prfHmacSha512, sha512);

/** Every row of this module. */
export const hashRows: readonly HashRow[] = /* @__PURE__ */ Object.freeze([hashSha256, hashSha512, hashSha384, hashSha1]);
