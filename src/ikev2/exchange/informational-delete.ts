/**
 * Deletes: RFC 7296 sections 1.4.1, 2.25.1, 2.25.2 and 3.11.
 *
 * @module
 */
import { readU32, writeU32 } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { authenticatedOf } from '../authenticated.js';
import { closeSa } from '../closing.js';
import { noteEarly } from '../deleted-early.js';
import type { IkeAction, IkeEnv, NewRequest, OpenMessage, Outcome } from '../events.js';
import { noDeadlines } from '../lifetimes.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import type { ChildSa, Deleting, Established, InState, OwnRequest, Replaced } from '../states.js';
import type { WithTasks } from '../task-queue.js';
import type { HandlerContext } from '../transition.js';
import { noteNotifies } from './informational-notify.js';
import { handOver } from './rekey-ike-successor.js';

// ---------------------------------------------------------------------------------------------------------------- our own

/**
 * Begins to end an IKE SA. RFC 7296 section 1.4.1: "Deleting an IKE SA implicitly closes any remaining Child SAs negotiated under it." They go at
 * once; the Delete itself waits for the window: `ikeDeleteRequest`.
 */
export function startIkeDelete(sa: Established | Replaced, reason: string): { readonly sa: Deleting; readonly actions: IkeAction[] } {
  return {
    sa: { ...authenticatedOf(sa), state: 'DELETING', reason, children: [], tasks: [], deadlines: noDeadlines },
    actions: sa.children.map((child) => ({ type: 'removeChild', child, reason: 'closed' })),
  };
}

/** The request that ends an IKE SA. RFC 7296 section 3.11: "Deletion of the IKE SA is indicated by a protocol ID of 1 (IKE) but no SPIs." */
export function ikeDeleteRequest(reason: string): NewRequest {
  return { exchange: 'INFORMATIONAL', about: { kind: 'deleteIke', reason }, payloads: [{ type: 'D', protocol: 'IKE', spis: [] }] };
}

/** The request that ends Child SAs. RFC 7296 section 1.4.1: it lists "the SPIs (as they would be expected in the headers of inbound packets)". */
export function childDeleteRequest(children: readonly ChildSa[]): NewRequest {
  const reason = children.every(({ status }) => status === 'rekeyed') ? 'replaced' : 'deleted';
  const spis = children.map(({ spiIn }) => spiIn);
  return { exchange: 'INFORMATIONAL', about: { kind: 'deleteChild', spis, reason }, payloads: deletesOf(children) };
}

/** RFC 7296 section 3.11: "It is possible to send multiple SPIs in a Delete payload; however, each SPI MUST be for the same protocol." */
function deletesOf(children: readonly ChildSa[]): Payload[] {
  return (['AH', 'ESP'] as const).flatMap((protocol) => {
    const spis = children.filter(({ suite }) => suite.protocol === protocol).map(({ spiIn }) => encodeSpi(spiIn));
    return spis.length === 0 ? [] : [{ type: 'D' as const, protocol, spis }];
  });
}

function encodeSpi(spi: number): Uint8Array {
  const octets = new Uint8Array(4);
  writeU32(octets, 0, spi);
  return octets;
}

// -------------------------------------------------------------------------------------------------------------- the peer's

/**
 * RFC 7296 section 1.4.1: "The response to a request that deletes the IKE SA is an empty INFORMATIONAL response."
 *
 * Section 2.25.2: "If a peer receives a request to close an IKE SA that it is currently rekeying, it SHOULD reply as usual, and forget about its own
 * rekeying request.  If a peer receives a request to close an IKE SA that it is currently trying to close, it SHOULD reply as usual, and forget about
 * its own close request."
 *
 * Section 2.8.2, where both were rekeying it: "If the peer that did notice the simultaneous rekey gets the delete request from the other peer for the old
 * IKE SA, it knows that the other peer did not detect the simultaneous rekey, and the first peer can forget its own rekey attempt." So the Child
 * SAs go to the peer's new IKE SA.
 */
export function answerIkeDelete(sa: WithTasks, _message: OpenMessage, env: IkeEnv): Outcome {
  if (sa.state === 'DELETING') return { ...closeSa(sa, sa.reason, undefined), reply: [] };
  if (sa.state === 'REPLACED') return { ...closeSa(sa, 'replaced', undefined), reply: [] };
  const successor = collisionOf(sa);
  if (successor === undefined) return { ...closeSa(sa, 'deleted by the peer', undefined), reply: [] };
  const handed = handOver(sa, successor, env);
  const end = closeSa(handed.sa, 'replaced', undefined);
  return { sa: end.sa, reply: [], actions: [...handed.actions, ...end.actions] };
}

/** The IKE SA by which the peer replaces this one while we do so, too. */
function collisionOf(sa: Established): Replaced['successor'] | undefined {
  for (const { about } of sa.windows.outstanding) if (about.kind === 'rekeyIke' && about.collision) return about.collision;
  return undefined;
}

