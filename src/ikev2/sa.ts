/**
 * One step of an IKE SA: what all rows of the transition table have in common. Framing, SPIs, Message IDs and windows, protection, the row
 * of the message, its payloads; then the handler; then the answer, the next request, the tasks that have waited.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { secretsIn } from '../keying/asks.js';
import { attempt } from '../keying/attempt.js';
import { closeSa, dropRequest } from './closing.js';
import type { Answered, IkeAction, IkeEnv, IkeEvent, OpenMessage, Outcome, StepResult } from './events.js';
import { decodeMessage, decodePayloads, type IkeMessage } from './message.js';
import { openMessage } from './open-message.js';
import type { PayloadOfType } from './payload-cases.js';
import { findNotify } from './pick.js';
import { refusalOf } from './refusal.js';
import { connectionOf, type Living, sealReply, sendRequest } from './send.js';
import type { Deleting, Established, IkeSa, OwnRequest, Path, Replaced, Windows, UdpEndpoint } from './states.js';
import { queueTask, type WithTasks } from './task-queue.js';
import { startTasks } from './tasks.js';
import { command, wakeEstablished } from './timers.js';
import { checkCritical, checkPayloads, findTransition } from './transition.js';
import { transitions } from './transitions.js';
import { retransmitDue } from './wake.js';
import { wakeAtOf } from './wake-at.js';
import { dropOutstanding, findRequest, keepReply, messageIdsLeft, placeRequest } from './windows.js';

/**
 * What becomes of an IKE SA when something happens. The one that is handed in does not change: the caller goes on with the one in the result,
 * and does the actions in their order.
 *
 * Nothing that a peer sends is thrown. What is not genuine changes nothing and is not answered.
 *
 * @param sa the IKE SA.
 * @param event what happens.
 * @param env time, randomness and decisions.
 * @throws IpsecError for a wrong command or a wrong `env` alone.
 */
export function step(sa: IkeSa, event: IkeEvent, env: IkeEnv): StepResult {
  if (sa.state === 'CLOSED') return { sa, actions: [], wakeAt: Infinity };
  const outcome = settle(happen(sa, event, env), env);
  const { sa: next, actions } = outcome;
  return { sa: next, actions: [...actions, ...moveChildren(sa, outcome)], wakeAt: wakeAtOf(next) };
}

/** Where a message has shown that the peer is elsewhere now, its Child SAs go there, too. */
function moveChildren(before: Living, { sa, actions }: Outcome): IkeAction[] {
  if (!('children' in before && 'children' in sa) || sa.children.length === 0) return [];
  const isSame = isSameEndpoint(before.path.local, sa.path.local) && isSameEndpoint(before.path.remote, sa.path.remote);
  if (isSame || actions.some(({ type }) => type === 'moved')) return [];
  return [{ type: 'moved', path: sa.path, spis: sa.children.map(({ spiIn }) => spiIn) }];
}

function isSameEndpoint(a: UdpEndpoint, b: UdpEndpoint): boolean {
  return a.port === b.port && equalBytes(a.address, b.address);
}

function happen(sa: Living, event: IkeEvent, env: IkeEnv): Outcome {
  switch (event.type) {
    case 'datagram':
      return receive(sa, event.data, { local: event.to, remote: event.from }, env);
    case 'wake':
      return wake(sa, env);
    case 'answer':
      return goOn(sa, event.value, env);
    default:
      if (isAuthenticated(sa)) return command(sa, event, env);
      // Before there is an IKE SA there is only its end.
      return event.type === 'delete' ? closeSa(sa, event.reason, undefined) : { sa, actions: [] };
  }
}

/** Starts what has waited for its turn. */
function settle(outcome: Outcome, env: IkeEnv): Outcome {
  const { sa, actions } = outcome;
  if (!isAuthenticated(sa)) return outcome;
  const left = messageIdsLeft(sa.windows);
  if (left === 'none') {
    const end = closeSa(sa, 'no Message IDs are left', undefined);
    return { sa: end.sa, actions: [...actions, ...end.actions] };
  }
  const started = startTasks(left === 'few' ? queueRekey(sa, env) : sa, env);
  return { sa: started.sa, actions: [...actions, ...started.actions] };
}

