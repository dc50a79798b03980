/** Declarations that use every part of the codec, among them IKE's. */
import {
  array,
  bits,
  bytes,
  constant,
  countOf,
  flag,
  lengthOf,
  limit,
  named,
  optional,
  padded,
  reserved,
  reservedBits,
  rest,
  sizeOf,
  struct,
  substructures,
  u16,
  u24,
  u32,
  u64,
  u64big,
  u8,
  variant,
  when,
  within,
} from '../../src/wire.js';

/**
 * Transform Attributes, RFC 7296 section 3.3.5.
 */
export const attribute = struct({
  isShort: flag,
  type: bits(15),
  value: variant('isShort', { 1: u16, 0: struct({ length: sizeOf('octets', u16), octets: bytes('length') }) }),
});
/** Transform Substructure, RFC 7296 section 3.3.2. */
const transform = struct({ type: u8, reserved: reserved(1), id: u16, attributes: array(attribute) });
/** Proposal Substructure, RFC 7296 section 3.3.1. */
export const proposal = struct({
  proposalNum: u8,
  protocolId: u8,
  spiSize: sizeOf('spi', u8),
  numTransforms: countOf('transforms', u8),
  spi: bytes('spiSize'),
  transforms: substructures(3, transform, 'numTransforms'),
});
/** Security Association Payload without its generic header, RFC 7296 section 3.3. */
export const securityAssociation = substructures(2, proposal);

export const numbers = struct({ a: u8, b: u16, c: u24, d: u32, e: u64, f: u64big });
export const bitGroups = struct({
  version: constant(bits(4), 4),
  size: sizeOf('options', bits(4), { unit: 4, plus: -4 }),
  wide: bits(32),
  top: flag,
  skip: reservedBits(2),
  five: limit(bits(5), 3, 17),
  three: bits(24),
  options: bytes('size'),
});
export const sized = struct({
  kind: named(u8, (n) => `kind ${n}`),
  length: lengthOf(u16, { plus: 1 }),
  magic: constant(u16, 0xbeef),
  nonce: limit(bytes('visible'.length), 7, 7),
  body: variant('kind', { 1: struct({ x: u8, y: u8 }), 2: array(u16), 3: limit(rest, 2, 5) }),
});
const conditional = struct({
  hasKey: flag,
  hasName: flag,
  other: reservedBits(6),
  count: countOf('items', u16),
  size: sizeOf('inner', u8),
  key: when('hasKey', (n) => n === 1, u32),
  inner: within('size', struct({ a: u8, b: rest })),
  items: array(struct({ v: u8, tail: padded(bytes(3), 4) }), 'count'),
  four: within(4, array(u16)),
  name: when('hasName', (n) => n === 1, within(3, rest)),
  more: optional(u16),
});
const plainSize = struct({ n: limit(u8, 1, 9), data: bytes('n'), list: array(u8, 'n'), fixed: array(u24, 2) });
export const tagged = struct({ tag: u8, body: variant('tag', { 0: u8, 7: bytes(2) }, struct({ length: lengthOf(u8), data: rest })) });

export const all = { attribute, transform, proposal, securityAssociation, numbers, bitGroups, sized, conditional, plainSize, tagged };
