/**
 * Where a security header goes. ESP and AH stand at the same place in a packet (RFC 4303 and 4302, sections 3.1.1 and 3.1.2):
 * in transport mode between the IP headers and what they carry, in tunnel mode between a new outer header and the whole packet.
 * This file makes that gap when a packet is sealed and closes it when one is opened; what fills it is `esp/` and `ah/`.
 *
 * @module
 */
import type { Frame, Scratch, SecurityAssociation } from './association.js';
import { readU16, writeU16 } from './bytes.js';
import { IpsecError } from './errors.js';
import { fixIpv4Checksum, setTotalLength } from './ip/header.js';
import { espInsertionPoint, type DestinationOptionsPlace } from './ip/insertion.js';
import { protocols } from './ip/protocol.js';
import { encodeOuterHeader } from './ip/tunnel.js';
import { findUpper, fragmentKind, headerPlace, ipTotalLength, namedAt, offsetOf } from './ip/walk.js';
import { encodeUdpHeader, udpChecksum } from './nat-t/encapsulation.js';

/** What an association has to tell so that a header can be put into a packet for it: an SA, or an IPComp Association. */
export interface FrameOwner extends Pick<SecurityAssociation, 'mode' | 'source' | 'destination' | 'tunnelHeader' | 'encapsulation'> {
  /** Where the packet under way is noted. */
  readonly scratch: Pick<Scratch, 'frame'>;
}

/** What stands for options that are not given: one object for all packets. */
export const noOptions: FrameOptions = /* @__PURE__ */ Object.freeze({});

/** Octets of a UDP header. */
export const UDP_HEADER_LENGTH = 8;

/** What a caller may fix about the headers of one packet instead of letting the SA choose. */
export interface FrameOptions {
  /**
   * Everything in front of the security header as it is to be sent: IP header, extension headers, and with UDP encapsulation
   * the UDP header. Lengths, checksums and the protocol are put right in the copy. In transport mode its length also says
   * behind which headers of the packet the security header goes.
   */
  readonly outer?: Uint8Array | undefined;
  /** Identification of an outer IPv4 header. Default: the low 16 bits of the sequence number, which differ as RFC 6864 asks. */
  readonly id?: number | undefined;
  /** Transport mode over IPv6: where Destination Options in front of the upper layer go. Default `inside`. */
  readonly destinationOptions?: DestinationOptionsPlace | undefined;
}

/**
 * Copies `packet` into `out` with a gap of `gap` octets for a security header (and its IV), behind the right headers.
 *
 * @param protocol 50 or 51.
 * @param room octets that follow the payload (trailer, ICV).
 * @throws IpsecError for a packet that is malformed or does not fit the SA, or when `out` is too small.
 */
