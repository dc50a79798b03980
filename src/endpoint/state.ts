/**
 * What an endpoint keeps. Everything that changes is in here, and only the functions of this folder change it.
 *
 * @module
 */
import type { SecurityAssociation } from '../association.js';
import type { Deadlines, Scheduled } from '../deadlines.js';
import type { ChildPolicy, Connection } from '../keying/connection.js';
import type { IkeEvent } from '../ikev2/events.js';
import type { CookieSecrets } from '../ikev2/cookie.js';
import type { ChildSa, IkeSa } from '../ikev2/states.js';
import type { IpcompAssociation } from '../ipcomp/packet.js';
import type { Databases, Limiter } from '../process.js';
import type { SadEntry } from '../sad.js';
import type { ProtectPolicy, SpdEntry } from '../spd.js';
import type { FillRandom } from '../suite/types.js';
import type { TrafficSelector } from '../traffic-selector.js';
import type { EndpointConfig, EndpointConnection, EndpointLimits, ResolvedChildOptions } from './config.js';
import type { Ikev1Event, Ikev1Machine, Ikev1Sa } from './ikev1-types.js';
import type { HostPool } from './leases.js';
import type { EndpointAction } from './types.js';

/** One host: the one mutable owner of its SAD, SPD, PAD and all IKE SAs. Made by `createEndpoint`; its members are private. */
export interface Endpoint {
  /** What the administrator decided. */
  readonly config: EndpointConfig;
  /** Bounds, defaults put in. */
  readonly limits: EndpointLimits;
  /** SAD and SPD. @internal */
  readonly db: Databases;
  /** Where chance comes from. @internal */
  readonly random: FillRandom;
  /** Connections by name, with what they may negotiate. @internal */
  readonly connections: ReadonlyMap<string, ConnectionPlan>;
  /** Those of IKEv2 in order, as the machine wants them. @internal */
  readonly ikeConnections: readonly Connection[];
  /** The machine of IKEv1, where it was handed in. @internal */
  readonly ikev1: Ikev1Machine | undefined;
  /** Connections of IKEv1 in order. @internal */
  readonly ikev1Connections: readonly Connection[];
  /** Kinds of Child SA by the machine's policy. @internal */
  readonly plans: ReadonlyMap<ChildPolicy, Plan>;
  /** From an entry of the SPD that protects to the kind of Child SA that it wants. @internal */
  readonly planOf: Map<SpdEntry, Plan>;
  /** The SPD's entries for single Child SAs, whose selectors nobody knew before. @internal */
  readonly bound: Map<SpdEntry, BoundPolicy>;
  /** IKE SAs by our SPI of each. @internal */
  readonly ikeSas: Map<string, IkeEntry>;
  /** IKE SAs that peers began, by where their first request came from and SPIi: retransmissions of it find them. @internal */
  readonly requests: Map<string, IkeEntry>;
  /** IKE SAs by the peer's address. @internal */
  readonly byAddress: Map<string, Set<IkeEntry>>;
  /** IKE SAs by connection and by the identity that the peer has proved. @internal */
  readonly byPeer: Map<string, Set<IkeEntry>>;
  /** IKE SAs by connection; half-open ones of peers belong to none. @internal */
  readonly byConnection: Map<string, Set<IkeEntry>>;
  /** Child SAs by our inbound SPI. @internal */
  readonly children: Map<number, ChildRecord>;
  /** Child SAs by their halves. @internal */
  readonly owners: Map<SadEntry, ChildRecord>;
  /** CPIs in use. @internal */
  readonly cpis: Set<number>;
  /** Questions to the outside world, and whose they are. @internal */
  readonly asks: Map<number, IkeEntry>;
  /** Packets that wait for a Child SA, by the policy that wants it. @internal */
  readonly waiting: Map<SpdEntry, Waiting>;
  /** Addresses that peers lease, by the pool's name. @internal */
  readonly pools: ReadonlyMap<string, HostPool>;
  /** Everything that happens by time, the SAD's lifetimes apart. @internal */
  readonly timers: Deadlines<Timer>;
  /** Half-open IKE SAs by the peer's address. @internal */
  readonly halfOpen: Map<string, number>;
  /** How many those are. Mutable. @internal */
  halfOpenTotal: number;
  /** How many of them are of IKEv1: whoever forges addresses makes them, for it has no cookies that come first. They keep nobody of IKEv2 out. Mutable. @internal */
  halfOpenOld: number;
  /** The last answers of IKE SAs that are over, by our SPI, oldest first. @internal */
  readonly farewells: Map<string, Farewell>;
  /** For cookies. Mutable. @internal */
  cookies: CookieSecrets;
  /** How many messages strangers may still get. @internal */
  readonly notices: Limiter;
  /** How many liveness checks strangers may still cause. @internal */
  readonly hints: Limiter;
  /** The next question's number. Mutable. @internal */
  nextAsk: number;
  /** How often each auditable event came. @internal */
  readonly counts: Map<string, number>;
}

/** The answer to a request that ended its IKE SA, octet for octet. */
export interface Farewell {
  readonly request: Uint8Array;
  readonly datagrams: readonly Uint8Array[];
  /** Milliseconds: when it is forgotten. */
  readonly until: number;
}

/** Something that happens by time. */
export type Timer = IkeEntry | ChildRecord | Waiting;

