/**
 * Values of single attributes of Mode Config: their lengths, and those that have parts.
 *
 * @module
 */
import { concat, readU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { type AddressRange, equalAddresses } from '../ip/address.js';
import { prefixOf, prefixRange } from '../ip/range.js';
import type { InternalAddress } from '../keying/configuration.js';
import type { PayloadOfType } from './payload-cases.js';
import { withoutNul } from './readable.js';

/** The payload of the Transaction exchange. */
export type Attributes = PayloadOfType<'ATTR'>;
/** One of its attributes. */
export type Attribute = Attributes['attributes'][number];
/** What an attribute is. */
export type AttributeType = Attribute['type'];

/** An entry of UNITY_SPLIT_INCLUDE: address, netmask, protocol, and two ports that are nobody's. */
const splitLength = 14;

/** Octets of a value that is not empty. Old releases of strongSwan send the prefix length of IKEv2 behind an IPv6 address. */
const lengths: Partial<Record<AttributeType, readonly number[]>> = {
  INTERNAL_IP4_ADDRESS: [4],
  INTERNAL_IP4_NETMASK: [4],
  INTERNAL_IP4_DNS: [4],
  INTERNAL_IP4_NBNS: [4],
  INTERNAL_IP4_DHCP: [4],
  INTERNAL_IP4_SUBNET: [8],
  INTERNAL_IP6_ADDRESS: [16, 17],
  INTERNAL_IP6_DNS: [16],
  INTERNAL_IP6_DHCP: [16],
  INTERNAL_IP6_SUBNET: [17],
};
const texts: ReadonlySet<AttributeType> = new Set(['APPLICATION_VERSION', 'UNITY_BANNER', 'UNITY_DEF_DOMAIN', 'UNITY_SPLITDNS_NAME']);

/**
 * The octets of an attribute that is understood; undefined: it is none of those.
 *
 * @throws IpsecError `malformed`: a number where there should be octets, or another length.
 */
export function knownOctets({ type, value }: Attribute, path: string): Uint8Array | undefined {
  const fixed = lengths[type];
  if (fixed === undefined && !texts.has(type) && type !== 'UNITY_SPLIT_INCLUDE') return undefined;
  if (typeof value === 'number') throw malformed(type, path, 'octets', 'a number');
  const { length } = value;
  if (fixed && length > 0 && !fixed.includes(length)) throw malformed(type, path, `0 or ${fixed.join(' or ')} octets`, `${length}`);
  if (type === 'UNITY_SPLIT_INCLUDE' && length % splitLength !== 0)
    throw malformed(type, path, `a multiple of ${splitLength} octets`, `${length}`);
  return value;
}

/** Reads an address, of either family. Throws `malformed`. */
export function decodeAddress(value: Uint8Array, path: string): InternalAddress {
  if (value.length === 4) return { address: value };
  return { address: value.subarray(0, 16), prefixLength: value.length === 17 ? lengthAt16(value, path) : 128 };
}

/** Writes an address. IKEv1 has no prefix length with it. */
export function encodeAddress({ address }: InternalAddress, path: string): Attribute {
  return encodeServer(address, 'INTERNAL_IP4_ADDRESS', 'INTERNAL_IP6_ADDRESS', path);
}

/** Writes an attribute that is an address and nothing else. */
export function encodeServer(value: Uint8Array, v4: AttributeType, v6: AttributeType | undefined, path: string): Attribute {
  if (value.length === 16 && v6 !== undefined) return { type: v6, value };
  if (value.length === 4) return { type: v4, value };
  throw argument(path, v6 === undefined ? '4 octets' : '4 or 16 octets', `${value.length}`);
}

/** Reads a subnet; undefined for a netmask with holes, which is no range. Throws `malformed`. */
export function decodeSubnet(value: Uint8Array, path: string): AddressRange | undefined {
  if (value.length === 17) return prefixRange(value.subarray(0, 16), lengthAt16(value, path));
  const length = Math.clz32(~readU32(value, 4));
  return equalAddresses(maskOf(length), value.subarray(4, 8)) ? prefixRange(value.subarray(0, 4), length) : undefined;
}

/** Writes a subnet. Throws `invalid-argument` for a range that is not a prefix. */
export function encodeSubnet(range: AddressRange, path: string): Attribute {
  const length = prefixOf(range);
  if (length === undefined) throw argument(path, 'a prefix', 'a range of addresses that is none');
  const { start } = range;
  if (start.length === 16) return { type: 'INTERNAL_IP6_SUBNET', value: concat(start, Uint8Array.of(length)) };
  return { type: 'INTERNAL_IP4_SUBNET', value: concat(start, maskOf(length)) };
}

/** Reads UNITY_SPLIT_INCLUDE: what is behind the gateway. Netmasks with holes are left out. */
export function decodeSplit(value: Uint8Array): AddressRange[] {
  const ranges: AddressRange[] = [];
  for (let at = 0; at < value.length; at += splitLength) {
    const range = decodeSubnet(value.subarray(at, at + 8), '');
    if (range) ranges.push(range);
  }
  return ranges;
}

/** Writes UNITY_SPLIT_INCLUDE, of IPv4 subnets. */
export function encodeSplit(ranges: readonly AddressRange[], path: string): Attribute {
  const rest = new Uint8Array(splitLength - 8);
  const entries = ranges.flatMap((range, i) => [encodeSubnet(range, `${path}.${i}`).value as Uint8Array, rest]);
  return { type: 'UNITY_SPLIT_INCLUDE', value: concat(...entries) };
}

const domain = /^[\w.-]{1,255}$/;

/** Reads names of domains: one, or several with something between them. What is no name is left out: programs hand them on to resolvers and scripts. */
export function decodeDomains(value: Uint8Array): string[] {
  return new TextDecoder()
    .decode(value)
    .split(/[\0,\s]+/)
    .filter((name) => domain.test(name));
}

/** Writes names of domains. Throws `invalid-argument`. */
export function encodeDomains(type: AttributeType, names: readonly string[], path: string): Attribute {
  names.forEach((name, i) => {
    if (!domain.test(name)) throw argument(`${path}.${i}`, 'a domain name in ASCII', JSON.stringify(name.slice(0, 40)));
  });
  return { type, value: new TextEncoder().encode(names.join(',')) };
}

const printable = /^[\x20-\x7e]*$/;

/** Reads APPLICATION_VERSION; undefined when nobody should print it. */
export function decodeVersion(value: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(withoutNul(value));
  return printable.test(text) ? text : undefined;
}

/** Writes APPLICATION_VERSION. Throws `invalid-argument`. */
export function encodeVersion(text: string, path: string): Attribute {
  if (!printable.test(text)) throw argument(path, 'printable ASCII characters', JSON.stringify(text.slice(0, 40)));
  return { type: 'APPLICATION_VERSION', value: new TextEncoder().encode(text) };
}

function lengthAt16(value: Uint8Array, path: string): number {
  const length = value[16]!;
  if (length > 128) throw malformed('a prefix length', path, '0 to 128', `${length}`);
  return length;
}

function maskOf(length: number): Uint8Array {
  return prefixRange(new Uint8Array(4).fill(0xff), length).start;
}

function malformed(what: AttributeType | 'a prefix length', path: string, expected: string, found: string): IpsecError {
  return new IpsecError('malformed', `the value of ${what}`, { blame: 'peer', path, expected, found });
}

function argument(path: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-argument', 'a configuration', { path, expected, found });
}
