/**
 * The headers of a packet as declarations, for explanation: `octetMap` prints from them what stands where. The packet path reads its
 * headers by hand (`esp/`, `ah/`, `ip/`); a test keeps both in step.
 *
 * @module
 */
import { icmpTypes, icmpv6Types } from '../iana/icmp.js';
import { ipProtocols } from '../iana/ip-protocols.js';
import { ipv4Options } from '../iana/ipv4-options.js';
import { ipv6Options, ipv6RoutingTypes } from '../iana/ipv6.js';
import { nameOf } from '../iana/registry.js';
import { formatAddress } from '../ip/address.js';
import {
  array,
  bits,
  bytes,
  type Codec,
  constant,
  flag,
  lengthOf,
  named,
  reserved,
  reservedBits,
  rest,
  sizeOf,
  struct,
  u16,
  u32,
  u8,
  type ValueOf,
  variant,
} from '../wire.js';

const protocol: Codec<number> = /* @__PURE__ */ named(u8, (n) => nameOf(ipProtocols, n));
const ipv4Address: Codec<Uint8Array> = /* @__PURE__ */ named(bytes(4), formatAddress);
const ipv6Address: Codec<Uint8Array> = /* @__PURE__ */ named(bytes(16), formatAddress);
const spi: Codec<number> = /* @__PURE__ */ named(u32, (n) => `0x${n.toString(16).padStart(8, '0')}`);
const nothing = /* @__PURE__ */ struct({});

/**
 * IPv4 option, RFC 791 section 3.1: "The option-length octet counts the option-type octet and the option-length octet as well as the
 * option-data octets."
 *
 * ```text
 *   +--------+--------+-------- - -
 *   |  type  | length |  data            types 0 and 1 are a single octet
 *   +--------+--------+-------- - -
 * ```
 */
export const ipv4Option = /* @__PURE__ */ struct({
  type: named(u8, (n) => nameOf(ipv4Options, n)),
  option: variant('type', { 0: nothing, 1: nothing }, struct({ length: lengthOf(u8, { plus: -1 }), data: rest })),
});

/**
 * IPv4 header, RFC 791 section 3.1; DSCP of RFC 2474, ECN of RFC 3168.
 *
 * ```text
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |Version|  IHL  |Type of Service|          Total Length         |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |         Identification        |Flags|      Fragment Offset    |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Time to Live |    Protocol   |         Header Checksum       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                       Source Address                          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                    Destination Address                        |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                    Options                    |    Padding    |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const ipv4Header = /* @__PURE__ */ struct({
  version: constant(bits(4), 4),
  ihl: lengthOf(bits(4), { unit: 4 }),
  dscp: bits(6),
  ecn: bits(2),
  totalLength: u16,
  identification: u16,
  reserved: reservedBits(1),
  df: flag,
  mf: flag,
  fragmentOffset: bits(13),
  timeToLive: u8,
  protocol,
  headerChecksum: u16,
  source: ipv4Address,
  destination: ipv4Address,
  options: array(ipv4Option),
});

/**
 * IPv6 header, RFC 8200 section 3.
 *
 * ```text
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |Version| Traffic Class |           Flow Label                  |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |         Payload Length        |  Next Header  |   Hop Limit   |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   +                    Source Address: 16 octets                  +
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   +                 Destination Address: 16 octets                +
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const ipv6Header = /* @__PURE__ */ struct({
  version: constant(bits(4), 6),
  dscp: bits(6),
  ecn: bits(2),
  flowLabel: bits(20),
  payloadLength: u16,
  nextHeader: protocol,
  hopLimit: u8,
  source: ipv6Address,
  destination: ipv6Address,
});

/**
 * Option of a Hop-by-Hop or Destination Options header, RFC 8200 section 4.2. Pad1 is a single octet.
 *
 * ```text
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - - - - - - - -
 *   |  Option Type  |  Opt Data Len |  Option Data
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - - - - - - - -
 * ```
 */
