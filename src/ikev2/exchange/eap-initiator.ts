/**
 * EAP of the initiator, who is its peer: RFC 7296 sections 2.16 and 3.16, RFC 5998.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { answerTo } from '../answers.js';
import { closeSa } from '../closing.js';
import type { FurtherProof } from '../../keying/connection.js';
import type { Answered, Ask, IkeEnv, OpenMessage, Outcome } from '../events.js';
import { askingOf } from '../halfway.js';
import type { Payload } from '../payload-cases.js';
import { createIdPayload, explainPeerOf } from '../peer.js';
import { payloadOf } from '../pick.js';
import type { EapAuthSent, EapResponder, EapSent, EapWanted } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { anotherFollows, demandIn, proofIn } from './auth-rounds.js';
import { explainEapAuth, explainSuccess, proveEap } from './eap-key.js';
import { eapDeadline, maxEapPackets, tooLong } from './eap-limits.js';
import { checkPacket, type EapPayload, encodePacket } from './eap-packet.js';
import { type EapSuccess, type EapTurn, readPeerStep } from './eap-step.js';
import { proceed } from './ike-auth-proceed.js';
import { rejectResponder } from './ike-auth-reject.js';
import { checkResponder } from './ike-auth-response.js';

/**
 * The first answer: who the responder is, and its first EAP packet. Nobody is asked about that before the responder has proved who it is, unless EAP is all
 * there is.
 */
export function beginEap(sa: EapWanted, { payloads }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const eap = payloadOf(payloads, 'EAP');
  checkPacket(eap, ['Request', 'Failure']); // nobody has been asked anything yet that could have succeeded
  const checked = checkResponder(sa, payloads, answers);
  if ('ask' in checked) return { sa, ask: checked.ask, actions: [] };
  if ('error' in checked) return rejectResponder(sa, checked.id, checked.error, env);
  return answerEap({ ...sa, deadlines: eapDeadline(sa, sa.connection, env) }, { responder: checked, packets: 1, eap }, env, answers);
}

/**
 * EAP as a further authentication of ours (RFC 4739): who the responder is, is known.
 *
 * @throws IpsecError `invalid-syntax`: it is not.
 */
export function beginFurtherEap(sa: EapWanted, { payloads }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const eap = payloadOf(payloads, 'EAP');
  checkPacket(eap, ['Request', 'Failure']);
  const responder = sa.rounds?.responder;
  // By EAP that is a proof of the responder, too, it has to say whose: who it was before says nothing of that.
  if (!responder || isProofOf(sa, responder))
    throw new IpsecError('invalid-syntax', 'the payloads of an IKE_AUTH response', { expected: 'IDr', found: 'none' });
  return answerEap({ ...sa, deadlines: eapDeadline(sa, sa.connection, env) }, { responder, packets: 1, eap }, env, answers);
}

/** Every further packet. RFC 7296 section 2.16: "additional IKE_AUTH exchanges that MUST be completed in order to initialize the IKE SA." */
export function continueEap(sa: EapSent, { payloads }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const eap = payloadOf(payloads, 'EAP');
  checkPacket(eap, ['Request', 'Success', 'Failure']);
  return answerEap(sa, { responder: sa.responder, packets: sa.packets + 1, eap }, env, answers);
}

/** A packet of the responder. */
interface Received {
  readonly responder: EapResponder;
  readonly packets: number;
  readonly eap: EapPayload;
}

function answerEap(sa: EapWanted | EapSent, received: Received, env: IkeEnv, answers: readonly Answered[]): Outcome {
  const { responder, packets, eap } = received;
  if (packets > maxEapPackets) return giveUp(sa, received, { error: tooLong(), secrets: [] }, env);
  const ask = askFor(sa, received);
  const answered = answerTo(answers, ask);
  if (!answered) return { sa, ask, actions: [] };
  const turn = readPeerStep(answered.value, eap);
  if (turn.kind === 'failure') return giveUp(sa, received, turn, env);
  if (turn.kind === 'success') return succeed(sa, received, turn.success, env);
  return request({ ...askingOf(sa), state: 'EAP_SENT', responder, packets }, turn.payload);
}

