/**
 * The header that every version of IKE begins with: enough to tell versions, SAs and exchanges apart before anything else is read.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { bits, bytes, type Codec, decodePrefix, struct, u32, u8, type ValueOf } from '../wire.js';

/** Octets of the header. */
export const headerLength = 28;

/**
 * IKE Header, RFC 7296 section 3.1; in IKEv1 the SPIs are called cookies and the flags mean other things (RFC 2408 section 3.1).
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
const header = /* @__PURE__ */ struct({
  /** IKE SA Initiator's SPI: 8 octets. */
  spiI: bytes(8),
  /** IKE SA Responder's SPI: 8 octets, zeros in the first message. */
  spiR: bytes(8),
  /** Type of the first payload. */
  nextPayload: u8,
  /** Major version: 1 for IKEv1 and ISAKMP, 2 for IKEv2. */
  majorVersion: bits(4),
  /** Minor version. */
  minorVersion: bits(4),
  /** Exchange type. */
  exchangeType: u8,
  /** All eight flags. */
  flags: u8,
  /** Message ID. */
  messageId: u32,
  /** Octets of the whole message, as the sender says. */
  length: u32,
});

/** The header of an IKE message of any version. */
export type IkeHeader = ValueOf<typeof header>;

/** The header as a declaration, for octet maps. */
export const headerCodec: Codec<IkeHeader> = header;

/**
 * Reads the first 28 octets of an IKE message of any version. The SPIs are views.
 *
 * @throws IpsecError `truncated`.
 *
 * @example
 * ```ts
 * import { decodeHeader, encodeMessage } from 'ipsec-ts/ike';
 *
 * const spiI = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
 * const ping = encodeMessage({ spiI, spiR: spiI, exchange: 'INFORMATIONAL', isInitiator: true, isResponse: false, messageId: 7, payloads: [] });
 * const header = decodeHeader(ping);
 * if (header.majorVersion !== 2 || header.messageId !== 7 || header.length !== 28) throw new Error('an empty message');
 * ```
 */
export function decodeHeader(message: Uint8Array): IkeHeader {
  return decodePrefix(header, message).value;
}

const versions = 17; // the octet of both version numbers

/**
 * Whether a message is of a major version; of one too short to tell its decoder says what is missing.
 *
 * @throws IpsecError `invalid-major-version`.
 */
export function checkMajorVersion(octets: Uint8Array, expected: 1 | 2): void {
  const octet = octets[versions];
  if (octet === undefined || octet >>> 4 === expected) return;
  throw new IpsecError('invalid-major-version', 'an IKE message', {
    path: 'majorVersion',
    offset: versions,
    expected: `version ${expected}`,
    found: `version ${octet >>> 4}`,
  });
}
