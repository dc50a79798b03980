/**
 * The NULL cipher (RFC 2410): the identity function, as fast as its authors claim.
 *
 * @module
 */
import { checkKey, checkRange } from './key.js';
import type { CipherContext, CipherRow } from './types.js';

/** The row of NULL. @param engine whose list it stands in. */
export function nullRow(name: string, id: number, engine: string): CipherRow {
  const size = { name, keyLength: 0, saltLength: 0 };
  return Object.freeze({
    kind: 'cipher',
    ...size,
    id,
    ivLength: 0,
    ivKind: 'none',
    blockSize: 1,
    isNull: true,
    engine,
    create: (key: Uint8Array): CipherContext => {
      checkKey(key, size);
      return { encrypt: identity, decrypt: identity, destroy: identity, secrets: [] };
    },
  });
}

function identity(iv?: Uint8Array, buffer?: Uint8Array, start?: number, end?: number): void {
  if (iv && buffer && start !== undefined && end !== undefined) checkRange(iv, 0, buffer, start, end, 0);
}
