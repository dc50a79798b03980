/**
 * What an administrator decides about one host, as values. `parseEndpointConfig` makes them of JSON.
 *
 * @module
 */
import type { Configuration } from '../ikev2/configuration.js';
import type { ChildPolicy, Connection } from '../keying/connection.js';
import type { ProposalFinding } from '../ikev2/proposal-lint.js';
import type { HalfOpenLimits } from '../ikev2/states.js';
import type { CompressionCodec } from '../ipcomp/packet.js';
import type { ProcessConfig, RateLimit } from '../process.js';
import type { PassPolicy } from '../spd.js';
import type { ConnectionCredentials } from './credentials.js';
import type { AddressPoolConfig } from './pool.js';

/** One host. */
export interface EndpointConfig {
  /** Its addresses on the unprotected side, 4 or 16 octets each. */
  readonly addresses: readonly Uint8Array[];
  /** Its UDP ports: of IKE alone, and of IKE and ESP together once a NAT was found. */
  readonly ports: EndpointPorts;
  /** Peers, in order: RFC 4301 section 4.4.3.1: "The PAD is an ordered database". */
  readonly connections: readonly EndpointConnection[];
  /** Addresses for clients. */
  readonly pools?: readonly PoolOptions[] | undefined;
  /** Policies that go before those of the connections: what passes unprotected, and what never does. Default none. */
  readonly policies?: readonly PassPolicy[] | undefined;
  /** What becomes of packets that no policy speaks of. Default `DISCARD`. */
  readonly otherwise?: 'DISCARD' | 'BYPASS' | undefined;
  /**
   * `always`: this host has UDP sockets and no way to send IP packets, so ESP goes in UDP whatever NAT detection finds; `as-needed`: only
   * where there is a NAT. Default `as-needed`. With `always` every connection should have `natTraversal: 'force'`.
   */
  readonly encapsulation?: 'always' | 'as-needed' | undefined;
  /** Bounds. */
  readonly limits?: Partial<EndpointLimits> | undefined;
  /** All else about packets: MTU of the link, ICMP, fragments, nested SAs. */
  readonly processing?: Partial<Omit<ProcessConfig, 'addresses' | 'natPorts' | 'ikePorts' | 'random' | 'keyManagement'>> | undefined;
  /** Compression for Child SAs with `ipcomp`: `deflate` of `ipsec-ts/ipcomp`. Absent: such Child SAs go without. */
  readonly compression?: CompressionCodec | undefined;
  /**
   * Whether the keys of all SAs are told, in `ikeKeys` and `childKeys` events: `formatKeyLog` of `ipsec-ts/capture` makes lines of Wireshark's tables of
   * them. Whoever has these can read everything.
   * Default false.
   */
  readonly keyLog?: boolean | undefined;
  /** What the host has found on the way, such as files that everybody may read; `lintConfig` tells it. */
  readonly findings?: readonly ProposalFinding[] | undefined;
}

/** UDP ports of a host. */
export interface EndpointPorts {
  /** Of IKE alone: 500 by default. */
  readonly ike: number;
  /** Of IKE and of ESP: 4500 by default. */
  readonly nat: number;
}

/** Where a peer is. */
export interface RemoteHost {
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** Its UDP port of IKE alone. */
  readonly port: number;
  /** Its UDP port of IKE and of ESP. */
  readonly natPort: number;
}

/** One peer, or one group of peers. */
export interface EndpointConnection {
  /** What IKE needs to know. Its name is the connection's. */
  readonly ike: Connection;
  /** Our address when we begin. Default: the first of the host's that is of the peer's family. */
  readonly localAddress?: Uint8Array | undefined;
  /** Where the peer is when we begin; absent: it is the peer who begins. */
  readonly remote?: RemoteHost | undefined;
  /** Whether we begin on the ports for NAT traversal at once. Default false. */
  readonly startOnNatPort?: boolean | undefined;
  /** What goes with a Child SA besides, by the name of its policy; absent: the defaults. */
  readonly children?: Readonly<Record<string, ChildOptions>> | undefined;
  /** As server: the name of the pool that clients get their addresses from. */
  readonly pool?: string | undefined;
  /** What the host holds for it: `answerQuestion` answers with it what the machine asks. The endpoint itself looks at none of it. */
  readonly credentials?: ConnectionCredentials | undefined;
}

