/**
 * Takes the protection of a received packet off: all layers of a bundle, each with its SA. RFC 4301 section 5.2 (3a) and (4).
 *
 * @module
 */
import { open as openAh } from '../ah/packet.js';
import { readU32 } from '../bytes.js';
import { open as openEsp } from '../esp/packet.js';
import { decapsulateHeader, decodeIp, fragmentKind, type IpPacket, ipTotalLength, protocols, readFlow, trafficClassOf } from '../ip.js';
import { type IpcompAssociation, open as openIpcomp } from '../ipcomp/packet.js';
import { fixTransportChecksum } from '../nat-t.js';
import { checkTraffic, findInboundSa, type SadEntry } from '../sad.js';
import { placeOf, type Place, saLayers, tunnels } from './choose.js';
import { orUndefined } from './icmp.js';
import { takeToken } from './limiter.js';
import { discard, note, type Outcome, type Pass } from './pass.js';
import type { DiscardResult, Notification } from './result.js';

/** A packet whose protection was taken off. */
export interface Opened {
  /** The clear packet, a fresh array. */
  readonly packet: Uint8Array;
  /** The SAs, outermost first. */
  readonly path: readonly SadEntry[];
  /** Full sequence number on the outermost. */
  readonly seq: number;
}

/**
 * Opens a packet addressed to this device whose upper layer is ESP or AH.
 *
 * @param natted whether it came in UDP.
 */
export function openLayers(pass: Pass, received: Uint8Array, natted: boolean): Opened | Outcome<DiscardResult> {
  const path: SadEntry[] = [];
  let packet = received;
  let seq = 0;
  let inside: Place | undefined;
  do {
    const layer = openLayer(pass, packet, natted && path.length === 0, path.length > 0 ? inside : undefined);
    if ('action' in layer) return layer;
    path.push(layer.entry);
    if (path.length === 1) seq = layer.seq;
    packet = layer.packet;
    inside = layerInside(placeOf(pass.db, layer.entry));
  } while (inside);
  return { packet, path, seq };
}

/** The next layer of a bundle, from the outside in. */
function layerInside(place: Place | undefined): Place | undefined {
  if (!place) return undefined;
  const layer = saLayers(place.policy).findLast((i) => i < place.layer);
  return layer === undefined ? undefined : { policy: place.policy, layer };
}

interface Layer {
  readonly packet: Uint8Array;
  readonly entry: SadEntry;
  readonly seq: number;
}

/** One layer. `expected`: the place in its bundle that the SA has to have, for all layers but the first. */
function openLayer(pass: Pass, packet: Uint8Array, natted: boolean, expected: Place | undefined): Layer | Outcome<DiscardResult> {
  const { db, now } = pass;
  // What came out of the layer around it is the peer's: its lengths fit, its options and extension headers need not.
  const decoded = orUndefined(() => decodeIp(packet));
  if (!decoded) return discard(pass, 'malformed', { detail: 'no IP packet inside' });
  const { protocol: number, upperOffset, version } = decoded;
  const flow = readFlow(packet, decoded);
  if (number !== protocols.ESP && number !== protocols.AH)
    return discard(pass, 'policy', { decoded, flow, detail: 'an inner layer of protection is missing' });
  const protocol = number === protocols.ESP ? 'ESP' : 'AH';
  const at = upperOffset + (protocol === 'AH' ? 4 : 0);
  if (at + 4 > decoded.totalLength) return discard(pass, 'malformed', { decoded, flow, protocol });
  const spi = readU32(packet, at);
  const addresses = version === 4 ? 12 : 8;
  const octets = version === 4 ? 4 : 16;
  const entry = findInboundSa(db.sad, protocol, spi, packet, addresses, addresses + octets, octets);
  // RFC 4301 section 5.2 (3a): "if there is no match, discard the traffic.  This is an auditable event.  The audit log entry for this event
  // SHOULD include the current date/time, SPI, source and destination of the packet, IPsec protocol, and any other selector values of the
  // packet that are available."
  // RFC 4303 section 3.4.2 wants the Sequence Number too: the 32 bits that the packet shows.
  if (!entry) {
    const seq = at + 8 <= decoded.totalLength ? readU32(packet, at + 4) : undefined;
    return discard(pass, 'no-sa', { decoded, flow, spi, protocol, seq }, { notify: invalidSpi(pass, protocol, spi, decoded) });
  }
  const place = placeOf(db, entry);
  const outermost = place && saLayers(place.policy).at(-1);
  if (expected ? place?.policy !== expected.policy || place.layer !== expected.layer : place && place.layer !== outermost)
    return discard(pass, 'policy', { decoded, flow, entry, detail: 'an outer layer of protection is missing' });
  // RFC 4301 section 4.4.2.1 (c): "If the entire packet does not get delivered during the SA's lifetime, the packet SHOULD be discarded."
  if (checkTraffic(db.sad, entry, 0, now) === 'hard') return discard(pass, 'expired', { decoded, flow, entry });
  const verdict = protocol === 'ESP' ? openEsp(entry.sa, packet, now) : openAh(entry.sa, packet, now);
  if (!verdict.ok) {
    // RFC 4303 section 3.4.4.1: a dummy packet "is discarded without further processing": it is not an event.
    if (verdict.drop === 'dummy') return { action: 'discard', reason: 'dummy' };
    return discard(pass, verdict.drop, { decoded, flow, entry, seq: verdict.audit.seq });
  }
  const clear = leaveTunnel(pass, entry, packet, decoded, verdict.packet, natted);
  return 'action' in clear ? clear : { packet: clear.packet, entry, seq: verdict.seq };
}

