/**
 * The shared secrets of one line of IKE SAs: which exchange does each belong to?
 *
 * They are taken in the order of the exchanges. Where two exchanges cross, or a file counts one that failed, that order is a guess; the
 * first message or packet under the keys proves it, or shows that another secret of the list was meant.
 *
 * @module
 */

/** What an exchange has to say to one of the secrets. Mutable. */
export interface Claim {
  /** Which one, as far as is known; undefined when the list is used up. */
  index: number | undefined;
  /** A message or packet was opened with what follows from it. */
  isProven: boolean;
}

/** The secrets of an IKE SA and of those that replace it. Mutable: it remembers who claims what. */
export interface SecretPool {
  /** In the order of the file. */
  readonly secrets: readonly Uint8Array[];
  /** Who claims each. */
  readonly claims: (Claim | undefined)[];
}

/** More guesses than this for one claim are not made: what a hostile capture costs is bounded by it. */
const MAXIMUM_GUESSES = 6;

/** Nobody claims anything yet. */
export function createSecretPool(secrets: readonly Uint8Array[]): SecretPool {
  return { secrets, claims: [] };
}

/** Claims the next secret. */
export function claimSecret(pool: SecretPool): Claim {
  const free = pool.secrets.findIndex((_, i) => pool.claims[i] === undefined);
  const claim: Claim = { index: free < 0 ? undefined : free, isProven: false };
  if (free >= 0) pool.claims[free] = claim;
  return claim;
}

/** Which secrets it may be, the likeliest first: the one that was claimed, then those near it that nothing is proven of. */
export function guessSecrets({ secrets, claims }: SecretPool, claim: Claim): readonly number[] {
  if (claim.isProven) return claim.index === undefined ? [] : [claim.index];
  const centre = claim.index ?? secrets.length;
  return Array.from(secrets.keys())
    .filter((i) => claims[i]?.isProven !== true)
    .sort((a, b) => Math.abs(a - centre) - Math.abs(b - centre) || b - a)
    .slice(0, MAXIMUM_GUESSES);
}

/** It was this one. Whoever claimed it gets what this claim had. */
export function proveSecret(pool: SecretPool, claim: Claim, index: number): void {
  const other = pool.claims[index];
  if (other !== claim) {
    if (claim.index !== undefined) pool.claims[claim.index] = other;
    if (other !== undefined) other.index = claim.index;
  }
  pool.claims[index] = claim;
  claim.index = index;
  claim.isProven = true;
}

/** The secrets of several claims; empty when one of them has none. */
export function claimedSecrets({ secrets }: SecretPool, claims: readonly Claim[]): readonly Uint8Array[] {
  const found = claims.flatMap(({ index }) => (index === undefined ? [] : [secrets[index]!]));
  return found.length === claims.length ? found : [];
}
