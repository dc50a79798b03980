/**
 * The payloads of ISAKMP, one declaration each; their generic header is in `isakmp/chain.ts`, the SA payload has a file of its own.
 *
 * @module
 */
import { certificateEncodingsV1, dois, idTypesV1, protocolIdsV1 } from '../iana/ikev1.js';
import { configurationAttributesV1, configurationTypesV1 } from '../iana/ikev1-configuration.js';
import { notifyTypesV1 } from '../iana/ikev1-notify.js';
import { dataAttribute } from '../isakmp/attribute.js';
import { array, bytes, coded, constant, countOf, elementSizeOf, limit, reserved, rest, sizeOf, struct, u16, u32, u8 } from '../wire.js';

/**
 * What is nothing but octets behind the generic header: Key Exchange (RFC 2408 section 3.7), Hash (3.11), Signature (3.12), Vendor ID (3.16), and
 * NAT discovery (RFC 3947 section 3.2).
 */
export const octets = /* @__PURE__ */ struct({
  /** All of it. */
  data: rest,
});

/** Nonce Payload. RFC 2409 section 5: "The length of nonce payload MUST be between 8 and 256 bytes inclusive." */
export const nonce = /* @__PURE__ */ struct({
  /** Nonce Data: 8 to 256 octets. */
  data: limit(rest, 8, 256),
});

/**
 * Identification Payload of the IPsec DOI, RFC 2407 section 4.6.2.
 *
 * ```text
 *   !   ID Type     !  Protocol ID  !             Port              !
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   ~                     Identification Data                       ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const identification = /* @__PURE__ */ struct({
  /** What kind of name it is, or of addresses. */
  idType: coded(u8, idTypesV1),
  /** An IP protocol; 0 for any. In phase 1 it is 0 or UDP. */
  protocol: u8,
  /** A port; 0 for any. In phase 1 it is 0 or 500. */
  port: u16,
  /** The name, the addresses. */
  data: rest,
});

/**
 * Certificate Payload, RFC 2408 section 3.9, and Certificate Request Payload, section 3.10, where the data names an authority.
 *
 * ```text
 *   ! Cert Encoding !                                               !
 *   +-+-+-+-+-+-+-+-+                                               !
 *   ~                       Certificate Data                        ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const certificate = /* @__PURE__ */ struct({
  /** What the data is. */
  encoding: coded(u8, certificateEncodingsV1),
  /** Certificate Data, or the Distinguished Name of an authority; empty: any authority. */
  data: rest,
});

/**
 * Notification Payload, RFC 2408 section 3.14.
 *
 * ```text
 *   !              Domain of Interpretation  (DOI)                  !
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   !  Protocol-ID  !   SPI Size    !      Notify Message Type      !
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   ~                Security Parameter Index (SPI)                 ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   ~                       Notification Data                       ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const notification = /* @__PURE__ */ struct({
  /** Who defines the notification. */
  doi: coded(u32, dois),
  /** The protocol of `spi`. */
  protocol: coded(u8, protocolIdsV1),
  spiSize: sizeOf('spi', u8),
  /** Notify Message Type. */
  notify: coded(u16, notifyTypesV1),
  /** The SA that is spoken of: of an ISAKMP SA both cookies, or nothing. */
  spi: bytes('spiSize'),
  /** Notification Data. */
  data: rest,
});

/**
 * Delete Payload, RFC 2408 section 3.15.
 *
 * ```text
 *   !              Domain of Interpretation  (DOI)                  !
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   !  Protocol-Id  !   SPI Size    !           # of SPIs           !
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   ~               Security Parameter Index(es) (SPI)              ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const deletion = /* @__PURE__ */ struct({
  /** Whose protocols they are. */
  doi: coded(u32, dois),
  /** Of all of the SPIs. */
  protocol: coded(u8, protocolIdsV1),
  spiSize: elementSizeOf('spis', u8),
  numSpis: countOf('spis', u16),
  /** The SAs that are gone: the sender's own SPIs; of an ISAKMP SA both cookies, 16 octets. */
  spis: array(bytes('spiSize', 1), 'numSpis'),
});

/**
 * NAT Original Address Payload, RFC 3947 section 5.2.
 *
 * ```text
 *   | ID Type       | RESERVED      | RESERVED                      |
 *   +---------------+---------------+---------------+---------------+
 *   |           IPv4 (4 octets) or IPv6 address (16 octets)         |
 *   +---------------+---------------+---------------+---------------+
 * ```
 */
export const natOriginalAddress = /* @__PURE__ */ struct({
  /** RFC 3947 section 5.2: "Only ID_IPV4_ADDR and ID_IPV6_ADDR types are allowed." */
  idType: coded(u8, idTypesV1),
  /** RFC 3947 section 5.2: "The two reserved fields after the ID Type must be zero." */
  reserved: constant(u8, 0),
  reserved2: constant(u16, 0),
  /** The address: 4 or 16 octets. */
  data: rest,
});

/** Attributes Payload of the Transaction exchange: Mode Config and XAUTH. Type, RESERVED, Identifier, then attributes as in transforms. */
export const attributes = /* @__PURE__ */ struct({
  /** Request, reply, set or acknowledgement. */
  cfgType: coded(u8, configurationTypesV1),
  reserved: reserved(1),
  /** Tells requests apart. */
  identifier: u16,
  /** What is asked for, told or set. */
  attributes: array(dataAttribute(configurationAttributesV1)),
});

/**
 * Fragment Payload, as Cisco devised it and Windows and strongSwan send it: octets of a whole message, which begin with its header.
 *
 * ```text
 *   |          Fragment ID          | Fragment Num  |     Flags     |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   ~                         Fragment Data                         ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const fragment = /* @__PURE__ */ struct({
  /** The same in all fragments of a message. */
  fragmentId: u16,
  /** Fragment Number, from 1. */
  fragmentNumber: u8,
  /** 1 in the last fragment. */
  flags: u8,
  /** Some octets of the message. */
  data: rest,
});
