/**
 * What an initiator does once an answer to one of its proofs is right: the next proof, the next of the responder's, or the end of IKE_AUTH (RFC 4739).
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { closeSa } from '../closing.js';
import type { Answered, IkeEnv, OpenMessage, Outcome } from '../events.js';
import { askingOf } from '../halfway.js';
import type { Payload } from '../payload-cases.js';
import type { Asking, AskingRounds, AuthSent, EapResponder, IkeSa } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { announcesAnother, anotherFollows, demandIn, proofIn } from './auth-rounds.js';
import { admitResponder } from './ike-auth-admit.js';
import { rejectResponder } from './ike-auth-reject.js';
import { proveAsInitiator, waitingIn } from './ike-auth-request.js';

/**
 * Goes on. With one authentication for each side, which is how it nearly always is, that is the end.
 *
 * @param responder who the responder is by now.
 * @param payloads of its answer.
 */
export function proceed(
  sa: Extract<IkeSa, Asking>,
  responder: EapResponder,
  payloads: readonly Payload[],
  env: IkeEnv,
  answers: readonly Answered[],
): Outcome {
  const { connection } = sa;
  const rounds: AskingRounds = { own: (sa.rounds?.own ?? 0) + 1, responder };
  const isOwed = demandIn(connection, responder.proved.length) !== undefined;
  // Whoever has several methods to prove itself by must not get away with the easiest of them.
  if (isOwed !== announcesAnother(payloads)) return rejectResponder(sa, responder.id, wrongNumber(sa, isOwed), env);
  if (isOwed || proofIn(connection, rounds.own)) return askOn(sa, rounds, answers);
  return admitResponder(sa, responder.proved, payloads, env);
}

function wrongNumber({ connection: { name } }: Asking, isOwed: boolean): IpsecError {
  const [expected, found] = isOwed ? ['another proof (RFC 4739)', 'none to follow'] : ['no other proof', 'ANOTHER_AUTH_FOLLOWS'];
  return new IpsecError('authentication-failed', `how the responder of connection ${name} proves who it is`, { expected, found });
}

/** The next of our proofs; where there are none left, a request that gives the responder room for its own. */
function askOn(sa: Extract<IkeSa, Asking>, rounds: AskingRounds, answers: readonly Answered[]): Outcome {
  const { connection } = sa;
  const own = proofIn(connection, rounds.own);
  const next: Asking = { ...askingOf(sa), rounds };
  const wipe: Outcome['actions'] = 'msk' in sa && sa.msk ? [{ type: 'wipe', secrets: [sa.msk] }] : [];
  if (!own) return request({ ...next, state: 'AUTH_SENT' }, [], wipe);
  const proof = proveAsInitiator(next, own, rounds.responder.id, answers);
  if ('ask' in proof) return { sa, ask: proof.ask, actions: [] };
  if ('error' in proof) return closeSa(sa, 'we cannot prove who we are', proof.error);
  const { IDi, certificates, auth } = proof;
  const payloads = auth ? [IDi, ...certificates, auth, ...anotherFollows(connection, rounds.own + 1)] : [IDi];
  return request(waitingIn(next, own), payloads, wipe);
}

function request(sa: IkeSa, payloads: readonly Payload[], actions: Outcome['actions']): Outcome {
  return { sa, request: { exchange: 'IKE_AUTH', about: { kind: 'IKE_AUTH' }, payloads }, actions };
}

/**
 * An answer without AUTH: the responder has proved all that it has to, and takes a further proof of ours.
 *
 * @throws IpsecError `invalid-syntax`: it has not.
 */
export function finishFurtherAuth(sa: AuthSent, { payloads }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const responder = sa.rounds?.responder;
  if (!responder || demandIn(sa.connection, responder.proved.length))
    throw new IpsecError('invalid-syntax', 'the payloads of an IKE_AUTH response', { expected: 'AUTH', found: 'none' });
  return proceed(sa, responder, payloads, env, answers);
}
