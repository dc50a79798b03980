/**
 * What is asked and answered: messages, requests under way, windows, tasks, questions to the outside world.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { KeyExchange, KeyExchangeRow } from '../suite/types-ike.js';
import type { AskCertificates, AskSharedKey, AskSignature } from '../keying/asks.js';
import type { Identity, TrafficSelector } from '../traffic-selector.js';
import type { ChildSa } from '../keying/child-sa.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { ChildProposal } from '../keying/proposal-types.js';
import type { IkeMessage } from './message.js';
import type { Path } from '../keying/path.js';
import type { Payload } from './payload-cases.js';
import type { FragmentQueue } from './reassembly.js';

/** A message whose protection is off. */
export interface OpenMessage {
  readonly exchange: IkeMessage['exchange'];
  readonly messageId: number;
  readonly isResponse: boolean;
  /** The payloads, inside ones where it was protected. */
  readonly payloads: readonly Payload[];
  /** As it came; of fragments the first one that was kept. */
  readonly raw: Uint8Array;
  /** The way that it came. */
  readonly path: Path;
}

/** A question to the outside world. The same question is never asked twice for one message. What is told as an `IpsecError` ends the authentication with it. */
export type Ask = AskSharedKey | AskSignature | AskCertificates | AskFetchCertificate | AskEap;

/** A certificate that the peer has named by URL (RFC 7296 section 3.6), asked only where the connection wants it. The answer is its octets, or an `IpsecError`. */
export interface AskFetchCertificate {
  /** Which question it is. */
  readonly kind: 'fetch-certificate';
  /** Where it is, as the peer says: whoever fetches it bounds time, size and place. */
  readonly url: string;
  /** SHA-1 of the certificate, 20 octets: the machine compares. */
  readonly hash: Uint8Array;
}

/** The next step of an EAP conversation (RFC 7296 section 2.16). The answer is an {@link EapStep}. */
export interface AskEap {
  /** Which question it is. */
  readonly kind: 'eap';
  /** `peer`: the packet is a Request, Success or Failure; `authenticator`: a Response, or undefined: begin. */
  readonly role: 'peer' | 'authenticator';
  /** SPIi of the IKE SA, 8 octets: which conversation it is, together with `spiR`. */
  readonly spiI: Uint8Array;
  /** SPIr. */
  readonly spiR: Uint8Array;
  /** Which authentication of the IKE SA it is, from 0 (RFC 4739 has several). */
  readonly round: number;
  /** Who we are. */
  readonly localId: Identity;
  /** Who the other is: as peer what AUTH has proved, or what is only claimed with EAP alone; as authenticator what IDi claims, which is no more than a hint. */
  readonly otherId: Identity;
  /** As peer: whether the responder has proved itself by AUTH. If not, nothing beyond Identity may be answered but by a method that is mutual and makes a key. */
  readonly isResponderProved: boolean;
  /** The EAP packet that came. */
  readonly packet: Uint8Array | undefined;
}

/** What an EAP conversation comes to. */
export type EapStep =
  | {
      /** It goes on. */
      readonly kind: 'continue';
      /** The EAP packet for the other side. */
      readonly packet: Uint8Array;
      /**
       * As authenticator: the other is refused already, and this Request tells it so (a wrong password, a certificate that is not trusted). Many do not answer that, but
       * give up: then this is why.
       */
      readonly refusal?: IpsecError | undefined;
    }
  | {
      /** As peer: the Success was due. As authenticator: the other has proved who it is. */
      readonly kind: 'success';
      /** As authenticator: the EAP Success. */
      readonly packet?: Uint8Array | undefined;
      /** The MSK, 64 octets or more; undefined: the method makes no key. Whoever gives it away owns it no more: it is wiped. */
      readonly msk: Uint8Array | undefined;
      /**
       * As authenticator: who the other is, as the method has authenticated it; without it nobody is let in. As peer, where the responder has not proved
       * itself by AUTH: who that is, if the method tells; else it is who IDr says.
       */
      readonly identity?: Identity | undefined;
      /** Whether both sides were authenticated (RFC 5998 section 3 wants it where EAP is all there is). */
      readonly isMutual: boolean;
    }
  | {
      /** It failed. */
      readonly kind: 'failure';
      /** As authenticator: the EAP Failure. */
      readonly packet?: Uint8Array | undefined;
      /** Why, for our log. */
      readonly error: IpsecError;
    };

/** A question and what came of it. */
export interface Answered {
  /** What was asked. */
  readonly ask: Ask;
  /** What the outside world said. */
  readonly value: unknown;
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

/** A request of ours that a handler wants to have sent. */
export interface NewRequest {
  readonly exchange: 'IKE_SA_INIT' | 'IKE_AUTH' | 'CREATE_CHILD_SA' | 'INFORMATIONAL';
  readonly about: About;
  readonly payloads: readonly Payload[];
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
  /** How often of these in larger fragments; absent: never. */
  readonly probedBefore?: number | undefined;
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

/** Something to be asked of the peer as soon as the window lets it. */
export type Task = {
  /** Not before this time. */
  readonly notBefore: number;
} & (
  | {
      readonly kind: 'createChild';
      readonly policy: ChildPolicy;
      readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined;
      /** Nothing but the addresses of `first` (RFC 7296 section 2.9, SINGLE_PAIR_REQUIRED). */
      readonly pairOnly?: boolean | undefined;
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
  /** The answers so far. */
  readonly answers: readonly Answered[];
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
