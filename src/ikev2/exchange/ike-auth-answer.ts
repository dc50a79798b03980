/**
 * IKE_AUTH of the responder: RFC 7296 sections 1.2, 2.15, 2.19, 2.21.2 and 3.15.4, RFC 4301 section 4.4.3.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { formatPadId } from '../../pad.js';
import { describeIdentity, equalIdentities, type Identity } from '../../traffic-selector.js';
import { attempt } from '../../keying/attempt.js';
import { closeSa } from '../closing.js';
import type { Connection } from '../../keying/connection.js';
import type { Answered, Ask, IkeAction, IkeEnv, OpenMessage, Outcome } from '../events.js';
import { createOwnId } from '../own-id.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import { findConnection, findNameless, identityOf, isInitialContact, nobody } from '../peer.js';
import { unknownPeer } from '../../keying/peer.js';
import { findPayload, payloadOf } from '../pick.js';
import { refusalOf } from '../refusal.js';
import { halfwayOf } from '../halfway.js';
import type { AuthContinues, Halfway, IkeSa, InitAnswered } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { announcesAnother, anotherFollows, demandIn, isMultiple, proofIn, supportsMultiple } from './auth-rounds.js';
import { eapDeadline } from './eap-limits.js';
import { NULL_AUTHENTICATION } from './ike-auth-claim.js';
import { claimOf, establish, signedOctetsOf, windowSizeNotify, wipeAuthKeys } from './ike-auth-established.js';
import { grant } from './ike-auth-grant.js';
import { type Checkable, checkIdentity, checkNothing, proveIdentity } from './ike-auth-methods.js';
import { noteNotifies } from './informational-notify.js';

/**
 * RFC 7296 section 1.2: "The initiator asserts its identity with the IDi payload, proves knowledge of the secret corresponding to IDi and integrity
 * protects the contents of the first message using the AUTH payload".
 *
 * Until that is proved nothing of the request is looked at that asks for something.
 *
 * @throws IpsecError `authentication-failed`: whoever it is, it gets AUTHENTICATION_FAILED and nothing else; `invalid-syntax`.
 */
export function answerAuth(sa: InitAnswered, message: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { payloads } = message;
  checkChildPayloads(payloads);
  const initiator = authenticate(sa, payloads, answers);
  if ('ask' in initiator) return { sa, ask: initiator.ask, actions: [] };
  const proof = proveOurselves(sa, initiator, payloads, answers);
  if ('ask' in proof) return { sa, ask: proof.ask, actions: [] };
  const { connection, peerId } = initiator;
  return admitOrContinue(sa, { connection, asked: payloads, rounds: { own: 1, ids: [peerId] } }, proof.payloads, env);
}

/** Where both sides are now. */
export type Progress = Pick<AuthContinues, 'connection' | 'asked' | 'rounds'>;

/**
 * A proof of the initiator is right. With one authentication for each side, which is how it nearly always is, that is the end; else the next may come
 * (RFC 4739).
 *
 * @param proof of ours, which is the answer or its beginning.
 */
export function admitOrContinue(sa: Extract<IkeSa, Halfway>, progress: Progress, proof: readonly Payload[], env: IkeEnv): Outcome {
  const { connection, asked, rounds } = progress;
  if (!demandIn(connection, rounds.ids.length) && !proofIn(connection, rounds.own)) return admitInitiator(sa, progress, proof, env);
  const wipe: IkeAction[] = 'msk' in sa && sa.msk ? [{ type: 'wipe', secrets: [sa.msk] }] : [];
  const deadlines = sa.state === 'INIT_ANSWERED' ? eapDeadline(sa, connection, env) : sa.deadlines;
  return { sa: { ...halfwayOf(sa), deadlines, state: 'AUTH_CONTINUES', connection, asked, rounds }, reply: proof, actions: wipe };
}

/**
 * The initiator has proved who it is, and gets what it asks for.
 *
 * @param proof of ours, at the beginning of the answer.
 */
