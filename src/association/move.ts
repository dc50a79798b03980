/**
 * An SA whose peer has moved.
 *
 * @module
 */
import type { UdpEncapsulation } from './config.js';
import type { SecurityAssociation } from './record.js';

/** The ends of an SA. */
export interface SaEnds {
  /** Sender: 4 or 16 octets. */
  readonly source: Uint8Array;
  /** Receiver: 4 or 16 octets, of the same family. */
  readonly destination: Uint8Array;
  /** ESP inside UDP; undefined: not. */
  readonly encapsulation: UdpEncapsulation | undefined;
}

/**
 * Gives an SA other ends: its keys, numbers and window stay. RFC 7296 section 2.23 has the peer's side of a tunnel follow a NAT that changes its
 * mapping; nothing of ESP's protection covers the outer header. For AH, whose ICV does, and for SAs that are found by their addresses this
 * is of no use.
 */
export function moveSa(sa: SecurityAssociation, { source, destination, encapsulation }: SaEnds): void {
  const own = sa as { -readonly [K in keyof SecurityAssociation]: SecurityAssociation[K] };
  own.source = source.slice();
  own.destination = destination.slice();
  own.encapsulation = encapsulation;
  if (sa.tunnelHeader) own.tunnelHeader = { ...sa.tunnelHeader, source: own.source, destination: own.destination };
}