function queueRekey(sa: WithTasks, { now }: IkeEnv): WithTasks {
  const kinds = [...sa.tasks.map(({ kind }) => kind), ...sa.windows.outstanding.map(({ about }) => about.kind)];
  if (sa.state !== 'ESTABLISHED' || kinds.includes('rekeyIke') || kinds.includes('deleteIke')) return sa;
  return queueTask(sa, { kind: 'rekeyIke', notBefore: now });
}

// ------------------------------------------------------------------------------------------------------------------ time

function wake(sa: Living, env: IkeEnv): Outcome {
  if (env.now >= sa.deadlines.expire && !isAuthenticated(sa)) return closeSa(sa, 'it took too long', timeout(sa));
  const resent = retransmitDue(env.now >= sa.windows.queuesExpire ? forgetFragments(sa) : sa, env);
  if (resent.sa.state === 'CLOSED') return resent;
  const { sa: next } = resent;
  if (!isAuthenticated(next)) return resent;
  const woken = wakeEstablished(next, env);
  return { sa: woken.sa, actions: [...resent.actions, ...woken.actions] };
}

function timeout(sa: Living): IpsecError {
  // Who was told that it is refused has no reason to go on.
  if (sa.state === 'EAP_REQUESTED' && sa.refusal) return sa.refusal;
  return new IpsecError('timeout', `IKE SA with ${connectionOf(sa).name}`, {
    expected: 'the next message of the peer',
    found: 'none in time',
  });
}

// -------------------------------------------------------------------------------------------------------------- messages

function receive(sa: Living, data: Uint8Array, path: Path, env: IkeEnv): Outcome {
  const message = attempt(() => decodeMessage(data, env.limits));
  if (message instanceof IpsecError) return drop(sa, 'malformed', message.message);
  const wrong = foreign(sa, message);
  if (wrong !== undefined) return drop(sa, 'unexpected', wrong);
  return message.isResponse ? receiveResponse(sa, message, path, env) : receiveRequest(sa, message, path, env);
}

/** Why a message is not for this IKE SA at all. */
function foreign(sa: Living, { spiI, spiR, isInitiator, isResponse, exchange }: IkeMessage): string | undefined {
  if (!equalBytes(spiI, sa.spiI)) return 'another SPIi';
  // RFC 7296 section 2.6: "if the responder sends a non-zero responder SPI, the initiator should not reject the response for only that reason."
  if (sa.state !== 'INIT_SENT' && exchange !== 'IKE_SA_INIT' && !equalBytes(spiR, sa.spiR)) return 'another SPIr';
  // RFC 7296 section 3.1: the Initiator flag "MUST be set in messages sent by the original initiator of the IKE SA and MUST be cleared in messages
  // sent by the original responder."
  if (isInitiator === (sa.role === 'initiator')) return 'a message of our own role';
  if ((exchange === 'IKE_SA_INIT') !== (sa.state === 'INIT_SENT') && !(sa.state === 'INIT_ANSWERED' && !isResponse))
    return `${exchange} in ${sa.state}`;
  return undefined;
}

function receiveRequest(sa: Living, message: IkeMessage, path: Path, env: IkeEnv): Outcome {
  if (message.exchange === 'IKE_SA_INIT') return repeatInit(sa, message);
  const place = placeRequest(sa.windows, message.messageId, windowSizeOf(sa));
  // RFC 7296 section 2.3: "the invalid request MUST NOT be acknowledged."
  if (place.kind === 'outside') return drop(sa, 'replayed', `Message ID ${message.messageId}, expected ${sa.windows.nextPeerId}`);
  const opened = openMessage(sa, message, sa.windows.requestQueue);
  if (opened.kind === 'refused') return drop(sa, opened.event, opened.detail);
  if (opened.kind === 'overflow') return dropConnection(forgetFragments(sa), env);
  if (place.kind === 'repeated') {
    // RFC 7296 section 2.1: "the responder MUST ignore the retransmitted request except insofar as it causes a retransmission of the response."
    // Another exchange with its Message ID is none: its octet 18 says so.
    const isSame = opened.repeats && place.reply.datagrams.every((data) => data[18] === message.raw[18]);
    const sends = isSame ? place.reply.datagrams.map((data): IkeAction => ({ type: 'send', data, path })) : [];
    return { sa, actions: sends };
  }
  // While one waits for an answer from outside, another one must not take its place: the answer would be that to the other's question.
  if (sa.waiting && !isAuthenticated(sa))
    return drop(sa, 'unexpected', `${message.exchange} request, while another one waits to be answered`);
  if (opened.kind === 'kept') return keepFragment(sa, { requestQueue: opened.queue }, env);
  const heard = hear({ ...sa, windows: { ...sa.windows, requestQueue: undefined, queuesExpire: Infinity } }, path, env);
  const payloads = attempt(() => decodePayloads(opened.firstPayload, opened.octets, env.limits));
  const open: OpenMessage = { ...message, payloads: payloads instanceof IpsecError ? [] : payloads, path };
  if (payloads instanceof IpsecError) {
    const error = new IpsecError('invalid-syntax', payloads.message, { cause: payloads });
    return withFarewell(refuseRequest(heard, open, error, env), open);
  }
  return withFarewell(answerRequest(heard, open, env, []), open);
}

