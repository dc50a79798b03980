/**
 * What a configuration becomes on a host that has nothing but UDP sockets.
 *
 * @module
 */
import { createEndpoint, type EndpointConfig, type EndpointConnection } from '../endpoint.js';
import { IpsecError } from '../errors.js';
import { formatAddress, isUnspecified } from '../ip.js';
import type { Sockets } from './sockets.js';
import type { HostOptions } from './types.js';

/**
 * Whether a host can come of a configuration, as far as that can be known without sockets.
 *
 * @throws IpsecError `invalid-config` or `invalid-argument` with the path of what cannot be.
 */
export function checkConfig(config: EndpointConfig, options: Pick<HostOptions, 'sendIp'> = {}): void {
  // Node does not say which address a datagram came to: there has to be a socket for each.
  for (const [i, address] of config.addresses.entries())
    if (isUnspecified(address))
      throw new IpsecError('invalid-config', 'an address of this host', {
        path: `addresses.${i}`,
        expected: 'the address itself: every address has a socket of its own',
        found: formatAddress(address),
      });
  createEndpoint(withSockets(config, { ports: { ike: 1, nat: 2 } }, options), { now: 0, random: (target) => target.fill(1) });
}

/**
 * The configuration with the ports that the system has given, and with ESP in UDP where there is no other way. Where IKE and ESP share
 * a port, there is no port of IKE alone, and connections begin on the shared one.
 */
export function withSockets(
  config: EndpointConfig,
  { ports }: Pick<Sockets, 'ports'>,
  { sendIp }: Pick<HostOptions, 'sendIp'>,
): EndpointConfig {
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
