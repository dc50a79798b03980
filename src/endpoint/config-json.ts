/**
 * The configuration of a host as JSON, for people to write.
 *
 * @module
 */
import type { SuiteRow } from '../ikev2/proposal-rows.js';
import type { CompressionCodec } from '../ipcomp/packet.js';
import { parseAddress, parsePrefix } from '../ip.js';
import { parseProcessConfig } from '../process.js';
import { parsePolicies, type PassPolicy, type Warn } from '../spd.js';
import { badMember, isRecord, nameAmong } from '../spd/json-values.js';
import type { EndpointConfig, EndpointLimits, PoolOptions } from './config.js';
import { parseConnection, versionOf } from './config-connection.js';
import type { Credentials } from './credentials.js';
import { flagOf, integerOf, itemsOf, membersOf, oneOrMore, type Place, type ReadContext, readText, secondsOf, textOf } from './json.js';

/** What {@link parseEndpointConfig} takes besides the JSON. */
export interface ParseConfigOptions {
  /** Algorithms to choose from: what a connection may negotiate is among them. */
  readonly rows: readonly SuiteRow[];
  /** Where the value stands, for errors. Default: at the root. */
  readonly path?: string | undefined;
  /** Is told of members that mean nothing; they are never refused. */
  readonly warn?: Warn | undefined;
  /** `deflate` of `ipsec-ts/ipcomp`, for Child SAs with `ipcomp`. */
  readonly compression?: CompressionCodec | undefined;
  /** What `auth` names: keys, certificates, users; see `loadCredentials`. Absent: shared secrets and NULL authentication alone are read. */
  readonly credentials?: Credentials | undefined;
}

const names = [
  ...['ike', 'addresses', 'ports', 'encapsulation', 'connections', 'pools', 'policies', 'otherwise', 'limits', 'processing', 'keyLog'],
];

/**
 * Reads the configuration of a host. Times are in seconds. `ike` is the version of IKE, of the host or of a single connection; 1 is deprecated, and needs the machine of
 * `ipsec-ts/ikev1` in `createEndpoint`.
 *
 * ```json
 * {
 *   "ike": 2,
 *   "addresses": ["192.0.2.1"],
 *   "connections": [{
 *     "name": "branch",
 *     "auth": { "psk": "…" },
 *     "local": { "id": "gw-a.example.com" },
 *     "remote": { "address": "198.51.100.1", "id": "gw-b.example.com" },
 *     "proposals": "aes256gcm16-prfsha384-curve25519",
 *     "children": [{ "local": "10.1.0.0/16", "remote": "10.2.0.0/16", "proposals": "aes256gcm16-curve25519" }]
 *   }]
 * }
 * ```
 *
 * @param value such as `JSON.parse` makes it.
 * @throws IpsecError `invalid-config`, `unknown-algorithm` or `unsafe-config`, with the path of the wrong value, what would be accepted and, where one is near,
 * the name that was meant. No error holds a secret.
 */
export function parseEndpointConfig(value: unknown, options: ParseConfigOptions): EndpointConfig {
  const { rows, path = '', warn = () => undefined, compression, credentials } = options;
  const context: ReadContext = { rows, warn, credentials };
  if (!isRecord(value)) throw badMember('a configuration', path === '' ? 'configuration' : path, 'an object', value);
  const member = membersOf({ value, path }, names, 'a configuration', context);
  const version = versionOf(member('ike'), 2);
  const addresses = itemsOf(member('addresses'), 'the addresses of this host').map((item) =>
    readText(item, 'an address of this host', parseAddress),
  );
  if (addresses.length === 0)
    throw badMember('the addresses of this host', member('addresses').path, 'one or more', member('addresses').value);
  const port = membersOf(member('ports'), ['ike', 'nat'], 'UDP ports', context);
  const ports = { ike: integerOf(port('ike'), 1, 0xffff, 500), nat: integerOf(port('nat'), 1, 0xffff, 4500) };
  if (ports.ike === ports.nat)
    throw badMember('the UDP port of NAT traversal', port('nat').path, `another than that of IKE, ${ports.ike}`, ports.nat);
  const encapsulation = wordOf(member('encapsulation'), ['always', 'as-needed'], 'UDP encapsulation') ?? 'as-needed';
  const host = { addresses, ports, isForced: encapsulation === 'always', version };
  return {
    addresses,
    ports,
    connections: itemsOf(member('connections'), 'a list of connections').map((item) => parseConnection(item, host, context)),
    pools: itemsOf(member('pools'), 'a list of pools').map((item) => parsePool(item, context)),
    policies: readPolicies(member('policies'), warn),
    otherwise: wordOf(member('otherwise'), ['DISCARD', 'BYPASS'], 'what becomes of the rest'),
    encapsulation,
    limits: parseLimits(member('limits'), context),
    processing: readProcessing(member('processing')),
    keyLog: flagOf(member('keyLog'), false),
    ...(compression && { compression }),
  };
}

