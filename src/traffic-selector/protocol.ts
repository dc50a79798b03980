/**
 * Names of Next Layer Protocols, and which fields of them are selectors.
 *
 * @module
 */
import { OPAQUE, protocols } from '../ip.js';
import { ANY } from './types.js';

/** By the names that people write; the first name of a number is the one that is printed. */
const numbers: Readonly<Record<string, number>> = /* @__PURE__ */ (() => ({
  icmp: protocols.ICMP,
  igmp: 2,
  ipip: protocols.IPv4,
  tcp: protocols.TCP,
  udp: protocols.UDP,
  dccp: protocols.DCCP,
  ipv6: protocols.IPv6,
  gre: 47,
  esp: protocols.ESP,
  ah: protocols.AH,
  icmpv6: protocols['IPv6-ICMP'],
  ospf: 89,
  pim: 103,
  ipcomp: protocols.IPComp,
  vrrp: 112,
  l2tp: 115,
  sctp: protocols.SCTP,
  mh: protocols['Mobility Header'],
  udplite: protocols.UDPLite,
  'ipv6-icmp': protocols['IPv6-ICMP'],
  ipv4: protocols.IPv4,
  ospfigp: 89,
  'mobility-header': protocols['Mobility Header'],
  any: ANY,
  opaque: OPAQUE,
}))();

/** The names that {@link protocolNumber} knows, for "did you mean". */
export const protocolNames: readonly string[] = /* @__PURE__ */ Object.keys(numbers);

/** The number behind a name, {@link ANY} or {@link OPAQUE} included; `undefined` for an unknown name. */
export function protocolNumber(name: string): number | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(numbers, key) ? numbers[key] : undefined;
}

/** `tcp`, `any`, `opaque`, or the number of a protocol without a name here. */
export function formatProtocol(protocol: number): string {
  return protocolNames.find((name) => numbers[name] === protocol) ?? String(protocol);
}

// as constants of their own: these two functions are asked about every packet
const { ICMP, 'IPv6-ICMP': ICMPv6, 'Mobility Header': mobility, TCP, UDP, SCTP, DCCP, UDPLite } = protocols;

/**
 * The protocols with "only one selector" (RFC 4301 section 4.4.1.3 B): ICMP and ICMPv6 have message type and code, the Mobility Header
 * has the MH type, both in place of the two ports.
 */
export function hasOneSelector(protocol: number): boolean {
  return protocol === ICMP || protocol === ICMPv6 || protocol === mobility;
}

/** The protocols whose two ports a packet shows (see `readFlow`). */
export function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP || protocol === DCCP || protocol === UDPLite;
}
