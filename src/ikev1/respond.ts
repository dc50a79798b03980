/**
 * A message for no IKE SA that there is: perhaps one begins.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Path } from '../keying/path.js';
import { createCookie } from './base.js';
import type { Ikev1Action } from './events.js';
import type { Ikev1Datagram, Ikev1Listener, Ikev1Response } from './machine.js';
import { decodeMessage, encodeMessage, type Ikev1Message } from './message.js';
import { describe } from './open.js';
import { refusalOf } from './refusal.js';
import { connectionOf, cryptoOf, sendIn } from './send.js';
import type { Ikev1Sa, Listening } from './states.js';
import { checkPayloads, findTransition } from './transition.js';
import { transitions } from './transitions.js';
import { wakeAtOf } from './wake-at.js';

/**
 * Answers the first message of phase 1. It throws nothing for what is in the datagram. A repetition of it is the caller's to find: it belongs to the half-open
 * IKE SA with the same CKY-I that began with these octets.
 */
export function respond({ data, from, to }: Ikev1Datagram, { connections, halfOpen, limits }: Ikev1Listener, env: IkeEnv): Ikev1Response {
  const path: Path = { local: to, remote: from };
  if (halfOpen.total >= limits.total || halfOpen.fromAddress >= limits.perAddress)
    return nothing('half-open-limit', `${halfOpen.total} half-open IKE SAs, ${halfOpen.fromAddress} from this address`);
  const header = attempt(() => decodeMessage(data, env.limits));
  if (header instanceof IpsecError) return nothing('malformed', header.message);
  if (header.isEncrypted || !beginsIkeSa(header))
    return nothing('unexpected', `${header.exchange}, Message ID ${header.messageId}, for no IKE SA`);
  const message = describe(header, header.payloads, false, data, path);
  const transition = findTransition(transitions, 'LISTENING', message, 'new');
  if (!transition) return nothing('unexpected', `${header.exchange}, which is not carried out`);
  const listening: Listening = { state: 'LISTENING', connections, cookie: createCookie(env) };
  const outcome = attempt(() => {
    checkPayloads(transition, message);
    return transition.run(listening as never, message, env, { exchange: undefined, answers: [] });
  });
  if (outcome instanceof IpsecError) return refuse(header, path, outcome);
  const { sa, send, ask, actions } = outcome;
  if (sa.state === 'LISTENING' || sa.state === 'CLOSED') return { actions, wakeAt: Infinity };
  const received = data.slice();
  if (ask) {
    const phase1 = { ...sa.phase1, received };
    const waiting = { message: { ...message, raw: received }, nextIv: undefined, ask, answers: [] };
    const asking: Ikev1Sa = { ...sa, phase1, waiting };
    return { sa: asking, actions: [...actions, { type: 'ask', ask }], wakeAt: wakeAtOf(asking) };
  }
  if (!send) return { actions, wakeAt: Infinity };
  const sent = sendIn(sa, { ...sa.phase1, received }, send, env, { connection: connectionOf(sa), crypto: cryptoOf(sa) });
  return { sa: sent.sa, actions: [...actions, ...sent.actions], wakeAt: wakeAtOf(sent.sa) };
}

/** RFC 2408 section 4.5: in the first message the responder's cookie is zero; the Message ID is, too, "during Phase 1". */
function beginsIkeSa({ messageId, ckyI, ckyR }: Ikev1Message): boolean {
  const isZero = (cookie: Uint8Array): boolean => cookie.every((octet) => octet === 0);
  return messageId === 0 && !isZero(ckyI) && isZero(ckyR);
}

/** One notification without protection, shorter than what it answers: whoever forges addresses gets no more octets sent than he sends. */
function refuse(header: Ikev1Message, { local, remote }: Path, error: IpsecError): Ikev1Response {
  const { ckyI, ckyR, messageId } = header;
  const payloads = [{ ...refusalOf(error, { spiI: ckyI, spiR: ckyR }), spi: EMPTY }];
  const options = { authenticationOnly: false, commit: false };
  const data = encodeMessage({ ckyI, ckyR, exchange: 'Informational', messageId, ...options, payloads });
  const audit: Ikev1Action = { type: 'audit', event: 'refused', detail: error.message };
  return { actions: [audit, { type: 'send', data, path: { local, remote } }], wakeAt: Infinity };
}

function nothing(event: Extract<Ikev1Action, { type: 'audit' }>['event'], detail: string): Ikev1Response {
  return { actions: [{ type: 'audit', event, detail }], wakeAt: Infinity };
}
