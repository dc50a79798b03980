/**
 * The SPD of an endpoint: first IKE itself and what the administrator put in front, then what the connections protect, in their order, last what
 * becomes of the rest. Where addresses are known only once the peer is, or are less than was asked for, a Child SA brings an entry of its own,
 * just before that of its kind: RFC 4301 section 4.4.1.1: "This address overrides the Remote IP address value in the SPD, when the SPD entry is
 * selected in this fashion."
 *
 * @module
 */
import { ANY, isSubset, type SelectorSet, selectorSetsOf, type TrafficSelector } from '../traffic-selector.js';
import { protocols } from '../ip.js';
import type { ChildPolicy, DynamicSelector } from '../keying/connection.js';
import type { ChildSa } from '../ikev2/states.js';
import { insertPolicy, type PassPolicy, type ProcessingInfo, type ProtectPolicy, removePolicy, type SpdEntry } from '../spd.js';
import { childOptionsOf, type EndpointConfig, type EndpointConnection } from './config.js';
import type { BoundPolicy, ChildRecord, ConnectionPlan, Endpoint, IkeEntry, Plan } from './state.js';

/** What the connections of a configuration come to. */
export interface PolicyPlan {
  /** The SPD's entries, in order. */
  readonly entries: readonly SpdEntry[];
  /** By name. */
  readonly connections: ReadonlyMap<string, ConnectionPlan>;
}

/** The SPD of a configuration, and what belongs to each of its entries. */
export function planPolicies(config: EndpointConfig): PolicyPlan {
  const rest: SpdEntry[] = config.otherwise === 'BYPASS' ? [{ name: 'otherwise', action: 'BYPASS', selectors: [everything] }] : [];
  const connections = new Map<string, ConnectionPlan>();
  const secured: SpdEntry[] = [];
  // From the last to the first, so that each knows what comes behind it.
  for (const connection of [...config.connections].reverse()) {
    const plans: Plan[] = [];
    for (const policy of [...connection.ike.children].reverse()) {
      const spdEntry = staticPolicy(config, connection, policy);
      const anchor = spdEntry ?? secured[0] ?? rest[0];
      if (spdEntry) secured.unshift(spdEntry);
      plans.unshift({ connection, policy, options: childOptionsOf(connection, policy), spdEntry, anchor });
    }
    connections.set(connection.ike.name, { config: connection, plans });
  }
  return { entries: [bypassIke(config), ...(config.policies ?? []), ...secured, ...rest], connections };
}

const everything: SelectorSet = { local: ANY, remote: ANY, protocol: ANY, localPorts: ANY, remotePorts: ANY };

/** RFC 4301 section 5.2 (2): "This implies that IKE traffic MUST have an explicit BYPASS entry in the SPD." */
function bypassIke({ addresses, ports }: EndpointConfig): PassPolicy {
  const local = addresses.map((address) => ({ start: address, end: address }));
  const localPorts = [ports.ike, ports.nat].map((port) => ({ start: port, end: port }));
  return {
    name: 'IKE',
    action: 'BYPASS',
    direction: 'in',
    selectors: [{ local, remote: ANY, protocol: protocols.UDP, localPorts, remotePorts: ANY }],
  };
}

/** The entry of a kind of Child SA, where its addresses are known beforehand. */
function staticPolicy(config: EndpointConfig, connection: EndpointConnection, policy: ChildPolicy): ProtectPolicy | undefined {
  const local = resolve(policy.local, connection.ike.configuration ? undefined : localAddressOf(config, connection));
  const remote = resolve(policy.remote, connection.pool === undefined ? connection.remote?.address : undefined);
  if (!local || !remote) return undefined;
  const selectors = selectorSetsOf({ local, remote });
  if (selectors.length === 0) return undefined;
  const protocol = policy.proposals[0]?.protocol ?? 'ESP';
  const shape = { protocol, mode: policy.mode, ipcomp: mayCompress(config, policy), ah: policy.ah !== undefined };
  return protectPolicy(connection, policy, selectors, shape);
}