/** One connection. */
export interface ConnectionPlan {
  readonly config: EndpointConnection;
  readonly plans: readonly Plan[];
}

/** One kind of Child SA. */
export interface Plan {
  readonly connection: EndpointConnection;
  readonly policy: ChildPolicy;
  readonly options: ResolvedChildOptions;
  /** The SPD's entry; absent where addresses are known only once the peer is. */
  readonly spdEntry: ProtectPolicy | undefined;
  /** The SPD's entry before which those of single Child SAs stand; undefined: behind all. */
  readonly anchor: SpdEntry | undefined;
}

/** An entry of the SPD that some Child SAs brought with them. */
export interface BoundPolicy {
  readonly entry: ProtectPolicy;
  readonly plan: Plan;
  /** Child SAs that it stands for. Mutable. */
  users: number;
  /** The IKE SA of the last of them. Mutable. */
  owner: IkeEntry;
}

/** An IKE SA of either version. */
export type AnyIkeSa = IkeSa | Ikev1Sa;

/** One IKE SA. */
export interface IkeEntry extends Scheduled {
  readonly kind: 'ike';
  /** The IKE SA as it is now. Mutable. */
  sa: AnyIkeSa;
  /** Our SPI, as {@link Endpoint.ikeSas} has it. */
  readonly key: string;
  /** Under what it is in `requests`. */
  readonly requestKey: string | undefined;
  /** Under what it is in `byAddress`. Mutable. */
  addressKey: string;
  /** Under what it is in `byPeer`. Mutable. */
  peerKey: string | undefined;
  /** Under what it is in `byConnection`. Mutable. */
  connection: string | undefined;
  /** The address that it counts as half open for: that of its first message. Undefined: it does not count. Mutable. */
  halfOpenFrom: string | undefined;
  /** Whether it was ever established. Mutable. */
  wasEstablished: boolean;
  /** The IKE SA that this one is to replace by a new authentication: it is deleted once this one is there. Mutable. */
  supersedes: IkeEntry | undefined;
  /** The one that is on its way to replace it by a new authentication. Mutable. */
  supersededBy: IkeEntry | undefined;
  /** Child SAs of it that were replaced and still receive. Mutable. */
  lingering: number;
  /** Its open question. Mutable. */
  ask: number | undefined;
}

/** One pair of Child SAs. */
export interface ChildRecord extends Scheduled {
  readonly kind: 'child';
  /** What was negotiated. */
  readonly child: ChildSa;
  readonly plan: Plan;
  /** The entry of the SPD that it serves. */
  readonly policy: ProtectPolicy;
  /** The IKE SA that it belongs to. Mutable: a rekey hands it over. */
  owner: IkeEntry;
  readonly inbound: SadEntry;
  /** What we send on. Mutable. */
  outbound: SadEntry | undefined;
  /** What we shall send on as soon as the peer is known to be ready. Mutable. */
  pending: SecurityAssociation | undefined;
  /** Compression. Mutable: it moves with its SA. */
  ipcomp: { readonly inbound: IpcompAssociation; readonly outbound: IpcompAssociation } | undefined;
  /** AH around it, where both are one bundle. Mutable: its outbound half comes and goes with that of the pair. */
  readonly ah: BundledAh | undefined;
  /** The pairs that replace it: more than one where both sides have done so at once. Mutable. */
  readonly successors: ChildRecord[];
  /** The `successors` of the pair that it replaces itself. */
  readonly siblings: readonly ChildRecord[];
  /** When a genuine packet last came on it; -Infinity: never. Mutable. */
  heardAt: number;
  /** The number of that packet. Mutable. */
  heardSeq: number;
}

/** AH of a bundle. */
export interface BundledAh {
  readonly inbound: SadEntry;
  /** What we send on. Mutable. */
  outbound: SadEntry | undefined;
  /** What we shall send on. Mutable. */
  pending: SecurityAssociation | undefined;
}

/** Packets that wait for a Child SA. */
export interface Waiting extends Scheduled {
  readonly kind: 'waiting';
  /** The policy that wants it. */
  readonly policy: SpdEntry;
  readonly plan: Plan;
  /** The packet's own selectors, local and remote. Mutable. */
  first: readonly [TrafficSelector, TrafficSelector] | undefined;
  /** The packets; the first one asked. Mutable. */
  packets: Uint8Array[];
  /** Their octets. Mutable. */
  octets: number;
  /** Until when no packet asks again: the Child SA could not be had. Mutable. */
  refusedUntil: number;
}

/** One call: the time, and what has come of it so far. */
export interface Turn {
  readonly endpoint: Endpoint;
  readonly now: number;
  readonly actions: EndpointAction[];
  /** What is to be done next, in order; `takeTurn` does it. */
  readonly todo: Todo[];
}

/** Something to be done before a call ends. */
export type Todo =
  /** Something happens to an IKE SA. */
  | { readonly kind: 'step'; readonly entry: IkeEntry; readonly event: IkeEvent | Ikev1Event }
  /** A clear packet is processed anew; `got`: the Child SA that came when it asked for one. */
  | { readonly kind: 'clear'; readonly packet: Uint8Array; readonly got: ChildRecord | undefined }
  /** Packets want a Child SA. */
  | { readonly kind: 'request'; readonly place: Waiting };
