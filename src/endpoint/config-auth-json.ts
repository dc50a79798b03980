/**
 * The shapes of `auth` as JSON. Files are PEM or DER, named or, as PEM, there as text. A secret is text, or the host fetches it from elsewhere.
 *
 * @module
 */
import type { FetchWord } from './credential-specs.js';

/** Forms that serve both sides. */
export type SharedAuthJson =
  | {
      /** The shared secret as text: its UTF-8 octets. */
      readonly psk: SecretJson;
    }
  | {
      /** The shared secret in hexadecimal. */
      readonly pskHex: SecretJson;
    }
  | {
      /** The host is asked for the shared secret when it is needed. */
      readonly ask: true;
    }
  | {
      /** Nothing is proved (RFC 7619). */
      readonly null: true;
    };

/** A secret: text, or where the host fetches it; `ipsec-ts/node` knows these three places. */
export type SecretJson =
  | string
  | {
      /** A file that holds it, without the end of its last line. */
      readonly file: string;
    }
  | {
      /** A variable of the environment. */
      readonly env: string;
    }
  | {
      /** Somebody is asked for it, without echo. */
      readonly prompt: true;
    };

/** How we prove who we are. */
export type OwnAuthJson = SharedAuthJson | CertificateJson | Pkcs12Json | OwnPublicKeyJson | OwnEapJson;

/** How the peer proves who it is. */
export type PeerAuthJson = SharedAuthJson | AuthoritiesJson | PeerPublicKeyJson | EapDemandJson;

/** One further proof (RFC 4739). */
export interface FurtherJson<Auth> {
  /** Who it is this time. Default: of ours as before, of the peer's anybody. */
  readonly id?: string;
  /** How it is proved. */
  readonly auth: Auth;
}

/** IKEv1: XAUTH. `client` and `server`: the host is asked, for the user's password or whether it is right. */
export type XauthJson =
  | 'client'
  | 'server'
  | {
      /** As client: the user. */
      readonly user: string;
      /** Its password. */
      readonly password: SecretJson;
    }
  | {
      /** As server: names and passwords: a file, or an object. */
      readonly users: string | Readonly<Record<string, SecretJson>>;
    };

/** One or several. */
type Some<T> = T | readonly T[];

/** How we sign. */
export interface SchemesJson {
  /** Signature algorithms, best first: `"rsa-pss-sha256"`. Default: those of the host that are for such a key. */
  readonly schemes?: Some<string>;
}

/** With a certificate. */
export interface CertificateJson extends SchemesJson {
  /** The certificate, then those that lead from it to a trust anchor. */
  readonly certificate: Some<string>;
  /** Its private key. */
  readonly key: string;
  /** Where the key is encrypted. */
  readonly keyPassword?: SecretJson;
  /** Default `always`. */
  readonly send?: 'always' | 'if-asked' | 'never';
}

/** With a certificate and its key in a PKCS#12 file. */
export interface Pkcs12Json extends SchemesJson {
  /** The file. */
  readonly pkcs12: string;
  /** Its password. */
  readonly keyPassword?: SecretJson;
  /** Default `always`. */
  readonly send?: 'always' | 'if-asked' | 'never';
}

/** With a key that the peer knows (RFC 7670). */
export interface OwnPublicKeyJson extends SchemesJson {
  /** The public key. */
  readonly publicKey: string;
  /** The private key. */
  readonly key: string;
  /** Where the key is encrypted. */
  readonly keyPassword?: SecretJson;
  /** Whether the public key goes out as a CERT payload. Default false. */
  readonly sendRawKey?: boolean;
}

/** What certificates are measured by. */
export interface TrustJson {
  /** Trust anchors. */
  readonly ca?: Some<string>;
  /** Certificates that may help on the way to one. */
  readonly intermediates?: Some<string>;
  /** Revocation lists. */
  readonly crls?: Some<string>;
  /** Purposes of which a certificate that names any has to have one: `"ipsecIKE"`, `"serverAuth"`, object identifiers. Default those for IPsec; for EAP-TLS those for TLS. */
  readonly extendedKeyUsages?: Some<string>;
  /** Default `if-available`: what is known to be revoked is refused. */
  readonly revocation?: 'off' | 'if-available' | 'required';
  /** What the host may fetch over the network. Default nothing. */
  readonly fetch?: Some<FetchWord>;
}

/** By EAP: as client. */
export interface OwnEapJson
  extends TrustJson, Partial<Pick<CertificateJson, 'certificate' | 'key' | 'keyPassword'>>, Partial<Pick<Pkcs12Json, 'pkcs12'>> {
  /** Methods, best first: `"mschapv2"`, `"tls"`, `"md5"`, `"gtc"`; or `"ask"`: the host is asked about every packet. */
  readonly eap: Some<string>;
  /** The user name. Default: `local.id`. */
  readonly identity?: string;
  /** Of methods with one. */
  readonly password?: SecretJson;
  /** Whether methods without a key of their own (MD5, GTC) will do. Default false. */
  readonly allowKeyless?: boolean;
  /** With TLS: names of which the server's certificate has to hold one. */
  readonly serverNames?: Some<string>;
}

/** The peer has a certificate. */
export interface AuthoritiesJson extends TrustJson, SchemesJson {
  /** Trust anchors. */
  readonly ca: Some<string>;
  /** Whether the peer's identity has to stand in its certificate (RFC 4301 section 4.4.3.2). Default true. */
  readonly matchIdentity?: boolean;
  /** Whether a peer whose identity is an address has to speak from that address (RFC 4945 section 3.1.1). Default true. */
  readonly matchAddress?: boolean;
  /** Whether OCSP responses are asked of the peer (RFC 4806). Default false. */
  readonly askOcsp?: boolean;
}

/** The peer has one of these keys. */
export interface PeerPublicKeyJson extends SchemesJson {
  /** Public keys, or certificates that hold them. */
  readonly publicKey: Some<string>;
}

/** The peer is authenticated by EAP. */
export interface EapDemandJson
  extends TrustJson, Partial<Pick<CertificateJson, 'certificate' | 'key' | 'keyPassword'>>, Partial<Pick<Pkcs12Json, 'pkcs12'>> {
  /** Methods, best first; or `"ask"`: the host is asked about every packet, and may have a back end such as RADIUS. */
  readonly eap: Some<string>;
  /** Names and passwords: a file, or an object. */
  readonly users?: string | Readonly<Record<string, SecretJson>>;
  /** Whether methods without a key of their own (MD5, GTC) will do. Default false. */
  readonly allowKeyless?: boolean;
  /** Whether clients are asked for their user names. Default: where IDi can be none, an address or a distinguished name. */
  readonly identify?: boolean;
  /** What initiators may say in IDi. Default anything. */
  readonly routes?: string;
}
