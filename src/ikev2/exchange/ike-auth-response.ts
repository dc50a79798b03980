/**
 * IKE_AUTH of the initiator, the response: RFC 7296 sections 1.2, 2.15, 2.21.2 and 3.15.4.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { describeIdentity, type Identity } from '../../traffic-selector.js';
import { attempt } from '../../keying/attempt.js';
import { closeSa } from '../closing.js';
import type { Connection } from '../../keying/connection.js';
import type { Answered, Ask, IkeEnv, OpenMessage, Outcome } from '../events.js';
import type { Payload } from '../payload-cases.js';
import { expectedPeer } from '../../keying/peer.js';
import { explainPeerOf, explainResponder, keptIdOf, responderIdOf } from '../peer.js';
import { findPayload, payloadOf } from '../pick.js';
import type { Asking, AuthSent, EapResponder, IkeSa } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { demandIn, isProvedBy, proofIn } from './auth-rounds.js';
import { proceed } from './ike-auth-proceed.js';
import { claimOf } from './ike-auth-established.js';
import { checkIdentity } from './ike-auth-methods.js';
import { rejectResponder } from './ike-auth-reject.js';
import { describeErrors } from './informational-notify.js';

/**
 * RFC 7296 section 1.2: "The responder asserts its identity with the IDr payload, optionally sends one or more certificates (again with the certificate
 * containing the public key used to verify AUTH listed first), authenticates its identity and protects the integrity of the second message with
 * the AUTH payload, and completes negotiation of a Child SA".
 */
export function finishAuth(sa: AuthSent, { payloads }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const responder = checkResponder(sa, payloads, answers);
  if ('ask' in responder) return { sa, ask: responder.ask, actions: [] };
  if ('error' in responder) return rejectResponder(sa, responder.id, responder.error, env);
  return proceed(sa, responder, payloads, env, answers);
}

/** Who the responder is or says it is; what has to be found out first; why it is not who it should be. */
export type CheckedResponder = EapResponder | { readonly ask: Ask } | { readonly id: Identity; readonly error: IpsecError };

/**
 * Checks who the responder is. With EAP alone (RFC 5998) it has proved nothing yet: it is who it says, and whether it may be that is what is checked.
 *
 * @param payloads its answer, with IDr, and AUTH unless EAP is all there is.
 */
export function checkResponder(sa: Asking, payloads: readonly Payload[], answers: readonly Answered[]): CheckedResponder {
  const { connection, path } = sa;
  const proved = sa.rounds?.responder.proved ?? [];
  const before = proved.length;
  const IDr = payloadOf(payloads, 'IDr');
  const id = attempt(() => responderIdOf(connection, IDr));
  if (id instanceof IpsecError) {
    const error = new IpsecError('authentication-failed', `IDr for connection ${connection.name}`, { cause: id, found: id.message });
    return { id: expectedPeer(connection, path), error };
  }
  const demand = demandIn(connection, before);
  const error = before === 0 ? explainResponder(connection, id) : demand && explainPeerOf(connection, id, demand.id);
  if (error) return { id, error };
  const auth = findPayload(payloads, 'AUTH');
  if (!demand) return { id, error: unexpected(connection, 'nothing more', `AUTH once more`) };
  const kept = { IDr: keptIdOf(IDr), id };
  const isProved = isProvedBy(demandIn, connection, before);
  if (demand.auth.method === 'eap') {
    // RFC 5998 section 3: "In this case, the initiator MUST verify that payload and any associated certificates". There is nothing to do that with.
    return auth
      ? { id, error: unexpected(connection, 'EAP alone (RFC 5998)', `AUTH of method ${auth.method}`) }
      : { ...kept, isProved, proved };
  }
  if (!auth) return { id, error: unexpected(connection, `AUTH (${demand.auth.method})`, 'EAP alone') };
  const localId = (proofIn(connection, sa.rounds?.own ?? 0) ?? proofIn(connection, 0))!.id;
  const facts = { id: IDr, connection, round: before, localId, peerId: id, payloads, answers };
  const checked = checkIdentity(demand.auth, claimOf(sa, facts), auth);
  if (checked === 'right') return { ...kept, isProved: isProvedBy(demandIn, connection, before + 1), proved: [...proved, id] };
  return 'ask' in checked ? checked : { id, error: checked.error };
}

function unexpected({ name }: Connection, expected: string, found: string): IpsecError {
  return new IpsecError('authentication-failed', `how the responder of connection ${name} proves who it is`, { expected, found });
}

/**
 * The responder does not take us. RFC 7296 section 1.2: "the information needs to be treated with caution. More precisely, assuming that the MAC verifies
 * correctly, the sender of the error Notify message is known to be the responder of the IKE_SA_INIT exchange, but the sender's identity cannot be
 * assured." Nobody else can answer under these keys, so there is nothing to wait for.
 */
export function refusedAuth(sa: Extract<IkeSa, Asking>, { payloads }: OpenMessage): Outcome {
  const { name, localId, localAuth } = sa.connection;
  const error = new IpsecError('peer-refused', `IKE_AUTH of connection ${name}`, {
    expected: `a responder that takes us as ${describeIdentity(localId)} with ${localAuth.method}`,
    found: describeErrors(payloads),
  });
  return closeSa(sa, 'the peer refused us', error);
}