/**
 * RFC 7296 section 1.4.1: "The recipient MUST close the designated SAs." and "Normally, the response in the INFORMATIONAL exchange will contain
 * Delete payloads for the paired SAs going in the other direction."
 *
 * Section 2.25.1: "If a peer receives a request to close a Child SA that it is currently trying to close, it SHOULD reply without a Delete payload (see
 * Section 1.4.1).  If a peer receives a request to close a Child SA that it is currently rekeying, it SHOULD reply as usual, with a Delete payload.
 * If a peer receives a request to close a Child SA that does not exist, it SHOULD reply without a Delete payload."
 */
export function answerChildDelete(sa: WithTasks, message: OpenMessage): Outcome {
  const named = findDeleted(sa, message.payloads);
  const { sa: noted, actions } = noteNotifies(sa, message.payloads);
  const gone = new Set(named.children);
  const next: WithTasks = {
    ...noteEarly(noted, named.unknown),
    children: noted.children.filter((child) => !gone.has(child)),
    windows: { ...noted.windows, outstanding: noted.windows.outstanding.map((request) => forgetCollision(request, named.children)) },
  };
  return {
    sa: next,
    reply: deletesOf(named.children.filter((child) => !isBeingDeleted(sa, child))),
    actions: [
      ...named.children.map((child): IkeAction => ({ type: 'removeChild', child, reason: reasonOf(sa, child) })),
      ...named.unknown.map((spi): IkeAction => ({
        type: 'audit',
        event: 'unexpected',
        detail: `Delete of unknown SPI ${spi.toString(16)}`,
      })),
      ...actions,
    ],
  };
}

/** The Child SAs whose outbound SPIs are in the Delete payloads, each once. */
function findDeleted(
  sa: WithTasks,
  payloads: readonly Payload[],
): { readonly children: readonly ChildSa[]; readonly unknown: readonly number[] } {
  const children = new Set<ChildSa>();
  const unknown: number[] = [];
  for (const { protocol, spis } of payloads.filter((payload): payload is PayloadOfType<'D'> => payload.type === 'D')) {
    for (const octets of spis) {
      // RFC 7296 section 3.11: "It MUST be zero for IKE (SPI is in message header) or four for AH and ESP."
      if (octets.length !== 4)
        throw new IpsecError('invalid-syntax', 'a Delete payload', {
          path: 'spis',
          expected: 'SPIs of 4 octets',
          found: `${octets.length}`,
        });
      const spi = readU32(octets, 0);
      const child = sa.children.find((other) => other.spiOut === spi && other.suite.protocol === protocol);
      if (child) children.add(child);
      else unknown.push(spi);
    }
  }
  return { children: [...children], unknown };
}

/**
 * Whether our own Delete of a Child SA is under way. RFC 7296 section 1.4.1: "In that case, the responses MUST NOT include Delete payloads for the
 * deleted SAs, since that would result in duplicate deletion and could in theory delete the wrong SA."
 */
function isBeingDeleted({ windows }: WithTasks, { spiIn }: ChildSa): boolean {
  return windows.outstanding.some(({ about }) => about.kind === 'deleteChild' && about.spis.includes(spiIn));
}

function reasonOf(sa: WithTasks, child: ChildSa): Extract<IkeAction, { type: 'removeChild' }>['reason'] {
  if (child.status === 'rekeyed') return 'replaced';
  return sa.windows.outstanding.some(({ about }) => about.kind === 'rekeyChild' && about.collision?.spiIn === child.spiIn)
    ? 'redundant'
    : 'peer-deleted';
}

/**
 * Where both sides were rekeying a Child SA and the peer has given up its own successor, ours is the only one, whatever the nonces say.
 */
function forgetCollision(request: OwnRequest, deleted: readonly ChildSa[]): OwnRequest {
  const { about } = request;
  if (about.kind !== 'rekeyChild' || !deleted.some(({ spiIn }) => spiIn === about.collision?.spiIn)) return request;
  return { ...request, about: { ...about, collision: undefined } };
}

// ------------------------------------------------------------------------------------------------------------- the answers

/**
 * The peer has closed its halves; ours go. RFC 7296 section 1.4.1: "Each endpoint MUST close its incoming SAs and allow the other endpoint to close the
 * other SA in each pair." Which Deletes the answer holds does not matter: a pair has no life without its other half.
 */
export function finishChildDelete(sa: WithTasks, { payloads }: OpenMessage, _env: IkeEnv, { request }: HandlerContext): Outcome {
  const { about } = request!;
  if (about.kind !== 'deleteChild') return { sa, actions: [] };
  const { sa: noted, actions } = noteNotifies(sa, payloads);
  const gone = sa.children.filter(({ spiIn }) => about.spis.includes(spiIn));
  return {
    sa: { ...noted, children: noted.children.filter((child) => !gone.includes(child)) },
    actions: [...gone.map((child): IkeAction => ({ type: 'removeChild', child, reason: about.reason })), ...actions],
  };
}

/** The peer has ended the IKE SA, as we asked. */
export function finishIkeDelete(sa: InState<'DELETING'>): Outcome {
  return closeSa(sa, sa.reason, undefined);
}
