/**
 * Reassembly of IPv4 and IPv6 fragments, bounded in octets, datagrams, fragments and age. Whoever sends garbage gets his own datagram
 * refused and costs no more than these bounds.
 *
 * @module
 */
import { concat, equalBytes } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { decodeIp, type IpPacket } from './packet.js';
import {
  type Datagram,
  type FirstHeader,
  joinPieces,
  type Piece,
  type RefusalReason,
  wholeHeader,
  withoutFragmentHeader,
} from './pieces.js';

/** Bounds of a {@link Reassembler}. */
export interface ReassemblyLimits {
  /** Octets of all fragments that are kept; at the bound the oldest datagrams go. */
  readonly octets: number;
  /** Datagrams in the making; at the bound the oldest goes. */
  readonly datagrams: number;
  /** Fragments of one datagram; one more, and the datagram is refused. */
  readonly fragments: number;
  /**
   * Milliseconds. RFC 8200 section 4.5: "If insufficient fragments are received to complete reassembly of a packet within 60 seconds of
   * the reception of the first-arriving fragment of that packet, reassembly of that packet must be abandoned"
   */
  readonly age: number;
}

/** Fragments that wait for others. One owner changes it, through {@link addFragment} and {@link expire}. */
export interface Reassembler {
  /** The bounds it was made with. */
  readonly limits: ReassemblyLimits;
  /** By addresses, Identification and (IPv4) protocol; the oldest first. */
  readonly datagrams: Map<string, Datagram>;
  /** Octets of all kept fragments. */
  octets: number;
}

/** What became of one packet, by `type`. */
export type ReassemblyResult = ReassembledPacket | KeptFragment | RefusedFragment;

/** A whole packet, at once or out of its fragments. */
export interface ReassembledPacket {
  /** There is a packet. */
  readonly type: 'whole';
  /** In memory of its own, except that a packet that was no fragment comes back as a view. */
  readonly packet: Uint8Array;
}

/** A fragment that waits for others, or one that is here already. */
export interface KeptFragment {
  /** Nothing to do. */
  readonly type: 'kept';
}

/** A fragment that was thrown away. */
export interface RefusedFragment {
  /** Nothing comes of it. */
  readonly type: 'refused';
  /** Why. */
  readonly reason: RefusalReason;
}

const defaults: ReassemblyLimits = { octets: 4 * 1024 * 1024, datagrams: 256, fragments: 128, age: 60_000 };

/**
 * Makes an empty reassembler.
 *
 * @param limits what is not given: 4 MiB, 256 datagrams, 128 fragments each, 60 seconds.
 * @throws IpsecError `invalid-argument` for a bound below 1.
 */
export function createReassembler(limits: Partial<ReassemblyLimits> = {}): Reassembler {
  const all = { ...defaults, ...limits };
  for (const [name, value] of Object.entries(all))
    if (!(value >= 1))
      throw new IpsecError('invalid-argument', 'a bound of reassembly', { path: name, expected: '1 or more', found: String(value) });
  return { limits: all, datagrams: new Map(), octets: 0 };
}

/**
 * Takes one packet. What is no fragment comes back whole at once (an IPv6 "atomic" fragment without its Fragment header); a fragment is
 * copied and kept until its datagram is complete.
 *
 * Overlapping fragments refuse the datagram. RFC 8200 section 4.5: "If any of the fragments being reassembled overlap with any other
 * fragments being reassembled for the same packet, reassembly of that packet must be abandoned and all the fragments that have been
 * received for that packet must be discarded, and no ICMP error messages should be sent." We do the same in IPv4. Exact duplicates are
 * dropped, which RFC 8200 section 4.5 allows: "an implementation may choose to detect this case and drop exact duplicate fragments while
 * keeping the other fragments belonging to the same packet."
 *
 * @param now milliseconds, monotonic.
 * @throws IpsecError whatever {@link decodeIp} throws, among it a first IPv6 fragment whose headers do not reach the upper layer.
 *
 * @example
 * ```ts
 * import { addFragment, createReassembler, encodeUdp, expire, fragmentPacket, parseAddress } from 'ipsec-ts/ip';
 *
 * const packet = encodeUdp({ source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2') }, 1, 2, new Uint8Array(2000));
 * const [first, second] = fragmentPacket(packet, 1280, 77);
 * const reassembler = createReassembler({ datagrams: 64 });
 * if (first === undefined || second === undefined) throw new Error('two fragments');
 * if (addFragment(reassembler, second, 0).type !== 'kept') throw new Error('waits for the first');
 * const result = addFragment(reassembler, first, 10);
 * if (result.type !== 'whole' || result.packet.length !== packet.length) throw new Error('whole again');
 * if (expire(reassembler, 60_000).length !== 0) throw new Error('nothing is left');
 * ```
 */