function wordOf<const Word extends string>({ value, path }: Place, words: readonly Word[], what: string): Word | undefined {
  return value === undefined ? undefined : nameAmong(value, words, what, path);
}

function parsePool(place: Place, context: ReadContext): PoolOptions {
  const member = membersOf(
    place,
    ['name', 'ranges', 'exclude', 'remember', 'dns', 'domains', 'subnets', 'nbns', 'netmask'],
    'a pool',
    context,
  );
  const ranges = (name: string): PoolOptions['ranges'] =>
    oneOrMore(member(name), 'ranges of addresses').map((item) => readText(item, 'a range of addresses', parsePrefix));
  const addresses = (name: string): Uint8Array[] =>
    oneOrMore(member(name), 'addresses').map((item) => readText(item, 'an address', parseAddress));
  const netmask = addresses('netmask');
  if (ranges('ranges').length === 0)
    throw badMember('the addresses of a pool', member('ranges').path, 'one range or more', member('ranges').value);
  return {
    name: textOf(member('name'), 'the name of a pool'),
    ranges: ranges('ranges'),
    exclude: ranges('exclude'),
    remember: integerOf(member('remember'), 0, 65_536, undefined),
    tell: {
      dns: addresses('dns'),
      nbns: addresses('nbns'),
      domains: oneOrMore(member('domains'), 'domains').map((item) => textOf(item, 'a domain')),
      subnets: oneOrMore(member('subnets'), 'subnets').map((item) => readText(item, 'a subnet', parsePrefix)),
      ...(netmask[0] && { netmask: netmask[0] }),
    },
  };
}

/** What is protected stands in the connections: here is what passes as it is, or not at all. */
function readPolicies({ value, path }: Place, warn: Warn): readonly PassPolicy[] {
  if (value === undefined) return [];
  return parsePolicies(value, path, warn).map((policy, i) => {
    if (policy.action !== 'PROTECT') return policy;
    throw badMember(
      'the action of a policy',
      `${path}.${i}.action`,
      'BYPASS or DISCARD; what is protected stands in connections',
      'PROTECT',
    );
  });
}

function readProcessing({ value, path }: Place): EndpointConfig['processing'] {
  if (value === undefined) return undefined;
  const config = parseProcessConfig(value, path);
  for (const name of ['addresses', 'natPorts', 'ikePorts', 'keyManagement'] as const)
    if (isRecord(value) && Object.hasOwn(value, name))
      throw badMember(`"${name}" here`, `${path}.${name}`, 'none: it follows from the rest of the configuration', config[name]);
  return Object.fromEntries(Object.entries(config).filter(([name]) => name !== 'addresses'));
}

const limitNames = ['waitingPackets', 'waitingOctets', 'waitingAge', 'waitingPolicies', 'retryAfter', 'linger', 'ikeSas', 'halfOpen'];

function parseLimits(place: Place, context: ReadContext): Partial<EndpointLimits> {
  const member = membersOf(place, limitNames, 'limits', context);
  const most = 2 ** 30;
  const limits: { [K in keyof EndpointLimits]?: EndpointLimits[K] | undefined } = {
    waitingPackets: integerOf(member('waitingPackets'), 0, most, undefined),
    waitingOctets: integerOf(member('waitingOctets'), 0, most, undefined),
    waitingAge: secondsOf(member('waitingAge'), undefined),
    waitingPolicies: integerOf(member('waitingPolicies'), 0, most, undefined),
    retryAfter: secondsOf(member('retryAfter'), undefined),
    linger: secondsOf(member('linger'), undefined),
    ikeSas: integerOf(member('ikeSas'), 1, most, undefined),
    halfOpen: readHalfOpen(member('halfOpen'), context),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function readHalfOpen(place: Place, context: ReadContext): EndpointLimits['halfOpen'] | undefined {
  if (place.value === undefined) return undefined;
  const member = membersOf(place, ['cookieThreshold', 'total', 'perAddress'], 'half-open IKE SAs', context);
  return {
    cookieThreshold: integerOf(member('cookieThreshold'), 0, 2 ** 30, 64),
    total: integerOf(member('total'), 1, 2 ** 30, 4096),
    perAddress: integerOf(member('perAddress'), 1, 2 ** 30, 32),
  };
}
