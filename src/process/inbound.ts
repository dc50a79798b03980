/**
 * Inbound processing: RFC 4301 section 5.2, with fragments (7) and ICMP (6).
 *
 * @module
 */
import { addFragment, decodeIp, encodePacket, equalAddresses, type IpPacket, protocols, readFlow } from '../ip.js';
import { decodeNonEspMarker, decodeUdpEncapsulation, type UdpEncapsulated } from '../nat-t.js';
import { findInbound, findOutbound } from '../spd.js';
import type { Databases } from './databases.js';
import { loopsBack } from './forward.js';
import { isListed, isOwnAddress, logIcmp, notePathMtuMessage, orUndefined, readIcmp } from './icmp.js';
import { mayNotify, openLayers, type Opened } from './open.js';
import { createPass, discard, finish, type Outcome, type Pass } from './pass.js';
import type { InboundResult, Notification, PeerEndpoint } from './result.js';
import { checkSelectors } from './selectors.js';
import { findTracked, isInitialFragment, trackInitial } from './tracker.js';

type In = Outcome<InboundResult>;

/**
 * Decides about one packet from the unprotected side and takes its protection off.
 *
 * It throws nothing for what is in a packet. A packet that is not genuine changes nothing: no window, no counter, no database, except
 * that fragments are kept, within bounds.
 *
 * @param db the context: see `createDatabases`.
 * @param packet one IP packet, not changed.
 * @param now milliseconds on a monotonic clock.
 *
 * @example
 * ```ts
 * import { encodeUdp, parseAddress } from 'ipsec-ts/ip';
 * import { createDatabases, processInbound } from 'ipsec-ts/process';
 * import { createSpd, parsePolicies } from 'ipsec-ts/spd';
 *
 * const spd = createSpd(parsePolicies([{ action: 'PROTECT', remote: '198.51.100.0/24', processing: { protocol: 'ESP', mode: 'transport' } }]));
 * const db = createDatabases({ addresses: ['192.0.2.1'], spd });
 * const clear = encodeUdp({ source: parseAddress('198.51.100.7'), destination: parseAddress('192.0.2.1') }, 1, 2, new Uint8Array(3));
 * const result = processInbound(db, clear, 0);
 * if (result.action !== 'discard' || result.reason !== 'policy') throw new Error('it should have been protected');
 * ```
 */
export function processInbound(db: Databases, packet: Uint8Array, now: number): InboundResult {
  const pass = createPass(db, 'inbound', now);
  return finish(pass, enter(pass, packet, 1));
}

/**
 * {@link processInbound} for hosts that have UDP sockets and no IP packets: the payload of a UDP datagram that is ESP (`classifyUdpPayload`
 * tells). What the outer header said besides the addresses (ECN, DSCP) is not known to them.
 *
 * @param esp the UDP payload, from the SPI on; not changed.
 * @param from where it came from.
 * @param to the address of ours that it came to.
 */
export function processEncapsulated(db: Databases, esp: Uint8Array, from: PeerEndpoint, to: Uint8Array, now: number): InboundResult {
  const pass = createPass(db, 'inbound', now);
  const packet = orUndefined(() => encodePacket({ source: from.address, destination: to }, protocols.ESP, esp));
  if (!packet) return finish(pass, discard(pass, 'malformed', { detail: 'no ESP packet' }));
  return finish(pass, unprotect(pass, packet, from, 1));
}

/** A packet as it comes from the unprotected interface. */
function enter(pass: Pass, packet: Uint8Array, depth: number): In {
  const { db, now } = pass;
  const decoded = orUndefined(() => decodeIp(packet, pass.db.options.extensions));
  if (!decoded) return discard(pass, 'malformed', { detail: 'no IP packet' });
  // RFC 4301 section 5.2 (2): "Traffic not addressed to this device, or addressed to this device and not AH or ESP, is directed to SPD-I
  // lookup."
  if (!isOwnAddress(db, decoded.destination)) return admit(pass, packet, decoded, false);
  if (!decoded.fragment) return demux(pass, packet, decoded, depth);
  // RFC 4301 section 5.2: "Prior to performing AH or ESP processing, any IP fragments that arrive via the unprotected interface are
  // reassembled (by IP)."
  const result = orUndefined(() => addFragment(db.reassembler, packet, now));
  if (result?.type === 'kept') return { action: 'more' };
  if (result?.type !== 'whole') return discard(pass, 'fragment', { decoded, detail: result?.reason ?? 'malformed' });
  const whole = orUndefined(() => decodeIp(result.packet, pass.db.options.extensions));
  return whole ? demux(pass, result.packet, whole, depth) : discard(pass, 'malformed', { decoded });
}

