/**
 * IKE SAs that we begin.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { Connection } from '../keying/connection.js';
import type { StepResult } from '../ikev2/events.js';
import { createIkeSa } from '../ikev2/exchange/ike-sa-init.js';
import type { Path } from '../ikev2/states.js';
import type { TrafficSelector } from '../traffic-selector.js';
import type { EndpointConnection } from './config.js';
import { addEntry, findEstablished } from './entries.js';
import { envOf } from './env.js';
import type { Ikev1Machine } from './ikev1-types.js';
import { localAddressOf } from './policies.js';
import type { Endpoint, IkeEntry, Turn } from './state.js';

/** What is said besides the connection. */
export interface ConnectOptions {
  /** The selectors of the packet that wants the first Child SA. */
  readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined;
  /** In the place of the connection's own. */
  readonly ike?: Connection | undefined;
  /** In the place of the connection's own. */
  readonly path?: Path | undefined;
}

/** What a step of either machine gives. */
export type AnyResult = StepResult | ReturnType<Ikev1Machine['step']>;

/** An IKE SA that has begun, with what is to be done for it. */
export interface Begun {
  readonly entry: IkeEntry;
  readonly result: AnyResult;
}

/**
 * Begins an IKE SA. The actions are the caller's to do.
 *
 * @returns undefined: it is the peer who begins, or there are no addresses of one family.
 * @throws IpsecError as `createIkeSa` does, `limit-exceeded`, and `unsupported` for version 1 without its machine.
 */
export function beginIke(turn: Turn, connection: EndpointConnection, options: ConnectOptions = {}): Begun | undefined {
  const path = options.path ?? firstPath(turn.endpoint, connection);
  if (!path) return undefined;
  const { ikeSas, limits } = turn.endpoint;
  if (ikeSas.size >= limits.ikeSas)
    throw new IpsecError('limit-exceeded', 'IKE SAs of an endpoint', { expected: `at most ${limits.ikeSas}` });
  const ike = options.ike ?? onlyOne(turn.endpoint, connection.ike);
  const start = { path, first: options.first };
  const result =
    ike.version === 1 ? machineOf(turn.endpoint).createIkeSa(ike, start, envOf(turn, 1)) : createIkeSa(ike, start, envOf(turn, 2));
  return { entry: addEntry(turn.endpoint, result.sa, result.wakeAt), result };
}

/** The machine of IKEv1. Throws `unsupported` where nobody has handed it in. */
export function machineOf({ ikev1 }: Endpoint): Ikev1Machine {
  if (ikev1) return ikev1;
  throw new IpsecError('unsupported', 'a connection of version 1', {
    expected: 'ikev1 of ipsec-ts/ikev1, handed to createEndpoint',
    found: 'nothing',
  });
}

/** RFC 7296 section 2.4 has INITIAL_CONTACT say that there is no other IKE SA. */
function onlyOne(endpoint: Endpoint, ike: Connection): Connection {
  if (!ike.options.initialContact || !findEstablished(endpoint, ike.name)) return ike;
  return { ...ike, options: { ...ike.options, initialContact: false } };
}

/** The connection of that name. Throws `invalid-argument`. */
export function connectionNamed({ connections }: Endpoint, name: string): EndpointConnection {
  const found = connections.get(name);
  if (found) return found.config;
  throw new IpsecError('invalid-argument', 'the name of a connection', {
    expected: [...connections.keys()].join(', ') || 'none: there are no connections',
    found: JSON.stringify(name),
  });
}

function firstPath({ config }: Endpoint, connection: EndpointConnection): Path | undefined {
  const { remote, startOnNatPort = false } = connection;
  const address = localAddressOf(config, connection);
  if (!remote || !address || address.length !== remote.address.length) return undefined;
  const { ike, nat } = config.ports;
  return {
    local: { address, port: startOnNatPort ? nat : ike },
    remote: { address: remote.address, port: startOnNatPort ? remote.natPort : remote.port },
  };
}