function admitInitiator(
  sa: Extract<IkeSa, Halfway>,
  { connection, asked, rounds }: Progress,
  proof: readonly Payload[],
  env: IkeEnv,
): Outcome {
  const [peerId, ...furtherIds] = rounds.ids as [Identity, ...Identity[]];
  const { sa: established, actions } = noteNotifies(establish(sa, connection, peerId, env), asked);
  const granted = grant(established, sa, asked, env);
  if ('fatal' in granted) {
    const end = closeSa(sa, 'a request was refused', granted.fatal);
    return { sa: end.sa, reply: [refusalOf(granted.fatal)], actions: [...granted.actions, ...end.actions] };
  }
  const initialContact = isInitialContact(connection, asked);
  return {
    sa: granted.sa,
    // In the order of RFC 7296 appendices C.2 and C.3.
    reply: [...proof, ...granted.payloads, ...windowSizeNotify(connection.options)],
    actions: [
      { type: 'established', peerId, furtherIds, initialContact, assigned: undefined },
      ...granted.actions,
      ...actions,
      ...explainOtherId(connection, asked),
      wipeAuthKeys(sa),
    ],
  };
}

/** RFC 7296 section 1.2 has all of SA, TSi and TSr, RFC 6023 section 5 none of them. */
export function checkChildPayloads(payloads: readonly Payload[]): void {
  const types = ['SA', 'TSi', 'TSr'] as const;
  const found = types.filter((type) => findPayload(payloads, type));
  if (found.length === 0 || found.length === types.length) return;
  throw new IpsecError('invalid-syntax', 'an IKE_AUTH request', { expected: 'SA, TSi and TSr, or none of them', found: found.join(', ') });
}

/** Who the initiator is, and by which connection. */
export interface Initiator {
  readonly connection: Connection;
  readonly peerId: Identity;
}

/**
 * RFC 4301 section 4.4.3.4: "When an IKE entity receives an IKE ID payload, it uses the asserted ID to locate an entry in the PAD".
 *
 * RFC 7296 section 2.21.2: "All errors that occur in an IKE_AUTH exchange, causing the authentication to fail for whatever reason (invalid shared secret,
 * invalid ID, untrusted certificate issuer, revoked or expired certificate, etc.) SHOULD result in an AUTHENTICATION_FAILED notification." Whether it
 * was the identity or the secret is in the error alone, and the work is the same.
 */
function authenticate(sa: InitAnswered, payloads: readonly Payload[], answers: readonly Answered[]): Initiator | { readonly ask: Ask } {
  const IDi = payloadOf(payloads, 'IDi');
  const auth = payloadOf(payloads, 'AUTH');
  const found = attempt(() => connectionForAuth(sa, IDi, payloads));
  if (found instanceof IpsecError) {
    checkNothing({ prf: sa.crypto.suite.prf, octets: signedOctetsOf(sa, IDi) }, auth);
    // Identification Data that is no identity belongs to nobody, too.
    throw found.code === 'authentication-failed'
      ? found
      : new IpsecError('authentication-failed', 'IDi', { cause: found, found: found.message });
  }
  const { connection, peerId } = found;
  const claim = claimOf(sa, { id: IDi, connection, localId: connection.localId, peerId, payloads, answers });
  const checked = checkIdentity(connection.remoteAuth, claim, auth);
  if (checked === 'right') return found;
  if ('ask' in checked) return checked;
  throw checked.error;
}

/** A connection whose initiators prove who they are by AUTH at once, as we do. */
type WithAuth = Connection & { readonly remoteAuth: Checkable };

/** Connections with EAP are for those who leave AUTH out. */
function isWithAuth(connection: Connection): connection is WithAuth {
  return connection.remoteAuth.method !== 'eap' && connection.localAuth.method !== 'eap';
}

/** Connections with several authentications are for those who say that they have several (RFC 4739). */
function isOfNumber(connection: Connection, payloads: readonly Payload[]): boolean {
  return announcesAnother(payloads) === (demandIn(connection, 1) !== undefined) && (!isMultiple(connection) || supportsMultiple(payloads));
}

