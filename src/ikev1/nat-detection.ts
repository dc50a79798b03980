/**
 * NAT detection of IKEv1 (RFC 3947 section 3.2).
 *
 * @module
 */
import { writeU16 } from '../bytes.js';
import type { HashRow } from '../suite/types-hash.js';

/** One end of the way that a message takes. */
export interface NatDiscovery {
  /** CKY-I. */
  readonly ckyI: Uint8Array;
  /** CKY-R. */
  readonly ckyR: Uint8Array;
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** UDP port. */
  readonly port: number;
}

/**
 * The data of a NAT-D payload. RFC 3947 section 3.2: "HASH = HASH(CKY-I | CKY-R | IP | Port) This uses the negotiated HASH algorithm."
 *
 * The first of a message is made with the destination of the datagram, the others with the sender's own addresses: in IKEv2 it is the other way round.
 *
 * @example
 * ```ts
 * import { computeNatDiscovery } from 'ipsec-ts/ikev1';
 * import { hashSha1 } from 'ipsec-ts/suite/hash';
 *
 * const ends = { ckyI: new Uint8Array(8).fill(1), ckyR: new Uint8Array(8).fill(2), address: Uint8Array.of(192, 0, 2, 1) };
 * const sent = computeNatDiscovery(hashSha1, { ...ends, port: 500 });
 * const seen = computeNatDiscovery(hashSha1, { ...ends, port: 1024 });
 * if (sent.every((octet, i) => octet === seen[i])) throw new Error('a NAT changed the port');
 * ```
 */
export function computeNatDiscovery(hash: HashRow, { ckyI, ckyR, address, port }: NatDiscovery): Uint8Array {
  const portOctets = new Uint8Array(2);
  writeU16(portOctets, 0, port);
  return hash.digest(ckyI, ckyR, address, portOctets);
}
