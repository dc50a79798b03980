/**
 * Named entries: RFC 4301 section 4.4.1.1 "Name".
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import type { AddressRange } from '../ip.js';
import { ANY, equalIdentities, type Identity, type SelectorSet } from '../traffic-selector.js';
import type { Spd } from './database.js';
import type { SpdEntry } from './types.js';

/**
 * The first entry with this name: what a responder looks for when the PAD says that the IKE ID is the key. RFC 4301 section 4.4.1.1: "The name
 * used to match this field is communicated during the IKE negotiation in the ID payload."
 */
export function findNamed(spd: Spd, identity: Identity): SpdEntry | undefined {
  return spd.entries.find((entry) => entry.names?.some((name) => equalIdentities(name, identity)));
}

/** The first entry with this name of a local user, "likely to be Unix UIDs, Windows security IDs, or something similar" (section 4.4.1.1, case 2). */
export function findLocalName(spd: Spd, name: Uint8Array): SpdEntry | undefined {
  return spd.entries.find((entry) => entry.localNames?.some((own) => equalBytes(own, name)));
}

/**
 * A named entry for one peer whose addresses are known now: an entry without names, to be inserted before the named one for as long as
 * the SA lives. RFC 4301 section 4.4.1.1: "the initiator's Source IP address (inner IP header in tunnel mode) is bound to the Remote IP address in
 * the SAD entry created by the IKE negotiation.  This address overrides the Remote IP address value in the SPD".
 *
 * @param remote the peer's addresses; selector sets without their family are left out.
 */
export function bindRemote(entry: SpdEntry, remote: readonly AddressRange[]): SpdEntry {
  const selectors = entry.selectors.flatMap((set): SelectorSet[] => {
    const fitting = remote.filter((range) => set.local === ANY || set.local.some((local) => local.start.length === range.start.length));
    return fitting.length > 0 ? [{ ...set, remote: fitting }] : [];
  });
  return { ...entry, selectors, names: undefined };
}
