/**
 * Stateful fragment checking, RFC 4301 sections 7.3 and 7.4: what the initial fragment of a datagram said, for the pieces that follow.
 *
 * Of the two ways of appendix D.6 this is the second, "establishing and maintaining minimal state from each initial fragment
 * encountered, to allow non-initial fragments to be matched to the right SAs or SPD/cache entries." A piece that comes before its
 * initial fragment is dropped: D.6 lets it "be cached or discarded".
 *
 * @module
 */
import type { Flow, IpPacket } from '../ip.js';
import { OPAQUE } from '../ip.js';
import { hasOneSelector, hasPorts } from '../traffic-selector.js';

/** Bounds of a {@link FragmentTracker}. */
export interface TrackerLimits {
  /** Datagrams that are remembered; at the bound the oldest goes. */
  readonly datagrams: number;
  /** Milliseconds after which a datagram is forgotten. */
  readonly age: number;
}

/** What an initial fragment said. */
export interface TrackedDatagram {
  /** Milliseconds: when it came. */
  readonly born: number;
  /** Next Layer Protocol. */
  readonly protocol: number;
  /** Source port or what stands in its place. */
  readonly sourcePort: number;
  /** Destination port or what stands in its place. */
  readonly destinationPort: number;
  /** Octets of the datagram that the initial fragment holds: no other piece may begin before. Mutable. */
  end: number;
}

/** The datagrams whose initial fragment was let through. One owner changes it, through the functions of this file. */
export interface FragmentTracker {
  /** The bounds it was made with. */
  readonly limits: TrackerLimits;
  /** By the context, the addresses, the Identification and in IPv4 the protocol; the oldest first. */
  readonly datagrams: Map<string, TrackedDatagram>;
}

/** An empty tracker. Default: 1024 datagrams, 60 seconds. */
export function createFragmentTracker(limits: Partial<TrackerLimits> = {}): FragmentTracker {
  return { limits: { datagrams: 1024, age: 60_000, ...limits }, datagrams: new Map() };
}

/**
 * Whether a piece is what RFC 4301 section 4.4 calls an initial fragment: "a fragment that contains all the selector values needed for
 * access control." The first fragment of a datagram that is cut before its ports is not one.
 */
export function isInitialFragment(flow: Flow, decoded: IpPacket): boolean {
  return decoded.fragment?.offset === 0 && (flow.sourcePort !== OPAQUE || !needsPorts(flow.protocol));
}

/** Whether the packets of a protocol show ports, or a message type in their place, unless they are pieces. */
export function needsPorts(protocol: number): boolean {
  return protocol === OPAQUE || hasPorts(protocol) || hasOneSelector(protocol);
}

/**
 * Remembers an initial fragment that policy lets through.
 *
 * @param context what the pieces have to have in common besides the datagram: a direction, an SA.
 */
export function trackInitial(tracker: FragmentTracker, context: string, flow: Flow, decoded: IpPacket, now: number): void {
  expireTracked(tracker, now);
  const key = keyOf(context, decoded);
  const end = dataLength(decoded);
  const known = tracker.datagrams.get(key);
  if (known && samePorts(known, flow)) {
    known.end = Math.max(known.end, end);
    return;
  }
  // Another initial fragment with the same Identification but other ports: the later one counts, for itself and from now on.
  tracker.datagrams.delete(key);
  while (tracker.datagrams.size >= tracker.limits.datagrams) tracker.datagrams.delete(tracker.datagrams.keys().next().value!);
  const { protocol, sourcePort, destinationPort } = flow;
  tracker.datagrams.set(key, { born: now, protocol, sourcePort, destinationPort, end });
}

/**
 * The flow of a piece without ports, with those of its initial fragment.
 *
 * @returns undefined when the initial fragment has not been let through, or when the piece would lie over a part of it: RFC 4301
 *   section 7.3: "the receiver MUST discard non-initial fragments that do not comply with the security policy applied to the overall
 *   packet."
 */
export function findTracked(tracker: FragmentTracker, context: string, flow: Flow, decoded: IpPacket, now: number): Flow | undefined {
  expireTracked(tracker, now);
  const known = tracker.datagrams.get(keyOf(context, decoded));
  if (!known || !decoded.fragment || decoded.fragment.offset < known.end) return undefined;
  return { ...flow, protocol: known.protocol, sourcePort: known.sourcePort, destinationPort: known.destinationPort };
}

function expireTracked({ datagrams, limits }: FragmentTracker, now: number): void {
  for (const [key, { born }] of datagrams) {
    if (now - born < limits.age) return; // the oldest stand in front
    datagrams.delete(key);
  }
}

function samePorts(known: TrackedDatagram, flow: Flow): boolean {
  return known.protocol === flow.protocol && known.sourcePort === flow.sourcePort && known.destinationPort === flow.destinationPort;
}

/** Octets of fragmentable data in the first fragment. */
function dataLength({ version, totalLength, headerLength, fragment }: IpPacket): number {
  return totalLength - (version === 4 ? headerLength : fragment!.headerOffset + 8);
}

function keyOf(context: string, { version, source, destination, protocol, fragment }: IpPacket): string {
  const id = fragment!.id;
  return `${context}|${String.fromCharCode(...source, ...destination, version === 4 ? protocol : 0, id >>> 16, id & 0xffff)}`;
}
