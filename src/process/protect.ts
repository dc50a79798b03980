/**
 * Protection of one packet by all the SAs that its policy asks for, within what the path carries: RFC 4301 sections 5.1 (3a), 5.1.2, 8.1
 * and 8.2.1.
 *
 * @module
 */
import { ahLength, sealInto as sealAhInto } from '../ah/packet.js';
import { readU32 } from '../bytes.js';
import { sealInto as sealEspInto } from '../esp/packet.js';
import {
  decodeIp,
  espInsertionPoint,
  fixIpv4Checksum,
  type Flow,
  fragmentPacket,
  type IpPacket,
  offsetOf,
  OPAQUE,
  outerHeaderLength,
  protocols,
  setTrafficClass,
  trafficClassOf,
} from '../ip.js';
import { seal as sealIpcomp } from '../ipcomp/packet.js';
import { MIN_PATH_MTU_V6, pathMtu, type SadEntry } from '../sad.js';
import { processingOf } from './choose.js';
import type { Databases } from './databases.js';
import { type ClearPacketShape, effectiveMtu, sealedLength } from './overhead.js';

/** What has to be done with a packet so that it fits. */
export type Fit =
  | { readonly how: 'whole' }
  /** As fragments of at most so many octets, each of which is then processed by itself. */
  | { readonly how: 'cut-before'; readonly mtu: number }
  /** As fragments of the outer packet. */
  | { readonly how: 'cut-after'; readonly mtu: number }
  /** Not at all: its sender has to send less. */
  | { readonly how: 'refuse'; readonly mtu: number };

/**
 * How a packet gets through the SAs of `path` (innermost first) and over the link.
 *
 * @param mayCut whether pieces of the clear packet may go through these SAs.
 * @param link octets that the next hop takes; Infinity for a packet that crosses the boundary again first.
 */
export function fitPacket(
  db: Databases,
  packet: Uint8Array,
  decoded: IpPacket,
  path: readonly SadEntry[],
  mayCut: boolean,
  link: number,
  now: number,
): Fit {
  const outermost = path.at(-1)!;
  const outer = Math.min(link, pathMtu(db.sad, outermost, now));
  const mtu = clearMtu(db, packet, decoded, path, (entry) => Math.min(entry === outermost ? link : Infinity, pathMtu(db.sad, entry, now)));
  const { totalLength, version, df } = decoded;
  if (totalLength <= mtu) return { how: 'whole' };
  if (version === 6) {
    // RFC 4301 section 8.2.1, case 3: "Original (cleartext) packet is IPv6. The implementation SHOULD discard the packet and send a PMTU
    // ICMP message." But no IPv6 sender goes below 1280 octets (RFC 8200 section 5), so that much is carried in fragments.
    const reported = Math.max(mtu, MIN_PATH_MTU_V6);
    return totalLength > reported ? { how: 'refuse', mtu: reported } : { how: 'cut-after', mtu: outer };
  }
  // Case 1: "Original (cleartext) packet is IPv4 and has the DF bit set.  The implementation SHOULD discard the packet and send a PMTU ICMP
  // message."
  if (df) return { how: 'refuse', mtu };
  // Case 2: "Original (cleartext) packet is IPv4 and has the DF bit clear.  The implementation SHOULD fragment (before or after encryption
  // per its configuration) and then forward the fragments.  It SHOULD NOT send a PMTU ICMP message."
  const { tunnelHeader } = outermost.sa;
  // A DF bit that was asked for on the outer packet forbids to cut that one.
  const mustCutBefore = tunnelHeader?.source.length === 4 && tunnelHeader.df === 'set';
  if (mayCut && (mustCutBefore || db.options.fragment === 'before')) return { how: 'cut-before', mtu };
  // An outer packet of more than 65535 octets cannot be made, to be cut afterwards or not.
  const most = clearMtu(db, packet, decoded, path, () => Infinity);
  if (totalLength <= most) return { how: 'cut-after', mtu: outer };
  return mayCut ? { how: 'cut-before', mtu } : { how: 'refuse', mtu: most };
}

/** Octets of the largest clear packet that fits through all SAs, from the outside in; `limit`: octets of the largest packet that may come out of one. */
function clearMtu(
  db: Databases,
  packet: Uint8Array,
  decoded: IpPacket,
  path: readonly SadEntry[],
  limit: (entry: SadEntry) => number,
): number {
  const shapes = shapesOf(packet, decoded, path);
  let mtu = Infinity;
  for (let i = path.length - 1; i >= 0; i--) {
    const entry = path[i]!;
    mtu = effectiveMtu(entry.sa, Math.min(mtu, limit(entry)), shapes[i]);
    const ipcomp = db.attachments.get(entry)?.ipcomp;
    if (ipcomp?.mode === 'tunnel' && ipcomp.tunnelHeader) mtu -= outerHeaderLength(ipcomp.tunnelHeader);
  }
  return Math.max(0, mtu);
}

