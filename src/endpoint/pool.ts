/**
 * Address pools: which internal address a client gets (RFC 7296 section 2.19: "The IRAS may procure an address for the IRAC from any number of
 * sources such as a DHCP/BOOTP (Bootstrap Protocol) server or its own address pool."). The work for one lease does not grow with the pool, and the
 * memory is that of the most leases at one time: a /64 costs what its clients cost.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { AddressRange } from '../ip/address.js';
import { addressOf, numberOf, readSpans, type Span } from './pool-ranges.js';

/** What {@link createAddressPool} takes. */
export interface AddressPoolConfig {
  /**
   * What may be leased: ranges, or text such as `10.3.0.0/24`, `10.3.0.1-10.3.0.99` and `2001:db8::/64`. IPv4 and IPv6 may stand side by side.
   * A range is all of its addresses: also the first and the last of a prefix, which a network with a link would call network and broadcast
   * address. In a tunnel there is no broadcast; who wants to save them says so in `exclude`.
   */
  readonly ranges: readonly (AddressRange | string)[];
  /** What of it may not. */
  readonly exclude?: readonly (AddressRange | string)[] | undefined;
  /** How many released addresses of each family are kept for those who had them: 0 to 65,536. Default 1,000. */
  readonly remember?: number | undefined;
}

/** A pool. Mutable: it belongs to one owner. Its members are private. */
export interface AddressPool {
  /** IPv4. Private. */
  readonly v4: Family;
  /** IPv6. Private. */
  readonly v6: Family;
}

/** The addresses of one family, as numbers. Private. */
export interface Family {
  /** Octets of an address. */
  readonly length: 4 | 16;
  /** In order, apart from each other. */
  readonly spans: readonly Span[];
  /** Who has what. */
  readonly leased: Map<bigint, string>;
  /** Who had what: released, the longest time ago first. */
  readonly remembered: Map<bigint, string>;
  /** The same the other way round. */
  readonly homes: Map<string, Set<bigint>>;
  /** Most entries of `remembered`. */
  readonly remember: number;
  /** Released, below `fresh`, and remembered for nobody. */
  readonly free: bigint[];
  /** Where in `free` an address stands. */
  readonly freeAt: Map<bigint, number>;
  /** No address from here on is in `free`: below it all are leased, remembered or free. Mutable. */
  fresh: bigint;
  /** The span that `fresh` lies in or before. Mutable. */
  span: number;
}

/** Who asks, and for what. */
export interface LeaseRequest {
  /** Who it is: the peer's identity as text. It may have several leases, and gets the addresses that it had again. */
  readonly key: string;
  /** IP version. */
  readonly family: 4 | 6;
  /** The address that it would like: 4 or 16 octets. */
  readonly wanted?: Uint8Array | undefined;
}

/** Longer keys are not remembered: what a peer sends must not take up memory after it is gone. */
const longestKey = 256;

/**
 * Makes a pool of which nothing is leased.
 *
 * @throws IpsecError `invalid-config` with the path of what is no range, when `exclude` leaves nothing, or for `remember` out of its range.
 */
export function createAddressPool({ ranges, exclude = [], remember = 1000 }: AddressPoolConfig): AddressPool {
  const { v4, v6 } = readSpans(ranges, exclude);
  if (!(Number.isInteger(remember) && remember >= 0 && remember <= 0x10000))
    throw new IpsecError('invalid-config', 'an address pool', { path: 'remember', expected: '0 to 65536', found: String(remember) });
  return { v4: createFamily(4, v4, remember), v6: createFamily(16, v6, remember) };
}

function createFamily(length: 4 | 16, spans: readonly Span[], remember: number): Family {
  return {
    length,
    spans,
    leased: new Map(),
    remembered: new Map(),
    homes: new Map(),
    remember,
    free: [],
    freeAt: new Map(),
    fresh: 0n,
    span: 0,
  };
}

/**
 * Leases an address: the one that is wanted, if it is free and not kept for somebody else; else one that this key had before; else one that is kept
 * for nobody, in the order of the pool unless some came back; else the one that was released the longest time ago.
 *
 * @returns 4 or 16 octets of their own; absent when the pool has none of this family left, for which the notification is INTERNAL_ADDRESS_FAILURE.
 */
