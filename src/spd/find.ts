/**
 * Which policy decides about a packet?
 *
 * @module
 */
import { type Flow, OPAQUE, readFlow } from '../ip.js';
import { hasOneSelector, hasPorts } from '../traffic-selector.js';
import type { Spd } from './database.js';
import {
  addressWord,
  destinationIn,
  type DirectionBit,
  fillSlot,
  findSlot,
  isInbound,
  kindOf,
  kindWord,
  mixWords,
  portsWord,
  protocolIn,
  slotHolds,
  slotResult,
  sourceIn,
  takeSlot,
} from './flow-cache.js';
import { entryAt, refreshIndex, searchIndex } from './index.js';
import type { SpdEntry } from './types.js';

/**
 * The first entry that matches an outbound packet: one of SPD-S or SPD-O, which in an ordered SPD are one list.
 *
 * @returns `undefined`: no match: discard.
 */
export function findOutbound(spd: Spd, flow: Flow): SpdEntry | undefined {
  return findFlow(spd, flow, 0);
}

/**
 * The first entry that matches an inbound packet that came without protection: one of SPD-S or SPD-I. BYPASS lets it in; DISCARD does not;
 * nor does PROTECT, since it should have been protected.
 *
 * @returns `undefined`: RFC 4301 section 4.4.1: "if a packet that is looked up in the SPD-I cannot be matched to an entry there, then the
 * packet MUST be discarded."
 */
export function findInbound(spd: Spd, flow: Flow): SpdEntry | undefined {
  return findFlow(spd, flow, 1);
}

/**
 * {@link findOutbound} straight from the octets of a packet, without making a flow of it.
 *
 * @throws IpsecError for a malformed packet, whatever `readFlow` throws. Only what the look-up needs is read: nothing is verified.
 */
export function findOutboundPacket(spd: Spd, packet: Uint8Array): SpdEntry | undefined {
  return findPacket(spd, packet, 0);
}

/** {@link findInbound} straight from the octets of a packet; see {@link findOutboundPacket}. */
export function findInboundPacket(spd: Spd, packet: Uint8Array): SpdEntry | undefined {
  return findPacket(spd, packet, 1);
}

function findFlow(spd: Spd, flow: Flow, inbound: DirectionBit): SpdEntry | undefined {
  const { source, destination, sourcePort, destinationPort } = flow;
  const ports = portsWord(sourcePort, destinationPort);
  const kind = kindWord(flow.protocol, sourcePort, destinationPort, inbound);
  if (source.length === 4) return decide4(spd, addressWord(source, 0), addressWord(destination, 0), ports, kind);
  return decide6(spd, source, 0, destination, 0, ports, kind);
}

/** Whole packets with ports behind a plain header are read here (IPv6 in {@link findPacket6}); the rest goes the long way. */
function findPacket(spd: Spd, p: Uint8Array, inbound: DirectionBit): SpdEntry | undefined {
  if (p.length < 24 || p[0] !== 0x45) return findPacket6(spd, p, inbound);
  const end = (p[2]! << 8) | p[3]!;
  const fragmentOffset = ((p[6]! & 0x1f) << 8) | p[7]!;
  const protocol = p[9]!;
  if (fragmentOffset !== 0 || end < 24 || end > p.length || !hasPorts(protocol)) return findFlow(spd, readFlow(p), inbound);
  return decide4(spd, addressWord(p, 12), addressWord(p, 16), addressWord(p, 20), kindOf(protocol, inbound));
}

function findPacket6(spd: Spd, p: Uint8Array, inbound: DirectionBit): SpdEntry | undefined {
  const plain = p.length >= 44 && p[0]! >>> 4 === 6 && hasPorts(p[6]!);
  const end = plain ? 40 + ((p[4]! << 8) | p[5]!) : 0;
  if (end < 44 || end > p.length) return findFlow(spd, readFlow(p), inbound);
  return decide6(spd, p, 8, p, 24, addressWord(p, 40), kindOf(p[6]!, inbound));
}

