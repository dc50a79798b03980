/**
 * Notifications: what their data is made of, and Dead Peer Detection (RFC 3706). Those that are not here carry nothing, or octets without a form.
 *
 * @module
 */
import { concat, EMPTY, equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { phase2Attributes } from '../iana/ikev1-attributes.js';
import { dataAttribute } from '../isakmp/attribute.js';
import { array, type Codec, decode, encode, struct, u32, type ValueOf } from '../wire.js';
import type { PayloadOfType } from './payload-cases.js';

type Notification = PayloadOfType<'N'>;

const forms = {
  /** RFC 2407 section 4.6.3.1: "contains an ISAKMP attribute list with the responder's actual SA lifetime(s)" */
  'RESPONDER-LIFETIME': /* @__PURE__ */ struct({ attributes: array(dataAttribute(phase2Attributes)) }),
  /** RFC 2407 section 4.6.3.2: "0 = replay detection disabled 1 = replay detection enabled" */
  'REPLAY-STATUS': /* @__PURE__ */ struct({ status: u32 }),
  /** RFC 3706 section 5.3: "MUST be set to the sequence number corresponding to this message" */
  'R-U-THERE': /* @__PURE__ */ struct({ sequence: u32 }),
  /** RFC 3706 section 6.1: "A responder to an R-U-THERE message MUST send an R-U-THERE-ACK with the same sequence number." */
  'R-U-THERE-ACK': /* @__PURE__ */ struct({ sequence: u32 }),
} as const;

/** The Notify Message Types whose data has a form. */
export type NotifyWithData = keyof typeof forms;
/** The data of one type: `NotifyData<'R-U-THERE'>` is `{ sequence: number }`. */
export type NotifyData<Name extends NotifyWithData> = ValueOf<(typeof forms)[Name]>;

/** Reads Notification Data. Throws `truncated`, `malformed` or `trailing-octets`. */
export function decodeNotifyData<Name extends NotifyWithData>(name: Name, data: Uint8Array): NotifyData<Name> {
  return decode(formOf(name), data, { path: [name] });
}

/** Writes Notification Data. Throws `invalid-argument`. */
export function encodeNotifyData<Name extends NotifyWithData>(name: Name, value: NotifyData<Name>): Uint8Array {
  return encode(formOf(name), value);
}

function formOf<Name extends NotifyWithData>(name: Name): Codec<NotifyData<Name>> {
  return forms[name] as Codec<unknown> as Codec<NotifyData<Name>>;
}

/** The two cookies of an ISAKMP SA, which are its SPI in notifications. */
export interface Cookies {
  /** CKY-I. */
  readonly ckyI: Uint8Array;
  /** CKY-R. */
  readonly ckyR: Uint8Array;
}

/** A Notification payload about an ISAKMP SA. */
export function createNotify(notify: Notification['notify'], { ckyI, ckyR }: Cookies, data: Uint8Array = EMPTY): Notification {
  return { type: 'N', doi: 'IPSEC', protocol: 'ISAKMP', notify, spi: concat(ckyI, ckyR), data };
}

/**
 * A question whether the peer is alive, or the answer.
 *
 * @param sequence RFC 3706 section 6.2: "The first R-U-THERE message sent in a session MUST be a randomly chosen number", and each after it one more. The
 * answer has the number of the question.
 *
 * @example
 * ```ts
 * import { createDpd, readDpd } from 'ipsec-ts/ikev1';
 *
 * const cookies = { ckyI: new Uint8Array(8).fill(1), ckyR: new Uint8Array(8).fill(2) };
 * const question = createDpd('R-U-THERE', cookies, 0x1234);
 * const { sequence } = readDpd(question, cookies);
 * if (createDpd('R-U-THERE-ACK', cookies, sequence).data[3] !== 0x34) throw new Error('the same number');
 * ```
 */
export function createDpd(name: 'R-U-THERE' | 'R-U-THERE-ACK', cookies: Cookies, sequence: number): Notification {
  return createNotify(name, cookies, encodeNotifyData(name, { sequence }));
}

/**
 * Reads a message of Dead Peer Detection. RFC 3706 section 6.1: "both the receiver of the R-U-THERE and the R-U-THERE-ACK message SHOULD check the validity of
 * the Initiator and Responder cookies presented in the SPI field of the payload."
 *
 * @throws IpsecError `malformed`, `truncated` or `trailing-octets`: other cookies, another notification, no number.
 */
export function readDpd(payload: Notification, { ckyI, ckyR }: Cookies): NotifyData<'R-U-THERE'> {
  if (payload.notify !== 'R-U-THERE' && payload.notify !== 'R-U-THERE-ACK')
    throw new IpsecError('malformed', 'a message of Dead Peer Detection', { blame: 'peer', found: `${payload.notify}` });
  if (payload.spi.length > 0 && !equalBytes(payload.spi, concat(ckyI, ckyR)))
    throw new IpsecError('malformed', 'the SPI of Dead Peer Detection', { blame: 'peer', expected: 'our cookies', found: 'others' });
  return decodeNotifyData('R-U-THERE', payload.data);
}
