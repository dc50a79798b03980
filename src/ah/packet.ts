/**
 * AH around IP packets. RFC 4302.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | Next Header   |  Payload Len  |          RESERVED             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                 Security Parameters Index (SPI)               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Sequence Number Field                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                                                               |
 * +                Integrity Check Value-ICV (variable)           |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * @module
 */
import { nextSeq, requireAlive, seqHigh, type SecurityAssociation } from '../association.js';
import { readU32, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { closeFrame, closeGap, findSecurityHeader, noOptions, openGap, type FrameOptions } from '../frame.js';
import { protocols } from '../ip/protocol.js';
import { fragmentKind, ipTotalLength, namedAt, offsetOf } from '../ip/walk.js';
import { checkSeq, inferSeq, markSeq, noteFailure, resyncCandidates } from '../replay-window.js';
import type { IntegrityContext } from '../suite/types.js';
import { dropCodes, dropped, type Verdict } from '../verdict.js';
import { zeroMutableFields } from './mutable.js';

/** Octets of AH in front of the ICV field. */
export const AH_FIXED_LENGTH = 12;

/** What a caller may fix about one sealed packet. */
export interface SealAhOptions extends FrameOptions {
  /** The full sequence number instead of the SA's next one, for vectors and captures. */
  readonly seq?: number | undefined;
  /** AES-GMAC: the IV, 8 octets. For vectors: under one key an IV must never be used twice. Default: the sequence number. */
  readonly iv?: Uint8Array | undefined;
  /** The octets that pad the ICV field; their number says how far. Default: as few zeros as RFC 4302, or the SA's `ahPadding`, asks. */
  readonly padding?: Uint8Array | undefined;
  /** RESERVED: RFC 4302 section 2.3: "It MUST be set to "zero" by the sender"; for captures of those who do not. */
  readonly reserved?: number | undefined;
}

/** Octets of the whole AH header in front of a packet of this IP version: ICV (and IV) padded to 32 or 64 bits. */
export function ahLength(sa: SecurityAssociation, version: 4 | 6): number {
  const length = AH_FIXED_LENGTH + sa.ivLength + sa.icvLength;
  // RFC 4302 section 3.3.3.2.1: "the ICV field may include explicit padding if required to ensure that the AH header is a multiple of 32 bits (IPv4) or 64 bits (IPv6)."
  const multiple = version === 6 ? 8 : (sa.ahPadding ?? 4);
  return Math.ceil(length / multiple) * multiple;
}

/**
 * Seals one clear IP packet with AH.
 *
 * @param packet the clear packet; not changed.
 * @param out receives the protected packet from offset 0; 40 octets for a tunnel header and `ahLength` more than the packet.
 * @returns octets of the protected packet.
 * @throws IpsecError `sequence-overflow`, `sa-deleted`, `buffer-too-small`, `malformed`, `bad-fragment`; then no number was used.
 */
export function sealInto(sa: SecurityAssociation, packet: Uint8Array, out: Uint8Array, options: SealAhOptions = noOptions): number {
  if (sa.protocol !== 'AH')
    throw new IpsecError('invalid-argument', 'sealing with AH', { path: 'sa.protocol', expected: 'AH', found: sa.protocol });
  requireAlive(sa);
  const version = sa.mode === 'tunnel' ? (sa.destination?.length === 16 ? 6 : 4) : packet.length > 0 && packet[0]! >>> 4 === 6 ? 6 : 4;
  const icvAt = AH_FIXED_LENGTH + sa.ivLength;
  const size = options.padding ? icvAt + sa.icvLength + options.padding.length : ahLength(sa, version);
  if (size % 4 !== 0 || size > 4 * 257) {
    throw new IpsecError('invalid-argument', 'the padding of the ICV field', {
      path: 'padding',
      expected: 'octets up to a multiple of 4',
      found: `${options.padding?.length ?? 0}`,
    });
  }
  const frame = openGap(sa, packet, out, size, 0, protocols.AH, options.seq ?? sa.seq + 1, options);
  const { at } = frame;
  const total = at + size + frame.length;
  closeFrame(sa, out, at, total);
  const covered = prepareHeaders(sa, out, at);
  if (covered < 0) {
    throw new IpsecError('malformed', 'the headers that AH has to protect', {
      expected: 'options and routing headers that AH has rules for',
      found: 'others',
    });
  }
  const seq = options.seq ?? nextSeq(sa);
  out.fill(0, at, at + size);
  out[at] = frame.nextHeader;
  out[at + 1] = size / 4 - 2;
  out[at + 2] = (options.reserved ?? 0) >>> 8;
  out[at + 3] = options.reserved ?? 0;
  writeU32(out, at + 4, sa.spi);
  writeU32(out, at + 8, seq);
  if (options.padding) out.set(options.padding, at + icvAt + sa.icvLength);
  chooseIv(sa, seq, options.iv);
  // RFC 4543 section 4: the IV is an input beside the ICV, not a part of it: it is covered as it is sent.
  if (sa.ivLength > 0) out.set(sa.scratch.iv, at + AH_FIXED_LENGTH);
  macAh(sa, seq, covered, out, at, total).finishInto(out, at + icvAt);
  sa.packets++;
  sa.octets += frame.length;
  return total;
}

/**
 * Seals one clear IP packet with AH into a fresh array.
 *
 * @example
 * ```ts
 * import { createSa, open, seal } from 'ipsec-ts/ah';
 * import { encodeIpv4Header, parseAddress, setHopLimit } from 'ipsec-ts/ip';
 * import { hmacSha256_128 } from 'ipsec-ts/suite/integ';
 *
 * const config = { protocol: 'AH', mode: 'transport', spi: 0x1000, integrity: { row: hmacSha256_128, key: new Uint8Array(32) } } as const;
 * const clear = encodeIpv4Header({ source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2'), protocol: 1, totalLength: 20 });
 * const sealed = seal(createSa(config), clear);
 * setHopLimit(sealed, 17); // a router on the way: the TTL is mutable, AH does not cover it
 * const verdict = open(createSa(config), sealed);
 * if (!verdict.ok) throw new Error('genuine');
 * ```
 * @throws IpsecError as {@link sealInto} does.
 */
export function seal(sa: SecurityAssociation, packet: Uint8Array, options: SealAhOptions = noOptions): Uint8Array {
  const out = new Uint8Array(packet.length + (options.outer?.length ?? 40) + ahLength(sa, 6) + (options.padding?.length ?? 0));
  return out.slice(0, sealInto(sa, packet, out, options));
}

/**
 * Opens one packet protected by AH: the cheap checks, the window, the ICV, the window again.
 *
 * @param packet the protected packet, whole: fragments are put together first. Not changed.
 * @param out receives the clear packet from offset 0; as long as `packet`. It must be another array.
 * @returns octets of the clear packet, or a negative drop code for `dropReason`.
 */
export function openInto(sa: SecurityAssociation, packet: Uint8Array, out: Uint8Array): number {
  if (sa.protocol !== 'AH' || !sa.alive) return dropCodes['no-sa'];
  const place = findSecurityHeader(packet, protocols.AH);
  if (place < 0) return dropCodes.malformed;
  // RFC 4302 section 3.4.1: "If a packet offered to AH for processing appears to be an IP fragment, i.e., the OFFSET field is nonzero or the MORE FRAGMENTS flag is set, the receiver MUST discard the packet"
  if (fragmentKind(packet) > 0) return dropCodes.fragment;
  const at = offsetOf(place);
  const total = ipTotalLength(packet);
  if (at + AH_FIXED_LENGTH > total) return dropCodes.malformed;
  const size = (packet[at + 1]! + 2) * 4;
  const icvAt = AH_FIXED_LENGTH + sa.ivLength;
  if (size < icvAt + sa.icvLength || at + size > total) return dropCodes.malformed;
  const v4 = packet[0]! >>> 4 === 4;
  // RFC 4302 section 2.2: "For IPv6, the total length of the header must be a multiple of 8-octet units."
  if (!v4 && size % 8 !== 0) return dropCodes.malformed;
  if (v4 && sa.ahPadding !== undefined && size !== ahLength(sa, 4)) return dropCodes.malformed;
  if (out.length < total) return dropCodes['buffer-too-small'];
  if (readU32(packet, at + 4) !== sa.spi) return dropCodes['no-sa'];

  let seq = inferSeq(sa.window, readU32(packet, at + 8));
  if (!checkSeq(sa.window, seq)) return dropCodes.replay;

  out.set(packet.length <= out.length ? packet : packet.subarray(0, total));
  const covered = prepareHeaders(sa, out, at);
  if (covered < 0) return dropCodes.malformed;
  for (let i = 0; i < sa.ivLength; i++) sa.scratch.iv[i] = packet[at + AH_FIXED_LENGTH + i]!;
  // RFC 4302 section 3.4.4: "Begin by saving the ICV value and replacing it (but not any ICV field padding) with zero."
  out.fill(0, at + icvAt, at + icvAt + sa.icvLength);
  if (!macAh(sa, seq, covered, out, at, total).finishVerify(packet, at + icvAt)) {
    seq = noteFailure(sa.window) ? resynchronize(sa, packet, covered, out, at, total) : -1;
    if (seq < 0) return dropCodes.icv;
  }
  if (!checkSeq(sa.window, seq)) return dropCodes.replay;
  markSeq(sa.window, seq);
  sa.seq = seq;

  const length = closeGap(sa, out, at, namedAt(place), at + size, total - at - size, packet[at]!);
  if (length < 0) return dropCodes.malformed;
  // RFC 4303 section 2.6 has dummy packets for ESP alone; here 59 is nobody's protocol and passes as it is.
  sa.packets++;
  sa.octets += total - at - size;
  return length;
}

/**
 * Opens one packet protected by AH into a fresh array.
 *
 * @param now milliseconds on the caller's clock, for the audit record.
 * @returns a verdict; it never throws for what is in the packet.
 */
export function open(sa: SecurityAssociation, packet: Uint8Array, now?: number): Verdict {
  const out = new Uint8Array(packet.length);
  const seq = seqOf(sa, packet);
  const length = openInto(sa, packet, out);
  return length < 0 ? dropped(length, sa, packet, seq, now) : { ok: true, sa, packet: out.slice(0, length), seq: sa.seq };
}

/** The full number that the window gives this packet, or undefined when it has none; nothing of it is verified. */
export function seqOf(sa: SecurityAssociation, packet: Uint8Array): number | undefined {
  const place = findSecurityHeader(packet, protocols.AH);
  return place < 0 || offsetOf(place) + AH_FIXED_LENGTH > packet.length
    ? undefined
    : inferSeq(sa.window, readU32(packet, offsetOf(place) + 8));
}

/** Puts the headers `packet[0, length)` into the SA's scratch, as the ICV covers them, and says how many octets these are. */
function prepareHeaders(sa: SecurityAssociation, packet: Uint8Array, length: number): number {
  if (sa.scratch.headers.length < length) sa.scratch.headers = new Uint8Array(Math.max(64, 2 * length));
  const { headers } = sa.scratch;
  for (let i = 0; i < length; i++) headers[i] = packet[i]!;
  return zeroMutableFields(headers, length);
}

/** RFC 4302 section 3.3.3: headers, AH with its ICV zero, everything after it, and the high half of an ESN. */
function macAh(sa: SecurityAssociation, seq: number, covered: number, packet: Uint8Array, at: number, total: number): IntegrityContext {
  const p = sa.protection;
  if (p.kind !== 'integrity')
    throw new IpsecError('invalid-argument', 'an SA of AH', { path: 'sa.protocol', expected: 'AH', found: sa.protocol });
  const { mac } = p;
  mac.begin(sa.scratch.iv);
  mac.update(sa.scratch.headers, 0, covered);
  mac.update(packet, at, total);
  if (sa.esn) {
    writeU32(sa.scratch.aad, 4, seqHigh(sa, seq));
    mac.update(sa.scratch.aad, 4, 8);
  }
  return mac;
}

/**
 * RFC 4302 appendix B3 is RFC 4303's A3: after a loss of more than 2^32 packets larger high halves are tried.
 *
 * @returns the number that verifies, or -1.
 */
function resynchronize(sa: SecurityAssociation, packet: Uint8Array, covered: number, out: Uint8Array, at: number, total: number): number {
  for (const seq of resyncCandidates(sa.window, readU32(packet, at + 8))) {
    if (macAh(sa, seq, covered, out, at, total).finishVerify(packet, at + AH_FIXED_LENGTH + sa.ivLength)) return seq;
  }
  return -1;
}

function chooseIv(sa: SecurityAssociation, seq: number, given: Uint8Array | undefined): void {
  const { iv } = sa.scratch;
  if (given && given.length !== iv.length)
    throw new IpsecError('invalid-argument', 'an IV', { path: 'iv', expected: `${iv.length} octets`, found: `${given.length}` });
  if (given) iv.set(given);
  else if (iv.length === 8) {
    writeU32(iv, 0, seqHigh(sa, seq));
    writeU32(iv, 4, seq);
  }
}