/** Throws `authentication-failed`: there is none. */
export function connectionForAuth(
  sa: InitAnswered,
  IDi: PayloadOfType<'IDi'>,
  payloads: readonly Payload[],
): Initiator & { readonly connection: WithAuth } {
  const candidates = sa.candidates.filter(isWithAuth);
  const askedId = askedIdOf(payloads);
  const isRight = (connection: Connection): boolean => isOfNumber(connection, payloads);
  if (payloadOf(payloads, 'AUTH').method === NULL_AUTHENTICATION)
    return { connection: findNameless(candidates.filter(isRight), askedId), peerId: nobody };
  const peerId = identityOf(IDi);
  const first = findConnection(candidates, peerId, askedId);
  // Of those for the very same peers the one with as many proofs. Who owes more by an entry of its own does not get by with the fewer that are enough for everybody.
  const alike = first ? candidates.filter(({ peer }) => formatPadId(peer.id) === formatPadId(first.peer.id)) : [];
  const connection = findConnection(alike.filter(isRight), peerId, askedId);
  if (connection) return { connection, peerId };
  const known = first ?? findConnection(sa.candidates, peerId, askedId);
  throw known ? otherWay(known, peerId, payloads) : unknownPeer(candidates, peerId);
}

/** It is somebody whom we know, and proves it in another way than its connection wants. */
function otherWay(connection: Connection, peerId: Identity, payloads: readonly Payload[]): IpsecError {
  const { name, localAuth, remoteAuth } = connection;
  const way = remoteAuth.method === 'eap' ? 'EAP' : localAuth.method === 'eap' ? 'EAP for both sides (RFC 5998)' : 'AUTH';
  const more = ' and further authentications (RFC 4739)';
  return new IpsecError('authentication-failed', `how ${describeIdentity(peerId)} proves who it is for connection ${name}`, {
    expected: `${way}${isMultiple(connection) ? more : ''}`,
    found: `AUTH${announcesAnother(payloads) ? more : ' alone'}`,
  });
}

/** Which of our identities is asked for; undefined: none, or one that cannot be ours. */
export function askedIdOf(payloads: readonly Payload[]): Identity | undefined {
  const IDr = findPayload(payloads, 'IDr');
  const asked = IDr && attempt(() => identityOf(IDr));
  return asked instanceof IpsecError ? undefined : asked;
}

function explainOtherId({ name, localId }: Connection, payloads: readonly Payload[]): IkeAction[] {
  const asked = askedIdOf(payloads);
  if (asked === undefined || equalIdentities(asked, localId)) return [];
  const detail = `the peer asked for ${describeIdentity(asked)}; by connection ${name} we are ${describeIdentity(localId)}`;
  return [{ type: 'audit', event: 'unexpected', detail }];
}

/**
 * RFC 7296 section 1.2: "The responder asserts its identity with the IDr payload". Where EAP is all there is, it stands alone (RFC 5998).
 *
 * @param round which of our proofs it is (RFC 4739).
 * @returns nothing where there are no proofs left.
 * @throws IpsecError why we cannot.
 */
export function proveOurselves(
  sa: Halfway,
  { connection, peerId }: Initiator,
  payloads: readonly Payload[],
  answers: readonly Answered[],
  round = 0,
): { readonly payloads: readonly Payload[] } | { readonly ask: Ask } {
  const own = proofIn(connection, round);
  if (!own) return { payloads: [] };
  const IDr = createOwnId('IDr', own);
  if (own.auth.method === 'eap') return { payloads: [IDr] };
  const proof = proveIdentity(own.auth, claimOf(sa, { id: IDr, connection, localId: own.id, peerId, payloads, answers }));
  if ('error' in proof) throw proof.error;
  return 'ask' in proof ? proof : { payloads: [IDr, ...proof.certificates, proof.auth, ...anotherFollows(connection, round + 1)] };
}
