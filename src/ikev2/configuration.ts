/**
 * Configuration payloads (RFC 7296 sections 2.19 and 3.15): what a client asks of a gateway is in `configuration-request.ts`; here is what the
 * gateway gives.
 *
 * @module
 */
import {
  checkArgument,
  checkLength,
  decodeDomain,
  decodeInternalAddress,
  decodeSubnet,
  decodeTypes,
  decodeVersion,
  encodeDomain,
  encodeInternalAddress,
  encodeSubnet,
  encodeTypes,
  encodeVersion,
} from './configuration-attribute.js';
import type { Configuration, ConfigurationAttribute, ConfigurationAttributeType } from '../keying/configuration.js';
import { checkCfgType, wantOf } from './configuration-request.js';
import type { PayloadOfType } from './payload-cases.js';

export type {
  Configuration,
  ConfigurationAttribute,
  ConfigurationAttributeType,
  ConfigurationRequest,
  ConfigurationWant,
  InternalAddress,
} from '../keying/configuration.js';
export { decodeConfigurationRequest, encodeConfigurationRequest } from './configuration-request.js';

/** The attributes that are one address, for IPv4 and IPv6. */
const servers = [
  { list: 'dns', v4: 'INTERNAL_IP4_DNS', v6: 'INTERNAL_IP6_DNS' },
  { list: 'nbns', v4: 'INTERNAL_IP4_NBNS', v6: undefined },
  { list: 'dhcp', v4: 'INTERNAL_IP4_DHCP', v6: 'INTERNAL_IP6_DHCP' },
  { list: 'pCscf', v4: 'P_CSCF_IP4_ADDRESS', v6: 'P_CSCF_IP6_ADDRESS' },
] as const;

/** Makes a CFG_REPLY. What is absent is not said. Throws `invalid-argument` with the path of what has no encoding. */
export function encodeConfigurationReply(config: Partial<Configuration>): PayloadOfType<'CP'> {
  const { addresses = [], domains = [], subnets = [], netmask, applicationVersion, supported, unknown = [] } = config;
  const attributes: ConfigurationAttribute[] = [
    ...addresses.map((address, i) => encodeInternalAddress(address, `addresses.${i}`)),
    ...servers.flatMap(({ list, v4, v6 }) => (config[list] ?? []).map((server, i) => encodeServer(server, v4, v6, `${list}.${i}`))),
    ...domains.map((name, i) => encodeDomain(name, `domains.${i}`)),
    ...subnets.map((range, i) => encodeSubnet(range, `subnets.${i}`)),
  ];
  if (netmask) attributes.push(encodeServer(netmask, 'INTERNAL_IP4_NETMASK', undefined, 'netmask'));
  if (applicationVersion !== undefined) attributes.push(encodeVersion(applicationVersion, 'applicationVersion'));
  if (supported) attributes.push({ type: 'SUPPORTED_ATTRIBUTES', value: encodeTypes(supported) });
  return { type: 'CP', cfgType: 'CFG_REPLY', attributes: [...attributes, ...unknown] };
}

function encodeServer(
  value: Uint8Array,
  v4: ConfigurationAttributeType,
  v6: ConfigurationAttributeType | undefined,
  path: string,
): ConfigurationAttribute {
  if (value.length === 16 && v6 !== undefined) return { type: v6, value };
  checkArgument(value.length === 4, path, v6 === undefined ? '4 octets' : '4 or 16 octets', value.length);
  return { type: v4, value };
}

/**
 * Reads a CFG_REPLY, or what a CFG_SET would have. Empty values say nothing and are left out; of netmasks, versions and lists of types the first
 * counts; names that are no text and netmasks with holes are among the unknown. Octets are views into the payload.
 *
 * @throws IpsecError `malformed`, blame `peer`, with the path of a value of a wrong length, of a prefix length above 128, or of another CFG Type.
 */
export function decodeConfigurationReply(payload: PayloadOfType<'CP'>): Configuration {
  checkCfgType(payload, 'CFG_REPLY', 'CFG_SET');
  const reply: Reply = { addresses: [], dns: [], domains: [], nbns: [], dhcp: [], pCscf: [], subnets: [], unknown: [] };
  for (const [i, attribute] of payload.attributes.entries()) {
    checkLength(attribute, `attributes.${i}`);
    if (!takeAttribute(reply, attribute, `attributes.${i}`)) reply.unknown.push(attribute);
  }
  return reply;
}

type Reply = { -readonly [K in keyof Configuration]: Configuration[K] extends readonly (infer Element)[] ? Element[] : Configuration[K] };

/** Whether an attribute found its place, if only because it says nothing. */
function takeAttribute(reply: Reply, { type, value }: ConfigurationAttribute, path: string): boolean {
  if (value.length === 0 && type !== 'APPLICATION_VERSION') return wantOf(type) !== undefined;
  switch (type) {
    case 'INTERNAL_IP4_ADDRESS':
    case 'INTERNAL_IP6_ADDRESS':
      return add(reply.addresses, decodeInternalAddress(value, path));
    case 'INTERNAL_IP4_SUBNET':
    case 'INTERNAL_IP6_SUBNET':
      return add(reply.subnets, decodeSubnet(value, path));
    case 'INTERNAL_DNS_DOMAIN':
      return add(reply.domains, decodeDomain(value));
    case 'INTERNAL_IP4_NETMASK':
      return setOnce(reply, 'netmask', value);
    case 'APPLICATION_VERSION':
      return setOnce(reply, 'applicationVersion', decodeVersion(value));
    case 'SUPPORTED_ATTRIBUTES':
      return setOnce(reply, 'supported', decodeTypes(value));
    default: {
      const found = servers.find(({ v4, v6 }) => type === v4 || type === v6);
      return found !== undefined && add(reply[found.list], value);
    }
  }
}

function add<Element>(list: Element[], element: Element | undefined): boolean {
  if (element === undefined) return false;
  list.push(element);
  return true;
}

function setOnce<Member extends 'netmask' | 'applicationVersion' | 'supported'>(
  reply: Reply,
  member: Member,
  value: Reply[Member],
): boolean {
  if (value === undefined || reply[member] !== undefined) return false;
  reply[member] = value;
  return true;
}
