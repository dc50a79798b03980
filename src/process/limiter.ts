/**
 * A bucket of tokens, for answers that an attacker could ask for in any number.
 *
 * @module
 */

/** How many answers may go out. */
export interface RateLimit {
  /** Answers per second in the long run. */
  readonly perSecond: number;
  /** Answers at once after a pause. */
  readonly burst: number;
}

/** The bucket. One owner changes it, through the functions of this file. */
export interface Limiter {
  /** The limit it was made with. */
  readonly limit: RateLimit;
  /** What is in it. Mutable. */
  tokens: number;
  /** Milliseconds: when that was so. Mutable. */
  at: number;
}

/** A full bucket. */
export function createLimiter(limit: RateLimit): Limiter {
  return { limit, tokens: limit.burst, at: -Infinity };
}

/**
 * Whether one more answer may go out now. RFC 4301 section 5.1.1: "if this facility is selected, to rate limit the transmission of such
 * ICMP responses."; section 5.2 (5) says the same of notifications.
 *
 * @param now milliseconds, monotonic.
 */
export function takeToken(limiter: Limiter, now: number): boolean {
  const { perSecond, burst } = limiter.limit;
  if (now > limiter.at) {
    const earned = limiter.at === -Infinity ? burst : ((now - limiter.at) / 1000) * perSecond;
    limiter.tokens = Math.min(burst, limiter.tokens + earned);
    limiter.at = now;
  }
  if (limiter.tokens < 1) return false;
  limiter.tokens--;
  return true;
}
