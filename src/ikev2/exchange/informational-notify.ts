/**
 * What notifications in an INFORMATIONAL exchange do: little. RFC 7296 sections 1.5, 2.3, 2.21.2 and 2.21.4.
 *
 * @module
 */
import { readU32, toHex } from '../../bytes.js';
import { exchangeTypes } from '../../iana/ikev2.js';
import type { IkeAction, OpenMessage } from '../events.js';
import { decodeNotifyData } from '../notify-data.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import type { WithTasks } from '../task-queue.js';
import { isErrorNotify } from '../transition.js';

/** How many requests we have under way at most, whatever the peer promises: each is kept until it is answered. */
const largestWindow = 64;

/**
 * Notes what the peer says. Of status types only SET_WINDOW_SIZE does something. RFC 7296 section 3.10.1: "Unrecognized error types in a request
 * and status types in a request or response MUST be ignored, and they should be logged."
 *
 * RFC 7296 section 2.21.4 of errors that come by themselves: "The recipient MUST NOT change the state of any SAs as a result, but may wish to audit
 * the event to aid in diagnosing malfunctions."
 *
 * @throws IpsecError `truncated` or `trailing-octets`: the data of SET_WINDOW_SIZE is not 4 octets.
 */
export function noteNotifies<Sa extends WithTasks>(
  sa: Sa,
  payloads: readonly Payload[],
): { readonly sa: Sa; readonly actions: IkeAction[] } {
  const notifies = payloads.filter((payload): payload is PayloadOfType<'N'> => payload.type === 'N');
  let { ownSize } = sa.windows;
  for (const { notify, data } of notifies) {
    if (notify !== 'SET_WINDOW_SIZE') continue;
    // RFC 7296 section 2.3: "there is currently no way to reduce the window size of an existing IKE SA; you can only increase it."
    ownSize = Math.max(ownSize, Math.min(decodeNotifyData('SET_WINDOW_SIZE', data).size, largestWindow));
  }
  const errors = notifies.filter(({ notify }) => isErrorNotify(notify));
  return {
    sa: ownSize === sa.windows.ownSize ? sa : { ...sa, windows: { ...sa.windows, ownSize } },
    actions: errors.map((payload) => ({ type: 'audit', event: 'notified', detail: describeNotify(payload) })),
  };
}

/** For people: `INVALID_SPI of SPI c0ffee01`. */
export function describeNotify({ notify, spi, data }: PayloadOfType<'N'>): string {
  const name = typeof notify === 'number' ? `error ${notify}` : notify;
  // RFC 7296 section 1.5: "The Notification Data contains the SPI of the invalid packet."
  if (notify === 'INVALID_SPI' && data.length === 4) return `${name} of SPI ${toHex(data)}`;
  if (notify === 'INVALID_MESSAGE_ID' && data.length === 4) return `${name} of Message ID ${readU32(data, 0)}`;
  return spi.length > 0 ? `${name} of SPI ${toHex(spi)}` : name;
}

/** All errors of a message, for people; empty: there are none. */
export function describeErrors(payloads: readonly Payload[]): string {
  return payloads
    .filter((payload): payload is PayloadOfType<'N'> => payload.type === 'N' && isErrorNotify(payload.notify))
    .map(describeNotify)
    .join(', ');
}

/** Errors by which an initiator says that it has not taken our IKE_AUTH response. */
const endsAfterAuth: ReadonlySet<string | number> = new Set(['UNSUPPORTED_CRITICAL_PAYLOAD', 'INVALID_SYNTAX', 'AUTHENTICATION_FAILED']);

/**
 * The error that ends the IKE SA without a Delete payload, if there is one. RFC 7296 section 2.21.2: "In an IKE_AUTH exchange, or in the INFORMATIONAL
 * exchange immediately following it (in case an error happened when processing a response to IKE_AUTH), the UNSUPPORTED_CRITICAL_PAYLOAD,
 * INVALID_SYNTAX, and AUTHENTICATION_FAILED notifications are the only ones to cause the IKE SA to be deleted or not created, without a Delete
 * payload."
 */
export function findEndAfterAuth(sa: WithTasks, message: OpenMessage): PayloadOfType<'N'> | undefined {
  if (!followsAuth(sa, message)) return undefined;
  return message.payloads.find((payload): payload is PayloadOfType<'N'> => payload.type === 'N' && endsAfterAuth.has(payload.notify));
}

/** Whether the request before was IKE_AUTH: the answer to it is kept, and its header has the Exchange Type at octet 18. */
function followsAuth({ windows }: WithTasks, { messageId }: OpenMessage): boolean {
  const before = windows.replies.find((reply) => reply.messageId === messageId - 1);
  const exchange = before?.datagrams[0]?.[18];
  return exchangeTypes.some(({ id, name }) => name === 'IKE_AUTH' && id === exchange);
}
