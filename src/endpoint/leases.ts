/**
 * As server: what a client gets for its Configuration payload (RFC 7296 sections 2.19 and 3.15), out of the pool of its connection.
 *
 * @module
 */
import type { Configuration, ConfigurationRequest, ConfigurationWant, InternalAddress } from '../ikev2/configuration.js';
import { formatIdentity, type Identity } from '../traffic-selector.js';
import type { PoolOptions } from './config.js';
import { addressKey } from './keys.js';
import { type AddressPool, createAddressPool, leaseAddress, releaseAddress } from './pool.js';

/** A pool with what goes with it. Mutable: it belongs to the endpoint. */
export interface HostPool {
  readonly options: PoolOptions;
  readonly addresses: AddressPool;
  /** Who has which address, and under how many IKE SAs: a new authentication keeps the address while both are there. */
  readonly leases: Map<string, { readonly key: string; users: number }>;
}

/** Pools by their names. Throws `invalid-config`. */
export function createPools(pools: readonly PoolOptions[]): Map<string, HostPool> {
  return new Map(pools.map((options) => [options.name, { options, addresses: createAddressPool(options), leases: new Map() }]));
}

/** The key of all that prove nothing. */
const nobody = 'ID_NULL ID_NULL';

/** What a client gets; undefined: INTERNAL_ADDRESS_FAILURE. */
export function configureClient(pool: HostPool, peer: Identity, request: ConfigurationRequest): Configuration | undefined {
  const key = `${peer.type} ${formatIdentity(peer)}`;
  const previous = request.previous ?? [];
  const addresses: InternalAddress[] = [];
  // RFC 7296 section 3.15.1: "Multiple internal addresses MAY be requested by requesting multiple internal address attributes." One of each family
  // is given: RFC 7296 section 3.15.1: "The responder MAY only send up to the number of addresses requested."
  for (const [want, family] of [
    ['ipv4', 4],
    ['ipv6', 6],
  ] as const) {
    if (!request.wants.includes(want)) continue;
    const wanted = previous.find(({ address }) => address.length === (family === 4 ? 4 : 16))?.address;
    const address = takeAddress(pool, key, family, wanted);
    if (address) addresses.push(family === 4 ? { address } : { address, prefixLength: 128 });
  }
  if (addresses.length === 0) return undefined;
  const tell = pool.options.tell ?? {};
  const wants = (...names: ConfigurationWant[]): boolean => names.some((name) => request.wants.includes(name));
  return {
    addresses,
    dns: pick(tell.dns, wants('dns4'), wants('dns6')),
    dhcp: pick(tell.dhcp, wants('dhcp4'), wants('dhcp6')),
    pCscf: pick(tell.pCscf, wants('pCscf4'), wants('pCscf6')),
    nbns: pick(tell.nbns, wants('nbns'), false),
    domains: wants('domains') ? (tell.domains ?? []) : [],
    subnets: (tell.subnets ?? []).filter(({ start }) => wants(start.length === 4 ? 'subnet4' : 'subnet6')),
    ...(tell.netmask && wants('netmask') && { netmask: tell.netmask }),
    ...(tell.applicationVersion !== undefined && wants('applicationVersion') && { applicationVersion: tell.applicationVersion }),
    unknown: [],
  };
}

/** Takes an address back; the last IKE SA that has it lets it go. */
export function releaseLease({ addresses, leases }: HostPool, address: Uint8Array): void {
  const place = addressKey(address);
  const lease = leases.get(place);
  if (!lease || --lease.users > 0) return;
  leases.delete(place);
  releaseAddress(addresses, address);
}

function takeAddress({ addresses, leases }: HostPool, key: string, family: 4 | 6, wanted: Uint8Array | undefined): Uint8Array | undefined {
  const held = wanted && leases.get(addressKey(wanted));
  // Two that are nobody are not the same. RFC 7619 section 2.5: "An unauthenticated peer must not be allowed to use this mechanism to steal traffic".
  if (wanted && held?.key === key && key !== nobody) {
    held.users++;
    return wanted.slice();
  }
  const address = leaseAddress(addresses, { key, family, wanted });
  if (address) leases.set(addressKey(address), { key, users: 1 });
  return address;
}

function pick(servers: readonly Uint8Array[] | undefined, v4: boolean, v6: boolean): readonly Uint8Array[] {
  return (servers ?? []).filter(({ length }) => (length === 4 ? v4 : v6));
}
