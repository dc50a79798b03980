/**
 * What came out of an SA: may it? RFC 4301 sections 5.2 (4) and (5), 6.2 and 7.
 *
 * @module
 */
import type { Flow, IpPacket } from '../ip.js';
import type { SadEntry } from '../sad.js';
import { findInbound, findOutbound } from '../spd.js';
import { ANY, containsFlow, type SelectorSet } from '../traffic-selector.js';
import type { DiscardReason } from './audit.js';
import { placeOf } from './choose.js';
import type { Databases } from './databases.js';
import { logIcmp, quotedFlowOf, readIcmp } from './icmp.js';
import type { Pass } from './pass.js';
import { findTracked, isInitialFragment, needsPorts, trackInitial } from './tracker.js';

/** Why a packet may not come out of an SA. */
export interface Mismatch {
  /** Why, in a word. */
  readonly reason: Extract<DiscardReason, 'selectors' | 'fragment' | 'icmp-rejected'>;
  /** For the log. */
  readonly detail: string;
}

/**
 * RFC 4301 section 5.2 (4): "Then match the packet against the inbound selectors identified by the SAD entry to verify that the received
 * packet is appropriate for the SA via which it was received."
 *
 * @param packet what came out of the innermost SA.
 * @returns undefined: it may pass.
 */
export function checkSelectors(pass: Pass, entry: SadEntry, packet: Uint8Array, decoded: IpPacket, flow: Flow): Mismatch | undefined {
  const { db } = pass;
  const place = placeOf(db, entry);
  const selectors = entry.sa.selectors ?? place?.policy.selectors;
  if (decoded.fragment && !(decoded.fragment.offset === 0 && !decoded.fragment.more)) {
    return checkFragment(pass, entry, selectors, decoded, flow);
  }
  const message = readIcmp(packet, decoded);
  if (message?.error) logIcmp(pass, message, { decoded, entry });
  const carried = carries(db, selectors, flow);
  if (carried && !(message?.error && db.options.icmp.checkPayload === 'always')) return undefined;
  if (!message?.error) return { reason: 'selectors', detail: 'not what this SA may carry' };
  // RFC 4301 section 6.2: "the receiver must extract the header of the triggering packet from the ICMP payload, and reverse fields as
  // described above to determine if the packet is consistent with the selectors for the SA via which the ICMP error message was received.
  // If the packet fails this check, the IPsec implementation MUST NOT forwarded the ICMP message to the destination."
  const quoted = quotedFlowOf(message);
  if (quoted && carriesOutbound(db, selectors, quoted)) return undefined;
  return { reason: 'icmp-rejected', detail: 'it speaks of a packet that this SA does not carry' };
}

/**
 * Without selectors of its own an SA carries what policy wants protected: RFC 4301 section 4.4.1: "an ordered search of SPD MUST be
 * performed to verify that inbound traffic arriving on an SA is consistent with the access control policy expressed in the SPD."
 */
function carries(db: Databases, selectors: readonly SelectorSet[] | undefined, flow: Flow): boolean {
  return selectors ? containsFlow(selectors, flow, 'inbound') : findInbound(db.spd, flow)?.action === 'PROTECT';
}

function carriesOutbound(db: Databases, selectors: readonly SelectorSet[] | undefined, flow: Flow): boolean {
  return selectors ? containsFlow(selectors, flow, 'outbound') : findOutbound(db.spd, flow)?.action === 'PROTECT';
}

/** RFC 4301 section 7: a piece of a packet inside a tunnel. */
function checkFragment(
  pass: Pass,
  entry: SadEntry,
  selectors: readonly SelectorSet[] | undefined,
  decoded: IpPacket,
  flow: Flow,
): Mismatch | undefined {
  const { db, now } = pass;
  const context = `sa ${entry.serial}`;
  const initial = isInitialFragment(flow, decoded);
  if (carries(db, selectors, flow)) {
    if (initial && entry.statefulFragments) trackInitial(db.tracker, context, flow, decoded, now);
    return initial || !needsPorts(flow.protocol) || takesAllPorts(selectors, flow) ? undefined : checkOffset(db, decoded);
  }
  if (initial) return { reason: 'selectors', detail: 'not what this SA may carry' };
  // RFC 4301 section 7.3: "a receiver MUST discard non-initial fragments that arrive on an SA with non-trivial port (or ICMP type/code or MH
  // type) selector values unless this feature has been negotiated."
  if (!entry.statefulFragments) return { reason: 'fragment', detail: 'a fragment without ports on an SA with ports' };
  const whole = findTracked(db.tracker, context, flow, decoded, now);
  return whole && carries(db, selectors, whole) ? undefined : { reason: 'fragment', detail: 'its first fragment did not come on this SA' };
}

/** Method 1, section 7.1: the SA carries "all traffic including initial and non-initial fragments". */
function takesAllPorts(selectors: readonly SelectorSet[] | undefined, flow: Flow): boolean {
  return selectors?.some((set) => set.localPorts === ANY && set.remotePorts === ANY && containsFlow([set], flow, 'inbound')) ?? false;
}

/**
 * Method 2, section 7.2: an SA for non-initial fragments alone. "Receivers MUST perform a minimum offset check on IPv4 (non-initial)
 * fragments to protect against overlapping fragment attacks when SAs of this type are employed.  Because such checks cannot be performed on
 * IPv6 non-initial fragments, users and administrators are advised that carriage of such fragments may be dangerous, and implementers may
 * choose to NOT support such SAs for IPv6 traffic."
 */
function checkOffset(db: Databases, { version, fragment }: IpPacket): Mismatch | undefined {
  const { opaqueFragmentsV6, minFragmentOffset } = db.options;
  if (version === 6) return opaqueFragmentsV6 ? undefined : { reason: 'fragment', detail: 'an IPv6 fragment on an SA for fragments' };
  return fragment!.offset >= minFragmentOffset ? undefined : { reason: 'fragment', detail: `a fragment at octet ${fragment!.offset}` };
}
