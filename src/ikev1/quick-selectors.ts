/**
 * Traffic selectors of Quick Mode: one pair of them, which are the identities of the clients that the peers speak for (RFC 2409 section 5.5, RFC 2407 section
 * 4.6.2). Nothing is narrowed on the way.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { ChildPolicy } from '../keying/connection.js';
import {
  authorizeRemote,
  formatPair,
  onlyAddress,
  resolveSelectors,
  type SelectorContext,
  substituteAddress,
} from '../keying/selectors.js';
import { ANY, coversTrafficSelector, intersectTrafficSelectors, type TrafficSelector } from '../traffic-selector.js';

/** One pair: our end, the peer's end. */
export interface QuickSelectors {
  readonly local: TrafficSelector;
  readonly remote: TrafficSelector;
}

type Mode = 'tunnel' | 'transport';

/**
 * The pair that we ask for: the one of the policy that holds the packet, else the first one.
 *
 * @param first the selectors of the packet that wants the Child SA: ours, the peer's.
 * @throws IpsecError `ts-unacceptable`: the policy's selectors come to nothing here, or IKEv1 cannot say them; `single-pair-required`: the policy needs a packet.
 */
export function pairToAsk(
  context: SelectorContext,
  policy: ChildPolicy,
  first: readonly [TrafficSelector, TrafficSelector] | undefined,
): QuickSelectors {
  const { local, remote } = resolveSelectors(context, policy, policy.mode);
  const { allowed, why } = remote.length > 0 ? authorizeRemote(context, remote) : { allowed: [], why: undefined };
  const pairs = pairsOf(local, allowed);
  if (pairs[0] === undefined)
    throw new IpsecError('ts-unacceptable', `the selectors of Child SA policy ${policy.name}${why === undefined ? '' : `: ${why}`}`, {
      expected: 'selectors for some traffic that the peer may have',
      found: formatPair({ local, remote }),
    });
  const packets = first ? pairs.flatMap((pair) => packetsOf(pair, first, policy.singlePair === true)) : [];
  const candidates = packets.length > 0 ? packets : pairs;
  const pair = candidates.find(canBeSaid);
  if (!pair)
    throw new IpsecError('ts-unacceptable', `the selectors of Child SA policy ${policy.name}`, {
      blame: 'caller',
      expected: 'one port at each end, or all: IKEv1 cannot say more',
      found: formatPair({ local, remote }),
    });
  if (policy.singlePair === true && !isPairOfHosts(pair))
    throw new IpsecError('single-pair-required', `Child SA policy ${policy.name}`, {
      expected: 'a packet, whose addresses say which pair the Child SA is for',
      found: formatPair({ local, remote }),
    });
  return pair;
}

/** Every pair that some packet fits: those of two families or of two protocols are left out. */
function pairsOf(local: readonly TrafficSelector[], remote: readonly TrafficSelector[]): QuickSelectors[] {
  return local.map(withAllPorts).flatMap((l) =>
    remote
      .map(withAllPorts)
      .filter(
        (r) =>
          l.addresses.start.length === r.addresses.start.length && (l.protocol === ANY || r.protocol === ANY || l.protocol === r.protocol),
      )
      .map((r) => ({ local: l, remote: r })),
  );
}

/** All ports are said by 0 in IKEv1, whatever a policy calls them. */
function withAllPorts(selector: TrafficSelector): TrafficSelector {
  const { ports } = selector;
  return typeof ports === 'object' && ports.start === 0 && ports.end === 0xffff ? { ...selector, ports: ANY } : selector;
}

/**
 * The pair that holds a packet: as it is, or where it cannot be said, or where every two hosts have Child SAs of their own, no more of it than the packet's.
 *
 * @returns empty: the packet is not in it.
 */
function packetsOf(
  pair: QuickSelectors,
  [ours, theirs]: readonly [TrafficSelector, TrafficSelector],
  singlePair: boolean,
): QuickSelectors[] {
  const local = intersectTrafficSelectors(pair.local, ours);
  const remote = intersectTrafficSelectors(pair.remote, theirs);
  if (!local || !remote) return [];
  const hosts = {
    local: { ...pair.local, addresses: local.addresses },
    remote: { ...pair.remote, addresses: remote.addresses },
  };
  const narrowed = { local, remote };
  return singlePair ? [hosts, narrowed] : [pair, narrowed];
}

/** Whether an ID payload can say it: see `encodeClientId`. */
function canBeSaid({ local, remote }: QuickSelectors): boolean {
  return [local, remote].every(
    ({ protocol, ports }) =>
      (protocol === ANY || protocol >= 0) && (ports === ANY || (typeof ports === 'object' && ports.start === ports.end && ports.start > 0)),
  );
}

function isPairOfHosts({ local, remote }: QuickSelectors): boolean {
  return onlyAddress([local]) !== undefined && onlyAddress([remote]) !== undefined;
}

/** How a pair that the peer asks for lies to a policy of ours. */
export type Fit = 'the same' | 'within' | { readonly why: string };

/**
 * Whether a policy lets the peer have a pair: just what it says, or less.
 *
 * RFC 2409 section 5.5: "Local policy will dictate whether the proposals are acceptable for the identities specified." What the peer may claim says the PAD, RFC 4301
 * section 4.4.3.4: "It is necessary to impose these constraints on creation of child SAs to prevent an authenticated peer from spoofing IDs associated with other,
 * legitimate peers."
 */
export function fitOf(context: SelectorContext, policy: ChildPolicy, mode: Mode, pair: QuickSelectors): Fit {
  const acceptable = resolveSelectors(context, policy, mode);
  const local = acceptable.local.map(withAllPorts).filter((ours) => coversTrafficSelector(ours, pair.local));
  const remote = acceptable.remote.map(withAllPorts).filter((theirs) => coversTrafficSelector(theirs, pair.remote));
  if (local.length === 0 || remote.length === 0) return { why: `policy ${policy.name} has ${formatPair(acceptable)}` };
  if (policy.singlePair === true && !isPairOfHosts(pair)) return { why: `policy ${policy.name} is for one address at each end` };
  const { why } = authorizeRemote(context, [pair.remote]);
  if (why !== undefined) return { why };
  const isSame =
    local.some((ours) => coversTrafficSelector(pair.local, ours)) && remote.some((theirs) => coversTrafficSelector(pair.remote, theirs));
  return isSame ? 'the same' : 'within';
}

/**
 * What transport mode is about: the two hosts that speak here. A NAT has changed the addresses that a host behind it knows of.
 *
 * @returns undefined: there are several addresses, so that transport mode is out of the question.
 */
export function asHosts(
  { nat, path }: SelectorContext & { readonly nat: { readonly local: boolean; readonly remote: boolean } },
  { local, remote }: QuickSelectors,
): QuickSelectors | undefined {
  if (!isPairOfHosts({ local, remote })) return undefined;
  return {
    local: nat.local ? substituteAddress([local], path.local.address)[0]! : local,
    remote: nat.remote ? substituteAddress([remote], path.remote.address)[0]! : remote,
  };
}
