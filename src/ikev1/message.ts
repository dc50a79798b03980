/**
 * ISAKMP messages: header and payloads, octets to values and back. Nothing here decrypts: behind the header of an encrypted message stands a string of octets.
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { exchangeTypesV1 } from '../iana/ikev1.js';
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
  decodePrefix,
  encode,
  firstOf,
  flag,
  lengthOf,
  limit,
  reservedBits,
  rest,
  struct,
  u32,
  u8,
  type ValueOf,
} from '../wire.js';
import { type Payload, payloadTypesV1 } from './payload-cases.js';

/** The fields in front of Next Payload. */
const cookies = { ckyI: bytes(8), ckyR: bytes(8) };

/**
 * The fields behind Next Payload, up to the Encryption flag. RFC 2408 section 3.1: "Implementations SHOULD never accept packets with a minor version number
 * larger than its own, given the major version numbers are identical." Ours is 0.
 */
const versionAndFlags = {
  majorVersion: constant(bits(4), 1),
  minorVersion: constant(bits(4), 0),
  exchange: coded(u8, exchangeTypesV1),
  reservedFlags: reservedBits(5),
  authenticationOnly: flag,
  commit: flag,
};

/**
 * ISAKMP Header with its payloads, RFC 2408 section 3.1. Flags: X X X X X A C E.
 *
 * ```text
 *                         1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    !                          Initiator                            !
 *    !                            Cookie                             !
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    !                          Responder                            !
 *    !                            Cookie                             !
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    !  Next Payload ! MjVer ! MnVer ! Exchange Type !     Flags     !
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    !                          Message ID                           !
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    !                            Length                             !
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const clearMessage = /* @__PURE__ */ struct({
  ...cookies,
  nextPayload: firstOf('payloads', u8),
  ...versionAndFlags,
  encryption: constant(bits(1), 0),
  messageId: u32,
  length: lengthOf(u32),
  payloads: chain('nextPayload', payloadTypesV1),
  // RFC 2408 section 3.6: "any padding will be added at the end of the message to make the message 4-octet aligned."
  padding: limit(rest, 0, 3),
});

/** The same with the Encryption flag. RFC 2408 section 3.1: "If set (1), all payloads following the header are encrypted". */
const encryptedMessage = /* @__PURE__ */ struct({
  ...cookies,
  firstPayload: u8,
  ...versionAndFlags,
  encryption: constant(bits(1), 1),
  messageId: u32,
  length: lengthOf(u32),
  data: rest,
});

/** A clear message as a declaration, for octet maps. */
export const clearMessageCodec: Codec<ValueOf<typeof clearMessage>> = clearMessage;
/** An encrypted message as a declaration. */
export const encryptedMessageCodec: Codec<ValueOf<typeof encryptedMessage>> = encryptedMessage;

/** What stands in the header of a message. */
export interface Ikev1Header {
  /** CKY-I: 8 octets. */
  readonly ckyI: Uint8Array;
  /** CKY-R: 8 octets, zeros in the first message. */
  readonly ckyR: Uint8Array;
  /** Exchange Type: a name, or a number without one. */
  readonly exchange: ValueOf<typeof versionAndFlags.exchange>;
  /** A: not encrypted, but authenticated. */
  readonly authenticationOnly: boolean;
  /** C: nobody uses the SA until a CONNECTED notification comes. */
  readonly commit: boolean;
  /** Message ID: 0 in phase 1, else random. */
  readonly messageId: number;
}
/** A message that everybody can read. */
export interface ClearMessage extends Ikev1Header {
  /** The payloads in their order. */
  readonly payloads: readonly Payload[];
  /** Up to 3 octets behind them, with which some align their messages; nobody has to. */
  readonly padding?: Uint8Array;
}
/** A message that is encrypted from behind the header to the end. */
export interface EncryptedMessage extends Ikev1Header {
  /** The type of the first payload inside: it is not secret. */
  readonly firstPayload: number;
  /** Ciphertext. */
  readonly data: Uint8Array;
}
/** What a message says, without derived numbers. */
export type Ikev1MessageFields = ClearMessage | EncryptedMessage;
/** A message, and whether it is encrypted. */
export type Ikev1Message = (ClearMessage & { readonly isEncrypted: false }) | (EncryptedMessage & { readonly isEncrypted: true });

