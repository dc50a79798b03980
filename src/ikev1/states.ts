/**
 * The states of an IKEv1 IKE SA, which RFC 2408 calls an ISAKMP SA. Each holds exactly what is known by then.
 *
 * ```text
 *   main mode        MAIN_I1 --> MAIN_I2 --> MAIN_I3 --+
 *                    (none)  --> MAIN_R1 --> MAIN_R2 --+
 *   aggressive mode  AGGRESSIVE_I1 --------------------+--> (XAUTH_CLIENT | XAUTH_SERVER) --> (CONFIG_CLIENT | CONFIG_SERVER) --> ESTABLISHED --> CLOSED
 *                    (none)  --> AGGRESSIVE_R1 --------+        (through AGGRESSIVE_R0, where a question has to be answered first)
 * ```
 *
 * The numbers count our own messages of phase 1. Who meets nobody that wants XAUTH or Mode Config goes to ESTABLISHED at once. Exchanges of phase 2 have no state
 * of the IKE SA: many of them go on side by side, each with what it waits for ({@link Exchange}).
 *
 * @module
 */
import type { ChildSa } from '../keying/child-sa.js';
import type { IpsecError } from '../errors.js';
import type { Configuration } from '../keying/configuration.js';
import type { Connection } from '../keying/connection.js';
import type { NatState, Path } from '../keying/path.js';
import type { HashRow } from '../suite/types-hash.js';
import type { EncryptionRow } from '../suite/types.js';
import type { KeyExchange, KeyExchangeRow, PrfRow } from '../suite/types-ike.js';
import type { Identity, TrafficSelector } from '../traffic-selector.js';
import type { MessageCipher } from './cipher.js';
import type { FragmentSet } from './fragment.js';
import type { Phase1Keys } from './keys.js';
import type { Lifetime, Phase1Values } from './attributes.js';
import type { Exchange, Task, Waiting } from './requests.js';

/** What was agreed on in phase 1. */
export interface Phase1Suite {
  /** The cipher, in CBC. */
  readonly encryption: EncryptionRow;
  /** The hash. */
  readonly hash: HashRow;
  /** Its HMAC. */
  readonly prf: PrfRow;
  /** The group. */
  readonly keyExchange: KeyExchangeRow;
  /** Authentication Method, by IANA's name. */
  readonly authentication: NonNullable<Phase1Values['authentication']>;
  /** How long the IKE SA lives, as the initiator has offered. */
  readonly lifetimes: readonly Lifetime[];
}

/** The algorithms and keys of an IKE SA. */
export interface Phase1Crypto {
  /** What was negotiated. */
  readonly suite: Phase1Suite;
  /** SKEYID and the three that come of it. */
  readonly keys: Phase1Keys;
  /** Keyed, for both directions. */
  readonly cipher: MessageCipher;
  /** The IV of the first encrypted message of phase 1. */
  readonly firstIv: Uint8Array;
}

/** What the Vendor IDs of the peer have announced. */
export interface PeerAbilities {
  /** NAT traversal: by RFC 3947, by a draft that has other numbers, or not at all. */
  readonly natTraversal: 'RFC 3947' | 'draft' | undefined;
  /** RFC 3706. */
  readonly dpd: boolean;
  /** Fragments. */
  readonly fragmentation: boolean;
  /** XAUTH. */
  readonly xauth: boolean;
}

/** Times in milliseconds; Infinity: never. */
export interface Deadlines {
  /** The IKE SA is given up: half-open too long, or at the end of its lifetime. */
  readonly expire: number;
  /** Never: IKEv1 has no rekey of its own, another phase 1 takes its place ({@link reauthenticate}). For who shows the status. */
  readonly rekey: number;
  /** Another phase 1 takes its place. */
  readonly reauthenticate: number;
  /** Look whether the peer was heard (RFC 3706). */
  readonly liveness: number;
  /** Keep the NAT awake. */
  readonly keepalive: number;
}

