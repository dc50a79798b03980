/**
 * Does a packet fit a selector set? This is asked of every packet that leaves an SA (RFC 4301 section 5.2), so nothing is allocated.
 *
 * @module
 */
import { type Flow, OPAQUE, rangeContains } from '../ip.js';
import { hasOneSelector } from './protocol.js';
import { type Addresses, ANY, type Direction, type Ports, type SelectorSet } from './types.js';

/**
 * Whether a packet's flow fits at least one of the selector sets.
 *
 * @param selectors of an SA or of an SPD entry.
 * @param direction `outbound`: the source is local; `inbound`: the destination is.
 *
 * @example
 * ```ts
 * import { encodeEcho, parseAddress, readFlow } from 'ipsec-ts/ip';
 * import { containsFlow, parseSelector } from 'ipsec-ts/traffic-selector';
 *
 * const pings = [parseSelector('10.0.0.0/8 icmp 8/0 <-> any 0/0')]; // echo requests go out, replies come in
 * const ping = readFlow(encodeEcho({ source: parseAddress('10.1.2.3'), destination: parseAddress('192.0.2.1'), id: 1, seq: 1 }));
 * if (!containsFlow(pings, ping, 'outbound') || containsFlow(pings, ping, 'inbound')) throw new Error('one way');
 * ```
 */
export function containsFlow(selectors: readonly SelectorSet[], flow: Flow, direction: Direction): boolean {
  for (const set of selectors) if (matches(set, flow, direction)) return true;
  return false;
}

function matches(set: SelectorSet, flow: Flow, direction: Direction): boolean {
  const outbound = direction === 'outbound';
  return (
    containsProtocol(set.protocol, flow.protocol) &&
    containsPorts(set, flow, outbound) &&
    containsAddress(set.local, outbound ? flow.source : flow.destination) &&
    containsAddress(set.remote, outbound ? flow.destination : flow.source)
  );
}

/** Whether a protocol selector takes a packet's protocol. */
export function containsProtocol(selector: number, protocol: number): boolean {
  return selector === ANY || selector === protocol;
}

/** Whether an address selector takes an address. */
export function containsAddress(selector: Addresses, address: Uint8Array): boolean {
  if (selector === ANY) return true;
  for (const range of selector) if (rangeContains(range, address)) return true;
  return false;
}

/**
 * Whether a port selector takes a value. RFC 4301 section 4.4.1.1: "If a port selector specifies a value other than ANY or OPAQUE, it
 * cannot match packets that are non-initial fragments."
 */
export function containsPort(selector: Ports, value: number): boolean {
  if (selector === ANY) return true;
  if (selector === OPAQUE) return value === OPAQUE;
  for (const range of selector) if (range.start <= value && value <= range.end) return true;
  return false;
}

function containsPorts(set: SelectorSet, flow: Flow, outbound: boolean): boolean {
  // one field: the local selector says what may be sent, the remote one what may be received; a fragment without it has to fit both
  if (hasOneSelector(flow.protocol) && flow.sourcePort !== OPAQUE)
    return containsPort(outbound ? set.localPorts : set.remotePorts, flow.sourcePort);
  return (
    containsPort(set.localPorts, outbound ? flow.sourcePort : flow.destinationPort) &&
    containsPort(set.remotePorts, outbound ? flow.destinationPort : flow.sourcePort)
  );
}