export function addFragment(r: Reassembler, packet: Uint8Array, now: number): ReassemblyResult {
  const decoded = decodeIp(packet);
  const { fragment, totalLength, version } = decoded;
  if (fragment === undefined) return { type: 'whole', packet: packet.subarray(0, totalLength) };
  const start = version === 4 ? decoded.headerLength : fragment.headerOffset + 8;
  // RFC 8200 section 4.5: "If the fragment is a whole datagram (that is, both the Fragment Offset field and the M flag are zero), then it
  // does not need any further reassembly and should be processed as a fully reassembled packet"
  if (fragment.offset === 0 && !fragment.more) return { type: 'whole', packet: withoutFragmentHeader(packet, decoded) };
  const length = totalLength - start;
  // RFC 8200 section 4.5: "If the length of a fragment, as derived from the fragment packet's Payload Length field, is not a multiple of 8
  // octets and the M flag of that fragment is 1, then that fragment must be discarded"
  if (fragment.more && length % 8 !== 0) return refused('misaligned');
  if (length === 0) return refused('empty');
  // RFC 8200 section 4.5: "If the length and offset of a fragment are such that the Payload Length of the packet reassembled from that
  // fragment would exceed 65,535 octets, then that fragment must be discarded"
  if (start - (version === 6 ? 48 : 0) + fragment.offset + length > 0xffff) return refused('too-long');

  const piece: Piece = { offset: fragment.offset, octets: packet.slice(start, totalLength), more: fragment.more };
  const datagram = openDatagram(r, decoded, now);
  if (datagram.condemned !== undefined) return refused(datagram.condemned);
  const first = fragment.offset === 0 ? { octets: packet.slice(0, start), whole: wholeHeader(packet, decoded) } : undefined;
  const trouble = insert(r, datagram, piece, first);
  if (trouble === 'duplicate') return { type: 'kept' };
  if (trouble !== undefined) return condemn(r, datagram, trouble);
  datagram.ecnSeen |= 1 << (decoded.trafficClass & 3);
  return complete(r, datagram);
}

function refused(reason: RefusalReason): ReassemblyResult {
  return { type: 'refused', reason };
}

function openDatagram(r: Reassembler, decoded: IpPacket, now: number): Datagram {
  expire(r, now);
  const { version, source, destination, protocol, fragment } = decoded;
  // RFC 791 section 3.2 tells datagrams apart by source, destination, protocol and Identification; RFC 8200 section 4.5: "An original packet
  // is reassembled only from fragment packets that have the same Source Address, Destination Address, and Fragment Identification."
  const key = String.fromCharCode(...source, ...destination, version === 4 ? protocol : 0, fragment!.id >>> 16, fragment!.id & 0xffff);
  const known = r.datagrams.get(key);
  if (known !== undefined) return known;
  while (r.datagrams.size >= r.limits.datagrams) forgetOldest(r);
  const datagram: Datagram = { key, born: now, pieces: [], octets: 0, ecnSeen: 0 };
  r.datagrams.set(key, datagram);
  return datagram;
}

/** Puts a piece in its place, or says why not. */
function insert(r: Reassembler, d: Datagram, piece: Piece, first: FirstHeader | undefined): RefusalReason | 'duplicate' | undefined {
  const { pieces } = d;
  let index = pieces.length; // fragments mostly come in order
  while (index > 0 && pieces[index - 1]!.offset >= piece.offset) index--;
  const before = pieces[index - 1];
  const after = pieces[index];
  if (after?.offset === piece.offset && after.more === piece.more && equalBytes(after.octets, piece.octets)) return 'duplicate';
  const end = piece.offset + piece.octets.length;
  if ((before !== undefined && before.offset + before.octets.length > piece.offset) || (after !== undefined && end > after.offset))
    return 'overlap';
  // There is one end: nothing lies behind the fragment that says that it is the last.
  if ((after !== undefined && !piece.more) || before?.more === false) return 'ends-differ';
  if (pieces.length >= r.limits.fragments) return 'too-many';
  const octets = piece.octets.length + (first?.octets.length ?? 0);
  while (r.octets + octets > r.limits.octets) if (!forgetOldest(r, d)) return 'too-many-octets';
  pieces.splice(index, 0, piece);
  if (first !== undefined) d.first = first;
  d.octets += octets;
  r.octets += octets;
  return undefined;
}

function complete(r: Reassembler, d: Datagram): ReassemblyResult {
  const last = d.pieces.at(-1)!;
  const length = last.offset + last.octets.length;
  // Nothing overlaps: the pieces fill the whole length when their octets add up to it.
  if (last.more || d.first === undefined || d.octets - d.first.octets.length !== length) return { type: 'kept' };
  const packet = joinPieces(d.first.whole, d, length);
  if (typeof packet === 'string') return condemn(r, d, packet);
  forget(r, d);
  return { type: 'whole', packet };
}

function condemn(r: Reassembler, d: Datagram, reason: RefusalReason): ReassemblyResult {
  r.octets -= d.octets;
  d.octets = 0;
  d.pieces = [];
  d.first = undefined;
  d.condemned = reason;
  return refused(reason);
}

function forget(r: Reassembler, d: Datagram): void {
  r.octets -= d.octets;
  r.datagrams.delete(d.key);
}

function forgetOldest(r: Reassembler, except?: Datagram): boolean {
  for (const d of r.datagrams.values()) {
    if (d === except) continue;
    forget(r, d);
    return true;
  }
  return false;
}

/**
 * Drops what is too old. {@link addFragment} does it too; call this where no fragments come for a while.
 *
 * @returns the first fragment of each datagram given up, where it was there, for {@link encodeTimeExceeded}. RFC 8200 section 4.5: "If the
 * first fragment (i.e., the one with a Fragment Offset of zero) has been received, an ICMP Time Exceeded -- Fragment Reassembly Time
 * Exceeded message should be sent to the source of that fragment."
 */
export function expire(r: Reassembler, now: number): Uint8Array[] {
  const first: Uint8Array[] = [];
  for (const d of r.datagrams.values()) {
    if (now - d.born < r.limits.age) break; // the oldest stand in front
    if (d.first !== undefined) first.push(concat(d.first.octets, d.pieces[0]!.octets));
    forget(r, d);
  }
  return first;
}
