/**
 * Whether the other end of a TLS session is to be trusted, and for whom it speaks.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { Identity } from '../traffic-selector.js';
import type { TlsProgress } from './tls-engine.js';
import { identityOfCertificate } from './tls-names.js';
import type { MaybeAsync } from './types.js';

/**
 * Judges certificates: path, purpose, revocation, names. It is asked as soon as they are known; until it has answered nothing more is sent, so that a server
 * that is not the right one never sees the certificate of a peer (with TLS 1.2).
 *
 * @param certificates DER, that of the other side first, then those that issued it; at least one
 */
export type VerifyTlsPeer = (certificates: readonly Uint8Array[], about: TlsPeerAbout) => MaybeAsync<TlsPeerVerdict>;

/** What the judge may want to know. */
export interface TlsPeerAbout {
  /** In which role we are: as `peer` we look at a server's certificate, as `authenticator` at a client's. */
  readonly role: 'peer' | 'authenticator';
  /** What was answered to the Identity Request: as peer by us, as authenticator by the other, which is no more than a claim. */
  readonly identity: string;
  /** As peer: whom we expect. */
  readonly serverNames: readonly string[];
}

/**
 * The answer. `identity`: who an authenticator has before it, a user by name or an identity of IKE; without it the certificate's names say it. RFC 5216 section 2.2: "the identity presented in the EAP-Response/Identity is unauthenticated
 * information, and SHOULD NOT be used for access control or accounting purposes."
 */
export type TlsPeerVerdict =
  | 'trusted'
  | {
      /** Trusted, and who it is: a user name, or an identity. */
      readonly identity: string | Identity;
    }
  | IpsecError;

/** Somebody who has been judged; `identity` as the judge says, or else the certificate. */
export interface ProvedTlsPeer {
  readonly identity: string | Identity | undefined;
}

/**
 * Asks the judge: `verify`, or without one the engine, as soon as there is something to ask.
 *
 * @returns undefined: it is too early
 * @throws IpsecError `authentication-failed`, or what the judge says
 */
export async function proveTlsPeer(
  progress: TlsProgress,
  verify: VerifyTlsPeer | undefined,
  about: TlsPeerAbout,
): Promise<ProvedTlsPeer | undefined> {
  const { certificates = [], isDone } = progress;
  if (certificates.length === 0) {
    if (!isDone) return undefined;
    throw new IpsecError('authentication-failed', 'TLS', { expected: 'a certificate of the other side', found: 'none' });
  }
  if (verify === undefined && !isDone) return undefined;
  const verdict = verify === undefined ? progress.verdict : await verify(certificates, about);
  if (verdict === undefined)
    throw new IpsecError('authentication-failed', 'TLS', { expected: 'a verdict on the certificate', found: 'none' });
  if (verdict instanceof IpsecError) throw verdict;
  return { identity: verdict === 'trusted' ? identityOfCertificate(certificates[0]!, about.identity) : verdict.identity };
}

/**
 * A fatal alert in the clear, for whom is refused before anything was encrypted. RFC 5216 section 2.1.3: "The EAP server SHOULD send a TLS alert message
 * immediately terminating the conversation so as to allow the peer to inform the user or log the cause of the failure".
 */
export const CERTIFICATE_UNKNOWN: Uint8Array = Uint8Array.of(21, 3, 3, 0, 2, 2, 46);
