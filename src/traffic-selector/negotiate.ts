/**
 * Between policy and IKEv2: selector sets to the two lists of Traffic Selectors and back, and narrowing (RFC 7296 section 2.9).
 *
 * @module
 */
import { rangeContains } from '../ip.js';
import { intersectPorts, intersectProtocols, intersectRanges, isSubset } from './algebra.js';
import { rangesOf } from './region.js';
import { type Addresses, ANY, type Ports, type SelectorSet, type TrafficSelector } from './types.js';

/** The two Traffic Selector payloads from our point of view: an initiator's `local` is TSi, a responder's is TSr. */
export interface TrafficSelectorPair {
  /** Our end. */
  readonly local: readonly TrafficSelector[];
  /** The peer's end. */
  readonly remote: readonly TrafficSelector[];
}

/**
 * What an offer and a policy have in common: every selector offered with every acceptable one, without what is empty and what an earlier
 * one says already. The order is that of the offer, so that the initiator's first choice stays first:
 * RFC 7296 section 2.9: "If the responder's policy allows it to accept the first selector of TSi and TSr, then the responder MUST narrow the
 * Traffic Selectors to a subset that includes the initiator's first choices."
 *
 * One end at a time, as the payloads have it: where ICMP types differ by direction, narrow the pairs instead, with
 * {@link intersectSelectors} over {@link selectorSetsOf}.
 *
 * @param offered the peer's list, or ours.
 * @param acceptable the other list; its order does not matter.
 * @returns empty: nothing is acceptable (TS_UNACCEPTABLE).
 *
 * @example
 * ```ts
 * import { formatTrafficSelector, narrowSelectors, parseSelector, trafficSelectorsOf } from 'ipsec-ts/traffic-selector';
 *
 * const offered = trafficSelectorsOf([parseSelector('0.0.0.0/0')]).remote;
 * const ours = trafficSelectorsOf([parseSelector('192.0.2.0/24 tcp 443')]).remote;
 * if (narrowSelectors(offered, ours).map(formatTrafficSelector).join() !== '192.0.2.0/24 tcp 443') throw new Error('narrowed');
 * ```
 */
export function narrowSelectors(offered: readonly TrafficSelector[], acceptable: readonly TrafficSelector[]): TrafficSelector[] {
  const narrowed: TrafficSelector[] = [];
  for (const offer of offered)
    for (const ours of acceptable) {
      const both = intersectTrafficSelectors(offer, ours);
      if (both !== undefined) append(narrowed, both);
    }
  return narrowed;
}

/** What two Traffic Selectors have in common; `undefined`: nothing. */
export function intersectTrafficSelectors(a: TrafficSelector, b: TrafficSelector): TrafficSelector | undefined {
  const addresses = intersectRanges(a.addresses, b.addresses);
  const protocol = intersectProtocols(a.protocol, b.protocol);
  const ports = intersectPorts(portList(a.ports), portList(b.ports));
  if (addresses === undefined || protocol === undefined || ports === undefined) return undefined;
  return { protocol, addresses, ports: typeof ports === 'number' ? ports : ports[0]! };
}

function portList(ports: TrafficSelector['ports']): Ports {
  return typeof ports === 'number' ? ports : [ports];
}

/** Adds a selector unless an earlier one says it already. */
function append(list: TrafficSelector[], selector: TrafficSelector): void {
  if (!list.some((earlier) => coversTrafficSelector(earlier, selector))) list.push(selector);
}

/**
 * Whether one Traffic Selector lets through everything that another does. Of lists: each of the one within some of the other is enough.
 *
 * @example
 * ```ts
 * import { coversTrafficSelector, parseSelector, trafficSelectorsOf } from 'ipsec-ts/traffic-selector';
 *
 * const [net, web] = ['192.0.2.0/24', '192.0.2.1 tcp 80'].map((text) => trafficSelectorsOf([parseSelector(text)]).local[0]);
 * if (!net || !web || !coversTrafficSelector(net, web) || coversTrafficSelector(web, net)) throw new Error('one way');
 * ```
 */
export function coversTrafficSelector(wide: TrafficSelector, narrow: TrafficSelector): boolean {
  return (
    (wide.protocol === ANY || wide.protocol === narrow.protocol) &&
    coversPorts(wide.ports, narrow.ports) &&
    rangeContains(wide.addresses, narrow.addresses.start) &&
    rangeContains(wide.addresses, narrow.addresses.end)
  );
}

function coversPorts(a: TrafficSelector['ports'], b: TrafficSelector['ports']): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === ANY || a === b;
  return a.start <= b.start && b.end <= a.end;
}

/**
 * The Traffic Selectors that say what selector sets say, as far as IKEv2 can say it: each end in a list of its own, in the order of the sets,
 * nothing twice. RFC 4301 section 4.4.1.2: "IKEv2 treats these not as pairs, but as (unordered) sets of local and remote values that can be
 * arbitrarily paired." {@link mixesBeyond} tells whether that says more than the sets do.
 */
export function trafficSelectorsOf(selectors: readonly SelectorSet[]): TrafficSelectorPair {
  const local: TrafficSelector[] = [];
  const remote: TrafficSelector[] = [];
  for (const set of selectors) {
    for (const end of endsOf(set.local, set.protocol, set.localPorts, familiesOf(set.remote))) append(local, end);
    for (const end of endsOf(set.remote, set.protocol, set.remotePorts, familiesOf(set.local))) append(remote, end);
  }
  return { local, remote };
}

/**
 * Whether {@link trafficSelectorsOf} lets through more than the selector sets do, because IKEv2 mixes the ends of different sets.
 * RFC 4301 section 4.4.1.2: "users MUST NOT include multiple selector sets in a single SPD entry unless the access control intent aligns
 * with the IKE "mix and match" semantics."
 */
export function mixesBeyond(selectors: readonly SelectorSet[]): boolean {
  return !isSubset(selectorSetsOf(trafficSelectorsOf(selectors)), selectors);
}

function familiesOf(addresses: Addresses): ReadonlySet<number> {
  return new Set(rangesOf(addresses).map((range) => range.start.length));
}

function endsOf(addresses: Addresses, protocol: number, ports: Ports, families: ReadonlySet<number>): TrafficSelector[] {
  const list = typeof ports === 'number' ? [ports] : ports;
  return rangesOf(addresses)
    .filter((range) => families.has(range.start.length))
    .flatMap((range) => list.map((port): TrafficSelector => ({ protocol, addresses: range, ports: port })));
}

/**
 * The selector sets that two lists of Traffic Selectors stand for: RFC 7296 section 3.13: "a packet matches a given TSi/TSr if it matches at
 * least one of the individual selectors in TSi, and at least one of the individual selectors in TSr." Pairs that no packet fits (two
 * families, two protocols) are left out.
 */
export function selectorSetsOf({ local, remote }: TrafficSelectorPair): SelectorSet[] {
  return local.flatMap((l) =>
    remote.flatMap((r): SelectorSet[] => {
      const protocol = intersectProtocols(l.protocol, r.protocol);
      if (protocol === undefined || l.addresses.start.length !== r.addresses.start.length) return [];
      return [{ local: [l.addresses], remote: [r.addresses], protocol, localPorts: portList(l.ports), remotePorts: portList(r.ports) }];
    }),
  );
}
