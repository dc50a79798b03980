/**
 * The protocol numbers that this folder knows, and which of them are IPv6 extension headers.
 *
 * @module
 */

/** IP protocol numbers (IPv4 Protocol, IPv6 Next Header) by their IANA keyword. */
export const protocols = {
  /** IPv6 Hop-by-Hop Options. */
  HOPOPT: 0,
  /** ICMP of IPv4. */
  ICMP: 1,
  /** An IPv4 packet (tunnel mode). */
  IPv4: 4,
  /** TCP. */
  TCP: 6,
  /** UDP. */
  UDP: 17,
  /** DCCP. */
  DCCP: 33,
  /** An IPv6 packet (tunnel mode). */
  IPv6: 41,
  /** IPv6 Routing header. */
  'IPv6-Route': 43,
  /** IPv6 Fragment header. */
  'IPv6-Frag': 44,
  /** Encapsulating Security Payload, RFC 4303. */
  ESP: 50,
  /** Authentication Header, RFC 4302. */
  AH: 51,
  /** ICMPv6. */
  'IPv6-ICMP': 58,
  /** No Next Header; in ESP a dummy packet. */
  'IPv6-NoNxt': 59,
  /** IPv6 Destination Options. */
  'IPv6-Opts': 60,
  /** IP Payload Compression, RFC 3173. */
  IPComp: 108,
  /** SCTP. */
  SCTP: 132,
  /** IPv6 Mobility Header, RFC 6275. */
  'Mobility Header': 135,
  /** UDP-Lite. */
  UDPLite: 136,
  /** Host Identity Protocol, RFC 7401. */
  HIP: 139,
  /** Shim6, RFC 5533. */
  Shim6: 140,
} as const;

/**
 * Makes a table of the IPv6 extension headers that a walk steps over: 256 octets, 1 = step over.
 *
 * RFC 4301 section 4.4.1.1: "To simplify locating the Next Layer Protocol, there SHOULD be a mechanism for configuring which IPv6
 * extension headers to skip." This is it: pass the table to {@link decodeIp}, {@link readFlow} and the readers of the packet path.
 *
 * @param types protocol numbers. 44 is read as the Fragment header and 51 with AH's length in 32-bit words; every other header is taken
 * to have the layout of RFC 8200 section 4.8 (next header, length in 8-octet units without the first).
 */
export function extensionTable(types: Iterable<number>): Uint8Array {
  const table = new Uint8Array(256);
  for (const type of types) table[type] = 1;
  return table;
}

/**
 * What is stepped over unless the caller says otherwise.
 *
 * RFC 4301 section 4.4.1.1: "The default configuration for which protocols to skip SHOULD include the following protocols: 0 (Hop-by-hop
 * options), 43 (Routing Header), 44 (Fragmentation Header), and 60 (Destination Options)." and "Note: The default list does NOT include
 * 51 (AH) or 50 (ESP).  From a selector lookup point of view, IPsec treats AH and ESP as Next Layer Protocols." HIP (139) and Shim6 (140)
 * are extension headers of the same layout in IANA's list. The Mobility Header (135) is a Next Layer Protocol: it has a selector of its own.
 */
export const defaultExtensions: Uint8Array = /* @__PURE__ */ extensionTable([0, 43, 44, 60, 139, 140]);
