/**
 * Further authentications of the initiator, as the responder sees them (RFC 4739).
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { IkeEnv, OpenMessage, Outcome } from '../events.js';
import { explainPeerOf, identityOf } from '../peer.js';
import { payloadOf } from '../pick.js';
import type { AuthContinues, EapSucceeded } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { announcesAnother, demandIn } from './auth-rounds.js';
import { admitOrContinue, proveOurselves } from './ike-auth-answer.js';
import { claimOf } from './ike-auth-established.js';
import { checkIdentity } from './ike-auth-methods.js';

/**
 * The initiator proves something more, and so do we, if there is anything left.
 *
 * @throws IpsecError `authentication-failed`.
 */
export function answerFurtherAuth(sa: AuthContinues, { payloads }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { connection, asked, rounds } = sa;
  const demand = demandIn(connection, rounds.ids.length);
  if (!demand || demand.auth.method === 'eap') throw outOfPlace(sa, 'AUTH');
  if (announcesAnother(payloads) !== (demandIn(connection, rounds.ids.length + 1) !== undefined))
    throw outOfPlace(sa, 'one of another number');
  const IDi = payloadOf(payloads, 'IDi');
  const peerId = attempt(() => identityOf(IDi));
  const error = peerId instanceof IpsecError ? outOfPlace(sa, peerId.message) : explainPeerOf(connection, peerId, demand.id);
  if (error || peerId instanceof IpsecError) throw error!;
  const claim = claimOf(sa, { id: IDi, connection, round: rounds.ids.length, localId: connection.localId, peerId, payloads, answers });
  const checked = checkIdentity(demand.auth, claim, payloadOf(payloads, 'AUTH'));
  if (checked !== 'right' && 'ask' in checked) return { sa, ask: checked.ask, actions: [] };
  if (checked !== 'right') throw checked.error;
  const proof = proveOurselves(sa, { connection, peerId }, payloads, answers, rounds.own);
  if ('ask' in proof) return { sa, ask: proof.ask, actions: [] };
  const own = rounds.own + (proof.payloads.length > 0 ? 1 : 0);
  return admitOrContinue(sa, { connection, asked, rounds: { own, ids: [...rounds.ids, peerId] } }, proof.payloads, env);
}

/**
 * The initiator has nothing more to prove, and gives us room for what we have.
 *
 * @throws IpsecError `authentication-failed`: it has.
 */
export function proveFurther(sa: AuthContinues, { payloads }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { connection, asked, rounds } = sa;
  if (demandIn(connection, rounds.ids.length)) throw outOfPlace(sa, 'none');
  const proof = proveOurselves(sa, { connection, peerId: rounds.ids[0]! }, payloads, answers, rounds.own);
  if ('ask' in proof) return { sa, ask: proof.ask, actions: [] };
  return admitOrContinue(sa, { connection, asked, rounds: { ...rounds, own: rounds.own + 1 } }, proof.payloads, env);
}

/** Not what the connection demands now. */
export function outOfPlace({ connection, rounds }: Pick<AuthContinues | EapSucceeded, 'connection' | 'rounds'>, found: string): IpsecError {
  const demand = demandIn(connection, rounds?.ids.length ?? 0);
  return new IpsecError('authentication-failed', `the further authentication of an initiator of connection ${connection.name}`, {
    expected: demand ? demand.auth.method : 'none',
    found,
  });
}
