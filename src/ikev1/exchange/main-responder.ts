/**
 * Main mode of the responder: RFC 2409 sections 5, 5.1 and 5.4, RFC 3947 section 4.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { IkeEnv } from '../../keying/machine.js';
import { createBase } from '../base.js';
import { refuseSa } from '../closing.js';
import type { FirstOutcome, Outcome } from '../events.js';
import { choosePhase1 } from '../phase1-offer.js';
import type { OpenMessage } from '../requests.js';
import type { Listening, MainR1, MainR2 } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { checkCookie } from './main-initiator.js';
import { certificateRequests, readRequests } from './phase1-certificates.js';
import { checkPeer, nameIn } from './phase1-check.js';
import { baseOf, completePhase1, isInitialContact } from './phase1-finish.js';
import { createCrypto, nonceLength, shareWith } from './phase1-keys.js';
import { detectNat, natDiscoveryPayloads } from './phase1-nat.js';
import { bodyOf, checkEncrypted, onePayload, saPayloadOf } from './phase1-payloads.js';
import { addressIdentity } from '../../keying/peer.js';
import { connectionsFor, createOwnId, knownPeer } from './phase1-peer.js';
import { isMethodOf } from './phase1-proofs.js';
import { prove } from './phase1-prove.js';
import { confirmSecret, findSecret, shareSecret } from './phase1-secret.js';
import { answeredAbilities, readAbilities } from './phase1-vendor.js';

/**
 * The first offer that we like is chosen.
 *
 * @throws IpsecError `no-proposal-chosen`: there is none.
 */
export function answerMain1({ connections, cookie }: Listening, { ckyI, payloads, path }: OpenMessage, env: IkeEnv): FirstOutcome {
  const offer = saPayloadOf(payloads);
  const { candidates: fitting, suite, answer } = choosePhase1(offer, connectionsFor(connections, path), 'main');
  const candidates = fitting.filter((connection) => isMethodOf(connection, suite, 'responder'));
  if (candidates.length === 0) {
    const details = { expected: 'one of a connection', found: `${suite.authentication}` };
    throw new IpsecError('no-proposal-chosen', 'an Authentication Method', details);
  }
  const { halfOpenLifetime } = candidates[0]!.options;
  const base = createBase({ role: 'responder', ckyI, ckyR: cookie, path, exchange: 'Identity Protection', halfOpenLifetime }, env);
  checkCookie(base, cookie);
  return {
    sa: {
      ...base,
      abilities: readAbilities(base.abilities, payloads),
      state: 'MAIN_R1',
      candidates,
      saBody: bodyOf(offer),
      suite,
    } satisfies MainR1,
    send: { payloads: [answer, ...answeredAbilities(candidates, payloads)], awaitsAnswer: false },
    actions: [],
  };
}

/**
 * Public values and nonces: there are keys, so the pre-shared key has to be known by now.
 *
 * All that is known of the initiator is its address. Where several connections with different secrets may be meant, it is that of the first, and the others are out of the
 * question from then on: the secret that was used says nothing about them.
 */
export function answerMain3(sa: MainR1, { payloads, path }: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { candidates, suite, saBody, spiI, spiR } = sa;
  const connection = candidates[0]!;
  const ke = onePayload(payloads, 'KE');
  const nonce = onePayload(payloads, 'Nonce');
  const found = findSecret(suite, connection, addressIdentity(sa.path.remote.address), answers);
  if ('ask' in found) return { sa, ask: found.ask, actions: [] };
  const { publicValue: gXr, gXy } = shareWith(suite.keyExchange, ke.data, env); // what is no public value ends here: the message is dropped
  const [gXi, Ni, Nr] = [ke.data.slice(), nonce.data.slice(), new Uint8Array(nonceLength)];
  env.random(Nr);
  const { crypto, actions } = createCrypto({ suite, spiI, spiR, gXi, gXr, Ni, Nr, gXy, secret: found.secret });
  const base = { ...baseOf(sa), path, abilities: readAbilities(sa.abilities, payloads) };
  const nat = detectNat(connection, suite.hash, base, payloads);
  const meant = found.secret ? candidates.filter((other) => shareSecret(connection, other)) : candidates;
  return {
    sa: {
      ...base,
      state: 'MAIN_R2',
      candidates: meant,
      crypto,
      nat,
      saBody,
      gXi,
      gXr,
      Ni,
      Nr,
      requested: readRequests([], payloads),
    } satisfies MainR2,
    send: {
      payloads: [
        { type: 'KE', data: gXr },
        { type: 'Nonce', data: Nr },
        ...certificateRequests(meant),
        ...natDiscoveryPayloads(connection, suite.hash, base),
      ],
      awaitsAnswer: false,
    },
    actions,
  };
}

/** The initiator proves who it is, and so do we: phase 1 is over. */
export function answerMain5(sa: MainR2, message: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  checkEncrypted(message);
  const { payloads, path } = message;
  const id = onePayload(payloads, 'ID');
  const { candidates } = sa;
  const named = nameIn(id, (identity) => knownPeer(candidates, identity));
  const checked = checkPeer(sa, { side: 'initiator', candidates, named, idBody: bodyOf(id), message, answers });
  if ('ask' in checked) return { sa, ask: checked.ask, actions: [] };
  if ('refused' in checked) return refuseSa(sa, checked.refused);
  const { connection } = checked;
  const another = confirmSecret(sa, checked, path.remote.address, answers);
  if (another instanceof IpsecError) return refuseSa(sa, another);
  if (another) return { sa, ask: another.ask, actions: [] };
  const ID = createOwnId(connection, path);
  const requested = readRequests(sa.requested, payloads);
  const proof = attempt(() => prove(sa, { connection, side: 'responder', idBody: bodyOf(ID), requested, answers }));
  if (proof instanceof IpsecError) return refuseSa(sa, proof);
  if ('ask' in proof) return { sa, ask: proof.ask, actions: [] };
  const send = { payloads: [ID, ...proof.certificates, proof.proof], encrypted: true, awaitsAnswer: false };
  // RFC 3947 section 4: "the responder MUST update local state so that all subsequent packets (including informational notifications) to the peer use the new port"
  const arrived = { ...sa, path, abilities: readAbilities(sa.abilities, payloads) };
  return completePhase1(arrived, { known: checked, initialContact: isInitialContact(checked, message), send }, env);
}
