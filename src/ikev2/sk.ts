/**
 * The Encrypted payload, SK {...}: a step above framing. A message is decoded first, then opened; it is sealed while it is encoded.
 *
 * @module
 */
import type { FillRandom } from '../suite/types.js';
import { type IkeMessage, type IkeMessageFields, encodeMessage, encodePayloads } from './message.js';
import type { Payload, PayloadOfType } from './payload-cases.js';
import type { SkContext } from './sk-context.js';

/** What stands in the header of a message. */
export type IkeHeaderFields = Omit<IkeMessageFields, 'payloads'>;

/** What opening a message comes to. The peer learns one thing of all three reasons: nothing. */
export type OpenedSk =
  | {
      readonly ok: true;
      /** The type of the first payload inside; 0: there is none. */
      readonly firstPayload: number;
      /** The payloads inside, without padding: for `decodePayloads`. */
      readonly octets: Uint8Array;
    }
  | {
      readonly ok: false;
      /** `icv`: not from the peer, or damaged. `malformed`: no place for IV, ICV or whole blocks. `padding`: authentic, but longer than the message. */
      readonly reason: 'icv' | 'malformed' | 'padding';
    };

/**
 * Verifies and decrypts the SK payload of a message, which is its last. The message is not changed.
 *
 * @param context keyed for the direction that the message came from: SK_e and SK_a of its sender.
 *
 * @example
 * ```ts
 * import { createSkContext, decodeMessage, decodePayloads, openSk, sealSk } from 'ipsec-ts/ike';
 * import { aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const key = { encryption: aes128Gcm16, encryptionKey: crypto.getRandomValues(new Uint8Array(20)) }; // SK_ei: 16 octets and 4 of salt
 * const spi = new Uint8Array(8).fill(1);
 * const header = { spiI: spi, spiR: spi, exchange: 'INFORMATIONAL', isInitiator: true, isResponse: false, messageId: 2 } as const;
 * const random = (octets: Uint8Array) => void crypto.getRandomValues(octets as Uint8Array<ArrayBuffer>);
 *
 * const sealed = sealSk(createSkContext(key), header, [{ type: 'D', protocol: 'IKE', spis: [] }], random);
 * const opened = openSk(createSkContext(key), decodeMessage(sealed));
 * if (!opened.ok || decodePayloads(opened.firstPayload, opened.octets)[0]?.type !== 'D') throw new Error('the peer says good-bye');
 * ```
 */
export function openSk(context: SkContext, message: IkeMessage): OpenedSk {
  const sk = message.payloads.at(-1);
  return sk?.type === 'SK' ? openEncrypted(context, message.raw, sk) : { ok: false, reason: 'malformed' };
}

/** {@link openSk} for either kind of Encrypted payload, at the end of a message. */
export function openEncrypted(context: SkContext, raw: Uint8Array, payload: PayloadOfType<'SK' | 'SKF'>): OpenedSk {
  const { ivLength, icvLength, blockSize } = context;
  const { data, firstPayload } = payload;
  const textLength = data.length - ivLength - icvLength;
  if (textLength < 1 || textLength % blockSize !== 0) return { ok: false, reason: 'malformed' };
  const plain = context.open(raw, raw.length - data.length);
  if (plain === undefined) return { ok: false, reason: 'icv' };
  // RFC 7296 section 3.14: "the recipient MUST accept any length that results in proper alignment."
  const end = plain.length - 1 - plain[plain.length - 1]!;
  return end < 0 ? { ok: false, reason: 'padding' } : { ok: true, firstPayload, octets: plain.subarray(0, end) };
}

/**
 * Encodes a message whose payloads are all inside an SK payload. Padding is the least that fills a block, and zero.
 *
 * RFC 7296 section 3.14: "The sender SHOULD set the Pad Length to the minimum value that makes the combination of the payloads, the Padding, and
 * the Pad Length a multiple of the block size".
 *
 * @param context keyed for our own direction.
 * @param random for an IV that has to be unpredictable (CBC).
 * @throws IpsecError `invalid-argument` with the path of what has no encoding.
 */
export function sealSk(context: SkContext, header: IkeHeaderFields, payloads: readonly Payload[], random: FillRandom): Uint8Array {
  const { firstPayload, octets } = encodePayloads(payloads);
  const data = plainData(context, octets, random);
  return sealLast(context, { ...header, payloads: [{ type: 'SK', firstPayload, data }] }, data.length);
}

/** IV, clear octets, padding, Pad Length, and room for the ICV. */
export function plainData(context: SkContext, octets: Uint8Array, random: FillRandom): Uint8Array {
  const { ivLength, icvLength, blockSize } = context;
  const textLength = Math.ceil((octets.length + 1) / blockSize) * blockSize;
  const data = new Uint8Array(ivLength + textLength + icvLength);
  data.set(context.nextIv(random));
  data.set(octets, ivLength);
  data[ivLength + textLength - 1] = textLength - 1 - octets.length;
  return data;
}

/** Encodes a message and seals the {@link plainData} at its end. */
export function sealLast(context: SkContext, fields: IkeMessageFields, dataLength: number): Uint8Array {
  const message = encodeMessage(fields);
  context.seal(message, message.length - dataLength);
  return message;
}
