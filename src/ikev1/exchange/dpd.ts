/**
 * Dead Peer Detection: RFC 3706.
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { attempt } from '../../keying/attempt.js';
import type { IkeEnv } from '../../keying/machine.js';
import type { Path } from '../../keying/path.js';
import { retransmitDelay } from '../../keying/retransmission.js';
import { closeSa } from '../closing.js';
import type { Ikev1Action, Outcome } from '../events.js';
import { type Cookies, createDpd, readDpd } from '../notify-data.js';
import type { PayloadOfType } from '../payload-cases.js';
import type { FirstMessage } from '../requests.js';
import type { AuthenticatedSa, Closed, DpdState } from '../states.js';

type Unanswered = NonNullable<DpdState['unanswered']>;

// ---------------------------------------------------------------------------------------------------------------- we ask

/** Asks whether the peer is alive, unless it is asked already, or has never said that it understands the question. */
export function checkLiveness(sa: AuthenticatedSa, env: IkeEnv): Outcome<AuthenticatedSa> {
  if (sa.dpd.unanswered !== undefined || !sa.abilities.dpd) return { sa, actions: [] };
  return askAgain(sa, { sequence: sa.dpd.nextSequence, tries: 0, retryAt: env.now }, env);
}

/**
 * What Dead Peer Detection does by the clock: it asks where nothing was heard for long, asks again, and gives the peer up.
 *
 * RFC 3706 section 5.4 leaves it to us when to ask: where the peer was heard on one of its Child SAs, it is alive.
 */
export function wakeDpd(sa: AuthenticatedSa, env: IkeEnv): Outcome<AuthenticatedSa | Closed> {
  const { unanswered } = sa.dpd;
  if (unanswered && env.now >= unanswered.retryAt) return retry(sa, unanswered, env);
  if (env.now < sa.deadlines.liveness) return { sa, actions: [] };
  const { livenessInterval } = sa.connection.options;
  const next = heardAt(sa, env) + livenessInterval;
  if (next > env.now) return { sa: withLiveness(sa, next), actions: [] };
  return checkLiveness(withLiveness(sa, env.now + livenessInterval), env);
}

function withLiveness(sa: AuthenticatedSa, liveness: number): AuthenticatedSa {
  return { ...sa, deadlines: { ...sa.deadlines, liveness } };
}

/** When a fresh, genuine message or packet of the peer last came. */
function heardAt(sa: AuthenticatedSa, env: IkeEnv): number {
  return Math.max(sa.heardAt, env.heardAt?.(sa.children.map(({ spiIn }) => spiIn)) ?? -Infinity);
}

function retry(sa: AuthenticatedSa, unanswered: Unanswered, env: IkeEnv): Outcome<AuthenticatedSa | Closed> {
  const { established } = sa.connection.options;
  if (heardAt(sa, env) >= unanswered.askedAt) return { sa: answered(sa, unanswered.sequence), actions: [] };
  if (unanswered.tries < established.tries) return askAgain(sa, unanswered, env);
  const error = new IpsecError('timeout', `the peer of connection ${sa.connection.name}`, {
    expected: 'R-U-THERE-ACK',
    found: `none to ${unanswered.tries} R-U-THERE`,
  });
  return closeSa(sa, 'the peer does not answer', error);
}

function askAgain(
  sa: AuthenticatedSa,
  { sequence, tries, ...rest }: Omit<Unanswered, 'askedAt'> & Partial<Unanswered>,
  env: IkeEnv,
): Outcome<AuthenticatedSa> {
  const { established } = sa.connection.options;
  const retryAt = env.now + retransmitDelay(established, tries + 1, env.random);
  const next: Unanswered = { sequence, tries: tries + 1, retryAt, askedAt: rest.askedAt ?? env.now };
  const question = createDpd('R-U-THERE', cookiesOf(sa), numberOf(sequence, tries));
  return { sa: { ...sa, dpd: { ...sa.dpd, unanswered: next } }, begin: [informational(question)], actions: [] };
}

/**
 * The number of a try, from 0: now the first one of the question again, now one more than the last new one. RFC 3706 section 6.2: "an entity SHOULD reject the R-U-THERE
 * message if it fails to match the expected sequence number.": some expect the next number, whether one before it was lost or not, and others no number twice.
 */
function numberOf(first: number, tries: number): number {
  return (first + (tries % 2 === 0 ? 0 : (tries + 1) / 2)) >>> 0;
}

