/**
 * Outbound processing: RFC 4301 section 5.1, with fragments (7), ICMP errors (6.2) and path MTU (8).
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import {
  addFragment,
  decodeIp,
  type Flow,
  fragmentKind,
  fragmentPacket,
  type IpPacket,
  isMulticast,
  OPAQUE,
  readFlow,
  trafficClassOf,
} from '../ip.js';
import type { SadEntry } from '../sad.js';
import { findInbound, findOutbound, type ProtectPolicy, selectorsForSa, type SpdEntry } from '../spd.js';
import { containsFlow, type Direction } from '../traffic-selector.js';
import { chooseSa, endOf, saLayers, tunnels } from './choose.js';
import type { Databases } from './databases.js';
import { loopsBack } from './forward.js';
import { answerRefusal, answerTooBig, isListed, isOwnAddress, logIcmp, orUndefined, quotedFlowOf, readIcmp, type Refusal } from './icmp.js';
import { createPass, discard, finish, note, type Outcome, type Pass, refusalOf } from './pass.js';
import { cutOuter, fitPacket, sealedFlow, sealLayers } from './protect.js';
import type { DiscardResult, OutboundResult } from './result.js';
import { findTracked, isInitialFragment, trackInitial } from './tracker.js';

type Out = Outcome<OutboundResult>;

/** What a multi-user host knows of who sends a packet. */
export interface Sender {
  /** RFC 4301 section 4.4.1.1: "A named SPD entry may be used by an initiator to identify a user for whom an IPsec SA will be created (or for whom traffic may be bypassed)." */
  readonly user?: Uint8Array | undefined;
}

/**
 * Decides about one packet from the protected side and applies what policy says.
 *
 * It throws nothing for what is in a packet; a configuration under which a packet cannot be sealed (a tunnel without its ends) throws an
 * `IpsecError` that says so. Only the databases change; a packet that is discarded costs at most sequence numbers.
 *
 * @param db the context: see `createDatabases`.
 * @param packet one IP packet, not changed; octets behind its own length are ignored.
 * @param now milliseconds on a monotonic clock.
 * @param sender what is known of who sends.
 * @throws IpsecError for a wrong configuration alone.
 *
 * @example
 * ```ts
 * import { encodeUdp, parseAddress } from 'ipsec-ts/ip';
 * import { createDatabases, processOutbound } from 'ipsec-ts/process';
 * import { createSpd, parsePolicies } from 'ipsec-ts/spd';
 *
 * const spd = createSpd(parsePolicies([{ action: 'PROTECT', remote: '198.51.100.0/24', processing: { protocol: 'ESP', mode: 'transport' } }]));
 * const db = createDatabases({ addresses: ['192.0.2.1'], spd });
 * const send = (to: string) => processOutbound(db, encodeUdp({ source: parseAddress('192.0.2.1'), destination: parseAddress(to) }, 1, 2, new Uint8Array(3)), 0);
 * if (send('198.51.100.7').action !== 'acquire') throw new Error('IKE is asked for an SA');
 * if (send('203.0.113.1').action !== 'discard') throw new Error('no policy: discarded');
 * ```
 */
export function processOutbound(db: Databases, packet: Uint8Array, now: number, sender: Sender = {}): OutboundResult {
  const pass = createPass(db, 'outbound', now, sender.user);
  return finish(pass, enter(pass, packet));
}

/**
 * Discards a packet for which IKE could not make an SA: RFC 4301 section 5.1.1 (b1), `prohibited`, and (b2), `unreachable`.
 *
 * @param packet the one that `acquire` came with.
 * @returns the discard with the ICMP message for its sender.
 */
export function discardPending(db: Databases, packet: Uint8Array, refusal: Refusal, now: number): DiscardResult {
  const pass = createPass(db, 'outbound', now);
  const decoded = orUndefined(() => decodeIp(packet, pass.db.options.extensions));
  if (!decoded) return finish(pass, discard(pass, 'malformed', {}));
  const answer = answerRefusal(db, packet, refusal, now);
  return finish(pass, discard(pass, refusal, { decoded, flow: readFlow(packet, decoded) }, answer && { answer }));
}

