/**
 * The header of an IKE message and the names of its payloads, read so leniently that a broken message still shows how far it goes.
 *
 * @module
 */
import { readU16 } from '../bytes.js';
import { exchangeTypesV1, payloadNamesV1 } from '../iana/ikev1.js';
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
    exchange: nameOf(isOld ? exchangeTypesV1 : exchangeTypes, exchangeType),
    payloads: isClosed ? [] : namesInChain(nextPayload, octets.subarray(28), isOld ? payloadNamesV1 : payloadTypes),
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
