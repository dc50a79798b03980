/**
 * NAT traversal for ESP: UDP encapsulation, the Non-ESP Marker, keepalives and the checksum fix-up of transport mode (RFC 3948).
 *
 * @module
 */
export * from './nat-t/checksum-fix.js';
export * from './nat-t/encapsulation.js';
export * from './nat-t/payload.js';
