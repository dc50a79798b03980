/**
 * IKE_SA_INIT of the responder: RFC 7296 sections 1.2, 2.6, 2.7, 2.21.1 and 2.23. Until an answer with a public value goes out, nothing is kept.
 *
 * @module
 */
import { EMPTY } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { containsAddress } from '../../traffic-selector/match.js';
import { createCertificateRequests } from '../certificate-request.js';
import type { Connection } from '../../keying/connection.js';
import { computeCookie, verifyCookie } from '../cookie.js';
import { createIkeCrypto } from '../crypto.js';
import type { IkeAction, IkeEnv, OpenMessage, Outcome } from '../events.js';
import { computeSkeyseed } from '../keys.js';
import { createNotify, encodeNotifyData } from '../notify-data.js';
import type { Payload } from '../payload-cases.js';
import { findNotify, payloadOf } from '../pick.js';
import { type ChosenIke, chooseIkeProposal, explainProposals, type IkeProposal } from '../proposal.js';
import type { InitAnswered, Listening, Path } from '../states.js';
import { freshWindows } from '../windows.js';
import { multipleAuthNotify } from './auth-rounds.js';
import { freshSpi, nonceLength } from './ike-sa-init.js';
import {
  demandsOf,
  detectNat,
  fragmentationNotify,
  hashAlgorithmsNotify,
  hashAlgorithmsOf,
  natDetectionNotifies,
} from './init-extensions.js';

type Answer = Outcome<InitAnswered | Listening>;

/** RFC 7296 section 1.2: "The responder chooses a cryptographic suite from the initiator's offered choices and expresses that choice in the SAr1 payload". */
export function answerInit(sa: Listening, message: OpenMessage, env: IkeEnv): Answer {
  const { listener } = sa;
  const { payloads, path, raw } = message;
  const Ni = payloadOf(payloads, 'Nonce').data.slice();
  const spiI = raw.slice(0, 8);
  const { halfOpen, limits, cookies } = listener;
  if (halfOpen.total >= limits.cookieThreshold) {
    // RFC 7296 section 2.6: "When a responder detects a large number of half-open IKE SAs, it SHOULD reply to IKE_SA_INIT requests with a response
    // containing the COOKIE notification."
    const input = { Ni, spiI, address: path.remote.address };
    const cookie = findNotify(payloads, 'COOKIE');
    if (!cookie || !verifyCookie(cookies, input, cookie.data))
      return { sa, reply: [createNotify('COOKIE', computeCookie(cookies, input))], actions: [audit('cookie', 'a cookie is asked for')] };
  }
  const offered = payloadOf(payloads, 'SA').proposals;
  const here = listener.connections.filter((connection) => servesPath(connection, path));
  const choice = firstOf(here, ({ proposals }) => chooseIkeProposal(offered, proposals));
  if (!choice) throw refusal(offered, here, path);
  const { chosen } = choice;
  const ke = payloadOf(payloads, 'KE');
  if (ke.method !== chosen.keyExchange.id) {
    // RFC 7296 section 1.2: "the responder will respond with a Notify payload of type INVALID_KE_PAYLOAD indicating the selected group."
    const data = encodeNotifyData('INVALID_KE_PAYLOAD', { method: chosen.keyExchange.id });
    const detail = `the peer sent key exchange method ${ke.method}, ours is ${chosen.keyExchange.name}`;
    return { sa, reply: [createNotify('INVALID_KE_PAYLOAD', data)], actions: [audit('refused', detail)] };
  }
  const candidates = here.filter(({ proposals }) => proposals.some((proposal) => holds(proposal, chosen)));
  return accept(candidates, choice, { Ni, spiI, ke: ke.data }, message, env);
}

interface Asked {
  readonly Ni: Uint8Array;
  readonly spiI: Uint8Array;
  readonly ke: Uint8Array;
}

