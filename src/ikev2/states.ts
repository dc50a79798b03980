/**
 * The states of an IKE SA. Each holds exactly what is known by then, so that a handler cannot ask for what is not there yet.
 *
 * ```text
 *   initiator  INIT_SENT --> AUTH_SENT ---------+
 *                                               +--> ESTABLISHED --> REPLACED --> DELETING --> CLOSED
 *   responder  LISTENING --> INIT_ANSWERED -----+         +-----------------------^
 * ```
 *
 * With EAP (RFC 7296 section 2.16) there is a way round the middle of it:
 *
 * ```text
 *   initiator  INIT_SENT --> EAP_WANTED --> EAP_SENT --> EAP_AUTH_SENT ----+--> ESTABLISHED
 *   responder  INIT_ANSWERED --> EAP_REQUESTED --> EAP_SUCCEEDED ----------+
 * ```
 *
 * Where several authentications are wanted (RFC 4739), each leads to the beginning of the next: at the initiator to AUTH_SENT or EAP_WANTED, at the responder to
 * AUTH_CONTINUES.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { KeyExchange, KeyExchangeRow } from '../suite/types-ike.js';
import type { Identity, TrafficSelector } from '../traffic-selector.js';
import type { ChildSa } from '../keying/child-sa.js';
import type { Configuration } from './configuration.js';
import type { Connection } from '../keying/connection.js';
import type { CookieSecrets } from './cookie.js';
import type { IkeKeys } from './keys.js';
import type { NatState, Path } from '../keying/path.js';
import type { Payload, PayloadOfType } from './payload-cases.js';
import type { ChosenIke } from './proposal.js';
import type { ChildOffer, Task, Waiting, Windows } from './requests.js';
import type { SkContext } from './sk-context.js';

export * from '../keying/child-sa.js';
export * from '../keying/path.js';
export * from './requests.js';

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
export interface Halfway extends Base {
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

/** What an initiator has until IKE_AUTH is over. */
export interface Asking extends Halfway {
  readonly connection: Connection;
  /** The first Child SA; absent: childless. */
  readonly offer: ChildOffer | undefined;
  /** Where there are several authentications (RFC 4739), those behind us; absent: we are in the first. */
  readonly rounds?: AskingRounds | undefined;
}

/** How far an initiator is. */
export interface AskingRounds {
  /** How many proofs of ours are done. */
  readonly own: number;
  /** What the responder has said of itself last. */
  readonly responder: EapResponder;
}

/** Initiator: the IKE_AUTH request is sent (or waits for an answer to be sent). */
export interface AuthSent extends Asking {
  readonly state: 'AUTH_SENT';
  /** While the request waits: the packet's own selectors for the first Child SA, which it is still to ask for. */
  readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined;
}

/** Initiator: the IKE_AUTH request without AUTH is sent, which asks for EAP. */
export interface EapWanted extends Asking {
  readonly state: 'EAP_WANTED';
}

/** Initiator: an EAP packet is sent, and the next one is waited for. */
export interface EapSent extends Asking {
  readonly state: 'EAP_SENT';
  /** Who the responder is. */
  readonly responder: EapResponder;
  /** How many EAP packets the responder has sent. */
  readonly packets: number;
}

/** Initiator: EAP has come to its good end, and AUTH is sent. */
export interface EapAuthSent extends Asking {
  readonly state: 'EAP_AUTH_SENT';
  /** Who the responder is. */
  readonly responder: EapResponder;
  /** What both AUTH payloads are made with; undefined: the method makes no key. */
  readonly msk: Uint8Array | undefined;
}

/** What an initiator knows of the responder while EAP goes on. */
export interface EapResponder {
  /** IDr, which its AUTH at the end covers. */
  readonly IDr: PayloadOfType<'IDr'>;
  /** Who that is. */
  readonly id: Identity;
  /** Whether it has proved it by AUTH already; if not, EAP is all there is (RFC 5998). */
  readonly isProved: boolean;
  /** Who it is, as it has proved (RFC 4739: each time). The first is who it is to everybody else. */
  readonly proved: readonly Identity[];
}

/** Responder: the IKE_SA_INIT request is answered. The IKE SA is half open. */
export interface InitAnswered extends Halfway {
  readonly state: 'INIT_ANSWERED';
  /** Who the peer may be: the connections that fit its addresses and what was negotiated. */
  readonly candidates: readonly Connection[];
}

/** What a responder has while EAP goes on. The initiator has proved nothing yet. */
export interface Authenticating extends Halfway {
  /** Found by what IDi says; whether it is for the initiator shows in the end. */
  readonly connection: Connection;
  /** IDi, which AUTH at the end covers. */
  readonly IDi: PayloadOfType<'IDi'>;
  /** IDi as an identity: a claim. */
  readonly claimedId: Identity;
  /** The payloads of the first request: what is asked for beyond authentication. */
  readonly asked: readonly Payload[];
  /** Where there are several authentications (RFC 4739), those behind us; absent: we are in the first. */
  readonly rounds?: AnsweringRounds | undefined;
}

/** How far a responder is. */
export interface AnsweringRounds {
  /** How many proofs of ours are done. */
  readonly own: number;
  /** Who it is, as it has proved in each of them. The first is who it is to everybody else. */
  readonly ids: readonly Identity[];
}

/** Responder: the initiator has proved something, and more is to come, from it or from us (RFC 4739). */
export interface AuthContinues extends Halfway {
  readonly state: 'AUTH_CONTINUES';
  readonly connection: Connection;
  /** The payloads of the first request: what is asked for beyond authentication. */
  readonly asked: readonly Payload[];
  /** How far both are. */
  readonly rounds: AnsweringRounds;
}

/** Responder: an EAP Request is sent. */
export interface EapRequested extends Authenticating {
  readonly state: 'EAP_REQUESTED';
  /** How many EAP packets the initiator has sent. */
  readonly packets: number;
  /** Why the initiator is refused, where the last Request says that it is. */
  readonly refusal?: IpsecError | undefined;
}

/** Responder: EAP has come to its good end; AUTH by its key is still to come. */
export interface EapSucceeded extends Authenticating {
  readonly state: 'EAP_SUCCEEDED';
  /** What both AUTH payloads are made with; undefined: the method makes no key. */
  readonly msk: Uint8Array | undefined;
  /** Who the initiator is, as EAP has found. */
  readonly authenticatedId: Identity;
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
export type IkeSa =
  | InitSent
  | AuthSent
  | EapWanted
  | EapSent
  | EapAuthSent
  | InitAnswered
  | EapRequested
  | EapSucceeded
  | AuthContinues
  | Established
  | Replaced
  | Deleting
  | Closed;
/** The names of the states, that of no IKE SA included. */
export type StateName = (IkeSa | Listening)['state'];
/** The IKE SA in one state. */
export type InState<Name extends StateName> = Extract<IkeSa | Listening, { readonly state: Name }>;
