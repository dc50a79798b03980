/**
 * What IKE_AUTH comes to, in both roles: an IKE SA whose peer has proved who it is.
 *
 * @module
 */
import type { Identity } from '../../traffic-selector.js';
import { encodeSignedOctets } from '../auth.js';
import type { Connection, ConnectionOptions } from '../../keying/connection.js';
import type { IkeAction, IkeEnv } from '../events.js';
import { establishedDeadlines } from '../lifetimes.js';
import { createNotify, encodeNotifyData } from '../notify-data.js';
import type { Payload } from '../payload-cases.js';
import { idBodyOf, type IdPayload } from '../peer.js';
import type { Established, Halfway } from '../states.js';
import { demandIn } from './auth-rounds.js';
import type { Claim } from './ike-auth-claim.js';
import { announcedHashes } from './init-extensions.js';

/** What AUTH is about. */
type Signing = Pick<Halfway, 'crypto' | 'message1' | 'message2' | 'Ni' | 'Nr'>;

/** What the AUTH payload covers that goes with an ID payload: the initiator's with IDi, the responder's with IDr. */
export function signedOctetsOf({ crypto, message1, message2, Ni, Nr }: Signing, id: IdPayload): Uint8Array {
  const { suite, keys } = crypto;
  const idBody = idBodyOf(id);
  return encodeSignedOctets(
    suite.prf,
    id.type === 'IDi'
      ? { message: message1, nonce: Nr, idBody, SK_p: keys.SK_pi }
      : { message: message2, nonce: Ni, idBody, SK_p: keys.SK_pr },
  );
}

/** SK_pi or SK_pr: of the side whose ID payload it is. */
export function proofKeyOf({ crypto: { keys } }: Pick<Halfway, 'crypto'>, { type }: IdPayload): Uint8Array {
  return type === 'IDi' ? keys.SK_pi : keys.SK_pr;
}

/** Who speaks with whom, and what the message holds. */
export interface ClaimFacts extends Pick<Claim, 'localId' | 'peerId' | 'payloads' | 'answers'> {
  /** The ID payload of the side that proves. */
  readonly id: IdPayload;
  /** The connection, where it is known. */
  readonly connection: Connection;
  /** Where the peer proves: which of its proofs it is. Default 0. */
  readonly round?: number;
}

/** Puts together what is to be proved or checked. */
export function claimOf(
  sa: Signing & Pick<Halfway, 'hashAlgorithms' | 'role' | 'path'>,
  { id, connection, round = 0, localId, peerId, payloads, answers }: ClaimFacts,
): Claim {
  const { matchCertificate = true, matchAddress = true } = demandIn(connection, round) ?? {};
  return {
    prf: sa.crypto.suite.prf,
    octets: signedOctetsOf(sa, id),
    SK_p: proofKeyOf(sa, id),
    localId,
    peerId,
    round,
    matchCertificate,
    sourceAddress: matchAddress ? sa.path.remote.address : undefined,
    hashAlgorithms: announcedHashes(sa),
    payloads,
    answers,
  };
}

/** Makes the IKE SA; what else there is to it adds the role. */
export function establish(sa: Halfway, connection: Connection, peerId: Identity, env: IkeEnv): Established {
  const { role, spiI, spiR, path, windows, createdAt, crypto, nat, fragmentation } = sa;
  return {
    state: 'ESTABLISHED',
    role,
    spiI,
    spiR,
    path,
    windows,
    createdAt,
    deadlines: establishedDeadlines(connection, nat, env),
    waiting: undefined,
    connection,
    crypto,
    nat,
    fragmentation,
    localId: connection.localId,
    peerId,
    children: [],
    tasks: [],
    assigned: undefined,
    leased: [],
    heardAt: env.now,
    awaitsChildren: false,
  };
}

/** SK_pi and SK_pr, and the key of EAP, have done their work: nothing after IKE_AUTH needs them. */
export function wipeAuthKeys({ crypto: { keys }, msk }: Pick<Halfway, 'crypto'> & { readonly msk?: Uint8Array | undefined }): IkeAction {
  return { type: 'wipe', secrets: [keys.SK_pi, keys.SK_pr, ...(msk ? [msk] : [])] };
}

/**
 * RFC 7296 section 2.3: "The SET_WINDOW_SIZE notification asserts that the sending endpoint is capable of keeping state for multiple outstanding
 * exchanges, permitting the recipient to send multiple requests before getting a response to the first."
 */
export function windowSizeNotify({ windowSize }: ConnectionOptions): Payload[] {
  return windowSize > 1 ? [createNotify('SET_WINDOW_SIZE', encodeNotifyData('SET_WINDOW_SIZE', { size: windowSize }))] : [];
}
