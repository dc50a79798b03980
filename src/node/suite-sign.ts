/**
 * The algorithms of `suite/sign` and `suite/sign-legacy` over `node:crypto`: the same names, the same answers, several times as fast. Keys are read by the functions of
 * `suite/sign`.
 *
 * @example
 * ```ts
 * import { decodePublicKey } from 'ipsec-ts/suite/sign';
 * import { rsaPssSha256 } from 'ipsec-ts/suite/node-sign';
 *
 * const pair = await crypto.subtle.generateKey(
 *   { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' },
 *   true,
 *   ['sign', 'verify'],
 * );
 * const key = decodePublicKey(new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)));
 * const message = new TextEncoder().encode('what is signed');
 * const signature = await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 32 }, pair.privateKey, message);
 * if (!rsaPssSha256.verify(key, message, new Uint8Array(signature))) throw new Error('wrong');
 * ```
 *
 * @module
 */
import {
  ecdsaSha1Scheme,
  ecdsaSha256Scheme,
  ecdsaSha384Scheme,
  ecdsaSha512Scheme,
  ed25519Scheme,
  ed448Scheme,
  rsaPssSha256Scheme,
  rsaPssSha384Scheme,
  rsaPssSha512Scheme,
  rsaSha1Scheme,
  rsaSha256Scheme,
  rsaSha384Scheme,
  rsaSha512Scheme,
} from '../suite/sign-scheme.js';
import type { SignatureRow } from '../suite/types-sign.js';
import { nodeEcdsaRow, nodeEdRow, nodeRsaPssRow, nodeRsaRow } from './suite/sign.js';

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2). */
export const rsaSha256: SignatureRow = /* @__PURE__ */ nodeRsaRow(rsaSha256Scheme);
/** RSASSA-PKCS1-v1_5 with SHA-384. */
export const rsaSha384: SignatureRow = /* @__PURE__ */ nodeRsaRow(rsaSha384Scheme);
/** RSASSA-PKCS1-v1_5 with SHA-512. */
export const rsaSha512: SignatureRow = /* @__PURE__ */ nodeRsaRow(rsaSha512Scheme);
/** RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 octets (RFC 8017 section 8.1). */
export const rsaPssSha256: SignatureRow = /* @__PURE__ */ nodeRsaPssRow(rsaPssSha256Scheme);
/** RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 octets. */
export const rsaPssSha384: SignatureRow = /* @__PURE__ */ nodeRsaPssRow(rsaPssSha384Scheme);
/** RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 octets. */
export const rsaPssSha512: SignatureRow = /* @__PURE__ */ nodeRsaPssRow(rsaPssSha512Scheme);
/** ECDSA with SHA-256; with P-256 it is authentication method 9 (RFC 4754). */
export const ecdsaSha256: SignatureRow = /* @__PURE__ */ nodeEcdsaRow(ecdsaSha256Scheme);
/** ECDSA with SHA-384; with P-384 it is authentication method 10. */
export const ecdsaSha384: SignatureRow = /* @__PURE__ */ nodeEcdsaRow(ecdsaSha384Scheme);
/** ECDSA with SHA-512; with P-521 it is authentication method 11. */
export const ecdsaSha512: SignatureRow = /* @__PURE__ */ nodeEcdsaRow(ecdsaSha512Scheme);
/** Ed25519 (RFC 8420). */
export const ed25519: SignatureRow = /* @__PURE__ */ nodeEdRow(ed25519Scheme);
/** Ed448 (RFC 8420). */
export const ed448: SignatureRow = /* @__PURE__ */ nodeEdRow(ed448Scheme);
/** RSASSA-PKCS1-v1_5 with SHA-1, MUST NOT; see `suite/sign-legacy`. */
export const rsaSha1: SignatureRow = /* @__PURE__ */ nodeRsaRow(rsaSha1Scheme);
/** ECDSA with SHA-1, MUST NOT; see `suite/sign-legacy`. */
export const ecdsaSha1: SignatureRow = /* @__PURE__ */ nodeEcdsaRow(ecdsaSha1Scheme);

/** The rows of this module but the legacy ones, in the order of `defaultSignatureRows`. */
export const nodeSignatureRows: readonly SignatureRow[] = /* @__PURE__ */ Object.freeze([
  ed25519,
  ecdsaSha256,
  ecdsaSha384,
  ecdsaSha512,
  ed448,
  rsaPssSha256,
  rsaPssSha384,
  rsaPssSha512,
  rsaSha256,
  rsaSha384,
  rsaSha512,
]);
/** The rows of `suite/sign-legacy`. */
export const nodeLegacySignatureRows: readonly SignatureRow[] = /* @__PURE__ */ Object.freeze([rsaSha1, ecdsaSha1]);
