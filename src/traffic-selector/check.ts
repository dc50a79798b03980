/**
 * The rules of RFC 4301 that make a selector set meaningful.
 *
 * @module
 */
import { isBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { compareAddresses, OPAQUE } from '../ip.js';
import { oneFamily } from './algebra.js';
import { formatPorts } from './format.js';
import { formatProtocol, hasOneSelector, hasPorts } from './protocol.js';
import { type Addresses, ANY, type Ports, type SelectorSet } from './types.js';

/**
 * Checks one selector set against RFC 4301 sections 4.4.1.1 and 4.4.1.2.
 *
 * @param path where the set stands in a configuration, for the error.
 * @throws IpsecError `invalid-config` with the path of the wrong selector.
 */
export function checkSelector(set: SelectorSet, path = 'selector'): void {
  checkAddresses(set.local, `${path}.local`);
  checkAddresses(set.remote, `${path}.remote`);
  if (!oneFamily(set.local, set.remote)) {
    // RFC 4301 section 4.4.1.1: "Note that both Local and Remote addresses should either be IPv4 or IPv6, but not a mix of address types."
    throw bad('local and remote addresses', path, 'a family that both sides have', 'IPv4 on one side, IPv6 on the other');
  }
  checkProtocol(set, path);
  checkPorts(set.localPorts, set.protocol, `${path}.localPorts`);
  checkPorts(set.remotePorts, set.protocol, `${path}.remotePorts`);
}

function checkAddresses(addresses: Addresses, path: string): void {
  if (addresses === ANY) return;
  if (!Array.isArray(addresses) || addresses.length === 0) throw bad('an address selector', path, 'ANY or one range or more', 'none');
  addresses.forEach(({ start, end }, i) => {
    const place = `${path}.${i}`;
    if (!isBytes(start) || !isBytes(end) || start.length !== end.length || (start.length !== 4 && start.length !== 16))
      throw bad('a range of addresses', place, 'two addresses of 4 or of 16 octets', 'something else');
    if (compareAddresses(start, end) > 0) throw bad('a range of addresses', place, 'the lower address first', 'the higher one');
  });
}

function checkProtocol({ protocol, local, remote, localPorts, remotePorts }: SelectorSet, path: string): void {
  if (protocol === ANY) {
    // RFC 4301 section 7.1: "If the SA will carry traffic without regard to a specific protocol value (i.e., ANY is specified as the
    // (Next Layer) protocol selector value), then the port field values are undefined and MUST be set to ANY as well."
    const side = localPorts !== ANY ? 'localPorts' : remotePorts !== ANY ? 'remotePorts' : undefined;
    if (side !== undefined) throw bad('ports of any protocol', `${path}.${side}`, 'a protocol, or any ports', 'ports without a protocol');
  } else if (protocol === OPAQUE) {
    // RFC 4301 section 4.4.2.2: "The protocol field cannot be OPAQUE in IPv4."
    const ipv4 = [local, remote].some((a) => a !== ANY && a.every((range) => range.start.length === 4));
    if (ipv4) throw bad('an OPAQUE protocol', `${path}.protocol`, 'IPv6 addresses', 'IPv4 addresses, where the protocol is always visible');
  } else if (!Number.isInteger(protocol) || protocol < 0 || protocol > 255) {
    throw bad('a Next Layer Protocol', `${path}.protocol`, '0 to 255, ANY or OPAQUE', String(protocol));
  }
}

function checkPorts(ports: Ports, protocol: number, path: string): void {
  if (ports === ANY || ports === OPAQUE) return;
  if (!Array.isArray(ports) || ports.length === 0) throw bad('a port selector', path, 'ANY, OPAQUE or one range or more', 'none');
  for (const { start, end } of ports) {
    if (!isPort(start) || !isPort(end) || start > end)
      throw bad('a range of ports', path, 'two numbers 0 to 65535, the lower first', `${start}-${end}`);
  }
  // RFC 4301 section 4.4.1.3 A: "If a Next Layer Protocol has no "port" selectors, then the Local and Remote "port" selectors are set to OPAQUE"
  if (!hasPorts(protocol) && !hasOneSelector(protocol))
    throw bad(
      `a port selector of ${formatProtocol(protocol)}`,
      path,
      'OPAQUE or ANY, since its packets show no ports',
      formatPorts(ports, protocol),
    );
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff;
}

function bad(what: string, path: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-config', what, { path, expected, found });
}
