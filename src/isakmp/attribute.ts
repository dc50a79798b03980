/**
 * Data attributes: the same octets in IKEv1 (RFC 2408 section 3.3) and in the transforms of IKEv2.
 *
 * @module
 */
import { bits, type Codec, coded, flag, prefixed, shortOf, struct, u16, variant } from '../wire.js';

/** A data attribute: a value of two octets is a number, any other a string of octets. */
export interface DataAttribute<Name extends string> {
  /** Its name, or its number where it has none. */
  readonly type: Name | number;
  /** AF = 1: a number of 0 to 65535. AF = 0: octets. */
  readonly value: number | Uint8Array;
}

/**
 * Transform Attributes, RFC 7296 section 3.3.5. The AF bit follows from the value.
 *
 * ```text
 *                        1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |A|       Attribute Type        |    AF=0  Attribute Length     |
 *   |F|                             |    AF=1  Attribute Value      |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                   AF=0  Attribute Value                       |
 *   |                   AF=1  Not Transmitted                       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * @param table the registry of the types.
 */
export function dataAttribute<const Row extends { readonly id: number; readonly name: string }>(
  table: readonly Row[],
): Codec<DataAttribute<Row['name']>> {
  return struct({
    af: shortOf('value', flag),
    type: coded(bits(15), table),
    value: variant('af', { 1: u16, 0: prefixed(u16) }),
  });
}
