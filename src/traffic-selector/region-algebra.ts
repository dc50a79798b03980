/**
 * Arithmetic of boxes: common part, rest.
 *
 * @module
 */
import { type AddressRange, compareAddresses } from '../ip.js';
import type { Region } from './region.js';

type Axis = keyof Region;
/** Addresses first: what is cut off there keeps its protocol and ports whole, which IKE can say in one Traffic Selector. */
const axes: readonly Axis[] = ['remote', 'local', 'protocol', 'remotePort', 'localPort'];

/** Whether two boxes have a packet in common (RFC 4301 appendix B calls such entries correlated). */
export function regionsOverlap(a: Region, b: Region): boolean {
  return (
    a.protocol.start <= b.protocol.end &&
    b.protocol.start <= a.protocol.end &&
    a.remotePort.start <= b.remotePort.end &&
    b.remotePort.start <= a.remotePort.end &&
    a.localPort.start <= b.localPort.end &&
    b.localPort.start <= a.localPort.end &&
    meet(a.remote, b.remote) &&
    meet(a.local, b.local)
  );
}

/** What is left of `a` when `b` is taken out: up to ten boxes that do not overlap. */
export function subtractRegion(a: Region, b: Region): Region[] {
  if (!regionsOverlap(a, b)) return [a];
  const left: Region[] = [];
  let rest = a;
  for (const axis of axes) {
    for (const piece of outside(rest[axis], b[axis])) left.push({ ...rest, [axis]: piece });
    rest = { ...rest, [axis]: clip(rest[axis], b[axis]) };
  }
  return left;
}

/** What is left of a range of addresses when others are taken out, in order. */
export function subtractRanges(range: AddressRange, taken: readonly AddressRange[]): AddressRange[] {
  let left = [range];
  for (const other of taken) left = left.flatMap((piece) => (meet(piece, other) ? (outside(piece, other) as AddressRange[]) : [piece]));
  return left;
}

type Bound = number | Uint8Array;
interface Range {
  readonly start: Bound;
  readonly end: Bound;
}

function meet(a: AddressRange, b: AddressRange): boolean {
  return a.start.length === b.start.length && compareAddresses(a.start, b.end) <= 0 && compareAddresses(b.start, a.end) <= 0;
}

function clip(a: Range, b: Range): Range {
  return { start: compare(a.start, b.start) >= 0 ? a.start : b.start, end: compare(a.end, b.end) <= 0 ? a.end : b.end };
}

function outside(a: Range, b: Range): Range[] {
  const pieces: Range[] = [];
  if (compare(a.start, b.start) < 0) pieces.push({ start: a.start, end: step(b.start, -1) });
  if (compare(a.end, b.end) > 0) pieces.push({ start: step(b.end, 1), end: a.end });
  return pieces;
}

function compare(a: Bound, b: Bound): number {
  return typeof a === 'number' || typeof b === 'number' ? Number(a) - Number(b) : compareAddresses(a, b);
}

/** The value before or after; the caller knows that there is one. */
function step(value: Bound, by: 1 | -1): Bound {
  if (typeof value === 'number') return value + by;
  const out = value.slice();
  const wraps = by === 1 ? 0xff : 0;
  let i = out.length - 1;
  while (out[i] === wraps) out[i--] = 0xff - wraps;
  out[i] = out[i]! + by;
  return out;
}
