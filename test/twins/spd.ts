/**
 * The look-up of the SPD as RFC 4301 tells it: go through the entries in order, compare each selector. Written without any of the library's
 * own comparison, so that src/spd and src/traffic-selector can be held against it.
 */
import type { Flow } from '../../src/ip.js';
import type { SpdEntry } from '../../src/spd.js';
import { type Addresses, ANY, OPAQUE, type Ports, type SelectorSet } from '../../src/traffic-selector.js';

const number = (address: Uint8Array): bigint => address.reduce((n, octet) => n * 256n + BigInt(octet), 0n);

function hasAddress(selector: Addresses, address: Uint8Array): boolean {
  if (selector === ANY) return true;
  return selector.some(
    ({ start, end }) => start.length === address.length && number(start) <= number(address) && number(address) <= number(end),
  );
}

/** "ANY is a wildcard that matches any value ..., or that matches packets where that field is not present or is obscured." */
function hasPort(selector: Ports, port: number): boolean {
  if (selector === ANY) return true;
  if (selector === OPAQUE) return port === OPAQUE;
  return port !== OPAQUE && selector.some(({ start, end }) => start <= port && port <= end);
}

function hasPorts(set: SelectorSet, { protocol, sourcePort, destinationPort }: Flow, outbound: boolean): boolean {
  // Section 4.4.1.3: ICMP, ICMPv6, Mobility Header: what may be sent is in the local selector, what may be received in the remote one
  if ([1, 58, 135].includes(protocol) && sourcePort !== OPAQUE) return hasPort(outbound ? set.localPorts : set.remotePorts, sourcePort);
  const [local, remote] = outbound ? [sourcePort, destinationPort] : [destinationPort, sourcePort];
  return hasPort(set.localPorts, local) && hasPort(set.remotePorts, remote);
}

/** Whether a packet fits a selector set. */
function fits(set: SelectorSet, flow: Flow, direction: 'outbound' | 'inbound'): boolean {
  const outbound = direction === 'outbound';
  const [local, remote] = outbound ? [flow.source, flow.destination] : [flow.destination, flow.source];
  const protocol = set.protocol === ANY || set.protocol === flow.protocol;
  return protocol && hasAddress(set.local, local) && hasAddress(set.remote, remote) && hasPorts(set, flow, outbound);
}

/** The first entry that matches; `undefined`: discard. */
export function firstMatch(entries: readonly SpdEntry[], flow: Flow, direction: 'outbound' | 'inbound'): SpdEntry | undefined {
  return entries.find((entry) => {
    const way = entry.direction ?? 'both';
    if (way === (direction === 'outbound' ? 'in' : 'out')) return false;
    const named = (entry.names ?? []).length > 0;
    return entry.selectors.some((set) => !(named && set.remote === ANY) && fits(set, flow, direction));
  });
}