export function openGap(
  sa: FrameOwner,
  packet: Uint8Array,
  out: Uint8Array,
  gap: number,
  room: number,
  protocol: number,
  seq: number,
  options: FrameOptions = noOptions,
): Frame {
  const end = ipTotalLength(packet);
  if (end < 0)
    throw new IpsecError('malformed', 'an IP packet', {
      expected: 'a header whose lengths fit the octets',
      found: `${packet.length} octets`,
    });
  const udp = sa.encapsulation ? UDP_HEADER_LENGTH : 0;
  const { outer } = options;
  if (sa.mode === 'tunnel') {
    const header = outer ? outer.length - udp : sa.destination?.length === 16 ? 40 : 20;
    const payload = header + udp + gap;
    requireRoom(out, payload + end + room);
    copyInto(out, packet, end, payload);
    if (outer) out.set(outer, 0);
    else writeTunnelHeader(sa, packet, out, udp > 0 ? protocols.UDP : protocol, options.id ?? seq & 0xffff);
    nameProtocol(out, header, udp, protocol);
    if (sa.encapsulation && !outer) encodeUdpHeader(out, header, sa.encapsulation, 0);
    return setFrame(sa, header + udp, payload, end, packet[0]! >>> 4 === 4 ? protocols.IPv4 : protocols.IPv6);
  }
  // RFC 4303 section 3.3.4: "transport mode ESP is applied only to whole IP datagrams (not to IP fragments)."
  if (fragmentKind(packet) > 0)
    throw new IpsecError('bad-fragment', 'transport mode applies to whole datagrams', {
      expected: 'a packet put together',
      found: 'a fragment',
    });
  const place = outer ? placeBehind(packet, outer.length - udp) : espInsertionPoint(packet, options.destinationOptions ?? 'inside');
  const cut = offsetOf(place);
  if (place < 0 || cut > end)
    throw new IpsecError('malformed', 'the headers of an IP packet', { expected: 'a chain of headers that fits', found: `${end} octets` });
  const nextHeader = packet[namedAt(place)]!;
  const at = cut + udp;
  const payload = at + gap;
  requireRoom(out, payload + end - cut + room);
  copyInto(out, packet, end, udp + gap);
  out.copyWithin(0, udp + gap, udp + gap + cut);
  if (outer) out.set(outer, 0);
  else if (sa.encapsulation) encodeUdpHeader(out, cut, sa.encapsulation, 0);
  nameProtocol(out, cut, udp, protocol);
  return setFrame(sa, at, payload, end - cut, nextHeader);
}

/**
 * Writes the headers of a packet that carries nothing of anybody: for dummy packets, in either mode.
 *
 * @returns the offset of the security header.
 */
export function writeBareHeaders(sa: FrameOwner, out: Uint8Array, protocol: number, seq: number): number {
  const udp = sa.encapsulation ? UDP_HEADER_LENGTH : 0;
  const header = sa.destination?.length === 16 ? 40 : 20;
  const nothing = new Uint8Array(header);
  nothing[0] = header === 20 ? 0x45 : 0x60;
  writeTunnelHeader(sa, nothing, out, udp > 0 ? protocols.UDP : protocol, seq & 0xffff);
  if (sa.encapsulation) encodeUdpHeader(out, header, sa.encapsulation, 0);
  return header + udp;
}

/** Puts lengths and checksums of the finished packet right: IP, and UDP where it encapsulates the security header at `at`. */
export function closeFrame(sa: FrameOwner, out: Uint8Array, at: number, total: number): void {
  setLength(out, total);
  if (!sa.encapsulation) return;
  const udp = at - UDP_HEADER_LENGTH;
  writeU16(out, udp + 4, total - udp);
  writeU16(out, udp + 6, 0);
  // RFC 3948 section 2.1: "the IPv4 UDP Checksum SHOULD be transmitted as a zero value"; IPv6 has no header checksum of its own,
  // and RFC 8200 section 8.1 keeps UDP's.
  if (out[0]! >>> 4 === 6) writeU16(out, udp + 6, udpChecksum(out, udp, total - udp, out.subarray(8, 24), out.subarray(24, 40)));
}

/**
 * Where the security header of a received packet begins: a `HeaderPlace` as `findUpper` gives it; a UDP header around ESP is counted
 * to the headers in front. Negative: malformed, or no such header.
 */
export function findSecurityHeader(packet: Uint8Array, protocol: number): number {
  const place = findUpper(packet);
  if (place < 0 || packet[namedAt(place)] === protocol) return place;
  if (protocol !== protocols.ESP || packet[namedAt(place)] !== protocols.UDP) return -1;
  const udp = offsetOf(place);
  const end = ipTotalLength(packet);
  return end - udp < UDP_HEADER_LENGTH || readU16(packet, udp + 4) !== end - udp
    ? -1
    : headerPlace(udp + UDP_HEADER_LENGTH, namedAt(place));
}

/**
 * Takes the security header out again. `out` holds the received packet, its payload now clear at `out[payload, payload + length)`.
 * Tunnel mode: moves the inner packet to the front, cut to its own length, which drops TFC padding. Transport mode: joins the
 * headers and the payload, and puts protocol, lengths and the IPv4 header checksum right.
 *
 * @param header octets of the headers that stay (transport mode), without a UDP header around ESP.
 * @returns octets of the clear packet, or -1 when the payload is not what the mode says.
 */
