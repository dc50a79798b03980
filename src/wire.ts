/**
 * One declaration per wire structure: it decodes, encodes, gives the TypeScript type, the path and offset of an error, the octet map
 * that explains a packet, and the generator for property tests.
 *
 * ```text
 * const proposal = struct({
 *   proposalNum: u8,
 *   protocolId: u8,
 *   spiSize: sizeOf('spi', u8),
 *   numTransforms: countOf('transforms', u8),
 *   spi: bytes('spiSize'),
 *   transforms: substructures(3, transform, 'numTransforms'),
 * });
 * type Proposal = ValueOf<typeof proposal>; // lengths and counts are not in the type
 * ```
 *
 * @module
 */
export { optional, variant, when } from './wire/choice.js';
export { coded, converted } from './wire/coded.js';
export {
  addRow,
  type Codec,
  countElement,
  fail,
  failLimit,
  failShort,
  failValue,
  grow,
  type BitSpan,
  type MappedField,
  type Reader,
  type Shape,
  type ValueOf,
  type Writer,
} from './wire/codec.js';
export { countOf, elementSizeOf, firstOf, lengthOf, shortOf, sizeOf } from './wire/derived.js';
export { array, substructures } from './wire/lists.js';
export { bits, constant, flag, reserved, reservedBits, u16, u24, u32, u64, u64big, u8 } from './wire/numbers.js';
export { bytes, limit, named, padded, prefixed, rest, within } from './wire/octets.js';
export { decode, type DecodeOptions, decodePrefix, encode, octetMap } from './wire/run.js';
export { struct } from './wire/struct.js';
