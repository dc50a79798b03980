/**
 * The Security Association payload. RFC 7296 section 3.3: "Assembly of Security Association payloads requires great peace of mind."
 *
 * @module
 */
import { protocolIds, transformAttributeTypes, transformTypes } from '../iana/ikev2.js';
import { dataAttribute } from '../isakmp/attribute.js';
import { array, bytes, coded, countOf, reserved, sizeOf, struct, substructures, u16, u8, type ValueOf } from '../wire.js';

/**
 * Transform Substructure, RFC 7296 section 3.3.2; its first four octets are `substructures`'.
 *
 * ```text
 *                        1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   | Last Substruc |   RESERVED    |        Transform Length       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |Transform Type |   RESERVED    |          Transform ID         |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                      Transform Attributes                     ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const transform = /* @__PURE__ */ struct({
  /** Transform Type: ENCR, PRF, INTEG, KE, ESN, ... */
  type: coded(u8, transformTypes),
  reserved: reserved(1),
  /** Transform ID: the number of the algorithm. */
  id: u16,
  /** Transform Attributes: for some ciphers the Key Length, in bits. */
  attributes: array(dataAttribute(transformAttributeTypes)),
});
/** One algorithm that is offered or chosen. */
export type Transform = ValueOf<typeof transform>;

/**
 * Proposal Substructure, RFC 7296 section 3.3.1.
 *
 * ```text
 *                        1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   | Last Substruc |   RESERVED    |         Proposal Length       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   | Proposal Num  |  Protocol ID  |    SPI Size   |Num  Transforms|
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   ~                        SPI (variable)                         ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                        <Transforms>                           ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const proposal = /* @__PURE__ */ struct({
  /** Proposal Num: 1, 2, 3 in an offer; in an answer the number of the one that was chosen. */
  proposalNum: u8,
  /** IKE, AH or ESP. */
  protocol: coded(u8, protocolIds),
  spiSize: sizeOf('spi', u8),
  numTransforms: countOf('transforms', u8),
  /** The sender's SPI; empty in IKE_SA_INIT. */
  spi: bytes('spiSize'),
  /** What may be combined: one of each type is chosen. */
  transforms: substructures(3, transform, 'numTransforms'),
});
/** One protocol with the algorithms that may be combined for it. */
export type Proposal = ValueOf<typeof proposal>;

/** Security Association Payload, RFC 7296 section 3.3. */
export const securityAssociation = /* @__PURE__ */ struct({
  /** From most preferred to least preferred. */
  proposals: substructures(2, proposal),
});