export const ipv6Option = /* @__PURE__ */ struct({
  type: named(u8, (n) => nameOf(ipv6Options, n)),
  option: variant('type', { 0: nothing }, struct({ optDataLen: sizeOf('data', u8), data: bytes('optDataLen') })),
});

/**
 * Hop-by-Hop Options and Destination Options header, RFC 8200 sections 4.3 and 4.6; the length is in 8-octet units, not counting the
 * first.
 *
 * ```text
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Next Header  |  Hdr Ext Len  |                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 *   .                            Options                            .
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const optionsHeader = /* @__PURE__ */ struct({
  nextHeader: protocol,
  hdrExtLen: lengthOf(u8, { unit: 8, plus: 8 }),
  options: array(ipv6Option),
});

/**
 * Routing header, RFC 8200 section 4.4. Types 0 and 2 hold four reserved octets and addresses, type 4 is the Segment Routing Header.
 *
 * ```text
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Next Header  |  Hdr Ext Len  |  Routing Type | Segments Left |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   .                       type-specific data                      .
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const routingHeader = /* @__PURE__ */ struct({
  nextHeader: protocol,
  hdrExtLen: lengthOf(u8, { unit: 8, plus: 8 }),
  routingType: named(u8, (n) => nameOf(ipv6RoutingTypes, n)),
  segmentsLeft: u8,
  data: variant('routingType', {
    0: struct({ reserved: reserved(4), addresses: array(ipv6Address) }),
    2: struct({ reserved: reserved(4), addresses: array(ipv6Address) }),
    4: struct({ lastEntry: u8, flags: u8, tag: u16, segments: rest }),
  }),
});

/**
 * Fragment header, RFC 8200 section 4.5; the offset is in 8-octet units.
 *
 * ```text
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                         Identification                        |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const fragmentHeader = /* @__PURE__ */ struct({
  nextHeader: protocol,
  reserved: reserved(1),
  fragmentOffset: bits(13),
  res: reservedBits(2),
  m: flag,
  identification: u32,
});

/**
 * Authentication Header, RFC 4302 section 2. "Payload Len" is the length in 32-bit words, minus 2.
 *
 * ```text
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   | Next Header   |  Payload Len  |          RESERVED             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                 Security Parameters Index (SPI)               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                    Sequence Number Field                      |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   +                Integrity Check Value-ICV (variable)           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const ahHeader = /* @__PURE__ */ struct({
  nextHeader: protocol,
  payloadLen: lengthOf(u8, { unit: 4, plus: 8 }),
  reserved: reserved(2),
  spi,
  sequenceNumber: u32,
  icv: rest,
});

/**
 * ESP without keys, RFC 4303 section 2: what stands behind the two numbers is encrypted.
 *
 * ```text
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ----
 *   |               Security Parameters Index (SPI)                 | ^Int.
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ |Cov-
 *   |                      Sequence Number                          | |ered
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ | ----
 *   |                    Payload Data* (variable)                   | |   ^
 *   ~                                                               ~ |   |
 *   |                                                               | |Conf.
 *   +               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ |Cov-
 *   |               |     Padding (0-255 bytes)                     | |ered*
 *   +-+-+-+-+-+-+-+-+               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ |   |
 *   |                               |  Pad Length   | Next Header   | v   v
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ------
 *   |         Integrity Check Value-ICV   (variable)                |
 *   ~                                                               ~
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const espPacket = /* @__PURE__ */ struct({ spi, sequenceNumber: u32, protectedData: rest });

/** The sizes in octets of the parts of an ESP packet whose payload is in clear. */
export interface EspLayout {
  /** Initialization Vector in front of the payload. */
  readonly iv: number;
  /** Payload Data, TFC padding included. */
  readonly payload: number;
  /** Padding, 0 to 255. */
  readonly padding: number;
  /** Integrity Check Value. */
  readonly icv: number;
}

