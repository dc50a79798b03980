/**
 * Regions: selector sets as boxes in five dimensions, so that "do they overlap", "does it cover", "what is left" are arithmetic.
 * OPAQUE is the point -1 below every range, so ANY is -1 to the highest value and takes it in.
 *
 * A packet of a protocol with one field in place of two ports (RFC 4301 section 4.4.1.3) stands at (its value, OPAQUE) on its way out
 * and at (OPAQUE, its value) on its way in: then the RFC's own notation for "send but NOT receive" is a box like any other.
 *
 * @module
 */
import { type AddressRange, type Flow, OPAQUE, prefixRange, rangeContains } from '../ip.js';
import { hasOneSelector, hasPorts } from './protocol.js';
import { type Addresses, ANY, type Direction, type PortRange, type Ports, type SelectorSet } from './types.js';

/** An inclusive range of protocol or port values from -1, which is OPAQUE. */
export type Span = PortRange;

/** A box: all packets of one IP version whose five selectors lie in these ranges. */
export interface Region {
  /** Local addresses. */
  readonly local: AddressRange;
  /** Remote addresses, of the same family. */
  readonly remote: AddressRange;
  /** Next Layer Protocols, -1 (OPAQUE) to 255. */
  readonly protocol: Span;
  /** Local ports, -1 (OPAQUE) to 65535. */
  readonly localPort: Span;
  /** Remote ports, -1 (OPAQUE) to 65535. */
  readonly remotePort: Span;
}

const maxPort = 0xffff;
const maxProtocol = 0xff;
const anyPort: Span = { start: OPAQUE, end: maxPort };
const opaque: Span = { start: OPAQUE, end: OPAQUE };
/** The boxes that together hold exactly the packets that fit a selector set. They may touch, never overlap, unless its lists do. */
export function regionsOf(set: SelectorSet): Region[] {
  const regions: Region[] = [];
  for (const local of rangesOf(set.local))
    for (const remote of rangesOf(set.remote)) {
      if (local.start.length !== remote.start.length) continue;
      for (const protocol of protocolSpans(set))
        for (const [localPort, remotePort] of portSpans(set, protocol)) regions.push({ local, remote, protocol, localPort, remotePort });
    }
  return regions;
}

/** The ranges of an address selector; of ANY one per family, new ones every time, so that nobody can change them for others. */
export function rangesOf(addresses: Addresses): readonly AddressRange[] {
  return addresses === ANY ? [prefixRange(new Uint8Array(4), 0), prefixRange(new Uint8Array(16), 0)] : addresses;
}

/** The ranges of a port selector. */
function spansOf(ports: Ports): readonly Span[] {
  return ports === ANY ? [anyPort] : ports === OPAQUE ? [opaque] : ports;
}

function protocolSpans({ protocol, localPorts, remotePorts }: SelectorSet): Span[] {
  if (protocol !== ANY) return [{ start: protocol, end: protocol }];
  if (localPorts === ANY && remotePorts === ANY) return [{ start: OPAQUE, end: maxProtocol }];
  // with ports in it, ANY falls apart into the protocols with one field and those between them
  const spans: Span[] = [];
  let start = OPAQUE;
  for (let p = 0; p <= maxProtocol; p++) {
    if (!hasOneSelector(p)) continue;
    spans.push({ start, end: p - 1 }, { start: p, end: p });
    start = p + 1;
  }
  return [...spans, { start, end: maxProtocol }];
}

function portSpans({ localPorts, remotePorts }: SelectorSet, protocol: Span): [Span, Span][] {
  const local = spansOf(localPorts);
  const remote = spansOf(remotePorts);
  const fragments = local[0]?.start === OPAQUE && remote[0]?.start === OPAQUE;
  // without ports OPAQUE is all there is, and means the same as ANY
  if (protocol.start === protocol.end && !hasPorts(protocol.end) && !hasOneSelector(protocol.end))
    return fragments ? [[anyPort, anyPort]] : [];
  if (!hasOneSelector(protocol.end) || (localPorts === ANY && remotePorts === ANY))
    return local.flatMap((l) => remote.map((r): [Span, Span] => [l, r]));
  const sent = visible(local).map((l): [Span, Span] => [l, opaque]);
  const received = visible(remote).map((r): [Span, Span] => [opaque, r]);
  return [...sent, ...received, ...(fragments ? [[opaque, opaque] as [Span, Span]] : [])];
}

function visible(spans: readonly Span[]): Span[] {
  return spans.filter((s) => s.end > OPAQUE).map((s) => (s.start > OPAQUE ? s : { start: 0, end: s.end }));
}

/**
 * The selector sets that hold exactly the packets of a box: one where RFC 4301 has the notation, several where it has not (a protocol
 * selector is "an individual value", section 4.4.1.2; OPAQUE stands alone).
 */
export function selectorsOfRegion({ local, remote, protocol, localPort, remotePort }: Region): SelectorSet[] {
  const set = (number: number, localPorts: Ports, remotePorts: Ports): SelectorSet => ({
    local: [local],
    remote: [remote],
    protocol: number,
    localPorts,
    remotePorts,
  });
  const anyPorts = isWhole(localPort) && isWhole(remotePort);
  if (anyPorts && protocol.start === OPAQUE && protocol.end === maxProtocol) return [set(ANY, ANY, ANY)];
  const sets: SelectorSet[] = [];
  // RFC 4301 section 4.4.2.2: "The protocol field cannot be OPAQUE in IPv4."
  for (let p = local.start.length === 4 ? Math.max(protocol.start, 0) : protocol.start; p <= protocol.end; p++) {
    const hidden = localPort.start === OPAQUE && remotePort.start === OPAQUE;
    if (anyPorts || (hidden && !hasPorts(p) && !hasOneSelector(p))) sets.push(set(p, ANY, ANY));
    else if (hasPorts(p)) for (const l of portsOf(localPort)) for (const r of portsOf(remotePort)) sets.push(set(p, l, r));
    else if (hasOneSelector(p)) {
      if (remotePort.start === OPAQUE) for (const l of portsOf(localPort)) if (l !== OPAQUE) sets.push(set(p, l, OPAQUE));
      if (localPort.start === OPAQUE) for (const r of portsOf(remotePort)) if (r !== OPAQUE) sets.push(set(p, OPAQUE, r));
      if (hidden) sets.push(set(p, OPAQUE, OPAQUE));
    }
  }
  return sets;
}

function isWhole(span: Span): boolean {
  return span.start === OPAQUE && span.end === maxPort;
}

function portsOf(span: Span): Ports[] {
  if (isWhole(span)) return [ANY];
  const ranges = visible([span]);
  return [...(span.start === OPAQUE ? ([OPAQUE] as const) : []), ...(ranges.length > 0 ? [ranges] : [])];
}

/** Whether a packet of this flow is in the box. */
export function regionHolds(region: Region, flow: Flow, direction: Direction): boolean {
  const out = direction === 'outbound';
  const one = hasOneSelector(flow.protocol);
  return (
    rangeContains(region.local, out ? flow.source : flow.destination) &&
    rangeContains(region.remote, out ? flow.destination : flow.source) &&
    spanHolds(region.protocol, flow.protocol) &&
    spanHolds(region.localPort, one && !out ? OPAQUE : out ? flow.sourcePort : flow.destinationPort) &&
    spanHolds(region.remotePort, one && out ? OPAQUE : out ? flow.destinationPort : flow.sourcePort)
  );
}

function spanHolds(span: Span, value: number): boolean {
  return span.start <= value && value <= span.end;
}
