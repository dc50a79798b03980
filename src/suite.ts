/**
 * The algorithms that RFC 8221 has nothing against, over noble, in one place. Each list is also a subpath of its own.
 *
 * @module
 */
export * from './suite/aead.js';
export * from './suite/encr.js';
export * from './suite/integ.js';
export { findEncryption, findIntegrity } from './suite/find.js';
export type {
  AeadContext,
  AeadRow,
  CipherContext,
  CipherRow,
  EncryptionRow,
  FillRandom,
  IntegrityContext,
  IntegrityRow,
} from './suite/types.js';
