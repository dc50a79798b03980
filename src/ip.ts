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
