/**
 * Signatures over SHA-1, for peers that know nothing else. RFC 8247 section 3.2 says of SHA-1 in signatures: MUST NOT. Collisions of SHA-1 were made; whoever can choose
 * a part of what is signed may do it, too. Nothing of the library takes these rows unless the caller hands them in.
 *
 * @example
 * ```ts
 * import { findSignatureRow } from 'ipsec-ts/suite/sign';
 * import { legacySignatureRows, rsaSha1 } from 'ipsec-ts/suite/sign-legacy';
 *
 * if (findSignatureRow(legacySignatureRows, rsaSha1.algorithmIdentifier) !== rsaSha1) throw new Error('never');
 * ```
 *
 * @module
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { ecdsaRow } from './sign-ec.js';
import { rsaRow } from './sign-rsa.js';
import { ecdsaSha1Scheme, rsaSha1Scheme } from './sign-scheme.js';
import type { SignatureRow } from './types-sign.js';

/** RSASSA-PKCS1-v1_5 with SHA-1: what authentication method 1 of RFC 7296 meant for long. */
export const rsaSha1: SignatureRow = /* @__PURE__ */ rsaRow(rsaSha1Scheme, sha1);
/** ECDSA with SHA-1. */
export const ecdsaSha1: SignatureRow = /* @__PURE__ */ ecdsaRow(ecdsaSha1Scheme, sha1);

/** Every row of this module. */
export const legacySignatureRows: readonly SignatureRow[] = /* @__PURE__ */ Object.freeze([rsaSha1, ecdsaSha1]);
