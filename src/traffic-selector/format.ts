/**
 * Selectors as text: `10.0.0.0/8 tcp 1024-65535 <-> 192.0.2.0/24 443`. {@link parseSelector} reads it back.
 *
 * @module
 */
import { formatRange, OPAQUE, protocols } from '../ip.js';
import { formatProtocol, hasOneSelector } from './protocol.js';
import { type Addresses, ANY, type PortRange, type Ports, type SelectorSet, type TrafficSelector } from './types.js';

/**
 * Writes a selector set: local addresses, protocol, local ports, `<->`, remote addresses, remote ports. What is ANY at the end of a half
 * is left out. ICMP shows type/code (`8/0`, `3` for any code), the Mobility Header its type.
 *
 * @example
 * ```ts
 * import { formatSelector, parseSelector } from 'ipsec-ts/traffic-selector';
 *
 * const web = parseSelector({ local: '10.0.0.0/8', remote: ['192.0.2.1', '192.0.2.4-192.0.2.9'], protocol: 'tcp', remotePorts: [80, 443] });
 * if (formatSelector(web) !== '10.0.0.0/8 tcp <-> 192.0.2.1,192.0.2.4-192.0.2.9 80,443') throw new Error(formatSelector(web));
 * ```
 */
export function formatSelector(set: SelectorSet): string {
  const { protocol } = set;
  const localPorts = set.localPorts === ANY ? '' : ` ${formatPorts(set.localPorts, protocol)}`;
  const remotePorts = set.remotePorts === ANY ? '' : ` ${formatPorts(set.remotePorts, protocol)}`;
  const middle = protocol === ANY && localPorts + remotePorts === '' ? '' : ` ${formatProtocol(protocol)}`;
  return `${formatAddresses(set.local)}${middle}${localPorts} <-> ${formatAddresses(set.remote)}${remotePorts}`;
}

/** Writes one Traffic Selector of IKEv2: `192.0.2.0/24 tcp 443`. */
export function formatTrafficSelector({ addresses, protocol, ports }: TrafficSelector): string {
  const list = typeof ports === 'number' ? ports : [ports];
  const rest =
    protocol === ANY && list === ANY ? '' : ` ${formatProtocol(protocol)}${list === ANY ? '' : ` ${formatPorts(list, protocol)}`}`;
  return formatRange(addresses) + rest;
}

/** Writes an address selector: `any`, or ranges with commas. */
export function formatAddresses(addresses: Addresses): string {
  return addresses === ANY ? 'any' : addresses.map(formatRange).join(',');
}

/** Writes a port selector in the way of its protocol: `any`, `opaque`, or ranges with commas. */
export function formatPorts(ports: Ports, protocol: number): string {
  if (ports === ANY) return 'any';
  if (ports === OPAQUE) return 'opaque';
  return ports.map((range) => formatPortRange(range, protocol)).join(',');
}

function formatPortRange({ start, end }: PortRange, protocol: number): string {
  if (!hasOneSelector(protocol)) return start === end ? String(start) : `${start}-${end}`;
  if (protocol === protocols['Mobility Header'])
    return start >> 8 === end >> 8 ? String(end >> 8) : `${Math.ceil(start / 256)}-${end >> 8}`;
  const [type, code, lastType, lastCode] = [start >> 8, start & 0xff, end >> 8, end & 0xff];
  if (code === 0 && lastCode === 0xff) return type === lastType ? String(type) : `${type}-${lastType}`;
  if (type !== lastType) return `${type}/${code}-${lastType}/${lastCode}`;
  return code === lastCode ? `${type}/${code}` : `${type}/${code}-${lastCode}`;
}
