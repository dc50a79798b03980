/**
 * IPsec hosts on Node: sockets, the clock, and a small face of promises over `ipsec-ts/endpoint`.
 *
 * @module
 */
export { connect, type ConnectOptions, listen } from './node/host.js';
export type { Host, HostOptions, Question } from './node/types.js';
export { checkConfig } from './node/surroundings.js';
export { parseConfig, type ParseHostOptions } from './node/config.js';
export { loadConfig, type LoadConfigOptions, parseConfigText, readConfig } from './node/load.js';
export type { PromptSecret, SecretQuestion } from './node/secrets.js';
export { type ConfigRow, configRows, signatureRows } from './node/rows.js';
export { createNodeTlsEngine, type NodeTlsOptions } from './node/eap-tls.js';
export { nodeDeflate } from './node/deflate.js';