/** Where clients get their addresses from, and what they are told besides (RFC 7296 section 3.15). */
export interface PoolOptions extends AddressPoolConfig {
  /** No other pool has it. */
  readonly name: string;
  /** What clients are told that ask for it. */
  readonly tell?: Partial<Omit<Configuration, 'addresses' | 'supported' | 'unknown'>> | undefined;
}

/** What the SAD and the SPD need to know of one kind of Child SA. */
export interface ChildOptions {
  /** Size of the anti-replay window, 0 for none. Default 1024. */
  readonly replayWindow?: number | undefined;
  /** 0 to 1: what part of the soft lifetime chance takes off. Default 0.1. */
  readonly lifetimeJitter?: number | undefined;
  /** Tunnel mode: inner packets shorter than this many octets are filled up to it, where the peer takes that. Default 0. */
  readonly tfcLength?: number | undefined;
  /** How the outer header of a tunnel is made: DF, ECN, DSCP. Default: copied. */
  readonly df?: 'copy' | 'set' | 'clear' | undefined;
}

/** {@link ChildOptions} with the defaults put in. */
export type ResolvedChildOptions = { readonly [K in keyof ChildOptions]-?: NonNullable<ChildOptions[K]> };

/** Bounds. What a stranger may cost is among them. */
export interface EndpointLimits {
  /** Half-open IKE SAs. Default: cookies from 64 on, at most 4096 in all and 32 of one address. */
  readonly halfOpen: HalfOpenLimits;
  /** Packets that wait for a Child SA: of one policy. Default 64. */
  readonly waitingPackets: number;
  /** Octets of such packets: of one policy. Default 128 KiB. */
  readonly waitingOctets: number;
  /** Milliseconds that a packet waits. Default 30 s. */
  readonly waitingAge: number;
  /** Policies that packets wait for at once. Default 1024. */
  readonly waitingPolicies: number;
  /** Milliseconds after a Child SA could not be had, during which no packet asks for it again. Default 5 s. */
  readonly retryAfter: number;
  /** Milliseconds for which the inbound half of a Child SA that was replaced goes on receiving. Default 5 s. */
  readonly linger: number;
  /** Messages to strangers (INVALID_IKE_SPI, INVALID_SPI, INVALID_MAJOR_VERSION). Default 5 a second, 10 at once. */
  readonly notices: RateLimit;
  /** Liveness checks that strangers can cause (RFC 7296 section 2.21.4). Default 1 a second, 5 at once. */
  readonly hints: RateLimit;
  /** IKE SAs in all. Default 2^20. */
  readonly ikeSas: number;
}

/** The bounds that are in force unless others are given. */
export const defaultEndpointLimits: EndpointLimits = /* @__PURE__ */ Object.freeze({
  halfOpen: { cookieThreshold: 64, total: 4096, perAddress: 32 },
  waitingPackets: 64,
  waitingOctets: 131_072,
  waitingAge: 30_000,
  waitingPolicies: 1024,
  retryAfter: 5000,
  linger: 5000,
  notices: { perSecond: 5, burst: 10 },
  hints: { perSecond: 1, burst: 5 },
  ikeSas: 2 ** 20,
});

/** The defaults of {@link ChildOptions}. */
export const defaultChildOptions: ResolvedChildOptions = /* @__PURE__ */ Object.freeze({
  replayWindow: 1024,
  lifetimeJitter: 0.1,
  tfcLength: 0,
  df: 'copy',
});

/** The options of one kind of Child SA, with the defaults put in. */
export function childOptionsOf(connection: EndpointConnection, policy: ChildPolicy): ResolvedChildOptions {
  const given = connection.children && Object.hasOwn(connection.children, policy.name) ? connection.children[policy.name] : undefined;
  const { replayWindow, lifetimeJitter, tfcLength, df } = given ?? {};
  return {
    replayWindow: replayWindow ?? defaultChildOptions.replayWindow,
    lifetimeJitter: lifetimeJitter ?? defaultChildOptions.lifetimeJitter,
    tfcLength: tfcLength ?? defaultChildOptions.tfcLength,
    df: df ?? defaultChildOptions.df,
  };
}
