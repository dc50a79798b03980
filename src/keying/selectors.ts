/**
 * Traffic Selectors of a Child SA: those of our policy with addresses in them, and the narrowing of the peer's (RFC 7296 sections 2.9 and 2.9.2). IKEv1, whose
 * responders narrow nothing, takes the rest.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type AddressRange, equalAddresses } from '../ip.js';
import { authorizeChild } from '../pad.js';
import {
  ANY,
  coversTrafficSelector,
  explainSelectors,
  formatTrafficSelector,
  type Identity,
  isSubset,
  narrowSelectors,
  selectorSetsOf,
  type SelectorSet,
  type TrafficSelector,
  type TrafficSelectorPair,
} from '../traffic-selector.js';
import type { ChildSa } from './child-sa.js';
import type { Configuration } from './configuration.js';
import type { ChildPolicy, Connection, DynamicSelector } from './connection.js';
import type { Path } from './path.js';

/** What of an IKE SA the selectors of a Child SA under it depend on. */
export interface SelectorContext {
  readonly connection: Connection;
  readonly path: Path;
  /** As server: addresses that were leased to the peer. */
  readonly leased: readonly Uint8Array[];
  /** As client: what the peer assigned to us. */
  readonly assigned?: Configuration | undefined;
  /** The peer's identity; absent: not proved yet. */
  readonly peerId?: Identity | undefined;
}

/** Number of TSs is one octet. */
const MOST = 255;

/** Lists no longer than this are compared exactly; longer ones selector by selector, so that no peer makes us count for long. */
const FEW = 16;

const everywhere: readonly AddressRange[] = /* @__PURE__ */ [4, 16].map((size) => ({
  start: new Uint8Array(size),
  end: new Uint8Array(size).fill(0xff),
}));

/**
 * Both ends of a policy, with addresses in the place of `dynamic`.
 *
 * RFC 7296 section 2.23.1: "For transport mode, it MUST use exactly one IP address in the TSi and TSr payloads." They are those of the IKE SA.
 */
export function resolveSelectors(context: SelectorContext, { local, remote }: ChildPolicy, mode: ChildSa['mode']): TrafficSelectorPair {
  const ends = [context.path.local.address, context.path.remote.address] as const;
  if (mode === 'transport')
    return {
      local: narrowSelectors(resolve(local, [hostRange(ends[0])]), [hostSelector(ends[0])]),
      remote: narrowSelectors(resolve(remote, [hostRange(ends[1])]), [hostSelector(ends[1])]),
    };
  const leased = context.leased.length > 0 ? context.leased : [ends[1]];
  return { local: resolve(local, ownRanges(context)), remote: resolve(remote, leased.map(hostRange)) };
}

function resolve(selectors: readonly (TrafficSelector | DynamicSelector)[], ranges: readonly AddressRange[]): TrafficSelector[] {
  return selectors.flatMap((selector) =>
    selector.addresses === 'dynamic'
      ? ranges.map((addresses) => ({ ...selector, addresses }))
      : [{ ...selector, addresses: selector.addresses }],
  );
}

/**
 * Our addresses inside a tunnel. A client that does not know them yet offers all, as in the request of RFC 7296 section 2.19,
 * "TSi = (0, 0-65535, 0.0.0.0-255.255.255.255)"; the gateway narrows that to what it assigns.
 */
function ownRanges({ assigned, connection, path }: SelectorContext): readonly AddressRange[] {
  const addresses = assigned?.addresses ?? [];
  if (addresses.length > 0) return addresses.map(({ address }) => hostRange(address));
  const wants = assigned ? [] : (connection.configuration?.wants ?? []);
  const asked = everywhere.filter(({ start }) => wants.includes(start.length === 4 ? 'ipv4' : 'ipv6'));
  return asked.length > 0 ? asked : [hostRange(path.local.address)];
}

/** The range of one address. */
function hostRange(address: Uint8Array): AddressRange {
  return { start: address, end: address };
}

/** Everything to or from one address. */
function hostSelector(address: Uint8Array): TrafficSelector {
  return { protocol: ANY, addresses: hostRange(address), ports: ANY };
}

/** The one address of a list of selectors; undefined: there are several, or none. */
export function onlyAddress(selectors: readonly TrafficSelector[]): Uint8Array | undefined {
  const address = selectors[0]?.addresses.start;
  if (address === undefined) return undefined;
  const same = selectors.every(({ addresses: { start, end } }) => equalAddresses(start, address) && equalAddresses(end, address));
  return same ? address : undefined;
}

/** The same selectors with another address (RFC 7296 section 2.23.1: "address substitution"). */
export function substituteAddress(selectors: readonly TrafficSelector[], address: Uint8Array): TrafficSelector[] {
  return selectors.map((selector) => ({ ...selector, addresses: hostRange(address) }));
}

/**
 * What the PAD lets the peer claim of a list. RFC 4301 section 4.4.3.4: "It is necessary to impose these constraints on creation of child SAs to
 * prevent an authenticated peer from spoofing IDs associated with other, legitimate peers."
 *
 * @returns the list, or the part that is allowed, with the reason.
 */
