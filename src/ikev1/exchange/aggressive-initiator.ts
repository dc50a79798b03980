/**
 * Aggressive mode of the initiator: RFC 2409 sections 5, 5.1 and 5.4, RFC 3947 section 4.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { Connection } from '../../keying/connection.js';
import { type IkeEnv, wipeSecrets } from '../../keying/machine.js';
import { closeSa, refuseSa } from '../closing.js';
import type { Outcome } from '../events.js';
import { decodePhase1Id } from '../identification.js';
import { aggressiveGroup, encodePhase1Offer, readPhase1Answer } from '../phase1-offer.js';
import type { FirstMessage, NewMessage, OpenMessage } from '../requests.js';
import type { Agreed, AggressiveI1, Base, Phase1Suite } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { checkCookie } from './main-initiator.js';
import { certificateRequests, readRequests } from './phase1-certificates.js';
import { checkResponder } from './phase1-check.js';
import { baseOf, completePhase1, initialContact, isInitialContact } from './phase1-finish.js';
import { checkNotOurs, createCrypto, nonceLength, secretsOf } from './phase1-keys.js';
import { detectNat, floatPath, natDiscoveryPayloads } from './phase1-nat.js';
import { bodyOf, onePayload, saPayloadOf } from './phase1-payloads.js';
import { createOwnId, wantedPeer } from './phase1-peer.js';
import { proofOf } from './phase1-proofs.js';
import { prove } from './phase1-prove.js';
import { findSecret } from './phase1-secret.js';
import { offeredAbilities, readAbilities } from './phase1-vendor.js';

/**
 * The first message: all of an offer, our public value, our nonce, and who we are.
 *
 * @throws IpsecError `invalid-config`: the connection has nothing to offer; `unsafe-config`: aggressive mode with a pre-shared key, where it does not say
 * that it wants it.
 */
export function beginAggressive(connection: Connection, base: Base, env: IkeEnv): Outcome<AggressiveI1> {
  const offer = encodePhase1Offer(connection);
  // RFC 2409 section 5: "Due to message construction requirements the group in which the Diffie-Hellman exchange is performed cannot be negotiated."
  const row = aggressiveGroup(connection);
  const ID = createOwnId(connection, base.path);
  const exchange = row.generate(env.random);
  const Ni = new Uint8Array(nonceLength);
  env.random(Ni);
  return {
    sa: {
      ...base,
      state: 'AGGRESSIVE_I1',
      connection,
      saBody: bodyOf(offer),
      keyExchange: { row, exchange },
      Ni,
      idBody: bodyOf(ID),
    },
    send: {
      payloads: [
        offer,
        { type: 'KE', data: exchange.publicValue },
        { type: 'Nonce', data: Ni },
        ID,
        ...certificateRequests([connection]),
        ...offeredAbilities(connection),
      ],
      awaitsAnswer: true,
    },
    actions: [],
  };
}

/** The responder proves who it is, and so do we: phase 1 is over. */
export function finishAggressive2(sa: AggressiveI1, message: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { connection, keyExchange } = sa;
  const { ckyR, payloads } = message;
  const suite = readPhase1Answer(saPayloadOf(payloads), encodePhase1Offer(connection), connection);
  if (suite.keyExchange.id !== keyExchange.row.id) {
    const details = { blame: 'peer', expected: keyExchange.row.name, found: suite.keyExchange.name } as const;
    throw new IpsecError('malformed', 'the group of aggressive mode', details);
  }
  checkCookie(sa, ckyR);
  const found = secretWith(connection, suite, payloads, answers);
  if ('ask' in found) return { sa, ask: found.ask, actions: [] };
  const [ke, nonce] = [onePayload(payloads, 'KE'), onePayload(payloads, 'Nonce')];
  checkNotOurs(keyExchange.exchange.publicValue, ke.data);
  const gXy = keyExchange.exchange.shared(ke.data);
  const { Ni, spiI, saBody } = sa;
  const values = { spiR: ckyR.slice(), gXi: keyExchange.exchange.publicValue, gXr: ke.data.slice(), Ni, Nr: nonce.data.slice() };
  const { crypto, actions } = createCrypto({ ...values, suite, spiI, gXy, secret: found.secret });
  const base: Base = { ...baseOf(sa), spiR: values.spiR, abilities: readAbilities(sa.abilities, payloads) };
  const nat = detectNat(connection, suite.hash, base, payloads);
  const path = floatPath(connection, nat, sa.path);
  const agreed: Agreed = { ...base, path, crypto, nat, saBody, ...values, requested: readRequests([], payloads) };
  const checked = attempt(() => checkResponder(agreed, connection, message, answers));
  if (checked instanceof IpsecError) {
    wipeSecrets([gXy, ...secretsOf(crypto)]);
    throw checked;
  }
  const known: AggressiveI1 = { ...sa, ...base };
  const without = (outcome: Outcome): Outcome => ({
    ...outcome,
    actions: [{ type: 'wipe', secrets: [gXy, ...secretsOf(crypto)] }, ...outcome.actions],
  });
  if ('ask' in checked) return without({ sa, ask: checked.ask, actions: [] });
  if ('refused' in checked) return without(refuseSa(known, checked.refused));
  const own = { connection, side: 'initiator', idBody: sa.idBody, requested: agreed.requested, answers } as const;
  const proof = attempt(() => prove(agreed, own));
  if (proof instanceof IpsecError) return without(closeSa(known, 'we cannot prove who we are', proof));
  if ('ask' in proof) return without({ sa, ask: proof.ask, actions: [] });
  // In the order of RFC 3947 section 4. It is encrypted as everybody's is, though RFC 2409 has it in the clear.
  const send: NewMessage = {
    payloads: [...proof.certificates, ...natDiscoveryPayloads(connection, suite.hash, agreed), proof.proof],
    encrypted: true,
    awaitsAnswer: false,
  };
  const ending = {
    known: checked,
    initialContact: isInitialContact(checked, message),
    send,
    begin: contact(connection, agreed),
    actions: [...actions, { type: 'wipe', secrets: [keyExchange.exchange] }],
  } as const;
  return completePhase1(agreed, ending, env);
}

/** The pre-shared key, where the method has one: that with the responder, whose name stands in its message. */
function secretWith(
  connection: Connection,
  suite: Phase1Suite,
  payloads: OpenMessage['payloads'],
  answers: HandlerContext['answers'],
): ReturnType<typeof findSecret> {
  const known = wantedPeer(connection, decodePhase1Id(onePayload(payloads, 'ID')));
  if (known instanceof IpsecError && proofOf(suite, 'responder') === 'secret') throw known;
  return findSecret(suite, connection, known instanceof IpsecError ? connection.localId : known.peerId, answers);
}

/**
 * RFC 2407 section 4.6.3: "These messages MUST NOT be sent in Aggressive Mode exchange, since Aggressive Mode does not provide the necessary protection to bind the Notify
 * Status Message to the exchange." So INITIAL-CONTACT has an exchange of its own.
 */
function contact(connection: Connection, sa: Agreed): FirstMessage[] {
  const payloads = initialContact(connection, sa);
  return payloads.length > 0 ? [{ exchange: 'Informational', payloads, awaitsAnswer: false }] : [];
}