/** The last answer outlives its IKE SA a little: if it is lost on the way, the request comes again. */
function withFarewell(outcome: Outcome, { messageId, raw }: OpenMessage): Outcome {
  if (outcome.sa.state !== 'CLOSED') return outcome;
  const reply = outcome.sa.windows.replies.find((other) => other.messageId === messageId);
  if (reply === undefined || reply.datagrams.length === 0) return outcome;
  return { ...outcome, actions: [...outcome.actions, { type: 'farewell', request: raw.slice(), datagrams: reply.datagrams }] };
}

/** A retransmitted IKE_SA_INIT request. RFC 7296 section 2.1: "the responder retransmits the same response", but once IKE_AUTH has come it "ignores it". */
function repeatInit(sa: Living, message: IkeMessage): Outcome {
  if (sa.state !== 'INIT_ANSWERED' || sa.windows.nextPeerId !== 1 || !equalBytes(message.raw, sa.message1))
    return drop(sa, 'unexpected', 'an IKE_SA_INIT request that is none of ours');
  return {
    sa,
    actions: sa.windows.replies.flatMap(({ datagrams }) => datagrams).map((data): IkeAction => ({ type: 'send', data, path: sa.path })),
  };
}

function answerRequest(sa: Living, message: OpenMessage, env: IkeEnv, answers: readonly Answered[]): Outcome {
  // Who has proved nothing yet gets no answer to what is out of turn, and moves nothing by it.
  if (!isAuthenticated(sa) && findTransition(transitions, sa.state, message, undefined) === undefined)
    return drop(sa, 'unexpected', `${message.exchange} request in ${sa.state}`);
  const outcome = attempt(() => run(sa, message, undefined, env, answers));
  if (outcome instanceof IpsecError) return refuseRequest(sa, message, outcome, env);
  return finishRequest(outcome, sa, message, env);
}

function endAfter(finished: Outcome, error: IpsecError): Outcome {
  const end = closeSa(finished.sa, 'a request was refused', error);
  return { sa: end.sa, actions: [...finished.actions, ...end.actions] };
}

/** The one row that takes a message, and what it does. */
function run(sa: Living, message: OpenMessage, request: OwnRequest | undefined, env: IkeEnv, answers: readonly Answered[]): Outcome {
  checkCritical(message.payloads);
  const transition = findTransition(transitions, sa.state, message, request?.about.kind);
  if (transition === undefined)
    throw new IpsecError('invalid-syntax', `an IKE SA in state ${sa.state}`, {
      expected: `an exchange that has its turn`,
      found: `${message.exchange} ${message.isResponse ? 'response' : 'request'}`,
    });
  checkPayloads(transition, message);
  return transition.run(sa as never, message, env, { request, answers }) as Outcome;
}

/** What is refused has changed nothing. The peer learns one notification, our log the whole reason. */
function refuseRequest(sa: Living, message: OpenMessage, error: IpsecError, env: IkeEnv): Outcome {
  const notify = refusalOf(error, message.payloads);
  const refused: Outcome = { sa, reply: [notify], actions: [audit('refused', error.message)] };
  const finished = finishRequest(refused, sa, message, env);
  return isFatal(sa, notify) ? endAfter(finished, error) : finished;
}

