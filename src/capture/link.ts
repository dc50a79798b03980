/**
 * From a captured frame to the IP packet in it, for the link types that IPsec is captured on.
 *
 * @module
 */
import { readU16, readU32 } from '../bytes.js';

/** The IP packet of a frame, or why there is none. */
export type LinkResult =
  | {
      /** There is one. */
      readonly ok: true;
      /** From its first octet to the end of the frame (Ethernet padding included): a view into the frame. */
      readonly packet: Uint8Array;
      /** How many octets the link layer took. */
      readonly offset: number;
      /** 4 or 6: what the link layer says, and the packet agrees. */
      readonly version: 4 | 6;
      /** VLAN IDs, outermost first. */
      readonly vlans: readonly number[];
    }
  | {
      /** There is none. */
      readonly ok: false;
      /** Another protocol, a frame too short, a contradiction, or a link type that is not known here. */
      readonly problem: 'not-ip' | 'truncated' | 'malformed' | 'unsupported-link-type';
      /** The same in words. */
      readonly reason: string;
    };

/** LINKTYPE_ values, https://www.tcpdump.org/linktypes.html; `name` is what messages say. */
const linkTypes: Readonly<Record<number, { readonly name: string; readonly read?: (frame: Uint8Array) => LinkResult }>> = Object.freeze({
  0: { name: 'null/loopback', read: readNull },
  1: { name: 'Ethernet', read: (frame) => readEtherType(frame, 12, []) },
  8: { name: 'SLIP' },
  9: { name: 'PPP' },
  10: { name: 'FDDI' },
  12: { name: 'raw IP', read: (frame) => readVersion(frame, 0, undefined, []) },
  14: { name: 'raw IP (OpenBSD)', read: (frame) => readVersion(frame, 0, undefined, []) },
  50: { name: 'PPP in HDLC framing' },
  51: { name: 'PPPoE' },
  101: { name: 'raw IP', read: (frame) => readVersion(frame, 0, undefined, []) },
  105: { name: 'IEEE 802.11' },
  108: { name: 'OpenBSD loopback', read: readNull },
  109: { name: 'OpenBSD enc' },
  113: { name: 'Linux cooked', read: (frame) => readEtherType(frame, 14, []) },
  117: { name: 'OpenBSD pflog' },
  127: { name: 'IEEE 802.11 with radiotap' },
  195: { name: 'IEEE 802.15.4' },
  228: { name: 'raw IPv4', read: (frame) => readVersion(frame, 0, 4, []) },
  229: { name: 'raw IPv6', read: (frame) => readVersion(frame, 0, 6, []) },
  239: { name: 'Linux netfilter log' },
  249: { name: 'USBPcap' },
  276: { name: 'Linux cooked v2', read: readCooked2 },
});

/** What a link type is called, or its number. */
export function linkTypeName(linkType: number): string {
  return linkTypes[linkType]?.name ?? `link type ${linkType}`;
}

/**
 * The IP packet that a frame of this link type holds. Never throws; only the link layer and the version nibble are looked at.
 *
 * @example
 * ```ts
 * import { ipPacketOf } from 'ipsec-ts/capture';
 *
 * const raw = ipPacketOf(101, Uint8Array.of(0x45, 0, 0, 20));
 * if (!raw.ok || raw.version !== 4) throw new Error('raw IP');
 * const arp = ipPacketOf(1, Uint8Array.from([...new Array(12).fill(0), 0x08, 0x06]));
 * if (arp.ok || arp.problem !== 'not-ip') throw new Error('ARP is not IP');
 * ```
 */
export function ipPacketOf(linkType: number, frame: Uint8Array): LinkResult {
  const read = linkTypes[linkType]?.read;
  if (read !== undefined) return read(frame);
  const named = linkTypes[linkType];
  return refuse('unsupported-link-type', `link type ${linkType}${named === undefined ? '' : ` (${named.name})`} is not supported`);
}

/** What ends a chain of EtherTypes, and what names another protocol, for messages. */
const etherTypes: Readonly<Record<number, string>> = Object.freeze({
  0x0806: 'ARP',
  0x8035: 'RARP',
  0x8847: 'MPLS',
  0x8848: 'MPLS multicast',
  0x8863: 'PPPoE discovery',
  0x8864: 'PPPoE session',
  0x888e: 'IEEE 802.1X',
  0x88cc: 'LLDP',
  0x88e5: 'MACsec',
});

