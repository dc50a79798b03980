/**
 * Our proof of who we are: a HASH or SIG payload, with the certificates that go with it.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import type { Connection } from '../../keying/connection.js';
import type { Payload } from '../payload-cases.js';
import type { Answered, Ikev1Ask } from '../requests.js';
import { ownCertificates } from './phase1-certificates.js';
import { computeProofHash, type Proving } from './phase1-keys.js';
import { proofOf, type Side } from './phase1-proofs.js';
import { sign } from './phase1-sign.js';

/** A proof, or a question to the outside world that comes first. */
export type Proof = { readonly certificates: readonly Payload[]; readonly proof: Payload } | { readonly ask: Ikev1Ask };

/** What a proof of ours is made of besides. */
export interface OwnProof {
  readonly connection: Connection;
  /** Which side we are. */
  readonly side: Side;
  /** The body of our ID payload. */
  readonly idBody: Uint8Array;
  /** What the peer's CR payloads have asked for. */
  readonly requested: readonly Uint8Array[];
  readonly answers: readonly Answered[];
}

/**
 * Makes our proof.
 *
 * @throws IpsecError why we cannot: the caller's fault.
 */
export function prove(sa: Proving, { connection, side, idBody, requested, answers }: OwnProof): Proof {
  const { suite } = sa.crypto;
  const kind = proofOf(suite, side);
  const hash = computeProofHash(sa, side, idBody, connection);
  if (kind === 'secret' || kind === 'nothing') return { certificates: [], proof: { type: 'HASH', data: hash } };
  const { localAuth, localId, name } = connection;
  if (localAuth.method !== 'signature')
    throw new IpsecError('invalid-config', `how connection ${name} proves who we are`, {
      expected: 'a signature',
      found: localAuth.method,
    });
  const signed = sign(localAuth, localId, { suite, kind, hash }, answers);
  if ('ask' in signed) return signed;
  return { certificates: ownCertificates(localAuth, requested), proof: { type: 'SIG', data: signed.signature } };
}
