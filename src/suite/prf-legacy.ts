/**
 * PRF_HMAC_MD5, for old captures and peers that have nothing else. RFC 8247 section 2.2: "PRF_HMAC_MD5 has been downgraded from MAY in
 * RFC 4307 to MUST NOT."
 *
 * @example
 * ```ts
 * import { prf } from 'ipsec-ts/suite/prf';
 * import { prfHmacMd5 } from 'ipsec-ts/suite/prf-legacy';
 *
 * if (prf(prfHmacMd5, new Uint8Array(16), new Uint8Array(8)).length !== 16) throw new Error('never');
 * ```
 *
 * @module
 */
import { md5 } from '@noble/hashes/legacy.js';
import { nobleHmacPrfRow } from './prf-row.js';
import type { PrfRow } from './types-ike.js';

/** HMAC-MD5 (RFC 2104), MUST NOT. */
export const prfHmacMd5: PrfRow = /* @__PURE__ */ nobleHmacPrfRow('PRF_HMAC_MD5', 1, md5);

/** Every row of this module. */
export const legacyPrfRows: readonly PrfRow[] = /* @__PURE__ */ Object.freeze([prfHmacMd5]);
