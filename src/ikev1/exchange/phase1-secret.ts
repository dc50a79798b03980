/**
 * The pre-shared key of a phase 1 (RFC 2409 section 5.4).
 *
 * @module
 */
import { equalBytes, isBytes, wipe } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import type { Connection } from '../../keying/connection.js';
import type { AskSharedKey } from '../../keying/asks.js';
import { equalIdentities, type Identity } from '../../traffic-selector.js';
import { computeSkeyidPsk } from '../keys.js';
import type { Answered } from '../requests.js';
import type { Agreed, Phase1Suite } from '../states.js';
import { answerTo } from './phase1-answers.js';
import { addressIdentity } from '../../keying/peer.js';
import { between, type Known } from './phase1-peer.js';
import { proofOf } from './phase1-proofs.js';

/**
 * The secret that a connection has with a peer, or the question for it; `undefined` where the method has none.
 *
 * RFC 2409 section 5.4: "When using pre-shared key authentication with Main Mode the key can only be identified by the IP address of the peers since HASH_I must be computed
 * before the initiator has processed IDir."
 *
 * @param peerId who it is asked for: in main mode the address, as responder.
 * @throws IpsecError `authentication-failed`: there is none; `invalid-config`: IKEv1 has one secret for both sides, and the connection has two.
 */
export function findSecret(
  suite: Pick<Phase1Suite, 'authentication'>,
  connection: Connection,
  peerId: Identity,
  answers: readonly Answered[],
): { readonly secret: Uint8Array | undefined } | { readonly ask: AskSharedKey } {
  if (proofOf(suite, 'initiator') !== 'secret') return { secret: undefined };
  const { localId } = connection;
  const own = ownSecret(connection);
  const ask: AskSharedKey = { kind: 'shared-key', localId, peerId };
  const answered = own ? undefined : answerTo(answers, ask);
  if (!own && !answered) return { ask };
  const secret = own ?? answered?.value;
  if (isBytes(secret) && secret.length > 0) return { secret };
  const details = { blame: 'caller', expected: 'a pre-shared key of one octet or more', found: 'none' } as const;
  throw new IpsecError('authentication-failed', between(localId, peerId), details);
}

/** The secret that stands in the connection; undefined: it is to be asked for. */
function ownSecret({ name, localAuth, remoteAuth }: Connection): Uint8Array | undefined {
  const local = localAuth.method === 'shared-key' ? localAuth.secret : undefined;
  const remote = remoteAuth.method === 'shared-key' ? remoteAuth.secret : undefined;
  if (local && remote && !equalBytes(local, remote))
    throw new IpsecError('invalid-config', `the pre-shared keys of connection ${name}`, {
      expected: 'the same for both sides, as IKEv1 has it',
      found: 'two',
    });
  return local ?? remote;
}

/**
 * Whether the secret that was used is that of the peer by its own name, where somebody outside knows the secrets. In main mode it was asked for by the address alone: else
 * whoever has a secret for his address could take any name that our PAD has.
 *
 * @returns the question; `IpsecError`: that name has another secret; undefined: it is right, or it is known by addresses alone.
 */
export function confirmSecret(
  { crypto: { suite, keys }, Ni, Nr }: Pick<Agreed, 'crypto' | 'Ni' | 'Nr'>,
  { connection, peerId }: Known,
  address: Uint8Array,
  answers: readonly Answered[],
): { readonly ask: AskSharedKey } | IpsecError | undefined {
  if (proofOf(suite, 'initiator') !== 'secret' || ownSecret(connection) || equalIdentities(peerId, addressIdentity(address)))
    return undefined;
  const { localId } = connection;
  const ask: AskSharedKey = { kind: 'shared-key', localId, peerId };
  const answered = answerTo(answers, ask);
  if (!answered) return { ask };
  const { value } = answered;
  if (!isBytes(value) || value.length === 0) return undefined;
  const SKEYID = computeSkeyidPsk(suite.prf, value, { Ni, Nr });
  const isSame = equalBytes(SKEYID, keys.SKEYID);
  wipe(SKEYID);
  if (isSame) return undefined;
  return new IpsecError('authentication-failed', between(localId, peerId), {
    expected: 'the pre-shared key of both',
    found: 'that of the address that the peer speaks from',
  });
}

/** Whether two connections have one secret with a peer at one address: who has proved to know that of one has proved to know that of the other. */
export function shareSecret(a: Connection, b: Connection): boolean {
  const [secretA, secretB] = [ownSecret(a), ownSecret(b)];
  if (secretA && secretB) return equalBytes(secretA, secretB);
  return !secretA && !secretB && equalIdentities(a.localId, b.localId);
}
