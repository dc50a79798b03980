/**
 * The states of an IKE SA. Each holds exactly what is known by then, so that a handler cannot ask for what is not there yet.
 *
 * ```text
 *   initiator  INIT_SENT --> AUTH_SENT ---------+
 *                                               +--> ESTABLISHED --> REPLACED --> DELETING --> CLOSED
 *   responder  LISTENING --> INIT_ANSWERED -----+         +-----------------------^
 * ```
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { SaKeys } from '../sad.js';
import type { KeyExchange, KeyExchangeRow } from '../suite/types-ike.js';
import type { Identity, TrafficSelector } from '../traffic-selector.js';
import type { ChildPolicy, Connection } from './connection.js';
import type { Configuration } from './configuration.js';
import type { CookieSecrets } from './cookie.js';
import type { Ask, NewRequest, OpenMessage } from './events.js';
import type { IkeKeys } from './keys.js';
import type { Payload } from './payload-cases.js';
import type { ChildProposal, ChosenChild, ChosenIke } from './proposal.js';
import type { FragmentQueue } from './reassembly.js';
import type { SkContext } from './sk-context.js';

/** One end of the way that IKE messages take. */
export interface UdpEndpoint {
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** UDP port. */
  readonly port: number;
}

/** Where IKE messages go from and to. */
export interface Path {
  /** Ours. */
  readonly local: UdpEndpoint;
  /** The peer's, as we see it. */
  readonly remote: UdpEndpoint;
}

/** Where NATs stand (RFC 7296 section 2.23). `supported` is false when the peer sent no NAT_DETECTION: then there is no UDP encapsulation. */
export interface NatState {
  /** Whether the peer takes part in NAT traversal. */
  readonly supported: boolean;
  /** We are behind a NAT, or behave so (`natTraversal: 'force'`): keepalives are ours to send. */
  readonly local: boolean;
  /** The peer is behind one. */
  readonly remote: boolean;
  /** The peer's address may change: it is behind a NAT and we are not (RFC 7296 section 2.23). */
  readonly follow: boolean;
}

/** The algorithms and keys of an IKE SA. */
export interface IkeCrypto {
  /** What was negotiated. */
  readonly suite: ChosenIke;
  /** All seven secrets. */
  readonly keys: IkeKeys;
  /** Keyed for what we send. */
  readonly seal: SkContext;
  /** Keyed for what the peer sends. */
  readonly open: SkContext;
}

/** A request of ours that has no answer yet. */
export interface OwnRequest {
  /** Its Message ID. */
  readonly messageId: number;
  /** Its exchange. */
  readonly exchange: NewRequest['exchange'];
  /** What it asks for, and what its answer will need. */
  readonly about: About;
  /** The payloads, to seal them again in smaller fragments. */
  readonly payloads: readonly Payload[];
  /** The datagrams as they were sent: a retransmission repeats them. */
  readonly datagrams: readonly Uint8Array[];
  /** How often it was sent. */
  readonly tries: number;
  /** Which of the fragment sizes is in use. */
  readonly sizeIndex: number;
  /** When it is sent again, or after the last try given up. */
  readonly retransmitAt: number;
}

/** The answer that was given to a request of the peer, kept for its retransmissions. */
export interface Reply {
  /** The request's Message ID. */
  readonly messageId: number;
  /** What was answered; empty while the answer waits for an `ask`. */
  readonly datagrams: readonly Uint8Array[];
}

/** Message IDs (RFC 7296 sections 2.2 and 2.3). */
export interface Windows {
  /** The next request of ours. */
  readonly nextOwnId: number;
  /** How many of ours may be under way: what the peer promised by SET_WINDOW_SIZE, and 1 without. */
  readonly ownSize: number;
  /** Those under way, oldest first. */
  readonly outstanding: readonly OwnRequest[];
  /** The lowest Message ID of the peer that we have not seen. */
  readonly nextPeerId: number;
  /** The answers to the last requests of the peer, newest last: never more than our window size, and those that came out of turn. */
  readonly replies: readonly Reply[];
  /** Fragments of a request of the peer. */
  readonly requestQueue: FragmentQueue | undefined;
  /** Fragments of an answer to us. */
  readonly responseQueue: FragmentQueue | undefined;
  /** When both are forgotten. RFC 7383 section 2.6: "it MUST discard all IKE Fragment messages received so far for the exchange." */
  readonly queuesExpire: number;
}

