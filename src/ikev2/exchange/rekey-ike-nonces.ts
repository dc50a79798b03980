/**
 * Which of two exchanges that did the same at the same time gives way: RFC 7296 sections 2.8.1 and 2.8.2.
 *
 * @module
 */

/**
 * Whether the lowest of the four nonces is in the first exchange: then what that one made is redundant. RFC 7296 section 2.8.1: "If redundant SAs are
 * created through such a collision, the SA created with the lowest of the four nonces used in the two exchanges SHOULD be closed by the endpoint that
 * created it."
 */
export function hasLowestNonce(first: readonly [Uint8Array, Uint8Array], second: readonly [Uint8Array, Uint8Array]): boolean {
  return compareNonces(lower(first), lower(second)) < 0;
}

function lower([a, b]: readonly [Uint8Array, Uint8Array]): Uint8Array {
  return compareNonces(a, b) <= 0 ? a : b;
}

/**
 * RFC 7296 section 2.8.1: ""Lowest" means an octet-by-octet comparison (instead of, for instance, comparing the nonces as large integers).  In other
 * words, start by comparing the first octet; if they're equal, move to the next octet, and so on.  If you reach the end of one nonce, that nonce is
 * the lower one."
 */
function compareNonces(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
