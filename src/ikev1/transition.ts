/**
 * The shape of a row of the transition table, and how the row of a message is found.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Outcome } from './events.js';
import type { Payload } from './payload-cases.js';
import type { AboutKind, Answered, Exchange, ExchangeName, OpenMessage } from './requests.js';
import type { Ikev1Sa, InState, Listening, StateName } from './states.js';

/** What a payload is called in the table: its type, and for some what it speaks of: `D(ISAKMP)`, `N(R-U-THERE)`, `ATTR(ISAKMP_CFG_SET)`. */
type Label = Exclude<Payload['type'], 'unknown'> | `D(${string})` | `N(${string})` | `ATTR(${string})`;

/** One row: what is done with one kind of message in one state. */
export interface Transition<From extends StateName = StateName> {
  /** What happens, in one line. */
  readonly story: string;
  /** The state before. */
  readonly from: From;
  /** The exchange. */
  readonly exchange: ExchangeName;
  /** What the exchange is about; `new`: the message begins it. */
  readonly about: AboutKind | 'new';
  /** Payloads that tell this row from later ones: the first row whose `with` is all there is taken. */
  readonly with: readonly Label[];
  /** Payloads that have to be there besides. */
  readonly needs: readonly Label[];
  /** Payloads that may be there; notifications, Vendor IDs and NAT payloads may be everywhere. */
  readonly may: readonly Label[];
  /** The states after. */
  readonly to: readonly StateName[];
  /** Where it is written. */
  readonly rfc: string;
  /** Does it. It throws an `IpsecError` when the message is refused; then nothing has changed. */
  readonly run: (sa: InState<From>, message: OpenMessage, env: IkeEnv, context: HandlerContext) => Outcome<Ikev1Sa | Listening>;
}

/** What a handler gets besides the message. */
export interface HandlerContext {
  /** The exchange, if the message does not begin it; its `about` is of the row's kind. */
  readonly exchange: Exchange | undefined;
  /** Answers from outside to the questions that this handler has asked so far about this message. */
  readonly answers: readonly Answered[];
}

/** A row with its type forgotten: the table holds rows of all states. */
export type AnyTransition = Omit<Transition, 'run'> & {
  readonly run: (sa: never, message: OpenMessage, env: IkeEnv, context: HandlerContext) => Outcome<Ikev1Sa | Listening>;
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
    case 'D':
      return ['D', `D(${payload.protocol})`];
    case 'N':
      return ['N', `N(${payload.notify})`];
    case 'ATTR':
      return ['ATTR', `ATTR(${payload.cfgType})`];
    default:
      return [payload.type];
  }
}

/** The first row that takes a message; undefined: the message is out of turn. */
export function findTransition(
  table: readonly AnyTransition[],
  from: StateName,
  { exchange, payloads }: OpenMessage,
  about: AboutKind | 'new',
): AnyTransition | undefined {
  let labels: ReadonlySet<Label> | undefined;
  for (const transition of table) {
    if (transition.from !== from || transition.exchange !== exchange || transition.about !== about) continue;
    if (transition.with.length === 0) return transition;
    labels ??= new Set(payloads.flatMap(labelsOf));
    if (transition.with.every((label) => labels?.has(label))) return transition;
  }
  return undefined;
}

/** Payload types of which a message may have several. */
const several: ReadonlySet<string> = new Set([
  'SA',
  'ID',
  'N',
  'VID',
  'D',
  'CERT',
  'CR',
  'NAT-D',
  'NAT-OA',
  'NAT-D draft',
  'NAT-OA draft',
  'unknown',
]);
/** Those that may be everywhere. */
const everywhere = ['N', 'VID', 'NAT-D', 'NAT-OA', 'NAT-D draft', 'NAT-OA draft', 'unknown'] as const;

/**
 * Whether the payloads of a message are those of its row. How many ID and SA payloads there are is the handler's to check.
 *
 * @throws IpsecError `malformed`: one is missing, one is there twice, or one has no business there.
 */
export function checkPayloads(transition: AnyTransition, { exchange, payloads }: OpenMessage): void {
  const what = `the payloads of a message of ${exchange} in ${transition.from}`;
  const labels = new Set<string>(payloads.flatMap(labelsOf));
  const missing = transition.needs.find((label) => !labels.has(label));
  const found = [...labels].join(', ') || 'none';
  if (missing !== undefined) throw new IpsecError('malformed', what, { blame: 'peer', expected: missing, found });
  const allowed = new Set<string>([...transition.with, ...transition.needs, ...transition.may, ...everywhere]);
  const seen = new Set<string>();
  for (const payload of payloads) {
    const { type } = payload;
    if (type !== 'unknown' && !allowed.has(type) && !labelsOf(payload).some((label) => allowed.has(label)))
      throw new IpsecError('malformed', what, { blame: 'peer', expected: `no ${type}`, found: type });
    if (seen.has(type) && !several.has(type))
      throw new IpsecError('malformed', what, { blame: 'peer', expected: `one ${type}`, found: 'two' });
    seen.add(type);
  }
}
