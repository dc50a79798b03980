/**
 * Decodes IPv4 and IPv6 headers, with IPv4 options and every IPv6 extension header, up to the upper layer.
 *
 * @module
 */
import { readU16, readU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { walkIpv4Options } from './options.js';
import { defaultExtensions, protocols } from './protocol.js';
import { extensionLength } from './walk.js';

/** One IPv6 extension header on the way to the upper layer. */
export interface ExtensionHeader {
  /** Its protocol number: 0 Hop-by-Hop Options, 43 Routing, 44 Fragment, 60 Destination Options, 139 HIP, 140 Shim6. */
  readonly type: number;
  /** Offset of its first octet in the packet. */
  readonly offset: number;
  /** Its length in octets. */
  readonly length: number;
}

/** What tells a fragment from a whole packet. */
export interface FragmentInfo {
  /** Where its data stands in the original, in octets. */
  readonly offset: number;
  /** More fragments follow. */
  readonly more: boolean;
  /** Identification: 16 bits in IPv4, 32 in IPv6. */
  readonly id: number;
  /** Offset of the IPv6 Fragment header; 0 in IPv4, whose header itself tells. */
  readonly headerOffset: number;
}

/** A decoded IP packet. `source` and `destination` are views into the packet: copy what you keep. */
export interface IpPacket {
  /** The IP version. */
  readonly version: 4 | 6;
  /** Octets of the whole packet; octets beyond it in the input are link padding and ignored. */
  readonly totalLength: number;
  /** Octets of the IPv4 header with its options, or 40. */
  readonly headerLength: number;
  /** Source address, 4 or 16 octets. */
  readonly source: Uint8Array;
  /** Destination address as the header has it (with a Routing header not yet the final one). */
  readonly destination: Uint8Array;
  /** The whole octet: DSCP in the upper six bits, ECN in the lower two. */
  readonly trafficClass: number;
  /** Flow label, 0 in IPv4. */
  readonly flowLabel: number;
  /** TTL or Hop Limit. */
  readonly hopLimit: number;
  /** Don't Fragment; always true in IPv6, where routers do not fragment. */
  readonly df: boolean;
  /** Identification of the IPv4 header or of the Fragment header, else 0. */
  readonly id: number;
  /** Protocol of the upper layer; ESP (50), AH (51) and IPComp (108) count as upper layers, 59 means that there is none. */
  readonly protocol: number;
  /** Offset of the upper-layer header; in a non-first fragment, of the data. */
  readonly upperOffset: number;
  /** Offset of the octet that names `protocol`. */
  readonly nextHeaderOffset: number;
  /** The IPv6 extension headers in order; empty in IPv4. */
  readonly extensions: readonly ExtensionHeader[];
  /** Present in an IPv4 fragment and behind an IPv6 Fragment header, even one with offset 0 and nothing to follow ("atomic"). */
  readonly fragment?: FragmentInfo;
}

/**
 * Decodes the headers of one packet. Header checksums are not checked here: {@link verifyIpv4Checksum} does that.
 *
 * @param packet one packet, perhaps with link padding behind it.
 * @param extensions which IPv6 extension headers to step over; see {@link extensionTable}.
 * @throws IpsecError `truncated`, `malformed` or (jumbograms, versions other than 4 and 6) `unsupported`, with path and offset.
 *
 * @example
 * ```ts
 * import { decodeIp, encodeIpv4Header, parseAddress } from 'ipsec-ts/ip';
 *
 * const header = encodeIpv4Header({ source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2'), protocol: 50, totalLength: 20 });
 * const packet = decodeIp(header);
 * if (packet.protocol !== 50 || packet.upperOffset !== 20) throw new Error('ESP behind the header');
 * ```
 */
export function decodeIp(packet: Uint8Array, extensions: Uint8Array = defaultExtensions): IpPacket {
  if (packet.length === 0)
    throw new IpsecError('truncated', 'an IP packet', { path: 'ip', offset: 0, expected: '20 octets or more', found: 'none' });
  const version = packet[0]! >>> 4;
  if (version === 4) return decodeIpv4(packet);
  if (version === 6) return decodeIpv6(packet, extensions);
  throw new IpsecError('unsupported', 'an IP version', {
    path: 'ip.version',
    offset: 0,
    expected: '4 or 6',
    found: `${version}`,
    blame: 'network',
  });
}

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |Version|  IHL  |Type of Service|          Total Length         |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |         Identification        |Flags|      Fragment Offset    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |  Time to Live |    Protocol   |         Header Checksum       |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                       Source Address                          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                    Destination Address                        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                    Options                    |    Padding    |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
function decodeIpv4(p: Uint8Array): IpPacket {
  need(p.length, 20, 'an IPv4 header', 'ip', 0);
  const headerLength = (p[0]! & 15) * 4;
  // RFC 791 section 3.1: "Note that the minimum value for a correct header is 5."
  if (headerLength < 20)
    throw new IpsecError('malformed', 'an IPv4 header length', {
      path: 'ip.ihl',
      offset: 0,
      expected: '5 or more',
      found: `${headerLength / 4}`,
    });
  need(p.length, headerLength, 'an IPv4 header with options', 'ip', 0);
  const totalLength = readU16(p, 2);
  if (totalLength < headerLength)
    throw new IpsecError('malformed', 'an IPv4 Total Length', {
      path: 'ip.totalLength',
      offset: 2,
      expected: `${headerLength} or more`,
      found: `${totalLength}`,
    });
  need(p.length, totalLength, 'an IPv4 packet', 'ip.totalLength', 2);
  walkIpv4Options(p, 20, headerLength, () => undefined);
  const flags = readU16(p, 6);
  const id = readU16(p, 4);
  const offset = 8 * (flags & 0x1fff);
  const more = (flags & 0x2000) !== 0;
  const decoded: IpPacket = {
    version: 4,
    totalLength,
    headerLength,
    source: p.subarray(12, 16),
    destination: p.subarray(16, 20),
    trafficClass: p[1]!,
    flowLabel: 0,
    hopLimit: p[8]!,
    df: (flags & 0x4000) !== 0,
    id,
    protocol: p[9]!,
    upperOffset: headerLength,
    nextHeaderOffset: 9,
    extensions: [],
  };
  return more || offset > 0 ? { ...decoded, fragment: { offset, more, id, headerOffset: 0 } } : decoded;
}

// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |Version| Traffic Class |           Flow Label                  |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |         Payload Length        |  Next Header  |   Hop Limit   |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// +                         Source Address  (4 words)             +
// +                      Destination Address  (4 words)           +
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
function decodeIpv6(p: Uint8Array, table: Uint8Array): IpPacket {
  need(p.length, 40, 'an IPv6 header', 'ip', 0);
  const payload = readU16(p, 4);
  if (payload === 0 && p[6] === protocols.HOPOPT)
    throw new IpsecError('unsupported', 'an IPv6 jumbogram', {
      path: 'ip.payloadLength',
      offset: 4,
      expected: 'a Payload Length above 0',
      found: '0 before a Hop-by-Hop Options header',
      blame: 'network',
    });
  const totalLength = 40 + payload;
  need(p.length, totalLength, 'an IPv6 packet', 'ip.payloadLength', 4);
  const { protocol, upperOffset, nextHeaderOffset, extensions, fragment } = decodeExtensions(p, totalLength, table);
  const decoded: IpPacket = {
    version: 6,
    totalLength,
    headerLength: 40,
    source: p.subarray(8, 24),
    destination: p.subarray(24, 40),
    trafficClass: (readU16(p, 0) >>> 4) & 0xff,
    flowLabel: readU32(p, 0) & 0xfffff,
    hopLimit: p[7]!,
    df: true,
    id: fragment?.id ?? 0,
    protocol,
    upperOffset,
    nextHeaderOffset,
    extensions,
  };
  return fragment === undefined ? decoded : { ...decoded, fragment };
}

type Chain = Pick<IpPacket, 'protocol' | 'upperOffset' | 'nextHeaderOffset' | 'extensions'> & {
  readonly fragment: FragmentInfo | undefined;
};

// The options inside the headers are not read here. RFC 8200 section 4: "Extension headers (except for the Hop-by-Hop Options header) are
// not processed, inserted, or deleted by any node along a packet's delivery path"
function decodeExtensions(p: Uint8Array, end: number, table: Uint8Array): Chain {
  const extensions: ExtensionHeader[] = [];
  let fragment: FragmentInfo | undefined;
  let inside = true; // what follows is a header, not data out of the middle of one
  let named = 6;
  let at = 40;
  while (inside && table[p[named]!] === 1) {
    const type = p[named]!;
    const path = `ip.extensions.${extensions.length}`;
    // RFC 8200 section 4.1: "except for the Hop-by-Hop Options header, which is restricted to appear immediately after an IPv6 header only"
    if (type === protocols.HOPOPT && named !== 6)
      throw new IpsecError('malformed', 'a Hop-by-Hop Options header', {
        path,
        offset: at,
        expected: 'right behind the IPv6 header',
        found: 'behind another one',
      });
    const length = extensionLength(p, type, at, end);
    if (length < 0)
      throw new IpsecError('truncated', `IPv6 extension header ${type}`, {
        path,
        offset: at,
        expected: `${at + 8 > end ? 8 : 8 * (p[at + 1]! + 1)} octets`,
        found: `${end - at}`,
      });
    if (type === protocols['IPv6-Frag']) {
      const found: FragmentInfo = {
        offset: readU16(p, at + 2) & 0xfff8,
        more: (p[at + 3]! & 1) !== 0,
        id: readU32(p, at + 4),
        headerOffset: at,
      };
      // of several Fragment headers the first that tells of a piece decides
      if (fragment === undefined || (fragment.offset === 0 && !fragment.more)) fragment = found;
      inside = found.offset === 0;
    }
    extensions.push({ type, offset: at, length });
    named = at;
    at += length;
  }
  return { protocol: p[named]!, upperOffset: at, nextHeaderOffset: named, extensions, fragment };
}

function need(have: number, octets: number, what: string, path: string, offset: number): void {
  if (have < octets) throw new IpsecError('truncated', what, { path, offset, expected: `${octets} octets`, found: `${have}` });
}
