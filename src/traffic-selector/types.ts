/**
 * The values that selectors take (RFC 4301 sections 4.4.1.1 and 4.4.1.2).
 *
 * @module
 */
import type { AddressRange, OPAQUE } from '../ip.js';

/**
 * The wildcard. RFC 4301 section 4.4.1: "ANY is a wildcard that matches any value in the corresponding field of the packet, or that
 * matches packets where that field is not present or is obscured." So it takes in {@link OPAQUE}.
 */
export const ANY = -2;

/** An inclusive range of port values, 0 to 65535; for ICMP type * 256 + code, for the Mobility Header MH type * 256. */
export interface PortRange {
  /** The lowest value. */
  readonly start: number;
  /** The highest value; not below `start`. */
  readonly end: number;
}

/**
 * One address selector: RFC 4301 section 4.4.1.1: "a list of ranges of IP addresses (unicast, broadcast (IPv4 only))". Both families may
 * stand in one list; a packet is of one.
 */
export type Addresses = readonly AddressRange[] | typeof ANY;

/**
 * One port selector. RFC 4301 section 4.4.1.2: "if the reserved, symbolic selector value OPAQUE or ANY is employed for a given selector
 * type, only that value may appear in the list for that selector, and it must appear only once in the list": so here it stands instead of a list.
 */
export type Ports = readonly PortRange[] | typeof ANY | typeof OPAQUE;

/**
 * A selector set: the condition of a policy, and what an SA carries. A packet matches when each of the five selectors does.
 *
 * Where a protocol has one field in place of two ports (ICMP, ICMPv6, Mobility Header), RFC 4301 section 4.4.1.3: "the Local and Remote
 * "port" selectors are used to indicate whether a system is willing to send and/or receive traffic with the specified "port" values":
 * `localPorts` are the types it sends, `remotePorts` those it receives, and OPAQUE on one side means none.
 */
export interface SelectorSet {
  /** Addresses on our side of the boundary: source of outbound packets, destination of inbound ones. */
  readonly local: Addresses;
  /** Addresses on the other side. */
  readonly remote: Addresses;
  /** Next Layer Protocol: 0 to 255, {@link ANY}, or for IPv6 alone {@link OPAQUE}. */
  readonly protocol: number;
  /** Local ports, or the ICMP type and code or MH type that may be sent. */
  readonly localPorts: Ports;
  /** Remote ports, or the ICMP type and code or MH type that may be received. */
  readonly remotePorts: Ports;
}

/** Another name of {@link SelectorSet}: the pair of what is local and what is remote. */
export type SelectorPair = SelectorSet;

/** Which way a packet crosses the IPsec boundary: `outbound` leaves the protected side. It decides which of its ends is local. */
export type Direction = 'outbound' | 'inbound';

/**
 * One Traffic Selector of IKEv2 (RFC 7296 section 3.13.1): one end of a selector set, one range. Start and end of ANY and OPAQUE are in
 * the octets alone: see {@link encodeTrafficSelector}.
 */
export interface TrafficSelector {
  /** IP Protocol ID: 1 to 255, {@link ANY} (0 on the wire) or {@link OPAQUE} (44 on the wire). */
  readonly protocol: number;
  /** Starting and Ending Address, both included. */
  readonly addresses: AddressRange;
  /** Start and End Port, both included. */
  readonly ports: PortRange | typeof ANY | typeof OPAQUE;
}
