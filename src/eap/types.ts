/**
 * The shape of an EAP method (RFC 3748 section 5). Methods are rows, like algorithms: what a caller does not hand in is neither bundled nor negotiable.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { FillRandom } from '../suite/types.js';
import type { Identity } from '../traffic-selector.js';

/** One method, for one role or both, with its credentials already inside. */
export interface EapMethod {
  /** IANA's EAP Method Type, e.g. 26. */
  readonly type: number;
  /** IANA's name, e.g. `EAP-MSCHAP-V2`. */
  readonly name: string;
  /** What configurations call it, e.g. `mschapv2`. */
  readonly shortName: string;
  /** Whether the peer learns for sure who the authenticator is ("mutual authentication", RFC 3748 section 7.2.1). */
  readonly isMutual: boolean;
  /** Whether both sides end with an MSK ("key derivation", RFC 3748 section 7.2.1). */
  readonly makesKey: boolean;
  /**
   * Whether what goes over the wire is of no use for guessing the secret ("dictionary attack resistance", RFC 3748 section 7.2.1). Default false. Where EAP is
   * all there is, a peer takes part only in methods that are mutual, make a key and are this as well (RFC 5998 section 4).
   */
  readonly resistsDictionary?: boolean | undefined;
  /** Begins a conversation as peer. Absent: it is not for this role. @param identity what is answered to an Identity Request. */
  readonly peer?: ((identity: string, env: EapEnv) => EapPeerSession) | undefined;
  /** Begins a conversation as authenticator. @param identity what the peer has answered to the Identity Request, or what IDi says: a claim. */
  readonly authenticator?: ((identity: string, env: EapEnv) => EapAuthenticatorSession) | undefined;
}

/** What a method takes from its surroundings. */
export interface EapEnv {
  /** Where chance comes from. */
  readonly random: FillRandom;
}

/** Where a packet of a method stands. */
export interface EapPacketContext {
  /** Identifier of the packet that came: of the Request as peer, of the Response as authenticator. */
  readonly identifier: number;
}

/** A conversation as peer. */
export interface EapPeerSession extends EapKeySource {
  /** A Request of the method came. @param data its Type-Data. */
  receive(data: Uint8Array, context: EapPacketContext): MaybeAsync<EapPeerStep>;
  /** Overwrites its secrets. */
  destroy(): void;
}

/** What a peer comes to by a Request. */
export type EapPeerStep =
  | {
      /** Answer; `isDone`: as far as the method goes, a Success may follow now. Before that a Success is a forgery and ends the conversation. */
      readonly kind: 'respond';
      /** Type-Data of the Response. */
      readonly data: Uint8Array;
      /** Whether the method has come to its good end. */
      readonly isDone: boolean;
    }
  | {
      /** It is over. `data`: what is still to be told, if anything. */
      readonly kind: 'failed';
      /** Type-Data of a last Response. */
      readonly data?: Uint8Array | undefined;
      /** Why. */
      readonly error: IpsecError;
    };

/** A conversation as authenticator. */
export interface EapAuthenticatorSession extends EapKeySource {
  /** The first Request. @param context `identifier`: that of this Request. @returns its Type-Data. */
  begin(context: EapPacketContext): MaybeAsync<Uint8Array>;
  /** A Response of the method came. @param data its Type-Data. */
  receive(data: Uint8Array, context: EapPacketContext): MaybeAsync<EapAuthenticatorStep>;
  /** Overwrites its secrets. */
  destroy(): void;
}

/** What an authenticator comes to by a Response. */
export type EapAuthenticatorStep =
  | {
      /** Another Request. */
      readonly kind: 'request';
      /** Its Type-Data. */
      readonly data: Uint8Array;
      /** The peer is refused already, and this Request tells it so: why. It may give up without an answer. */
      readonly refusal?: IpsecError | undefined;
    }
  | {
      /** The peer has proved who it is: Success. */
      readonly kind: 'success';
      /** Who it is: what the method has proved, a user by name or an identity of IKE. Absent: it has proved the very identity that it was begun with. */
      readonly identity?: string | Identity | undefined;
    }
  | {
      /** Failure. */
      readonly kind: 'failed';
      /** Why. */
      readonly error: IpsecError;
    };

/** What both sessions have at their good end. */
export interface EapKeySource {
  /** The MSK, 64 octets; the caller owns it. Undefined: not there yet, or the method makes none. */
  exportMsk?(): Uint8Array | undefined;
}

/** At once, or later: TLS engines of some runtimes take their time. */
export type MaybeAsync<T> = T | Promise<T>;
