/**
 * Mode Config (draft-dukes-ike-mode-cfg): what a client asks of a gateway and what a gateway gives, as payloads of the Transaction exchange.
 *
 * ```text
 *   pull   client   ISAKMP_CFG_REQUEST  -->           push   gateway   ISAKMP_CFG_SET  -->
 *                   <--  ISAKMP_CFG_REPLY                              <--  ISAKMP_CFG_ACK
 * ```
 *
 * The attributes are those that IKEv2 has taken over, and what Cisco's clients have besides (UNITY): a list of subnets, names of domains, a text for people.
 *
 * @module
 */
import { EMPTY, toHex, writeU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { configurationAttributesV1 } from '../iana/ikev1-configuration.js';
import type { AddressRange } from '../ip/address.js';
import type {
  Configuration,
  ConfigurationAttribute,
  ConfigurationRequest,
  ConfigurationWant,
  InternalAddress,
} from '../keying/configuration.js';
import {
  type Attribute,
  type Attributes,
  type AttributeType,
  decodeAddress,
  decodeDomains,
  decodeSplit,
  decodeSubnet,
  decodeVersion,
  encodeAddress,
  encodeDomains,
  encodeServer,
  encodeSplit,
  encodeSubnet,
  encodeVersion,
  knownOctets,
} from './mode-config-values.js';
import { readableText } from './readable.js';

/** The attributes by what they are to a client; those of IKEv2 that are not here have no number in IKEv1. */
const types: Partial<Record<ConfigurationWant, readonly AttributeType[]>> = {
  ipv4: ['INTERNAL_IP4_ADDRESS'],
  ipv6: ['INTERNAL_IP6_ADDRESS'],
  netmask: ['INTERNAL_IP4_NETMASK'],
  dns4: ['INTERNAL_IP4_DNS'],
  dns6: ['INTERNAL_IP6_DNS'],
  domains: ['UNITY_DEF_DOMAIN', 'UNITY_SPLITDNS_NAME'],
  nbns: ['INTERNAL_IP4_NBNS'],
  dhcp4: ['INTERNAL_IP4_DHCP'],
  dhcp6: ['INTERNAL_IP6_DHCP'],
  subnet4: ['INTERNAL_IP4_SUBNET', 'UNITY_SPLIT_INCLUDE'],
  subnet6: ['INTERNAL_IP6_SUBNET'],
  applicationVersion: ['APPLICATION_VERSION'],
};
const wantOf: ReadonlyMap<AttributeType, ConfigurationWant> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ (Object.keys(types) as ConfigurationWant[]).flatMap((want) => (types[want] ?? []).map((type) => [type, want] as const)),
);
/** How many names of domains are taken. */
const mostDomains = 256;
/** The servers, for IPv4 and IPv6. */
const servers = [
  { list: 'dns', v4: 'INTERNAL_IP4_DNS', v6: 'INTERNAL_IP6_DNS' },
  { list: 'nbns', v4: 'INTERNAL_IP4_NBNS', v6: undefined },
  { list: 'dhcp', v4: 'INTERNAL_IP4_DHCP', v6: 'INTERNAL_IP6_DHCP' },
] as const;

/**
 * Makes an ISAKMP_CFG_REQUEST.
 *
 * @throws IpsecError `invalid-argument` with the path of what has no encoding.
 */
export function encodeModeConfigRequest(identifier: number, request: ConfigurationRequest): Attributes {
  const again = (request.previous ?? []).map((address, i) => encodeAddress(address, `previous.${i}`));
  const attributes = request.wants.flatMap((want): readonly Attribute[] => {
    if (want === 'applicationVersion') return [encodeVersion(request.applicationVersion ?? '', 'applicationVersion')];
    return (types[want] ?? []).map((type) => {
      const at = again.findIndex((one) => one.type === type);
      return at < 0 ? { type, value: EMPTY } : again.splice(at, 1)[0]!;
    });
  });
  return { type: 'ATTR', cfgType: 'ISAKMP_CFG_REQUEST', identifier, attributes };
}

/**
 * Reads an ISAKMP_CFG_REQUEST. Values other than addresses and the version are left out: they are suggestions.
 *
 * @throws IpsecError `malformed`, blame `peer`, with the path of a value of a wrong length.
 */
