/**
 * What a configuration becomes on a host that has nothing but UDP sockets.
 *
 * @module
 */
import type { EndpointConfig, EndpointConnection } from '../endpoint.js';
import { IpsecError } from '../errors.js';
import { formatAddress } from '../ip.js';
import type { Sockets } from './sockets.js';
import type { HostOptions } from './types.js';

/** Node does not say which address a datagram came to: there has to be a socket for each. Throws `invalid-config`. */
export function checkAddresses({ addresses }: Pick<EndpointConfig, 'addresses'>): void {
  for (const [i, address] of addresses.entries())
    if (address.every((octet) => octet === 0))
      throw new IpsecError('invalid-config', 'an address of this host', {
        path: `addresses.${i}`,
        expected: 'the address itself: every address has a socket of its own',
        found: formatAddress(address),
      });
}

/**
 * The configuration with the ports that the system has given, and with ESP in UDP where there is no other way. Where IKE and ESP share
 * a port, there is no port of IKE alone, and connections begin on the shared one.
 */
export function withSockets(config: EndpointConfig, { ports }: Pick<Sockets, 'ports'>, { sendIp }: HostOptions): EndpointConfig {
  const inUdp = sendIp === undefined;
  const isShared = ports.ike === ports.nat;
  const connections = config.connections.map((connection): EndpointConnection => {
    const { options } = connection.ike;
    const natTraversal = inUdp ? 'force' : options.natTraversal;
    return {
      ...connection,
      ...(isShared && { startOnNatPort: true }),
      ike: { ...connection.ike, options: { ...options, natTraversal, natPorts: { ...options.natPorts, local: ports.nat } } },
    };
  });
  return {
    ...config,
    ports: { ike: isShared ? 0 : ports.ike, nat: ports.nat },
    connections,
    ...(inUdp && { encapsulation: 'always' as const }),
  };
}
