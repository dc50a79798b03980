/**
 * Tunnel headers: RFC 4301 section 5.1.2, with ECN by RFC 6040.
 *
 * TTL and Hop Limit of the inner packet are left alone on both sides. RFC 4301 section 5.1.2.1 note (2): "Decrementing the TTL value is a
 * normal part of forwarding a packet.  Thus, a packet originating from the same node as the encapsulator does not have its TTL
 * decremented, since the sending node is originating the packet rather than forwarding it." Whoever forwards calls {@link setHopLimit}.
 *
 * @module
 */
import { readU16, readU32, writeU16, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { decapsulateEcn, type EcnMode, type EcnOutcome, encapsulateEcn } from './ecn.js';
import { fixIpv4Checksum, setTrafficClass, trafficClassOf } from './header.js';

/** How the outer header of a tunnel is made. */
export interface TunnelTemplate {
  /** This end of the tunnel, 4 or 16 octets. */
  readonly source: Uint8Array;
  /** The other end, of the same family. */
  readonly destination: Uint8Array;
  /**
   * DF of an outer IPv4 header: RFC 4301 section 8.1: "it MUST be possible to configure the implementation's treatment of the DF bit (set,
   * clear, copy from inner header) for each SA.  This applies to SAs where both inner and outer headers are IPv4." From an inner IPv6
   * packet `'copy'` clears it, so that IPv6's minimum MTU gets through any IPv4 path.
   */
  readonly df: 'copy' | 'set' | 'clear';
  /** ECN: see {@link EcnMode}. */
  readonly ecn: EcnMode;
  /**
   * DSCP, or the value for all packets, 0 to 63: RFC 4301 section 5.1.2: "Another will allow the outer DS field to be mapped to a fixed
   * value, which MAY be configured on a per-SA basis."
   */
  readonly dscp: 'copy' | number;
  /** TTL or Hop Limit of the outer header. */
  readonly hopLimit: number;
  /**
   * Flow label of an outer IPv6 header; from an inner IPv4 packet `'copy'` gives 0. RFC 4301 section 5.1.2.2 note (8): "Copying is
   * acceptable only for end systems, not SGs."
   */
  readonly flowLabel: 'copy' | number;
}

/** The octets that {@link encodeOuterHeader} writes for a template: 20 or 40. RFC 4301 section 5.1.2.1: options are "never copied". */
export function outerHeaderLength(template: TunnelTemplate): number {
  return template.source.length === 4 ? 20 : 40;
}

/**
 * Writes the outer header of a tunnel packet at offset 0 of `out` and returns its length. Makes no object.
 *
 * ```text
 *                      <-- How Outer Hdr Relates to Inner Hdr -->
 *                      Outer Hdr at                 Inner Hdr at
 * IPv4                 Encapsulator                 Decapsulator
 *   Header fields:     --------------------         ------------
 *     version          4 (1)                        no change
 *     header length    constructed                  no change
 *     DS Field         copied from inner hdr (5)    no change
 *     ECN Field        copied from inner hdr        constructed (6)
 *     total length     constructed                  no change
 *     ID               constructed                  no change
 *     flags (DF,MF)    constructed, DF (4)          no change
 *     fragment offset  constructed                  no change
 *     TTL              constructed (2)              decrement (2)
 *     protocol         AH, ESP                      no change
 *     checksum         constructed                  constructed (2)(6)
 *     src address      constructed (3)              no change
 *     dest address     constructed (3)              no change
 *   Options            never copied                 no change
 * ```
 *
 * IPv6 (section 5.1.2.2) differs in the flow label: "copied or configured (8)".
 *
 * @param inner the packet that goes in, at `innerOffset`; it may lie in the same memory behind the header.
 * @param protocol 50 or 51 (or what else is to follow: 17 for UDP encapsulation, 108).
 * @param payloadLength octets that will follow the header.
 * @param id Identification of an outer IPv4 header, 16 bits; RFC 791 wants it different for every datagram that may be fragmented.
 * @throws IpsecError `packet-too-big` when the length does not fit the header, `buffer-too-small` when the header does not fit `out`.
 *
 * @example
 * ```ts
 * import { decodeIp, encodeOuterHeader, encodeUdp, parseAddress, type TunnelTemplate } from 'ipsec-ts/ip';
 *
 * const inner = encodeUdp({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1'), df: true, trafficClass: 0xb8 }, 1, 2, new Uint8Array(9));
 * const template: TunnelTemplate = {
 *   source: parseAddress('192.0.2.1'),
 *   destination: parseAddress('192.0.2.2'),
 *   df: 'copy',
 *   ecn: 'normal',
 *   dscp: 'copy',
 *   hopLimit: 64,
 *   flowLabel: 0,
 * };
 * const out = new Uint8Array(20 + 80);
 * encodeOuterHeader(out, template, inner, 0, 50, 80, 1);
 * const outer = decodeIp(out);
 * if (!outer.df || outer.trafficClass !== 0xb8 || outer.totalLength !== 100) throw new Error('DF and DSCP are copied');
 * ```
 */
export function encodeOuterHeader(
  out: Uint8Array,
  template: TunnelTemplate,
  inner: Uint8Array,
  innerOffset: number,
  protocol: number,
  payloadLength: number,
  id = 0,
): number {
  const { source, destination } = template;
  const length = outerHeaderLength(template);
  if (out.length < length)
    throw new IpsecError('buffer-too-small', 'room for an outer header', { expected: `${length} octets`, found: `${out.length}` });
  const field = length === 20 ? payloadLength + 20 : payloadLength;
  if (field > 0xffff)
    throw new IpsecError('packet-too-big', 'a tunnel packet', { path: 'ip.totalLength', expected: 'up to 65535', found: `${field}` });
  const innerV4 = inner[innerOffset]! >>> 4 === 4;
  const innerClass = innerV4 ? inner[innerOffset + 1]! : (readU16(inner, innerOffset) >>> 4) & 0xff;
  const trafficClass = ((template.dscp === 'copy' ? innerClass >>> 2 : template.dscp) << 2) | encapsulateEcn(innerClass, template.ecn);
  if (length === 20) {
    const df = template.df === 'copy' ? innerV4 && (inner[innerOffset + 6]! & 0x40) !== 0 : template.df === 'set';
    out[0] = 0x45;
    out[1] = trafficClass;
    writeU16(out, 2, field);
    writeU16(out, 4, id);
    writeU16(out, 6, df ? 0x4000 : 0);
    out[8] = template.hopLimit;
    out[9] = protocol;
  } else {
    const flowLabel = template.flowLabel === 'copy' ? (innerV4 ? 0 : readU32(inner, innerOffset) & 0xfffff) : template.flowLabel;
    writeU32(out, 0, 0x60000000 | ((trafficClass & 0xff) << 20) | flowLabel);
    writeU16(out, 4, field);
    out[6] = protocol;
    out[7] = template.hopLimit;
  }
  // octet by octet: for so few, `set` costs more than all the rest
  for (let i = 0, at = length === 20 ? 12 : 8; i < source.length; i++) {
    out[at + i] = source[i]!;
    out[at + source.length + i] = destination[i]!;
  }
  if (length === 20) fixIpv4Checksum(out);
  return length;
}

/** What the egress does with the inner header. */
export interface DecapsulationPolicy {
  /** `'none'`: the inner ECN field stays as it is. */
  readonly ecn: EcnMode;
  /** RFC 4301 section 5.1.2.2 note (9): "Hence the default behavior for IPsec implementations is NOT to permit such copying." */
  readonly dscp: 'keep' | 'copy';
}

/**
 * Header processing at the tunnel egress: writes ECN (and, where configured, DSCP) of the outer header into the inner packet, in place,
 * with its IPv4 checksum. All other fields are "no change". When the outcome says `drop`, nothing was changed.
 *
 * @param outerClass the whole traffic class octet of the outer header (after reassembly of its fragments).
 * @param inner the decapsulated packet; the caller's own memory.
 *
 * @example
 * ```ts
 * import { decapsulateHeader, encodeUdp, parseAddress, trafficClassOf } from 'ipsec-ts/ip';
 *
 * const inner = encodeUdp({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1'), trafficClass: 0x02 }, 1, 2, new Uint8Array(9));
 * const { drop } = decapsulateHeader(0x03, inner, { ecn: 'normal', dscp: 'keep' }); // a router on the way saw congestion
 * if (drop || trafficClassOf(inner) !== 0x03) throw new Error('CE is passed on to an ECN-capable transport');
 * ```
 */
export function decapsulateHeader(outerClass: number, inner: Uint8Array, policy: DecapsulationPolicy): EcnOutcome {
  const innerClass = trafficClassOf(inner);
  const outcome = policy.ecn === 'none' ? decapsulateEcn(innerClass, innerClass) : decapsulateEcn(outerClass, innerClass);
  if (outcome.drop) return outcome;
  const after = ((policy.dscp === 'copy' ? outerClass : innerClass) & 0xfc) | outcome.ecn;
  if (after !== innerClass) setTrafficClass(inner, after);
  return outcome;
}
