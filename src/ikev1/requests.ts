/**
 * What is asked and answered: messages, exchanges, tasks, questions to the outside world.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { AskCertificates, AskSharedKey, AskSignature } from '../keying/asks.js';
import type { ChildSa, ChildSaKeyPair } from '../keying/child-sa.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { Path } from '../keying/path.js';
import type { PublicKey } from '../suite/types-sign.js';
import type { Identity, TrafficSelector } from '../traffic-selector.js';
import type { Ikev1Header } from './message.js';
import type { Payload } from './payload-cases.js';
import type { QuickOffer } from './quick-types.js';

/** The exchanges that are carried out. */
export type ExchangeName = 'Identity Protection' | 'Aggressive' | 'Transaction' | 'Informational' | 'Quick Mode';

/** A message whose encryption is off. What it says is genuine in phase 2 alone: there its HASH is verified before anybody sees it. */
export interface OpenMessage {
  /** CKY-I. */
  readonly ckyI: Uint8Array;
  /** CKY-R. */
  readonly ckyR: Uint8Array;
  readonly exchange: Ikev1Header['exchange'];
  readonly messageId: number;
  /** Whether it came encrypted. */
  readonly isEncrypted: boolean;
  /** The commit bit. */
  readonly commit: boolean;
  /** The payloads; of phase 2 without the HASH payload in front. */
  readonly payloads: readonly Payload[];
  /** As it came, or came together. */
  readonly raw: Uint8Array;
  /** The way that it came. */
  readonly path: Path;
}

/** A message that a handler wants to have sent. Its HASH payload, in phase 2, is the sender's to add. */
export interface NewMessage {
  readonly payloads: readonly Payload[];
  /** In phase 1: whether it is encrypted. In phase 2 it always is. */
  readonly encrypted?: boolean | undefined;
  /** Which HASH covers a message of phase 2: HASH(1) unless said otherwise. HASH(3) covers no payloads. */
  readonly hash?: 'HASH(1)' | 'HASH(2)' | 'HASH(3)' | undefined;
  /** Whether it is repeated until an answer comes; else only where the peer repeats its own. */
  readonly awaitsAnswer: boolean;
}

/** A message that begins an exchange of its own. */
export interface FirstMessage extends NewMessage {
  readonly exchange: 'Transaction' | 'Informational' | 'Quick Mode';
  /** What the exchange is about from then on; absent: nothing is kept of it. */
  readonly about?: About | undefined;
}

/** What we sent last in an exchange. */
export interface Sent {
  /** The datagrams: more than one where it is cut into fragments. */
  readonly datagrams: readonly Uint8Array[];
  /** How often it was sent because of time. */
  readonly tries: number;
  /** When it is sent again or, after the last try, given up; Infinity: only where the peer repeats its own message. */
  readonly retransmitAt: number;
  /** How often it was sent because the peer has repeated its own message: bounded. */
  readonly repeats: number;
}

/** One exchange: all that its next message needs. */
export interface Exchange {
  /** 0: phase 1. */
  readonly messageId: number;
  readonly exchange: ExchangeName;
  /** The IV of the next message, whoever sends it; undefined: no message of it was encrypted yet. */
  readonly iv: Uint8Array | undefined;
  /** The last genuine message of the peer, as it came: the same octets again are a repetition. */
  readonly received: Uint8Array | undefined;
  /** What we sent last. */
  readonly sent: Sent | undefined;
  /** What it is about, and what it waits for. */
  readonly about: About;
  /** When it is forgotten, or given up where it still waits. */
  readonly expires: number;
}

/** What an exchange is about. */
export type About =
  /** Phase 1: the state of the IKE SA says the rest. */
  | { readonly kind: 'phase1' }
  /** Quick Mode, initiator: the offer is sent. */
  | { readonly kind: 'quick-offered'; readonly offer: QuickOffer; readonly Ni: Uint8Array; readonly replaces: number | undefined }
  /** Quick Mode, responder: the offer is answered; the proof that the initiator is there now is still to come. */
  | {
      readonly kind: 'quick-answered';
      readonly Ni: Uint8Array;
      readonly Nr: Uint8Array;
      readonly granted: readonly GrantedChild[];
    }
  /** Quick Mode, initiator: all is agreed on, but the responder wants us to wait for CONNECTED (the commit bit). */
  | { readonly kind: 'quick-committed'; readonly granted: readonly GrantedChild[] }
  /** Transaction, server: user name and password are asked for. */
  | { readonly kind: 'xauth-requested'; readonly identifier: number }
  /** Transaction, server: the user is told how it went; `error`: that it is refused. */
  | { readonly kind: 'xauth-status'; readonly identifier: number; readonly error: IpsecError | undefined }
  /** Transaction, client: addresses are asked for. */
  | { readonly kind: 'config-requested'; readonly identifier: number }
  /** Transaction, server: addresses are pushed. */
  | { readonly kind: 'config-pushed'; readonly identifier: number }
  /** It is over: kept for whoever repeats its last message. */
  | { readonly kind: 'done' };