// Ethernet II                                    802.1Q / 802.1ad tag, in front of the EtherType, any number of them
//   +----------------+----------------+-------+     +-----------------+-----------+
//   | destination: 6 | source: 6      | type  |     | 0x8100 / 0x88a8 | PCP, VID  |
//   +----------------+----------------+-------+     +-----------------+-----------+
function readEtherType(frame: Uint8Array, typeOffset: number, vlans: number[]): LinkResult {
  for (let at = typeOffset; ; at += 4) {
    if (at + 2 > frame.length) return refuse('truncated', `the frame ends inside the link header, at octet ${frame.length}`);
    const type = readU16(frame, at);
    if (type === 0x0800) return readVersion(frame, at + 2, 4, vlans);
    if (type === 0x86dd) return readVersion(frame, at + 2, 6, vlans);
    if (type !== 0x8100 && type !== 0x88a8 && type !== 0x9100) {
      if (type < 0x0600) return refuse('not-ip', `an IEEE 802.3 or cooked frame without an EtherType (${type})`);
      return refuse(
        'not-ip',
        `EtherType 0x${type.toString(16).padStart(4, '0')}${etherTypes[type] === undefined ? '' : ` (${etherTypes[type]})`}`,
      );
    }
    if (at + 4 > frame.length) return refuse('truncated', `the frame ends inside a VLAN tag, at octet ${frame.length}`);
    vlans.push(readU16(frame, at + 2) & 0x0fff);
  }
}

// Linux cooked v2
//   +---------------+---------------+-------------------------------+---------------+--------+----------+----------------+
//   | protocol: 2   | reserved: 2   | interface index: 4            | ARPHRD: 2     | type: 1| length: 1| address: 8     |
//   +---------------+---------------+-------------------------------+---------------+--------+----------+----------------+
function readCooked2(frame: Uint8Array): LinkResult {
  if (frame.length < 20) return refuse('truncated', `the frame ends inside the Linux cooked v2 header, at octet ${frame.length}`);
  const type = readU16(frame, 0);
  if (type === 0x0800) return readVersion(frame, 20, 4, []);
  if (type === 0x86dd) return readVersion(frame, 20, 6, []);
  // A VLAN tag is kept in the payload, as on Ethernet: two octets of tag, then the EtherType.
  if (type === 0x8100 || type === 0x88a8) {
    if (frame.length < 24) return refuse('truncated', `the frame ends inside a VLAN tag, at octet ${frame.length}`);
    return readEtherType(frame, 22, [readU16(frame, 20) & 0x0fff]);
  }
  return refuse(
    'not-ip',
    `protocol 0x${type.toString(16).padStart(4, '0')}${etherTypes[type] === undefined ? '' : ` (${etherTypes[type]})`}`,
  );
}

/** AF_INET everywhere; AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin. */
const families: Readonly<Record<number, 4 | 6>> = Object.freeze({ 2: 4, 10: 6, 23: 6, 24: 6, 28: 6, 30: 6 });

// null / loopback: the address family in the byte order of the machine that captured (OpenBSD: of the network)
//   +---------------------------------------------------------------+
//   |                        Address Family                         |
//   +---------------------------------------------------------------+
function readNull(frame: Uint8Array): LinkResult {
  if (frame.length < 4) return refuse('truncated', `the frame ends inside the loopback header, at octet ${frame.length}`);
  const big = readU32(frame, 0);
  const little = (frame[0]! | (frame[1]! << 8) | (frame[2]! << 16) | (frame[3]! << 24)) >>> 0;
  const version = families[big] ?? families[little];
  if (version === undefined) return refuse('not-ip', `address family ${Math.min(big, little)}`);
  return readVersion(frame, 4, version, []);
}

function readVersion(frame: Uint8Array, offset: number, said: 4 | 6 | undefined, vlans: readonly number[]): LinkResult {
  if (offset >= frame.length) return refuse('truncated', 'the frame ends where the IP packet should begin');
  const nibble = frame[offset]! >>> 4;
  if (nibble !== 4 && nibble !== 6) return refuse(said === undefined ? 'not-ip' : 'malformed', `IP version ${nibble}`);
  if (said !== undefined && nibble !== said) return refuse('malformed', `the link layer says IPv${said}, the packet IP version ${nibble}`);
  return { ok: true, packet: frame.subarray(offset), offset, version: nibble, vlans };
}

function refuse(problem: Extract<LinkResult, { ok: false }>['problem'], reason: string): LinkResult {
  return { ok: false, problem, reason };
}
