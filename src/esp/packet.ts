/**
 * ESP around IP packets, in transport and tunnel mode, IPv4 and IPv6 in every mix, bare or inside UDP. RFC 4303 section 3.
 *
 * `sealInto` and `openInto` write into the caller's buffer and allocate nothing of ours; `seal` and `open` stand on them.
 *
 * @module
 */
import { nextSeq, type SecurityAssociation } from '../association.js';
import { readU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import {
  closeFrame,
  closeGap,
  findSecurityHeader,
  noOptions,
  openGap,
  UDP_HEADER_LENGTH,
  writeBareHeaders,
  type FrameOptions,
} from '../frame.js';
import { protocols } from '../ip/protocol.js';
import { fragmentKind, ipTotalLength, namedAt, offsetOf } from '../ip/walk.js';
import { inferSeq } from '../replay-window.js';
import { dropCodes, dropped, type Verdict } from '../verdict.js';
import {
  ESP_HEADER_LENGTH,
  ESP_TRAILER_LENGTH,
  espLength,
  NO_NEXT_HEADER,
  openEspAt,
  padLengthFor,
  sealEspAt,
  type EspSealOptions,
} from './octets.js';

/** What a caller may fix about one sealed packet. */
export interface SealEspOptions extends EspSealOptions, FrameOptions {
  /** The full sequence number instead of the SA's next one, for vectors and captures: under one key a number must never be used twice. */
  readonly seq?: number | undefined;
  /** Tunnel mode: octets of TFC padding behind the inner packet. Default: what fills it up to the SA's `tfcLength`. */
  readonly tfc?: number | Uint8Array | undefined;
}

/**
 * Seals one clear IP packet.
 *
 * @param packet the clear packet; not changed.
 * @param out receives the protected packet from offset 0; 120 octets more than the packet (and its TFC padding) always suffice
 *   for the algorithms of this library with the default padding.
 * @returns octets of the protected packet.
 * @throws IpsecError `sequence-overflow`, `sa-deleted`, `buffer-too-small`, `malformed` or `bad-fragment`; then no number was used.
 */
export function sealInto(sa: SecurityAssociation, packet: Uint8Array, out: Uint8Array, options: SealEspOptions = noOptions): number {
  requireEsp(sa);
  const tfc = tfcOctets(sa, packet, options.tfc);
  const overhead = Math.max(padLengthFor(sa, 0), options.padding?.length ?? 0) + sa.padTo + ESP_TRAILER_LENGTH + sa.icvLength;
  const frame = openGap(
    sa,
    packet,
    out,
    ESP_HEADER_LENGTH + sa.ivLength,
    tfc + overhead,
    protocols.ESP,
    options.seq ?? sa.seq + 1,
    options,
  );
  const textEnd = frame.payload + frame.length;
  // RFC 4303 section 2.7 leaves the content of TFC padding open; zeros, unless the caller gives octets.
  if (typeof options.tfc === 'object') out.set(options.tfc, textEnd);
  else if (tfc > 0) out.fill(0, textEnd, textEnd + tfc);
  const seq = options.seq ?? nextSeq(sa);
  const length = sealEspAt(sa, seq, frame.nextHeader, out, frame.at, frame.length + tfc, options);
  closeFrame(sa, out, frame.at, frame.at + length);
  return frame.at + length;
}

/**
 * Seals one clear IP packet into a fresh array.
 *
 * @example
 * ```ts
 * import { createSa, open, seal } from 'ipsec-ts/esp';
 * import { encodeIpv4Header, parseAddress } from 'ipsec-ts/ip';
 * import { aes256Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const config = {
 *   protocol: 'ESP', mode: 'tunnel', spi: 0xc0ffee,
 *   source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2'),
 *   encryption: { row: aes256Gcm16, key: crypto.getRandomValues(new Uint8Array(36)) },
 * } as const;
 * const sender = createSa(config); // an SA has one direction: one record to send, one to receive
 * const receiver = createSa(config);
 * const clear = encodeIpv4Header({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1'), protocol: 1, totalLength: 20 });
 *
 * const sealed = seal(sender, clear);
 * const first = open(receiver, sealed);
 * const again = open(receiver, sealed);
 * if (!first.ok || first.packet.length !== 20) throw new Error('opened');
 * if (again.ok || again.drop !== 'replay') throw new Error('a replay is refused');
 * ```
 * @throws IpsecError as {@link sealInto} does.
 */
export function seal(sa: SecurityAssociation, packet: Uint8Array, options: SealEspOptions = noOptions): Uint8Array {
  const tfc = tfcOctets(sa, packet, options.tfc);
  const out = new Uint8Array(packet.length + tfc + (options.outer?.length ?? 48) + sa.padTo + 256 + sa.ivLength + sa.icvLength);
  return out.slice(0, sealInto(sa, packet, out, options));
}

/**
 * Makes a dummy packet that the receiver drops without a trace, to hide when there is no traffic. RFC 4303 section 2.6: "A
 * transmitter MUST be capable of generating dummy packets marked with this value in the next protocol field".
 *
 * @param length octets of random payload.
 * @throws IpsecError `invalid-argument` for an SA without addresses, or as {@link sealInto} does.
 */
export function sealDummy(sa: SecurityAssociation, length: number): Uint8Array {
  requireEsp(sa);
  const { source, destination } = sa;
  if (!source || !destination)
    throw new IpsecError('invalid-argument', 'a dummy packet needs the addresses of its SA', { expected: 'source and destination' });
  const text = (destination.length === 4 ? 20 : 40) + (sa.encapsulation ? UDP_HEADER_LENGTH : 0) + ESP_HEADER_LENGTH + sa.ivLength;
  const out = new Uint8Array(text + length + padLengthFor(sa, length) + ESP_TRAILER_LENGTH + sa.icvLength);
  const filler = new Uint8Array(length);
  sa.random(filler);
  out.set(filler, text);
  const at = writeBareHeaders(sa, out, protocols.ESP, sa.seq + 1);
  closeFrame(sa, out, at, at + sealEspAt(sa, nextSeq(sa), NO_NEXT_HEADER, out, at, length));
  return out;
}

/**
 * Opens one protected IP packet: the cheap checks, the window, the ICV, the window again, padding and Next Header, in this order.
 *
 * @param packet the protected packet, whole: fragments are put together first. Not changed, unless it is `out` too.
 * @param out receives the clear packet from offset 0; as long as `packet`. After a drop its content means nothing and holds
 *   nothing that was deciphered.
 * @returns octets of the clear packet, or a negative drop code for `dropReason`.
 */
export function openInto(sa: SecurityAssociation, packet: Uint8Array, out: Uint8Array): number {
  if (sa.protocol !== 'ESP') return dropCodes['no-sa'];
  const place = findSecurityHeader(packet, protocols.ESP);
  if (place < 0) return dropCodes.malformed;
  // RFC 4303 section 3.4.1: "If a packet offered to ESP for processing appears to be an IP fragment, i.e., the OFFSET field is non-zero or the MORE FRAGMENTS flag is set, the receiver MUST discard the packet"
  if (fragmentKind(packet) > 0) return dropCodes.fragment;
  const at = offsetOf(place);
  const result = openEspAt(sa, packet, at, ipTotalLength(packet), out);
  if (result < 0) return result;
  const payload = at + ESP_HEADER_LENGTH + sa.ivLength;
  const named = namedAt(place);
  const header = packet[named] === protocols.UDP ? at - UDP_HEADER_LENGTH : at;
  const total = closeGap(sa, out, header, named, payload, Math.floor(result / 256), result % 256);
  return total < 0 ? dropCodes.malformed : total;
}

/**
 * Opens one protected IP packet into a fresh array.
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

/**
 * Opens ESP that came as the payload of a UDP datagram, without IP headers (tunnel mode alone: transport mode needs them).
 *
 * @param esp octets from the SPI to the ICV.
 * @param out receives the inner packet from offset 0; as long as `esp`.
 * @returns octets of the inner packet, or a negative drop code.
 */
export function openPayloadInto(sa: SecurityAssociation, esp: Uint8Array, out: Uint8Array): number {
  if (sa.protocol !== 'ESP' || sa.mode !== 'tunnel') return dropCodes['no-sa'];
  const result = openEspAt(sa, esp, 0, esp.length, out);
  if (result < 0) return result;
  const total = closeGap(sa, out, 0, 0, ESP_HEADER_LENGTH + sa.ivLength, Math.floor(result / 256), result % 256);
  return total < 0 ? dropCodes.malformed : total;
}

/**
 * Seals one clear IP packet as the payload of a UDP datagram, without IP headers (tunnel mode alone).
 *
 * @returns octets from the SPI to the ICV, at `out[0]`.
 * @throws IpsecError as {@link sealInto} does.
 */
export function sealPayloadInto(sa: SecurityAssociation, packet: Uint8Array, out: Uint8Array): number {
  requireEsp(sa);
  if (sa.mode !== 'tunnel')
    throw new IpsecError('invalid-argument', 'ESP without IP headers', { expected: 'an SA in tunnel mode', found: 'transport mode' });
  const length = ipTotalLength(packet);
  if (length < 0)
    throw new IpsecError('malformed', 'an IP packet', {
      expected: 'a header whose lengths fit the octets',
      found: `${packet.length} octets`,
    });
  const tfc = tfcOctets(sa, packet, undefined);
  const text = ESP_HEADER_LENGTH + sa.ivLength;
  const room = espLength(sa, length + tfc, padLengthFor(sa, length + tfc));
  if (out.length < room || out.length < text + length) {
    throw new IpsecError('buffer-too-small', 'the output buffer', { path: 'out', expected: `${room} octets`, found: `${out.length}` });
  }
  out.set(packet.length === length ? packet : packet.subarray(0, length), text);
  if (tfc > 0) out.fill(0, text + length, text + length + tfc);
  return sealEspAt(sa, nextSeq(sa), packet[0]! >>> 4 === 4 ? protocols.IPv4 : protocols.IPv6, out, 0, length + tfc);
}

/** The full number that the window gives this packet, or undefined when it has none; nothing of it is verified. */
export function seqOf(sa: SecurityAssociation, packet: Uint8Array): number | undefined {
  const place = findSecurityHeader(packet, protocols.ESP);
  return place < 0 || offsetOf(place) + ESP_HEADER_LENGTH > packet.length
    ? undefined
    : inferSeq(sa.window, readU32(packet, offsetOf(place) + 4));
}

/** RFC 4303 section 2.7: TFC padding "can be added only if the Payload Data field contains a specification of the length of the IP datagram. This is always true in tunnel mode". */
function tfcOctets(sa: SecurityAssociation, packet: Uint8Array, asked: number | Uint8Array | undefined): number {
  const octets = asked === undefined ? Math.max(0, sa.tfcLength - packet.length) : typeof asked === 'number' ? asked : asked.length;
  if (octets > 0 && sa.mode !== 'tunnel' && asked !== undefined) {
    throw new IpsecError('unsupported', 'TFC padding in transport mode', {
      path: 'tfc',
      expected: '0, or an SA in tunnel mode',
      found: `${octets}`,
    });
  }
  return sa.mode === 'tunnel' ? octets : 0;
}

function requireEsp(sa: SecurityAssociation): void {
  if (sa.protocol !== 'ESP')
    throw new IpsecError('invalid-argument', 'sealing with ESP', { path: 'sa.protocol', expected: 'ESP', found: sa.protocol });
}
