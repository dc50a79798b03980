/**
 * Fragmentation: RFC 791 section 3.2 and RFC 8200 section 4.5. Reassembly is next door.
 *
 * @module
 */
import { readU16, writeU16, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { fixIpv4Checksum } from './header.js';
import { walkIpv4Options } from './options.js';
import { decodeIp, type IpPacket } from './packet.js';
import { protocols } from './protocol.js';

/**
 * Cuts a packet into fragments of at most `mtu` octets. A packet that fits comes back alone (a view, without link padding).
 *
 * @param mtu octets of the largest IP packet that may come out.
 * @param id IPv6: the Identification of the fragments, 32 bits, different from others sent lately. IPv4 uses the packet's own.
 * @throws IpsecError `packet-too-big` when IPv4 forbids it (DF), when an IPv6 packet is a fragment already, or when its headers leave no
 * room for 8 octets of data; whatever {@link decodeIp} throws.
 *
 * @example
 * ```ts
 * import { addFragment, createReassembler, encodeUdp, fragmentPacket, parseAddress } from 'ipsec-ts/ip';
 *
 * const packet = encodeUdp({ source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') }, 1, 2, new Uint8Array(3000));
 * const pieces = fragmentPacket(packet, 1500);
 * const reassembler = createReassembler();
 * const results = pieces.map((piece) => addFragment(reassembler, piece, 0));
 * const last = results.at(-1);
 * if (pieces.length !== 3 || last?.type !== 'whole' || last.packet.length !== packet.length) throw new Error('three fragments');
 * ```
 */
export function fragmentPacket(packet: Uint8Array, mtu: number, id = 0): Uint8Array[] {
  const decoded = decodeIp(packet);
  if (decoded.totalLength <= mtu) return [packet.subarray(0, decoded.totalLength)];
  return decoded.version === 4 ? fragmentIpv4(packet, decoded, mtu) : fragmentIpv6(packet, decoded, mtu, id);
}

// A fragment may be cut again: RFC 791 section 3.2, "An Example Fragmentation Procedure".
function fragmentIpv4(p: Uint8Array, decoded: IpPacket, mtu: number): Uint8Array[] {
  const { headerLength, totalLength, df } = decoded;
  if (df)
    throw new IpsecError('packet-too-big', 'an IPv4 packet with DF set', {
      path: 'ip.df',
      offset: 6,
      expected: `${mtu} octets or fewer`,
      found: `${totalLength}`,
    });
  const first = p.subarray(0, headerLength);
  const others = laterHeader(p, headerLength);
  const base = readU16(p, 6);
  const pieces: Uint8Array[] = [];
  for (let at = headerLength; at < totalLength;) {
    const header = pieces.length === 0 ? first : others;
    const room = piece(mtu - header.length, totalLength - at);
    const more = at + room < totalLength || (base & 0x2000) !== 0;
    const out = new Uint8Array(header.length + room);
    out.set(header);
    out.set(p.subarray(at, at + room), header.length);
    writeU16(out, 2, out.length);
    // NFB, the number of fragment blocks, is the offset in units of 8 octets; the reserved bit goes along
    writeU16(out, 6, (base & 0xc000) | (more ? 0x2000 : 0) | ((base & 0x1fff) + (at - headerLength) / 8));
    fixIpv4Checksum(out);
    pieces.push(out);
    at += room;
  }
  return pieces;
}

// RFC 791 section 3.1: "The copied flag indicates that this option is copied into all fragments on fragmentation."
function laterHeader(p: Uint8Array, headerLength: number): Uint8Array {
  const options = new Uint8Array(headerLength - 20);
  let length = 0;
  walkIpv4Options(p, 20, headerLength, (type, offset, size) => {
    if ((type & 0x80) === 0) return;
    options.set(p.subarray(offset, offset + size), length);
    length += size;
  });
  const padded = (length + 3) & ~3; // with End of Option List
  const header = new Uint8Array(20 + padded);
  header.set(p.subarray(0, 20));
  header.set(options.subarray(0, padded), 20);
  header[0] = 0x40 | (header.length / 4);
  return header;
}

/** Octets of data in the next fragment: all that is left, or a multiple of 8. */
function piece(room: number, left: number): number {
  if (left <= room) return left;
  if (room < 8)
    throw new IpsecError('packet-too-big', 'headers for this MTU', { path: 'ip', expected: 'room for 8 octets of data', found: `${room}` });
  return room & ~7;
}

// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                         Identification                        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
function fragmentIpv6(p: Uint8Array, decoded: IpPacket, mtu: number, id: number): Uint8Array[] {
  const { totalLength, fragment } = decoded;
  if (fragment)
    throw new IpsecError('packet-too-big', 'an IPv6 fragment', {
      path: 'ip.fragment',
      expected: `${mtu} octets or fewer`,
      found: `${totalLength}`,
    });
  const { end, named } = perFragmentHeaders(decoded);
  // RFC 8200 section 4.5, first fragment, (3): "Extension headers, if any, and the Upper-Layer header.  These headers must be in the first
  // fragment."
  const headers = Math.min(totalLength, decoded.upperOffset + upperHeaderLength(p, decoded));
  const room = piece(mtu - end - 8, totalLength - end);
  if (headers - end > room)
    throw new IpsecError('packet-too-big', 'IPv6 headers for this MTU', {
      path: 'ip.extensions',
      expected: `${room} octets behind the Fragment header`,
      found: `${headers - end}`,
    });
  const pieces: Uint8Array[] = [];
  for (let at = end; at < totalLength;) {
    const length = piece(mtu - end - 8, totalLength - at);
    const out = new Uint8Array(end + 8 + length);
    out.set(p.subarray(0, end));
    out.set(p.subarray(at, at + length), end + 8);
    writeU16(out, 4, out.length - 40);
    out[end] = p[named]!;
    out[named] = protocols['IPv6-Frag'];
    writeU16(out, end + 2, (at - end) | (at + length < totalLength ? 1 : 0));
    writeU32(out, end + 4, id);
    pieces.push(out);
    at += length;
  }
  return pieces;
}

// RFC 8200 section 4.5: "The Per-Fragment headers must consist of the IPv6 header plus any extension headers that must be processed by
// nodes en route to the destination, that is, all headers up to and including the Routing header if present, else the Hop-by-Hop Options
// header if present, else no extension headers."
function perFragmentHeaders({ extensions }: IpPacket): { end: number; named: number } {
  let place = { end: 40, named: 6 };
  for (const { type, offset, length } of extensions)
    if (type === protocols.HOPOPT || type === protocols['IPv6-Route']) place = { end: offset + length, named: offset };
  return place;
}

function upperHeaderLength(p: Uint8Array, { protocol, upperOffset, totalLength }: IpPacket): number {
  if (protocol === protocols['IPv6-NoNxt']) return 0;
  return protocol === protocols.TCP && upperOffset + 12 < totalLength ? (p[upperOffset + 12]! >>> 4) * 4 : 8;
}
