/**
 * The Peer Authorization Database (RFC 4301 section 4.4.3): the link between the SPD and key management. It says who may be a peer, how a
 * peer proves who it is, and which addresses it may speak for.
 *
 * @module
 */
export * from './pad/types.js';
export { formatPadId, parsePadId } from './pad/id.js';
export * from './pad/database.js';
export * from './pad/authorize.js';
