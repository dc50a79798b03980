/**
 * IKE_SA_INIT of the initiator: RFC 7296 sections 1.2, 2.6, 2.21.1 and 2.23.
 *
 * @module
 */
import { attempt } from '../../keying/attempt.js';
import { IpsecError } from '../../errors.js';
import type { TrafficSelector } from '../../traffic-selector.js';
import type { KeyExchangeRow } from '../../suite/types-ike.js';
import { closeSa } from '../closing.js';
import type { Connection } from '../../keying/connection.js';
import { createIkeCrypto } from '../crypto.js';
import type { HandlerContext } from '../transition.js';
import type { IkeEnv, NewRequest, OpenMessage, Outcome, StepResult } from '../events.js';
import { computeSkeyseed } from '../keys.js';
import { createNotify, decodeNotifyData } from '../notify-data.js';
import { encodeIkeProposals, explainProposals, readIkeAnswer } from '../proposal.js';
import type { Payload } from '../payload-cases.js';
import { findNotify, payloadOf } from '../pick.js';
import { sendRequest } from '../send.js';
import type { InitSent, Path } from '../states.js';
import { wakeAtOf } from '../wake-at.js';
import { freshWindows } from '../windows.js';
import { startAuth } from './ike-auth.js';
import {
  detectNat,
  floatPath,
  fragmentationNotify,
  hashAlgorithmsNotify,
  hashAlgorithmsOf,
  natDetectionNotifies,
} from './init-extensions.js';

/** What {@link createIkeSa} takes. */
export interface IkeSaOptions {
  /** From where to where: usually ports 500, or 4500 at once. */
  readonly path: Path;
  /** The selectors of the packet that asks for the first Child SA: our end and the peer's (RFC 7296 section 2.9). */
  readonly first?: readonly [TrafficSelector, TrafficSelector] | undefined;
}

/**
 * Begins an IKE SA: the IKE_SA_INIT request is the first action.
 *
 * @throws IpsecError `invalid-config`: the connection has no proposal with a key exchange method.
 */
export function createIkeSa(connection: Connection, { path, first }: IkeSaOptions, env: IkeEnv): StepResult {
  const row = connection.proposals[0]?.keyExchange[0];
  if (row === undefined)
    throw new IpsecError('invalid-config', `the proposals of connection ${connection.name}`, {
      path: 'proposals',
      expected: 'one or more, with a key exchange method',
      found: 'none',
    });
  const spiI = freshSpi(env);
  const Ni = new Uint8Array(nonceLength);
  env.random(Ni);
  const sa: InitSent = {
    state: 'INIT_SENT',
    role: 'initiator',
    spiI,
    spiR: new Uint8Array(8),
    path,
    windows: freshWindows,
    createdAt: env.now,
    deadlines: { expire: Infinity, rekey: Infinity, reauthenticate: Infinity, liveness: Infinity, keepalive: Infinity },
    waiting: undefined,
    connection,
    Ni,
    keyExchange: { row, exchange: row.generate(env.random) },
    cookie: undefined,
    groupsTried: [row.id],
    inits: 1,
    hint: undefined,
    first,
  };
  const sent = sendRequest(sa, initRequest(sa), env);
  return { ...sent, wakeAt: wakeAtOf(sent.sa) };
}

/**
 * Octets of our nonces. RFC 7296 section 2.10: "Nonces used in IKEv2 MUST be randomly chosen, MUST be at least 128 bits in size, and MUST be at
 * least half the key size of the negotiated pseudorandom function (PRF)." The longest of those is PRF_HMAC_SHA2_512's 64 octets.
 */
export const nonceLength = 32;

/** A fresh IKE SPI. RFC 7296 section 2.6: "An SPI value of zero is special". */
export function freshSpi({ random }: IkeEnv): Uint8Array {
  const spi = new Uint8Array(8);
  random(spi);
  if (spi.every((octet) => octet === 0)) spi[7] = 1;
  return spi;
}