/** What an exchange may be about, in a word. */
export type AboutKind = About['kind'];

/** A Child SA that is agreed on and waits to be put into the SAD. */
export interface GrantedChild {
  readonly child: ChildSa;
  readonly keys: ChildSaKeyPair;
  /** Our inbound SPI of the pair that it replaces. */
  readonly replaces: number | undefined;
}

/** A question to the outside world. */
export type Ikev1Ask = AskSharedKey | AskSignature | AskCertificates | AskHashSignature | AskXauthClient | AskXauthServer;

/**
 * The RSA signature of phase 1: the private key operation on a block that holds the hash itself. RFC 2409 section 5.1: "RSA signatures MUST be encoded as a private
 * key encryption in PKCS #1 format and not as a signature in PKCS #1 format (which includes the OID of the hash algorithm)." WebCrypto cannot; `ipsec-ts/node`
 * does. The answer is a `Uint8Array` as long as the modulus, or an `IpsecError`.
 */
export interface AskHashSignature {
  /** Which question it is. */
  readonly kind: 'sign-hash';
  /** Who we are. */
  readonly localId: Identity;
  /** Our public key: RSA, or the EC key of a token, whose signature over the hash is r | s. */
  readonly publicKey: PublicKey;
  /** HASH_I or HASH_R, 16 to 64 octets: it goes into the block of PKCS #1 type 1 as it is. */
  readonly hash: Uint8Array;
}

/** As client of XAUTH: what the gateway wants to know. The answer is an {@link XauthCredentials}, or an `IpsecError`. */
export interface AskXauthClient {
  /** Which question it is. */
  readonly kind: 'xauth';
  /** We are asked. */
  readonly role: 'client';
  /** Who we are. */
  readonly localId: Identity;
  /** Who asks: phase 1 has proved it. */
  readonly peerId: Identity;
  /** What it says to people, if anything. */
  readonly message: string | undefined;
}

/** As server of XAUTH: whether a user is who it says it is. The answer is `accepted`, or an `IpsecError`: why not, for our log. */
export interface AskXauthServer {
  /** Which question it is. */
  readonly kind: 'xauth';
  /** We ask. */
  readonly role: 'server';
  /** Who the peer is, as phase 1 has proved; with a group's secret not the user. */
  readonly peerId: Identity;
  /** The name. */
  readonly user: string;
  /** The password, as it came: it is wiped once there is an answer. */
  readonly password: Uint8Array;
}

/** A user's name and password. */
export interface XauthCredentials {
  /** The name. */
  readonly user: string;
  /** The password: whoever gives it away owns it no more, it is wiped. */
  readonly password: Uint8Array;
}

/** A question and what came of it. */
export interface Answered {
  /** What was asked. */
  readonly ask: Ikev1Ask;
  /** What the outside world said. */
  readonly value: unknown;
}

/** A message whose handling waits for answers from outside. */
export interface Waiting {
  /** The message; its handler runs anew with every answer. */
  readonly message: OpenMessage;
  /** The IV for what follows the message. */
  readonly nextIv: Uint8Array | undefined;
  /** What was asked last. */
  readonly ask: Ikev1Ask;
  /** The answers so far. */
  readonly answers: readonly Answered[];
}

/** Something to be asked of the peer. */
export type Task = {
  /** Not before this time. */
  readonly notBefore: number;
} & (
  | {
      readonly kind: 'createChild';
      readonly policy: ChildPolicy;
      readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined;
    }
  | { readonly kind: 'rekeyChild'; readonly spiIn: number }
  /** It was replaced, and is kept until then. */
  | { readonly kind: 'deleteChild'; readonly spiIn: number }
);
