/**
 * IKE fragmentation (RFC 7383): the content of one SK payload in several SKF payloads, each sealed by itself.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { FillRandom } from '../suite/types.js';
import { encodePayloads } from './message.js';
import type { Payload } from './payload-cases.js';
import { type IkeHeaderFields, plainData, sealLast } from './sk.js';
import type { SkContext } from './sk-context.js';

/** IKE header, generic payload header, Fragment Number and Total Fragments. */
const headers = 28 + 4 + 4;

/** How a message is cut. */
export interface FragmentOptions {
  /** The most octets that one IKE message may have: the datagram's without IP and UDP headers and the Non-ESP Marker. */
  readonly size: number;
  /** There have to be more fragments than this: RFC 7383 section 2.5.2: "the sender MUST ensure that the value in the Total Fragments field is really increased." */
  readonly moreThan?: number;
}

/**
 * Encodes a message as IKE Fragment messages of nearly the same length.
 *
 * RFC 7383 section 2.5: "The content is treated as a binary blob and is split regardless of the boundaries of inner payloads." "When prepending the
 * IKE header to the IKE Fragment messages, it MUST be taken intact from the original message, except for the Length and Next Payload fields."
 *
 * @param random for IVs that have to be unpredictable.
 * @throws IpsecError `invalid-argument`: `size` leaves no room for content, or there would be more than 65,535 fragments.
 *
 * @example
 * ```ts
 * import { addFragment, createSkContext, decodeMessage, fragmentMessage } from 'ipsec-ts/ike';
 * import { aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const key = { encryption: aes128Gcm16, encryptionKey: crypto.getRandomValues(new Uint8Array(20)) };
 * const spi = new Uint8Array(8).fill(1);
 * const header = { spiI: spi, spiR: spi, exchange: 'IKE_AUTH', isInitiator: true, isResponse: false, messageId: 1 } as const;
 * const certificate = { type: 'CERT', encoding: 'X.509 Certificate - Signature', data: new Uint8Array(2000) } as const;
 * const fragments = fragmentMessage(createSkContext(key), header, [certificate], () => {}, { size: 1232 });
 *
 * const receiver = createSkContext(key);
 * const first = addFragment(undefined, receiver, decodeMessage(fragments[0]!));
 * if (first.kind !== 'kept') throw new Error('one of two');
 * if (addFragment(first.queue, receiver, decodeMessage(fragments[1]!)).kind !== 'complete') throw new Error('both');
 * ```
 */
export function fragmentMessage(
  context: SkContext,
  header: IkeHeaderFields,
  payloads: readonly Payload[],
  random: FillRandom,
  { size, moreThan = 0 }: FragmentOptions,
): readonly Uint8Array[] {
  const { firstPayload, octets } = encodePayloads(payloads);
  const room = contentRoom(context, size);
  const total = Math.max(1, Math.ceil(octets.length / room), moreThan + 1);
  if (total > 0xffff)
    throw new IpsecError('invalid-argument', 'fragments of an IKE message', { expected: 'at most 65535', found: `${total}` });
  return Array.from({ length: total }, (_, i) => {
    const part = octets.subarray(Math.floor((i * octets.length) / total), Math.floor(((i + 1) * octets.length) / total));
    const data = plainData(context, part, random);
    const fragment = {
      type: 'SKF',
      // RFC 7383 section 2.5: "In the rest of the Fragment messages (with Fragment Number greater than 1), this field MUST be set to zero."
      firstPayload: i === 0 ? firstPayload : 0,
      fragmentNumber: i + 1,
      totalFragments: total,
      data,
    } as const;
    return sealLast(context, { ...header, payloads: [fragment] }, data.length);
  });
}

/** Octets of content that fit into one fragment, padded to whole blocks. */
function contentRoom({ ivLength, icvLength, blockSize }: SkContext, size: number): number {
  const text = Math.floor((size - headers - ivLength - icvLength) / blockSize) * blockSize;
  if (text >= 2) return text - 1;
  throw new IpsecError('invalid-argument', 'the size of an IKE fragment', {
    path: 'size',
    expected: `at least ${headers + ivLength + icvLength + Math.max(2, blockSize)} octets`,
    found: `${size}`,
  });
}
