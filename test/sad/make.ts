import type { Keyed, SaConfig } from '../../src/association.js';
import { createSa, type SecurityAssociation } from '../../src/association.js';
import { parseAddress } from '../../src/ip.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { hmacSha256_128 } from '../../src/suite/integ.js';
import type { EncryptionRow } from '../../src/suite/types.js';

/** Keying material that is not zeros, so that a test can see it being wiped. */
export function keyOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 37 + 11) & 0xff || 1);
}

export const gcm: Keyed<EncryptionRow> = { row: aes128Gcm16, key: keyOf(20) };

/** Any settings; addresses as text. */
export type SaSettings = Partial<Omit<SaConfig, 'source' | 'destination'>> & { from?: string; to?: string };

/** An ESP SA with AES-GCM; addresses as text. */
export function esp(spi: number, more: SaSettings = {}): SecurityAssociation {
  const { from, to, ...rest } = more;
  return createSa({
    protocol: 'ESP',
    mode: 'transport',
    spi,
    encryption: gcm,
    source: from === undefined ? undefined : parseAddress(from),
    destination: to === undefined ? undefined : parseAddress(to),
    ...rest,
  });
}

/** An AH SA with HMAC-SHA-256. */
export function ah(spi: number, more: SaSettings = {}): SecurityAssociation {
  return esp(spi, { protocol: 'AH', encryption: undefined, integrity: { row: hmacSha256_128, key: keyOf(32) }, ...more });
}

/** A small linear congruence: the same numbers on every run and platform, 0 to 2^32 - 1. */
export function numbers(seed: number): () => number {
  let x = seed >>> 0;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return (x ^ (x >>> 13)) >>> 0;
  };
}