const FLAGS = 19;
const ENCRYPTION = 1;

/**
 * Decodes one IKEv1 message. Octets in the value are views into it; nothing is verified, and what is encrypted stays so: see `openMessage`.
 *
 * @param octets one whole message without the Non-ESP Marker of port 4500.
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets` with path and offset; `limit-exceeded`; `invalid-major-version` when it is not version 1.
 *
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage } from 'ipsec-ts/ikev1';
 *
 * const header = { ckyI: new Uint8Array(8).fill(1), ckyR: new Uint8Array(8), authenticationOnly: false, commit: false, messageId: 0 } as const;
 * const first = encodeMessage({
 *   ...header,
 *   exchange: 'Identity Protection',
 *   payloads: [
 *     {
 *       type: 'SA',
 *       doi: 'IPSEC',
 *       situation: 1,
 *       proposals: [
 *         {
 *           proposalNum: 1,
 *           protocol: 'ISAKMP',
 *           spi: new Uint8Array(0),
 *           transforms: [{ transformNum: 1, id: 'KEY_IKE', attributes: [{ type: 'Encryption Algorithm', value: 7 }] }],
 *         },
 *       ],
 *     },
 *   ],
 * });
 * const message = decodeMessage(first);
 * if (message.isEncrypted || message.payloads[0]?.type !== 'SA') throw new Error('what went in');
 * ```
 */
export function decodeMessage(octets: Uint8Array, limits: IkeLimits = {}): Ikev1Message {
  const options = optionsOf(octets, limits);
  checkMajorVersion(octets, 1);
  const isEncrypted = octets.length > FLAGS && (octets[FLAGS]! & ENCRYPTION) !== 0;
  if (isEncrypted) return { isEncrypted, ...decode(encryptedMessage, octets, options) };
  return { isEncrypted, ...decode(clearMessage, octets, options) };
}

/**
 * Encodes one IKEv1 message; lengths, counts, Next Payload fields and the Encryption flag follow from the value. RESERVED fields are sent as zero.
 *
 * @param fields with `payloads` for a clear message, with `firstPayload` and `data` for one that is encrypted already.
 * @throws IpsecError `invalid-argument` with the path of what has no encoding.
 */
export function encodeMessage(fields: Ikev1MessageFields): Uint8Array {
  return 'payloads' in fields ? encode(clearMessage, { padding: EMPTY, ...fields }) : encode(encryptedMessage, fields);
}

/** Nothing but the header: a whole message may be handed in. */
export function headerOf({ ckyI, ckyR, exchange, authenticationOnly, commit, messageId }: Ikev1Header): Ikev1Header {
  return { ckyI, ckyR, exchange, authenticationOnly, commit, messageId };
}

/** Payloads by themselves, and how far they go. */
export interface DecodedPayloads {
  /** The payloads in their order. */
  readonly payloads: readonly Payload[];
  /** The first octet behind them: where the padding of an encrypted message begins. */
  readonly end: number;
}

/**
 * Decodes a chain of payloads by itself: what an encrypted message holds once it is open. Octets may follow it.
 *
 * @param firstPayload the type of the first one.
 * @throws IpsecError as {@link decodeMessage}.
 */
export function decodePayloads(firstPayload: number, octets: Uint8Array, limits: IkeLimits = {}): DecodedPayloads {
  const { value, end } = decodePrefix(payloadChain(firstPayload), octets, { ...optionsOf(octets, limits), path: ['payloads'] });
  return { payloads: value, end };
}

/** Payloads as octets, with the type of the first one. */
export interface EncodedPayloads {
  /** 0 for none. */
  readonly firstPayload: number;
  /** All of them, with their generic headers. */
  readonly octets: Uint8Array;
}

/** Encodes a chain of payloads by itself. Throws `invalid-argument`. */
export function encodePayloads(payloads: readonly Payload[]): EncodedPayloads {
  return { octets: encode(payloadChain(0), payloads), firstPayload: firstTypeOf(payloadTypesV1, payloads) };
}

function payloadChain(firstPayload: number): Codec<readonly Payload[]> {
  return chain(firstPayload, payloadTypesV1);
}