/**
 * RFC 7296 section 2.21.3: "this error notification is considered fatal in both peers, meaning that the IKE SA is deleted without needing an explicit Delete
 * payload." Section 2.21.2 has UNSUPPORTED_CRITICAL_PAYLOAD, INVALID_SYNTAX and AUTHENTICATION_FAILED among those that "the only ones to cause
 * the IKE SA to be deleted or not created, without a Delete payload".
 */
function isFatal(sa: Living, { notify }: PayloadOfType<'N'>): boolean {
  return (
    notify === 'INVALID_SYNTAX' || notify === 'AUTHENTICATION_FAILED' || (notify === 'UNSUPPORTED_CRITICAL_PAYLOAD' && !isAuthenticated(sa))
  );
}

/** Seals the answer and keeps it. */
function finishRequest(outcome: Outcome, before: Living, message: OpenMessage, env: IkeEnv): Outcome {
  const { sa, reply, ask, actions, request } = outcome;
  const waiting = ask && { message, request: undefined, ask, answers: before.waiting?.answers ?? [] };
  const datagrams = ask ? [] : sealReply(before, message, reply ?? [], env);
  const windows = keepReply(sa.windows, { messageId: message.messageId, datagrams }, windowSizeOf(before));
  const sends = datagrams.map((data): IkeAction => ({ type: 'send', data, path: message.path }));
  const next: IkeSa = { ...sa, windows, waiting };
  const answered = ask ? [{ type: 'ask', ask } as const] : [];
  // RFC 7296 section 2.8: "The responder to a CREATE_CHILD_SA MUST be prepared to accept messages on an SA before sending its response to the creation
  // request". All else comes behind it: what a new IKE SA has to say must not overtake the answer that brings it about.
  const isReady = ({ type }: IkeAction): boolean => type === 'established' || type === 'installChild' || type === 'newIkeSa';
  const [installs, others] = [actions.filter(isReady), actions.filter((action) => !isReady(action))];
  return send({ sa: next, request, actions: [...installs, ...sends, ...others, ...answered] }, env);
}

function receiveResponse(sa: Living, message: IkeMessage, path: Path, env: IkeEnv): Outcome {
  const request = findRequest(sa.windows, message.messageId);
  if (request?.exchange !== message.exchange)
    return drop(sa, 'unexpected', `an answer to ${message.exchange} ${message.messageId}, which we did not ask`);
  if (sa.state === 'INIT_SENT') return finishResponse(sa, { ...message, path }, request, env);
  const opened = openMessage(sa, message, sa.windows.responseQueue);
  if (opened.kind === 'refused') return drop(sa, opened.event, opened.detail);
  if (opened.kind === 'overflow') return dropConnection(forgetFragments(sa), env);
  if (opened.kind === 'kept') return keepFragment(sa, { responseQueue: opened.queue }, env);
  const heard = hear(sa, path, env);
  const payloads = attempt(() => decodePayloads(opened.firstPayload, opened.octets, env.limits));
  if (payloads instanceof IpsecError) return fail(heard, request, payloads, env);
  return finishResponse(heard, { ...message, payloads, path }, request, env);
}

function finishResponse(sa: Living, message: OpenMessage, request: OwnRequest, env: IkeEnv, answers: readonly Answered[] = []): Outcome {
  const windows: Windows = dropOutstanding(sa.windows, request);
  // RFC 7296 section 2.21.3 again: what the peer says of our request ends the IKE SA for both.
  if (isAuthenticated(sa) && findNotify(message.payloads, 'INVALID_SYNTAX'))
    return closeSa(
      sa,
      'the peer refused a request',
      new IpsecError('peer-refused', `${message.exchange}`, { expected: 'an answer', found: 'INVALID_SYNTAX' }),
    );
  const outcome = attempt(() => run({ ...sa, windows, waiting: undefined }, message, request, env, answers));
  if (outcome instanceof IpsecError) {
    // Before there are keys anybody can answer: the right answer may still come.
    if (sa.state === 'INIT_SENT') return drop(sa, 'malformed', outcome.message);
    return fail(sa, request, outcome, env);
  }
  const { ask, actions } = outcome;
  if (!ask) return send(outcome, env);
  const waiting = { message, request, ask, answers };
  return {
    sa: { ...outcome.sa, waiting },
    actions: [...actions, { type: 'ask', ask }],
  };
}

