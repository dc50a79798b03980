/**
 * One step of an IKE SA of IKEv1: what all rows of the transition table have in common. Framing, cookies, fragments, repetitions, encryption, hashes, the row of the
 * message, its payloads; then the handler; then the answer and what begins besides.
 *
 * @module
 */
import { equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { secretsIn } from '../keying/asks.js';
import { attempt } from '../keying/attempt.js';
import type { AuditEvent, IkeEnv } from '../keying/machine.js';
import type { Path, UdpEndpoint } from '../keying/path.js';
import { closeSa, dropExchange } from './closing.js';
import { command } from './commands.js';
import type { Ikev1Action, Ikev1Event, Outcome, StepResult } from './events.js';
import { beginExchange, connectionOf, cryptoOf, repeat, sendFirst, sendIn } from './send.js';
import { countUnderWay, findExchange, keepExchange, mostUnderWay, retention } from './exchanges.js';
import { addFragment } from './fragment.js';
import type { Nonces } from './keys.js';
import { decodeMessage, type Ikev1Message } from './message.js';
import { describe, openEncrypted } from './open.js';
import type { PayloadOfType } from './payload-cases.js';
import { tellFailure } from './quick-end.js';
import { refusalOf } from './refusal.js';
import type { About, Answered, Exchange, ExchangeName, FirstMessage, OpenMessage } from './requests.js';
import { type Ikev1Sa, isAuthenticated, type Living } from './states.js';
import { strayNotify } from './stray.js';
import { startTasks } from './tasks.js';
import { checkPayloads, findTransition } from './transition.js';
import { transitions } from './transitions.js';
import { wake } from './wake.js';
import { wakeAtOf } from './wake-at.js';

/**
 * What becomes of an IKE SA when something happens. The one that is handed in does not change: the caller goes on with the one in the result, and does the actions
 * in their order.
 *
 * Nothing that a peer sends is thrown. What is not genuine changes nothing but counters, and is not answered.
 *
 * @param sa the IKE SA.
 * @param event what happens.
 * @param env time, randomness and decisions.
 * @throws IpsecError for a wrong command or a wrong `env` alone.
 */
export function step(sa: Ikev1Sa, event: Ikev1Event, env: IkeEnv): StepResult {
  if (sa.state === 'CLOSED') return { sa, actions: [], wakeAt: Infinity };
  const happened = happen(sa, event, env);
  const { sa: next, actions } = settle(happened, env);
  return { sa: next, actions: [...actions, ...moveChildren(sa, next, actions)], wakeAt: wakeAtOf(next) };
}

/** Where a message has shown that the peer is elsewhere now, its Child SAs go there, too. */
function moveChildren(before: Living, sa: Ikev1Sa, actions: readonly Ikev1Action[]): Ikev1Action[] {
  if (!isAuthenticated(before) || !isAuthenticated(sa) || sa.children.length === 0) return [];
  const isSame = isSameEndpoint(before.path.local, sa.path.local) && isSameEndpoint(before.path.remote, sa.path.remote);
  if (isSame || actions.some(({ type }) => type === 'moved')) return [];
  return [{ type: 'moved', path: sa.path, spis: sa.children.map(({ spiIn }) => spiIn) }];
}

function isSameEndpoint(a: UdpEndpoint, b: UdpEndpoint): boolean {
  return a.port === b.port && equalBytes(a.address, b.address);
}

/** An IKE SA, and what is to be done: all that was to be sent is among it. */
interface Done {
  readonly sa: Ikev1Sa;
  readonly actions: readonly Ikev1Action[];
}

function happen(sa: Living, event: Ikev1Event, env: IkeEnv): Done {
  switch (event.type) {
    case 'datagram':
      return receive(sa, event.data, { local: event.to, remote: event.from }, env);
    case 'wake': {
      const woken = wake(sa, env);
      return finish(sa, woken, undefined, env);
    }
    case 'answer':
      return goOn(sa, event.value, env);
    default:
      if (isAuthenticated(sa)) return finish(sa, command(sa, event, env), undefined, env);
      return event.type === 'delete' ? closeSa(sa, event.reason, undefined) : { sa, actions: [] };
  }
}

/** Starts what has waited for its turn, one after the other. */
function settle({ sa, actions }: Done, env: IkeEnv): Done {
  if (sa.state !== 'ESTABLISHED') return { sa, actions };
  const started = startTasks(sa, env, (current, outcome) => finish(current, outcome, undefined, env));
  return { sa: started.sa, actions: [...actions, ...started.actions] };
}

// -------------------------------------------------------------------------------------------------------------- messages

function receive(sa: Living, data: Uint8Array, path: Path, env: IkeEnv): Done {
  const header = attempt(() => decodeMessage(data, env.limits));
  if (header instanceof IpsecError) return drop(sa, 'malformed', header.message);
  const wrong = foreign(sa, header);
  if (wrong !== undefined) return drop(sa, 'unexpected', wrong);
  const fragment = fragmentIn(header);
  if (!fragment) return receiveWhole(sa, header, data, path, env);
  const joined = attempt(() => addFragment(sa.fragments, fragment, env.limits?.octets));
  if (joined instanceof IpsecError) return drop({ ...sa, fragments: undefined }, 'dropped', joined.message);
  if ('set' in joined) return { sa: { ...sa, fragments: joined.set }, actions: [] };
  const whole = attempt(() => decodeMessage(joined.message, env.limits));
  const rest: Living = { ...sa, fragments: undefined };
  if (whole instanceof IpsecError) return drop(rest, 'malformed', whole.message);
  const odd = fragmentIn(whole) ? 'a fragment of fragments' : foreign(sa, whole);
  return odd === undefined ? receiveWhole(rest, whole, joined.message, path, env) : drop(rest, 'unexpected', odd);
}

/** Why a message is not for this IKE SA at all. */
function foreign(sa: Living, { ckyI, ckyR }: Ikev1Message): string | undefined {
  if (!equalBytes(ckyI, sa.spiI)) return 'another CKY-I';
  const isZero = ckyR.every((octet) => octet === 0);
  // The responder has not chosen its cookie yet, or the initiator repeats its first message, which does not know it.
  if (sa.state === 'MAIN_I1' || sa.state === 'AGGRESSIVE_I1') return isZero ? 'no CKY-R' : undefined;
  if (isZero && sa.role === 'responder' && !isAuthenticated(sa)) return undefined;
  return equalBytes(ckyR, sa.spiR) ? undefined : 'another CKY-R';
}

function fragmentIn(message: Ikev1Message): PayloadOfType<'FRAG'> | undefined {
  if (message.isEncrypted) return undefined;
  const [first] = message.payloads;
  return first?.type === 'FRAG' && message.payloads.length === 1 ? first : undefined;
}

function receiveWhole(sa: Living, header: Ikev1Message, raw: Uint8Array, path: Path, env: IkeEnv): Done {
  const { messageId } = header;
  const exchange = findExchange(sa, messageId, header.exchange);
  if (exchange?.received && equalBytes(exchange.received, raw)) return sa.waiting ? { sa, actions: [] } : repeat(sa, exchange);
  // While one waits for an answer from outside, another one must not take its place: the answer would be that to the other's question.
  if (sa.waiting) return drop(sa, 'unexpected', `a message of ${header.exchange}, while another one waits to be answered`);
  const misplaced = explainPlace(sa, header);
  if (misplaced !== undefined) return drop(sa, 'unexpected', misplaced);
  if (!header.isEncrypted) {
    if (header.exchange === 'Informational') return strayNotify(sa, header.payloads, env);
    if (messageId !== 0 || isAuthenticated(sa)) return drop(sa, 'unexpected', `${header.exchange} without encryption in ${sa.state}`);
    return take(sa, exchange, { message: describe(header, header.payloads, false, raw, path), nextIv: undefined }, env, []);
  }
  if (!('crypto' in sa)) return drop(sa, 'unexpected', `an encrypted message of ${header.exchange} before there are keys`);
  // The last message of phase 1 may be lost, or later than the first one of phase 2.
  const isEarly = messageId !== 0 && header.exchange !== 'Informational' && !isAuthenticated(sa);
  if (isEarly) return early(sa, `a message of ${header.exchange} in ${sa.state}`);
  const opened = openEncrypted(sa, exchange, header, raw, path, env);
  if (opened instanceof IpsecError) {
    if (isAuthenticated(sa)) return drop(sa, opened.code === 'authentication-failed' ? 'icv' : 'malformed', opened.message);
    // A wrong pre-shared key shows itself so: in the proof of the peer, or in what it says to ours.
    const refusal = new IpsecError('authentication-failed', 'an encrypted message of phase 1', {
      expected: 'one under the key that the secret of both sides leads to',
      found: opened.message,
      cause: opened,
    });
    if (header.exchange === 'Informational') return drop({ ...sa, refusal: sa.refusal ?? refusal }, 'malformed', opened.message);
    return drop({ ...sa, refusal }, 'refused', refusal.message);
  }
  // Under keys that nobody is proved to hold yet it is a hint all the same.
  if (header.exchange === 'Informational' && !isAuthenticated(sa)) return strayNotify(sa, opened.message.payloads, env);
  return take(sa, exchange, opened, env, []);
}

/**
 * Why no exchange has a message of that name under that Message ID, or nobody may say it without our cookie. RFC 2408 section 3.1: "During Phase 1 negotiations, the value
 * MUST be set to 0." Nothing but phase 1 does without a HASH, so nothing else may be taken for it; and an exchange must not take the place of another one, which would lose
 * what that has reserved. Informational messages are kept nowhere, and some of them have the Message ID of the exchange that they speak of.
 */
function explainPlace(sa: Living, { ckyR, exchange, messageId }: Ikev1Message): string | undefined {
  // Who forges his address never sees our cookie; that is what it is for.
  if (ckyR.every((octet) => octet === 0)) return `${exchange} without our cookie`;
  const known = messageId === 0 ? sa.phase1 : isAuthenticated(sa) && sa.exchanges.find((one) => one.messageId === messageId);
  if (exchange === 'Informational' || !known || known.exchange === exchange) return undefined;
  return `${exchange} under the Message ID of ${known.exchange}`;
}

/**
 * Whoever begins phase 2 takes phase 1 for over. Where we still wait for the last message of aggressive mode that one was lost: our own, once more, brings it back. Nobody gets
 * octets for it that have another's address: only who has got our cookie knows it.
 */
function early(sa: Living, what: string): Done {
  const dropped = drop(sa, 'unexpected', what);
  if (sa.state !== 'AGGRESSIVE_R1') return dropped;
  const again = repeat(sa, sa.phase1);
  return { sa: again.sa, actions: [...dropped.actions, ...again.actions] };
}

// -------------------------------------------------------------------------------------------------------------- handlers

interface Taken {
  readonly message: OpenMessage;
  readonly nextIv: Uint8Array | undefined;
}

/** The one row that takes a message, and what it does. */
function take(sa: Living, exchange: Exchange | undefined, taken: Taken, env: IkeEnv, answers: readonly Answered[]): Done {
  const { message } = taken;
  const kind = exchange?.about.kind ?? 'new';
  const transition = findTransition(transitions, sa.state, message, kind);
  if (transition === undefined) return drop(sa, 'unexpected', `${message.exchange} in ${sa.state}${exchange ? `, about ${kind}` : ''}`);
  if (!exchange && isAuthenticated(sa) && countUnderWay(sa.exchanges) >= mostUnderWay)
    return drop(sa, 'dropped', `${message.exchange}: ${mostUnderWay} exchanges are under way`);
  const current = place(sa, exchange, message, env);
  const outcome = attempt(() => {
    checkPayloads(transition, message);
    return transition.run(current as never, message, env, { exchange, answers });
  });
  if (outcome instanceof IpsecError) return refuse(sa, current, exchange, taken, outcome, env);
  if (outcome.sa.state === 'LISTENING') return { sa, actions: outcome.actions };
  return finish(current, outcome as Outcome, { exchange, taken, answers }, env);
}

/** What is refused has changed nothing but what a log says of it. */
function refuse(before: Living, current: Living, exchange: Exchange | undefined, taken: Taken, error: IpsecError, env: IkeEnv): Done {
  const { message } = taken;
  // Nobody vouches for a message of phase 1 until its proof is right: the genuine one may still come.
  if (!isAuthenticated(current)) return drop({ ...before, refusal: error, waiting: undefined }, 'refused', error.message);
  const audit: Ikev1Action = { type: 'audit', event: 'refused', detail: error.message };
  if (message.exchange === 'Informational') return { sa: { ...current, waiting: undefined }, actions: [audit] };
  const over = exchange ?? beginExchange(message.messageId, message.exchange as ExchangeName, undefined, env);
  const failed = exchange ? dropExchange(exchange.about) : [];
  const told: FirstMessage = { exchange: 'Informational', payloads: [refusalOf(error, current)], awaitsAnswer: false };
  const ended = endedBy(over, taken, env);
  const outcome: Outcome = {
    sa: keepExchange({ ...current, waiting: undefined }, ended),
    begin: [told],
    actions: [audit, ...failed, ...tellFailure(over.about, error)],
  };
  return finish(current, outcome, undefined, env);
}

/** An exchange that is over because of the peer's last message. */
function endedBy(exchange: Exchange, { message: { raw }, nextIv }: Taken, { now }: IkeEnv): Exchange {
  return { ...exchange, iv: nextIv, received: raw.slice(), sent: undefined, about: { kind: 'done' }, expires: now + retention };
}

interface Finishing {
  readonly exchange: Exchange | undefined;
  readonly taken: Taken;
  readonly answers: readonly Answered[];
}

/** Sends what a handler wants to have sent, and brings its exchange up to date. */
function finish(before: Living, outcome: Outcome, done: Finishing | undefined, env: IkeEnv): Done {
  const { ask, actions } = outcome;
  if (ask && done) {
    const { taken, answers } = done;
    const waiting = { ...taken, ask, answers };
    return { sa: { ...outcome.sa, waiting }, actions: [...actions, { type: 'ask', ask }] };
  }
  const options = {
    connection: connectionOf(outcome.sa.state === 'CLOSED' ? before : outcome.sa),
    crypto: cryptoOf(outcome.sa) ?? cryptoOf(before),
  };
  // The clock and the caller may come while a message waits for an answer from outside: it goes on waiting.
  let current: Ikev1Sa = done ? withoutHints({ ...outcome.sa, waiting: undefined }) : outcome.sa;
  const sends: Ikev1Action[] = [];
  if (done && done.taken.message.exchange !== 'Informational') {
    const { exchange, taken } = done;
    const { message, nextIv } = taken;
    const old = exchange ?? beginExchange(message.messageId, message.exchange as ExchangeName, undefined, env);
    const about: About = message.messageId === 0 ? old.about : (outcome.about ?? { kind: 'done' });
    const expires = about.kind === 'done' ? env.now + retention : Infinity;
    const next: Exchange = { ...old, iv: nextIv ?? old.iv, received: message.raw.slice(), sent: undefined, about, expires };
    if (outcome.send) {
      const sent = sendIn(current, next, outcome.send, env, { ...options, nonces: noncesOf(old.about, about, message) });
      current = sent.sa;
      sends.push(...sent.actions);
    } else current = keepExchange(current, next);
  }
  for (const first of outcome.begin ?? []) {
    const sent = sendFirst(current, first, env, options);
    current = sent.sa;
    sends.push(...sent.actions);
  }
  // What is made possible comes first, then the message that has the peer use it, then all else.
  const isReady = ({ type }: Ikev1Action): boolean => type === 'established' || type === 'installChild';
  return { sa: current, actions: [...actions.filter(isReady), ...sends, ...actions.filter((action) => !isReady(action))] };
}

/** The peer goes on with phase 1: what strangers have said of it does not count any more, nor does it end earlier for that. */
function withoutHints(sa: Ikev1Sa): Ikev1Sa {
  if (sa.role === 'responder' || sa.state === 'CLOSED' || isAuthenticated(sa)) return sa;
  return { ...sa, refusal: undefined, deadlines: { ...sa.deadlines, expire: Infinity } };
}

/** What HASH(2) and HASH(3) cover: our own nonce is known from what the exchange is about, the peer's stands in its message. */
function noncesOf(before: About, after: About, { payloads }: OpenMessage): Nonces | undefined {
  if (after.kind === 'quick-answered') return after;
  const theirs = payloads.find((payload) => payload.type === 'Nonce');
  return before.kind === 'quick-offered' && theirs ? { Ni: before.Ni, Nr: theirs.data } : undefined;
}

/** An answer from outside: the handler that asked runs anew. */
function goOn(sa: Living, value: unknown, env: IkeEnv): Done {
  if (sa.waiting === undefined) return { sa, actions: secretsIn(value).map((secret) => ({ type: 'wipe', secrets: [secret] })) };
  const { message, nextIv, ask, answers } = sa.waiting;
  const rest: Living = { ...sa, waiting: undefined };
  return take(rest, findExchange(sa, message.messageId, message.exchange), { message, nextIv }, env, [...answers, { ask, value }]);
}

/**
 * Where the peer is, as a message shows. In phase 2 only the answer to something that chance has made is fresh: a first message may be an old one that somebody
 * repeats from elsewhere, genuine as it is.
 */
function place(sa: Living, exchange: Exchange | undefined, { path }: OpenMessage, { now }: IkeEnv): Living {
  if (!isAuthenticated(sa)) return sa.role === 'responder' ? { ...sa, path } : sa;
  return exchange ? { ...sa, heardAt: now, ...(sa.nat.follow && { path }) } : sa;
}

function drop(sa: Ikev1Sa, event: AuditEvent, detail: string): Done {
  return { sa, actions: [{ type: 'audit', event, detail }] };
}
