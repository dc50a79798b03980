/**
 * What a configuration says about keys, certificates and EAP, as it is written: nothing is loaded yet.
 *
 * @module
 */
import type { PadId } from '../pad.js';

/** A text of the configuration with its place. */
export interface PlacedText {
  /** PEM itself, or what the host finds it by: the name of a file; of a password the password. */
  readonly text: string;
  /** Where it stands, for errors. */
  readonly path: string;
}

/** A certificate and its key, or either. */
export interface KeySpec {
  /** The certificate, then those that lead from it to a trust anchor; one text may hold several. */
  readonly certificates: readonly PlacedText[];
  /** The private key. */
  readonly key: PlacedText | undefined;
  /** The key and its certificates in one, as PKCS#12. */
  readonly pkcs12: PlacedText | undefined;
  /** What the key or the PKCS#12 file is encrypted with. */
  readonly keyPassword: PlacedText | undefined;
}

/** What certificates are measured by. */
export interface TrustSpec {
  /** Trust anchors. Empty: none. */
  readonly authorities: readonly PlacedText[];
  /** Certificates that may help to find the way to one. */
  readonly intermediates: readonly PlacedText[];
  /** Revocation lists. */
  readonly crls: readonly PlacedText[];
  /** Purposes of which a certificate that names any has to have one: `serverAuth`, object identifiers; undefined: the host's default. */
  readonly extendedKeyUsages: readonly PlacedText[] | undefined;
  /** What is asked of revocation; undefined: the host's default. */
  readonly revocation: 'off' | 'if-available' | 'required' | undefined;
  /** What may be fetched over the network: nothing, unless it says so. */
  readonly fetch: readonly FetchWord[];
}

/** What may be fetched: revocation lists, OCSP responses, the peer's certificate by its URL. */
export type FetchWord = 'crls' | 'ocsp' | 'certificates';

/** What we prove who we are with. */
export type OwnSpec =
  | {
      /** By a certificate. */
      readonly form: 'certificate';
      /** Where it stands. */
      readonly path: string;
      /** The files. */
      readonly keys: KeySpec;
      /** Signature algorithms by name, best first; undefined: the host's. */
      readonly schemes: readonly PlacedText[] | undefined;
      /** Whether certificates go out. */
      readonly send: 'always' | 'if-asked' | 'never';
    }
  | {
      /** By a key that the peer knows (RFC 7670). */
      readonly form: 'public-key';
      /** Where it stands. */
      readonly path: string;
      /** The public key. */
      readonly publicKey: PlacedText;
      /** The files: no certificates. */
      readonly keys: KeySpec;
      /** Signature algorithms by name, best first; undefined: the host's. */
      readonly schemes: readonly PlacedText[] | undefined;
      /** Whether the public key goes out as a CERT payload. */
      readonly sendRawKey: boolean;
    }
  | {
      /** By EAP. */
      readonly form: 'eap';
      /** Where it stands. */
      readonly path: string;
      /** Methods by name, best first. */
      readonly methods: readonly PlacedText[];
      /** What is answered to an Identity Request; undefined: who we are in IKE. */
      readonly identity: PlacedText | undefined;
      /** Of methods with one. */
      readonly password: PlacedText | undefined;
      /** Whether methods without a key will do. */
      readonly allowKeyless: boolean;
      /** Of methods over TLS: what we show. */
      readonly keys: KeySpec;
      /** Of methods over TLS: what the server's certificate is measured by. */
      readonly trust: TrustSpec;
      /** Of methods over TLS: names of which the server's certificate has to hold one. */
      readonly serverNames: readonly PlacedText[];
    }
  | {
      /** IKEv1: by XAUTH, behind phase 1. What becomes of it answers `AskXauthClient`; its `auth` means nothing. */
      readonly form: 'xauth';
      /** Where it stands. */
      readonly path: string;
      /** The user's name. */
      readonly user: PlacedText;
      /** The user's password. */
      readonly password: PlacedText;
    };

/** What the peer's proof is measured by. */
export type PeerSpec =
  | {
      /** By a certificate. */
      readonly form: 'certificate';
      /** Where it stands. */
      readonly path: string;
      /** Trust anchors, revocation. */
      readonly trust: TrustSpec;
      /** Signature algorithms by name; undefined: the host's. */
      readonly schemes: readonly PlacedText[] | undefined;
      /** Whether OCSP responses are asked of the peer (RFC 4806). */
      readonly askOcsp: boolean;
    }
  | {
      /** By a key that we know. */
      readonly form: 'public-key';
      /** Where it stands. */
      readonly path: string;
      /** Public keys, or certificates that hold them. */
      readonly publicKeys: readonly PlacedText[];
      /** Signature algorithms by name; undefined: the host's. */
      readonly schemes: readonly PlacedText[] | undefined;
    }
  | {
      /** By EAP. */
      readonly form: 'eap';
      /** Where it stands. */
      readonly path: string;
      /** Methods by name, best first. */
      readonly methods: readonly PlacedText[];
      /** Names and passwords: what the host finds them by, or they themselves. */
      readonly users: PlacedText | UserList | undefined;
      /** Whether methods without a key will do. */
      readonly allowKeyless: boolean;
      /** Whether clients are asked for their user names; undefined: where IDi can be none. */
      readonly identify: boolean | undefined;
      /** What initiators may say in IDi; undefined: anything. */
      readonly routes: PadId | undefined;
      /** Of methods over TLS: what we show. */
      readonly keys: KeySpec;
      /** Of methods over TLS: what clients' certificates are measured by. */
      readonly trust: TrustSpec;
    }
  | {
      /** IKEv1: by XAUTH, behind phase 1. What becomes of it answers `AskXauthServer`; its `auth` means nothing. */
      readonly form: 'xauth';
      /** Where it stands. */
      readonly path: string;
      /** Names and passwords: what the host finds them by, or they themselves. */
      readonly users: PlacedText | UserList;
    };

/** Users that stand in the configuration itself. */
export interface UserList {
  /** Where they stand. */
  readonly path: string;
  /** Passwords by name. */
  readonly passwords: ReadonlyMap<string, string>;
}