/** What each SA finds in front of it: in transport mode the headers of the packet, or those of the tunnel inside. */
function shapesOf(packet: Uint8Array, decoded: IpPacket, path: readonly SadEntry[]): ClearPacketShape[] {
  let shape: ClearPacketShape = { version: decoded.version, headerLength: Math.max(20, offsetOf(espInsertionPoint(packet))) };
  return path.map(({ sa }) => {
    const found = shape;
    if (sa.mode === 'tunnel') {
      const version = sa.destination?.length === 16 ? 6 : 4;
      shape = { version, headerLength: version === 6 ? 40 : 20 };
    }
    return found;
  });
}

/**
 * Applies the SAs of `path`, innermost first.
 *
 * @returns the outer packet, whole: a fresh array.
 * @throws IpsecError as sealing does.
 */
export function sealLayers(db: Databases, packet: Uint8Array, path: readonly SadEntry[], link: number, now: number): Uint8Array {
  let sealed = packet;
  for (const entry of path) sealed = sealLayer(db, entry, sealed, entry === path.at(-1) ? link : Infinity, now);
  return sealed;
}

function sealLayer(db: Databases, entry: SadEntry, clear: Uint8Array, link: number, now: number): Uint8Array {
  const { sa } = entry;
  const ipcomp = db.attachments.get(entry)?.ipcomp;
  const packet = ipcomp ? sealIpcomp(ipcomp, clear) : clear;
  const decoded = decodeIp(packet);
  const shape: ClearPacketShape = { version: decoded.version, headerLength: Math.max(20, offsetOf(espInsertionPoint(packet))) };
  const { totalLength } = decoded;
  if (sa.protocol === 'AH') {
    const out = new Uint8Array(totalLength + 40 + ahLength(sa, 6));
    return mapDscp(db, entry, packet, out.slice(0, sealAhInto(sa, packet, out)));
  }
  // RFC 4303 section 2.7 leaves the amount of TFC padding to the sender: here it never makes a packet too big for its path.
  const room = sa.tfcLength > totalLength ? effectiveMtu(sa, Math.min(link, pathMtu(db.sad, entry, now)), shape) : 0;
  const tfc = sa.mode === 'tunnel' ? Math.max(0, Math.min(sa.tfcLength, room) - totalLength) : 0;
  const out = new Uint8Array(sealedLength(sa, totalLength + tfc, shape) + 2 * sa.padTo + 64);
  return mapDscp(db, entry, packet, out.slice(0, sealEspInto(sa, packet, out, sa.mode === 'tunnel' ? { tfc } : {})));
}

/**
 * RFC 4301 section 4.4.2.1: "This feature maps DSCP values from an inner header to values in an outer header, e.g., to address covert
 * channel signaling concerns." Neither ESP nor the ICV of AH covers the field (RFC 4302 section 3.3.3.1.1.1).
 */
function mapDscp(db: Databases, entry: SadEntry, inner: Uint8Array, outer: Uint8Array): Uint8Array {
  const dscp = processingOf(db, entry)?.dscp;
  if (entry.sa.mode !== 'tunnel' || typeof dscp !== 'object') return outer;
  setTrafficClass(outer, (dscp[trafficClassOf(inner) >>> 2]! << 2) | (trafficClassOf(outer) & 3));
  return outer;
}

/**
 * Cuts an outer packet into fragments of at most `mtu` octets. Nobody downstream may have set its DF bit, so it is taken back where it is
 * in the way: over IPv4 from an inner IPv6 packet, and where layers inside allow no other place to cut. RFC 4301 section 8.1, of the rules
 * for DF: "This applies to SAs where both inner and outer headers are IPv4."
 */
export function cutOuter(db: Databases, outer: Uint8Array, mtu: number): Uint8Array[] {
  if (outer[0]! >>> 4 === 4 && (outer[6]! & 0x40) !== 0) {
    outer[6] = outer[6]! & ~0x40;
    fixIpv4Checksum(outer);
  }
  const id = new Uint8Array(4);
  if (outer[0]! >>> 4 === 6) db.options.random(id);
  return fragmentPacket(outer, mtu, readU32(id, 0));
}

/** The flow of a packet after an SA has been applied, before it is: what forwarding decides by. */
export function sealedFlow({ sa }: SadEntry, flow: Flow): Flow {
  const tunnel = sa.mode === 'tunnel' ? sa.tunnelHeader : undefined;
  const source = tunnel?.source ?? flow.source;
  const ports = sa.encapsulation ?? { sourcePort: OPAQUE, destinationPort: OPAQUE };
  return {
    version: source.length === 4 ? 4 : 6,
    source,
    destination: tunnel?.destination ?? flow.destination,
    protocol: sa.encapsulation ? protocols.UDP : sa.protocol === 'ESP' ? protocols.ESP : protocols.AH,
    sourcePort: ports.sourcePort,
    destinationPort: ports.destinationPort,
  };
}
