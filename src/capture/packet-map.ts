/**
 * The octet map of a whole packet: header by header, from the IP header to what cannot be read without keys.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import { type Codec, type MappedField, octetMap } from '../wire.js';
import {
  ahHeader,
  espPacket,
  fragmentHeader,
  icmpHeader,
  icmpv6Header,
  ipcompHeader,
  ipv4Header,
  ipv6Header,
  optionsHeader,
  routingHeader,
  tcpHeader,
  udpHeader,
} from './declarations.js';

/** One header of a packet. */
export interface MappedHeader {
  /** `IPv4`, `Hop-by-Hop Options`, `ESP`. */
  readonly header: string;
  /** Its fields, with offsets in the packet. */
  readonly fields: readonly MappedField[];
}

/** What {@link mapPacket} returns. */
export interface PacketMap {
  /** The headers, outermost first. */
  readonly headers: readonly MappedHeader[];
  /** The first octet behind them. */
  readonly end: number;
  /** Why reading stopped early, if it did. */
  readonly error?: IpsecError;
}

const headers: Readonly<Record<number, { readonly name: string; readonly codec: Codec<unknown>; readonly next?: string }>> = {
  0: { name: 'Hop-by-Hop Options', codec: optionsHeader, next: 'nextHeader' },
  1: { name: 'ICMP', codec: icmpHeader },
  4: { name: 'IPv4', codec: ipv4Header, next: 'protocol' },
  6: { name: 'TCP', codec: tcpHeader },
  17: { name: 'UDP', codec: udpHeader },
  41: { name: 'IPv6', codec: ipv6Header, next: 'nextHeader' },
  43: { name: 'Routing', codec: routingHeader, next: 'nextHeader' },
  44: { name: 'Fragment', codec: fragmentHeader, next: 'nextHeader' },
  50: { name: 'ESP', codec: espPacket },
  51: { name: 'AH', codec: ahHeader, next: 'nextHeader' },
  58: { name: 'ICMPv6', codec: icmpv6Header },
  60: { name: 'Destination Options', codec: optionsHeader, next: 'nextHeader' },
  108: { name: 'IPComp', codec: ipcompHeader },
};

/** A packet of nothing but options headers is 65535 / 8 headers long; nobody reads a map of that. */
const MAXIMUM_HEADERS = 64;

/**
 * Explains a packet field by field, as far as it is in clear: IPv4 or IPv6 with options and extension headers, AH, ESP, IPComp, UDP
 * with ESP inside where a port is 4500, TCP, ICMP. Never throws.
 *
 * @example
 * ```ts
 * import { mapPacket } from 'ipsec-ts/capture';
 *
 * const packet = new Uint8Array(28);
 * packet.set([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 50, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0, 0, 1, 0, 0, 0, 0, 7]);
 * const esp = mapPacket(packet).headers[1];
 * if (esp?.header !== 'ESP' || esp.fields[1]?.value !== 7 || esp.fields[1].offset !== 24) throw new Error('Sequence Number 7 at octet 24');
 * ```
 */
export function mapPacket(packet: Uint8Array): PacketMap {
  const mapped: MappedHeader[] = [];
  let at = 0;
  let limit = packet.length;
  let number = packet.length > 0 && packet[0]! >>> 4 === 6 ? 41 : 4;
  while (mapped.length < MAXIMUM_HEADERS) {
    const known = headers[number];
    if (known === undefined || (at >= limit && mapped.length > 0)) break;
    const { fields, end, error } = octetMap(known.codec, packet, { start: at, end: limit });
    mapped.push({ header: known.name, fields });
    // What lies behind the Total Length or the Payload Length is padding of the link.
    limit = Math.min(limit, endOfPacket(fields, at) ?? limit);
    at = end;
    if (error !== undefined) return { headers: mapped, end, error };
    const next = nextOf(fields, known.next, packet.subarray(end, limit));
    if (next === undefined) break;
    number = next;
  }
  return { headers: mapped, end: at };
}

function endOfPacket(fields: readonly MappedField[], start: number): number | undefined {
  const total = valueAt(fields, 'totalLength');
  if (total !== undefined) return start + Number(total);
  const payload = valueAt(fields, 'payloadLength');
  return payload === undefined ? undefined : start + 40 + Number(payload);
}

function valueAt(fields: readonly MappedField[], name: string): unknown {
  return fields.find(({ path }) => path === name)?.value;
}

/** The number of the header behind this one; undefined where none can be read: fragments, other protocols, keepalives, IKE. */
function nextOf(fields: readonly MappedField[], nameOfNext: string | undefined, behind: Uint8Array): number | undefined {
  const valueOf = (name: string): unknown => valueAt(fields, name);
  if (Number(valueOf('fragmentOffset') ?? 0) > 0) return undefined;
  if (nameOfNext !== undefined) return Number(valueOf(nameOfNext));
  // RFC 3948 section 2.2: "A Non-ESP Marker is 4 zero-valued bytes aligning with the SPI field of an ESP packet."
  const ports = [valueOf('sourcePort'), valueOf('destinationPort')];
  const isEsp = valueOf('length') !== undefined && ports.includes(4500) && behind.length >= 8;
  return isEsp && behind.subarray(0, 4).some((octet) => octet !== 0) ? 50 : undefined;
}
