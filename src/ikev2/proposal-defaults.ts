/**
 * Default proposals over noble. Whoever does not use them gets none of their algorithms into the bundle.
 *
 * @module
 */
import { aes128Gcm16, aes256Gcm16, chacha20Poly1305 } from '../suite/aead.js';
import { curve25519, ecp256, ecp384, modp2048, modp3072, modp4096 } from '../suite/dh.js';
import { aes128Cbc, aes256Cbc } from '../suite/encr.js';
import { hmacSha256_128, hmacSha384_192, hmacSha512_256 } from '../suite/integ.js';
import { prfHmacSha256, prfHmacSha384, prfHmacSha512 } from '../suite/prf.js';
import { createProposals, type DefaultProposals } from './proposal-rows.js';

/**
 * What to offer and to accept when nobody says otherwise, by RFC 8247 and RFC 8221: AES-GCM, ChaCha20-Poly1305 and AES-CBC with HMAC-SHA2,
 * Curve25519, P-256, P-384 and MODP groups from 2048 bits. `createProposals` makes the same of another engine's rows.
 */
export const defaultProposals: DefaultProposals = /* @__PURE__ */ createProposals([
  aes256Gcm16,
  chacha20Poly1305,
  aes128Gcm16,
  aes256Cbc,
  aes128Cbc,
  hmacSha256_128,
  hmacSha384_192,
  hmacSha512_256,
  prfHmacSha256,
  prfHmacSha384,
  prfHmacSha512,
  curve25519,
  ecp256,
  ecp384,
  modp3072,
  modp2048,
  modp4096,
]);
