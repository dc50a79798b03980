/**
 * Remembers what the last look-ups came to: a table of fixed size that forgets by being overwritten and, when the SPD changes, all at once
 * by a number. Nothing is allocated after it is made.
 *
 * RFC 4301 section 4.4.1: "If the SPD is not decorrelated, caching is not allowed": what is kept here is the outcome of the ordered search
 * for one exact flow, never an entry's ranges, so no other packet can be decided by it.
 *
 * ```text
 * a slot: | source | destination | ports | protocol, direction ... | generation | result | for IPv6: the 8 words of the addresses |
 * ```
 *
 * The key travels as numbers, not in an array: that is what makes a hit cheap. With IPv6 the first two words are each mixed out of four,
 * and the whole addresses are compared behind them.
 *
 * @module
 */
import { OPAQUE } from '../ip.js';

/** A flow cache for one IP version. */
export interface FlowCache {
  /** Slots, a power of two, less one; -1: the cache is off. */
  readonly mask: number;
  /** Words of a slot. */
  readonly stride: number;
  /** The slots, one behind the other. */
  readonly table: Int32Array;
}

const generationAt = 4;
const resultAt = 5;
const addressesAt = 8;
const probes = 4;

const inboundBit = 0x200;
const opaqueSource = 0x400;
const opaqueDestination = 0x800;

/** 0: outbound, the source is local. 1: inbound, the destination is. */
export type DirectionBit = 0 | 1;

/** Makes an empty cache for so many flows, rounded up to a power of two; 0 turns it off. */
export function createFlowCache(flows: number, version: 4 | 6): FlowCache {
  let slots = flows > 0 ? probes : 0;
  while (slots < flows) slots *= 2;
  const stride = version === 4 ? 8 : 16;
  return { mask: slots - 1, stride, table: new Int32Array(slots * stride) };
}

/** A word of an address. */
export function addressWord(b: Uint8Array, at: number): number {
  return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
}

/** The four words of an IPv6 address in one. */
export function mixWords(a: number, b: number, c: number, d: number): number {
  return (Math.imul(a, 0x85ebca6b) + Math.imul(b, 0xc2b2ae35) + Math.imul(c, 0x27d4eb2f) + (d | 0)) | 0;
}

/** Both ports in a word; whether they are visible is in {@link kindWord}. */
export function portsWord(sourcePort: number, destinationPort: number): number {
  return (sourcePort << 16) | (destinationPort & 0xffff);
}

/** Protocol and direction in a word, of a packet that shows both ports. */
export function kindOf(protocol: number, inbound: DirectionBit): number {
  return (protocol + 1) | (inbound === 1 ? inboundBit : 0);
}

/** Protocol, direction and which ports are OPAQUE in a word. */
export function kindWord(protocol: number, sourcePort: number, destinationPort: number, inbound: DirectionBit): number {
  return kindOf(protocol, inbound) | (sourcePort === OPAQUE ? opaqueSource : 0) | (destinationPort === OPAQUE ? opaqueDestination : 0);
}

/** The protocol in a {@link kindWord}. */
export function protocolIn(kind: number): number {
  return (kind & (inboundBit - 1)) - 1;
}

/** Whether a {@link kindWord} is that of an inbound packet. */
export function isInbound(kind: number): boolean {
  return (kind & inboundBit) !== 0;
}

/** The source port in a key, or OPAQUE. */
export function sourceIn(ports: number, kind: number): number {
  return (kind & opaqueSource) !== 0 ? OPAQUE : ports >>> 16;
}

/** The destination port in a key, or OPAQUE. */
export function destinationIn(ports: number, kind: number): number {
  return (kind & opaqueDestination) !== 0 ? OPAQUE : ports & 0xffff;
}

// A flood of chosen flows that fall on the same slots costs searches of the tree, no more.
function homeOf(source: number, destination: number, ports: number, kind: number): number {
  const h = Math.imul(source, 0x9e3779b1) + Math.imul(destination, 0x85ebca6b) + Math.imul(ports, 0xc2b2ae35) + Math.imul(kind, 0x27d4eb2f);
  const mixed = Math.imul(h ^ (h >>> 15), 0x2545f491);
  return mixed ^ (mixed >>> 16);
}

/** Where the slot with this key in this generation (not 0) begins; -1: there is none. */
export function findSlot(cache: FlowCache, source: number, destination: number, ports: number, kind: number, generation: number): number {
  const { mask, stride, table } = cache;
  if (mask < 0) return -1;
  const home = homeOf(source, destination, ports, kind);
  for (let i = 0; i < probes; i++) {
    const at = ((home + i) & mask) * stride;
    if (table[at] !== source || table[at + 1] !== destination || table[at + 2] !== ports) continue;
    if (table[at + 3] === kind && table[at + generationAt] === generation) return at;
  }
  return -1;
}

/** The result in a slot. */
export function slotResult(cache: FlowCache, at: number): number {
  return cache.table[at + resultAt]!;
}

/** Takes a slot for a key: the first in reach that is out of date, or another flow's. Answers where it begins; -1: the cache is off. */
export function takeSlot(
  { mask, stride, table }: FlowCache,
  source: number,
  destination: number,
  ports: number,
  kind: number,
  generation: number,
  result: number,
): number {
  if (mask < 0) return -1;
  const home = homeOf(source, destination, ports, kind);
  let at = ((home + (home >>> 30)) & mask) * stride;
  for (let i = 0; i < probes; i++) {
    const place = ((home + i) & mask) * stride;
    if (table[place + generationAt] === generation) continue;
    at = place;
    break;
  }
  table[at] = source;
  table[at + 1] = destination;
  table[at + 2] = ports;
  table[at + 3] = kind;
  table[at + generationAt] = generation;
  table[at + resultAt] = result;
  return at;
}

/** Whether a slot of IPv6 holds these words of an address. `which`: 0 source, 1 destination. */
export function slotHolds({ table }: FlowCache, at: number, which: 0 | 1, a: number, b: number, c: number, d: number): boolean {
  const first = at + addressesAt + 4 * which;
  return table[first] === a && table[first + 1] === b && table[first + 2] === c && table[first + 3] === d;
}

/** Writes the addresses, which stand at two places of a point, into a slot of IPv6. */
export function fillSlot({ table }: FlowCache, at: number, point: Uint32Array, source: number, destination: number): void {
  for (let i = 0; i < 4; i++) {
    table[at + addressesAt + i] = point[source + i]!;
    table[at + addressesAt + 4 + i] = point[destination + i]!;
  }
}
