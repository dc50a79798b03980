/**
 * IP for IPsec: addresses, headers, checksums, fragments, ICMP, ECN, tunnel headers.
 *
 * @module
 */
export * from './ip/address.js';
export * from './ip/checksum.js';
export * from './ip/flow.js';
export * from './ip/header.js';
export * from './ip/options.js';
export * from './ip/packet.js';
export * from './ip/protocol.js';
export * from './ip/range.js';
export * from './ip/walk.js';
export * from './ip/ecn.js';
export * from './ip/fragment.js';
export * from './ip/insertion.js';
export * from './ip/reassembly.js';
export * from './ip/routing.js';
export * from './ip/tunnel.js';
export * from './ip/upper.js';
export type { Datagram, FirstHeader, Piece, RefusalReason } from './ip/pieces.js';
export * from './ip/icmp.js';
export * from './ip/icmp-error.js';
export * from './ip/mss.js';