export function decodeModeConfigRequest({ attributes }: Attributes): ConfigurationRequest {
  const wants: ConfigurationWant[] = [];
  const previous: InternalAddress[] = [];
  const unknown: ConfigurationAttribute[] = [];
  let applicationVersion: string | undefined;
  for (const [i, attribute] of attributes.entries()) {
    const path = `attributes.${i}`;
    const value = knownOctets(attribute, path);
    const want = wantOf.get(attribute.type);
    const isAddress = want === 'ipv4' || want === 'ipv6';
    if (want === undefined) unknown.push(unknownOf(attribute));
    else if (isAddress || !wants.includes(want)) wants.push(want);
    if (value === undefined || value.length === 0) continue;
    if (isAddress) previous.push(decodeAddress(value, path));
    if (want === 'applicationVersion') applicationVersion ??= decodeVersion(value);
  }
  return { wants, previous, applicationVersion, unknown };
}

/** How a configuration is told. */
export interface ModeConfigAnswer {
  /** An answer to a request, or a push. */
  readonly cfgType: 'ISAKMP_CFG_REPLY' | 'ISAKMP_CFG_SET';
  /** That of the request, or a fresh one. */
  readonly identifier: number;
  /** The request: who asks for Cisco's attributes gets those. */
  readonly asked?: Attributes | undefined;
}

/** Makes an ISAKMP_CFG_REPLY or ISAKMP_CFG_SET. What is absent is not said. Throws `invalid-argument` with the path of what has no encoding. */
export function encodeModeConfig(config: Partial<Configuration>, { cfgType, identifier, asked }: ModeConfigAnswer): Attributes {
  const { addresses = [], netmask, applicationVersion, unknown = [] } = config;
  const attributes: Attribute[] = [
    ...addresses.map((address, i) => encodeAddress(address, `addresses.${i}`)),
    ...servers.flatMap(({ list, v4, v6 }) => (config[list] ?? []).map((server, i) => encodeServer(server, v4, v6, `${list}.${i}`))),
    ...encodeDomainsFor(config, asked),
    ...encodeSubnetsFor(config, asked),
  ];
  if (netmask) attributes.push(encodeServer(netmask, 'INTERNAL_IP4_NETMASK', undefined, 'netmask'));
  if (applicationVersion !== undefined) attributes.push(encodeVersion(applicationVersion, 'applicationVersion'));
  // Names are those of IKEv2; numbers may be anybody's.
  const others = unknown.flatMap(({ type, value }) => (typeof type === 'number' ? [{ type, value }] : []));
  return { type: 'ATTR', cfgType, identifier, attributes: [...attributes, ...others] };
}

function isAsked(asked: Attributes | undefined, type: AttributeType): boolean {
  return asked?.attributes.some((one) => one.type === type) ?? false;
}

function encodeDomainsFor({ domains = [] }: Partial<Configuration>, asked: Attributes | undefined): Attribute[] {
  if (domains.length === 0) return [];
  const split = isAsked(asked, 'UNITY_SPLITDNS_NAME') ? [encodeDomains('UNITY_SPLITDNS_NAME', domains, 'domains')] : [];
  return [encodeDomains('UNITY_DEF_DOMAIN', domains.slice(0, 1), 'domains'), ...split];
}

function encodeSubnetsFor({ subnets = [] }: Partial<Configuration>, asked: Attributes | undefined): Attribute[] {
  const isSplit = isAsked(asked, 'UNITY_SPLIT_INCLUDE');
  const isPlain = !isSplit || isAsked(asked, 'INTERNAL_IP4_SUBNET');
  const v4 = subnets.filter(({ start }) => start.length === 4);
  return [
    ...(isSplit && v4.length > 0 ? [encodeSplit(v4, 'subnets')] : []),
    ...subnets.flatMap((range, i) => (range.start.length === 4 && !isPlain ? [] : [encodeSubnet(range, `subnets.${i}`)])),
  ];
}

/** What a gateway gives, and what it has to say to people. */
export interface ModeConfig {
  /** What it gives. */
  readonly configuration: Configuration;
  /** UNITY_BANNER. */
  readonly banner: string | undefined;
}

