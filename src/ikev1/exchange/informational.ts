/**
 * The Informational exchange under the protection of an IKE SA: RFC 2408 sections 3.14, 3.15 and 4.8, RFC 2407 section 4.6.3, RFC 3706.
 *
 * @module
 */
import { IpsecError, type IpsecErrorCode } from '../../errors.js';
import type { IkeEnv } from '../../keying/machine.js';
import { dropExchange } from '../closing.js';
import type { Ikev1Action, Outcome } from '../events.js';
import { keepExchange } from '../exchanges.js';
import type { PayloadOfType } from '../payload-cases.js';
import { endExchange, tellFailure } from '../quick-end.js';
import { installGranted } from '../quick-install.js';
import { decodeSpi } from '../quick-spi.js';
import type { Exchange, OpenMessage } from '../requests.js';
import type { AuthenticatedSa, Closed } from '../states.js';
import { takeDeletes } from './child-delete.js';
import { takeDpd } from './dpd.js';

type Notification = PayloadOfType<'N'>;
type Step = Outcome<AuthenticatedSa>;

/** Error types. RFC 2408 section 3.14.1 has them below 8192, and those for private use up to 16383. */
const firstStatus = 16_384;

/** How many payloads of a message are looked at. */
const mostPayloads = 64;

/**
 * The peer tells us something. Its HASH is right, so that it is the peer's; but nothing shows that it is new, for an Informational exchange has one message alone. What
 * may be played again does no harm the second time.
 */
export function answerInformational(sa: AuthenticatedSa, message: OpenMessage, env: IkeEnv): Outcome<AuthenticatedSa | Closed> {
  let outcome: Step = { sa, actions: [] };
  for (const payload of message.payloads.slice(0, mostPayloads)) {
    if (payload.type !== 'N') continue;
    const next = takeNotification(outcome.sa, payload, message, env);
    outcome = { sa: next.sa, begin: [...(outcome.begin ?? []), ...(next.begin ?? [])], actions: [...outcome.actions, ...next.actions] };
  }
  const deleted = takeDeletes(outcome.sa, message.payloads.slice(0, mostPayloads), env);
  const begin = deleted.sa.state === 'CLOSED' ? [] : [...(outcome.begin ?? []), ...(deleted.begin ?? [])];
  return { sa: deleted.sa, begin, actions: [...outcome.actions, ...deleted.actions] };
}

function takeNotification(sa: AuthenticatedSa, payload: Notification, message: OpenMessage, env: IkeEnv): Step {
  switch (payload.notify) {
    case 'R-U-THERE':
    case 'R-U-THERE-ACK':
      return takeDpd(sa, payload, message.path, env);
    case 'CONNECTED':
      return takeConnected(sa, message, env);
    case 'INITIAL-CONTACT':
      return takeInitialContact(sa);
    default:
      return isError(payload) ? takeError(sa, payload, message, env) : { sa, actions: [noted(payload)] };
  }
}

/**
 * RFC 2408 section 3.1 of the commit bit: "the Message ID field of the Informational Exchange MUST contain the Message ID of the original ISAKMP Phase 2 SA negotiation."
 */
function takeConnected(sa: AuthenticatedSa, { messageId }: OpenMessage, env: IkeEnv): Step {
  const exchange = sa.exchanges.find((other) => other.messageId === messageId);
  if (exchange?.about.kind !== 'quick-committed') return { sa, actions: [] };
  return installGranted(endExchange(sa, messageId, env), exchange.about.granted, 'us', env.now);
}

/**
 * RFC 2407 section 4.6.3.3: "The receiver of this Notification Message might then elect to delete any existing SA's it has for the sending system". It says so once: who
 * plays the message again has nothing of it. Of a peer that has proved nothing in phase 1 (hybrid authentication) it means nothing: it would end the SAs of others.
 */
