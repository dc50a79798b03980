/**
 * A message for no IKE SA that there is: perhaps one begins.
 *
 * @module
 */
import { attempt } from '../keying/attempt.js';
import { IpsecError } from '../errors.js';
import type { IkeAction, IkeEnv, OpenMessage } from './events.js';
import { decodeMessage, encodeMessage, type IkeMessage } from './message.js';
import type { Payload } from './payload-cases.js';
import { refusalOf } from './refusal.js';
import type { IkeSa, InitAnswered, Listener, Listening, Path, UdpEndpoint } from './states.js';
import { checkCritical, checkPayloads, findTransition } from './transition.js';
import { transitions } from './transitions.js';
import { wakeAtOf } from './wake-at.js';
import { keepReply } from './windows.js';

/** A datagram with an IKE message, without the Non-ESP Marker. */
export interface IkeDatagram {
  /** The message. */
  readonly data: Uint8Array;
  /** Where it came from. */
  readonly from: UdpEndpoint;
  /** Where it came to. */
  readonly to: UdpEndpoint;
}

/** What {@link respond} gives. */
export interface RespondResult {
  /** A half-open IKE SA, if one has begun. */
  readonly sa?: IkeSa | undefined;
  /** What is to be done. */
  readonly actions: readonly IkeAction[];
  /** When that IKE SA is to be woken. */
  readonly wakeAt: number;
}

/**
 * Answers an IKE_SA_INIT request. It throws nothing for what is in the datagram, and keeps nothing unless it answers with a public value.
 * A retransmitted request is the caller's to find: it belongs to the half-open IKE SA with the same octets in `message1`.
 */
export function respond({ data, from, to }: IkeDatagram, listener: Listener, env: IkeEnv): RespondResult {
  const path: Path = { local: to, remote: from };
  const { halfOpen, limits } = listener;
  if (halfOpen.total >= limits.total || halfOpen.fromAddress >= limits.perAddress)
    return nothing('half-open-limit', `${halfOpen.total} half-open IKE SAs, ${halfOpen.fromAddress} from this address`);
  const message = attempt(() => decodeMessage(data, env.limits));
  if (message instanceof IpsecError) return nothing('malformed', message.message);
  if (!beginsIkeSa(message)) return nothing('unexpected', `${message.exchange} with Message ID ${message.messageId} for no IKE SA`);
  const listening: Listening = { state: 'LISTENING', listener };
  const open: OpenMessage = { ...message, path };
  const outcome = attempt(() => {
    checkCritical(message.payloads);
    const transition = findTransition(transitions, 'LISTENING', open, undefined)!;
    checkPayloads(transition, open);
    return transition.run(listening as never, open, env, { request: undefined, answers: [] });
  });
  if (outcome instanceof IpsecError) {
    // RFC 6989 section 2.5: "the recipient MUST drop the message that contains an invalid KE payload"
    if (outcome.code === 'invalid-public-value') return nothing('dropped', outcome.message);
    return refuse(message, path, [refusalOf(outcome, message.payloads)], [{ type: 'audit', event: 'refused', detail: outcome.message }]);
  }
  const { sa, reply = [], actions } = outcome;
  if (sa.state !== 'INIT_ANSWERED') return refuse(message, path, reply, actions);
  return answer(sa, message, reply, actions);
}

/** RFC 7296 section 2.2: "The Message ID is a 32-bit quantity, which is zero for the IKE_SA_INIT messages". */
function beginsIkeSa({ exchange, messageId, isInitiator, isResponse, spiI, spiR }: IkeMessage): boolean {
  const zero = (spi: Uint8Array): boolean => spi.every((octet) => octet === 0);
  return exchange === 'IKE_SA_INIT' && messageId === 0 && isInitiator && !isResponse && !zero(spiI) && zero(spiR);
}

function answer(sa: InitAnswered, message: IkeMessage, payloads: readonly Payload[], actions: readonly IkeAction[]): RespondResult {
  const whole = encodeReply(message, sa.spiR, payloads);
  // What nobody has asked for is left out before the answer is longer than the request.
  const isLonger = whole.length > message.raw.length;
  const data = isLonger ? encodeReply(message, sa.spiR, payloads.filter(isNeeded)) : whole;
  const windows = keepReply(sa.windows, { messageId: 0, datagrams: [data] }, 1);
  const answered: InitAnswered = { ...sa, message2: data, windows };
  return { sa: answered, actions: [...actions, { type: 'send', data, path: sa.path }], wakeAt: wakeAtOf(answered) };
}

function isNeeded(payload: Payload): boolean {
  return payload.type !== 'N' || payload.notify !== 'CHILDLESS_IKEV2_SUPPORTED';
}

/** RFC 7296 section 2.6: "When the IKE_SA_INIT exchange does not result in the creation of an IKE SA due to INVALID_KE_PAYLOAD, NO_PROPOSAL_CHOSEN, or COOKIE, the responder's SPI will be zero also in the response message." */
function refuse(message: IkeMessage, path: Path, payloads: readonly Payload[], actions: readonly IkeAction[]): RespondResult {
  const data = encodeReply(message, new Uint8Array(8), payloads);
  // Whoever forges addresses is not to get more octets sent than he sends.
  if (data.length > message.raw.length) return { actions, wakeAt: Infinity };
  return { actions: [...actions, { type: 'send', data, path }], wakeAt: Infinity };
}

function encodeReply({ spiI }: IkeMessage, spiR: Uint8Array, payloads: readonly Payload[]): Uint8Array {
  return encodeMessage({ spiI, spiR, exchange: 'IKE_SA_INIT', isInitiator: false, isResponse: true, messageId: 0, payloads });
}

function nothing(event: Extract<IkeAction, { type: 'audit' }>['event'], detail: string): RespondResult {
  return { actions: [{ type: 'audit', event, detail }], wakeAt: Infinity };
}