/** A packet as it comes from the protected interface. */
function enter(pass: Pass, packet: Uint8Array): Out {
  const { db, now } = pass;
  const decoded = orUndefined(() => decodeIp(packet, pass.db.options.extensions));
  if (!decoded) return discard(pass, 'malformed', { detail: 'no IP packet' });
  if (isOwnAddress(db, decoded.destination) && !isMulticast(decoded.destination)) return keepHere(pass, packet, decoded);
  if (!decoded.fragment || !db.options.reassembleOutbound) return decide(pass, packet, decoded, 1);
  // RFC 4301 appendix D.1: "a BITS implementation might have to reassemble fragments before performing an SA lookup."
  const result = addFragment(db.outboundReassembler, packet, now);
  if (result.type === 'kept') return { action: 'more' };
  if (result.type === 'refused') return discard(pass, 'fragment', { decoded, detail: result.reason });
  const whole = orUndefined(() => decodeIp(result.packet, db.options.extensions));
  return whole ? decide(pass, result.packet, whole, 1) : discard(pass, 'malformed', { decoded });
}

/** RFC 4301 section 6.1.2: "implementers MUST provide controls to allow local administrators to constrain the processing of ICMP error messages received on the protected side of the boundary, and directed to the IPsec implementation." */
function keepHere(pass: Pass, packet: Uint8Array, decoded: IpPacket): Out {
  const message = readIcmp(packet, decoded);
  if (!message?.error) return { action: 'local', packet };
  logIcmp(pass, message, { decoded });
  return isListed(pass.db.options.icmp.protected, message)
    ? { action: 'local', packet }
    : discard(pass, 'icmp-rejected', { decoded, flow: readFlow(packet, decoded), detail: 'section 6.1.2' });
}

/** Section 5.1 steps 2 and 3: the policy of the packet. */
function decide(pass: Pass, packet: Uint8Array, decoded: IpPacket, depth: number): Out {
  const { db, now } = pass;
  const shown = readFlow(packet, decoded);
  const initial = isInitialFragment(shown, decoded);
  const tracked = decoded.fragment && !initial ? findTracked(db.tracker, 'out', shown, decoded, now) : undefined;
  const flow = tracked ?? shown;
  const policy = policyOf(pass, flow);
  if (policy === undefined || policy.action === 'DISCARD') return refuse(pass, policy, packet, decoded, flow);
  if (initial && policy.fragments === 'stateful') trackInitial(db.tracker, 'out', flow, decoded, now);
  if (policy.action !== 'PROTECT') return { action: 'bypass', packet };
  return protect(pass, policy, { packet, decoded, flow, asked: flow, direction: 'outbound', tracked: tracked !== undefined }, depth);
}

/** The first entry that matches: one with names of local users is for these alone. */
function policyOf({ db, user }: Pass, flow: Flow): SpdEntry | undefined {
  const first = findOutbound(db.spd, flow);
  const serves = ({ localNames }: SpdEntry): boolean =>
    localNames === undefined || (user !== undefined && localNames.some((name) => equalBytes(name, user)));
  if (first === undefined || serves(first)) return first;
  const { entries } = db.spd;
  for (let i = entries.indexOf(first) + 1; i < entries.length; i++) {
    const entry = entries[i]!;
    if (entry.direction !== 'in' && serves(entry) && containsFlow(entry.selectors, flow, 'outbound')) return entry;
  }
  return undefined;
}

/** No policy, or DISCARD. */
function refuse(pass: Pass, policy: SpdEntry | undefined, packet: Uint8Array, decoded: IpPacket, flow: Flow): Out {
  const message = readIcmp(packet, decoded);
  if (message?.error && !speaksOfIcmp(policy, decoded.protocol)) {
    // RFC 4301 section 6.2: "If no SA exists that would carry the outbound ICMP message in question, and if no SPD entry would allow carriage
    // of this outbound ICMP error message, then an IPsec implementation MUST map the message to the SA that would carry the return traffic
    // associated with the packet that triggered the ICMP error message."
    logIcmp(pass, message, { decoded });
    const asked = quotedFlowOf(message);
    const about = asked && findInbound(pass.db.spd, asked);
    if (asked && about?.action === 'PROTECT')
      return protect(pass, about, { packet, decoded, flow, asked, direction: 'inbound', tracked: false }, 1);
    // "If no such SA exists, no SA will be created, and this is an auditable event."
    return discard(pass, 'icmp-rejected', { decoded, flow, detail: 'no SA for what the error speaks of' });
  }
  // RFC 4301 section 5.1.1: "The audit log entry for this event SHOULD include the reason, current date/time, and the selector values from
  // the packet."
  const answer = answerRefusal(pass.db, packet, 'prohibited', pass.now);
  return discard(pass, policy ? 'policy' : 'no-policy', { decoded, flow, detail: policy?.name }, answer && { answer });
}

/** Whether an entry was written about ICMP, so that it decides about ICMP errors; one about everything only says that nothing else fits. */
function speaksOfIcmp(policy: SpdEntry | undefined, protocol: number): boolean {
  return policy?.selectors.some((set) => set.protocol === protocol) ?? false;
}