export function leaseAddress(pool: AddressPool, { key, family, wanted }: LeaseRequest): Uint8Array | undefined {
  const addresses = family === 4 ? pool.v4 : pool.v6;
  const chosen =
    (wanted?.length === addresses.length ? wish(addresses, key, numberOf(wanted)) : undefined) ??
    firstOf(addresses.homes.get(key)) ??
    addresses.free.at(-1) ??
    nextFresh(addresses) ??
    firstOf(addresses.remembered.keys());
  if (chosen === undefined) return undefined;
  forget(addresses, chosen);
  dropFree(addresses, chosen);
  addresses.leased.set(chosen, key);
  return addressOf(chosen, addresses.length);
}

/** Takes an address back. @returns false when it was not leased. */
export function releaseAddress(pool: AddressPool, address: Uint8Array): boolean {
  const addresses = address.length === 4 ? pool.v4 : pool.v6;
  const number = numberOf(address);
  const key = addresses.leased.get(number);
  if (key === undefined) return false;
  addresses.leased.delete(number);
  if (key.length > longestKey || addresses.remember === 0) addFree(addresses, number);
  else keepFor(addresses, key, number);
  return true;
}

/**
 * The wanted address, or one like it. RFC 7296 section 3.15.3: "The gateway first checks if the specified address is acceptable, and if it is, returns
 * that one.  If the address was not acceptable, the gateway attempts to use the interface identifier with some other prefix; if even that fails,
 * the gateway selects another interface identifier."
 */
function wish(addresses: Family, key: string, wanted: bigint): bigint | undefined {
  const identifier = BigInt.asUintN(64, wanted);
  const alike =
    addresses.length === 16 && identifier !== 0n ? addresses.spans.map(({ start }) => ((start >> 64n) << 64n) | identifier) : [];
  return [wanted, ...alike].find(
    (number) =>
      addresses.spans.some(({ start, end }) => start <= number && number <= end) &&
      !addresses.leased.has(number) &&
      (addresses.remembered.get(number) ?? key) === key,
  );
}

/** The first address that nobody has or had. Each is passed once, so that many that were wanted before their turn cost no more than themselves. */
function nextFresh(addresses: Family): bigint | undefined {
  for (; addresses.span < addresses.spans.length; addresses.span++) {
    const { start, end } = addresses.spans[addresses.span]!;
    if (addresses.fresh < start) addresses.fresh = start;
    for (; addresses.fresh <= end; addresses.fresh++)
      if (!addresses.leased.has(addresses.fresh) && !addresses.remembered.has(addresses.fresh)) return addresses.fresh;
  }
  return undefined;
}

function keepFor(addresses: Family, key: string, number: bigint): void {
  const { remembered, homes, remember } = addresses;
  remembered.set(number, key);
  homes.set(key, (homes.get(key) ?? new Set()).add(number));
  if (remembered.size <= remember) return;
  const oldest = firstOf(remembered.keys())!;
  forget(addresses, oldest);
  addFree(addresses, oldest);
}

function forget({ remembered, homes }: Family, number: bigint): void {
  const key = remembered.get(number);
  if (key === undefined) return;
  remembered.delete(number);
  const home = homes.get(key)!;
  home.delete(number);
  if (home.size === 0) homes.delete(key);
}

/** An address that `fresh` has not come to yet will be found there. */
function addFree({ free, freeAt, fresh }: Family, number: bigint): void {
  if (number >= fresh) return;
  freeAt.set(number, free.length);
  free.push(number);
}

function dropFree({ free, freeAt }: Family, number: bigint): void {
  const at = freeAt.get(number);
  if (at === undefined) return;
  freeAt.delete(number);
  const last = free.pop()!;
  if (last === number) return;
  free[at] = last;
  freeAt.set(last, at);
}

function firstOf<T>(values: Iterable<T> = []): T | undefined {
  for (const value of values) return value;
  return undefined;
}