/** Decompression, ECN and DSCP of the outer header, checksums behind a NAT: what belongs to one SA. */
function leaveTunnel(
  pass: Pass,
  entry: SadEntry,
  outer: Uint8Array,
  decoded: IpPacket,
  opened: Uint8Array,
  natted: boolean,
): { packet: Uint8Array } | Outcome<DiscardResult> {
  const { db } = pass;
  const { ipcomp, checksumFix, innerDscp } = db.attachments.get(entry) ?? {};
  const packet = ipcomp ? decompress(ipcomp, opened) : opened;
  if (!packet || ipTotalLength(packet) < 0) return discard(pass, packet ? 'malformed' : 'ipcomp', { decoded, entry });
  if (!tunnels(db, entry)) {
    // RFC 4301 section 7: "In Section 4.1, transport mode SAs have been defined to not carry fragments (IPv4 or IPv6)."
    if (fragmentKind(packet) !== 0) return discard(pass, 'fragment', { decoded, entry, detail: 'a fragment in transport mode' });
    if (natted && checksumFix) fixTransportChecksum(packet, checksumFix);
    return { packet };
  }
  // RFC 4301 section 5.1.2: "Propagation of ECN values in the other direction are controlled so that only legitimate ECN changes (indicating
  // occurrence of congestion between the tunnel endpoints) are propagated.  By default, DS propagation from an unprotected domain to a
  // protected domain is not permitted."
  const policy = { ecn: entry.sa.tunnelHeader?.ecn ?? 'normal', dscp: innerDscp ?? 'keep' } as const;
  const outcome = decapsulateHeader(trafficClassOf(outer), packet, policy);
  if (outcome.drop) return discard(pass, 'ecn', { decoded, entry, detail: 'CE outside, Not-ECT inside' });
  if (outcome.alarm !== 'none') note(pass, 'ecn-alarm', { decoded, entry, detail: outcome.alarm });
  return { packet };
}

/** RFC 3173 section 2.2: what would not have shrunk was sent "in the original non-compressed form", in tunnel mode inside its tunnel header. */
function decompress(ipcomp: IpcompAssociation, packet: Uint8Array): Uint8Array | undefined {
  const decoded = orUndefined(() => decodeIp(packet));
  if (!decoded) return undefined;
  const { protocol, upperOffset, totalLength } = decoded;
  if (protocol === protocols.IPComp) return openIpcomp(ipcomp, packet);
  if (ipcomp.mode === 'transport') return packet;
  const version = protocol === protocols.IPv4 ? 4 : protocol === protocols.IPv6 ? 6 : 0;
  const inner = packet.slice(upperOffset, totalLength);
  return inner.length > 0 && inner[0]! >>> 4 === version ? inner : undefined;
}

/** RFC 7296 section 1.5 lets INVALID_SPI out where no SA is known; the limit keeps that from being a mirror. */
function invalidSpi(pass: Pass, protocol: 'ESP' | 'AH', spi: number, { source }: IpPacket): Notification | undefined {
  if (!mayNotify(pass)) return undefined;
  return { type: 'INVALID_SPI', protocol, spi, peer: source.slice(), packet: new Uint8Array(0) };
}

/** RFC 4301 section 5.2 (5): "a management control to allow an administrator to configure the IPsec implementation to send or not send this IKE notification, and if this facility is selected, to rate limit the transmission of such notifications." */
export function mayNotify({ db, now }: Pass): boolean {
  return takeToken(db.notifyLimiter, now);
}
