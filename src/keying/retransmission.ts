/**
 * When a request is sent again, and when its sender gives up (RFC 7296 sections 2.1 and 2.4).
 *
 * @module
 */
import { readU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { FillRandom } from '../suite/types.js';

/** How often a request is sent, and how long is waited after each time. */
export interface RetransmissionPolicy {
  /** Milliseconds to wait after the first time: more than 0. */
  readonly first: number;
  /**
   * How much longer each wait is than the one before: more than 1. RFC 7296 section 2.4: "To be a good network citizen, retransmission times
   * MUST increase exponentially to avoid flooding the network and making an existing congestion situation worse."
   */
  readonly factor: number;
  /** Milliseconds: the longest wait, before chance adds to it. */
  readonly most: number;
  /** How often the request is sent, the first time included: 1 or more. */
  readonly tries: number;
  /** What chance may add to a wait, as a part of it: 0 to 1. It keeps peers that lost the same link from coming back at the same moment. */
  readonly jitter: number;
}

/**
 * For an SA that is established. RFC 7296 section 2.4: "It is suggested that messages be retransmitted at least a dozen times over a period of
 * at least several minutes before giving up on an SA". These are twelve retransmissions, the last of them 234 seconds after the request or
 * somewhat later; the peer is given up after 374 to 449 seconds. The longest wait is not reached.
 */
export const defaultRetransmission: RetransmissionPolicy = /* @__PURE__ */ Object.freeze({
  first: 500,
  factor: 1.6,
  most: 180_000,
  tries: 13,
  jitter: 0.2,
});

/** For IKE_SA_INIT, where nothing is lost but the wait, and somebody may sit in front of it: given up after 22 to 26 seconds. */
export const initialRetransmission: RetransmissionPolicy = /* @__PURE__ */ Object.freeze({ ...defaultRetransmission, tries: 7 });

/**
 * How long to wait for the response to a request before it is sent again or, after the last time, given up.
 *
 * @param tries how often the request has been sent, from 1.
 * @param random fills 4 octets, from which the jitter comes.
 * @returns milliseconds; Infinity when the policy has no such try. So who wakes up after try n asks for n + 1: a number means send and wait
 * that long, Infinity means give up.
 *
 * @example
 * ```ts
 * import { defaultRetransmission, retransmitDelay } from 'ipsec-ts/ike';
 *
 * const random = (target: Uint8Array): void => void crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
 * let now = 0;
 * for (let tries = 1; now < Infinity; tries++) {
 *   if (tries > defaultRetransmission.tries + 1) throw new Error('given up before');
 *   now += retransmitDelay(defaultRetransmission, tries, random); // here a request would go out
 * }
 * ```
 */
export function retransmitDelay(policy: RetransmissionPolicy, tries: number, random: FillRandom): number {
  if (tries > policy.tries) return Infinity;
  const delay = Math.min(policy.most, policy.first * policy.factor ** (tries - 1));
  const octets = new Uint8Array(4);
  random(octets);
  return delay * (1 + (policy.jitter * readU32(octets, 0)) / 0x1_0000_0000);
}

/**
 * Checks a policy before anybody waits by it.
 *
 * @param path where it stands in a configuration.
 * @throws IpsecError `invalid-config` with the path of the wrong member.
 */
export function checkRetransmissionPolicy(policy: RetransmissionPolicy, path: string): void {
  const { first, factor, most, tries, jitter } = policy;
  check(first > 0 && first < Infinity, 'first', 'milliseconds, more than 0');
  check(factor > 1 && factor < Infinity, 'factor', 'more than 1');
  check(most >= first, 'most', `milliseconds, at least ${first}`);
  check(Number.isInteger(tries) && tries >= 1, 'tries', '1 or more');
  check(jitter >= 0 && jitter <= 1, 'jitter', '0 to 1');

  function check(fits: boolean, member: keyof RetransmissionPolicy, expected: string): void {
    if (fits) return;
    throw new IpsecError('invalid-config', 'retransmission', { path: `${path}.${member}`, expected, found: String(policy[member]) });
  }
}
