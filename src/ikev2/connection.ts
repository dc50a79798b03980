/**
 * What an administrator decided about one peer or one group of peers, as the IKE machine needs it: who we are, who they are, how each
 * proves it, what may be negotiated. Everything here is a value that never changes; many IKE SAs share one.
 *
 * @module
 */
import type { Lifetime } from '../association.js';
import type { AddressRange } from '../ip.js';
import type { PadEntry } from '../pad.js';
import type { Identity, TrafficSelector } from '../traffic-selector.js';
import type { ConfigurationRequest } from './configuration.js';
import type { ChildProposal, IkeProposal } from './proposal.js';
import type { RetransmissionPolicy } from './retransmission.js';

/**
 * How one side proves its identity. The other methods of RFC 7296 come with rows of their own; what needs the outside world is an
 * `ask` (see `events.ts`).
 */
export type Authentication =
  | {
      /** RFC 7296 section 2.15: a secret that both sides have. */
      readonly method: 'shared-key';
      /** The octets. */
      readonly secret: Uint8Array;
    }
  | {
      /** A shared secret that the caller looks up when it is needed, by the two identities. */
      readonly method: 'ask-shared-key';
    };

/** A Traffic Selector whose addresses are known only once the peers are. */
export interface DynamicSelector extends Omit<TrafficSelector, 'addresses'> {
  /** The address that was assigned by configuration, else the address that IKE itself uses. */
  readonly addresses: 'dynamic';
}

/** What one kind of Child SA may be. The SPD's view of it is the caller's: `key` leads back to it. */
export interface ChildPolicy {
  /** For people and for commands; no other policy of the connection has it. */
  readonly name: string;
  /** The caller's own mark, given back in every action about such a Child SA. */
  readonly key?: unknown;
  /** RFC 4301 section 4.1. */
  readonly mode: 'tunnel' | 'transport';
  /** What is offered and accepted, best first. */
  readonly proposals: readonly ChildProposal[];
  /** Our end. */
  readonly local: readonly (TrafficSelector | DynamicSelector)[];
  /** The peer's end. */
  readonly remote: readonly (TrafficSelector | DynamicSelector)[];
  /**
   * Whether every pair of addresses has a Child SA of its own, as with the PFP flags of RFC 4301 section 4.4.1. It is then asked for because of a
   * packet, and a request for more is narrowed to its first pair, or refused with SINGLE_PAIR_REQUIRED (RFC 7296 section 2.9). Default false.
   */
  readonly singlePair?: boolean | undefined;
  /** Whether IPComp with DEFLATE is offered and accepted (RFC 7296 section 2.22). Default false. */
  readonly ipcomp?: boolean | undefined;
  /** Whether we take packets with TFC padding; false: ESP_TFC_PADDING_NOT_SUPPORTED is sent. Default true. */
  readonly tfcPadding?: boolean | undefined;
  /** Whether fragments are checked statefully: NON_FIRST_FRAGMENTS_ALSO is sent (RFC 4301 section 7.3). Default false. */
  readonly nonFirstFragments?: boolean | undefined;
  /** Whether transport mode is insisted on or tunnel mode will do where the peer declines. Default true: insisted on. */
  readonly requireMode?: boolean | undefined;
  /** Whether the initiator of the IKE SA asks for it at once, in IKE_AUTH or right behind. Default true for the first policy only. */
  readonly start?: boolean | undefined;
  /** When a successor is asked for; jitter is the endpoint's. */
  readonly softLifetime?: Lifetime | undefined;
  /** When it ends. */
  readonly hardLifetime?: Lifetime | undefined;
}

/** One connection. */
export interface Connection {
  /** For people; no other connection has it. */
  readonly name: string;
  /** Who we say we are. */
  readonly localId: Identity;
  /** How we prove it. */
  readonly localAuth: Authentication;
  /** Who the peer may be and what it may ask for: an entry of the PAD (RFC 4301 section 4.4.3). */
  readonly peer: PadEntry;
  /** How the peer proves it. */
  readonly remoteAuth: Authentication;
  /** What is offered and accepted for the IKE SA, best first. */
  readonly proposals: readonly IkeProposal[];
  /** What may be negotiated under it. Empty: nothing, an IKE SA alone. */
  readonly children: readonly ChildPolicy[];
  /** As responder: only for requests that come to one of these addresses of ours; absent: to any. */
  readonly localAddresses?: readonly AddressRange[] | undefined;
  /** As responder: only for requests that come from one of these addresses; absent: from any. */
  readonly remoteAddresses?: readonly AddressRange[] | undefined;
  /** As initiator: the identity that the peer is asked to be (IDr in our request); absent: none is sent. */
  readonly remoteId?: Identity | undefined;
  /** As initiator: what is asked for by a Configuration payload. */
  readonly configuration?: ConfigurationRequest | undefined;
  /** As responder: whether the peer has to ask for an address by a Configuration payload; else FAILED_CP_REQUIRED (RFC 7296 section 2.19). Default false. */
  readonly requiresConfiguration?: boolean | undefined;
  /** All else. */
  readonly options: ConnectionOptions;
}

/** Times in milliseconds; Infinity: never. */
export interface ConnectionOptions {
  /** Retransmission of IKE_SA_INIT and IKE_AUTH requests. */
  readonly setUp: RetransmissionPolicy;
  /** Retransmission of everything later. */
  readonly established: RetransmissionPolicy;
  /** How long nothing may be heard of the peer before its liveness is checked (RFC 7296 section 2.4). */
  readonly livenessInterval: number;
  /** Age at which the IKE SA is rekeyed; up to `lifetimeJitter` of it is taken off at random. */
  readonly rekeyAfter: number;
  /** Age at which the IKE SA is authenticated anew. */
  readonly reauthenticateAfter: number;
  /** Age at which the IKE SA ends whatever happens. */
  readonly lifetime: number;
  /** 0 to 1: what part of `rekeyAfter` and `reauthenticateAfter` chance takes off. RFC 7296 section 2.8: "jitter". */
  readonly lifetimeJitter: number;
  /** How long a half-open IKE SA of a responder is kept. */
  readonly halfOpenLifetime: number;
  /** How many requests of the peer may be under way at once (SET_WINDOW_SIZE). */
  readonly windowSize: number;
  /** Octets of the largest IP datagram that carries an IKE message, and the smaller ones that are tried after retransmissions without an answer (RFC 7383 section 2.5.2). Empty: no fragmentation. */
  readonly fragmentSizes: readonly number[];
  /** Where IKE goes on once a NAT is found: our port and the peer's (RFC 7296 section 2.23). */
  readonly natPorts: { readonly local: number; readonly remote: number };
  /** `detect`: by NAT_DETECTION; `force`: as if there were a NAT; `never`: nothing of it is sent or heeded. */
  readonly natTraversal: 'detect' | 'force' | 'never';
  /** How often a NAT is kept awake. */
  readonly keepaliveInterval: number;
  /** As initiator: whether INITIAL_CONTACT is sent (RFC 7296 section 2.4). */
  readonly initialContact: boolean;
  /** As initiator: how many cookies and INVALID_KE_PAYLOADs are followed before giving up. */
  readonly maxInitTries: number;
  /** How many Child SAs there may be under one IKE SA. */
  readonly maxChildren: number;
  /** Whether the first Child SA's proposals in IKE_AUTH stand alone: with `childless`, an IKE SA is set up without any. */
  readonly childless: boolean;
}