/** How far the numbers of a question go that was asked so often. */
function reachOf(tries: number): number {
  return Math.floor(tries / 2);
}

function answered(sa: AuthenticatedSa, sequence: number): AuthenticatedSa {
  return { ...sa, dpd: { ...sa.dpd, nextSequence: (sequence + 1) >>> 0, unanswered: undefined } };
}

// -------------------------------------------------------------------------------------------------------- the peer asks, or answers

/** RFC 3706 section 6.1: "A responder to an R-U-THERE message MUST send an R-U-THERE-ACK with the same sequence number." */
export function takeDpd(sa: AuthenticatedSa, payload: PayloadOfType<'N'>, path: Path, env: IkeEnv): Outcome<AuthenticatedSa> {
  const read = attempt(() => readDpd(payload, cookiesOf(sa)));
  if (read instanceof IpsecError) return { sa, actions: [{ type: 'audit', event: 'malformed', detail: read.message }] };
  const { sequence } = read;
  return payload.notify === 'R-U-THERE' ? takeQuestion(sa, sequence, path, env) : takeAnswer(sa, sequence, path, env);
}

/** How often the same question is answered: more of them come from somebody else, who has recorded it. */
const mostRepeats = 8;

/**
 * RFC 3706 section 6.2: "Each entity SHOULD also maintain its peer's R-U-THERE sequence number, and an entity SHOULD reject the R-U-THERE message if it fails to match the
 * expected sequence number." One that was lost leaves a gap, and one whose answer was lost comes again; lower ones are replays.
 */
function takeQuestion(sa: AuthenticatedSa, sequence: number, path: Path, env: IkeEnv): Outcome<AuthenticatedSa> {
  const { lastReceived } = sa.dpd;
  if (isOurs(sa.dpd, sequence)) return { sa, actions: [replayed(`R-U-THERE ${sequence}, which is our own`)] };
  const ahead = lastReceived === undefined ? 1 : (sequence - lastReceived) | 0;
  const repeats = ahead > 0 ? 0 : (sa.dpd.repeats ?? 0) + 1;
  if (ahead < 0 || repeats > mostRepeats) return { sa, actions: [replayed(`R-U-THERE ${sequence} after ${lastReceived}`)] };
  const noted: AuthenticatedSa = { ...sa, dpd: { ...sa.dpd, lastReceived: sequence, repeats } };
  const answer = informational(createDpd('R-U-THERE-ACK', cookiesOf(sa), sequence));
  return { sa: ahead > 0 ? hear(noted, path, env) : noted, begin: [answer], actions: [] };
}

/** Numbers that may have been asked under, though the answer was to one before them. */
const mostAhead = 16;

/**
 * Whether we have asked so ourselves. Nothing in a message of phase 2 says which of the two has sent it: who sends ours back to us would be taken for the peer, wherever
 * he is. Both sides begin with numbers of chance, so that the peer's are others.
 */
function isOurs({ firstSequence, nextSequence }: DpdState, sequence: number): boolean {
  return (sequence - firstSequence) >>> 0 < (nextSequence + mostAhead - firstSequence) >>> 0;
}

/** RFC 3706 section 6.1: "The initial sender SHOULD reject the R-U-THERE-ACK if the sequence number fails to match the one sent with the R-U-THERE message." */
function takeAnswer(sa: AuthenticatedSa, sequence: number, path: Path, env: IkeEnv): Outcome<AuthenticatedSa> {
  const { unanswered } = sa.dpd;
  const ahead = unanswered ? (sequence - unanswered.sequence) | 0 : -1;
  if (!unanswered || ahead < 0 || ahead > reachOf(unanswered.tries))
    return { sa, actions: [replayed(`R-U-THERE-ACK ${sequence}, which was not asked for`)] };
  return { sa: hear(answered(sa, sequence), path, env), actions: [] };
}

/** What has the number that it should have is no old message: the peer is alive, and behind a NAT it may be elsewhere by now. */
function hear(sa: AuthenticatedSa, path: Path, { now }: IkeEnv): AuthenticatedSa {
  return { ...sa, heardAt: now, ...(sa.nat.follow && { path }) };
}

function replayed(detail: string): Ikev1Action {
  return { type: 'audit', event: 'replayed', detail };
}

function cookiesOf({ spiI, spiR }: AuthenticatedSa): Cookies {
  return { ckyI: spiI, ckyR: spiR };
}

function informational(payload: PayloadOfType<'N'>): FirstMessage {
  return { exchange: 'Informational', payloads: [payload], awaitsAnswer: false };
}
