/**
 * Main mode of the initiator: RFC 2409 sections 5, 5.1 and 5.4, RFC 3947 section 4.
 *
 * @module
 */
import { equalBytes } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { Connection } from '../../keying/connection.js';
import type { IkeEnv } from '../../keying/machine.js';
import { closeSa, refuseSa } from '../closing.js';
import type { Outcome } from '../events.js';
import { encodePhase1Offer, readPhase1Answer } from '../phase1-offer.js';
import type { OpenMessage } from '../requests.js';
import type { Agreed, Base, MainI1, MainI2, MainI3 } from '../states.js';
import type { HandlerContext } from '../transition.js';
import { certificateRequests, readRequests } from './phase1-certificates.js';
import { checkResponder } from './phase1-check.js';
import { baseOf, completePhase1, initialContact, isInitialContact } from './phase1-finish.js';
import { checkNotOurs, createCrypto, nonceLength, secretsOf } from './phase1-keys.js';
import { detectNat, floatPath, natDiscoveryPayloads } from './phase1-nat.js';
import { bodyOf, checkEncrypted, onePayload, saPayloadOf } from './phase1-payloads.js';
import { expectedPeer } from '../../keying/peer.js';
import { createOwnId } from './phase1-peer.js';
import { prove } from './phase1-prove.js';
import { findSecret } from './phase1-secret.js';
import { offeredAbilities, readAbilities } from './phase1-vendor.js';

/**
 * The first message: what we offer, and what we can do.
 *
 * @throws IpsecError `invalid-config`: the connection has nothing to offer.
 */
export function beginMain(connection: Connection, base: Base): Outcome<MainI1> {
  const offer = encodePhase1Offer(connection);
  const sa: MainI1 = { ...base, state: 'MAIN_I1', connection, saBody: bodyOf(offer) };
  return { sa, send: { payloads: [offer, ...offeredAbilities(connection)], awaitsAnswer: true }, actions: [] };
}

/** The responder has chosen: our public value and nonce go out. */
export function finishMain2(sa: MainI1, { ckyR, payloads }: OpenMessage, env: IkeEnv): Outcome<MainI2> {
  const { connection, saBody } = sa;
  const suite = readPhase1Answer(saPayloadOf(payloads), encodePhase1Offer(connection), connection);
  checkCookie(sa, ckyR);
  const exchange = suite.keyExchange.generate(env.random);
  const Ni = new Uint8Array(nonceLength);
  env.random(Ni);
  const base: Base = { ...baseOf(sa), spiR: ckyR.slice(), abilities: readAbilities(sa.abilities, payloads) };
  return {
    sa: { ...base, state: 'MAIN_I2', connection, saBody, suite, keyExchange: { row: suite.keyExchange, exchange }, Ni },
    send: {
      payloads: [
        { type: 'KE', data: exchange.publicValue },
        { type: 'Nonce', data: Ni },
        ...natDiscoveryPayloads(connection, suite.hash, base),
      ],
      awaitsAnswer: true,
    },
    actions: [],
  };
}

/** Throws `malformed`: the responder's cookie is ours. One that does nothing but send our messages back has no other. */
export function checkCookie({ spiI }: Base, ckyR: Uint8Array): void {
  if (!equalBytes(spiI, ckyR) && ckyR.some((octet) => octet !== 0)) return;
  throw new IpsecError('malformed', 'CKY-R', { blame: 'peer', expected: 'a cookie of the responder', found: 'ours, or none' });
}

/** There are keys: who we are goes out under them, with the proof. */
export function finishMain4(sa: MainI2, message: OpenMessage, _env: IkeEnv, { answers }: HandlerContext): Outcome {
  const { connection, saBody, suite, keyExchange, Ni, spiI, spiR } = sa;
  const { payloads } = message;
  const ke = onePayload(payloads, 'KE');
  const nonce = onePayload(payloads, 'Nonce');
  const found = attempt(() => findSecret(suite, connection, expectedPeer(connection, sa.path), answers));
  if (found instanceof IpsecError) return closeSa(sa, 'we cannot prove who we are', found);
  if ('ask' in found) return { sa, ask: found.ask, actions: [] };
  const gXi = keyExchange.exchange.publicValue;
  checkNotOurs(gXi, ke.data);
  const gXy = keyExchange.exchange.shared(ke.data); // what is no public value ends here: the message is dropped
  const [gXr, Nr] = [ke.data.slice(), nonce.data.slice()];
  const { crypto, actions } = createCrypto({ suite, spiI, spiR, gXi, gXr, Ni, Nr, gXy, secret: found.secret });
  const nat = detectNat(connection, suite.hash, sa, payloads);
  const path = floatPath(connection, nat, sa.path);
  const agreed: Agreed = { ...baseOf(sa), path, crypto, nat, saBody, gXi, gXr, Ni, Nr, requested: readRequests([], payloads) };
  const ID = createOwnId(connection, path);
  const own = { connection, side: 'initiator', idBody: bodyOf(ID), requested: agreed.requested, answers } as const;
  const proof = attempt(() => prove(agreed, own));
  if (proof instanceof IpsecError) {
    const end = closeSa(sa, 'we cannot prove who we are', proof);
    return { ...end, actions: [{ type: 'wipe', secrets: [gXy, ...secretsOf(crypto)] }, ...end.actions] };
  }
  if ('ask' in proof) return { sa, ask: proof.ask, actions: [{ type: 'wipe', secrets: [gXy, ...secretsOf(crypto)] }] };
  return {
    sa: { ...agreed, state: 'MAIN_I3', connection } satisfies MainI3,
    send: {
      payloads: [ID, ...proof.certificates, proof.proof, ...certificateRequests([connection]), ...initialContact(connection, sa)],
      encrypted: true,
      awaitsAnswer: true,
    },
    actions: [...actions, { type: 'wipe', secrets: [keyExchange.exchange] }],
  };
}

/** The responder proves who it is: phase 1 is over. */
export function finishMain6(sa: MainI3, message: OpenMessage, env: IkeEnv, { answers }: HandlerContext): Outcome {
  checkEncrypted(message);
  const { connection } = sa;
  const checked = checkResponder(sa, connection, message, answers);
  if ('ask' in checked) return { sa, ask: checked.ask, actions: [] };
  if ('refused' in checked) return refuseSa(sa, checked.refused);
  return completePhase1(sa, { known: checked, initialContact: isInitialContact(checked, message) }, env);
}
