/**
 * NAT detection (RFC 7296 section 2.23).
 *
 * @module
 */
import { writeU16 } from '../bytes.js';
import { sha1 } from '../suite/sha1.js';

/** One end of the way that a message takes. */
export interface NatDetectionInput {
  /** SPIi of the message's header. */
  readonly spiI: Uint8Array;
  /** SPIr of the message's header; zeros in the first message. */
  readonly spiR: Uint8Array;
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** UDP port. */
  readonly port: number;
}

/**
 * The data of NAT_DETECTION_SOURCE_IP or NAT_DETECTION_DESTINATION_IP.
 *
 * RFC 7296 section 2.23: "The data associated with the NAT_DETECTION_SOURCE_IP notification is a SHA-1 digest of the SPIs (in the order they appear in
 * the header), IP address, and port from which this packet was sent."
 *
 * @example
 * ```ts
 * import { computeNatDetection } from 'ipsec-ts/ike';
 *
 * const ends = { spiI: new Uint8Array(8).fill(1), spiR: new Uint8Array(8), address: Uint8Array.of(192, 0, 2, 1) };
 * const sent = computeNatDetection({ ...ends, port: 500 });
 * const seen = computeNatDetection({ ...ends, port: 1024 });
 * if (sent.every((octet, i) => octet === seen[i])) throw new Error('a NAT changed the port');
 * ```
 */
export function computeNatDetection({ spiI, spiR, address, port }: NatDetectionInput): Uint8Array {
  const portOctets = new Uint8Array(2);
  writeU16(portOctets, 0, port);
  return sha1(spiI, spiR, address, portOctets);
}
