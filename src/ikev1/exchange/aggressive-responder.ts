/**
 * Aggressive mode of the responder: RFC 2409 sections 5, 5.1 and 5.4, RFC 3947 section 4.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { IkeEnv } from '../../keying/machine.js';
import { createBase } from '../base.js';
import { closeSa, refuseSa } from '../closing.js';
import type { FirstOutcome, Ikev1Action, Outcome } from '../events.js';
import { decodePhase1Id } from '../identification.js';
import { choosePhase1 } from '../phase1-offer.js';
import type { Payload } from '../payload-cases.js';
import type { Answered, OpenMessage } from '../requests.js';
import type { AggressiveR0, AggressiveR1, Base, Listening } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { checkCookie } from './main-initiator.js';
import { certificateRequests, readRequests } from './phase1-certificates.js';
import { checkPeer, nameIn } from './phase1-check.js';
import { baseOf, completePhase1, isInitialContact } from './phase1-finish.js';
import { createCrypto, nonceLength, shareWith } from './phase1-keys.js';
import { detectNat, natDiscoveryPayloads, noNat } from './phase1-nat.js';
import { bodyOf, onePayload, saPayloadOf } from './phase1-payloads.js';
import { unknownPeer } from '../../keying/peer.js';
import { connectionsFor, createOwnId, findConnection, knownPeer } from './phase1-peer.js';
import { isMethodOf } from './phase1-proofs.js';
import { prove } from './phase1-prove.js';
import { findSecret } from './phase1-secret.js';
import { answeredAbilities, readAbilities } from './phase1-vendor.js';

/**
 * Somebody wants an IKE SA in three messages, and says who it is.
 *
 * @throws IpsecError `authentication-failed`: nobody that we know; `no-proposal-chosen`: with a pre-shared key, too, where the connection does
 * not say that it takes that. HASH_R goes in the clear to whoever asks, and what it is made of besides the secret is known to whoever has sent or seen the first message:
 * passwords can be tried on it, without limit and unseen.
 */
export function answerAggressive1({ connections, cookie }: Listening, message: OpenMessage, env: IkeEnv): FirstOutcome {
  const { ckyI, payloads, path } = message;
  const willing = connectionsFor(connections, path).filter(({ ikev1 }) => ikev1?.mode === 'aggressive');
  if (willing.length === 0) {
    const details = { blame: 'peer', expected: 'main mode', found: 'aggressive mode' } as const;
    throw new IpsecError('no-proposal-chosen', 'a peer that no connection takes in aggressive mode', details);
  }
  const identity = decodePhase1Id(onePayload(payloads, 'ID'));
  const naming = willing.filter((connection) => findConnection([connection], identity));
  if (naming.length === 0) throw unknownPeer(willing, identity);
  const [connection] = choosePhase1(saPayloadOf(payloads), naming, 'aggressive').candidates;
  const { halfOpenLifetime } = connection!.options;
  const base = createBase({ role: 'responder', ckyI, ckyR: cookie, path, exchange: 'Aggressive', halfOpenLifetime }, env);
  checkCookie(base, cookie);
  const began = { ...base, abilities: readAbilities(base.abilities, payloads) };
  return answer({ ...began, state: 'AGGRESSIVE_R0', connection: connection!, made: undefined }, message, env, []);
}

/** What had to be asked is known. */
export function resumeAggressive1(sa: AggressiveR0, message: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const outcome = attempt(() => answer(sa, message, env, answers));
  return outcome instanceof IpsecError ? closeSa(sa, 'we cannot prove who we are', outcome) : outcome;
}

/**
 * The answer, with our proof in it.
 *
 * @throws IpsecError why there is none.
 */