/** The value of an {@link openedEspPacket}. */
export interface OpenedEsp {
  /** Security Parameters Index. */
  readonly spi: number;
  /** Low-order 32 bits. */
  readonly sequenceNumber: number;
  /** Initialization Vector. */
  readonly iv: Uint8Array;
  /** Payload Data. */
  readonly payloadData: Uint8Array;
  /** Padding. */
  readonly padding: Uint8Array;
  /** Pad Length. */
  readonly padLength: number;
  /** Next Header. */
  readonly nextHeader: number;
  /** Integrity Check Value. */
  readonly icv: Uint8Array;
}

/** ESP with the payload in clear: the drawing of {@link espPacket} down to its trailer. Its trailer stands at the end, so the sizes come first. */
export function openedEspPacket({ iv, payload, padding, icv }: EspLayout): Codec<OpenedEsp> {
  return struct({
    spi,
    sequenceNumber: u32,
    iv: bytes(iv),
    payloadData: bytes(payload),
    padding: bytes(padding),
    padLength: u8,
    nextHeader: protocol,
    icv: bytes(icv),
  });
}

/**
 * IPComp header, RFC 3173 section 3.3.
 *
 * ```text
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Next Header  |     Flags     |  Compression Parameter Index  |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const ipcompHeader = /* @__PURE__ */ struct({
  nextHeader: protocol,
  flags: u8,
  cpi: named(u16, (n) => `0x${n.toString(16).padStart(4, '0')}`),
});

/**
 * UDP header, RFC 768; in front of ESP: RFC 3948 section 2.1.
 *
 * ```text
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |        Source Port            |      Destination Port         |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Length              |           Checksum            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const udpHeader = /* @__PURE__ */ struct({ sourcePort: u16, destinationPort: u16, length: u16, checksum: u16 });

/**
 * TCP header, RFC 793 section 3.1, the two flags of RFC 3168 beside the six of old.
 *
 * ```text
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |          Source Port          |       Destination Port        |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                        Sequence Number                        |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                    Acknowledgment Number                      |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Data |       |C|E|U|A|P|R|S|F|                               |
 *   | Offset|  Res. |W|C|R|C|S|S|Y|I|            Window             |
 *   |       |       |R|E|G|K|H|T|N|N|                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Checksum            |         Urgent Pointer        |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                    Options                    |    Padding    |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const tcpHeader = /* @__PURE__ */ struct({
  sourcePort: u16,
  destinationPort: u16,
  sequenceNumber: u32,
  acknowledgmentNumber: u32,
  dataOffset: lengthOf(bits(4), { unit: 4 }),
  reserved: reservedBits(4),
  cwr: flag,
  ece: flag,
  urg: flag,
  ack: flag,
  psh: flag,
  rst: flag,
  syn: flag,
  fin: flag,
  window: u16,
  checksum: u16,
  urgentPointer: u16,
  options: rest,
});

/** The eight octets that every ICMP message begins with, RFC 792: what the last four mean depends on the type. */
const icmpFields = { code: u8, checksum: u16, restOfHeader: bytes(4) } as const;

/**
 * ICMP, RFC 792.
 *
 * ```text
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |     Type      |     Code      |          Checksum             |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                   depends on Type and Code                    |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export const icmpHeader = /* @__PURE__ */ struct({ type: named(u8, (n) => nameOf(icmpTypes, n)), ...icmpFields });

/** ICMPv6, RFC 4443 section 2.1: the drawing of {@link icmpHeader}. */
export const icmpv6Header = /* @__PURE__ */ struct({ type: named(u8, (n) => nameOf(icmpv6Types, n)), ...icmpFields });

/** The value of an {@link ipv4Header}. */
export type Ipv4HeaderValue = ValueOf<typeof ipv4Header>;
/** The value of an {@link ipv6Header}. */
export type Ipv6HeaderValue = ValueOf<typeof ipv6Header>;
