/**
 * Message IDs and windows: RFC 7296 sections 2.1 to 2.3.
 *
 * @module
 */
import type { OwnRequest, Reply, Windows } from './states.js';

/** The windows of a fresh IKE SA. RFC 7296 section 2.2: "The Message ID is a 32-bit quantity, which is zero for the IKE_SA_INIT messages". */
export const freshWindows: Windows = /* @__PURE__ */ Object.freeze({
  nextOwnId: 0,
  ownSize: 1,
  outstanding: [],
  nextPeerId: 0,
  replies: [],
  requestQueue: undefined,
  responseQueue: undefined,
  queuesExpire: Infinity,
});

/** What the Message ID of a request says. */
export type RequestPlace =
  /** It has not been handled yet, and may be. */
  | { readonly kind: 'fresh' }
  /** It was handled: this was the answer. */
  | { readonly kind: 'repeated'; readonly reply: Reply }
  /** Too old to remember, or beyond the window. RFC 7296 section 2.3: it "MUST NOT be responded to". */
  | { readonly kind: 'outside' };

/**
 * Where a request stands in the window.
 *
 * @param size how many requests of the peer may be under way: our SET_WINDOW_SIZE.
 */
export function placeRequest({ nextPeerId, replies }: Windows, messageId: number, size: number): RequestPlace {
  const reply = replies.find((other) => other.messageId === messageId);
  if (reply) return { kind: 'repeated', reply };
  return messageId >= nextPeerId && messageId < nextPeerId + size ? { kind: 'fresh' } : { kind: 'outside' };
}

/**
 * Remembers an answer. RFC 7296 section 2.1: "The responder MUST remember each response until it receives a request whose sequence number is
 * larger than or equal to the sequence number in the response plus its window size".
 */
export function keepReply(windows: Windows, reply: Reply, size: number): Windows {
  const others = windows.replies.filter((other) => other.messageId !== reply.messageId);
  const all = [...others, reply];
  let { nextPeerId } = windows;
  while (all.some((other) => other.messageId === nextPeerId)) nextPeerId++;
  const newest = Math.max(...all.map((other) => other.messageId));
  const replies = all.filter((other) => other.messageId > newest - size || other.messageId >= nextPeerId);
  return { ...windows, nextPeerId, replies, requestQueue: undefined };
}

/**
 * Whether another request of ours may go out now. RFC 7296 section 2.3: "if the responder stated its window size is N, then when the initiator needs to make
 * a request X, it MUST wait until it has received responses to all requests up through request X-N."
 */
export function hasRoom({ outstanding, nextOwnId, ownSize }: Windows): boolean {
  return nextOwnId <= lastMessageId && outstanding.every(({ messageId }) => messageId > nextOwnId - ownSize);
}

const lastMessageId = 0xffff_ffff;
/** Message IDs that are kept back for a rekey, its repetitions and the Delete. */
const spareMessageIds = 64;

/**
 * Whether our Message IDs are used up, or will be soon. RFC 7296 section 2.2: "In the unlikely event that Message IDs grow too large to fit in 32 bits, the
 * IKE SA MUST be closed or rekeyed."
 */
export function messageIdsLeft({ outstanding, nextOwnId }: Windows): 'enough' | 'few' | 'none' {
  if (nextOwnId <= lastMessageId - spareMessageIds) return 'enough';
  return nextOwnId > lastMessageId && outstanding.length === 0 ? 'none' : 'few';
}

/** The request of ours that an answer belongs to. */
export function findRequest({ outstanding }: Windows, messageId: number): OwnRequest | undefined {
  return outstanding.find((request) => request.messageId === messageId);
}

/** Takes a request out: it is answered, or given up. */
export function dropOutstanding(windows: Windows, request: OwnRequest): Windows {
  return {
    ...windows,
    outstanding: windows.outstanding.filter((other) => other.messageId !== request.messageId),
    responseQueue: undefined,
  };
}