/** A whole packet for this device: ESP, AH, ESP or IKE in UDP, or something else. */
function demux(pass: Pass, packet: Uint8Array, decoded: IpPacket, depth: number): In {
  const { natPorts, ikePorts } = pass.db.options;
  const { protocol, source } = decoded;
  if (protocol === protocols.ESP || protocol === protocols.AH) return unprotect(pass, packet, undefined, depth);
  const port = protocol === protocols.UDP ? readFlow(packet, decoded).destinationPort : -1;
  const shared = natPorts.includes(port);
  if (!shared && !ikePorts.includes(port)) return admit(pass, packet, decoded, true);
  const udp = readUdp(packet);
  if (!udp) return discard(pass, 'malformed', { decoded, flow: readFlow(packet, decoded) });
  const from: PeerEndpoint = { address: source.slice(), port: udp.sourcePort };
  if (shared && udp.kind === 'esp') return unprotect(pass, udp.packet, from, depth);
  if (shared && udp.kind === 'keepalive') return { action: 'keepalive' };
  if (shared && udp.kind === 'malformed') return discard(pass, 'malformed', { decoded, flow: readFlow(packet, decoded) });
  // RFC 4301 section 5.2 (2): "This implies that IKE traffic MUST have an explicit BYPASS entry in the SPD."
  const admitted = admit(pass, packet, decoded, true);
  if (admitted.action !== 'bypass') return admitted;
  const message = shared ? decodeNonEspMarker(udp.payload) : udp.payload;
  return { action: 'ike', message, from, to: decoded.destination.slice(), port };
}

function readUdp(packet: Uint8Array): UdpEncapsulated | undefined {
  return orUndefined(() => decodeUdpEncapsulation(packet));
}

/** Section 5.2 (3b): a packet that came without protection, or that is not ours to open. */
function admit(pass: Pass, packet: Uint8Array, decoded: IpPacket, ours: boolean): In {
  const { db, now } = pass;
  const shown = readFlow(packet, decoded);
  const initial = isInitialFragment(shown, decoded);
  const flow = decoded.fragment && !initial ? (findTracked(db.tracker, 'in', shown, decoded, now) ?? shown) : shown;
  const policy = findInbound(db.spd, flow);
  // "If there is no match, discard the traffic.  This is an auditable event.  The audit log entry for this event SHOULD include the current
  // date/time, SPI if available, IPsec protocol if available, source and destination of the packet, and any other selector values of the
  // packet that are available."
  if (!policy) return discard(pass, 'no-policy', { decoded, flow });
  if (policy.action !== 'BYPASS') {
    const detail = policy.action === 'PROTECT' ? 'it should have been protected' : policy.name;
    return discard(pass, 'policy', { decoded, flow, detail });
  }
  // RFC 4301 section 7.4: "All implementations MUST support stateful fragment checking to accommodate BYPASS traffic for which a non-trivial
  // port range is specified."
  if (initial && policy.fragments === 'stateful') trackInitial(db.tracker, 'in', flow, decoded, now);
  return ours ? admitIcmp(pass, packet, decoded) : { action: 'bypass', packet };
}

/**
 * Section 5.2 (3c): "Unprotected ICMP messages are examined and local policy is applied to determine whether to accept or reject these
 * messages and, if accepted, what action to take as a result."
 */