/** A Child SA that we ask for: what its answer will need. */
export interface ChildOffer {
  /** What it is to be. */
  readonly policy: ChildPolicy;
  /** The proposals as sent. */
  readonly proposals: readonly ChildProposal[];
  /** Our inbound SPI, the same for every protocol offered. */
  readonly spi: number;
  /** Our CPI, where IPComp was offered. */
  readonly cpi: number | undefined;
  /** Traffic selectors as sent: our end. */
  readonly local: readonly TrafficSelector[];
  /** The peer's end. */
  readonly remote: readonly TrafficSelector[];
  /** Our nonce of this exchange. */
  readonly Ni: Uint8Array;
  /** Our private value, with PFS. */
  readonly keyExchange: { readonly row: KeyExchangeRow; readonly exchange: KeyExchange } | undefined;
  /** Groups that the peer has sent us to by INVALID_KE_PAYLOAD. */
  readonly groupsTried: readonly number[];
}

/** A pair of Child SAs. */
export interface ChildSa {
  /** What it is. */
  readonly policy: ChildPolicy;
  /** What was negotiated. */
  readonly suite: ChosenChild;
  /** As negotiated: an initiator's wish for transport mode may have been declined. */
  readonly mode: 'tunnel' | 'transport';
  /** SPI of what we receive. */
  readonly spiIn: number;
  /** SPI of what we send. */
  readonly spiOut: number;
  /** Our end, as narrowed. */
  readonly local: readonly TrafficSelector[];
  /** The peer's end. */
  readonly remote: readonly TrafficSelector[];
  /** IPComp: the CPIs of what we receive and send. */
  readonly ipcomp: { readonly cpiIn: number; readonly cpiOut: number } | undefined;
  /** Whether the peer takes TFC padding. */
  readonly peerTakesTfc: boolean;
  /** Whether both sides agreed on NON_FIRST_FRAGMENTS_ALSO. */
  readonly nonFirstFragments: boolean;
  /** The real addresses of transport mode behind NATs, from the original selectors (RFC 7296 section 2.23.1): the peer's and ours as the peer knows them. */
  readonly original: { readonly local: Uint8Array; readonly remote: Uint8Array } | undefined;
  /** Milliseconds: when it was made. */
  readonly createdAt: number;
  /**
   * `active`; `rekeying`: our request to replace it is under way; `rekeyed`: a successor is there and the Delete is due, from us or from
   * the peer; `deleting`: our Delete is under way.
   */
  readonly status: 'active' | 'rekeying' | 'rekeyed' | 'deleting';
}

/** KEYMAT of a pair of Child SAs, from our point of view. */
export interface ChildSaKeyPair {
  /** Of what we receive. */
  readonly inbound: Required<SaKeys>;
  /** Of what we send. */
  readonly outbound: Required<SaKeys>;
}

/** What a request of ours is about. */
export type About =
  | { readonly kind: 'IKE_SA_INIT' }
  | { readonly kind: 'IKE_AUTH' }
  | { readonly kind: 'createChild'; readonly offer: ChildOffer }
  | {
      readonly kind: 'rekeyChild';
      readonly offer: ChildOffer;
      /** The Child SA to be replaced, by our inbound SPI. */
      readonly old: number;
      /** The peer's own rekey of the same Child SA, which came meanwhile (RFC 7296 section 2.8.1). */
      readonly collision: { readonly spiIn: number; readonly nonces: readonly [Uint8Array, Uint8Array] } | undefined;
    }
  | {
      readonly kind: 'rekeyIke';
      /** Our SPI of the new IKE SA. */
      readonly spi: Uint8Array;
      readonly Ni: Uint8Array;
      readonly row: KeyExchangeRow;
      readonly exchange: KeyExchange;
      readonly groupsTried: readonly number[];
      /** The IKE SA by which the peer replaces this one at the same time (RFC 7296 section 2.8.2). */
      readonly collision:
        { readonly spiI: Uint8Array; readonly spiR: Uint8Array; readonly nonces: readonly [Uint8Array, Uint8Array] } | undefined;
    }
  | {
      readonly kind: 'deleteChild';
      readonly spis: readonly number[];
      /** Why, for the action `removeChild`. */
      readonly reason: 'deleted' | 'replaced';
    }
  | { readonly kind: 'deleteIke'; readonly reason: string }
  | { readonly kind: 'liveness' }
  | { readonly kind: 'notify' };

/** What a request of ours may be about, in a word. */
export type AboutKind = About['kind'];

