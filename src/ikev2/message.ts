/**
 * IKEv2 messages: header and payloads, octets to values and back. Nothing here encrypts or decrypts: an SK payload is a string of octets.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { exchangeTypes } from '../iana/ikev2.js';
import { chain, firstTypeOf } from '../isakmp/chain.js';
import { checkMajorVersion } from '../isakmp/header.js';
import { type IkeLimits, optionsOf } from '../isakmp/limits.js';
import {
  bits,
  bytes,
  type Codec,
  coded,
  constant,
  decode,
  encode,
  firstOf,
  flag,
  lengthOf,
  reservedBits,
  struct,
  u32,
  u8,
  type ValueOf,
} from '../wire.js';
import { type Payload, payloadTypesV2 } from './payload-cases.js';

/**
 * IKE Header with its payloads, RFC 7296 sections 3.1 and 3.2. Flags: X X R V I X X X.
 *
 * RFC 7296 section 3.1: "They MUST ignore the minor version number of received messages." "Implementations of IKEv2 MUST clear this bit when
 * sending and MUST ignore it in incoming messages." (V)
 *
 * ```text
 *                        1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                       IKE SA Initiator's SPI                  |
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                       IKE SA Responder's SPI                  |
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                          Message ID                           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                            Length                             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const message = /* @__PURE__ */ struct({
  /** IKE SA Initiator's SPI: 8 octets. */
  spiI: bytes(8),
  /** IKE SA Responder's SPI: 8 octets, zeros in the first message. */
  spiR: bytes(8),
  nextPayload: firstOf('payloads', u8),
  majorVersion: constant(bits(4), 2),
  minorVersion: reservedBits(4),
  /** Exchange Type. */
  exchange: coded(u8, exchangeTypes),
  reservedFlags: reservedBits(2),
  /** R: a response to the request with the same Message ID. */
  isResponse: flag,
  version: reservedBits(1),
  /** I: sent by the original initiator of the IKE SA (or by who initiated its last rekey). */
  isInitiator: flag,
  reservedFlags2: reservedBits(3),
  /** Message ID. */
  messageId: u32,
  length: lengthOf(u32),
  /** The payloads in their order; SK and SKF stay closed. */
  payloads: chain('nextPayload', payloadTypesV2),
});

/** What a message says, without derived numbers. */
export type IkeMessageFields = ValueOf<typeof message>;
/** A message with the octets that it came as, which AUTH and the integrity check cover. */
export interface IkeMessage extends IkeMessageFields {
  /** All of it, from the first SPI to the last octet: no Non-ESP Marker. */
  readonly raw: Uint8Array;
}

/** The message as a declaration, for octet maps. */
export const messageCodec: Codec<IkeMessageFields> = message;

/**
 * Decodes one IKEv2 message. Octets in the value are views into it; nothing is verified, and SK and SKF payloads stay closed.
 *
 * RFC 7296 section 2.5 demands that RESERVED fields and flags are ignored; they are in `raw`. Payloads of unknown type are
 * kept as `'unknown'` with their critical bit: see {@link findUnsupportedCritical}.
 *
 * @param octets one whole message without the Non-ESP Marker of port 4500.
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets` with path and offset; `limit-exceeded`; `invalid-major-version` when it
 * is not IKEv2 ({@link decodeHeader} reads every version).
 *
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage } from 'ipsec-ts/ike';
 *
 * const request = encodeMessage({
 *   spiI: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
 *   spiR: new Uint8Array(8),
 *   exchange: 'IKE_SA_INIT',
 *   isInitiator: true,
 *   isResponse: false,
 *   messageId: 0,
 *   payloads: [
 *     { type: 'SA', proposals: [{ proposalNum: 1, protocol: 'IKE', spi: new Uint8Array(0), transforms: [{ type: 'PRF', id: 5, attributes: [] }] }] },
 *     { type: 'Nonce', data: new Uint8Array(32) },
 *   ],
 * });
 * const { payloads } = decodeMessage(request);
 * if (payloads[0]?.type !== 'SA' || payloads[0].proposals[0]?.transforms[0]?.type !== 'PRF') throw new Error('what went in');
 * ```
 */
export function decodeMessage(octets: Uint8Array, limits: IkeLimits = {}): IkeMessage {
  const options = optionsOf(octets, limits);
  checkMajorVersion(octets, 2);
  const fields: IkeMessageFields & { raw?: Uint8Array } = decode(message, octets, options);
  fields.raw = octets; // the object is fresh: a copy of it would cost as much as a payload
  return fields as IkeMessage;
}

/**
 * Encodes one IKEv2 message; lengths, counts and Next Payload fields follow from the value. RESERVED fields and flags are sent as zero.
 *
 * @throws IpsecError `invalid-argument` with the path of what has no encoding.
 */
export function encodeMessage(fields: IkeMessageFields): Uint8Array {
  return encode(message, fields);
}

/**
 * Decodes a chain of payloads by itself: what an SK payload holds once it is open.
 *
 * @param firstPayload the type of the first one: `firstPayload` of the SK payload.
 * @throws IpsecError as {@link decodeMessage}; `malformed` when an Encrypted payload is among them.
 */
export function decodePayloads(firstPayload: number, octets: Uint8Array, limits: IkeLimits = {}): readonly Payload[] {
  const payloads = decode(chain(firstPayload, payloadTypesV2), octets, { ...optionsOf(octets, limits), path: ['payloads'] });
  const last = payloads.at(-1);
  // RFC 7296 section 3.1: "an Encrypted payload MUST NOT contain another Encrypted payload."
  if (last?.type !== 'SK' && last?.type !== 'SKF') return payloads;
  throw new IpsecError('malformed', 'an Encrypted payload', {
    path: `payloads.${payloads.length - 1}`,
    expected: 'no other Encrypted payload in it',
    found: last.type,
  });
}

/** Encodes a chain of payloads by itself, and tells the type of the first one; 0 for none. */
export function encodePayloads(payloads: readonly Payload[]): { readonly firstPayload: number; readonly octets: Uint8Array } {
  return { octets: encode(chain(0, payloadTypesV2), payloads), firstPayload: firstTypeOf(payloadTypesV2, payloads) };
}

/**
 * The first payload that may not be skipped, if there is one.
 *
 * RFC 7296 section 2.5: "If the critical flag is set and the payload type is unrecognized, the message MUST be rejected and the response to the IKE
 * request containing that payload MUST include a Notify payload UNSUPPORTED_CRITICAL_PAYLOAD".
 *
 * @returns its type, which is the Notification Data.
 */
export function findUnsupportedCritical(payloads: readonly Payload[]): number | undefined {
  for (const payload of payloads) if (payload.type === 'unknown' && payload.critical === true) return payload.payloadType;
  return undefined;
}