function accept(
  candidates: readonly Connection[],
  choice: NonNullable<ReturnType<typeof chooseIkeProposal>>,
  { Ni, spiI, ke }: Asked,
  { payloads, path, raw }: OpenMessage,
  env: IkeEnv,
): Answer {
  const connection = candidates[0]!;
  const { chosen } = choice;
  const exchange = chosen.keyExchange.generate(env.random);
  const gIr = exchange.shared(ke); // what is no public value ends here: the message is dropped
  const spiR = freshSpi(env);
  const Nr = new Uint8Array(nonceLengthFor(Ni, chosen));
  env.random(Nr);
  const SKEYSEED = computeSkeyseed(chosen.prf, { Ni, Nr, gIr });
  const crypto = createIkeCrypto(chosen, SKEYSEED, { Ni, Nr, spiI, spiR }, 'responder');
  const fragmentation = connection.options.fragmentSizes.length > 0 && findNotify(payloads, 'IKEV2_FRAGMENTATION_SUPPORTED') !== undefined;
  const hashAlgorithms = hashAlgorithmsOf(payloads);
  const nat = detectNat(connection, payloads, { spiI, path }, new Uint8Array(8));
  const reply: Payload[] = [
    { type: 'SA', proposals: [choice.answer(EMPTY)] },
    { type: 'KE', method: chosen.keyExchange.id, data: exchange.publicValue },
    { type: 'Nonce', data: Nr },
    ...(nat.supported ? natDetectionNotifies(connection, { spiI, spiR, path }) : []),
    ...createCertificateRequests(candidates.flatMap(demandsOf)),
    ...(fragmentation ? fragmentationNotify(connection) : []),
    ...(hashAlgorithms ? hashAlgorithmsNotify(candidates) : []),
    ...multipleAuthNotify(candidates),
    // RFC 6023 section 4: "Protocol ID (1 octet) MUST be 1, as this message is related to an IKEv2 SA."
    createNotify('CHILDLESS_IKEV2_SUPPORTED', EMPTY, { protocol: 'IKE', spi: EMPTY }),
  ];
  const never = Infinity;
  const sa: InitAnswered = {
    state: 'INIT_ANSWERED',
    role: 'responder',
    spiI,
    spiR,
    path,
    windows: freshWindows,
    createdAt: env.now,
    deadlines: {
      expire: env.now + connection.options.halfOpenLifetime,
      rekey: never,
      reauthenticate: never,
      liveness: never,
      keepalive: never,
    },
    waiting: undefined,
    candidates,
    crypto,
    nat,
    fragmentation,
    Ni,
    Nr,
    message1: raw.slice(),
    message2: raw, // put right once it is encoded
    hashAlgorithms,
  };
  return {
    sa,
    reply,
    actions: [
      { type: 'keys', spiI, spiR, suite: chosen, keys: crypto.keys },
      { type: 'wipe', secrets: [gIr, SKEYSEED, exchange] },
    ],
  };
}

/**
 * No longer than the initiator's, so that nobody gets more octets than he sent. RFC 7296 section 2.10: nonces "MUST be at least half the key size of the
 * negotiated pseudorandom function (PRF)."
 */
function nonceLengthFor(Ni: Uint8Array, { prf }: ChosenIke): number {
  return Math.max(Math.min(nonceLength, Ni.length), Math.ceil(prf.preferredKeyLength / 2));
}

/** Whether a connection is for peers that come from there to here. */
function servesPath({ localAddresses, remoteAddresses }: Connection, { local, remote }: Path): boolean {
  return (
    (localAddresses === undefined || containsAddress(localAddresses, local.address)) &&
    (remoteAddresses === undefined || containsAddress(remoteAddresses, remote.address))
  );
}

/** Whether a proposal of ours allows all of a suite. */
function holds(proposal: IkeProposal, { encryption, integrity, prf, keyExchange }: ChosenIke): boolean {
  return (
    proposal.encryption.some((row) => row.id === encryption.id && row.keyLength === encryption.keyLength) &&
    (integrity === undefined || proposal.integrity.some((row) => row.id === integrity.id)) &&
    proposal.prf.some((row) => row.id === prf.id) &&
    proposal.keyExchange.some((row) => row.id === keyExchange.id)
  );
}

function refusal(offered: Parameters<typeof explainProposals>[0], here: readonly Connection[], { remote }: Path): IpsecError {
  if (here.length === 0)
    return new IpsecError('no-proposal-chosen', 'an IKE_SA_INIT request', {
      expected: 'a peer that some connection is for',
      found: `address ${remote.address.join('.')}`,
    });
  return new IpsecError(
    'no-proposal-chosen',
    explainProposals(
      offered,
      here.flatMap(({ proposals }) => proposals),
    ),
  );
}

function firstOf<T, R>(list: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function audit(event: Extract<IkeAction, { type: 'audit' }>['event'], detail: string): IkeAction {
  return { type: 'audit', event, detail };
}
