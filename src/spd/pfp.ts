/**
 * The selectors of a new SA: RFC 4301 section 4.4.1 "How to Derive the Values for an SAD Entry" and the tables of section 4.4.2.2.
 *
 * @module
 */
import { type Flow, OPAQUE } from '../ip.js';
import { type Addresses, ANY, type Direction, hasOneSelector, hasPorts, type Ports, type SelectorSet } from '../traffic-selector.js';
import { containsAddress, containsPort, containsProtocol } from '../traffic-selector/match.js';
import type { ProtectPolicy } from './types.js';

/**
 * The selectors that an SA for this packet gets from the policy that the packet matched. A selector with its "populate from packet" flag
 * takes the packet's value, in every selector set of the entry that has it; the others keep the entry's values.
 *
 * @param direction of the packet. Default `outbound`: it is outbound packets that ask for an SA.
 * @returns in the entry's order; `undefined`: discard the packet, since a flagged value is not in it.
 *
 * @example
 * ```ts
 * import { parseAddress, type Flow } from 'ipsec-ts/ip';
 * import { parsePolicies, selectorsForSa } from 'ipsec-ts/spd';
 * import { formatSelector } from 'ipsec-ts/traffic-selector';
 *
 * const [policy] = parsePolicies([
 *   { action: 'PROTECT', remote: '192.0.2.1-192.0.2.10', pfp: ['remote'], processing: { protocol: 'ESP', mode: 'transport' } },
 * ]);
 * const [source, destination] = [parseAddress('203.0.113.1'), parseAddress('192.0.2.3')];
 * const flow: Flow = { version: 4, source, destination, protocol: 6, sourcePort: 5000, destinationPort: 80 };
 * if (policy?.action !== 'PROTECT') throw new Error('protect');
 * const selectors = selectorsForSa(policy, flow); // RFC 4301 section 4.4.1: "192.0.2.3 (one host)"
 * if (selectors?.map(formatSelector).join() !== 'any <-> 192.0.2.3') throw new Error('one host');
 * ```
 */
export function selectorsForSa(entry: ProtectPolicy, flow: Flow, direction: Direction = 'outbound'): readonly SelectorSet[] | undefined {
  const flags = entry.pfp ?? [];
  if (flags.length === 0) return entry.selectors;
  const portFlag = flags.includes('localPorts') || flags.includes('remotePorts');
  const absent = flow.protocol === OPAQUE || (flow.sourcePort === OPAQUE && (hasPorts(flow.protocol) || hasOneSelector(flow.protocol)));
  // RFC 4301 section 4.4.2.2: PFP 1, packet "not avail.": "discard packet"
  if ((flags.includes('protocol') && flow.protocol === OPAQUE) || (portFlag && absent)) return undefined;
  const sets = entry.selectors.flatMap((set) => populate(set, new Set(flags), flow, direction) ?? []);
  return sets.length > 0 ? sets : undefined;
}

function populate(set: SelectorSet, flags: ReadonlySet<keyof SelectorSet>, flow: Flow, direction: Direction): SelectorSet | undefined {
  const exact = selectorOfFlow(flow, direction);
  const protocol = flags.has('protocol') ? flow.protocol : set.protocol;
  if (flags.has('protocol') && !containsProtocol(set.protocol, flow.protocol)) return undefined;
  const local = flags.has('local') ? onlyAddress(set.local, exact.local) : set.local;
  const remote = flags.has('remote') ? onlyAddress(set.remote, exact.remote) : set.remote;
  const ports = populatePorts(set, flags, flow, direction);
  return local && remote && ports && { local, remote, protocol, ...ports };
}

function onlyAddress(selector: Addresses, exact: Addresses): Addresses | undefined {
  return exact !== ANY && containsAddress(selector, exact[0]!.start) ? exact : undefined;
}

type BothPorts = Pick<SelectorSet, 'localPorts' | 'remotePorts'>;

function populatePorts(set: SelectorSet, flags: ReadonlySet<keyof SelectorSet>, flow: Flow, direction: Direction): BothPorts | undefined {
  const outbound = direction === 'outbound';
  const one = hasOneSelector(flow.protocol);
  const asTheyAre = { localPorts: set.localPorts, remotePorts: set.remotePorts };
  if (!flags.has('localPorts') && !flags.has('remotePorts')) return asTheyAre;
  if (!one && !hasPorts(flow.protocol)) return asTheyAre; // its packets have no such value
  if (set.protocol !== ANY && (one ? set.protocol !== flow.protocol : !hasPorts(set.protocol))) return undefined; // a value of another kind
  const populated = (name: 'localPorts' | 'remotePorts', value: number, decides: boolean): Ports | undefined => {
    if (!flags.has(name)) return set[name];
    if (containsPort(set[name], value)) return [{ start: value, end: value }];
    return decides ? undefined : OPAQUE; // RFC 4301 section 4.4.1.3: this type goes the other way alone
  };
  const localPorts = populated('localPorts', outbound ? flow.sourcePort : flow.destinationPort, !one || outbound);
  const remotePorts = populated('remotePorts', outbound ? flow.destinationPort : flow.sourcePort, !one || !outbound);
  return localPorts !== undefined && remotePorts !== undefined ? { localPorts, remotePorts } : undefined;
}

/**
 * The selector set of one packet and no other, to go first in an IKE proposal: RFC 7296 section 2.9: "the initiator SHOULD include as the first
 * Traffic Selector in each of TSi and TSr a very specific Traffic Selector including the addresses in the packet triggering the request."
 * The addresses are copies.
 */
export function selectorOfFlow(flow: Flow, direction: Direction = 'outbound'): SelectorSet {
  const outbound = direction === 'outbound';
  const [source, destination] = [onlyOne(flow.source), onlyOne(flow.destination)];
  const [sourcePort, destinationPort] = [onlyPort(flow.sourcePort), onlyPort(flow.destinationPort)];
  return {
    local: outbound ? source : destination,
    remote: outbound ? destination : source,
    protocol: flow.protocol,
    localPorts: outbound ? sourcePort : destinationPort,
    remotePorts: outbound ? destinationPort : sourcePort,
  };
}

function onlyOne(address: Uint8Array): Addresses {
  const copy = address.slice();
  return [{ start: copy, end: copy }];
}

function onlyPort(port: number): Ports {
  return port === OPAQUE ? OPAQUE : [{ start: port, end: port }];
}
