/**
 * Deletes: RFC 2408 sections 3.15 and 5.15.
 *
 * @module
 */
import { concat, equalBytes } from '../../bytes.js';
import type { ChildSa } from '../../keying/child-sa.js';
import type { IkeEnv, KeyingAction } from '../../keying/machine.js';
import { closeSa, dropGranted } from '../closing.js';
import type { Ikev1Action, Outcome } from '../events.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import { endExchange } from '../quick-end.js';
import { isForTheSame } from '../quick-install.js';
import { decodeSpi, encodeSpi } from '../quick-spi.js';
import type { FirstMessage } from '../requests.js';
import type { AuthenticatedSa } from '../states.js';

type Reason = Extract<KeyingAction, { type: 'removeChild' }>['reason'];

// ---------------------------------------------------------------------------------------------------------------- our own

/**
 * Ends a Child SA at once. RFC 2408 section 3.15: "The Delete Payload is not a request for the responder to delete an SA, but an advisory from the initiator to the
 * responder." and "A responder is not expected to acknowledge receipt of a Delete payload."
 *
 * @param spiIn our inbound SPI; that of no Child SA: nothing happens.
 */
export function deleteChild(sa: AuthenticatedSa, spiIn: number, reason: Reason): Outcome<AuthenticatedSa> {
  const child = sa.children.find((other) => other.spiIn === spiIn);
  if (!child) return { sa, actions: [] };
  return {
    sa: { ...sa, children: sa.children.filter((other) => other !== child) },
    begin: [deletionOf([child])],
    actions: [{ type: 'removeChild', child, reason: child.status === 'rekeyed' ? 'replaced' : reason }],
  };
}

/** What the peer is told of Child SAs that are gone here. @param children one or more. */
export function deletionOf(children: readonly ChildSa[]): FirstMessage {
  return informational(deletesOf(children));
}

/** What the peer is told when an IKE SA ends: all Child SAs, then the IKE SA, in a message of its own as most peers send it. */
export function deletionOfAll({ children, spiI, spiR }: AuthenticatedSa): FirstMessage[] {
  const end: Payload = { type: 'D', doi: 'IPSEC', protocol: 'ISAKMP', spis: [concat(spiI, spiR)] };
  return [...(children.length > 0 ? [deletionOf(children)] : []), informational([end])];
}

function informational(payloads: readonly Payload[]): FirstMessage {
  return { exchange: 'Informational', payloads, awaitsAnswer: false };
}

/**
 * The SPIs of what we receive. RFC 2408 section 3.15: "the SPI is the sending entity's SPI(s)." and "It is possible to send multiple SPIs in a Delete payload, however,
 * each SPI MUST be for the same protocol."
 */
function deletesOf(children: readonly ChildSa[]): Payload[] {
  return (['ESP', 'AH'] as const).flatMap((protocol) => {
    const spis = children.flatMap(({ suite, spiIn, ah }) => [
      ...(suite.protocol === protocol ? [spiIn] : []),
      ...(ah && protocol === 'AH' ? [ah.spiIn] : []),
    ]);
    return spis.length === 0 ? [] : [{ type: 'D' as const, doi: 'IPSEC' as const, protocol, spis: spis.map(encodeSpi) }];
  });
}

// -------------------------------------------------------------------------------------------------------------- the peer's

/** What came of the Delete payloads of a message: the IKE SA may be over. */
type Deleted = Outcome<AuthenticatedSa> | ReturnType<typeof closeSa>;

/**
 * What the peer has deleted goes here, too. RFC 2408 section 5.15: "The receiving entity SHOULD clean up its local SA database.": a pair has no life without its other
 * half, and peers that name the half on which they receive mean both. What we do not know of is audited.
 */
export function takeDeletes(sa: AuthenticatedSa, payloads: readonly Payload[], env: IkeEnv): Deleted {
  const deletes = payloads.filter((payload): payload is PayloadOfType<'D'> => payload.type === 'D');
  let outcome: Outcome<AuthenticatedSa> = { sa, actions: [] };
  let isOver = false;
  for (const { protocol, spis } of deletes) {
    if (protocol === 'ISAKMP') isOver ||= spis.some((spi) => equalBytes(spi, concat(sa.spiI, sa.spiR)));
    else if (protocol === 'ESP' || protocol === 'AH') outcome = takeChildDelete(outcome, protocol, spis, env);
    if (protocol === 'ISAKMP' && !isOver)
      outcome = { ...outcome, actions: [...outcome.actions, unknown('an IKE SA that is not this one')] };
  }
  if (!isOver) return outcome;
  const end = closeSa(outcome.sa, 'deleted by the peer', undefined);
  return { ...end, actions: [...outcome.actions, ...end.actions] };
}

function takeChildDelete(
  { sa, actions }: Outcome<AuthenticatedSa>,
  protocol: 'ESP' | 'AH',
  spis: readonly Uint8Array[],
  env: IkeEnv,
): Outcome<AuthenticatedSa> {
  const named = new Set(spis.map(decodeSpi));
  const isNamed = ({ suite, spiOut, ah }: ChildSa): boolean =>
    (suite.protocol === protocol && named.has(spiOut)) || (protocol === 'AH' && ah !== undefined && named.has(ah.spiOut));
  const gone = sa.children.filter(isNamed);
  const done: Ikev1Action[] = gone.map((child) => ({
    type: 'removeChild',
    child,
    reason: child.status === 'rekeyed' ? 'replaced' : 'peer-deleted',
  }));
  const left = sa.children.filter((child) => !gone.includes(child));
  let current: AuthenticatedSa = { ...sa, children: gone.reduce(revive, left) };
  let found = gone.length;
  // The last message of Quick Mode may still be on its way, or lost: what it would put in place is not there any more.
  for (const { messageId, about } of sa.exchanges) {
    if (about.kind !== 'quick-answered' && about.kind !== 'quick-committed') continue;
    if (!about.granted.some(({ child }) => isNamed(child))) continue;
    found++;
    done.push(...about.granted.flatMap(dropGranted));
    current = endExchange(current, messageId, env);
  }
  if (found < named.size) done.push(unknown(`${named.size - found} of ${named.size} SPIs of ${protocol}, which we do not know`));
  return { sa: current, actions: [...actions, ...done] };
}

/** The peer has thought better of it: what the pair that is gone had replaced, and what is still there, goes on. */
function revive(children: readonly ChildSa[], gone: ChildSa): readonly ChildSa[] {
  const same = children.filter((child) => isForTheSame(child, gone));
  const old = same.at(-1);
  if (!old || same.some(({ status }) => status !== 'rekeyed')) return children;
  return children.map((child) => (child === old ? { ...child, status: 'active' as const } : child));
}

function unknown(what: string): Ikev1Action {
  return { type: 'audit', event: 'unexpected', detail: `Delete of ${what}` };
}