/** Whether EAP is what the responder has to prove itself by now, whatever it has proved before. */
function isProofOf({ connection }: EapWanted | EapSent | EapAuthSent, { proved }: EapResponder): boolean {
  return demandIn(connection, proved.length)?.auth.method === 'eap';
}

/** The proof of ours that is under way. */
function ownOf({ connection, rounds }: EapWanted | EapSent | EapAuthSent): FurtherProof {
  return proofIn(connection, rounds?.own ?? 0) ?? proofIn(connection, 0)!;
}

function askFor(sa: EapWanted | EapSent, { responder, eap }: Received): Ask {
  const { spiI, spiR, rounds } = sa;
  return {
    kind: 'eap',
    role: 'peer',
    spiI,
    spiR,
    round: rounds?.own ?? 0,
    localId: ownOf(sa).id,
    otherId: responder.id,
    isResponderProved: responder.isProved,
    packet: encodePacket(eap),
  };
}

function request(sa: EapSent | EapAuthSent, ...payloads: Payload[]): Outcome {
  return { sa, request: { exchange: 'IKE_AUTH', about: { kind: 'IKE_AUTH' }, payloads }, actions: [] };
}

/** EAP has come to its good end as we see it: AUTH shows whether the responder has come to the same one. */
function succeed(sa: EapWanted | EapSent, received: Received, success: EapSuccess, env: IkeEnv): Outcome {
  const { responder } = received;
  const { id: localId, auth } = ownOf(sa);
  const allowKeyless = auth.method === 'eap' && auth.allowKeyless === true;
  const demand = demandIn(sa.connection, responder.proved.length);
  const isAlone = !responder.isProved || isProofOf(sa, responder);
  // RFC 5998 section 6.4: "this guidance on IPsec policy applies both to the authentication of the client by the gateway and vice versa."
  const id = (isAlone ? success.identity : undefined) ?? responder.id;
  const isHis = id !== responder.id && demand !== undefined;
  const error = explainSuccess(success, { allowKeyless, isAlone }) ?? (isHis ? explainPeerOf(sa.connection, id, demand.id) : undefined);
  const { msk } = success;
  if (error) return giveUp(sa, received, { error, secrets: msk ? [msk] : [] }, env);
  const next: EapAuthSent = { ...askingOf(sa), state: 'EAP_AUTH_SENT', responder: { ...responder, id }, msk };
  const proof = proveEap(next, createIdPayload('IDi', localId));
  return request(next, proof, ...anotherFollows(sa.connection, (sa.rounds?.own ?? 0) + 1));
}

/** A responder that has ended EAP itself has nothing more to be told. */
function giveUp(
  sa: EapWanted | EapSent,
  { responder, eap }: Received,
  { error, secrets }: Pick<Extract<EapTurn, { kind: 'failure' }>, 'error' | 'secrets'>,
  env: IkeEnv,
): Outcome {
  const end = eap.code === 'Failure' ? closeSa(sa, 'the peer refused us', error) : rejectResponder(sa, responder.id, error, env);
  return secrets.length === 0 ? end : { ...end, actions: [...end.actions, { type: 'wipe', secrets }] };
}

/**
 * The last answer. RFC 7296 section 2.16: "Following such an extended exchange, the EAP AUTH payloads MUST be included in the two messages following the one
 * containing the EAP Success message."
 */
export function finishEap(sa: EapAuthSent, { payloads }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { responder } = sa;
  const error = explainEapAuth(sa, responder.IDr, payloadOf(payloads, 'AUTH'));
  if (error) return rejectResponder(sa, responder.id, error, env);
  // Where EAP is all there is, this was the responder's proof.
  return proceed(
    sa,
    isProofOf(sa, responder) ? { ...responder, proved: [...responder.proved, responder.id] } : responder,
    payloads,
    env,
    answers,
  );
}