/** Our address when we begin. */
export function localAddressOf({ addresses }: EndpointConfig, { localAddress, remote }: EndpointConnection): Uint8Array | undefined {
  if (localAddress) return localAddress;
  return remote ? addresses.find(({ length }) => length === remote.address.length) : addresses[0];
}

function mayCompress({ compression }: EndpointConfig, { ipcomp }: ChildPolicy): boolean {
  return ipcomp === true && compression !== undefined;
}

function resolve(
  selectors: readonly (TrafficSelector | DynamicSelector)[],
  address: Uint8Array | undefined,
): readonly TrafficSelector[] | undefined {
  const resolved = selectors.flatMap((selector): TrafficSelector[] => {
    if (selector.addresses !== 'dynamic') return [{ ...selector, addresses: selector.addresses }];
    return address ? [{ ...selector, addresses: { start: address, end: address } }] : [];
  });
  return resolved.length === selectors.length ? resolved : undefined;
}

interface Shape {
  readonly protocol: 'ESP' | 'AH';
  readonly mode: 'tunnel' | 'transport';
  readonly ipcomp: boolean;
  /** Whether AH stands around it. */
  readonly ah: boolean;
}

function protectPolicy(
  connection: EndpointConnection,
  policy: ChildPolicy,
  selectors: readonly SelectorSet[],
  shape: Shape,
): ProtectPolicy {
  return {
    name: `${connection.ike.name}/${policy.name}`,
    action: 'PROTECT',
    selectors,
    processing: processingOf(shape),
    fragments: policy.nonFirstFragments === true ? 'stateful' : 'selectors',
  };
}

/** With compression it is IPComp that makes the tunnel, and ESP or AH around it that of transport mode: RFC 3173 section 2.1 compresses what they then protect. AH of a bundle stands around ESP. */
function processingOf({ protocol, mode, ipcomp, ah }: Shape): ProcessingInfo[] {
  const inside: ProcessingInfo[] = ipcomp
    ? [
        { protocol: 'IPCOMP', mode },
        { protocol, mode: 'transport' },
      ]
    : [{ protocol, mode }];
  return ah ? [...inside, { protocol: 'AH', mode: 'transport' }] : inside;
}

/** The entry that a Child SA serves: that of its kind, that of the one that it replaces, or one of its own. */
export function policyOf(
  endpoint: Endpoint,
  plan: Plan,
  child: ChildSa,
  owner: IkeEntry,
  replaced: ChildRecord | undefined,
): ProtectPolicy {
  const selectors = selectorSetsOf(child);
  const shape: Shape = { protocol: child.suite.protocol, mode: child.mode, ipcomp: child.ipcomp !== undefined, ah: child.ah !== undefined };
  for (const known of [replaced?.policy, plan.spdEntry]) {
    if (!known || !hasShape(known, shape) || !sameSelectors(known.selectors, selectors)) continue;
    const bound = endpoint.bound.get(known);
    if (bound) {
      bound.users++;
      bound.owner = owner;
    }
    return known;
  }
  const entry = protectPolicy(plan.connection, plan.policy, selectors, shape);
  const { spd } = endpoint.db;
  const at = plan.anchor ? spd.entries.indexOf(plan.anchor) : spd.entries.length;
  insertPolicy(spd, entry, at);
  endpoint.bound.set(entry, { entry, plan, users: 1, owner });
  endpoint.planOf.set(entry, plan);
  return entry;
}

function sameSelectors(a: readonly SelectorSet[], b: readonly SelectorSet[]): boolean {
  return isSubset(a, b) && isSubset(b, a);
}

function hasShape({ processing }: ProtectPolicy, shape: Shape): boolean {
  const wanted = processingOf(shape);
  return (
    processing.length === wanted.length &&
    wanted.every(({ protocol, mode }, i) => processing[i]!.protocol === protocol && processing[i]!.mode === mode)
  );
}

/** A Child SA no longer serves an entry. @returns the entry, where it went with it. */
export function dropPolicy({ bound, planOf, db }: Endpoint, policy: ProtectPolicy): BoundPolicy | undefined {
  const entry = bound.get(policy);
  if (!entry || --entry.users > 0) return undefined;
  bound.delete(policy);
  planOf.delete(policy);
  removePolicy(db.spd, policy);
  return entry;
}