/** What is known from the first message on. */
export interface Base {
  /** Tells it from an IKE SA of IKEv2. */
  readonly version: 1;
  /** Whether we began phase 1. Exchanges of phase 2 may begin on either side. */
  readonly role: 'initiator' | 'responder';
  /** CKY-I: 8 octets. */
  readonly spiI: Uint8Array;
  /** CKY-R: 8 octets; zeros until the responder has chosen it. */
  readonly spiR: Uint8Array;
  /** Where messages go. */
  readonly path: Path;
  /** When it began. */
  readonly createdAt: number;
  /** When to be woken, whatever else happens. */
  readonly deadlines: Deadlines;
  /** Phase 1: messageId 0. It is kept to the end, for whoever repeats its last message. */
  readonly phase1: Exchange;
  /** Fragments of a message of the peer. */
  readonly fragments: FragmentSet | undefined;
  /** The Fragment ID of the next message that we cut. */
  readonly nextFragmentId: number;
  /** A message that waits for an answer from outside. */
  readonly waiting: Waiting | undefined;
  /** What the Vendor IDs of the peer have announced so far. */
  readonly abilities: PeerAbilities;
  /** Why a message of phase 1 was refused last, or what somebody has said of it without protection: told if nothing better comes. */
  readonly refusal: IpsecError | undefined;
  /** As initiator: the selectors of the packet that asks for the first Child SA, ours and the peer's. */
  readonly first: readonly [TrafficSelector, TrafficSelector] | undefined;
}

/** Initiator: the SA payload of main mode is sent. */
export interface MainI1 extends Base {
  readonly state: 'MAIN_I1';
  readonly connection: Connection;
  /** SAi_b: the body of our SA payload. */
  readonly saBody: Uint8Array;
}

/** Responder: the SA payload of main mode is answered. Half open. */
export interface MainR1 extends Base {
  readonly state: 'MAIN_R1';
  /** Who it may be: the connections that fit its addresses and what was chosen. */
  readonly candidates: readonly Connection[];
  /** SAi_b: the body of the initiator's SA payload. */
  readonly saBody: Uint8Array;
  readonly suite: Phase1Suite;
}

/** Initiator: public value and nonce are sent. */
export interface MainI2 extends Base {
  readonly state: 'MAIN_I2';
  readonly connection: Connection;
  readonly saBody: Uint8Array;
  readonly suite: Phase1Suite;
  readonly keyExchange: { readonly row: KeyExchangeRow; readonly exchange: KeyExchange };
  /** Our nonce. */
  readonly Ni: Uint8Array;
}

/** What the messages of phase 1 have come to once there are keys. */
export interface Agreed extends Base {
  readonly crypto: Phase1Crypto;
  readonly nat: NatState;
  readonly saBody: Uint8Array;
  /** g^xi, as it was sent. */
  readonly gXi: Uint8Array;
  /** g^xr. */
  readonly gXr: Uint8Array;
  /** Ni_b. */
  readonly Ni: Uint8Array;
  /** Nr_b. */
  readonly Nr: Uint8Array;
  /** Certificate authorities (DER names; empty: any) that the peer's CR payloads have asked for so far. */
  readonly requested: readonly Uint8Array[];
}

/** Responder: public value and nonce are answered. Half open. */
export interface MainR2 extends Agreed {
  readonly state: 'MAIN_R2';
  readonly candidates: readonly Connection[];
}

/** Initiator: identity and proof are sent. */
export interface MainI3 extends Agreed {
  readonly state: 'MAIN_I3';
  readonly connection: Connection;
}

/** Initiator: the first message of aggressive mode is sent. */
export interface AggressiveI1 extends Base {
  readonly state: 'AGGRESSIVE_I1';
  readonly connection: Connection;
  readonly saBody: Uint8Array;
  readonly keyExchange: { readonly row: KeyExchangeRow; readonly exchange: KeyExchange };
  readonly Ni: Uint8Array;
  /** IDii_b: the body of our ID payload, as it was sent. */
  readonly idBody: Uint8Array;
}

/**
 * Responder: the answer to the first message of aggressive mode waits for the outside world: for a pre-shared key, or for our signature. What a signature is about
 * must not change meanwhile, so what was made for it by chance is kept.
 */
export interface AggressiveR0 extends Base {
  readonly state: 'AGGRESSIVE_R0';
  readonly connection: Connection;
  /** What the answer is made of; undefined: nothing was made yet. */
  readonly made:
    | (Pick<Agreed, 'crypto' | 'nat' | 'saBody' | 'gXi' | 'gXr' | 'Ni' | 'Nr' | 'requested'> &
        Pick<AggressiveR1, 'claimedId' | 'peerIdBody'>)
    | undefined;
}

/** Responder: the first message of aggressive mode is answered, with our proof. Half open: the initiator has proved nothing. */
export interface AggressiveR1 extends Agreed {
  readonly state: 'AGGRESSIVE_R1';
  readonly connection: Connection;
  /** Who the peer says it is. */
  readonly claimedId: Identity;
  /** IDii_b. */
  readonly peerIdBody: Uint8Array;
}

