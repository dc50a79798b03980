/**
 * Putting IKE fragments together again (RFC 7383 section 2.6). What is kept is a value: nothing here changes it, and a fragment that fails any
 * check leaves it as it was.
 *
 * @module
 */
import { concat } from '../bytes.js';
import type { IkeMessage } from './message.js';
import type { Payload, PayloadOfType } from './payload-cases.js';
import { openEncrypted } from './sk.js';
import type { SkContext } from './sk-context.js';

/** The fragments of one message that have come so far: at least one, verified and decrypted. */
export interface FragmentQueue {
  /** Message ID of all of them. */
  readonly messageId: number;
  /** Exchange of all of them. */
  readonly exchange: IkeMessage['exchange'];
  /** Requests and responses are counted apart. */
  readonly isResponse: boolean;
  /** Total Fragments of this set. */
  readonly total: number;
  /** Octets of content so far. */
  readonly octets: number;
  /** The contents by Fragment Number. */
  readonly parts: ReadonlyMap<number, Uint8Array>;
  /** Next Payload of the first fragment, once it is here. */
  readonly firstPayload: number;
  /** Payloads in front of the first fragment's SKF: authentic, not encrypted. No exchange has any so far (RFC 7383 section 2.5.3). */
  readonly unprotected: readonly Payload[];
}

/** What a fragment comes to. */
export type FragmentResult =
  | {
      /** The last one that was missing: all contents in order. */
      readonly kind: 'complete';
      /** The type of the first payload inside. */
      readonly firstPayload: number;
      /** The payloads inside: for `decodePayloads`. */
      readonly octets: Uint8Array;
      /** See {@link FragmentQueue.unprotected}. */
      readonly unprotected: readonly Payload[];
    }
  | {
      /** Verified and kept; others are missing. */
      readonly kind: 'kept';
      readonly queue: FragmentQueue;
    }
  | {
      /**
       * Authentic, but more than the limits allow. RFC 7383 section 5: "the receiver SHOULD drop the connection and discard all the received
       * fragments."
       */
      readonly kind: 'overflow';
    }
  | {
      /** Not kept, and the queue stays as it is. `stale`: of an older set. `other`: of another message than the queue's. */
      readonly kind: 'dropped';
      readonly reason: 'malformed' | 'other' | 'stale' | 'duplicate' | 'limit' | 'icv' | 'padding';
    };

/** How much a reassembly may hold. */
export interface FragmentLimits {
  /** The most fragments of one message; default 128. Windows sends up to 29, and 64 KiB in datagrams of 576 octets are about 130. */
  readonly fragments?: number;
  /** The most octets of content; default 65,535: RFC 7383 section 5: "It is NOT RECOMMENDED for this value to exceed 64 KB". */
  readonly octets?: number;
}

/** The limits where the caller gives none. */
export const defaultFragmentLimits = /* @__PURE__ */ Object.freeze({ fragments: 128, octets: 65_535 });

/**
 * Takes one IKE Fragment message in. What costs nothing is checked first; nothing is kept that did not verify. The caller forgets a queue
 * when its time is up: RFC 7383 section 2.6: "it MUST discard all IKE Fragment messages received so far for the exchange."
 *
 * @param queue what has come of this message; `undefined` for the first fragment.
 * @param context keyed for the direction that the message came from.
 */
export function addFragment(
  queue: FragmentQueue | undefined,
  context: SkContext,
  message: IkeMessage,
  limits: FragmentLimits = {},
): FragmentResult {
  const { fragments, octets } = { ...defaultFragmentLimits, ...limits };
  const fragment = message.payloads.at(-1);
  if (fragment?.type !== 'SKF') return drop('malformed');
  const reason = refuse(queue, message, fragment) ?? (fragment.totalFragments > fragments ? 'limit' : undefined);
  if (reason !== undefined) return drop(reason);
  const opened = openEncrypted(context, message.raw, fragment);
  if (!opened.ok) return drop(opened.reason);
  // RFC 7383 section 2.6: "the receiver MUST discard all received fragments and start the reassembly process over with just the received IKE
  // Fragment message."
  const before = queue?.total === fragment.totalFragments ? queue : undefined;
  const next = extend(before, message, fragment, opened.octets);
  if (next.octets > octets) return { kind: 'overflow' };
  return next.parts.size < next.total ? { kind: 'kept', queue: next } : complete(next);
}

/** The tests of RFC 7383 section 2.6 that need no key. */
function refuse(queue: FragmentQueue | undefined, message: IkeMessage, fragment: PayloadOfType<'SKF'>) {
  const { fragmentNumber: number, totalFragments: total } = fragment;
  // "check that the Fragment Number and the Total Fragments fields contain non-zero values"
  // "check that the value in the Fragment Number field is less than or equal to the value in the Total Fragments field"
  if (number === 0 || number > total) return 'malformed';
  // RFC 7383 section 2.5.3: "all unprotected payloads MUST be placed in the first fragment".
  if (number > 1 && message.payloads.length > 1) return 'malformed';
  if (queue === undefined) return undefined;
  if (queue.messageId !== message.messageId || queue.exchange !== message.exchange || queue.isResponse !== message.isResponse)
    return 'other';
  // "check that the value in the Total Fragments field is equal to or greater than the Total Fragments field in the fragments that have
  // already been stored in the reassembling queue"
  if (total < queue.total) return 'stale';
  return total === queue.total && queue.parts.has(number) ? 'duplicate' : undefined;
}

function extend(queue: FragmentQueue | undefined, message: IkeMessage, fragment: PayloadOfType<'SKF'>, content: Uint8Array): FragmentQueue {
  const isFirst = fragment.fragmentNumber === 1;
  return {
    messageId: message.messageId,
    exchange: message.exchange,
    isResponse: message.isResponse,
    total: fragment.totalFragments,
    octets: (queue?.octets ?? 0) + content.length,
    parts: new Map([...(queue?.parts ?? []), [fragment.fragmentNumber, content]]),
    firstPayload: isFirst ? fragment.firstPayload : (queue?.firstPayload ?? 0),
    unprotected: isFirst ? message.payloads.slice(0, -1) : (queue?.unprotected ?? []),
  };
}

function complete({ parts, total, firstPayload, unprotected }: FragmentQueue): FragmentResult {
  const octets = concat(...Array.from({ length: total }, (_, i) => parts.get(i + 1)!));
  return { kind: 'complete', firstPayload, octets, unprotected };
}

function drop(reason: Extract<FragmentResult, { kind: 'dropped' }>['reason']): FragmentResult {
  return { kind: 'dropped', reason };
}