/** Something to be asked of the peer as soon as the window lets it. */
export type Task = {
  /** Not before this time. */
  readonly notBefore: number;
} & (
  | {
      readonly kind: 'createChild';
      readonly policy: ChildPolicy;
      readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined;
      readonly group?: number | undefined;
      readonly groupsTried?: readonly number[] | undefined;
    }
  | {
      readonly kind: 'rekeyChild';
      readonly spiIn: number;
      readonly group?: number | undefined;
      readonly groupsTried?: readonly number[] | undefined;
    }
  | { readonly kind: 'rekeyIke'; readonly group?: number | undefined; readonly groupsTried?: readonly number[] | undefined }
  | { readonly kind: 'deleteChild'; readonly spis: readonly number[] }
  | { readonly kind: 'deleteIke'; readonly reason: string }
  | { readonly kind: 'liveness' }
  | { readonly kind: 'notify'; readonly payloads: readonly Payload[] }
);

/** A message whose handling waits for answers from outside. */
export interface Waiting {
  /** The message; its handler runs anew with every answer. */
  readonly message: OpenMessage;
  /** Of an answer: the request that it answers. */
  readonly request: OwnRequest | undefined;
  /** What was asked last. */
  readonly ask: Ask;
  /** The answers so far, in the order of the questions. */
  readonly answers: readonly unknown[];
}

/** What is known from the first message on. */
interface Base {
  /** Whether we began this IKE SA (or its rekey): our I flag. */
  readonly role: 'initiator' | 'responder';
  /** 8 octets. */
  readonly spiI: Uint8Array;
  /** 8 octets; zeros until the responder has chosen it. */
  readonly spiR: Uint8Array;
  /** Where messages go. */
  readonly path: Path;
  /** Message IDs. */
  readonly windows: Windows;
  /** When it began. */
  readonly createdAt: number;
  /** When to be woken, whatever else happens; `wakeAt` of the step result is the least of it and all retransmissions. */
  readonly deadlines: Deadlines;
  /** A message that waits for an answer from outside. */
  readonly waiting: Waiting | undefined;
}

/** Times in milliseconds; Infinity: never. */
export interface Deadlines {
  /** The IKE SA is given up: half-open too long, or at the end of its lifetime. */
  readonly expire: number;
  /** Rekey. */
  readonly rekey: number;
  /** Reauthenticate. */
  readonly reauthenticate: number;
  /** Look whether the peer was heard. */
  readonly liveness: number;
  /** Keep the NAT awake. */
  readonly keepalive: number;
}

/** Initiator: the IKE_SA_INIT request is sent. */
export interface InitSent extends Base {
  readonly state: 'INIT_SENT';
  readonly connection: Connection;
  readonly Ni: Uint8Array;
  readonly keyExchange: { readonly row: KeyExchangeRow; readonly exchange: KeyExchange };
  /** The request as it was last sent, which AUTH covers: it is `windows.outstanding[0].datagrams[0]`. */
  readonly cookie: Uint8Array | undefined;
  /** Key exchange methods that the responder has sent us to. */
  readonly groupsTried: readonly number[];
  /** How many cookies and INVALID_KE_PAYLOADs were followed. */
  readonly inits: number;
  /** An error that nobody vouches for: told if nothing better comes (RFC 7296 section 2.21.1). */
  readonly hint: string | undefined;
  /** The packet's own selectors for the first Child SA, local and remote (RFC 7296 section 2.9). */
  readonly first: readonly [TrafficSelector, TrafficSelector] | undefined;
}

/** What IKE_SA_INIT leaves to IKE_AUTH. */
interface Halfway extends Base {
  readonly crypto: IkeCrypto;
  readonly nat: NatState;
  /** Whether both sides take fragments (RFC 7383). */
  readonly fragmentation: boolean;
  readonly Ni: Uint8Array;
  readonly Nr: Uint8Array;
  /** The IKE_SA_INIT request: RealMessage1. */
  readonly message1: Uint8Array;
  /** The IKE_SA_INIT response: RealMessage2. */
  readonly message2: Uint8Array;
  /** Hash algorithms of the peer's SIGNATURE_HASH_ALGORITHMS; absent: it sent none (RFC 7427). */
  readonly hashAlgorithms: readonly (string | number)[] | undefined;
}

