/**
 * EAP of the responder, who is its authenticator or speaks for one: RFC 7296 sections 2.16, 2.21.2 and 3.16, RFC 5998.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { describeIdentity, type Identity } from '../../traffic-selector.js';
import { answerTo } from '../answers.js';
import { closeSa } from '../closing.js';
import type { Connection, EapDemand } from '../../keying/connection.js';
import type { Answered, Ask, IkeEnv, OpenMessage, Outcome, Secret } from '../events.js';
import { authenticatingOf } from '../halfway.js';
import { createNotify } from '../notify-data.js';
import { createOwnId } from '../own-id.js';
import type { Payload } from '../payload-cases.js';
import type { PadId } from '../../pad.js';
import { explainPeerOf, findEapConnection, identityOf, keptIdOf } from '../peer.js';
import { findNotify, payloadOf } from '../pick.js';
import type { AnsweringRounds, Authenticating, AuthContinues, EapRequested, EapSucceeded, InitAnswered } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { announcesAnother, anotherFollows, demandIn, isMultiple, isProvedBy, proofIn, supportsMultiple } from './auth-rounds.js';
import { explainEapAuth, explainSuccess, proveEap } from './eap-key.js';
import { eapDeadline, maxEapPackets, tooLong } from './eap-limits.js';
import { checkPacket, type EapPayload, encodePacket } from './eap-packet.js';
import { type EapSuccess, readAuthenticatorStep } from './eap-step.js';
import { admitOrContinue, askedIdOf, checkChildPayloads, proveOurselves } from './ike-auth-answer.js';
import { outOfPlace } from './ike-auth-further.js';

/**
 * RFC 7296 section 2.16: "By including an IDi payload but not an AUTH payload, the initiator has declared an identity but has not proven it.  If the responder
 * is willing to use an EAP method, it will place an Extensible Authentication Protocol (EAP) payload in the response of the IKE_AUTH exchange and defer
 * sending SAr2, TSi, and TSr until initiator authentication is complete in a subsequent IKE_AUTH exchange."
 *
 * @throws IpsecError `authentication-failed`, `invalid-syntax`.
 */
export function offerEap(sa: InitAnswered, { payloads }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const IDi = keptIdOf(payloadOf(payloads, 'IDi'));
  const claimedId = identityOf(IDi);
  const connection = connectionForEap(sa, claimedId, payloads);
  checkChildPayloads(payloads);
  const proof = proveOurselves(sa, { connection, peerId: claimedId }, payloads, answers);
  if ('ask' in proof) return { sa, ask: proof.ask, actions: [] };
  const begun = authenticatingOf({ ...sa, deadlines: eapDeadline(sa, connection, env) }, { connection, IDi, claimedId, asked: payloads });
  return answerEap(sa, begun, { packets: 0, eap: undefined, lead: proof.payloads }, answers);
}

/**
 * A further authentication of the initiator is by EAP (RFC 4739).
 *
 * @throws IpsecError `authentication-failed`.
 */
export function offerFurtherEap(sa: AuthContinues, { payloads }: OpenMessage, _env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { connection, asked, rounds } = sa;
  const IDi = keptIdOf(payloadOf(payloads, 'IDi'));
  const claimedId = identityOf(IDi);
  const demand = demandIn(connection, rounds.ids.length)?.auth;
  const isTaken = demand?.method === 'eap' && (!demand.routes || !explainPeerOf(connection, claimedId, demand.routes));
  if (!isTaken) throw outOfPlace(sa, 'EAP');
  const proof = proveOurselves(sa, { connection, peerId: claimedId }, payloads, answers, rounds.own);
  if ('ask' in proof) return { sa, ask: proof.ask, actions: [] };
  const own = rounds.own + (proof.payloads.length > 0 ? 1 : 0);
  const begun = authenticatingOf(sa, { connection, IDi, claimedId, asked, rounds: { ...rounds, own } });
  return answerEap(sa, begun, { packets: 0, eap: undefined, lead: proof.payloads }, answers);
}

type WithEap = Connection & { readonly remoteAuth: EapDemand };

function isWithEap(connection: Connection): connection is WithEap {
  return connection.remoteAuth.method === 'eap';
}

/** RFC 5998 section 3: whoever has nothing but EAP to prove itself by does so only to initiators that want it. */
export function connectionForEap({ candidates }: InitAnswered, claimedId: Identity, payloads: readonly Payload[]): Connection {
  const wantsAlone = findNotify(payloads, 'EAP_ONLY_AUTHENTICATION') !== undefined;
  // RFC 7619 section 2: "If an initiator uses the Extensible Authentication Protocol (EAP), the responder MUST NOT use the NULL Authentication method".
  const proving = candidates.filter(isWithEap).filter(({ localAuth }) => localAuth.method !== 'null');
  const able = proving
    .filter(({ localAuth }) => wantsAlone || localAuth.method !== 'eap')
    .filter((connection) => !isMultiple(connection) || supportsMultiple(payloads));
  const found = findEapConnection(able, claimedId, askedIdOf(payloads));
  if (found) return found;
  throw new IpsecError('authentication-failed', `an initiator that calls itself ${describeIdentity(claimedId)}`, {
    expected:
      able.length > 0 ? `one of those that ${able.map(({ name }) => name).join(', ')} may lead to` : 'AUTH, for no connection has EAP',
    found: wantsAlone ? 'none: it wants EAP alone' : 'none: it wants EAP',
  });
}

/** Every further packet. */
export function continueEapAnswer(sa: EapRequested, { payloads }: OpenMessage, _env: IkeEnv, { answers }: HandlerContext): Outcome {
  const eap = payloadOf(payloads, 'EAP');
  checkPacket(eap, ['Response']);
  return answerEap(sa, authenticatingOf(sa, sa), { packets: sa.packets + 1, eap, lead: [] }, answers);
}