/**
 * An answer that we cannot live with. RFC 7296 section 2.21: "Such errors in parsing or processing response packets should still cause the recipient
 * to clean up the IKE state (for example, by sending a Delete for a bad SA)."
 */
function fail(before: Living, request: OwnRequest, error: IpsecError, env: IkeEnv): Outcome {
  const sa: Living = { ...before, windows: dropOutstanding(before.windows, request), waiting: undefined };
  const released = dropRequest(request.about);
  if (sa.state === 'ESTABLISHED' || sa.state === 'REPLACED') {
    const asked = command(sa, { type: 'delete', reason: error.message }, env);
    return { ...asked, actions: [audit('malformed', error.message), ...released, ...asked.actions] };
  }
  const end = closeSa(sa, 'an answer could not be accepted', error);
  return { sa: end.sa, actions: [...released, ...end.actions] };
}

/** Sends the request that a handler wants to have sent. */
function send({ sa, request, actions }: Outcome, env: IkeEnv): Outcome {
  if (request === undefined || sa.state === 'CLOSED') return { sa, actions };
  const sent = sendRequest(sa, request, env);
  return { sa: sent.sa, actions: [...actions, ...sent.actions] };
}

/** An answer from outside: the handler that asked runs anew. */
function goOn(sa: Living, value: unknown, env: IkeEnv): Outcome {
  if (sa.waiting === undefined) return { sa, actions: secretsIn(value).map((secret) => ({ type: 'wipe', secrets: [secret] })) };
  const { message, request, answers } = sa.waiting;
  const all = [...answers, { ask: sa.waiting.ask, value }];
  if (request) return finishResponse(sa, message, request, env, all);
  return withFarewell(answerRequest({ ...sa, waiting: { ...sa.waiting, answers: all } }, message, env, all), message);
}

/**
 * A fresh, genuine message came. RFC 7296 section 2.23: a host "that is not behind a NAT, SHOULD send all packets (including retransmission packets) to
 * the IP address and port in the validated packet". The initiator's move to port 4500 comes the same way.
 */
function hear(sa: Living, path: Path, { now }: IkeEnv): Living {
  const heard = 'heardAt' in sa ? { ...sa, heardAt: now } : sa;
  const follows = heard.state === 'INIT_ANSWERED' || ('nat' in heard && heard.nat.follow);
  return follows ? { ...heard, path } : heard;
}

/** How long fragments wait for the others: as long as an initiator goes on sending them, or nearly. */
const fragmentsLifetime = 60_000;

function keepFragment(sa: Living, queue: Partial<Windows>, { now }: IkeEnv): Outcome {
  const queuesExpire = Math.min(sa.windows.queuesExpire, now + fragmentsLifetime);
  return { sa: { ...sa, windows: { ...sa.windows, ...queue, queuesExpire } }, actions: [] };
}

/** RFC 7383 section 5: "the receiver SHOULD drop the connection and discard all the received fragments." */
function dropConnection(sa: Living, env: IkeEnv): Outcome {
  const error = new IpsecError('limit-exceeded', 'fragments of a message', {
    expected: 'no more octets than the limits allow',
    found: 'more',
  });
  if (sa.state === 'ESTABLISHED' || sa.state === 'REPLACED') return command(sa, { type: 'delete', reason: error.message }, env);
  return closeSa(sa, 'a message was too long', error);
}

function forgetFragments(sa: Living): Living {
  return { ...sa, windows: { ...sa.windows, requestQueue: undefined, responseQueue: undefined, queuesExpire: Infinity } };
}

function windowSizeOf(sa: Living): number {
  // RFC 7296 section 2.3: "The window size is always one until the initial exchanges complete."
  return isAuthenticated(sa) ? sa.connection.options.windowSize : 1;
}

function isAuthenticated(sa: IkeSa): sa is Established | Replaced | Deleting {
  return sa.state === 'ESTABLISHED' || sa.state === 'REPLACED' || sa.state === 'DELETING';
}

function drop(sa: IkeSa, event: Extract<IkeAction, { type: 'audit' }>['event'], detail: string): Outcome {
  return { sa, actions: [audit(event, detail)] };
}

function audit(event: Extract<IkeAction, { type: 'audit' }>['event'], detail: string): IkeAction {
  return { type: 'audit', event, detail };
}
