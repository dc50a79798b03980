/**
 * A cache of revocation that cannot grow beyond its bounds, whatever peers make it hold (CVE-2021-41991 was one that could).
 *
 * @module
 */
import type { RevocationList } from './crl.js';

/** What is known of one certificate, or a revocation list that was fetched and whose signature is right. */
export type CachedRevocation = { readonly kind: 'good' } | { readonly kind: 'list'; readonly list: RevocationList };

interface Entry {
  readonly value: CachedRevocation;
  /** Milliseconds since 1970: not used after that. */
  readonly until: number;
  readonly octets: number;
}

/** Bounds of a cache. */
export interface RevocationCacheBounds {
  /** Default 256. */
  readonly maxEntries?: number | undefined;
  /** Octets of revocation lists together; default 16 MiB. */
  readonly maxOctets?: number | undefined;
}

/** Keeps what was fetched. Mutable; what is in it belongs to the functions of this module. */
export interface RevocationCache {
  /** The most entries. */
  readonly maxEntries: number;
  /** The most octets of revocation lists together. */
  readonly maxOctets: number;
  /** @internal Oldest use first. */
  readonly entries: Map<string, Entry>;
  /** @internal Octets of all entries. */
  octets: number;
}

/**
 * A cache for fetched revocation lists and OCSP responses: what was used longest ago goes first. One may serve several verifiers.
 *
 * @example
 * ```ts
 * import { createCertificateVerifier, createRevocationCache } from 'ipsec-ts/x509';
 *
 * const cache = createRevocationCache({ maxEntries: 100 });
 * const verify = createCertificateVerifier({ anchors: [], cache });
 * if (cache.maxEntries !== 100 || typeof verify !== 'function') throw new Error('one cache for all verifiers');
 * ```
 */
export function createRevocationCache({ maxEntries = 256, maxOctets = 16 * 1024 * 1024 }: RevocationCacheBounds = {}): RevocationCache {
  return { entries: new Map(), maxEntries, maxOctets, octets: 0 };
}

/** What is kept under a key and still good at a time. */
export function findCached(cache: RevocationCache | undefined, key: string, at: number): CachedRevocation | undefined {
  const entry = cache?.entries.get(key);
  if (!cache || !entry) return undefined;
  cache.entries.delete(key);
  if (at > entry.until) {
    cache.octets -= entry.octets;
    return undefined;
  }
  cache.entries.set(key, entry); // used last
  return entry.value;
}

/** Keeps something until a time; what is larger than the whole cache is not kept. */
export function keepCached(cache: RevocationCache | undefined, key: string, value: CachedRevocation, until: number): void {
  if (!cache) return;
  const old = cache.entries.get(key);
  if (old) {
    cache.octets -= old.octets;
    cache.entries.delete(key);
  }
  const octets = 2 * key.length + (value.kind === 'list' ? value.list.octets : 0);
  if (octets > cache.maxOctets || cache.maxEntries < 1) return;
  for (const [oldest, entry] of cache.entries) {
    if (cache.entries.size < cache.maxEntries && cache.octets + octets <= cache.maxOctets) break;
    cache.octets -= entry.octets;
    cache.entries.delete(oldest);
  }
  cache.entries.set(key, { value, until, octets });
  cache.octets += octets;
}