/** What an IKE SA has once phase 1 is over. */
export interface Authenticated extends Base {
  readonly connection: Connection;
  readonly crypto: Phase1Crypto;
  readonly nat: NatState;
  /** Who we are. */
  readonly localId: Identity;
  /** Who the peer is: proved by phase 1. Users that XAUTH proves are in `user`. */
  readonly peerId: Identity;
  /** Exchanges of phase 2: those under way, and the last ones that are over, for whoever repeats their last message. Bounded. */
  readonly exchanges: readonly Exchange[];
  /** Child SAs. */
  readonly children: readonly ChildSa[];
  /** What is to be asked, in order. */
  readonly tasks: readonly Task[];
  /** As client: what the peer assigned to us. */
  readonly assigned: Configuration | undefined;
  /** As server: addresses that were leased to the peer. */
  readonly leased: readonly Uint8Array[];
  /** When the peer was last heard, by a fresh message that is genuine. */
  readonly heardAt: number;
  /** Dead Peer Detection. */
  readonly dpd: DpdState;
  /** XAUTH: the name of the user, once it is proved, by us as client or to us as server. */
  readonly user: string | undefined;
  /** Whether the peer has said INITIAL-CONTACT: told with `established`. */
  readonly initialContact: boolean;
}

/** Dead Peer Detection (RFC 3706). */
export interface DpdState {
  /** The sequence number of our first R-U-THERE: it and those up to `nextSequence` are ours, whoever sends them. */
  readonly firstSequence: number;
  /** The sequence number of our next R-U-THERE. */
  readonly nextSequence: number;
  /** The R-U-THERE that has no answer yet: its number, how often and since when it was asked, when it is asked again. */
  readonly unanswered:
    { readonly sequence: number; readonly tries: number; readonly askedAt: number; readonly retryAt: number } | undefined;
  /** The sequence number of the peer's last R-U-THERE: lower ones are replays. */
  readonly lastReceived: number | undefined;
  /** How often that one has come again. Default 0. */
  readonly repeats?: number | undefined;
}

/** Client: phase 1 is over, and the gateway has still to ask who the user is (XAUTH), or to say whether it believes it. */
export interface XauthClient extends Authenticated {
  readonly state: 'XAUTH_CLIENT';
  /** How often the gateway has asked: bounded. */
  readonly requests: number;
  /** The name that it was told last: it goes into `user` once the gateway believes it. */
  readonly claimed: string | undefined;
}
/** Server: the user is asked for, or told how it went. */
export interface XauthServer extends Authenticated {
  readonly state: 'XAUTH_SERVER';
}
/** Client: addresses are asked for (pull) or waited for (push) by Mode Config. */
export interface ConfigClient extends Authenticated {
  readonly state: 'CONFIG_CLIENT';
}
/** Server: addresses are pushed, and the acknowledgement is waited for. */
export interface ConfigServer extends Authenticated {
  readonly state: 'CONFIG_SERVER';
}
/** Both: everything that phase 2 may be asked for. */
export interface Established extends Authenticated {
  readonly state: 'ESTABLISHED';
}
/** The end. */
export interface Closed extends Base {
  readonly state: 'CLOSED';
  /** Why, in a word. */
  readonly reason: string;
}

/** Responder: no IKE SA yet. */
export interface Listening {
  readonly state: 'LISTENING';
  /** Who may come, in order. */
  readonly connections: readonly Connection[];
  /** CKY-R for the IKE SA that may begin. */
  readonly cookie: Uint8Array;
}

/** An IKE SA of IKEv1. */
export type Ikev1Sa =
  | MainI1
  | MainR1
  | MainI2
  | MainR2
  | MainI3
  | AggressiveI1
  | AggressiveR0
  | AggressiveR1
  | XauthClient
  | XauthServer
  | ConfigClient
  | ConfigServer
  | Established
  | Closed;
/** An IKE SA whose phase 1 is over. */
export type AuthenticatedSa = XauthClient | XauthServer | ConfigClient | ConfigServer | Established;
/** One that is not closed. */
export type Living = Exclude<Ikev1Sa, Closed>;
/** The names of the states, that of no IKE SA included. */
export type StateName = (Ikev1Sa | Listening)['state'];
/** The IKE SA in one state. */
export type InState<Name extends StateName> = Extract<Ikev1Sa | Listening, { readonly state: Name }>;

/** Whether phase 1 is over. */
export function isAuthenticated(sa: Ikev1Sa | Listening): sa is AuthenticatedSa {
  return 'exchanges' in sa;
}
