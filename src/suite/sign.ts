/**
 * Signatures as rows: RSA, ECDSA and EdDSA, as AUTH payloads have them (RFC 7296 section 2.15, RFC 4754, RFC 7427, RFC 8420), and public keys. What needs SHA-1 is in
 * `suite/sign-legacy`.
 *
 * @example
 * ```ts
 * import { decodePublicKey, ecdsaSha256 } from 'ipsec-ts/suite/sign';
 *
 * const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
 * const key = decodePublicKey(new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)));
 * const message = new TextEncoder().encode('what is signed');
 * const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, message);
 * if (!ecdsaSha256.verify(key, message, new Uint8Array(signature))) throw new Error('wrong');
 * ```
 *
 * @module
 */
import { ed25519 as ed25519Curve } from '@noble/curves/ed25519.js';
import { ed448 as ed448Curve } from '@noble/curves/ed448.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { ecdsaRow } from './sign-ec.js';
import { edRow } from './sign-ed.js';
import { rsaPssRow, rsaRow } from './sign-rsa.js';
import {
  ecdsaSha256Scheme,
  ecdsaSha384Scheme,
  ecdsaSha512Scheme,
  ed25519Scheme,
  ed448Scheme,
  rsaPssSha256Scheme,
  rsaPssSha384Scheme,
  rsaPssSha512Scheme,
  rsaSha256Scheme,
  rsaSha384Scheme,
  rsaSha512Scheme,
} from './sign-scheme.js';
import type { SignatureRow } from './types-sign.js';

export {
  decodePublicKey,
  describePublicKey,
  encodePublicKey,
  equalPublicKeys,
  publicKeyOfCertificate,
  type PublicKeyParts,
} from './public-key.js';
export { decodeEcdsaSignature, encodeEcdsaSignature } from './sign-ec-form.js';
export { findSignatureRow } from './sign-find.js';
export type { PublicKey, SignatureHash, SignatureRow } from './types-sign.js';

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2). */
export const rsaSha256: SignatureRow = /* @__PURE__ */ rsaRow(rsaSha256Scheme, sha256);
/** RSASSA-PKCS1-v1_5 with SHA-384. */
export const rsaSha384: SignatureRow = /* @__PURE__ */ rsaRow(rsaSha384Scheme, sha384);
/** RSASSA-PKCS1-v1_5 with SHA-512. */
export const rsaSha512: SignatureRow = /* @__PURE__ */ rsaRow(rsaSha512Scheme, sha512);
/** RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 octets (RFC 8017 section 8.1). */
export const rsaPssSha256: SignatureRow = /* @__PURE__ */ rsaPssRow(rsaPssSha256Scheme, sha256);
/** RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 octets. */
export const rsaPssSha384: SignatureRow = /* @__PURE__ */ rsaPssRow(rsaPssSha384Scheme, sha384);
/** RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 octets. */
export const rsaPssSha512: SignatureRow = /* @__PURE__ */ rsaPssRow(rsaPssSha512Scheme, sha512);
/** ECDSA with SHA-256; with P-256 it is authentication method 9 (RFC 4754). */
export const ecdsaSha256: SignatureRow = /* @__PURE__ */ ecdsaRow(ecdsaSha256Scheme, sha256);
/** ECDSA with SHA-384; with P-384 it is authentication method 10. */
export const ecdsaSha384: SignatureRow = /* @__PURE__ */ ecdsaRow(ecdsaSha384Scheme, sha384);
/** ECDSA with SHA-512; with P-521 it is authentication method 11. */
export const ecdsaSha512: SignatureRow = /* @__PURE__ */ ecdsaRow(ecdsaSha512Scheme, sha512);
/** Ed25519 (RFC 8420). */
export const ed25519: SignatureRow = /* @__PURE__ */ edRow(ed25519Scheme, () => ed25519Curve);
/** Ed448 (RFC 8420). */
export const ed448: SignatureRow = /* @__PURE__ */ edRow(ed448Scheme, () => ed448Curve);

/** Every row of this module, in the order in which one would choose: of RSA first PSS (RFC 8247 section 3), then PKCS#1 v1.5. */
export const defaultSignatureRows: readonly SignatureRow[] = /* @__PURE__ */ Object.freeze([
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
