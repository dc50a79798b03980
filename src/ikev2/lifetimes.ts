/**
 * The deadlines of an IKE SA that is authenticated.
 *
 * @module
 */
import { readU32 } from '../bytes.js';
import type { Connection } from '../keying/connection.js';
import type { IkeEnv } from './events.js';
import type { Deadlines, NatState } from './states.js';

/** Nothing happens by the clock. */
export const noDeadlines: Deadlines = /* @__PURE__ */ Object.freeze({
  expire: Infinity,
  rekey: Infinity,
  reauthenticate: Infinity,
  liveness: Infinity,
  keepalive: Infinity,
});

/**
 * The deadlines of an IKE SA that begins now. RFC 7296 section 2.8: "SAs should be rekeyed proactively, i.e., the new SA should be established before
 * the old one expires and becomes unusable."
 *
 * RFC 7296 section 2.8.1: "To reduce the probability of this happening, the timing of rekeying requests SHOULD be jittered (delayed by a random amount
 * of time after the need for rekeying is noticed)." Here the need is noticed early by a random amount, so that the end never comes first.
 */
export function establishedDeadlines({ options }: Connection, nat: NatState, { now, random }: Pick<IkeEnv, 'now' | 'random'>): Deadlines {
  const octets = new Uint8Array(8);
  random(octets);
  const early = (at: number): number => 1 - (options.lifetimeJitter * readU32(octets, at)) / 0x1_0000_0000;
  return {
    expire: now + options.lifetime,
    rekey: now + options.rekeyAfter * early(0),
    reauthenticate: now + options.reauthenticateAfter * early(4),
    liveness: now + options.livenessInterval,
    // RFC 3948 section 4: the one behind the NAT keeps it awake.
    keepalive: nat.local ? now + options.keepaliveInterval : Infinity,
  };
}
