/**
 * The configuration of a host on Node.
 *
 * @module
 */
import { type EndpointConfig, parseEndpointConfig, type ParseConfigOptions } from '../endpoint.js';
import { nodeDeflate } from './deflate.js';
import { configRows } from './rows.js';

/** What {@link parseConfig} takes besides the JSON. */
export interface ParseHostOptions extends Omit<ParseConfigOptions, 'rows'> {
  /** Algorithms to choose from. Default {@link configRows}. */
  readonly rows?: ParseConfigOptions['rows'] | undefined;
}

/**
 * Reads the configuration of a host as `parseEndpointConfig` does, with the algorithms and the DEFLATE of Node. A port may be 0 besides: any that
 * is free. And `ike` and `nat` may be one and the same port (not 0): then IKE and ESP share it from the first message on, with the Non-ESP
 * Marker of RFC 3948 in front of IKE, and the peer has to be configured to begin there (`startOnNatPort`).
 *
 * @param json as `JSON.parse` makes it. It is not changed.
 * @throws IpsecError `invalid-config`, `unknown-algorithm` or `unsafe-config`, with the path of the wrong value and what would be accepted.
 */
export function parseConfig(json: unknown, options: ParseHostOptions = {}): EndpointConfig {
  const { rows = configRows(), compression = nodeDeflate, ...rest } = options;
  const { ike = defaults.ike, nat = defaults.nat } = portsOf(json);
  const isShared = ike === nat && ike !== 0;
  if (ike !== 0 && nat !== 0 && !isShared) return parseEndpointConfig(json, { ...rest, rows, compression });
  // What only sockets understand is not for the endpoint: it reads ports that differ in its place.
  const readableIke = ike === 0 || isShared ? otherThan(nat) : ike;
  const readable = withPorts(json, { ike: readableIke, nat: nat === 0 ? otherThan(readableIke) : nat });
  const config = parseEndpointConfig(readable, { ...rest, rows, compression });
  const { ports } = config;
  return { ...config, ports: { ike: isShared ? ports.nat : ike === 0 ? 0 : ports.ike, nat: nat === 0 ? 0 : ports.nat } };
}

function otherThan(port: unknown): number {
  return port === 1 ? 2 : 1;
}

const defaults = { ike: 500, nat: 4500 } as const;

interface PortsJson {
  readonly ike?: unknown;
  readonly nat?: unknown;
}

function portsOf(json: unknown): PortsJson {
  const ports = isRecord(json) ? json['ports'] : undefined;
  return isRecord(ports) ? ports : {};
}

function withPorts(json: unknown, { ike, nat }: PortsJson): unknown {
  return isRecord(json) ? { ...json, ports: { ...portsOf(json), ike, nat } } : json;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
