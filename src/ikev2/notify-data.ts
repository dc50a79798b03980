/**
 * What the Notification Data of some Notify payloads is made of. Those that are not here carry nothing, or octets without a form.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { hashAlgorithms } from '../iana/ikev2.js';
import { ipcompTransforms } from '../iana/ipcomp.js';
import { array, bytes, type Codec, coded, decode, encode, limit, rest, struct, u16, u32, u8, type ValueOf } from '../wire.js';
import type { PayloadOfType } from './payload-cases.js';

type NotifyPayload = PayloadOfType<'N'>;

const forms = {
  /** RFC 7296 section 2.5: "the Notification Data contains the one-octet payload type." */
  UNSUPPORTED_CRITICAL_PAYLOAD: /* @__PURE__ */ struct({ payloadType: u8 }),
  /** RFC 7296 section 2.3: "the four-octet invalid Message ID" */
  INVALID_MESSAGE_ID: /* @__PURE__ */ struct({ messageId: u32 }),
  /** RFC 7296 section 1.2: the key exchange method that would be accepted. */
  INVALID_KE_PAYLOAD: /* @__PURE__ */ struct({ method: u16 }),
  /** RFC 7296 section 2.3: "MUST be 4 octets long and contain the big endian representation of the number of messages the sender promises to keep." */
  SET_WINDOW_SIZE: /* @__PURE__ */ struct({ size: u32 }),
  /** RFC 7296 section 2.22: "a two-octet IPComp CPI followed by a one-octet Transform ID optionally followed by attributes" */
  IPCOMP_SUPPORTED: /* @__PURE__ */ struct({ cpi: u16, transform: coded(u8, ipcompTransforms), attributes: rest }),
  /** RFC 7296 section 2.23: a SHA-1 digest. */
  NAT_DETECTION_SOURCE_IP: /* @__PURE__ */ struct({ hash: bytes(20) }),
  /** RFC 7296 section 2.23: a SHA-1 digest. */
  NAT_DETECTION_DESTINATION_IP: /* @__PURE__ */ struct({ hash: bytes(20) }),
  /** RFC 7296 section 2.6: "MUST be between 1 and 64 octets in length (inclusive)" */
  COOKIE: /* @__PURE__ */ struct({ cookie: limit(rest, 1, 64) }),
  /** RFC 7427 section 4: "the list of 16-bit hash algorithm identifiers" */
  SIGNATURE_HASH_ALGORITHMS: /* @__PURE__ */ struct({ algorithms: array(coded(u16, hashAlgorithms)) }),
} as const;

/** The Notify Message Types whose data has a form. */
export type NotifyWithData = keyof typeof forms;
/** The data of one type: `NotifyData<'INVALID_KE_PAYLOAD'>` is `{ method: number }`. */
export type NotifyData<Name extends NotifyWithData> = ValueOf<(typeof forms)[Name]>;

/**
 * Reads Notification Data.
 *
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets`.
 *
 * @example
 * ```ts
 * import { createNotify, decodeNotifyData, encodeNotifyData } from 'ipsec-ts/ike';
 *
 * const data = encodeNotifyData('INVALID_KE_PAYLOAD', { method: 31 });
 * const payload = createNotify('INVALID_KE_PAYLOAD', data);
 * if (decodeNotifyData('INVALID_KE_PAYLOAD', payload.data).method !== 31) throw new Error('Curve25519 is what the peer would take');
 * ```
 */
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

/**
 * A Notify payload.
 *
 * @param sa the SA that it is about; of the notifications of RFC 7296 only INVALID_SELECTORS, REKEY_SA and CHILD_SA_NOT_FOUND have one.
 */
export function createNotify(
  notify: NotifyPayload['notify'],
  data: Uint8Array = EMPTY,
  sa?: Pick<NotifyPayload, 'protocol' | 'spi'>,
): NotifyPayload {
  // RFC 7296 section 3.10: "If the SPI field is empty, this field MUST be sent as zero and MUST be ignored on receipt."
  return { type: 'N', protocol: sa?.protocol ?? 0, notify, spi: sa?.spi ?? EMPTY, data };
}

/** Whether a Notify Message Type is one of those whose data has a form. */
export function hasNotifyForm(name: string | number): name is NotifyWithData {
  return Object.hasOwn(forms, name);
}
