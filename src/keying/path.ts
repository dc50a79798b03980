/**
 * Where IKE messages go, and what stands in the way.
 *
 * @module
 */

/** One end of the way that IKE messages take. */
export interface UdpEndpoint {
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** UDP port. */
  readonly port: number;
}

/** Where IKE messages go from and to. */
export interface Path {
  /** Ours. */
  readonly local: UdpEndpoint;
  /** The peer's, as we see it. */
  readonly remote: UdpEndpoint;
}

/** Where NATs stand (RFC 7296 section 2.23). `supported` is false when the peer sent no NAT_DETECTION: then there is no UDP encapsulation. */
export interface NatState {
  /** Whether the peer takes part in NAT traversal. */
  readonly supported: boolean;
  /** We are behind a NAT, or behave so (`natTraversal: 'force'`): keepalives are ours to send. */
  readonly local: boolean;
  /** The peer is behind one. */
  readonly remote: boolean;
  /** The peer's address may change: it is behind a NAT and we are not (RFC 7296 section 2.23). */
  readonly follow: boolean;
}
