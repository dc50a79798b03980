/**
 * MD5 as a hash algorithm of IKEv1, for old captures and peers that have nothing else.
 *
 * @example
 * ```ts
 * import { hashMd5 } from 'ipsec-ts/suite/hash-legacy';
 *
 * if (hashMd5.digest(new Uint8Array(3)).length !== 16) throw new Error('never');
 * ```
 *
 * @module
 */
import { md5 } from '@noble/hashes/legacy.js';
import { nobleHashRow } from './hash-row.js';
import { prfHmacMd5 } from './prf-legacy.js';
import type { HashRow } from './types-hash.js';

/** MD5 (RFC 1321). */
export const hashMd5: HashRow = /* @__PURE__ */ nobleHashRow('MD5', 1, prfHmacMd5, md5);

/** Every row of this module. */
export const legacyHashRows: readonly HashRow[] = /* @__PURE__ */ Object.freeze([hashMd5]);
