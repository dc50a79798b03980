/**
 * The limits of one validation with their defaults.
 *
 * @module
 */
import type { CertificateLimits } from './validate-types.js';

/** Every limit with its default. */
export type AllLimits = { readonly [K in keyof CertificateLimits]-?: number };

/** Puts in what a caller leaves out. */
export function limitsOf(limits: CertificateLimits = {}): AllLimits {
  return {
    depth: limits.depth ?? 10,
    certificates: limits.certificates ?? 32,
    steps: limits.steps ?? 256,
    signatures: limits.signatures ?? 64,
    revocations: limits.revocations ?? 16,
    fetches: limits.fetches ?? 4,
    octets: limits.octets ?? 4 * 1024 * 1024,
    fetchTime: limits.fetchTime ?? 5000,
  };
}
