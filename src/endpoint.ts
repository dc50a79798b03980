/**
 * One host without I/O: RFC 4301 and IKEv2 together. It takes datagrams and packets with the time, and gives actions.
 *
 * @module
 */
export { createEndpoint } from './endpoint/create.js';
export type { Endpoint } from './endpoint/state.js';
export { receiveDatagram, receiveIp } from './endpoint/receive.js';
export * from './endpoint/commands.js';
export { wake, wakeAt } from './endpoint/wake.js';
export * from './endpoint/status.js';
export * from './endpoint/types.js';
export * from './endpoint/event-types.js';
export {
  type ChildOptions,
  defaultChildOptions,
  defaultEndpointLimits,
  type EndpointConfig,
  type EndpointConnection,
  type EndpointLimits,
  type EndpointPorts,
  type PoolOptions,
  type RemoteHost,
  type ResolvedChildOptions,
} from './endpoint/config.js';
export { parseEndpointConfig, type ParseConfigOptions } from './endpoint/config-json.js';
export type { ConnectionJson } from './endpoint/config-connection.js';
export type * from './endpoint/config-auth-json.js';
export * from './endpoint/credentials.js';
export type * from './endpoint/credential-specs.js';
export type { ChildJson } from './endpoint/config-child.js';
export type { OptionsJson } from './endpoint/config-options.js';
export { type Finding, lintConfig } from './endpoint/lint.js';
