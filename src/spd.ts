/**
 * The Security Policy Database (RFC 4301 section 4.4.1): policies in order, found by packet or by name, decorrelated where that is wanted.
 *
 * @module
 */
export * from './spd/types.js';
export { checkPolicy } from './spd/check.js';
export * from './spd/database.js';
export * from './spd/find.js';
export * from './spd/named.js';
export * from './spd/pfp.js';
export * from './spd/decorrelate.js';
export { explainPolicy } from './spd/explain.js';
export { parsePolicies, type PolicyJson } from './spd/json.js';
export type { AlgorithmJson, ProcessingJson } from './spd/json-processing.js';
export type { Warn } from './spd/json-values.js';