function answer(sa: AggressiveR0, message: OpenMessage, env: IkeEnv, answers: readonly Answered[]): Outcome {
  const { connection } = sa;
  const { payloads, path } = message;
  const choice = choosePhase1(saPayloadOf(payloads), [connection], 'aggressive');
  const { made, actions } = sa.made ? { made: sa.made, actions: [] } : make(sa, choice.suite, message, env, answers);
  if ('ask' in made) return { sa, ask: made.ask, actions: [] };
  const ID = createOwnId(connection, path);
  const own = { connection, side: 'responder', idBody: bodyOf(ID), requested: made.requested, answers } as const;
  const proof = prove({ ...made, spiI: sa.spiI, spiR: sa.spiR }, own);
  if ('ask' in proof) return { sa: { ...sa, made }, ask: proof.ask, actions };
  const next: AggressiveR1 = { ...baseOf(sa), ...made, state: 'AGGRESSIVE_R1', connection };
  // In the order of RFC 3947 section 4.
  const sent: Payload[] = [
    choice.answer,
    { type: 'KE', data: made.gXr },
    { type: 'Nonce', data: made.Nr },
    ID,
    ...proof.certificates,
    ...certificateRequests([connection]),
    ...answeredAbilities([connection], payloads),
    ...natDiscoveryPayloads(connection, choice.suite.hash, next),
    proof.proof,
  ];
  // If the last message is lost, nobody but us can know.
  return { sa: next, send: { payloads: sent, awaitsAnswer: true }, actions };
}

type Made = NonNullable<AggressiveR0['made']>;

/** All that chance has a part in. */
function make(
  { connection, spiI, spiR }: AggressiveR0,
  suite: Made['crypto']['suite'],
  { payloads }: OpenMessage,
  env: IkeEnv,
  answers: readonly Answered[],
): { readonly made: Made | { readonly ask: NonNullable<Outcome['ask']> }; readonly actions: readonly Ikev1Action[] } {
  const id = onePayload(payloads, 'ID');
  const named = nameIn(id, (identity) => knownPeer([connection], identity));
  if (named instanceof IpsecError) throw named;
  const { peerId } = named;
  if (!isMethodOf(connection, suite, 'responder'))
    throw new IpsecError('no-proposal-chosen', 'an Authentication Method', {
      expected: `that of connection ${connection.name}`,
      found: `${suite.authentication}`,
    });
  const found = findSecret(suite, connection, peerId, answers);
  if ('ask' in found) return { made: { ask: found.ask }, actions: [] };
  const ke = onePayload(payloads, 'KE');
  const nonce = onePayload(payloads, 'Nonce');
  const { publicValue: gXr, gXy } = shareWith(suite.keyExchange, ke.data, env); // what is no public value ends here: the message is dropped
  const [gXi, Ni, Nr] = [ke.data.slice(), nonce.data.slice(), new Uint8Array(nonceLength)];
  env.random(Nr);
  const { crypto, actions } = createCrypto({ suite, spiI, spiR, gXi, gXr, Ni, Nr, gXy, secret: found.secret });
  const requested = readRequests([], payloads);
  const saBody = bodyOf(saPayloadOf(payloads));
  return {
    made: { crypto, nat: noNat, saBody, gXi, gXr, Ni, Nr, requested, claimedId: peerId, peerIdBody: bodyOf(id) },
    actions,
  };
}

/** The initiator proves who it is: phase 1 is over. */
export function answerAggressive3(sa: AggressiveR1, message: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { connection, claimedId: peerId, peerIdBody, crypto } = sa;
  const { payloads, path } = message;
  const checked = checkPeer(sa, {
    side: 'initiator',
    candidates: [connection],
    // It was said in the first message, and HASH_I covers it as it stood there.
    named: { connection, peerId },
    idBody: peerIdBody,
    message,
    answers,
  });
  if ('ask' in checked) return { sa, ask: checked.ask, actions: [] };
  if ('refused' in checked) return refuseSa(sa, checked.refused);
  const base: Base = { ...baseOf(sa), path, abilities: readAbilities(sa.abilities, payloads) };
  const nat = detectNat(connection, crypto.suite.hash, base, payloads);
  const initialContact = isInitialContact(checked, message);
  return completePhase1({ ...sa, ...base, nat }, { known: checked, initialContact }, env);
}