function decide4(spd: Spd, source: number, destination: number, ports: number, kind: number): SpdEntry | undefined {
  const { index } = spd;
  if (index.stale) refreshIndex(index, spd.entries);
  const slot = findSlot(index.cache4, source, destination, ports, kind, spd.generation);
  return slot < 0 ? search4(spd, source, destination, ports, kind) : entryAt(index, slotResult(index.cache4, slot));
}

function search4({ index, generation }: Spd, source: number, destination: number, ports: number, kind: number): SpdEntry | undefined {
  const { point4: point, cache4: cache } = index;
  const inbound = writeRest(point, 2, ports, kind);
  point[0] = inbound ? source : destination;
  point[1] = inbound ? destination : source;
  const result = searchIndex(index, 'v4', point);
  takeSlot(cache, source, destination, ports, kind, generation, result);
  return entryAt(index, result);
}

function decide6(
  spd: Spd,
  source: Uint8Array,
  from: number,
  destination: Uint8Array,
  to: number,
  ports: number,
  kind: number,
): SpdEntry | undefined {
  const { index } = spd;
  if (index.stale) refreshIndex(index, spd.entries);
  const { cache6: cache } = index;
  const s0 = addressWord(source, from);
  const s1 = addressWord(source, from + 4);
  const s2 = addressWord(source, from + 8);
  const s3 = addressWord(source, from + 12);
  const d0 = addressWord(destination, to);
  const d1 = addressWord(destination, to + 4);
  const d2 = addressWord(destination, to + 8);
  const d3 = addressWord(destination, to + 12);
  const slot = findSlot(cache, mixWords(s0, s1, s2, s3), mixWords(d0, d1, d2, d3), ports, kind, spd.generation);
  if (slot >= 0 && slotHolds(cache, slot, 0, s0, s1, s2, s3) && slotHolds(cache, slot, 1, d0, d1, d2, d3))
    return entryAt(index, slotResult(cache, slot));
  return search6(spd, source, from, destination, to, ports, kind);
}

function search6(
  spd: Spd,
  source: Uint8Array,
  from: number,
  destination: Uint8Array,
  to: number,
  ports: number,
  kind: number,
): SpdEntry | undefined {
  const { index, generation } = spd;
  const { point6: point, cache6: cache } = index;
  const inbound = writeRest(point, 8, ports, kind);
  const s = inbound ? 0 : 4;
  const d = 4 - s;
  for (let i = 0; i < 4; i++) {
    point[s + i] = addressWord(source, from + 4 * i);
    point[d + i] = addressWord(destination, to + 4 * i);
  }
  const result = searchIndex(index, 'v6', point);
  const from4 = mixWords(point[s]!, point[s + 1]!, point[s + 2]!, point[s + 3]!);
  const to4 = mixWords(point[d]!, point[d + 1]!, point[d + 2]!, point[d + 3]!);
  const slot = takeSlot(cache, from4, to4, ports, kind, generation, result);
  if (slot >= 0) fillSlot(cache, slot, point, s, d);
  return entryAt(index, result);
}

/** Writes what stands behind the addresses of a point (see `boxes.ts`); answers whether the packet is inbound. */
function writeRest(point: Uint32Array, at: number, ports: number, kind: number): boolean {
  const inbound = isInbound(kind);
  const protocol = protocolIn(kind);
  // RFC 4301 section 4.4.1.3: one field in place of two ports: the local selector is about sending, the remote one about receiving
  const destination = hasOneSelector(protocol) ? OPAQUE : destinationIn(ports, kind);
  point[at] = protocol + 1;
  point[at + 1] = (inbound ? sourceIn(ports, kind) : destination) + 1;
  point[at + 2] = (inbound ? destination : sourceIn(ports, kind)) + 1;
  point[at + 3] = inbound ? 1 : 0;
  return inbound;
}