/** A packet under a policy that protects. */
interface Guarded {
  readonly packet: Uint8Array;
  readonly decoded: IpPacket;
  /** The packet's own flow. */
  readonly flow: Flow;
  /** The flow that the SA has to carry: an ICMP error asks for that of the packet it speaks of. */
  readonly asked: Flow;
  /** Which way `asked` goes. */
  readonly direction: Direction;
  /** Whether the ports in `flow` are those of an earlier fragment. */
  readonly tracked: boolean;
}

/**
 * Section 5.1 step 3a: IPsec processing.
 *
 * @param limit octets that the next pass over the boundary takes, when it has said so.
 */
function protect(pass: Pass, policy: ProtectPolicy, guarded: Guarded, depth: number, limit?: number): Out {
  const { db, now } = pass;
  const { packet, decoded, flow, tracked } = guarded;
  const path = findPath(pass, policy, guarded);
  if (!Array.isArray(path)) return path;
  const [innermost] = path as [SadEntry];
  // RFC 4301 section 4.1: "AH and ESP cannot be applied using transport mode to IPv4 packets that are fragments.  Only tunnel mode can be
  // employed in such cases.  For IPv6, it would be feasible to carry a plaintext fragment on a transport mode SA; however, for simplicity,
  // this restriction also applies to IPv6 packets."
  if (!tunnels(db, innermost) && fragmentKind(packet) > 0)
    return discard(pass, 'fragment', { decoded, flow, entry: innermost, detail: 'a fragment in transport mode' });
  // RFC 4301 section 4.1: "the use of transport mode by an intermediate system (e.g., a security gateway) is permitted only when applied to
  // packets whose source address (for outbound packets) or destination address (for inbound packets) is an address belonging to the
  // intermediate system itself."
  if (!tunnels(db, innermost) && !isOwnAddress(db, flow.source))
    return discard(pass, 'policy', { decoded, flow, entry: innermost, detail: "transport mode for somebody else's packet" });
  // RFC 4301 section 7.3: "If an implementation does not successfully negotiate transmission of non-initial fragments for such an SA, it
  // MUST NOT send such fragments over the SA."
  if (tracked && !innermost.statefulFragments)
    return discard(pass, 'fragment', { decoded, flow, entry: innermost, detail: 'fragments without ports were not agreed on' });
  const outside = path.reduce((inside, entry) => sealedFlow(entry, inside), flow);
  const loops = loopsBack(db.options.forwarding.unprotected, outside, 'outbound');
  const link = limit ?? (loops ? Infinity : db.options.linkMtu);
  const fit = fitPacket(db, packet, decoded, path, mayCutBefore(db, policy, innermost, guarded), link, now);
  if (fit.how === 'refuse') return tooBig(pass, packet, decoded, flow, fit.mtu, depth);
  const sealed = refusalOf(() => {
    if (fit.how === 'cut-before') return fragmentPacket(packet, fit.mtu);
    const outer = sealLayers(db, packet, path, link, now);
    return fit.how === 'cut-after' ? cutOuter(db, outer, fit.mtu) : [outer];
  });
  if (typeof sealed === 'string') return discard(pass, sealed, { decoded, flow, entry: innermost });
  // RFC 4301 section 5.1: "The resulting fragments are evaluated against the SPD in the normal manner."
  if (fit.how === 'cut-before')
    return together(sealed.map((piece) => decide(pass, piece, decodeIp(piece, pass.db.options.extensions), depth)));
  if (!loops) return { action: 'send', packets: sealed, path };
  const again = together(sealed.map((outer) => loop(pass, outer, depth + 1)));
  if (again.action === 'send') return { ...again, path: [...path, ...again.path] };
  if (again.action === 'bypass') return { action: 'send', packets: [again.packet], path };
  // What the next pass finds too big was made by this one: the packet itself has to be smaller.
  if (again.action === 'icmp' && limit === undefined) return protect(pass, policy, guarded, depth, again.mtu);
  return again;
}

/** Whether an SA may carry the packet in pieces: in a tunnel, if its selectors let pieces through that show no ports (section 7). */
function mayCutBefore(db: Databases, policy: ProtectPolicy, innermost: SadEntry, { asked, direction }: Guarded): boolean {
  if (!tunnels(db, innermost)) return false;
  const piece: Flow = { ...asked, sourcePort: OPAQUE, destinationPort: OPAQUE };
  return innermost.statefulFragments || containsFlow(innermost.sa.selectors ?? policy.selectors, piece, direction);
}

