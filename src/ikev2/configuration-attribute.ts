/**
 * Single Configuration Attributes (RFC 7296 section 3.15.1, RFC 7651, RFC 8598): their lengths, and the values that have parts.
 *
 * @module
 */
import { concat, readU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { configurationAttributeTypes } from '../iana/ikev2-configuration.js';
import { type AddressRange, equalAddresses } from '../ip/address.js';
import { prefixOf, prefixRange } from '../ip/range.js';
import type { ConfigurationAttribute, ConfigurationAttributeType, InternalAddress } from '../keying/configuration.js';
import { array, coded, decode, encode, u16 } from '../wire.js';

/** Octets of a value that is not empty; those of other types may be as long as they are. */
const lengths: Partial<Record<ConfigurationAttributeType, number>> = {
  INTERNAL_IP4_ADDRESS: 4,
  INTERNAL_IP4_NETMASK: 4,
  INTERNAL_IP4_DNS: 4,
  INTERNAL_IP4_NBNS: 4,
  INTERNAL_IP4_DHCP: 4,
  INTERNAL_IP6_ADDRESS: 17,
  INTERNAL_IP6_DNS: 16,
  INTERNAL_IP6_DHCP: 16,
  INTERNAL_IP4_SUBNET: 8,
  INTERNAL_IP6_SUBNET: 17,
  P_CSCF_IP4_ADDRESS: 4,
  P_CSCF_IP6_ADDRESS: 16,
};

/**
 * Refuses a value whose length the table of RFC 7296 section 3.15.1 does not have. An empty one is right in every type: the table says 17 octets
 * alone of INTERNAL_IP6_SUBNET, but RFC 7296 section 3.15.1: "Multiple sub-networks MAY be requested."
 *
 * @throws IpsecError `malformed`, for which the notification is INVALID_SYNTAX.
 */
export function checkLength({ type, value }: ConfigurationAttribute, path: string): void {
  const length = lengths[type];
  const found = value.length;
  if (length !== undefined && found !== 0 && found !== length)
    throw malformed(`the value of ${type}`, path, `0 or ${length} octets`, found);
  if (type === 'SUPPORTED_ATTRIBUTES' && found % 2 !== 0) throw malformed(`the value of ${type}`, path, 'an even number of octets', found);
}

/** Reads an address, which has 4, or 16 octets and a prefix length. Throws `malformed`. */
export function decodeInternalAddress(value: Uint8Array, path: string): InternalAddress {
  return value.length === 4 ? { address: value } : { address: value.subarray(0, 16), prefixLength: lengthAt16(value, path) };
}

/** Writes the attribute of an address. Without a prefix length it is one address of 128 bits. */
export function encodeInternalAddress({ address, prefixLength = 128 }: InternalAddress, path: string): ConfigurationAttribute {
  if (address.length === 4) return { type: 'INTERNAL_IP4_ADDRESS', value: address };
  checkArgument(address.length === 16, path, '4 or 16 octets', address.length);
  checkArgument(
    Number.isInteger(prefixLength) && prefixLength >= 0 && prefixLength <= 128,
    path,
    'a prefix length of 0 to 128',
    prefixLength,
  );
  return { type: 'INTERNAL_IP6_ADDRESS', value: concat(address, Uint8Array.of(prefixLength)) };
}

/** Reads a subnet: address and netmask, or address and prefix length. Absent for a netmask with holes, which is no range. Throws `malformed`. */
export function decodeSubnet(value: Uint8Array, path: string): AddressRange | undefined {
  if (value.length === 17) return prefixRange(value.subarray(0, 16), lengthAt16(value, path));
  const length = lengthOfMask(value.subarray(4));
  return length === undefined ? undefined : prefixRange(value.subarray(0, 4), length);
}

/** Writes the attribute of a subnet. Throws `invalid-argument` for a range that is not a prefix. */
export function encodeSubnet(range: AddressRange, path: string): ConfigurationAttribute {
  const length = prefixOf(range);
  if (length === undefined) throw argument(path, 'a prefix', 'a range of addresses that is none');
  if (range.start.length === 16) return { type: 'INTERNAL_IP6_SUBNET', value: concat(range.start, Uint8Array.of(length)) };
  return { type: 'INTERNAL_IP4_SUBNET', value: concat(range.start, maskOf(length)) };
}

const typeList = /* @__PURE__ */ array(/* @__PURE__ */ coded(u16, configurationAttributeTypes));

/** Reads SUPPORTED_ATTRIBUTES. RFC 7296 section 3.15.1: "a set of attribute identifiers each in 2 octets" */
export function decodeTypes(value: Uint8Array): readonly ConfigurationAttributeType[] {
  return decode(typeList, value);
}

/** Writes SUPPORTED_ATTRIBUTES. */
export function encodeTypes(types: readonly ConfigurationAttributeType[]): Uint8Array {
  return encode(typeList, types);
}

/**
 * Reads APPLICATION_VERSION; absent when nobody should print it. RFC 7296 section 3.15.1: "This is a string of printable ASCII characters that is
 * NOT null terminated."
 */
export function decodeVersion(value: Uint8Array): string | undefined {
  return textOf(value, printable);
}

/** Writes APPLICATION_VERSION. Throws `invalid-argument`. */
export function encodeVersion(text: string, path: string): ConfigurationAttribute {
  return { type: 'APPLICATION_VERSION', value: octetsOf(text, printable, path, 'printable ASCII characters') };
}

/**
 * Reads INTERNAL_DNS_DOMAIN; absent when it is no name that could be in use: programs hand it on to resolvers and scripts. RFC 8598 section 4.1: "A
 * Fully Qualified Domain Name used for Split DNS rules, such as "example.com", in DNS presentation format and using an Internationalized Domain
 * Names for Applications (IDNA) A-label".
 */
export function decodeDomain(value: Uint8Array): string | undefined {
  return textOf(value, domain);
}

/** Writes INTERNAL_DNS_DOMAIN. Throws `invalid-argument`. */
export function encodeDomain(name: string, path: string): ConfigurationAttribute {
  return { type: 'INTERNAL_DNS_DOMAIN', value: octetsOf(name, domain, path, 'a domain name in ASCII') };
}

const printable = /^[\x20-\x7e]*$/;
const domain = /^[\w.-]{1,255}$/;

function textOf(value: Uint8Array, pattern: RegExp): string | undefined {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(value);
  return pattern.test(text) ? text : undefined;
}

function octetsOf(text: string, pattern: RegExp, path: string, expected: string): Uint8Array {
  checkArgument(pattern.test(text), path, expected, JSON.stringify(text.slice(0, 40)));
  return new TextEncoder().encode(text);
}

/** Throws `invalid-argument`, unless something is as it must be. */
export function checkArgument(fits: boolean, path: string, expected: string, found: string | number): void {
  if (!fits) throw argument(path, expected, found);
}

function argument(path: string, expected: string, found: string | number): IpsecError {
  return new IpsecError('invalid-argument', 'a configuration', { path, expected, found: `${found}` });
}

function malformed(what: string, path: string, expected: string, found: number): IpsecError {
  return new IpsecError('malformed', what, { blame: 'peer', path, expected, found: `${found}` });
}

function lengthAt16(value: Uint8Array, path: string): number {
  const length = value[16]!;
  if (length > 128) throw malformed('a prefix length', path, '0 to 128', length);
  return length;
}

function maskOf(length: number): Uint8Array {
  return prefixRange(new Uint8Array(4).fill(0xff), length).start;
}

function lengthOfMask(mask: Uint8Array): number | undefined {
  const length = Math.clz32(~readU32(mask, 0));
  return equalAddresses(maskOf(length), mask) ? length : undefined;
}
