/**
 * May this peer have a Child SA for these addresses? RFC 4301 sections 4.4.3.3 and 4.4.3.4.
 *
 * @module
 */
import { type AddressRange, formatRange } from '../ip.js';
import { ANY, formatIdentity, formatTrafficSelector, type Identity, narrowSelectors, type TrafficSelector } from '../traffic-selector.js';
import { subtractRanges } from '../traffic-selector/region-algebra.js';
import { formatPadId, matchesId } from './id.js';
import type { PadEntry } from './types.js';

/** How the SPD is to be searched for a peer's Child SA. */
export type SpdLookup =
  | {
      /** By the peer's name: `findNamed`. */
      readonly by: 'name';
      /** That name. */
      readonly identity: Identity;
    }
  | {
      /** By the remote addresses of the traffic selectors. */
      readonly by: 'addresses';
    };

/** The answer of {@link authorizeChild}. */
export type ChildVerdict =
  | {
      /** It may. */
      readonly ok: true;
      /** How to search the SPD. */
      readonly lookup: SpdLookup;
    }
  | {
      /** It may not, or not all of it. */
      readonly ok: false;
      /** Why, in words for the local log. */
      readonly explanation: string;
      /** The part that it may have, in the peer's order: what a responder can narrow to (RFC 7296 section 2.9). Often empty. */
      readonly narrowed: readonly TrafficSelector[];
    };

/**
 * Checks what an authenticated peer claims. RFC 4301 section 4.4.3.4: "It is necessary to impose these constraints on creation of child SAs to
 * prevent an authenticated peer from spoofing IDs associated with other, legitimate peers."
 *
 * @param entry what `findPeer` found for this peer.
 * @param identity the identity that the peer proved.
 * @param claimed the traffic selectors for the peer's own end: TSi when the peer is the initiator, else TSr.
 */
export function authorizeChild(entry: PadEntry, identity: Identity, claimed: readonly TrafficSelector[]): ChildVerdict {
  const { lookup, addresses } = entry.child;
  // RFC 4301 section 4.4.3.3: "If the entry indicates that the IKE ID is to be used, then the PAD entry ID field defines the authorized set of IDs."
  if (!matchesId(entry.id, identity)) {
    const explanation = `${formatIdentity(identity)} is not among the identities of this PAD entry, ${formatPadId(entry.id)}`;
    return { ok: false, explanation, narrowed: [] };
  }
  if (claimed.length === 0) return { ok: false, explanation: 'the peer claims no addresses', narrowed: [] };
  const beyond = addresses && claimed.find((selector) => subtractRanges(selector.addresses, addresses).length > 0);
  if (addresses && beyond) return refuse(beyond, claimed, addresses);
  return { ok: true, lookup: lookup === 'id' ? { by: 'name', identity } : { by: 'addresses' } };
}

function refuse(beyond: TrafficSelector, claimed: readonly TrafficSelector[], addresses: readonly AddressRange[]): ChildVerdict {
  const allowed = addresses.map((range): TrafficSelector => ({ protocol: ANY, addresses: range, ports: ANY }));
  const [first] = subtractRanges(beyond.addresses, addresses);
  const explanation = `the peer claims ${formatTrafficSelector(beyond)}, but ${formatRange(first!)} is not among the addresses it may claim: ${addresses.map(formatRange).join(', ')}`;
  return { ok: false, explanation, narrowed: narrowSelectors(claimed, allowed) };
}
