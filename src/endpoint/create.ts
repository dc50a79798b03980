/**
 * A host comes into being.
 *
 * @module
 */
import { createDeadlines } from '../deadlines.js';
import { IpsecError } from '../errors.js';
import { createCookieSecrets } from '../ikev2/cookie.js';
import { createPad } from '../pad.js';
import { createDatabases } from '../process.js';
import { createLimiter } from '../process/limiter.js';
import { createSpd, type SpdEntry } from '../spd.js';
import type { FillRandom } from '../suite/types.js';
import { defaultEndpointLimits, type EndpointConfig } from './config.js';
import type { Ikev1Machine } from './ikev1-types.js';
import { createPools } from './leases.js';
import { planPolicies } from './policies.js';
import type { Endpoint, Plan } from './state.js';

/**
 * Makes an endpoint: one host, without I/O. It owns its SAD, SPD and PAD and all its IKE SAs; it sends nothing, reads no clock and keeps no timer.
 * Every call hands it something that happened, and it answers with what is to be done; `wakeAt` says when to come back with `wake`.
 *
 * @param config what the administrator decided; it must not change afterwards.
 * @param env `now`: milliseconds on a monotonic clock; `random`: fills an array with random octets; `ikev1`: `ikev1` of `ipsec-ts/ikev1`, for connections of version
 * 1, which cannot be used without it. The same inputs give the same octets.
 * @throws IpsecError `invalid-config` or `invalid-argument` with the path of what cannot be.
 *
 * @example
 * ```ts
 * import { connect, createEndpoint, parseEndpointConfig, receiveDatagram, sendInner, status } from 'ipsec-ts/endpoint';
 * import { encodeUdp, parseAddress } from 'ipsec-ts/ip';
 * import { allRows as rows } from 'ipsec-ts/suite/all';
 *
 * const random = (octets: Uint8Array): void => void crypto.getRandomValues(octets as Uint8Array<ArrayBuffer>);
 * const host = (own: number, peer: number) => {
 *   const connection = {
 *     name: 'peer',
 *     auth: { psk: 'a secret that both sides have' },
 *     remote: { address: `192.0.2.${peer}` },
 *     children: [{ local: `10.${own}.0.0/16`, remote: `10.${peer}.0.0/16` }],
 *   };
 *   const json = { ike: 2, addresses: [`192.0.2.${own}`], encapsulation: 'always', connections: [connection] };
 *   return createEndpoint(parseEndpointConfig(json, { rows }), { now: 0, random });
 * };
 * const hosts = [host(0, 1), host(1, 0)] as const;
 *
 * // A perfect network: every datagram is there at once.
 * const delivered: Uint8Array[] = [];
 * const carry = (actions: ReturnType<typeof connect>): void => {
 *   for (const action of actions) {
 *     if (action.type === 'deliver') delivered.push(action.packet);
 *     if (action.type === 'datagram') carry(receiveDatagram(hosts[action.to.address[3] as 0 | 1], action, 1));
 *   }
 * };
 * carry(connect(hosts[0], 'peer', 1));
 * const packet = encodeUdp({ source: parseAddress('10.0.0.1'), destination: parseAddress('10.1.0.1') }, 1000, 2000, Uint8Array.of(1, 2, 3));
 * carry(sendInner(hosts[0], packet, 1));
 * if (delivered.length !== 1 || status(hosts[1]).ikeSas[0]?.state !== 'ESTABLISHED') throw new Error('through the tunnel');
 * ```
 */
export function createEndpoint(
  config: EndpointConfig,
  env: { readonly now: number; readonly random: FillRandom; readonly ikev1?: Ikev1Machine | undefined },
): Endpoint {
  const { now, random, ikev1 } = env;
  checkNames(config);
  const limits = { ...defaultEndpointLimits, ...config.limits };
  const { entries, connections } = planPolicies(config);
  const plans = [...connections.values()].flatMap((connection) => connection.plans);
  const ikes = config.connections.map(({ ike }) => ike);
  const { addresses, ports, processing, encapsulation } = config;
  // Who has nothing but UDP sockets leaves it to them to cut what is too long; better cut the clear packet where that may be.
  const inUdp = encapsulation === 'always' ? ({ fragment: 'before' } as const) : {};
  const pad = createPad(config.connections.map(({ ike: { peer } }) => peer));
  const db = createDatabases({
    ...inUdp,
    ...processing,
    addresses,
    natPorts: [ports.nat],
    ikePorts: [ports.ike],
    random,
    spd: createSpd(entries),
    pad,
  });
  return {
    config,
    limits,
    db,
    random,
    connections,
    ikeConnections: ikes.filter(({ version }) => version !== 1),
    ikev1,
    ikev1Connections: ikes.filter(({ version }) => version === 1),
    plans: new Map(plans.map((plan) => [plan.policy, plan])),
    planOf: new Map(plans.flatMap((plan): [SpdEntry, Plan][] => (plan.spdEntry ? [[plan.spdEntry, plan]] : []))),
    bound: new Map(),
    ikeSas: new Map(),
    requests: new Map(),
    byAddress: new Map(),
    byPeer: new Map(),
    byConnection: new Map(),
    children: new Map(),
    owners: new Map(),
    cpis: new Set(),
    asks: new Map(),
    waiting: new Map(),
    pools: createPools(config.pools ?? []),
    timers: createDeadlines(),
    halfOpen: new Map(),
    farewells: new Map(),
    halfOpenTotal: 0,
    halfOpenOld: 0,
    cookies: createCookieSecrets(random, now),
    notices: createLimiter(limits.notices),
    hints: createLimiter(limits.hints),
    nextAsk: 1,
    counts: new Map(),
  };
}

function checkNames({ connections, pools = [], ports }: EndpointConfig): void {
  unique(
    connections.map(({ ike }) => ike.name),
    'connections',
  );
  unique(
    pools.map(({ name }) => name),
    'pools',
  );
  for (const [i, { ike, pool }] of connections.entries()) {
    const { local } = ike.options.natPorts;
    if (local !== ports.nat)
      throw new IpsecError('invalid-config', 'our UDP port of NAT traversal', {
        path: `connections.${i}.options.natPorts.local`,
        expected: `${ports.nat}, as of the host`,
        found: `${local}`,
      });
    unique(
      ike.children.map(({ name }) => name),
      `connections.${i}.children`,
    );
    if (pool !== undefined && !pools.some(({ name }) => name === pool))
      throw new IpsecError('invalid-config', 'the pool of a connection', {
        path: `connections.${i}.pool`,
        expected: pools.map(({ name }) => name).join(', ') || 'none: there are no pools',
        found: JSON.stringify(pool),
      });
  }
}

function unique(names: readonly string[], path: string): void {
  const seen = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (seen.has(name))
      throw new IpsecError('invalid-config', 'a name', {
        path: `${path}.${i}.name`,
        expected: 'one that no other has',
        found: JSON.stringify(name),
      });
    seen.add(name);
  }
}