function initRequest(sa: InitSent): NewRequest {
  const { connection, keyExchange, Ni, cookie } = sa;
  const payloads: Payload[] = [
    // RFC 7296 section 2.6: "include the COOKIE notification containing the received data as the first payload, and all other payloads unchanged."
    ...(cookie ? [createNotify('COOKIE', cookie)] : []),
    { type: 'SA', proposals: encodeIkeProposals(connection.proposals) },
    { type: 'KE', method: keyExchange.row.id, data: keyExchange.exchange.publicValue },
    { type: 'Nonce', data: Ni },
    ...natDetectionNotifies(connection, sa),
    ...fragmentationNotify(connection),
    ...hashAlgorithmsNotify([connection]),
  ];
  return { exchange: 'IKE_SA_INIT', about: { kind: 'IKE_SA_INIT' }, payloads };
}

/** Sends the request anew: the Message ID stays zero. RFC 7296 section 2.2: "including retries of the message due to responses such as COOKIE and INVALID_KE_PAYLOAD" */
function again(sa: InitSent, env: IkeEnv, actions: Outcome['actions']): Outcome {
  const { maxInitTries } = sa.connection.options;
  if (sa.inits >= maxInitTries) {
    // RFC 7296 section 2.6: "The initiator should limit the number of cookie exchanges it tries before giving up"
    const error = new IpsecError('peer-refused', 'IKE_SA_INIT', {
      expected: `an answer within ${maxInitTries} requests`,
      found: 'COOKIE or INVALID_KE_PAYLOAD again',
    });
    const end = closeSa(sa, 'the peer never came to an answer', error);
    return { ...end, actions: [...actions, ...end.actions] };
  }
  const fresh: InitSent = { ...sa, inits: sa.inits + 1, windows: freshWindows };
  const sent = sendRequest(fresh, initRequest(fresh), env);
  return { sa: sent.sa, actions: [...actions, ...sent.actions] };
}

/** RFC 7296 section 2.6: "If the IKE_SA_INIT response includes the COOKIE notification, the initiator MUST then retry the IKE_SA_INIT request". */
export function cookieAsked(sa: InitSent, message: OpenMessage, env: IkeEnv): Outcome {
  const { cookie } = decodeNotifyData('COOKIE', findNotify(message.payloads, 'COOKIE')!.data);
  return again({ ...sa, cookie: cookie.slice(), windows: { ...sa.windows, outstanding: [] } }, env, [
    { type: 'audit', event: 'cookie', detail: `the peer wants its cookie of ${cookie.length} octets back` },
  ]);
}

/**
 * RFC 7296 section 1.2: "In this case, the initiator MUST retry the IKE_SA_INIT with the corrected Diffie-Hellman group.  The initiator MUST again
 * propose its full set of acceptable cryptographic suites because the rejection message was unauthenticated". A group that was not offered,
 * or has been tried, is a forgery or a misunderstanding: it is as if nothing had come.
 */
export function groupAsked(sa: InitSent, message: OpenMessage, env: IkeEnv, context: HandlerContext): Outcome {
  const { method } = decodeNotifyData('INVALID_KE_PAYLOAD', findNotify(message.payloads, 'INVALID_KE_PAYLOAD')!.data);
  const row = offeredGroup(sa.connection, method);
  if (row === undefined || sa.groupsTried.includes(method)) {
    const detail = `the peer asks for key exchange method ${method}, which was ${row ? 'tried' : 'not offered'}`;
    return { ...keepWaiting(sa, context, 'INVALID_KE_PAYLOAD'), actions: [{ type: 'audit', event: 'peer-refused', detail }] };
  }
  const next: InitSent = { ...sa, keyExchange: { row, exchange: row.generate(env.random) }, groupsTried: [...sa.groupsTried, method] };
  return again(next, env, [{ type: 'wipe', secrets: [sa.keyExchange.exchange] }]);
}

