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
import type { Payload } from './payload-cases.js';
import { refusalOf } from './refusal.js';
import { connectionOf, cryptoOf, sendIn } from './send.js';
import type { Ikev1Sa, Listening } from './states.js';
import { checkPayloads, findTransition } from './transition.js';
import { transitions } from './transitions.js';
import { findVendorId } from './vendor.js';
import { wakeAtOf } from './wake-at.js';

/**
 * Octets of a first message at the most: 255 transforms are 9,000 of them. It is kept, so that a repetition is found, and whoever forges addresses may have many of them kept.
 */
const longestFirst = 16_384;

/**
 * Answers the first message of phase 1. It throws nothing for what is in the datagram. A repetition of it is the caller's to find: it belongs to the half-open
 * IKE SA with the same CKY-I that began with these octets.
 */
export function respond({ data, from, to }: Ikev1Datagram, { connections, halfOpen, limits }: Ikev1Listener, env: IkeEnv): Ikev1Response {
  const path: Path = { local: to, remote: from };
  if (halfOpen.total >= limits.total || halfOpen.fromAddress >= limits.perAddress)
    return nothing('half-open-limit', `${halfOpen.total} half-open IKE SAs, ${halfOpen.fromAddress} from this address`);
  if (data.length > longestFirst) return nothing('dropped', `a first message of ${data.length} octets, of which ${longestFirst} are taken`);
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
  if (outcome instanceof IpsecError) return refuse(header, data.length, path, outcome);
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
  const options = { connection: connectionOf(sa), crypto: cryptoOf(sa) };
  const whole = sendIn(sa, { ...sa.phase1, received }, send, env, options);
  const isLonger = header.exchange === 'Identity Protection' && octetsOf(whole.actions) > data.length;
  const asked = { ...send, payloads: send.payloads.filter((payload) => isAsked(payload, header.payloads)) };
  const sent = isLonger ? sendIn(sa, { ...sa.phase1, received }, asked, env, options) : whole;
  return { sa: sent.sa, actions: [...actions, ...sent.actions], wakeAt: wakeAtOf(sent.sa) };
}

/**
 * What nobody has asked for is left out before the answer is longer than the message: whoever forges addresses is not to get more octets sent than he sends. Aggressive
 * mode cannot keep to that, for its answer has all that the responder says of itself; it is answered only where a connection wants it.
 */
function isAsked(payload: Payload, theirs: readonly Payload[]): boolean {
  if (payload.type !== 'VID') return true;
  const name = findVendorId(payload.data);
  return theirs.some((other) => other.type === 'VID' && findVendorId(other.data) === name);
}

function octetsOf(actions: readonly Ikev1Action[]): number {
  return actions.reduce((sum, action) => sum + (action.type === 'send' ? action.data.length : 0), 0);
}

/** RFC 2408 section 4.5: in the first message the responder's cookie is zero; the Message ID is, too, "during Phase 1". */
function beginsIkeSa({ messageId, ckyI, ckyR }: Ikev1Message): boolean {
  const isZero = (cookie: Uint8Array): boolean => cookie.every((octet) => octet === 0);
  return messageId === 0 && !isZero(ckyI) && isZero(ckyR);
}

/** One notification without protection, unless it is longer than what it answers. */
function refuse(header: Ikev1Message, octets: number, { local, remote }: Path, error: IpsecError): Ikev1Response {
  const { ckyI, ckyR, messageId } = header;
  const payloads = [{ ...refusalOf(error, { spiI: ckyI, spiR: ckyR }), spi: EMPTY }];
  const options = { authenticationOnly: false, commit: false };
  const data = encodeMessage({ ckyI, ckyR, exchange: 'Informational', messageId, ...options, payloads });
  const audit: Ikev1Action = { type: 'audit', event: 'refused', detail: error.message };
  if (data.length > octets) return { actions: [audit], wakeAt: Infinity };
  return { actions: [audit, { type: 'send', data, path: { local, remote } }], wakeAt: Infinity };
}

function nothing(event: Extract<Ikev1Action, { type: 'audit' }>['event'], detail: string): Ikev1Response {
  return { actions: [{ type: 'audit', event, detail }], wakeAt: Infinity };
}
