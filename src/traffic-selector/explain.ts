/**
 * "It says no, and not why" is the complaint that this file answers.
 *
 * @module
 */
import { type Flow, formatAddress, OPAQUE } from '../ip.js';
import { intersectAddresses, intersectPorts, intersectProtocols, isSubset } from './algebra.js';
import { formatAddresses, formatPorts } from './format.js';
import { containsAddress, containsPort, containsProtocol } from './match.js';
import { formatProtocol, hasOneSelector } from './protocol.js';
import { type Addresses, ANY, type Direction, type Ports, type SelectorSet } from './types.js';

/**
 * The first difference that keeps `a` from lying within `b`, in words; `undefined` when it lies within. Of several sets in `b` the one is
 * spoken of that agrees with `a` the longest.
 *
 * @param a what is asked for, such as a peer's offer.
 * @param b what is allowed, such as our policy.
 *
 * @example
 * ```ts
 * import { explainSelectors, parseSelector } from 'ipsec-ts/traffic-selector';
 *
 * const why = explainSelectors([parseSelector('any <-> 10.0.0.0/8')], [parseSelector('any <-> 10.1.0.0/16')]);
 * if (why !== 'remote addresses: 10.0.0.0/8 is not within 10.1.0.0/16, they share 10.1.0.0/16') throw new Error(why);
 * ```
 */
export function explainSelectors(a: readonly SelectorSet[], b: readonly SelectorSet[]): string | undefined {
  const outside = a.find((set) => !isSubset([set], b));
  if (outside === undefined) return undefined;
  return furthest(b.map((set) => firstDifference(outside, set)))?.words ?? 'there is nothing to compare with: no selectors';
}

/**
 * Why a packet's flow fits none of the selector sets, in words; `undefined` when it fits one. For audit records.
 *
 * @example
 * ```ts
 * import { OPAQUE, parseAddress, type Flow } from 'ipsec-ts/ip';
 * import { explainFlow, parseSelector } from 'ipsec-ts/traffic-selector';
 *
 * const fragment: Flow = { version: 4, source: parseAddress('10.0.0.1'), destination: parseAddress('192.0.2.1'), protocol: 6, sourcePort: OPAQUE, destinationPort: OPAQUE };
 * const why = explainFlow([parseSelector('any tcp <-> 192.0.2.1 443')], fragment, 'outbound');
 * if (why !== 'remote port: not visible in the packet (OPAQUE), the selectors want 443') throw new Error(why);
 * ```
 */
export function explainFlow(selectors: readonly SelectorSet[], flow: Flow, direction: Direction): string | undefined {
  if (selectors.length === 0) return 'there are no selectors';
  return nearestDifference(selectors, flow, direction)?.words;
}

/** Of the selector set that a flow fits best, where it differs; `undefined`: nowhere, or there are no sets. */
export function nearestDifference(selectors: readonly SelectorSet[], flow: Flow, direction: Direction): Difference | undefined {
  const differences = selectors.map((set) => flowDifference(set, flow, direction));
  return differences.includes(undefined) ? undefined : furthest(differences);
}

/** How far down the list of selectors two sides agree before they differ, and the words for it. */
export interface Difference {
  /** Selectors on which they agree. */
  readonly depth: number;
  /** The first on which they do not. */
  readonly words: string;
}

function furthest(differences: readonly (Difference | undefined)[]): Difference | undefined {
  let best: Difference | undefined;
  for (const d of differences) if (d !== undefined && (best === undefined || d.depth > best.depth)) best = d;
  return best;
}

function firstDifference(a: SelectorSet, b: SelectorSet): Difference {
  const protocol = intersectProtocols(a.protocol, b.protocol) ?? a.protocol;
  const within = (x: Partial<SelectorSet>, y: Partial<SelectorSet>): boolean =>
    isSubset([{ ...everything, ...x }], [{ ...everything, ...y }]);
  const addresses = (name: string, x: Addresses, y: Addresses): string => {
    const shared = intersectAddresses(x, y);
    return `${name} addresses: ${formatAddresses(x)} is not within ${formatAddresses(y)}, they share ${shared === undefined ? 'nothing' : formatAddresses(shared)}`;
  };
  const ports = (name: string, x: Ports, y: Ports): string => {
    const shared = intersectPorts(x, y);
    const common = shared === undefined ? 'nothing' : formatPorts(shared, protocol);
    return `${name} ${fieldName(protocol)}s: ${formatPorts(x, protocol)} is not within ${formatPorts(y, protocol)}, they share ${common}`;
  };
  if (!within({ local: a.local }, { local: b.local })) return { depth: 0, words: addresses('local', a.local, b.local) };
  if (!within({ remote: a.remote }, { remote: b.remote })) return { depth: 1, words: addresses('remote', a.remote, b.remote) };
  if (b.protocol !== ANY && a.protocol !== b.protocol)
    return { depth: 2, words: `protocol: ${formatProtocol(a.protocol)} is not ${formatProtocol(b.protocol)}` };
  const local = !within({ protocol: a.protocol, localPorts: a.localPorts }, { protocol: b.protocol, localPorts: b.localPorts });
  return {
    depth: local ? 3 : 4,
    words: local ? ports('local', a.localPorts, b.localPorts) : ports('remote', a.remotePorts, b.remotePorts),
  };
}

const everything: SelectorSet = /* @__PURE__ */ Object.freeze({
  local: ANY,
  remote: ANY,
  protocol: ANY,
  localPorts: ANY,
  remotePorts: ANY,
});

function flowDifference(set: SelectorSet, flow: Flow, direction: Direction): Difference | undefined {
  const out = direction === 'outbound';
  const local = out ? flow.source : flow.destination;
  const remote = out ? flow.destination : flow.source;
  if (!containsAddress(set.local, local))
    return { depth: 0, words: `local address: ${formatAddress(local)}, the selectors want ${formatAddresses(set.local)}` };
  if (!containsAddress(set.remote, remote))
    return { depth: 1, words: `remote address: ${formatAddress(remote)}, the selectors want ${formatAddresses(set.remote)}` };
  if (!containsProtocol(set.protocol, flow.protocol))
    return { depth: 2, words: `protocol: ${formatProtocol(flow.protocol)}, the selectors want ${formatProtocol(set.protocol)}` };
  const one = hasOneSelector(flow.protocol) && flow.sourcePort !== OPAQUE;
  const localPort = out ? flow.sourcePort : flow.destinationPort;
  const remotePort = out ? flow.destinationPort : flow.sourcePort;
  if ((out || !one) && !containsPort(set.localPorts, localPort))
    return { depth: 3, words: portWords('local', localPort, set.localPorts, flow.protocol) };
  if ((!out || !one) && !containsPort(set.remotePorts, remotePort))
    return { depth: 4, words: portWords('remote', remotePort, set.remotePorts, flow.protocol) };
  return undefined;
}

function portWords(name: string, value: number, ports: Ports, protocol: number): string {
  const shown = value === OPAQUE ? 'not visible in the packet (OPAQUE)' : formatPorts([{ start: value, end: value }], protocol);
  return `${name} ${fieldName(protocol)}: ${shown}, the selectors want ${formatPorts(ports, protocol)}`;
}

function fieldName(protocol: number): string {
  return hasOneSelector(protocol) ? 'type' : 'port';
}
