/**
 * What is proved and checked in IKE_AUTH, by whatever method.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { PrfRow } from '../../suite/types-ike.js';
import { describeIdentity, type Identity } from '../../traffic-selector.js';
import type { Answered, Ask } from '../events.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import type { HashAlgorithms } from '../signature-method.js';

/** Auth Method 2. */
export const SHARED_KEY = 'Shared Key Message Integrity Code';
/** Auth Method 13 (RFC 7619). */
export const NULL_AUTHENTICATION = 'NULL Authentication';

/** What is proved or checked, and what it takes. */
export interface Claim {
  /** The IKE SA's prf. */
  readonly prf: PrfRow;
  /** What AUTH covers, of the side that proves: `encodeSignedOctets`. */
  readonly octets: Uint8Array;
  /** SK_pi or SK_pr, of the side that proves. */
  readonly SK_p: Uint8Array;
  /** Who we are. */
  readonly localId: Identity;
  /** Who the peer says it is; for an initiator that has not heard yet, who it expects. */
  readonly peerId: Identity;
  /** Where the peer proves: which of its proofs it is, from 0 (RFC 4739). */
  readonly round: number;
  /** Whether the identity has to stand in the peer's certificate. */
  readonly matchCertificate: boolean;
  /** Where the peer's packets come from; undefined: an ID that is an address may be any. */
  readonly sourceAddress: Uint8Array | undefined;
  /** Hash algorithms that both sides have announced (RFC 7427 section 4). */
  readonly hashAlgorithms: HashAlgorithms;
  /** The payloads of the peer's message: its CERT where it proves, its CERTREQ where we do. */
  readonly payloads: readonly Payload[];
  /** What the outside world has said to the questions so far. */
  readonly answers: readonly Answered[];
}

/** A proof, a question to the outside world that comes first, or the reason why there is none. */
export type Proof =
  | { readonly certificates: readonly PayloadOfType<'CERT'>[]; readonly auth: PayloadOfType<'AUTH'> }
  | { readonly ask: Ask }
  | { readonly error: IpsecError };

/** What came of a check. */
export type Checked = 'right' | { readonly ask: Ask } | { readonly error: IpsecError };

/** Both sides' names, for errors. */
export function between(localId: Identity, peerId: Identity): string {
  const [ours, theirs] = [localId, peerId].map(describeIdentity);
  return `authentication between ${ours!}, which we are, and ${theirs!}`;
}

/** Why a proof fails, for our log: both sides' names and facts. */
export function failure(
  { localId, peerId }: Pick<Claim, 'localId' | 'peerId'>,
  expected: string,
  found: string,
  cause?: IpsecError,
): IpsecError {
  return new IpsecError('authentication-failed', between(localId, peerId), {
    expected,
    found,
    ...(cause && { cause, blame: cause.blame }),
    ...(cause?.nearest !== undefined && { nearest: cause.nearest }),
  });
}
