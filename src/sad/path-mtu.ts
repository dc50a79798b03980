/**
 * What the path of an SA was seen to carry, and how that is forgotten again. RFC 4301 section 8.2.
 *
 * @module
 */
import type { Sad } from './database.js';
import type { SadEntry } from './entry.js';

/** RFC 8201 section 4: "A node must not reduce its estimate of the Path MTU below the IPv6 minimum link MTU on receipt of a Packet Too Big message." */
export const MIN_PATH_MTU_V6 = 1280;

/**
 * Takes the MTU of an ICMP message that was mapped to this outbound SA (`findSentBy`). Nobody has authenticated it, so it can only
 * lower the estimate, never below a floor, and for a limited time.
 *
 * @param mtu octets of an outer packet. 0: a router that says nothing; RFC 1191 section 5: "The simplest thing for a host to do in
 *   response to such a message is to assume that the PMTU is the minimum of its currently-assumed PMTU and 576". Below the floor of
 *   the database it counts as the floor over IPv4; over IPv6 it is ignored, as RFC 8201 section 4 demands.
 * @param now milliseconds on the caller's monotonic clock.
 * @returns whether the estimate is lower than before.
 */
export function notePathMtu(sad: Sad, entry: SadEntry, mtu: number, now: number): boolean {
  const v6 = entry.sa.destination?.length === 16;
  // RFC 8201 section 4: "If a node receives a Packet Too Big message reporting a next-hop MTU that is less than the IPv6 minimum link MTU, it must discard it."
  if (!(mtu >= (v6 ? MIN_PATH_MTU_V6 : 0)) || entry.state === 'removed') return false;
  const believed = v6 ? mtu : Math.max(mtu === 0 ? 576 : mtu, sad.options.minPathMtu);
  const before = pathMtu(sad, entry, now);
  // RFC 1191 section 3: "A host MUST not increase its estimate of the Path MTU in response to the contents of a Datagram Too Big message."
  if (believed > before) return false;
  entry.pathMtu = believed;
  entry.pathMtuAt = now;
  return believed < before;
}

/**
 * Octets of the largest outer packet that the path of this SA is known to carry; Infinity when nothing is known, so that
 * `Math.min(linkMtu, pathMtu(...))` is always right. RFC 4301 section 8.2.2: "the PMTU associated with an SA MUST be "aged"":
 * an estimate that was not lowered for the database's `pathMtuAge` is forgotten.
 *
 * @param now milliseconds on the caller's monotonic clock.
 */
export function pathMtu(sad: Sad, entry: SadEntry, now: number): number {
  if (entry.pathMtu !== Infinity && now - entry.pathMtuAt >= sad.options.pathMtuAge) entry.pathMtu = Infinity;
  return entry.pathMtu;
}
