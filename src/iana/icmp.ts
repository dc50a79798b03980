/**
 * ICMP and ICMPv6: types, and the codes of the types that have them.
 *
 * @module
 */
import { frozenTable, nameOf, type RegistryRow } from './registry.js';

/** ICMP types (IPv4). */
export const icmpTypes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'Echo Reply', rfc: 'RFC 792' },
  { id: 3, name: 'Destination Unreachable', rfc: 'RFC 792' },
  { id: 4, name: 'Source Quench', rfc: 'RFC 792' },
  { id: 5, name: 'Redirect', rfc: 'RFC 792' },
  { id: 8, name: 'Echo', rfc: 'RFC 792' },
  { id: 9, name: 'Router Advertisement', rfc: 'RFC 1256' },
  { id: 10, name: 'Router Solicitation', rfc: 'RFC 1256' },
  { id: 11, name: 'Time Exceeded', rfc: 'RFC 792' },
  { id: 12, name: 'Parameter Problem', rfc: 'RFC 792' },
  { id: 13, name: 'Timestamp', rfc: 'RFC 792' },
  { id: 14, name: 'Timestamp Reply', rfc: 'RFC 792' },
  { id: 15, name: 'Information Request', rfc: 'RFC 792' },
  { id: 16, name: 'Information Reply', rfc: 'RFC 792' },
  { id: 17, name: 'Address Mask Request', rfc: 'RFC 950' },
  { id: 18, name: 'Address Mask Reply', rfc: 'RFC 950' },
  { id: 40, name: 'Photuris', rfc: 'RFC 2521' },
  { id: 42, name: 'Extended Echo Request', rfc: 'RFC 8335' },
  { id: 43, name: 'Extended Echo Reply', rfc: 'RFC 8335' },
]);

/** ICMPv6 types. */
export const icmpv6Types: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 1, name: 'Destination Unreachable', rfc: 'RFC 4443' },
  { id: 2, name: 'Packet Too Big', rfc: 'RFC 4443' },
  { id: 3, name: 'Time Exceeded', rfc: 'RFC 4443' },
  { id: 4, name: 'Parameter Problem', rfc: 'RFC 4443' },
  { id: 128, name: 'Echo Request', rfc: 'RFC 4443' },
  { id: 129, name: 'Echo Reply', rfc: 'RFC 4443' },
  { id: 130, name: 'Multicast Listener Query', rfc: 'RFC 2710' },
  { id: 131, name: 'Multicast Listener Report', rfc: 'RFC 2710' },
  { id: 132, name: 'Multicast Listener Done', rfc: 'RFC 2710' },
  { id: 133, name: 'Router Solicitation', rfc: 'RFC 4861' },
  { id: 134, name: 'Router Advertisement', rfc: 'RFC 4861' },
  { id: 135, name: 'Neighbor Solicitation', rfc: 'RFC 4861' },
  { id: 136, name: 'Neighbor Advertisement', rfc: 'RFC 4861' },
  { id: 137, name: 'Redirect Message', rfc: 'RFC 4861' },
  { id: 138, name: 'Router Renumbering', rfc: 'RFC 2894' },
  { id: 139, name: 'ICMP Node Information Query', rfc: 'RFC 4620' },
  { id: 140, name: 'ICMP Node Information Response', rfc: 'RFC 4620' },
  { id: 141, name: 'Inverse Neighbor Discovery Solicitation Message', rfc: 'RFC 3122' },
  { id: 142, name: 'Inverse Neighbor Discovery Advertisement Message', rfc: 'RFC 3122' },
  { id: 143, name: 'Version 2 Multicast Listener Report', rfc: 'RFC 3810' },
  { id: 144, name: 'Home Agent Address Discovery Request Message', rfc: 'RFC 6275' },
  { id: 145, name: 'Home Agent Address Discovery Reply Message', rfc: 'RFC 6275' },
  { id: 146, name: 'Mobile Prefix Solicitation', rfc: 'RFC 6275' },
  { id: 147, name: 'Mobile Prefix Advertisement', rfc: 'RFC 6275' },
  { id: 148, name: 'Certification Path Solicitation Message', rfc: 'RFC 3971' },
  { id: 149, name: 'Certification Path Advertisement Message', rfc: 'RFC 3971' },
  { id: 151, name: 'Multicast Router Advertisement', rfc: 'RFC 4286' },
  { id: 152, name: 'Multicast Router Solicitation', rfc: 'RFC 4286' },
  { id: 153, name: 'Multicast Router Termination', rfc: 'RFC 4286' },
  { id: 155, name: 'RPL Control Message', rfc: 'RFC 6550' },
  { id: 160, name: 'Extended Echo Request', rfc: 'RFC 8335' },
  { id: 161, name: 'Extended Echo Reply', rfc: 'RFC 8335' },
]);

