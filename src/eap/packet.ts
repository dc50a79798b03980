/**
 * EAP packets, to octets and back (RFC 3748 section 4), and the two kinds of Nak (section 5.3).
 *
 * @module
 */
import { EMPTY } from '../bytes.js';
import { array, constant, decode, encode, lengthOf, limit, rest, struct, u16, u24, u32, u8, variant, when } from '../wire.js';

/** Type 254. */
const EXPANDED = 254;
/** The Types that EAP itself has. */
export const IDENTITY = 1;
/** Type 2. */
export const NOTIFICATION = 2;
/** Type 3. */
export const NAK = 3;

/** A Type of more than one octet. `vendorId` 0: the Types of the IETF, of which those below 256 are the same as the short ones. */
export interface EapExpandedType {
  /** The vendor's SMI Network Management Private Enterprise Code, 24 bits. */
  readonly vendorId: number;
  /** Its own number of the method, 32 bits. */
  readonly vendorType: number;
}

/** Request or Response. */
export interface EapMethodPacket {
  /** Which of the two. */
  readonly code: 'Request' | 'Response';
  /** 0 to 255: a Response has that of its Request. */
  readonly identifier: number;
  /** 0 to 255. */
  readonly type: number;
  /** With Type 254: which method is meant. */
  readonly expanded?: EapExpandedType | undefined;
  /** Type-Data; with Type 254 Vendor-Data. */
  readonly data: Uint8Array;
}

/** Success or Failure. */
export interface EapResultPacket {
  /** Which of the two. */
  readonly code: 'Success' | 'Failure';
  /** 0 to 255: that of the Response that it answers. */
  readonly identifier: number;
}

/** An EAP packet. */
export type EapPacket = EapMethodPacket | EapResultPacket;

/**
 * Expanded Type, RFC 3748 section 5.7, behind the octet 254.
 *
 * ```text
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |     Type      |               Vendor-Id                       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                          Vendor-Type                          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |              Vendor data...
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const expandedType = /* @__PURE__ */ struct({ vendorId: u24, vendorType: u32 });

/** What a Request and a Response have behind their Length. */
const typed = /* @__PURE__ */ struct({ type: u8, expanded: when('type', (type) => type === EXPANDED, expandedType), data: rest });
const nothing = /* @__PURE__ */ struct({});

/**
 * EAP packet, RFC 3748 section 4.1. Section 4.2: "Success and Failure packets MUST NOT contain additional data."
 *
 * ```text
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |     Code      |  Identifier   |            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |     Type      |  Type-Data ...
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-
 * ```
 */
const eapPacket = /* @__PURE__ */ struct({
  code: limit(u8, 1, 4),
  identifier: u8,
  length: lengthOf(u16),
  body: variant('code', { 1: typed, 2: typed }, nothing),
});

/** Type-Data of a legacy Nak (RFC 3748 section 5.3.1): "one or more octets indicating the desired authentication Type(s), one octet per Type". */
const legacyNak = /* @__PURE__ */ struct({ types: limit(rest, 1, 255) });
/** Vendor-Data of an Expanded Nak (RFC 3748 section 5.3.2): "8 octets per Type". */
const expandedNak = /* @__PURE__ */ struct({
  types: limit(array(/* @__PURE__ */ struct({ type: constant(u8, EXPANDED), vendorId: u24, vendorType: u32 })), 1, 255),
});

const codes = ['Request', 'Response', 'Success', 'Failure'] as const;