/**
 * Reads an ISAKMP_CFG_REPLY or ISAKMP_CFG_SET. Empty values say nothing and are left out; of netmasks, versions and banners the first counts; what is not
 * understood is among the unknown. Octets are copied.
 *
 * @throws IpsecError `malformed`, blame `peer`, with the path of a value of a wrong length.
 */
export function decodeModeConfig({ attributes }: Attributes): ModeConfig {
  const lists = { addresses: [], dns: [], domains: [], nbns: [], dhcp: [], pCscf: [], subnets: [], unknown: [] };
  const read: Read = { configuration: lists, banner: undefined };
  for (const [i, attribute] of attributes.entries()) {
    const octets = knownOctets(attribute, `attributes.${i}`);
    if (octets === undefined) read.configuration.unknown.push(unknownOf(attribute));
    else if (octets.length > 0) take(read, attribute.type, octets.slice(), `attributes.${i}`);
  }
  const { subnets, ...rest } = read.configuration;
  return { configuration: { ...rest, subnets: withoutDoubles(subnets) }, banner: read.banner };
}

/** Gateways tell a subnet by either attribute, or by both. */
function withoutDoubles(ranges: readonly AddressRange[]): AddressRange[] {
  const byText = new Map(ranges.map((range) => [`${toHex(range.start)} ${toHex(range.end)}`, range]));
  return [...byText.values()];
}

type Lists = { -readonly [K in keyof Configuration]: Configuration[K] extends readonly (infer Element)[] ? Element[] : Configuration[K] };
interface Read {
  readonly configuration: Lists;
  banner: string | undefined;
}

function take(read: Read, type: AttributeType, octets: Uint8Array, path: string): void {
  const { configuration: to } = read;
  switch (type) {
    case 'INTERNAL_IP4_ADDRESS':
    case 'INTERNAL_IP6_ADDRESS':
      to.addresses.push(decodeAddress(octets, path));
      return;
    case 'INTERNAL_IP4_SUBNET':
    case 'INTERNAL_IP6_SUBNET': {
      const range = decodeSubnet(octets, path);
      if (range) to.subnets.push(range);
      return;
    }
    case 'UNITY_SPLIT_INCLUDE':
      to.subnets.push(...decodeSplit(octets));
      return;
    case 'UNITY_DEF_DOMAIN':
    case 'UNITY_SPLITDNS_NAME':
      to.domains = [...new Set([...to.domains, ...decodeDomains(octets)])].slice(0, mostDomains);
      return;
    case 'INTERNAL_IP4_NETMASK':
      to.netmask ??= octets;
      return;
    case 'APPLICATION_VERSION':
      to.applicationVersion ??= decodeVersion(octets);
      return;
    case 'UNITY_BANNER':
      read.banner ??= readableText(octets);
      return;
    default: {
      const found = servers.find(({ v4, v6 }) => type === v4 || type === v6);
      if (found) to[found.list].push(octets);
    }
  }
}

/** Accepts a push: an ISAKMP_CFG_ACK with the attributes that were taken, without their values. */
export function encodeModeConfigAck({ identifier, attributes }: Attributes): Attributes {
  const taken = attributes.filter((attribute) => knownOctets(attribute, 'attributes') !== undefined);
  return { type: 'ATTR', cfgType: 'ISAKMP_CFG_ACK', identifier, attributes: taken.map(({ type }) => ({ type, value: EMPTY })) };
}

/** Refuses a message that says that it belongs to another. Zero says nothing: strongSwan answers XAUTH so, and the Message ID tells what belongs together. Throws `malformed`. */
export function checkIdentifier({ identifier }: Attributes, expected: number): void {
  if (identifier === expected || identifier === 0) return;
  const details = { blame: 'peer', path: 'identifier', expected: `${expected}`, found: `${identifier}` } as const;
  throw new IpsecError('malformed', 'the Identifier of an answer', details);
}

function unknownOf({ type, value }: Attribute): ConfigurationAttribute {
  const number = typeof type === 'number' ? type : configurationAttributesV1.find(({ name }) => name === type)!.id;
  if (typeof value !== 'number') return { type: number, value: value.slice() };
  const octets = new Uint8Array(2);
  writeU16(octets, 0, value);
  return { type: number, value: octets };
}