/** Codes of ICMP Destination Unreachable (3). */
export const icmpUnreachableCodes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'Net Unreachable', rfc: 'RFC 792' },
  { id: 1, name: 'Host Unreachable', rfc: 'RFC 792' },
  { id: 2, name: 'Protocol Unreachable', rfc: 'RFC 792' },
  { id: 3, name: 'Port Unreachable', rfc: 'RFC 792' },
  { id: 4, name: "Fragmentation Needed and Don't Fragment was Set", rfc: 'RFC 792' },
  { id: 5, name: 'Source Route Failed', rfc: 'RFC 792' },
  { id: 6, name: 'Destination Network Unknown', rfc: 'RFC 1122' },
  { id: 7, name: 'Destination Host Unknown', rfc: 'RFC 1122' },
  { id: 8, name: 'Source Host Isolated', rfc: 'RFC 1122' },
  { id: 9, name: 'Communication with Destination Network is Administratively Prohibited', rfc: 'RFC 1122' },
  { id: 10, name: 'Communication with Destination Host is Administratively Prohibited', rfc: 'RFC 1122' },
  { id: 11, name: 'Destination Network Unreachable for Type of Service', rfc: 'RFC 1122' },
  { id: 12, name: 'Destination Host Unreachable for Type of Service', rfc: 'RFC 1122' },
  { id: 13, name: 'Communication Administratively Prohibited', rfc: 'RFC 1812' },
  { id: 14, name: 'Host Precedence Violation', rfc: 'RFC 1812' },
  { id: 15, name: 'Precedence cutoff in effect', rfc: 'RFC 1812' },
]);

/** Codes of ICMP Redirect (5). */
export const icmpRedirectCodes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'Redirect Datagram for the Network (or subnet)', rfc: 'RFC 792' },
  { id: 1, name: 'Redirect Datagram for the Host', rfc: 'RFC 792' },
  { id: 2, name: 'Redirect Datagram for the Type of Service and Network', rfc: 'RFC 792' },
  { id: 3, name: 'Redirect Datagram for the Type of Service and Host', rfc: 'RFC 792' },
]);

/** Codes of ICMP Time Exceeded (11). */
export const icmpTimeExceededCodes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'Time to Live exceeded in Transit', rfc: 'RFC 792' },
  { id: 1, name: 'Fragment Reassembly Time Exceeded', rfc: 'RFC 792' },
]);

/** Codes of ICMP Parameter Problem (12). */
export const icmpParameterProblemCodes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'Pointer indicates the error', rfc: 'RFC 792' },
  { id: 1, name: 'Missing a Required Option', rfc: 'RFC 1108' },
  { id: 2, name: 'Bad Length', rfc: 'RFC 1122' },
]);

/** Codes of ICMP Photuris (40), the security failures of RFC 2521. */
export const icmpPhoturisCodes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'Bad SPI', rfc: 'RFC 2521' },
  { id: 1, name: 'Authentication Failed', rfc: 'RFC 2521' },
  { id: 2, name: 'Decompression Failed', rfc: 'RFC 2521' },
  { id: 3, name: 'Decryption Failed', rfc: 'RFC 2521' },
  { id: 4, name: 'Need Authentication', rfc: 'RFC 2521' },
  { id: 5, name: 'Need Authorization', rfc: 'RFC 2521' },
]);

/** Codes of ICMPv6 Destination Unreachable (1). */
export const icmpv6UnreachableCodes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'no route to destination', rfc: 'RFC 4443' },
  { id: 1, name: 'communication with destination administratively prohibited', rfc: 'RFC 4443' },
  { id: 2, name: 'beyond scope of source address', rfc: 'RFC 4443' },
  { id: 3, name: 'address unreachable', rfc: 'RFC 4443' },
  { id: 4, name: 'port unreachable', rfc: 'RFC 4443' },
  { id: 5, name: 'source address failed ingress/egress policy', rfc: 'RFC 4443' },
  { id: 6, name: 'reject route to destination', rfc: 'RFC 4443' },
  { id: 7, name: 'Error in Source Routing Header', rfc: 'RFC 6550' },
  { id: 8, name: 'Headers too long', rfc: 'RFC 8883' },
]);

/** Codes of ICMPv6 Time Exceeded (3). */
export const icmpv6TimeExceededCodes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'hop limit exceeded in transit', rfc: 'RFC 4443' },
  { id: 1, name: 'fragment reassembly time exceeded', rfc: 'RFC 4443' },
]);

/** Codes of ICMPv6 Parameter Problem (4). */
export const icmpv6ParameterProblemCodes: readonly RegistryRow[] = /* @__PURE__ */ frozenTable<RegistryRow>([
  { id: 0, name: 'erroneous header field encountered', rfc: 'RFC 4443' },
  { id: 1, name: 'unrecognized Next Header type encountered', rfc: 'RFC 4443' },
  { id: 2, name: 'unrecognized IPv6 option encountered', rfc: 'RFC 4443' },
  { id: 3, name: 'IPv6 First Fragment has incomplete IPv6 Header Chain', rfc: 'RFC 7112' },
  { id: 4, name: 'SR Upper-layer Header Error', rfc: 'RFC 8754' },
]);

const codeTables: Readonly<Record<4 | 6, Readonly<Record<number, readonly RegistryRow[]>>>> = {
  4: { 3: icmpUnreachableCodes, 5: icmpRedirectCodes, 11: icmpTimeExceededCodes, 12: icmpParameterProblemCodes, 40: icmpPhoturisCodes },
  6: { 1: icmpv6UnreachableCodes, 3: icmpv6TimeExceededCodes, 4: icmpv6ParameterProblemCodes },
};

/** The name of an ICMP (version 4) or ICMPv6 (version 6) code; `0` to `255` as it is for a type whose codes have no names. */
export function icmpCodeName(version: 4 | 6, type: number, code: number): string {
  const table = codeTables[version][type];
  return table === undefined ? `${code}` : nameOf(table, code);
}
