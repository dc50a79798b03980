/**
 * Questions to the outside world that both versions of IKE ask.
 *
 * @module
 */
import { isBytes } from '../bytes.js';
import type { IpsecError } from '../errors.js';
import type { PublicKey, SignatureRow } from '../suite/types-sign.js';
import type { Identity } from '../traffic-selector.js';

/**
 * The secret that two share. The answer is a `Uint8Array`, or undefined: there is none.
 *
 * The responder of main mode (IKEv1) asks twice: for the address that the peer speaks from, which is all that it knows then, and for the name that the peer gives itself. Where
 * that name has a secret of its own it has to be the same one; undefined: secrets are known by addresses alone.
 */
export interface AskSharedKey {
  /** Which question it is. */
  readonly kind: 'shared-key';
  /** Who we are. */
  readonly localId: Identity;
  /** Who the peer is, or who an initiator expects. */
  readonly peerId: Identity;
}

/** A signature with a private key of ours that the machine has not got: RSA, and what lives in a token. The answer is a `Uint8Array`, or an `IpsecError`. */
export interface AskSignature {
  /** Which question it is. */
  readonly kind: 'sign';
  /** Who we are. */
  readonly localId: Identity;
  /** Our public key: the signature is to be made with its private half. */
  readonly publicKey: PublicKey;
  /** The algorithm; its `verify` says in which form the signature is wanted (ECDSA: r | s, as WebCrypto makes it). */
  readonly row: SignatureRow;
  /** What is to be signed, before any hash. */
  readonly octets: Uint8Array;
}

/**
 * Whether the certificate whose key the peer's AUTH was verified with is to be trusted, and whether it speaks for the identity that the peer claims. It is
 * asked after AUTH: who does not hold the private key causes no path validation and no fetch of revocation lists. The answer is a {@link CertificateVerdict}.
 */
export interface AskCertificates {
  /** Which question it is. */
  readonly kind: 'certificates';
  /** Which proof of the peer it is, from 0 (RFC 4739 has several). Each has trust anchors of its own: who is trusted for one is not trusted for the others. */
  readonly round: number;
  /** Who the peer says it is: IDi or IDr. */
  readonly peerId: Identity;
  /** Whether the identity has to stand in the certificate (RFC 4301 section 4.4.3.2). */
  readonly matchIdentity: boolean;
  /** DER, that of the peer first, then the others in the order of their CERT payloads. */
  readonly certificates: readonly Uint8Array[];
  /** DER: revocation lists of CERT payloads. */
  readonly crls: readonly Uint8Array[];
  /** DER: OCSPResponses of CERT payloads (RFC 4806). */
  readonly ocspResponses: readonly Uint8Array[];
}

/** What the outside world says of a peer's certificate. `IpsecError`: why it is not trusted, for our log. */
export type CertificateVerdict = 'trusted' | IpsecError;

/**
 * Secrets in an answer: the key of EAP, a user's password. They are the machine's from the moment that they are handed in, also where nobody waits for them any more.
 */
export function secretsIn(value: unknown): Uint8Array[] {
  const { msk, password } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly msk?: unknown;
    readonly password?: unknown;
  };
  return [msk, password].filter(isBytes);
}
