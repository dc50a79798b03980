/**
 * The payloads of IKEv2, one declaration each; their generic header is in `isakmp/chain.ts`, the SA and Traffic Selector payloads have
 * files of their own.
 *
 * @module
 */
import { certificateEncodings, authenticationMethods, eapCodes, idTypes, protocolIds } from '../iana/ikev2.js';
import { cfgTypes, configurationAttributeTypes } from '../iana/ikev2-configuration.js';
import { notifyTypes } from '../iana/ikev2-notify.js';
import {
  array,
  bits,
  bytes,
  coded,
  countOf,
  elementSizeOf,
  lengthOf,
  limit,
  reserved,
  reservedBits,
  rest,
  sizeOf,
  struct,
  u16,
  u8,
} from '../wire.js';

/**
 * Key Exchange Payload, RFC 7296 section 3.4. Since RFC 9370 the group is called a Key Exchange Method.
 *
 * ```text
 *   |   Diffie-Hellman Group Num    |           RESERVED            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                       Key Exchange Data                       ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const keyExchange = /* @__PURE__ */ struct({
  /** Transform ID of the key exchange method. */
  method: u16,
  reserved: reserved(2),
  /** The public value. */
  data: rest,
});

/**
 * Identification Payloads, RFC 7296 section 3.5.
 *
 * ```text
 *   |   ID Type     |                 RESERVED                      |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                   Identification Data                         ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const identification = /* @__PURE__ */ struct({
  /** What kind of name it is. */
  idType: coded(u8, idTypes),
  reserved: reserved(3),
  /** The name. */
  data: rest,
});

/**
 * Certificate Payload, RFC 7296 section 3.6, and Certificate Request Payload, section 3.7, where the data names authorities: for
 * X.509 a row of SHA-1 hashes of 20 octets each.
 *
 * ```text
 *   | Cert Encoding |                                               |
 *   +-+-+-+-+-+-+-+-+                                               |
 *   ~                       Certificate Data                        ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const certificate = /* @__PURE__ */ struct({
  /** What the data is. */
  encoding: coded(u8, certificateEncodings),
  /** Certificate Data, or Certification Authority. */
  data: rest,
});

/**
 * Authentication Payload, RFC 7296 section 3.8.
 *
 * ```text
 *   | Auth Method   |                RESERVED                       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                      Authentication Data                      ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const authentication = /* @__PURE__ */ struct({
  /** How the data was made. */
  method: coded(u8, authenticationMethods),
  reserved: reserved(3),
  /** A signature or a MAC. */
  data: rest,
});

/** Nonce Payload. RFC 7296 section 3.9: "The size of the Nonce Data MUST be between 16 and 256 octets, inclusive." */
export const nonce = /* @__PURE__ */ struct({
  /** Nonce Data: 16 to 256 octets. */
  data: limit(rest, 16, 256),
});

/**
 * Notify Payload, RFC 7296 section 3.10.
 *
 * ```text
 *   |  Protocol ID  |   SPI Size    |      Notify Message Type      |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                Security Parameter Index (SPI)                 ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                       Notification Data                       ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const notify = /* @__PURE__ */ struct({
  /** The protocol of `spi`. RFC 7296 section 3.10: "If the SPI field is empty, this field MUST be sent as zero and MUST be ignored on receipt." */
  protocol: coded(u8, protocolIds),
  spiSize: sizeOf('spi', u8),
  /** Notify Message Type. */
  notify: coded(u16, notifyTypes),
  /** The SA that is spoken of, or nothing. */
  spi: bytes('spiSize'),
  /** Notification Data. */
  data: rest,
});

/**
 * Delete Payload, RFC 7296 section 3.11.
 *
 * ```text
 *   | Protocol ID   |   SPI Size    |          Num of SPIs          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~               Security Parameter Index(es) (SPI)              ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const deletion = /* @__PURE__ */ struct({
  /** IKE (then there are no SPIs), AH or ESP. */
  protocol: coded(u8, protocolIds),
  spiSize: elementSizeOf('spis', u8),
  numSpis: countOf('spis', u16),
  /** The SAs that are gone: the SPIs that the sender expects in inbound packets. */
  spis: array(bytes('spiSize', 1), 'numSpis'),
});

/** Vendor ID Payload, RFC 7296 section 3.12. */
export const vendorId = /* @__PURE__ */ struct({
  /** The Vendor ID. */
  data: rest,
});

/**
 * Configuration Attribute, RFC 7296 section 3.15.1.
 *
 * ```text
 *   |R|         Attribute Type      |            Length             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                             Value                             ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
const configurationAttribute = /* @__PURE__ */ struct({
  reserved: reservedBits(1),
  /** Attribute Type. */
  type: coded(bits(15), configurationAttributeTypes),
  length: sizeOf('value', u16),
  /** The value; empty where it is only asked for. */
  value: bytes('length'),
});

/**
 * Configuration Payload, RFC 7296 section 3.15.
 *
 * ```text
 *   |   CFG Type    |                    RESERVED                   |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   ~                   Configuration Attributes                    ~
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const configuration = /* @__PURE__ */ struct({
  /** CFG_REQUEST, CFG_REPLY, CFG_SET or CFG_ACK. */
  cfgType: coded(u8, cfgTypes),
  reserved: reserved(3),
  /** Configuration Attributes. */
  attributes: array(configurationAttribute),
});

/**
 * Extensible Authentication Payload, RFC 7296 section 3.16.
 *
 * ```text
 *   |     Code      | Identifier    |           Length              |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |     Type      | Type_Data...
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-
 * ```
 */
export const eap = /* @__PURE__ */ struct({
  /** Request, Response, Success or Failure. */
  code: coded(u8, eapCodes),
  /** Identifier. */
  identifier: u8,
  length: lengthOf(u16),
  /** Type and Type_Data; empty in Success and Failure. */
  data: rest,
});

/** Encrypted Payload, RFC 7296 section 3.14, unopened: IV, ciphertext and Integrity Checksum Data. */
export const encrypted = /* @__PURE__ */ struct({
  /** Initialization Vector, encrypted payloads with padding, Integrity Checksum Data. */
  data: rest,
});

/**
 * Encrypted Fragment Payload, RFC 7383 section 2.5, unopened.
 *
 * ```text
 *   |        Fragment Number        |        Total Fragments        |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                     Initialization Vector                     |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   ~                      Encrypted content                        ~
 * ```
 */
export const encryptedFragment = /* @__PURE__ */ struct({
  /** Fragment Number, from 1. */
  fragmentNumber: u16,
  /** Total Fragments. */
  totalFragments: u16,
  /** As in SK. */
  data: rest,
});