function admitIcmp(pass: Pass, packet: Uint8Array, decoded: IpPacket): In {
  const message = readIcmp(packet, decoded);
  if (!message) return { action: 'bypass', packet };
  logIcmp(pass, message, { decoded });
  if (!isListed(pass.db.options.icmp.unprotected, message))
    return discard(pass, 'icmp-rejected', { decoded, flow: readFlow(packet, decoded), detail: 'section 6.1.1' });
  const lowered = message.checksumRight ? notePathMtuMessage(pass.db, message, pass.now) : [];
  return lowered.length > 0 ? { action: 'bypass', packet, lowered } : { action: 'bypass', packet };
}

/** Sections 5.2 (3a), (4) and (5): a packet that is protected. */
function unprotect(pass: Pass, received: Uint8Array, from: PeerEndpoint | undefined, depth: number): In {
  const { db } = pass;
  const opened = openLayers(pass, received, from !== undefined);
  if ('action' in opened) return opened;
  const { packet, path, seq } = opened;
  const entry = path.at(-1)!;
  const decoded = orUndefined(() => decodeIp(packet, pass.db.options.extensions));
  if (!decoded) return discard(pass, 'malformed', { entry });
  const flow = readFlow(packet, decoded);
  const mismatch = checkSelectors(pass, entry, packet, decoded, flow);
  if (mismatch) {
    // "The audit log entry for this event SHOULD include the current date/time, SPI, IPsec protocol(s), source and destination of the packet,
    // any other selector values of the packet that are available, and the selector values from the relevant SAD entry."
    const facts = { decoded, flow, entry, seq, detail: mismatch.detail };
    const notify = mismatch.reason === 'selectors' ? invalidSelectors(pass, opened, received) : undefined;
    return discard(pass, mismatch.reason, facts, { notify });
  }
  const moved = from && hasMoved(opened, from) ? { moved: from } : {};
  if (!loopsBack(db.options.forwarding.protected, flow, 'inbound')) return { action: 'deliver', packet, path, seq, ...moved };
  return loop(pass, opened, moved, depth + 1);
}

/**
 * "This function may cause the packet to be sent (outbound) across the IPsec boundary for additional inbound IPsec processing, e.g., in
 * support of nested SAs.  If so, then as with ALL outbound traffic that is to be bypassed, the packet MUST be matched against an SPD-O
 * entry."
 */
function loop(pass: Pass, { packet, path, seq }: Opened, moved: { moved?: PeerEndpoint }, depth: number): In {
  const decoded = decodeIp(packet, pass.db.options.extensions);
  const flow = readFlow(packet, decoded);
  const { maxPasses } = pass.db.options;
  if (depth > maxPasses) return discard(pass, 'nesting', { decoded, flow, detail: `more than ${maxPasses} passes` });
  const policy = findOutbound(pass.db.spd, flow);
  if (policy?.action !== 'BYPASS')
    return discard(pass, policy ? 'policy' : 'no-policy', { decoded, flow, detail: 'a looped packet needs BYPASS in SPD-O' });
  const again = enter(pass, packet, depth);
  if (again.action === 'deliver') return { ...again, ...moved, path: [...path, ...again.path], seq };
  return again.action === 'bypass' ? { action: 'deliver', packet: again.packet, path, seq, ...moved } : again;
}

function invalidSelectors(pass: Pass, { path }: Opened, received: Uint8Array): Notification | undefined {
  if (!mayNotify(pass)) return undefined;
  const { sa } = path.at(-1)!;
  const { source } = decodeIp(received);
  return { type: 'INVALID_SELECTORS', protocol: sa.protocol, spi: sa.spi, peer: source.slice(), packet: received.slice(0, 128) };
}

/** Only the newest packet of an SA says where the peer is: an old one that was held back could call it anywhere. */
function hasMoved({ path, seq }: Opened, from: PeerEndpoint): boolean {
  const { sa } = path[0]!;
  if (seq < sa.window.top) return false;
  const elsewhere = sa.source !== undefined && !equalAddresses(sa.source, from.address);
  return elsewhere || (sa.encapsulation !== undefined && sa.encapsulation.sourcePort !== from.port);
}