/**
 * Reads an EAP packet. RFC 7296 section 3.16 on the Length: "MUST be four less than the Payload Length of the encapsulating payload." So nothing may follow.
 *
 * @returns octets are views into the input.
 * @throws IpsecError `truncated`, `malformed` or `trailing-octets`, with path and offset.
 *
 * @example
 * ```ts
 * import { decodeEap, encodeEap } from 'ipsec-ts/eap';
 *
 * const packet = decodeEap(Uint8Array.of(2, 7, 0, 10, 1, 99, 97, 114, 111, 108)); // Response 7, Identity, "carol"
 * if (packet.code !== 'Response' || packet.type !== 1 || new TextDecoder().decode(packet.data) !== 'carol') throw new Error('Identity');
 * if (encodeEap({ code: 'Success', identifier: 7 }).length !== 4) throw new Error('Success');
 * ```
 */
export function decodeEap(octets: Uint8Array): EapPacket {
  const { code: number, identifier, body } = decode(eapPacket, octets, { path: ['eap'] });
  const code = codes[number - 1]!;
  if (code === 'Success' || code === 'Failure') return { code, identifier };
  const { type, expanded, data } = body as { type: number; expanded: EapExpandedType | undefined; data: Uint8Array };
  return expanded ? { code, identifier, type, expanded, data } : { code, identifier, type, data };
}

/**
 * Writes an EAP packet.
 *
 * @throws IpsecError `invalid-argument` for numbers that do not fit and for more than 65535 octets.
 */
export function encodeEap(packet: EapPacket): Uint8Array {
  const body =
    'type' in packet
      ? { type: packet.type, expanded: packet.expanded, data: packet.data }
      : ({} as { type: number; expanded: undefined; data: Uint8Array });
  return encode(eapPacket, { code: codes.indexOf(packet.code) + 1, identifier: packet.identifier, body });
}

/**
 * The Types that a Nak asks for; undefined when the packet is none. RFC 3748 section 5.3.1: "Type zero (0) is used to indicate that the sender has no viable
 * alternatives": it is not among them.
 *
 * @throws IpsecError `truncated` or `malformed`.
 */
export function decodeNak(packet: EapMethodPacket): readonly EapExpandedType[] | undefined {
  const options = { path: ['eap', 'nak'] };
  if (packet.type === NAK) {
    const { types } = decode(legacyNak, packet.data, options);
    return Array.from(types, (vendorType) => ({ vendorId: 0, vendorType })).filter(isWanted);
  }
  if (packet.expanded?.vendorId !== 0 || packet.expanded.vendorType !== NAK) return undefined;
  return decode(expandedNak, packet.data, options).types.filter(isWanted);
}

function isWanted({ vendorId, vendorType }: EapExpandedType): boolean {
  return vendorId !== 0 || vendorType !== 0;
}

/** A Nak: legacy, or expanded where the Request was (RFC 3748 section 5.3.2: "It MUST be sent only in reply to a Request of Type 254"). */
export function createNak(request: EapMethodPacket, types: readonly number[]): EapMethodPacket {
  const wanted = types.length > 0 ? types : [0];
  const { identifier } = request;
  if (request.type !== EXPANDED) return { code: 'Response', identifier, type: NAK, data: Uint8Array.from(wanted) };
  const data = encode(expandedNak, { types: wanted.map((vendorType) => ({ vendorId: 0, vendorType })) });
  return { code: 'Response', identifier, type: EXPANDED, expanded: { vendorId: 0, vendorType: NAK }, data };
}

/**
 * The method that a packet is of; undefined for those of vendors. RFC 3748 section 5.7: "EAP Types from 0 through 255 are semantically identical, whether they
 * appear as single octet EAP Types or as Vendor-Types when Vendor-Id is zero." Naks are the exception.
 */
export function typeOf({ type, expanded }: EapMethodPacket): number | undefined {
  if (!expanded) return type;
  return expanded.vendorId === 0 ? expanded.vendorType : undefined;
}

/** The Response to a Request, in the form, short or expanded, that the Request had. */
export function createResponse({ identifier, type, expanded }: EapMethodPacket, data: Uint8Array = EMPTY): EapMethodPacket {
  return expanded ? { code: 'Response', identifier, type, expanded, data } : { code: 'Response', identifier, type, data };
}
