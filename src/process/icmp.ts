/**
 * ICMP: which messages are acted upon (RFC 4301 section 6.1), what the packet inside an error says (section 6.2), and what senders are
 * told (section 5.1.1).
 *
 * @module
 */
import { readU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import {
  decodeIcmp,
  decodeIp,
  encodeDestinationUnreachable,
  encodeFragmentationNeeded,
  encodePacketTooBig,
  type Flow,
  type IcmpMessage,
  type IpPacket,
  protocols,
  rangeContains,
  readQuotedFlow,
} from '../ip.js';
import { findSentBy, notePathMtu, type SadEntry } from '../sad.js';
import type { AuditFacts } from './audit.js';
import type { Databases } from './databases.js';
import { takeToken } from './limiter.js';
import type { IcmpList } from './options.js';
import { note, type Pass } from './pass.js';

/** Whether a list names a kind of message. */
export function isListed(list: IcmpList, { version, type, code }: Pick<IcmpMessage, 'version' | 'type' | 'code'>): boolean {
  if (list === 'all' || list === 'none') return list === 'all';
  return list.some((p) => p.version === version && p.type === type && (p.code === undefined || p.code === code));
}

/** Leaves an audit record of an ICMP error that the administrator wants to see. */
export function logIcmp(pass: Pass, message: IcmpMessage, facts: AuditFacts): void {
  if (message.error && isListed(pass.db.options.icmp.log, message)) {
    note(pass, 'icmp', { ...facts, detail: `ICMP${message.version === 6 ? 'v6' : ''} type ${message.type} code ${message.code}` });
  }
}

/** The ICMP message in a packet, or undefined where there is none, or only a piece of one, or a broken one. */
export function readIcmp(packet: Uint8Array, decoded: IpPacket): IcmpMessage | undefined {
  if (decoded.protocol !== (decoded.version === 4 ? protocols.ICMP : protocols['IPv6-ICMP'])) return undefined;
  return orUndefined(() => decodeIcmp(packet, decoded));
}

/**
 * The flow of the packet that an ICMP error complains of, as that packet was sent. RFC 4301 section 6.2 has it reversed before it is
 * compared; comparing it as it is, in the other direction, says the same, and is right too where a message type stands for ports.
 */
export function quotedFlowOf(message: IcmpMessage): Flow | undefined {
  return message.error ? orUndefined(() => readQuotedFlow(message.quoted)) : undefined;
}

/**
 * RFC 4301 section 8.2.1: "When an IPsec implementation receives an unauthenticated PMTU message, and it is configured to process (vs.
 * ignore) such messages, it maps the message to the SA to which it corresponds.  This mapping is effected by extracting the header
 * information from the payload of the PMTU message and applying the procedure described in Section 5.2."
 *
 * @returns the SAs whose estimate is now lower. The SAD never believes less than its floor: RFC 4301 section 6.1.1: "there could be the
 *   ability to establish a minimum PMTU for traffic (on a per destination basis), to prevent receipt of an unauthenticated ICMP from
 *   setting the PMTU to a trivial size."
 */
export function notePathMtuMessage(db: Databases, message: IcmpMessage, now: number): SadEntry[] {
  const { mtu, quoted } = message;
  if (mtu === undefined) return [];
  const sent = orUndefined(() => quotedSecurityHeader(db, quoted));
  if (!sent) return [];
  return findSentBy(db.sad, sent.protocol, sent.spi, sent.destination).filter((entry) => notePathMtu(db.sad, entry, mtu, now));
}

/** Protocol and SPI of a quoted packet that this device itself sent. */
function quotedSecurityHeader(
  db: Databases,
  quoted: Uint8Array,
): { protocol: 'ESP' | 'AH'; spi: number; destination: Uint8Array } | undefined {
  const copy = quoted.slice(0, 0xffff);
  const header = copy[0] === undefined || copy[0] >>> 4 !== 6 ? 20 : 40;
  if (copy.length < header) return undefined;
  // The packet is cut off: its lengths are made to fit what is there.
  if (header === 20) copy.set([copy.length >>> 8, copy.length & 0xff], 2);
  else copy.set([(copy.length - 40) >>> 8, (copy.length - 40) & 0xff], 4);
  const decoded = decodeIp(copy);
  const { protocol, upperOffset, source, destination } = decoded;
  if (!isOwnAddress(db, source)) return undefined;
  const udp =
    protocol === protocols.UDP && db.options.natPorts.some((port) => port === ((copy[upperOffset]! << 8) | copy[upperOffset + 1]!));
  const at = upperOffset + (protocol === protocols.AH ? 4 : udp ? 8 : 0);
  if ((protocol !== protocols.ESP && protocol !== protocols.AH && !udp) || at + 4 > copy.length) return undefined;
  return { protocol: protocol === protocols.AH ? 'AH' : 'ESP', spi: readU32(copy, at), destination };
}

/** Whether an address is one of this device, or of a group that it has joined. */
export function isOwnAddress(db: Databases, address: Uint8Array): boolean {
  for (const range of db.options.addresses) if (rangeContains(range, address)) return true;
  return false;
}

/** Why a sender is told that its packet went nowhere. RFC 4301 section 5.1.1. */
export type Refusal = 'prohibited' | 'unreachable';

/**
 * The answer for a packet that was discarded, where one may be sent.
 *
 * RFC 4301 section 5.1.1 (a) and (b1): "IPv4 Type = 3 (destination unreachable) Code = 13 (Communication Administratively Prohibited)",
 * "IPv6 Type = 1 (destination unreachable) Code = 1 (Communication with destination administratively prohibited)"; (b2): "IPv4 Type = 3
 * (destination unreachable) Code = 1 (host unreachable)", "IPv6 Type = 1 (destination unreachable) Code = 3 (address unreachable)".
 */
export function answerRefusal(db: Databases, packet: Uint8Array, refusal: Refusal, now: number): Uint8Array | undefined {
  if (db.options.icmp.answer !== 'all') return undefined;
  const v4 = packet[0]! >>> 4 === 4;
  const code = refusal === 'prohibited' ? (v4 ? 13 : 1) : v4 ? 1 : 3;
  return answer(db, packet, now, (from) => encodeDestinationUnreachable(packet, from, code));
}

/** The answer for a packet that is too big: RFC 4301 section 8.2.1, "a PMTU ICMP message". */
export function answerTooBig(db: Databases, packet: Uint8Array, mtu: number, now: number): Uint8Array | undefined {
  if (db.options.icmp.answer === 'none') return undefined;
  const encode = packet[0]! >>> 4 === 4 ? encodeFragmentationNeeded : encodePacketTooBig;
  return answer(db, packet, now, (from) => encode(packet, mtu, from));
}

function answer(
  db: Databases,
  packet: Uint8Array,
  now: number,
  encode: (from: Uint8Array) => Uint8Array | undefined,
): Uint8Array | undefined {
  const octets = packet[0]! >>> 4 === 4 ? 4 : 16;
  const from = db.options.icmp.from.find((address) => address.length === octets);
  const message = from && orUndefined(() => encode(from));
  return message && takeToken(db.icmpLimiter, now) ? message : undefined;
}

/** What a packet says, or undefined when it is broken: what a network sends throws nothing but an IpsecError. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof IpsecError) return undefined;
    throw error;
  }
}
