/**
 * Keys of the endpoint's maps. What peers choose (SPIs, addresses, identities) becomes strings in a `Map`, never names of properties.
 *
 * @module
 */
import type { UdpEndpoint } from '../ikev2/states.js';
import { formatIdentity, type Identity } from '../traffic-selector.js';

/** Eight octets as a short string. */
export function spiKey(octets: Uint8Array, at = 0): string {
  return String.fromCharCode(unit(octets, at), unit(octets, at + 2), unit(octets, at + 4), unit(octets, at + 6));
}

/** What `spiKey` makes of zeros: no SPI. */
export const noSpi = /* @__PURE__ */ spiKey(new Uint8Array(8));

/** An address of either family. */
export function addressKey(address: Uint8Array): string {
  let key = '';
  for (let i = 0; i + 1 < address.length; i += 2) key += String.fromCharCode(unit(address, i));
  return key;
}

/** Where half-open IKE SAs of an address are counted, those of each version by themselves. */
export function halfOpenKey(address: Uint8Array, version: 1 | 2): string {
  return version === 2 ? addressKey(address) : `1${addressKey(address)}`;
}

/** A first request of a peer: where it came from, where to, and its SPIi. */
export function requestKey(message: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): string {
  return `${spiKey(message)}${String.fromCharCode(from.port)}${addressKey(from.address)}${addressKey(to.address)}`;
}

/** A peer under a connection. @param user its name, where XAUTH has one besides. */
export function peerKey(connection: string, identity: Identity, user = ''): string {
  return `${connection}\n${identity.type}\n${formatIdentity(identity)}\n${user}`;
}

function unit(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!;
}

/** Adds to a set in a map. */
export function addTo<T>(map: Map<string, Set<T>>, key: string, item: T): void {
  const set = map.get(key);
  if (set) set.add(item);
  else map.set(key, new Set([item]));
}

/** Takes out of a set in a map; an empty set goes too. */
export function takeFrom<T>(map: Map<string, Set<T>>, key: string | undefined, item: T): void {
  if (key === undefined) return;
  const set = map.get(key);
  if (set?.delete(item) === true && set.size === 0) map.delete(key);
}