/** States in which EAP goes on or begins. */
type Responding = InitAnswered | AuthContinues | EapRequested;

/** A packet of the initiator, or its wish to begin. */
interface Received {
  readonly packets: number;
  readonly eap: EapPayload | undefined;
  /** What stands in the answer before the EAP payload. */
  readonly lead: readonly Payload[];
}

/**
 * @param before the IKE SA as it was.
 * @param sa what goes on.
 */
function answerEap(before: Responding, sa: Authenticating, received: Received, answers: readonly Answered[]): Outcome {
  const { packets, eap, lead } = received;
  if (packets > maxEapPackets) throw tooLong();
  const ask = askFor(sa, eap);
  const answered = answerTo(answers, ask);
  if (!answered) return { sa: before, ask, actions: [] };
  const turn = readAuthenticatorStep(answered.value, eap);
  // RFC 7296 section 2.16: "if the authentication method has failed, the responder MUST send an EAP payload containing the Failure message."
  if (turn.kind === 'failure') return refuse(before, [...lead, turn.payload], turn.error, turn.secrets);
  if (turn.kind === 'continue') {
    const { payload, refusal } = turn;
    return { sa: { ...sa, state: 'EAP_REQUESTED', packets, refusal }, reply: [...lead, payload], actions: [] };
  }
  return succeed(before, sa, turn.success, turn.payload);
}

function askFor(sa: Authenticating, eap: EapPayload | undefined): Ask {
  const { connection, spiI, spiR, claimedId } = sa;
  const { own, ids } = roundsOf(sa);
  return {
    kind: 'eap',
    role: 'authenticator',
    spiI,
    spiR,
    round: ids.length,
    localId: proofIn(connection, own - 1)!.id,
    otherId: claimedId,
    isResponderProved: isProvedBy(proofIn, connection, own),
    packet: eap && encodePacket(eap),
  };
}

/** In the first round we have proved who we are as far as we do that without EAP, and the initiator nothing. */
function roundsOf({ rounds }: Authenticating): AnsweringRounds {
  return rounds ?? { own: 1, ids: [] };
}

/**
 * EAP has come to its good end: whoever the initiator is by now, may it use this connection? RFC 7296 section 2.16: "It is important that policy lookups and
 * access control decisions use the actual authenticated identity."
 */
function succeed(before: Responding, sa: Authenticating, success: EapSuccess, payload: EapPayload): Outcome {
  const { connection } = sa;
  const { own, ids } = roundsOf(sa);
  const demand = demandIn(connection, ids.length)!;
  const { msk, identity } = success;
  const allowKeyless = demand.auth.method === 'eap' && demand.auth.allowKeyless === true;
  const isAlone = !isProvedBy(proofIn, connection, own);
  const error = explainSuccess(success, { allowKeyless, isAlone }) ?? explainIdentity(connection, demand.id, identity);
  if (error ?? identity === undefined) return refuse(before, [createNotify('AUTHENTICATION_FAILED')], error!, msk ? [msk] : []);
  return { sa: { ...sa, state: 'EAP_SUCCEEDED', msk, authenticatedId: identity }, reply: [payload], actions: [] };
}

function explainIdentity(connection: Connection, id: PadId, identity: Identity | undefined): IpsecError | undefined {
  if (identity) return explainPeerOf(connection, identity, id);
  return new IpsecError('authentication-failed', 'the end of EAP', {
    blame: 'caller',
    expected: 'the identity that is authenticated',
    found: 'none',
  });
}

/** The answer is the last one. */
function refuse(sa: Responding, reply: readonly Payload[], error: IpsecError, secrets: readonly Secret[]): Outcome {
  const end = closeSa(sa, 'the peer could not prove who it is', error);
  return {
    sa: end.sa,
    reply,
    actions: [
      { type: 'audit', event: 'refused', detail: error.message },
      ...end.actions,
      ...(secrets.length > 0 ? [{ type: 'wipe' as const, secrets }] : []),
    ],
  };
}

/**
 * The last request. RFC 7296 section 2.16: "For EAP methods that create a shared key as a side effect of authentication, that shared key MUST be used by both
 * the initiator and responder to generate AUTH payloads in messages 7 and 8".
 *
 * @throws IpsecError `authentication-failed`.
 */
export function finishEapAnswer(sa: EapSucceeded, { payloads }: OpenMessage, env: IkeEnv): Outcome {
  const { connection, IDi, authenticatedId, asked } = sa;
  const { own, ids } = roundsOf(sa);
  const error = explainEapAuth(sa, IDi, payloadOf(payloads, 'AUTH'));
  if (error) throw error;
  if (announcesAnother(payloads) !== (demandIn(connection, ids.length + 1) !== undefined)) throw outOfPlace(sa, 'one of another number');
  const auth = proveEap(sa, createOwnId('IDr', proofIn(connection, own - 1)!));
  const next = { own, ids: [...ids, authenticatedId] };
  return admitOrContinue(sa, { connection, asked, rounds: next }, [auth, ...anotherFollows(connection, own)], env);
}

/** The initiator has given up: RFC 7296 section 2.21.2. Who was told that it is refused had reason to. */
export function endEapAnswer(sa: EapRequested | EapSucceeded | AuthContinues): Outcome {
  if (sa.state === 'EAP_REQUESTED' && sa.refusal) return refuse(sa, [], sa.refusal, []);
  const error = new IpsecError('peer-refused', 'IKE_AUTH', { expected: 'an initiator that goes on', found: 'one that has given up' });
  return { ...closeSa(sa, 'the peer has given up', error), reply: [] };
}
