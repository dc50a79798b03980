/**
 * The pieces of a datagram in the making, and how they become a packet again.
 *
 * @module
 */
import { concat } from '../bytes.js';
import { ecn } from './ecn.js';
import { fixIpv4Checksum, setTotalLength, setTrafficClass, trafficClassOf } from './header.js';
import type { IpPacket } from './packet.js';

/**
 * Why a fragment was refused. `misaligned`, `empty` and `too-long` concern one fragment, which is not kept. The others condemn the
 * datagram: all its fragments are dropped, and those that still come are refused with the same reason until its age is over.
 */
export type RefusalReason = 'misaligned' | 'empty' | 'too-long' | 'overlap' | 'ends-differ' | 'too-many' | 'too-many-octets' | 'ecn';

/** The data of one fragment. */
export interface Piece {
  /** Where it stands in the original, in octets. */
  readonly offset: number;
  /** The data, without headers. */
  readonly octets: Uint8Array;
  /** More Fragments. */
  readonly more: boolean;
}

/** The headers of a first fragment. */
export interface FirstHeader {
  /** As they came, an IPv6 Fragment header included. */
  readonly octets: Uint8Array;
  /** As the whole packet is to have them, but for the length and the checksum. */
  readonly whole: Uint8Array;
}

/** A datagram in the making. */
export interface Datagram {
  /** Its key in the map of datagrams. */
  readonly key: string;
  /** When its first-arriving fragment came. */
  readonly born: number;
  /** In order, without overlaps. */
  pieces: Piece[];
  /** Octets of pieces and header. */
  octets: number;
  /** The headers of the first fragment, once it is there. */
  first?: FirstHeader | undefined;
  /** Bit n is set when a fragment came with ECN field n. */
  ecnSeen: number;
  /** Set when the datagram was refused. */
  condemned?: RefusalReason;
}

/**
 * The packet out of all its pieces.
 *
 * @param header of the first fragment, made ready by {@link wholeHeader}.
 * @param length octets of all pieces.
 */
export function joinPieces(header: Uint8Array, { pieces, ecnSeen }: Datagram, length: number): Uint8Array | RefusalReason {
  const v4 = header[0]! >>> 4 === 4;
  if (header.length - (v4 ? 0 : 40) + length > 0xffff) return 'too-long';
  // RFC 3168 section 5.3: "Set the CE codepoint on the reassembled packet.  However, this MUST NOT occur if any of the other fragments
  // contributing to this reassembly carries the Not-ECT codepoint." Then the other choice is left: "The packet is dropped, instead of
  // being reassembled".
  const congestion = (ecnSeen & (1 << ecn.ce)) !== 0;
  if (congestion && (ecnSeen & (1 << ecn.notEct)) !== 0) return 'ecn';
  const packet = concat(header, ...pieces.map((p) => p.octets));
  setTotalLength(packet, packet.length);
  if (congestion) setTrafficClass(packet, trafficClassOf(packet) | ecn.ce);
  if (v4) fixIpv4Checksum(packet);
  return packet;
}

/** The headers of a first fragment as the whole packet is to have them, but for the length and the checksum. */
export function wholeHeader(packet: Uint8Array, { version, headerLength, fragment, extensions }: IpPacket): Uint8Array {
  if (version === 4) {
    const whole = packet.slice(0, headerLength);
    whole[6] = whole[6]! & 0xc0; // More Fragments and the offset go, DF stays
    whole[7] = 0;
    return whole;
  }
  // RFC 8200 section 4.5: "The Next Header field of the last header of the Per-Fragment headers is obtained from the Next Header field of
  // the first fragment's Fragment header."
  const at = fragment!.headerOffset;
  const whole = packet.slice(0, at);
  whole[extensions.find((e) => e.offset + e.length === at)?.offset ?? 6] = packet[at]!;
  return whole;
}

/** An IPv6 "atomic" fragment as the packet that it is. */
export function withoutFragmentHeader(packet: Uint8Array, decoded: IpPacket): Uint8Array {
  const whole = concat(wholeHeader(packet, decoded), packet.subarray(decoded.fragment!.headerOffset + 8, decoded.totalLength));
  setTotalLength(whole, whole.length);
  return whole;
}
