/**
 * The Traffic Selector payloads.
 *
 * @module
 */
import { trafficSelectorTypes } from '../iana/ikev2.js';
import { isBytes, readU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { decodeTrafficSelector, encodeTrafficSelector, type TrafficSelector } from '../traffic-selector.js';
import { array, bytes, coded, converted, countOf, lengthOf, reserved, rest, struct, u16, u8, variant } from '../wire.js';

/** A Traffic Selector of a type that is not understood. RFC 7296 section 2.9: "the responder ignores that Traffic Selector". */
export interface UnknownTrafficSelector {
  /** TS Type: neither 7 nor 8. */
  readonly tsType: number;
  /** The whole substructure, its type and length included. */
  readonly octets: Uint8Array;
}

const range = (octets: 4 | 16) => struct({ startPort: u16, endPort: u16, startingAddress: bytes(octets), endingAddress: bytes(octets) });

/**
 * Traffic Selector, RFC 7296 section 3.13.1.
 *
 * ```text
 *                        1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |   TS Type     |IP Protocol ID*|       Selector Length         |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Start Port*         |           End Port*           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                         Starting Address*                     ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                         Ending Address*                       ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const wire = /* @__PURE__ */ struct({
  tsType: coded(u8, trafficSelectorTypes),
  ipProtocolId: u8,
  selectorLength: lengthOf(u16),
  selector: variant('tsType', { 7: range(4), 8: range(16) }, struct({ data: rest })),
});

const selector = /* @__PURE__ */ converted<unknown, TrafficSelector | UnknownTrafficSelector>(
  wire,
  (_, octets) => decodeTrafficSelector(octets).selector ?? { tsType: octets[0]!, octets },
  octetsOf,
);

/**
 * Traffic Selector Payload, RFC 7296 section 3.13: the initiator's end in TSi, the responder's in TSr.
 *
 * ```text
 *   | Number of TSs |                 RESERVED                      |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                       <Traffic Selectors>                     ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const trafficSelectors = /* @__PURE__ */ struct({
  numberOfTss: countOf('selectors', u8),
  reserved: reserved(3),
  /** A packet matches when it matches one of them. */
  selectors: array(selector, 'numberOfTss'),
});

function octetsOf(value: TrafficSelector | UnknownTrafficSelector): Uint8Array {
  if ('tsType' in value) {
    const { tsType, octets } = value;
    const whole = isBytes(octets) && octets.length >= 4 && octets[0] === tsType && readU16(octets, 2) === octets.length;
    if (whole && tsType !== 7 && tsType !== 8) return octets;
    throw new IpsecError('invalid-argument', 'a Traffic Selector of unknown type', {
      expected: 'all its octets, with their type (neither 7 nor 8) and length',
      found: 'others',
    });
  }
  const { start, end } = ((value as Partial<TrafficSelector>).addresses ?? {}) as Partial<TrafficSelector['addresses']>;
  if (isBytes(start) && isBytes(end) && start.length === end.length && (start.length === 4 || start.length === 16))
    return encodeTrafficSelector(value);
  throw new IpsecError('invalid-argument', 'the addresses of a Traffic Selector', {
    expected: 'two of 4 or two of 16 octets',
    found: `${String(start?.length)} and ${String(end?.length)}`,
  });
}
