/**
 * What two lists of selector sets have in common, whether one covers the other, and in words where it does not.
 *
 * @module
 */
import { type AddressRange, compareAddresses, OPAQUE } from '../ip.js';
import { hasOneSelector } from './protocol.js';
import { type Region, regionsOf } from './region.js';
import { subtractRegion } from './region-algebra.js';
import { type Addresses, ANY, type PortRange, type Ports, type SelectorSet } from './types.js';

/**
 * What two lists of selector sets have in common: every set of `a` with every set of `b`, in the order of `a`, without what is empty.
 * A packet fits the result when it fits both lists.
 */
export function intersectSelectors(a: readonly SelectorSet[], b: readonly SelectorSet[]): SelectorSet[] {
  return a.flatMap((left) => b.flatMap((right) => intersectSets(left, right) ?? []));
}

function intersectSets(a: SelectorSet, b: SelectorSet): SelectorSet | undefined {
  const local = intersectAddresses(a.local, b.local);
  const remote = intersectAddresses(a.remote, b.remote);
  const protocol = intersectProtocols(a.protocol, b.protocol);
  if (local === undefined || remote === undefined || protocol === undefined || !oneFamily(local, remote)) return undefined;
  const localPorts = intersectPorts(a.localPorts, b.localPorts);
  const remotePorts = intersectPorts(a.remotePorts, b.remotePorts);
  if (localPorts !== undefined && remotePorts !== undefined) return { local, remote, protocol, localPorts, remotePorts };
  // RFC 4301 section 4.4.1.3: OPAQUE on one side of ICMP or the Mobility Header: that way nothing, the other way still something
  if (!hasOneSelector(protocol)) return undefined;
  const [sent, received] = [visiblePorts(localPorts), visiblePorts(remotePorts)];
  return sent === OPAQUE && received === OPAQUE ? undefined : { local, remote, protocol, localPorts: sent, remotePorts: received };
}

/** ANY without the fragments, which need both sides. */
function visiblePorts(ports: Ports = OPAQUE): Ports {
  return ports === ANY ? [{ start: 0, end: 0xffff }] : ports;
}

/** What two protocol selectors have in common; `undefined`: nothing. */
export function intersectProtocols(a: number, b: number): number | undefined {
  if (a === ANY) return b;
  return b === ANY || a === b ? a : undefined;
}

/** What two address selectors have in common; `undefined`: nothing. */
export function intersectAddresses(a: Addresses, b: Addresses): Addresses | undefined {
  if (a === ANY) return b;
  if (b === ANY) return a;
  return nonEmpty(a.flatMap((left) => b.flatMap((right) => intersectRanges(left, right) ?? [])));
}

/** What two ranges of addresses have in common; `undefined`: nothing. */
export function intersectRanges(a: AddressRange, b: AddressRange): AddressRange | undefined {
  if (a.start.length !== b.start.length) return undefined;
  const start = compareAddresses(a.start, b.start) >= 0 ? a.start : b.start;
  const end = compareAddresses(a.end, b.end) <= 0 ? a.end : b.end;
  return compareAddresses(start, end) <= 0 ? { start, end } : undefined;
}

/** What two port selectors have in common; `undefined`: nothing. */
export function intersectPorts(a: Ports, b: Ports): Ports | undefined {
  if (a === ANY) return b;
  if (b === ANY) return a;
  if (a === OPAQUE || b === OPAQUE) return a === b ? OPAQUE : undefined;
  return nonEmpty(
    a.flatMap((left): PortRange[] =>
      b.flatMap((right): PortRange[] => {
        const start = Math.max(left.start, right.start);
        const end = Math.min(left.end, right.end);
        return start <= end ? [{ start, end }] : [];
      }),
    ),
  );
}

function nonEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** Whether local and remote addresses share a family, so that some packet can have both. */
export function oneFamily(local: Addresses, remote: Addresses): boolean {
  return local === ANY || remote === ANY || local.some((l) => remote.some((r) => l.start.length === r.start.length));
}

/**
 * Whether every packet that fits `a` fits `b` as well. Exact also where several sets of `b` together cover one of `a`.
 * For policies of sane size: the work grows with the product of the ranges on both sides.
 */
export function isSubset(a: readonly SelectorSet[], b: readonly SelectorSet[]): boolean {
  const cover = b.flatMap(regionsOf);
  return a.every((set) => regionsOf(set).every((region) => remainder(region, cover).length === 0));
}

/** What is left of one box when others are taken out of it. */
function remainder(region: Region, cover: readonly Region[]): Region[] {
  let left = [region];
  for (const taken of cover) {
    if (left.length === 0) break;
    left = left.flatMap((piece) => subtractRegion(piece, taken));
  }
  return left;
}