/** The SAs of all layers, innermost first; or what happens because one is missing. */
function findPath(pass: Pass, policy: ProtectPolicy, { packet, decoded, flow, asked, direction }: Guarded): SadEntry[] | Out {
  const { db, now } = pass;
  const layers = saLayers(policy);
  const path: SadEntry[] = [];
  const spent: SadEntry[] = [];
  const dscp = trafficClassOf(packet) >>> 2;
  for (const layer of layers) {
    const wanted = { flow: layer === layers[0] ? asked : undefined, direction, dscp, octets: decoded.totalLength };
    const entry = chooseSa(db, { policy, layer }, wanted, now, spent);
    if (!entry) break;
    path.push(entry);
  }
  if (path.length === layers.length && path.length > 0) return path;
  // RFC 4301 section 4.4.2.1: "The audit log entry for this event SHOULD include the SPI value, current date/time, Local Address, Remote
  // Address, and the selectors from the relevant SAD entry."
  // RFC 4303 section 3.3.3 adds, of an overflow: "and (in IPv6) the cleartext Flow ID"
  const flowLabel = decoded.version === 6 ? decoded.flowLabel : undefined;
  for (const entry of spent) note(pass, endOf(entry), { entry, seq: entry.sa.seq, flowLabel });
  if (direction === 'inbound') return discard(pass, 'icmp-rejected', { decoded, flow, detail: 'no SA for what the error speaks of' });
  return acquire(pass, policy, packet, decoded, flow, spent);
}

/** RFC 4301 section 5.1 (3b): "If the SPD entry calls for PROTECT, i.e., creation of an SA, the key management mechanism (e.g., IKEv2) is invoked to create the SA." */
function acquire(pass: Pass, policy: ProtectPolicy, packet: Uint8Array, decoded: IpPacket, flow: Flow, spent: readonly SadEntry[]): Out {
  const { db, now } = pass;
  if (!db.options.keyManagement) {
    const answer = answerRefusal(db, packet, 'unreachable', now);
    const [last] = spent;
    return discard(pass, last ? endOf(last) : 'no-sa', { decoded, flow, detail: policy.name }, answer && { answer });
  }
  // RFC 4301 section 4.4.1.1, of entries for local users: "The initiator's IP source address (from inner IP header in tunnel mode) is used
  // to replace the following if and when they are created: - local address in the SPD cache entry - local address in the outbound SAD entry"
  const selectors = selectorsForSa(policy.localNames ? { ...policy, pfp: [...(policy.pfp ?? []), 'local'] } : policy, flow);
  // RFC 4301 section 4.4.2.2, "discard packet": a value is to come from the packet, which does not show it.
  if (!selectors) return discard(pass, 'fragment', { decoded, flow, detail: 'no value to populate from the packet' });
  return { action: 'acquire', policy, selectors, packet };
}

function tooBig(pass: Pass, packet: Uint8Array, decoded: IpPacket, flow: Flow, mtu: number, depth: number): Out {
  note(pass, 'too-big', { decoded, flow, detail: `${decoded.totalLength} octets where ${mtu} fit` });
  // A packet that this device itself made in the pass before has no sender to be told.
  return { action: 'icmp', mtu, answer: depth === 1 ? answerTooBig(pass.db, packet, mtu, pass.now) : undefined };
}

/** Section 5.1 step 4: "This function may cause the packet to be passed back across the IPsec boundary, for additional IPsec processing, e.g., in support of nested SAs." */
function loop(pass: Pass, packet: Uint8Array, depth: number): Out {
  const decoded = decodeIp(packet, pass.db.options.extensions);
  const flow = readFlow(packet, decoded);
  if (depth > pass.db.options.maxPasses)
    return discard(pass, 'nesting', { decoded, flow, detail: `more than ${pass.db.options.maxPasses} passes` });
  // "If so, there MUST be an entry in SPD-I database that permits inbound bypassing of the packet, otherwise the packet will be discarded."
  const entry = findInbound(pass.db.spd, flow);
  if (entry?.action !== 'BYPASS')
    return discard(pass, entry ? 'policy' : 'no-policy', { decoded, flow, detail: 'a looped packet needs BYPASS in SPD-I' });
  return decide(pass, packet, decoded, depth);
}

/** What becomes of a packet in pieces: they are sent, those that can be; if none can, the first one says why. */
function together(outcomes: readonly Out[]): Out {
  const sent = outcomes.flatMap((o) => (o.action === 'send' ? [o] : []));
  return sent[0] ? { ...sent[0], packets: sent.flatMap((o) => o.packets) } : outcomes[0]!;
}
