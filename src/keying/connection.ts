/**
 * What an administrator decided about one peer or one group of peers, as the IKE machine needs it: who we are, who they are, how each
 * proves it, what may be negotiated. Everything here is a value that never changes; many IKE SAs share one.
 *
 * @module
 */
import type { Lifetime } from '../association.js';
import type { AddressRange } from '../ip.js';
import type { PadEntry, PadId } from '../pad.js';
import type { HashRow } from '../suite/types-hash.js';
import type { PublicKey, SignatureRow } from '../suite/types-sign.js';
import type { Identity, TrafficSelector } from '../traffic-selector.js';
import type { ConfigurationRequest } from './configuration.js';
import type { ChildProposal, IkeProposal } from './proposal-types.js';
import type { RetransmissionPolicy } from './retransmission.js';

/** RFC 7296 section 2.15: a secret that both sides have. */
export type SharedKeyAuthentication =
  | {
      /** It is at hand. */
      readonly method: 'shared-key';
      /** The octets. */
      readonly secret: Uint8Array;
    }
  | {
      /** The caller looks it up when it is needed, by the two identities. */
      readonly method: 'ask-shared-key';
    };

/** We prove who we are by a signature: RFC 7296 section 3.8, RFC 4754, RFC 7427, RFC 8420. */
export interface OwnSignature {
  /** Which method it is. */
  readonly method: 'signature';
  /** Our public key. */
  readonly publicKey: PublicKey;
  /** Its private half, for rows that sign by themselves: ECDSA, Ed25519, Ed448. Absent: every signature is asked for (`AskSignature`). */
  readonly privateKey?: Uint8Array | undefined;
  /** What may be signed with, best first; those of other types of keys do not count. */
  readonly rows: readonly SignatureRow[];
  /** Our certificate in DER, then those that lead from it to a trust anchor. Empty: none; the peer knows our key. */
  readonly certificates: readonly Uint8Array[];
  /**
   * Whether certificates go out. RFC 7296 section 3.6: "Certificate payloads SHOULD be included in an exchange if certificates are available to the sender."
   * `if-asked`: only to a peer whose CERTREQ names an authority of ours. Default `always`: a peer that did not ask may need them all the same.
   */
  readonly send?: 'always' | 'if-asked' | 'never' | undefined;
  /**
   * For `if-asked`: SHA-1 of the SubjectPublicKeyInfo of the trust anchors to which the certificates lead and which are not among them. Absent: they are not known,
   * and any CERTREQ for X.509 certificates may mean ours.
   */
  readonly authorities?: readonly Uint8Array[] | undefined;
  /** Where each of the certificates is to be had, in their order, as `http:` URLs: sent instead to peers that look certificates up (RFC 7296 section 3.6). */
  readonly urls?: readonly string[] | undefined;
  /** OCSPResponses in DER that speak of the certificates: sent to peers that ask for them (RFC 4806). They grow old; whoever has newer ones makes another connection. */
  readonly ocspResponses?: readonly Uint8Array[] | undefined;
  /** Whether the bare public key goes out as a CERT payload (RFC 7670) where there is no certificate; `send` says when. Default false. */
  readonly sendRawKey?: boolean | undefined;
}

/** The peer proves who it is with one of these keys: nobody else vouches for it. */
export interface TrustedKeys {
  /** Which method it is. */
  readonly method: 'public-key';
  /** Any of them will do. */
  readonly keys: readonly PublicKey[];
  /** What it may sign with. */
  readonly rows: readonly SignatureRow[];
}

/** The peer proves who it is with the key of a certificate; whether that is to be trusted is asked for (`AskCertificates`). */
export interface TrustedCertificates {
  /** Which method it is. */
  readonly method: 'certificate';
  /** What it may sign with. */
  readonly rows: readonly SignatureRow[];
  /** For CERTREQ: SHA-1 of the SubjectPublicKeyInfo of each trust anchor, 20 octets (RFC 7296 section 3.7). Empty: nothing is asked for. */
  readonly authorities: readonly Uint8Array[];
  /** For CERTREQ of OCSP Content: SHA-1 of the responders' keys (RFC 4806 section 2.2); an empty list: any responder; absent: none is asked for. */
  readonly ocspResponders?: readonly Uint8Array[] | undefined;
  /** Whether the peer may name certificates by URL (RFC 7296 section 3.6); they are asked for by `AskFetchCertificate`. Default false. */
  readonly hashAndUrl?: boolean | undefined;
}

/** RFC 7619: no proof at all. Whoever is there is there, and stays nameless. */
export interface NullAuthentication {
  /** Which method it is. */
  readonly method: 'null';
}