/**
 * RFC 7296 section 2.21.1: "Because all error notifications are completely unauthenticated, the recipient should continue trying for some time
 * before giving up." What was said is told when that time is over.
 */
export function refusedInit(sa: InitSent, message: OpenMessage, _env: IkeEnv, context: HandlerContext): Outcome {
  const error = message.payloads.find((p) => p.type === 'N');
  const name = String(error?.type === 'N' ? error.notify : 'an error');
  const detail = `${name}, from nobody that could be made sure of; we offered ${explainProposals([], sa.connection.proposals)}`;
  return { ...keepWaiting(sa, context, name), actions: [{ type: 'audit', event: 'peer-refused', detail }] };
}

/** RFC 7296 section 1.2: "At this point in the negotiation, each party can generate a quantity called SKEYSEED". */
export function finishInit(sa: InitSent, message: OpenMessage, env: IkeEnv, context: HandlerContext): Outcome {
  const { connection, keyExchange, Ni, spiI } = sa;
  const { payloads, raw } = message;
  const spiR = raw.slice(8, 16);
  // Nobody vouches for this message yet: what is wrong in it is as good as nothing, and the right answer may still come.
  const answer = attempt(() => {
    const ke = payloadOf(payloads, 'KE');
    if (spiR.every((octet) => octet === 0))
      throw new IpsecError('invalid-syntax', "the responder's SPI", { expected: 'one', found: 'zero' });
    const { chosen } = readIkeAnswer(payloadOf(payloads, 'SA').proposals, connection.proposals);
    if (chosen.keyExchange.id !== keyExchange.row.id || ke.method !== keyExchange.row.id)
      throw new IpsecError('invalid-syntax', 'the key exchange method of the answer', {
        expected: keyExchange.row.name,
        found: `${chosen.keyExchange.name}, with a KE payload for ${ke.method}`,
      });
    return { chosen, gIr: keyExchange.exchange.shared(ke.data) };
  });
  if (answer instanceof IpsecError)
    return { ...keepWaiting(sa, context, answer.message), actions: [{ type: 'audit', event: 'malformed', detail: answer.message }] };
  const { chosen, gIr } = answer;
  const Nr = payloadOf(payloads, 'Nonce').data.slice();
  const SKEYSEED = computeSkeyseed(chosen.prf, { Ni, Nr, gIr });
  const crypto = createIkeCrypto(chosen, SKEYSEED, { Ni, Nr, spiI, spiR }, 'initiator');
  const nat = detectNat(connection, payloads, sa, spiR);
  const { role, createdAt, deadlines, waiting, first } = sa;
  const began = startAuth(
    {
      role,
      createdAt,
      deadlines,
      waiting,
      connection,
      spiI,
      spiR,
      path: floatPath(connection, nat, sa.path),
      windows: { ...freshWindows, nextOwnId: 1 },
      crypto,
      nat,
      fragmentation: connection.options.fragmentSizes.length > 0 && findNotify(payloads, 'IKEV2_FRAGMENTATION_SUPPORTED') !== undefined,
      Ni,
      Nr,
      message1: context.request!.datagrams[0]!,
      message2: raw.slice(),
      hashAlgorithms: hashAlgorithmsOf(payloads),
    },
    first,
    env,
    context.answers,
  );
  return {
    ...began,
    actions: [
      { type: 'keys', spiI, spiR, suite: chosen, keys: crypto.keys },
      { type: 'wipe', secrets: [gIr, SKEYSEED, keyExchange.exchange] },
      ...began.actions,
    ],
  };
}

/** The request stays under way. */
function keepWaiting(sa: InitSent, { request }: HandlerContext, hint: string): Pick<Outcome, 'sa'> {
  return { sa: { ...sa, hint, windows: { ...sa.windows, outstanding: [request!] } } };
}

function offeredGroup({ proposals }: Connection, method: number): KeyExchangeRow | undefined {
  return proposals.flatMap(({ keyExchange }) => keyExchange).find(({ id }) => id === method);
}