export function authorizeRemote(
  { connection: { peer }, peerId }: SelectorContext,
  claimed: readonly TrafficSelector[],
): { readonly allowed: readonly TrafficSelector[]; readonly why: string | undefined } {
  if (peerId === undefined) {
    const ranges = peer.child.addresses;
    if (ranges === undefined) return { allowed: claimed, why: undefined };
    const allowed = narrowSelectors(
      claimed,
      ranges.map((addresses) => ({ protocol: ANY, addresses, ports: ANY })),
    );
    return { allowed, why: coversAll(allowed, claimed) ? undefined : 'the PAD entry allows the peer other addresses' };
  }
  const verdict = authorizeChild(peer, peerId, claimed);
  return verdict.ok ? { allowed: claimed, why: undefined } : { allowed: verdict.narrowed, why: verdict.explanation };
}

/** What an offer and a policy have in common. */
export interface NarrowedSelectors extends TrafficSelectorPair {
  /** Whether the first selectors of both ends are in it. */
  readonly hasFirst: boolean;
  /** Whether all that was offered is in it. */
  readonly isWhole: boolean;
}

/**
 * Narrows. RFC 7296 section 2.9: "When the responder chooses a subset of the traffic proposed by the initiator, it narrows the Traffic Selectors to
 * some subset of the initiator's proposal (provided the set does not become the null set)."
 *
 * @returns undefined: nothing is left.
 */
export function narrowPair(offered: TrafficSelectorPair, acceptable: TrafficSelectorPair): NarrowedSelectors | undefined {
  const common = dropLonely({
    local: narrowSelectors(offered.local, acceptable.local).slice(0, MOST),
    remote: narrowSelectors(offered.remote, acceptable.remote).slice(0, MOST),
  });
  if (common.local.length === 0 || common.remote.length === 0) return undefined;
  return {
    ...common,
    hasFirst: coversAll(common.local, offered.local.slice(0, 1)) && coversAll(common.remote, offered.remote.slice(0, 1)),
    isWhole: coversAll(common.local, offered.local) && coversAll(common.remote, offered.remote),
  };
}

/** Without selectors that no packet fits together with one of the other end: another IP version, another protocol. */
function dropLonely({ local, remote }: TrafficSelectorPair): TrafficSelectorPair {
  const fits = (a: TrafficSelector, b: TrafficSelector): boolean =>
    a.addresses.start.length === b.addresses.start.length && (a.protocol === ANY || b.protocol === ANY || a.protocol === b.protocol);
  return {
    local: local.filter((l) => remote.some((r) => fits(l, r))),
    remote: remote.filter((r) => local.some((l) => fits(l, r))),
  };
}

/**
 * Narrows to one pair of addresses. RFC 7296 section 2.9: "the responder's policy being that each of those ranges should be sent over a different SA."
 *
 * @returns undefined: the first selectors do not say which pair; answer SINGLE_PAIR_REQUIRED.
 */
export function narrowToPair(selectors: TrafficSelectorPair): TrafficSelectorPair | undefined {
  const local = onlyAddress(selectors.local.slice(0, 1));
  const remote = onlyAddress(selectors.remote.slice(0, 1));
  if (!local || !remote) return undefined;
  return {
    local: narrowSelectors(selectors.local, [hostSelector(local)]),
    remote: narrowSelectors(selectors.remote, [hostSelector(remote)]),
  };
}

/** Whether `wide` lets through everything that `narrow` does: one end of a Child SA. */
export function coversAll(wide: readonly TrafficSelector[], narrow: readonly TrafficSelector[]): boolean {
  const left = narrow.filter((selector) => !wide.some((other) => coversTrafficSelector(other, selector)));
  if (left.length === 0) return true;
  return left.length <= FEW && wide.length <= FEW && isSubset(left.map(endOf), wide.map(endOf));
}

function endOf({ addresses, protocol, ports }: TrafficSelector): SelectorSet {
  return { local: [addresses], remote: ANY, protocol, localPorts: typeof ports === 'number' ? ports : [ports], remotePorts: ANY };
}

/** Why an offer of selectors comes to nothing, in words, with both lists. */
export function refuseSelectors(offered: TrafficSelectorPair, ours: readonly TrafficSelectorPair[], why: string | undefined): IpsecError {
  const few = (pair: TrafficSelectorPair): TrafficSelectorPair => ({ local: pair.local.slice(0, FEW), remote: pair.remote.slice(0, FEW) });
  const difference = explainSelectors(selectorSetsOf(few(offered)), ours.flatMap((pair) => selectorSetsOf(few(pair))).slice(0, FEW * FEW));
  const reason = why ?? difference;
  return new IpsecError('ts-unacceptable', `the traffic selectors of a Child SA${reason === undefined ? '' : `: ${reason}`}`, {
    expected: ours.map(formatPair).join(' or ') || 'none: the connection has no policy for a Child SA',
    found: formatPair(offered),
  });
}

/** `10.1.0.0/16, 10.3.0.0/16 <-> 192.0.2.0/24 tcp 443`: our end first. */
export function formatPair({ local, remote }: TrafficSelectorPair): string {
  const list = (selectors: readonly TrafficSelector[]): string =>
    selectors.slice(0, FEW).map(formatTrafficSelector).join(', ') + (selectors.length > FEW ? ` and ${selectors.length - FEW} more` : '');
  return `${list(local) || 'nothing'} <-> ${list(remote) || 'nothing'}`;
}
