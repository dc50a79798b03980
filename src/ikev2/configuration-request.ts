/**
 * What a client asks of a gateway by a Configuration payload (RFC 7296 sections 2.19, 2.20 and 3.15).
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type {
  ConfigurationAttribute,
  ConfigurationAttributeType,
  ConfigurationRequest,
  ConfigurationWant,
  InternalAddress,
} from '../keying/configuration.js';
import { checkLength, decodeInternalAddress, decodeVersion, encodeInternalAddress, encodeVersion } from './configuration-attribute.js';
import type { PayloadOfType } from './payload-cases.js';

/** The Attribute Types by what they are to a client. */
const types = {
  ipv4: 'INTERNAL_IP4_ADDRESS',
  ipv6: 'INTERNAL_IP6_ADDRESS',
  netmask: 'INTERNAL_IP4_NETMASK',
  dns4: 'INTERNAL_IP4_DNS',
  dns6: 'INTERNAL_IP6_DNS',
  domains: 'INTERNAL_DNS_DOMAIN',
  nbns: 'INTERNAL_IP4_NBNS',
  dhcp4: 'INTERNAL_IP4_DHCP',
  dhcp6: 'INTERNAL_IP6_DHCP',
  pCscf4: 'P_CSCF_IP4_ADDRESS',
  pCscf6: 'P_CSCF_IP6_ADDRESS',
  subnet4: 'INTERNAL_IP4_SUBNET',
  subnet6: 'INTERNAL_IP6_SUBNET',
  applicationVersion: 'APPLICATION_VERSION',
  supported: 'SUPPORTED_ATTRIBUTES',
} as const satisfies Record<ConfigurationWant, ConfigurationAttributeType>;

/** All of them. */
export const configurationWants: readonly ConfigurationWant[] = /* @__PURE__ */ Object.freeze(Object.keys(types) as ConfigurationWant[]);

/**
 * Makes a CFG_REQUEST.
 *
 * @throws IpsecError `invalid-argument` with the path of what has no encoding.
 *
 * @example
 * ```ts
 * import { decodeConfigurationReply, decodeConfigurationRequest, encodeConfigurationReply, encodeConfigurationRequest } from 'ipsec-ts/ike';
 * import { formatAddress, formatRange, parseAddress, parsePrefix } from 'ipsec-ts/ip';
 *
 * const asked = decodeConfigurationRequest(encodeConfigurationRequest({ wants: ['ipv4', 'dns4'] }));
 * if (asked.wants.join() !== 'ipv4,dns4') throw new Error('an address and name servers');
 *
 * const reply = encodeConfigurationReply({ addresses: [{ address: parseAddress('10.3.0.1') }], subnets: [parsePrefix('10.0.0.0/8')] });
 * const { addresses, subnets } = decodeConfigurationReply(reply);
 * if (formatAddress(addresses[0]!.address) !== '10.3.0.1' || formatRange(subnets[0]!) !== '10.0.0.0/8') throw new Error('what was given');
 * ```
 */
export function encodeConfigurationRequest(request: ConfigurationRequest): PayloadOfType<'CP'> {
  const again = (request.previous ?? []).map((address, i) => encodeInternalAddress(address, `previous.${i}`));
  const attributes = request.wants.map((want): ConfigurationAttribute => {
    if (want === 'applicationVersion') return encodeVersion(request.applicationVersion ?? '', 'applicationVersion');
    const at = again.findIndex(({ type }) => type === types[want]);
    return at < 0 ? { type: types[want], value: EMPTY } : again.splice(at, 1)[0]!;
  });
  return { type: 'CP', cfgType: 'CFG_REQUEST', attributes: [...attributes, ...(request.unknown ?? [])] };
}

/**
 * Reads a CFG_REQUEST, or what a CFG_ACK accepts. The values of attributes other than addresses and the version are left out: RFC 7296 section
 * 3.15.1: "If an attribute in the CFG_REQUEST Configuration payload is not zero-length, it is taken as a suggestion for that attribute."
 *
 * @throws IpsecError `malformed`, blame `peer`, with the path of a value of a wrong length, of a prefix length above 128, or of another CFG Type.
 */
export function decodeConfigurationRequest(payload: PayloadOfType<'CP'>): ConfigurationRequest {
  checkCfgType(payload, 'CFG_REQUEST', 'CFG_ACK');
  const wants: ConfigurationWant[] = [];
  const previous: InternalAddress[] = [];
  const unknown: ConfigurationAttribute[] = [];
  let applicationVersion: string | undefined;
  for (const [i, attribute] of payload.attributes.entries()) {
    const { type, value } = attribute;
    checkLength(attribute, `attributes.${i}`);
    const want = wantOf(type);
    if (want === undefined) unknown.push(attribute);
    else wants.push(want);
    if (value.length === 0) continue;
    if (want === 'ipv4' || want === 'ipv6') previous.push(decodeInternalAddress(value, `attributes.${i}`));
    if (want === 'applicationVersion') applicationVersion ??= decodeVersion(value);
  }
  return { wants, previous, applicationVersion, unknown };
}

/** What an Attribute Type is to a client; absent: nothing that is known here. */
export function wantOf(type: ConfigurationAttributeType): ConfigurationWant | undefined {
  return (Object.keys(types) as ConfigurationWant[]).find((want) => types[want] === type);
}

/** Throws `malformed`, unless the payload is of one of two CFG Types. */
export function checkCfgType({ cfgType }: PayloadOfType<'CP'>, a: PayloadOfType<'CP'>['cfgType'], b: PayloadOfType<'CP'>['cfgType']): void {
  if (cfgType === a || cfgType === b) return;
  throw new IpsecError('malformed', 'CFG Type', { blame: 'peer', path: 'cfgType', expected: `${a} or ${b}`, found: `${cfgType}` });
}