/** As initiator: we are authenticated by EAP (RFC 7296 section 2.16), which is asked for (`AskEap`). */
export interface OwnEap {
  /** Which method it is. */
  readonly method: 'eap';
  /** Whether a method without a key of its own (MD5, GTC) will do. Default false. Never with EAP alone. */
  readonly allowKeyless?: boolean | undefined;
}

/**
 * The peer is authenticated by EAP. As responder: initiators are; as initiator: the responder proves itself by nothing but EAP (RFC 5998), for which our
 * own method has to be `eap`, too. A responder whose own method is `eap` takes initiators that want EAP alone, and no others.
 */
export interface EapDemand {
  /** Which method it is. */
  readonly method: 'eap';
  /** Whether a method without a key of its own (MD5, GTC) will do. Default false. */
  readonly allowKeyless?: boolean | undefined;
  /**
   * What initiators may say in IDi, which serves for nothing but to find this connection. RFC 7296 section 2.16: "It is important that policy lookups and
   * access control decisions use the actual authenticated identity": that is what `peer` of the connection is about. Default any.
   */
  readonly routes?: PadId | undefined;
}

/** How we prove who we are. */
export type LocalAuthentication = SharedKeyAuthentication | OwnSignature | NullAuthentication | OwnEap;
/** How the peer has to prove who it is. */
export type RemoteAuthentication = SharedKeyAuthentication | TrustedKeys | TrustedCertificates | NullAuthentication | EapDemand;

/** A further proof of ours under the same IKE SA (RFC 4739). */
export interface FurtherProof {
  /** Who we say we are this time. */
  readonly id: Identity;
  /** How we prove it. */
  readonly auth: LocalAuthentication;
}

/** A further proof that the peer owes (RFC 4739). */
export interface FurtherDemand {
  /** Who it may be this time. */
  readonly id: PadId;
  /** How it has to prove it. */
  readonly auth: RemoteAuthentication;
  /** With a certificate: whether the identity has to stand in it, as `matchCertificate` of the PAD entry says of the first proof. Default true. */
  readonly matchCertificate?: boolean | undefined;
  /** With a certificate: whether an identity that is an address has to be that of the peer's packets. Default true. */
  readonly matchAddress?: boolean | undefined;
}

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
  /** IKEv1: AH around ESP, both negotiated at once as one bundle (RFC 2408 section 4.2): what of AH is offered and accepted, best first. Default: no bundle. */
  readonly ah?: readonly ChildProposal[] | undefined;
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

/** What IKEv1 needs to know besides. */
export interface Ikev1Options {
  /** How phase 1 begins. With `aggressive` we begin so, and take peers that begin so; main mode is taken either way. */
  readonly mode: 'main' | 'aggressive';
  /**
   * Whether aggressive mode may go with a pre-shared key. Whoever sees such an exchange, or asks a responder for one, can try passwords offline for as long as he
   * likes: so it is refused unless this is true. Default false.
   */
  readonly unsafeAggressivePsk?: boolean | undefined;
  /** Hash algorithms at hand. A proposal names a prf; phase 1 negotiates the hash that it is the HMAC of. */
  readonly hashes: readonly HashRow[];
  /** XAUTH behind phase 1: as `client` we prove a user, as `server` the peer has to. With `localAuth` or `remoteAuth` of `null` the client proves nothing else (hybrid). */
  readonly xauth?: 'client' | 'server' | undefined;
  /** Mode Config: whether the client asks for its address, or the gateway pushes it. Default `pull`. */
  readonly modeConfig?: 'pull' | 'push' | undefined;
}

/** One connection. */
export interface Connection {
  /** For people; no other connection has it. */
  readonly name: string;
  /** The version of IKE. Default 2. */
  readonly version?: 1 | 2 | undefined;
  /** With version 1. */
  readonly ikev1?: Ikev1Options | undefined;
  /** Who we say we are. */
  readonly localId: Identity;
  /** How we prove it. */
  readonly localAuth: LocalAuthentication;
  /** Who the peer may be and what it may ask for: an entry of the PAD (RFC 4301 section 4.4.3). */
  readonly peer: PadEntry;
  /** How the peer proves it. */
  readonly remoteAuth: RemoteAuthentication;
  /** What we prove besides, in order (RFC 4739). Default nothing. */
  readonly furtherProofs?: readonly FurtherProof[] | undefined;
  /** What the peer has to prove besides, in order (RFC 4739). Default nothing. */
  readonly furtherDemands?: readonly FurtherDemand[] | undefined;
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
  /** How long EAP may take from its first packet to its last, where people type passwords. Default 120,000. */
  readonly eapLifetime?: number | undefined;
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
