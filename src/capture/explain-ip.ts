/**
 * IP packets in a line of words.
 *
 * @module
 */
import { readU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { icmpTypes, icmpv6Types } from '../iana/icmp.js';
import { ipProtocols } from '../iana/ip-protocols.js';
import { nameOf } from '../iana/registry.js';
import { formatAddress } from '../ip/address.js';
import { decodeIp, type IpPacket } from '../ip/packet.js';
import { protocols } from '../ip/protocol.js';

/** `4 (IPv4)`: a protocol number with IANA's keyword. */
export function describeProtocol(protocol: number): string {
  const row = ipProtocols.find(({ id }) => id === protocol);
  return row === undefined ? `${protocol}` : `${protocol} (${row.name})`;
}

/** `192.0.2.1 > 192.0.2.2` of a packet whose IP header is whole. */
export function describeAddresses(p: Uint8Array): string {
  const v4 = p[0]! >>> 4 === 4;
  const [source, destination] = v4 ? [p.subarray(12, 16), p.subarray(16, 20)] : [p.subarray(8, 24), p.subarray(24, 40)];
  return `${formatAddress(source)} > ${formatAddress(destination)}`;
}

/** The IP header of a packet, with what it carries when `upper` is set. */
export function describeIp(packet: Uint8Array, upper: boolean): string {
  try {
    const ip = decodeIp(packet);
    const { version, totalLength, hopLimit, trafficClass, fragment, extensions } = ip;
    const facts = [
      `IPv${version} ${describeAddresses(packet)}`,
      `${totalLength} octets`,
      `${version === 4 ? 'TTL' : 'Hop Limit'} ${hopLimit}`,
      ...(trafficClass > 0 ? [`traffic class 0x${hex(trafficClass)}`] : []),
      ...(version === 4 ? [`Identification 0x${hex(ip.id, 4)}`, ...(ip.df ? ['DF'] : [])] : []),
      ...(ip.headerLength > 20 && version === 4 ? [`${ip.headerLength - 20} octets of options`] : []),
      ...extensions.map((e) => nameOf(ipProtocols, e.type)),
      ...(fragment && (fragment.more || fragment.offset > 0)
        ? [`fragment from octet ${fragment.offset}${fragment.more ? ', more follow' : ''}`]
        : []),
    ];
    return `${facts.join(', ')}${upper ? `: ${describeUpper(packet, ip)}` : ''}`;
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    return `not an IP packet: ${error.message}`;
  }
}

function describeUpper(p: Uint8Array, { protocol, upperOffset: at, totalLength: end, fragment }: IpPacket): string {
  const name = nameOf(ipProtocols, protocol);
  const there = end - at;
  if (fragment !== undefined && fragment.offset > 0) return `${there} octets of ${name}`;
  if (protocol === protocols.ICMP && there >= 8) return `ICMP ${nameOf(icmpTypes, p[at]!)}${describeEcho(p, at, [0, 8])}`;
  if (protocol === protocols['IPv6-ICMP'] && there >= 8) return `ICMPv6 ${nameOf(icmpv6Types, p[at]!)}${describeEcho(p, at, [128, 129])}`;
  const ports = there >= 8 ? `${readU16(p, at)} > ${readU16(p, at + 2)}` : '';
  if (protocol === protocols.UDP && there >= 8) return `UDP ${ports}, ${there - 8} octets of data`;
  if (protocol === protocols.TCP && there >= 20)
    return `TCP ${ports}${describeFlags(p[at + 13]!)}, ${Math.max(0, there - (p[at + 12]! >>> 4) * 4)} octets of data`;
  return `${name}, ${there} octets`;
}

function describeEcho(p: Uint8Array, at: number, types: readonly number[]): string {
  return types.includes(p[at]!) ? `, identifier ${readU16(p, at + 4)}, sequence number ${readU16(p, at + 6)}` : `, code ${p[at + 1]!}`;
}

const flags = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

function describeFlags(octet: number): string {
  const set = flags.filter((_, bit) => ((octet >>> bit) & 1) === 1);
  return set.length > 0 ? ` [${set.join(' ')}]` : '';
}

function hex(value: number, digits = 2): string {
  return value.toString(16).padStart(digits, '0');
}