/** Initiator: the IKE_AUTH request is sent (or waits for an answer to be sent). */
export interface AuthSent extends Halfway {
  readonly state: 'AUTH_SENT';
  readonly connection: Connection;
  /** The first Child SA; absent: childless. */
  readonly offer: ChildOffer | undefined;
}

/** Responder: the IKE_SA_INIT request is answered. The IKE SA is half open. */
export interface InitAnswered extends Halfway {
  readonly state: 'INIT_ANSWERED';
  /** Who the peer may be: the connections that fit its addresses and what was negotiated. */
  readonly candidates: readonly Connection[];
}

/** What an authenticated IKE SA has. */
interface Authenticated extends Base {
  readonly connection: Connection;
  readonly crypto: IkeCrypto;
  readonly nat: NatState;
  readonly fragmentation: boolean;
  /** Who we are. */
  readonly localId: Identity;
  /** Who the peer is: proved. */
  readonly peerId: Identity;
  /** Child SAs. */
  readonly children: readonly ChildSa[];
  /** What is to be asked, in order. */
  readonly tasks: readonly Task[];
  /** As client: what the peer assigned to us. */
  readonly assigned: Configuration | undefined;
  /** As server: addresses that were leased to the peer. */
  readonly leased: readonly Uint8Array[];
  /** When the peer was last heard, by a fresh message. */
  readonly heardAt: number;
  /** Since when the peer answers TEMPORARY_FAILURE to every CREATE_CHILD_SA request (RFC 7296 section 2.25); absent: it does not. */
  readonly refusedSince?: number | undefined;
  /**
   * SPIs (of what we send) that the peer has deleted while they were unknown here, and something was under way that may bring them: our own request, whose
   * answer its Delete has overtaken, or the inheritance.
   */
  readonly deletedEarly?: readonly number[] | undefined;
}

/** Both: authenticated. */
export interface Established extends Authenticated {
  readonly state: 'ESTABLISHED';
  /** It replaces another IKE SA whose Child SAs are still to come (RFC 7296 section 2.8.2). */
  readonly awaitsChildren: boolean;
}

/** What an IKE SA leaves to the one that replaces it. RFC 7296 section 2.8: "An IKE SA so created inherits all of the original IKE SA's Child SAs". */
export interface Inheritance {
  /** Child SAs. */
  readonly children: readonly ChildSa[];
  /** As server: addresses that were leased to the peer. */
  readonly leased: readonly Uint8Array[];
  /** What had still to be asked of the peer. */
  readonly tasks: readonly Task[];
}

/** Both: another IKE SA has taken its place and its Child SAs; it waits to be deleted, by us or by the peer. */
export interface Replaced extends Authenticated {
  readonly state: 'REPLACED';
  /** The successor. */
  readonly successor: { readonly spiI: Uint8Array; readonly spiR: Uint8Array };
}

/** Both: our Delete for the IKE SA is under way. */
export interface Deleting extends Authenticated {
  readonly state: 'DELETING';
  /** Why. */
  readonly reason: string;
  /** What went wrong, where that is why: told once it is closed. */
  readonly error?: IpsecError | undefined;
}

/** The end. */
export interface Closed extends Base {
  readonly state: 'CLOSED';
  /** Why, in a word. */
  readonly reason: string;
}

/** Responder: no IKE SA yet, and nothing is kept of those who ask for one. */
export interface Listening {
  readonly state: 'LISTENING';
  /** What is listened with. */
  readonly listener: Listener;
}

/** What a responder that keeps nothing needs to know. */
export interface Listener {
  /** Who may come, in order. */
  readonly connections: readonly Connection[];
  /** Half-open IKE SAs: all, and those of the address that the request came from. */
  readonly halfOpen: { readonly total: number; readonly fromAddress: number };
  /** For cookies. */
  readonly cookies: CookieSecrets;
  /** How many are too many. */
  readonly limits: HalfOpenLimits;
}

/** How many half-open IKE SAs there may be. */
export interface HalfOpenLimits {
  /** From here on a cookie is asked for. */
  readonly cookieThreshold: number;
  /** From here on nothing is answered. */
  readonly total: number;
  /** The same for one address. */
  readonly perAddress: number;
}

/** An IKE SA. */
export type IkeSa = InitSent | AuthSent | InitAnswered | Established | Replaced | Deleting | Closed;
/** The names of the states, that of no IKE SA included. */
export type StateName = (IkeSa | Listening)['state'];
/** The IKE SA in one state. */
export type InState<Name extends StateName> = Extract<IkeSa | Listening, { readonly state: Name }>;