function takeInitialContact(sa: AuthenticatedSa): Step {
  if (sa.initialContact || sa.connection.remoteAuth.method === 'null') return { sa, actions: [] };
  return { sa: { ...sa, initialContact: true }, actions: sa.state === 'ESTABLISHED' ? [{ type: 'initialContact' }] : [] };
}

// -------------------------------------------------------------------------------------------------------------------- errors

function isError({ notify }: Notification): boolean {
  return typeof notify === 'number' ? notify < firstStatus : !statusNames.has(notify);
}

const statusNames: ReadonlySet<string> = new Set([
  'CONNECTED',
  'RESPONDER-LIFETIME',
  'REPLAY-STATUS',
  'INITIAL-CONTACT',
  'R-U-THERE',
  'R-U-THERE-ACK',
]);

const codeOf: Readonly<Partial<Record<string, IpsecErrorCode>>> = {
  'NO-PROPOSAL-CHOSEN': 'no-proposal-chosen',
  'INVALID-ID-INFORMATION': 'ts-unacceptable',
  'ATTRIBUTES-NOT-SUPPORTED': 'no-proposal-chosen',
};

/**
 * The peer refuses a Quick Mode. Its notification names the SPI of the offer, or the Message ID; where it does neither, and there is one offer alone that waits for an
 * answer, it is that one.
 */
function takeError(sa: AuthenticatedSa, payload: Notification, message: OpenMessage, env: IkeEnv): Step {
  const named = findNamed(sa, payload, message);
  const exchange = named ?? findOnly(sa, payload);
  if (!exchange) return { sa, actions: [noted(payload)] };
  const { about, messageId } = exchange;
  const policy = about.kind === 'quick-offered' ? about.offer.policy.name : undefined;
  const error = new IpsecError(codeOf[`${payload.notify}`] ?? 'peer-refused', `a Child SA of policy ${policy ?? 'of ours'}`, {
    blame: 'peer',
    expected: 'an answer to our offer',
    found: `${payload.notify}`,
  });
  const told: Ikev1Action = { type: 'audit', event: 'peer-refused', detail: error.message };
  const ended = endExchange(sa, messageId, env);
  return { sa: named ? ended : spend(ended, message), actions: [...dropExchange(about), told, ...tellFailure(about, error)] };
}

/**
 * A refusal that names nothing would end whatever waits whenever somebody plays it again: so it is kept for as long as there is room, and is then a repetition. The oldest
 * ones go first.
 */
function spend(sa: AuthenticatedSa, { messageId, raw }: OpenMessage): AuthenticatedSa {
  if (sa.exchanges.some((other) => other.messageId === messageId)) return sa;
  const received = raw.slice();
  return keepExchange(sa, {
    messageId,
    exchange: 'Informational',
    iv: undefined,
    received,
    sent: undefined,
    about: { kind: 'done' },
    expires: Infinity,
  });
}

function findNamed({ exchanges }: AuthenticatedSa, { spi: octets }: Notification, { messageId }: OpenMessage): Exchange | undefined {
  const spi = decodeSpi(octets);
  return exchanges.find(
    ({ about, messageId: other }) =>
      (about.kind === 'quick-offered' && (other === messageId || (spi !== undefined && about.offer.spi === spi))) ||
      (about.kind === 'quick-answered' &&
        (other === messageId || (spi !== undefined && about.granted.some(({ child }) => child.spiOut === spi)))),
  );
}

/** Where nothing is named, the one offer that waits. strongSwan has an SPI of zeros where it has none. */
function findOnly({ exchanges }: AuthenticatedSa, { spi }: Notification): Exchange | undefined {
  if ((decodeSpi(spi) ?? 0) !== 0) return undefined;
  const offered = exchanges.filter(({ about }) => about.kind === 'quick-offered');
  return offered.length === 1 ? offered[0] : undefined;
}

function noted({ notify, protocol, spi }: Notification): Ikev1Action {
  const number = decodeSpi(spi);
  return {
    type: 'audit',
    event: 'notified',
    detail: number === undefined ? `${notify}` : `${notify} of ${protocol} SPI ${number.toString(16)}`,
  };
}
