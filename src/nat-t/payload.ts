/**
 * What arrives on UDP port 4500: IKE behind the Non-ESP Marker, ESP, or a NAT-keepalive (RFC 3948 section 2).
 *
 * @module
 */
import { IpsecError } from '../errors.js';

/** The UDP port of IKE and UDP-encapsulated ESP once a NAT was seen: RFC 3947 section 4. */
export const natTraversalPort = 4500;

/** Octets of the shortest ESP packet that can be: SPI, Sequence Number, and one block of 4 octets with Pad Length and Next Header. */
const shortestEsp = 12;
/** Octets of an IKE header: RFC 7296 section 3.1. */
const ikeHeader = 28;

/** What the payload of a UDP datagram on port 4500 is. */
export type UdpPayloadKind = 'ike' | 'esp' | 'keepalive' | 'malformed';

/**
 * Tells IKE, ESP and NAT-keepalives apart.
 *
 * ```text
 * IKE         |                       Non-ESP Marker (4 octets 0)             |   IKE header ...
 * ESP         |               Security Parameters Index (not 0)               |   Sequence Number ...
 * keepalive   |    0xFF       |
 * ```
 *
 * RFC 3948 section 2.2: "A Non-ESP Marker is 4 zero-valued bytes aligning with the SPI field of an ESP packet." Section 2.1: "The SPI field
 * in the ESP header MUST NOT be a zero value." Section 2.3: "The sender MUST use a one-octet-long payload with the value 0xFF."
 *
 * @returns `'malformed'` for what is none of them, and for what is too short to be what it begins as.
 *
 * @example
 * ```ts
 * import { classifyUdpPayload, encodeKeepalive } from 'ipsec-ts/nat-t';
 *
 * if (classifyUdpPayload(encodeKeepalive()) !== 'keepalive') throw new Error('one octet 0xFF');
 * if (classifyUdpPayload(new Uint8Array(32)) !== 'ike') throw new Error('the marker and an IKE header');
 * ```
 */
export function classifyUdpPayload(payload: Uint8Array): UdpPayloadKind {
  if (payload.length === 1) return payload[0] === 0xff ? 'keepalive' : 'malformed';
  if (payload.length < shortestEsp) return 'malformed';
  if ((payload[0]! | payload[1]! | payload[2]! | payload[3]!) !== 0) return 'esp';
  return payload.length >= 4 + ikeHeader ? 'ike' : 'malformed';
}

/** An IKE message with the Non-ESP Marker in front, as it goes over port 4500. */
export function encodeNonEspMarker(message: Uint8Array): Uint8Array {
  const payload = new Uint8Array(4 + message.length);
  payload.set(message, 4);
  return payload;
}

/**
 * The IKE message behind the Non-ESP Marker: a view.
 *
 * @throws IpsecError `malformed` when {@link classifyUdpPayload} does not say `'ike'`.
 */
export function decodeNonEspMarker(payload: Uint8Array): Uint8Array {
  const kind = classifyUdpPayload(payload);
  if (kind !== 'ike')
    throw new IpsecError('malformed', 'a UDP payload', {
      path: 'udp.payload',
      offset: 0,
      expected: 'the Non-ESP Marker and an IKE header',
      found: kind,
    });
  return payload.subarray(4);
}

/** The payload of a NAT-keepalive: one octet 0xFF. */
export function encodeKeepalive(): Uint8Array {
  return Uint8Array.of(0xff);
}

/**
 * When the next NAT-keepalive is due: `interval` milliseconds after the last packet of any kind to the peer.
 *
 * RFC 3948 section 4: "A peer SHOULD send a NAT-keepalive packet if a need for it is detected according to [RFC3947] and if no other packet
 * to the peer has been sent in M seconds.  M is a locally configurable parameter with a default value of 20 seconds." What comes in proves
 * nothing: "Reception of NAT-keepalive packets MUST NOT be used to detect whether a connection is live."
 */
export function keepaliveDueAt(lastSent: number, interval = 20_000): number {
  return lastSent + interval;
}