export function closeGap(
  sa: FrameOwner,
  out: Uint8Array,
  header: number,
  named: number,
  payload: number,
  length: number,
  nextHeader: number,
): number {
  if (sa.mode === 'transport') {
    out.copyWithin(header, payload, payload + length);
    out[named] = nextHeader;
    setLength(out, header + length);
    return header + length;
  }
  const version = length > 0 ? out[payload]! >>> 4 : 0;
  if (nextHeader !== (version === 4 ? protocols.IPv4 : version === 6 ? protocols.IPv6 : -1)) return -1;
  out.copyWithin(0, payload, payload + length);
  const total = innerLength(out, length);
  if (total >= 0) out.fill(0, total, payload + length);
  return total;
}

/** Length, and in IPv4 the checksum over everything that has changed. */
function setLength(packet: Uint8Array, total: number): void {
  setTotalLength(packet, total);
  if (packet[0]! >>> 4 === 4) fixIpv4Checksum(packet);
}

/** Total length of the IP packet at the front of `p`, of which only `length` octets are genuine; -1: malformed. */
function innerLength(p: Uint8Array, length: number): number {
  if (length < (p[0]! >>> 4 === 4 ? 20 : 40)) return -1;
  const total = ipTotalLength(p);
  return total > length ? -1 : total;
}

/** The place behind exactly `length` octets of headers: for a caller that says where. */
function placeBehind(packet: Uint8Array, length: number): number {
  if (packet[0]! >>> 4 === 4) return length === (packet[0]! & 15) * 4 ? findUpper(packet) : -1;
  const upper = findUpper(packet);
  let named = 6;
  let at = 40;
  while (upper >= 0 && at < length && at < offsetOf(upper)) {
    named = at;
    at += packet[at] === undefined ? 8 : (packet[at + 1]! + 1) * 8;
  }
  return at === length ? headerPlace(at, named) : -1;
}

/** Names the security header (or UDP around it) in the octet that names what follows `header` octets of headers. */
function nameProtocol(out: Uint8Array, header: number, udp: number, protocol: number): void {
  out[offsetNaming(out, header)] = udp > 0 ? protocols.UDP : protocol;
}

/** The offset of the octet that names what stands at `header`, in a packet whose headers up to there are complete. */
export function offsetNaming(out: Uint8Array, header: number): number {
  if (out[0]! >>> 4 === 4) return 9;
  let named = 6;
  for (let at = 40; at < header; at += (out[at + 1]! + 1) * 8) named = at;
  return named;
}

function setFrame(sa: FrameOwner, at: number, payload: number, length: number, nextHeader: number): Frame {
  const { frame } = sa.scratch;
  frame.at = at;
  frame.payload = payload;
  frame.length = length;
  frame.nextHeader = nextHeader;
  return frame;
}

/** The length is put right by {@link closeFrame}. */
function writeTunnelHeader(sa: FrameOwner, inner: Uint8Array, out: Uint8Array, protocol: number, id: number): void {
  if (!sa.tunnelHeader) {
    throw new IpsecError('invalid-argument', 'a tunnel needs its two ends to send', {
      path: sa.source ? 'destination' : 'source',
      expected: 'an address',
    });
  }
  encodeOuterHeader(out, sa.tunnelHeader, inner, 0, protocol, 0, id);
}

/** Whole-array copies need no view; octets behind the packet are the rare case. */
function copyInto(out: Uint8Array, packet: Uint8Array, end: number, at: number): void {
  out.set(packet.length === end ? packet : packet.subarray(0, end), at);
}

function requireRoom(out: Uint8Array, octets: number): void {
  if (octets > out.length)
    throw new IpsecError('buffer-too-small', 'the output buffer', { path: 'out', expected: `${octets} octets`, found: `${out.length}` });
}
