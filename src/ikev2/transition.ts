/**
 * The shape of a row of the transition table, and how the row of a message is found.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { firstStatusType, notifyTypes } from '../iana/ikev2-notify.js';
import type { Answered, IkeEnv, OpenMessage, Outcome } from './events.js';
import { findUnsupportedCritical } from './message.js';
import type { Payload } from './payload-cases.js';
import type { AboutKind, IkeSa, InState, Listening, OwnRequest, StateName } from './states.js';

/**
 * What a payload is called in the table: its type, and for some what it speaks of: `SA(IKE)`, `D(IKE)`, `N(REKEY_SA)`; `N(error)` is any
 * notification of an error (Notify Message Types below 16384).
 */
type Label = Exclude<Payload['type'], 'unknown'> | `SA(${string})` | `D(${string})` | `N(${string})`;

/** One row: what is done with one kind of message in one state. */
export interface Transition<From extends StateName = StateName> {
  /** What happens, in one line. */
  readonly story: string;
  /** The state before. */
  readonly from: From;
  /** The exchange. */
  readonly exchange: 'IKE_SA_INIT' | 'IKE_AUTH' | 'CREATE_CHILD_SA' | 'INFORMATIONAL';
  /** Whether the peer asks or answers. */
  readonly message: 'request' | 'response';
  /** Of an answer: what we had asked. */
  readonly about?: AboutKind;
  /** Payloads that tell this row from later ones: the first row whose `with` is all there is taken. */
  readonly with: readonly Label[];
  /** Payloads that have to be there besides. */
  readonly needs: readonly Label[];
  /** Payloads that may be there; notifications and Vendor IDs may be everywhere. */
  readonly may: readonly Label[];
  /** The states after. */
  readonly to: readonly StateName[];
  /** Where it is written. */
  readonly rfc: string;
  /**
   * Does it. `about`: of an answer, what we had asked. `answers`: what the outside world said, where the handler asked before.
   * It throws an `IpsecError` when the message is refused; then nothing has changed.
   */
  readonly run: (sa: InState<From>, message: OpenMessage, env: IkeEnv, context: HandlerContext) => Outcome<IkeSa | Listening>;
}

/** What a handler gets besides the message. */
export interface HandlerContext {
  /** Of an answer: the request that it answers; its `about` is of the row's kind. */
  readonly request: OwnRequest | undefined;
  /** Answers from outside to the questions that this handler has asked so far about this message. */
  readonly answers: readonly Answered[];
}

/** A row with its type forgotten: the table holds rows of all states. */
export type AnyTransition = Omit<Transition, 'run'> & {
  readonly run: (sa: never, message: OpenMessage, env: IkeEnv, context: HandlerContext) => Outcome<IkeSa | Listening>;
};

/** Writes a row: the handler's state is the row's. */
export function row<From extends StateName>(transition: Transition<From>): AnyTransition {
  return transition;
}

/** Everything that a payload is called. */
function labelsOf(payload: Payload): readonly Label[] {
  switch (payload.type) {
    case 'unknown':
      return [];
    case 'SA': {
      const protocol = payload.proposals[0]?.protocol;
      return protocol === undefined ? ['SA'] : ['SA', `SA(${protocol})`];
    }
    case 'D':
      return ['D', `D(${payload.protocol})`];
    case 'N':
      return isErrorNotify(payload.notify) ? ['N', 'N(error)', `N(${payload.notify})`] : ['N', `N(${payload.notify})`];
    default:
      return [payload.type];
  }
}

/** RFC 7296 section 3.10.1: "Types in the range 0 - 16383 are intended for reporting errors." */
export function isErrorNotify(notify: string | number): boolean {
  if (typeof notify === 'number') return notify < firstStatusType;
  for (const { id, name } of notifyTypes) {
    if (id >= firstStatusType) return false; // errors stand first
    if (name === notify) return true;
  }
  return false;
}

/** The first row that takes a message; undefined: the message is out of turn. */
export function findTransition(
  table: readonly AnyTransition[],
  from: StateName,
  message: OpenMessage,
  about: AboutKind | undefined,
): AnyTransition | undefined {
  const { exchange, isResponse, payloads } = message;
  const kind = isResponse ? 'response' : 'request';
  let labels: ReadonlySet<Label> | undefined;
  for (const transition of table) {
    if (transition.from !== from || transition.exchange !== exchange || transition.message !== kind) continue;
    if (isResponse && transition.about !== about) continue;
    if (transition.with.length === 0) return transition;
    labels ??= new Set(payloads.flatMap(labelsOf));
    if (transition.with.every((label) => labels?.has(label))) return transition;
  }
  return undefined;
}

/**
 * RFC 7296 section 2.5: "If the critical flag is set and the payload type is unrecognized, the message MUST be rejected".
 *
 * @throws IpsecError `unsupported-critical-payload`.
 */
export function checkCritical(payloads: readonly Payload[]): void {
  const type = findUnsupportedCritical(payloads);
  if (type === undefined) return;
  throw new IpsecError('unsupported-critical-payload', 'a payload', {
    expected: 'one that is known',
    found: `type ${type}, marked as critical`,
  });
}

/** Payload types of which a message may have several. */
const several: ReadonlySet<string> = new Set(['N', 'V', 'D', 'CERT', 'CERTREQ', 'unknown']);

/**
 * Whether the payloads of a message are those of its row.
 *
 * @throws IpsecError `invalid-syntax`: one is missing, one is there twice, or one has no business there.
 */
export function checkPayloads(transition: AnyTransition, message: OpenMessage): void {
  const labels = new Set(message.payloads.flatMap(labelsOf));
  const where = `${message.exchange} ${transition.message}`;
  const missing = transition.needs.find((label) => !labels.has(label));
  if (missing !== undefined)
    throw new IpsecError('invalid-syntax', `the payloads of an ${where}`, { expected: missing, found: [...labels].join(', ') || 'none' });
  const allowed = new Set<string>([...transition.with, ...transition.needs, ...transition.may, 'N', 'V', 'unknown']);
  const seen = new Set<string>();
  for (const payload of message.payloads) {
    const { type } = payload;
    if (type !== 'unknown' && !allowed.has(type) && !labelsOf(payload).some((label) => allowed.has(label)))
      throw new IpsecError('invalid-syntax', `the payloads of an ${where}`, { expected: `no ${type}`, found: type });
    if (seen.has(type) && !several.has(type))
      throw new IpsecError('invalid-syntax', `the payloads of an ${where}`, { expected: `one ${type}`, found: 'two' });
    seen.add(type);
  }
}
