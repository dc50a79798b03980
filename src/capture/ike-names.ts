/**
 * The header of an IKE message and the names of its payloads, read so leniently that a broken message still shows how far it goes.
 *
 * @module
 */
import { readU16 } from '../bytes.js';
import { exchangeTypes, payloadTypes } from '../iana/ikev2.js';
import { nameOf, type RegistryRow } from '../iana/registry.js';
import { decodeHeader, type IkeHeader } from '../ike.js';

/** What the clear part of any IKE message tells. */
export interface IkeOutline {
  /** The fields of the header; the SPIs are views. */
  readonly header: IkeHeader;
  /** `2.0`. */
  readonly version: string;
  /** The name of the exchange, or its number in hexadecimal. */
  readonly exchange: string;
  /** The names of the payloads that are not encrypted. */
  readonly payloads: readonly string[];
}

/** RFC 2408 section 3.1, RFC 2409 and the Configuration Method. */
const exchangesV1: readonly RegistryRow[] = [
  { id: 0, name: 'NONE', rfc: 'RFC 2408' },
  { id: 1, name: 'Base', rfc: 'RFC 2408' },
  { id: 2, name: 'Identity Protection', rfc: 'RFC 2408' },
  { id: 3, name: 'Authentication Only', rfc: 'RFC 2408' },
  { id: 4, name: 'Aggressive', rfc: 'RFC 2408' },
  { id: 5, name: 'Informational', rfc: 'RFC 2408' },
  { id: 6, name: 'Transaction', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 32, name: 'Quick Mode', rfc: 'RFC 2409' },
  { id: 33, name: 'New Group Mode', rfc: 'RFC 2409' },
];

/** RFC 2408 section 3.1, with those that came later. */
const payloadsV1: readonly RegistryRow[] = [
  { id: 1, name: 'SA', rfc: 'RFC 2408' },
  { id: 2, name: 'P', rfc: 'RFC 2408' },
  { id: 3, name: 'T', rfc: 'RFC 2408' },
  { id: 4, name: 'KE', rfc: 'RFC 2408' },
  { id: 5, name: 'ID', rfc: 'RFC 2408' },
  { id: 6, name: 'CERT', rfc: 'RFC 2408' },
  { id: 7, name: 'CR', rfc: 'RFC 2408' },
  { id: 8, name: 'HASH', rfc: 'RFC 2408' },
  { id: 9, name: 'SIG', rfc: 'RFC 2408' },
  { id: 10, name: 'NONCE', rfc: 'RFC 2408' },
  { id: 11, name: 'N', rfc: 'RFC 2408' },
  { id: 12, name: 'D', rfc: 'RFC 2408' },
  { id: 13, name: 'VID', rfc: 'RFC 2408' },
  { id: 14, name: 'ATTR', rfc: 'draft-dukes-ike-mode-cfg' },
  { id: 20, name: 'NAT-D', rfc: 'RFC 3947' },
  { id: 21, name: 'NAT-OA', rfc: 'RFC 3947' },
  { id: 130, name: 'NAT-D', rfc: 'draft-ietf-ipsec-nat-t-ike' },
  { id: 131, name: 'NAT-OA', rfc: 'draft-ietf-ipsec-nat-t-ike' },
  { id: 132, name: 'FRAGMENT', rfc: 'MS-IKEE' },
];

/** Payloads whose names are listed; a message with more is none that anybody sends. */
const MAXIMUM_PAYLOADS = 100;
/** What a chain ends with although its Next Payload says something else: SK and SKF. */
const encrypted = new Set([46, 53]);
/** RFC 2408 section 3.1: "If set (1), all payloads following the header are encrypted". */
const ENCRYPTION_FLAG = 1;

/** Reads what is clear; undefined when the octets do not even begin as an IKE message. */
export function outlineMessage(octets: Uint8Array): IkeOutline | undefined {
  if (octets.length < 28) return undefined;
  const header = decodeHeader(octets);
  const { majorVersion, minorVersion, exchangeType, nextPayload, flags } = header;
  if (majorVersion === 0) return undefined;
  const isOld = majorVersion === 1;
  const isClosed = isOld && (flags & ENCRYPTION_FLAG) !== 0;
  return {
    header,
    version: `${majorVersion}.${minorVersion}`,
    exchange: nameOf(isOld ? exchangesV1 : exchangeTypes, exchangeType),
    payloads: isClosed ? [] : namesInChain(nextPayload, octets.subarray(28), isOld ? payloadsV1 : payloadTypes),
  };
}

/** The names of the payloads of a chain, as far as it holds. */
export function namesInChain(first: number, octets: Uint8Array, table: readonly RegistryRow[] = payloadTypes): readonly string[] {
  const names: string[] = [];
  let at = 0;
  for (let type = first; type !== 0 && at + 4 <= octets.length && names.length < MAXIMUM_PAYLOADS;) {
    const length = readU16(octets, at + 2);
    if (length < 4) break;
    names.push(nameOf(table, type));
    if (table === payloadTypes && encrypted.has(type)) break;
    type = octets[at]!;
    at += length;
  }
  return names;
}
