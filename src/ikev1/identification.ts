/**
 * Identification payloads as identities (phase 1) and as traffic selectors (phase 2).
 *
 * @module
 */
import { concat, readU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { idTypesV1 } from '../iana/ikev1.js';
import { type AddressRange, compareAddresses, equalAddresses } from '../ip/address.js';
import { prefixOf, prefixRange } from '../ip/range.js';
import { ANY, decodeIdentity, encodeIdentity, type Identity, type TrafficSelector } from '../traffic-selector.js';
import type { PayloadOfType } from './payload-cases.js';

type IdPayload = PayloadOfType<'ID'>;

const UDP = 17;
const IKE_PORT = 500;
const ID_KEY_ID = 11;

/**
 * Who an ID payload of phase 1 says that the peer is.
 *
 * RFC 2407 section 4.6.2: "During Phase I negotiations, the ID port and protocol fields MUST be set to zero or to UDP port 500.  If an implementation receives any
 * other values, this MUST be treated as an error and the security association setup MUST be aborted." UDP without a port is taken too: old gateways send it.
 *
 * @throws IpsecError `malformed` or `unsupported`, or what `decodeIdentity` throws.
 *
 * @example
 * ```ts
 * import { decodePhase1Id, encodePhase1Id } from 'ipsec-ts/ikev1';
 * import { parseIdentity } from 'ipsec-ts/traffic-selector';
 *
 * const payload = encodePhase1Id(parseIdentity('gw.example.com'));
 * const identity = decodePhase1Id(payload);
 * if (payload.idType !== 'ID_FQDN' || identity.type !== 'ID_FQDN' || identity.name !== 'gw.example.com') throw new Error('what went in');
 * ```
 */
export function decodePhase1Id({ idType, protocol, port, data }: IdPayload): Identity {
  if ((protocol !== 0 && protocol !== UDP) || (port !== 0 && port !== IKE_PORT))
    throw malformed('protocol and port of an identity', '0, or UDP and 500', `${protocol} and ${port}`);
  const number = numberOf(idType);
  // in IKEv2 there is a 13, which says that nobody is named
  if (number > ID_KEY_ID)
    throw new IpsecError('unsupported', 'an ID Type', { blame: 'peer', expected: `1 to ${ID_KEY_ID}`, found: `${idType}` });
  return decodeIdentity(number, data);
}

/** An ID payload of phase 1, with protocol and port zero. Throws `unsupported` for ID_NULL, which is IKEv2's. */
export function encodePhase1Id(identity: Identity): IdPayload {
  if (identity.type === 'ID_NULL')
    throw new IpsecError('unsupported', 'an identity of IKEv1', { expected: 'one that says who it is', found: identity.type });
  const { idType, data } = encodeIdentity(identity);
  return { type: 'ID', idType: nameOf(idType), protocol: 0, port: 0, data };
}

/**
 * Which traffic an ID payload of phase 2 means: one address, a subnet or a range, one protocol or any, one port or any. RFC 2407 section 4.6.2: "A value of zero
 * means that the Protocol ID field should be ignored." "A value of zero means that the Port field should be ignored."
 *
 * @throws IpsecError `malformed`: another length, a range that ends in front of its start; `ts-unacceptable`: a name, or a netmask with holes, which is no range.
 */
export function decodeClientId({ idType, protocol, port, data }: IdPayload): TrafficSelector {
  return {
    protocol: protocol === 0 ? ANY : protocol,
    addresses: addressesOf(idType, data),
    ports: port === 0 ? ANY : { start: port, end: port },
  };
}

/**
 * An ID payload of phase 2: the shortest form that says it.
 *
 * @throws IpsecError `invalid-argument`: several ports, or OPAQUE ones, which IKEv1 cannot say.
 */
export function encodeClientId({ protocol, addresses, ports }: TrafficSelector): IdPayload {
  const port = ports === ANY ? 0 : typeof ports === 'object' && ports.start === ports.end && ports.start > 0 ? ports.start : undefined;
  if (port === undefined || (protocol !== ANY && protocol < 0))
    throw new IpsecError('invalid-argument', 'a traffic selector of IKEv1', { expected: 'one port or ANY', found: 'others' });
  const { start, end } = addresses;
  const family = start.length === 4 ? 'IPV4' : 'IPV6';
  const common = { type: 'ID', protocol: protocol === ANY ? 0 : protocol, port } as const;
  if (equalAddresses(start, end)) return { ...common, idType: `ID_${family}_ADDR`, data: start };
  const length = prefixOf(addresses);
  if (length === undefined) return { ...common, idType: `ID_${family}_ADDR_RANGE`, data: concat(start, end) };
  return { ...common, idType: `ID_${family}_ADDR_SUBNET`, data: concat(start, maskOf(start.length, length)) };
}

function addressesOf(idType: IdPayload['idType'], data: Uint8Array): AddressRange {
  const [, family, form = ''] = /^ID_(IPV[46])_ADDR(_SUBNET|_RANGE)?$/.exec(`${idType}`) ?? [];
  if (family === undefined) throw unacceptable('an address, a subnet or a range', `${idType}`);
  const octets = family === 'IPV4' ? 4 : 16;
  const length = form === '' ? octets : 2 * octets;
  if (data.length !== length) throw malformed(`the data of ${idType}`, `${length} octets`, `${data.length}`);
  const start = data.subarray(0, octets);
  if (form === '') return { start, end: start };
  const second = data.subarray(octets);
  if (form === '_RANGE') {
    if (compareAddresses(start, second) > 0)
      throw malformed('a range of addresses', 'its start in front of its end', 'the other way round');
    return { start, end: second };
  }
  const prefix = lengthOfMask(second);
  if (prefix === undefined) throw unacceptable('a netmask without holes', 'one with holes');
  return prefixRange(start, prefix);
}

function maskOf(octets: number, length: number): Uint8Array {
  return prefixRange(new Uint8Array(octets).fill(0xff), length).start;
}

function lengthOfMask(mask: Uint8Array): number | undefined {
  let length = 0;
  for (let at = 0; at < mask.length && length === 8 * at; at += 4) length += Math.clz32(~readU32(mask, at));
  return equalAddresses(maskOf(mask.length, length), mask) ? length : undefined;
}

function numberOf(idType: IdPayload['idType']): number {
  return typeof idType === 'number' ? idType : idTypesV1.find(({ name }) => name === idType)!.id;
}

function nameOf(id: number): IdPayload['idType'] {
  return idTypesV1.find((row) => row.id === id)?.name ?? id;
}

function malformed(what: string, expected: string, found: string): IpsecError {
  return new IpsecError('malformed', what, { blame: 'peer', expected, found });
}

function unacceptable(expected: string, found: string): IpsecError {
  return new IpsecError('ts-unacceptable', 'a traffic selector of IKEv1', { expected, found });
}
