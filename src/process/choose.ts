/**
 * From a policy to the SAs that serve it, and from an SA to its policy.
 *
 * RFC 4301 section 4.3 leaves bundles of SAs to "a management interface that enables a user or administrator to express the nesting
 * requirement": here a policy may have several layers of protection, and each layer is served by SAs of its own.
 *
 * @module
 */
import type { SecurityAssociation } from '../association.js';
import { IpsecError } from '../errors.js';
import type { Flow } from '../ip.js';
import { addSa, checkTraffic, listSas, newestSa, type PolicyKey, type SadEntry, type SadEntryOptions, takesDscp } from '../sad.js';
import type { ProcessingInfo, ProtectPolicy } from '../spd.js';
import { containsFlow, type Direction } from '../traffic-selector.js';
import { type Attachment, attachToSa, type Databases } from './databases.js';

/** What {@link addProtectingSa} takes. */
export interface ProtectingSaOptions extends Omit<SadEntryOptions, 'policy'>, Omit<Attachment, 'policy'> {
  /** The policy that the SA serves. */
  readonly policy: ProtectPolicy;
}

/**
 * Puts an SA into the SAD for one layer of a policy: which is by default its innermost ESP or AH.
 *
 * @returns its entry.
 * @throws IpsecError `invalid-argument` when the layer is none or is not of this SA's protocol and mode; and as `addSa` does.
 */
export function addProtectingSa(db: Databases, sa: SecurityAssociation, options: ProtectingSaOptions): SadEntry {
  const { policy, layer = saLayers(policy)[0] ?? 0, ipcomp, checksumFix, innerDscp, ...rest } = options;
  const info = policy.processing[layer];
  if (info?.protocol !== sa.protocol || info.mode !== sa.mode) {
    throw new IpsecError('invalid-argument', 'an SA for a layer of a policy', {
      path: 'layer',
      expected: info ? `${info.protocol} in ${info.mode} mode` : `0 to ${policy.processing.length - 1}`,
      found: info ? `${sa.protocol} in ${sa.mode} mode` : String(layer),
    });
  }
  const entry = addSa(db.sad, sa, { statefulFragments: policy.fragments === 'stateful', ...rest, policy: keyOf(policy, layer) });
  attachToSa(db, entry, { policy, layer, ipcomp, checksumFix, innerDscp });
  return entry;
}

/** Under what the SAs of a layer are found in the SAD: the policy, or in a bundle the layer. */
function keyOf(policy: ProtectPolicy, layer: number): PolicyKey {
  return policy.processing.length === 1 ? policy : policy.processing[layer]!;
}

/** The layers of a policy that are SAs, innermost first; IPComp goes along with the SA around it. */
export function saLayers(policy: ProtectPolicy): number[] {
  return policy.processing.flatMap(({ protocol }, i) => (protocol === 'IPCOMP' ? [] : [i]));
}

/** The policy of an SA and its layer in it. */
export interface Place {
  /** The policy. */
  readonly policy: ProtectPolicy;
  /** Which of its layers, 0 the innermost. */
  readonly layer: number;
}

/** Where an SA belongs; undefined for one that was added without a policy, as RFC 4301 section 4.4.2 has it for manual keys. */
export function placeOf(db: Databases, entry: SadEntry): Place | undefined {
  const attached = db.attachments.get(entry);
  if (attached?.policy) return { policy: attached.policy, layer: attached.layer ?? saLayers(attached.policy)[0] ?? 0 };
  const { policy } = entry;
  return isProtectPolicy(policy) ? { policy, layer: saLayers(policy)[0] ?? 0 } : undefined;
}

function isProtectPolicy(key: PolicyKey | undefined): key is ProtectPolicy {
  return typeof key === 'object' && 'action' in key && key.action === 'PROTECT';
}

/** How an SA is applied, where a policy says so. */
export function processingOf(db: Databases, entry: SadEntry): ProcessingInfo | undefined {
  const place = placeOf(db, entry);
  return place?.policy.processing[place.layer];
}

/** Whether an SA carries whole packets in a tunnel: its own, or that of the compression in front of it. */
export function tunnels(db: Databases, entry: SadEntry): boolean {
  return entry.sa.mode === 'tunnel' || db.attachments.get(entry)?.ipcomp?.mode === 'tunnel';
}

/** What an SA has to take. */
export interface Wanted {
  /** The packet's flow; undefined for layers around others, whose packets are those of the layer inside. */
  readonly flow: Flow | undefined;
  /** Which way that flow goes; `inbound` for the packet that an ICMP error speaks of. */
  readonly direction: Direction;
  /** The packet's DSCP, 0 to 63. */
  readonly dscp: number;
  /** Octets of the packet. */
  readonly octets: number;
}

/**
 * The SA that takes a packet for one layer of a policy: the newest that fits its selectors and its DSCP. RFC 4301 section 4.4.2.1: "If one
 * or more values are specified, these are used to select one SA among several that match the traffic selectors for an outbound packet."
 *
 * @param spent receives the SAs that had ended.
 */
export function chooseSa(
  db: Databases,
  { policy, layer }: Place,
  { flow, direction, dscp, octets }: Wanted,
  now: number,
  spent: SadEntry[],
): SadEntry | undefined {
  for (let entry = newestSa(db.sad, keyOf(policy, layer)); entry; entry = entry.older) {
    if (flow && entry.sa.selectors && !containsFlow(entry.sa.selectors, flow, direction)) continue;
    if (!takesDscp(entry, dscp)) continue;
    if (checkTraffic(db.sad, entry, octets, now) !== 'hard') return entry;
    spent.push(entry);
  }
  return undefined;
}

/** Why an SA had ended. */
export function endOf({ sa, limits, direction }: SadEntry): 'expired' | 'sequence-overflow' {
  return direction === 'outbound' && sa.seq >= limits.hardSeq ? 'sequence-overflow' : 'expired';
}

/**
 * The SAs whose policy is no longer in the SPD. RFC 4301 section 4.4.1: "If a change is made to the SPD while the system is running, a check
 * SHOULD be made of the effect of this change on extant SAs." What to do with them is the administrator's: `removeSa`, or nothing.
 */
export function findStaleSas(db: Databases): SadEntry[] {
  const policies = new Set<PolicyKey>(db.spd.entries);
  return listSas(db.sad).filter((entry) => {
    const place = placeOf(db, entry);
    return place !== undefined && !policies.has(place.policy);
  });
}
