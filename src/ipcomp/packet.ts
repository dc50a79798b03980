/**
 * IPComp, IP Payload Compression (RFC 3173). It hides nothing and proves nothing: it stands inside ESP or AH, or alone.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next Header  |     Flags     | Compression Parameter Index |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * @module
 */
import { tunnelTemplate, type TunnelHeaderPolicy } from '../association.js';
import { readU16, writeU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { closeFrame, closeGap, findSecurityHeader, offsetNaming, openGap, type FrameOptions, type FrameOwner } from '../frame.js';
import { protocols } from '../ip/protocol.js';
import { fragmentKind, ipTotalLength, namedAt, offsetOf } from '../ip/walk.js';
import { dropCodes } from '../verdict.js';

/** Octets of an IPComp header. */
export const IPCOMP_HEADER_LENGTH = 4;

/** A compression algorithm. `ipsec-ts/ipcomp` brings DEFLATE (RFC 2394) over `fflate`. */
export interface CompressionCodec {
  /** IANA's IPComp transform identifier: 2 for DEFLATE. */
  readonly id: number;
  /** IANA's name. */
  readonly name: string;
  /** Compresses; a fresh array. */
  compress(data: Uint8Array): Uint8Array;
  /** Decompresses; undefined when the data are no such stream or would give more than `limit` octets, which must not be made. */
  decompress(data: Uint8Array, limit: number): Uint8Array | undefined;
}

/** What {@link createIpcomp} takes. */
export interface IpcompConfig {
  /** Compression Parameter Index, 16 bits: 0-63 names a well-known algorithm, 256-61439 is negotiated. */
  readonly cpi: number;
  /** Transport or tunnel mode. */
  readonly mode: 'tunnel' | 'transport';
  /** Sender; in tunnel mode the outer source address. */
  readonly source?: Uint8Array | undefined;
  /** Receiver; in tunnel mode the outer destination address. */
  readonly destination?: Uint8Array | undefined;
  /** The algorithm. */
  readonly codec: CompressionCodec;
  /** Outer header of a tunnel. */
  readonly tunnelHeader?: TunnelHeaderPolicy | undefined;
  /** RFC 3173 section 2.2: "IP datagrams of size smaller than the threshold are sent in the original form". Default 90 octets. */
  readonly threshold?: number | undefined;
}

/** An IPComp Association (IPCA): one direction. It has no keys and no numbers, so it is not a Security Association. */
export interface IpcompAssociation extends FrameOwner {
  /** Tells it from an SA. */
  readonly protocol: 'IPCOMP';
  /** Compression Parameter Index. */
  readonly cpi: number;
  /** The algorithm. */
  readonly codec: CompressionCodec;
  /** Smallest payload that is worth trying. */
  readonly threshold: number;
}

/**
 * Makes an IPComp Association.
 *
 * @throws IpsecError `invalid-argument` for a CPI that is none.
 */
export function createIpcomp(config: IpcompConfig): IpcompAssociation {
  const { cpi, mode, codec } = config;
  if (!Number.isInteger(cpi) || cpi < 0 || cpi > 0xffff) {
    throw new IpsecError('invalid-argument', 'a CPI', { path: 'cpi', expected: '0 to 65535', found: String(cpi) });
  }
  return {
    protocol: 'IPCOMP',
    cpi,
    mode,
    source: config.source?.slice(),
    destination: config.destination?.slice(),
    encapsulation: undefined,
    codec,
    threshold: config.threshold ?? 90,
    tunnelHeader: tunnelTemplate(config.source?.slice(), config.destination?.slice(), config.tunnelHeader),
    scratch: { frame: { at: 0, payload: 0, length: 0, nextHeader: 0 } },
  };
}

/** What a caller may fix about one packet. */
export interface SealIpcompOptions extends FrameOptions {
  /** The compressed octets, taken as they are if they decompress to the payload: DEFLATE has many encodings of one text. */
  readonly compressed?: Uint8Array | undefined;
}

/**
 * Compresses one IP packet. RFC 3173 section 2.2: "If the total size of a compressed payload and the IPComp header, as defined in
 * section 3, is not smaller than the size of the original payload, the IP datagram MUST be sent in the original non-compressed
 * form." In tunnel mode it is then encapsulated in the outer header without IPComp.
 *
 * @returns the packet to send, a fresh array.
 * @throws IpsecError for a packet that is malformed or a fragment in transport mode.
 * @example
 * ```ts
 * import { createIpcomp, deflate, open, seal } from 'ipsec-ts/ipcomp';
 * import { encodeIpv4Header, parseAddress } from 'ipsec-ts/ip';
 *
 * const ipca = createIpcomp({ cpi: 2, mode: 'transport', codec: deflate });
 * const header = encodeIpv4Header({ source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2'), protocol: 17, totalLength: 520 });
 * const clear = new Uint8Array(520);
 * clear.set(header);
 * const sent = seal(ipca, clear);
 * if (sent.length > 60 || open(ipca, sent)?.length !== 520) throw new Error('500 zeros compress well');
 * ```
 */
export function seal(ipca: IpcompAssociation, packet: Uint8Array, options: SealIpcompOptions = {}): Uint8Array {
  const out = new Uint8Array(packet.length + IPCOMP_HEADER_LENGTH + (options.outer?.length ?? 40));
  const frame = openGap(ipca, packet, out, IPCOMP_HEADER_LENGTH, 0, protocols.IPComp, 0, options);
  const { at, payload, length, nextHeader } = frame;
  const clear = out.subarray(payload, payload + length);
  const data = length < ipca.threshold && !options.compressed ? undefined : smaller(ipca, clear, options.compressed);
  if (!data) {
    out.copyWithin(at, payload, payload + length);
    out[offsetNaming(out, at)] = nextHeader;
    closeFrame(ipca, out, at, at + length);
    return out.slice(0, at + length);
  }
  out[at] = nextHeader;
  out[at + 1] = 0;
  writeU16(out, at + 2, ipca.cpi);
  out.set(data, at + IPCOMP_HEADER_LENGTH);
  closeFrame(ipca, out, at, at + IPCOMP_HEADER_LENGTH + data.length);
  return out.slice(0, at + IPCOMP_HEADER_LENGTH + data.length);
}

function smaller(ipca: IpcompAssociation, clear: Uint8Array, given: Uint8Array | undefined): Uint8Array | undefined {
  if (given) {
    const again = ipca.codec.decompress(given, clear.length);
    if (again?.length === clear.length && again.every((b, i) => b === clear[i])) return given;
  }
  const data = ipca.codec.compress(clear);
  return data.length + IPCOMP_HEADER_LENGTH < clear.length ? data : undefined;
}

/**
 * Decompresses one IP packet whose upper layer is IPComp.
 *
 * @param packet whole: RFC 3173 has it done after reassembly. Not changed.
 * @returns the clear packet, a fresh array; or undefined when it is malformed, of another CPI, a fragment, or would grow beyond 65,535 octets.
 */
export function open(ipca: IpcompAssociation, packet: Uint8Array): Uint8Array | undefined {
  const place = findSecurityHeader(packet, protocols.IPComp);
  if (place < 0 || fragmentKind(packet) > 0) return undefined;
  const at = offsetOf(place);
  const end = ipTotalLength(packet);
  if (end - at <= IPCOMP_HEADER_LENGTH || readU16(packet, at + 2) !== ipca.cpi) return undefined;
  const headers = ipca.mode === 'transport' ? at : 0;
  const data = ipca.codec.decompress(packet.subarray(at + IPCOMP_HEADER_LENGTH, end), 0xffff - headers);
  if (!data) return undefined;
  const out = new Uint8Array(at + data.length);
  out.set(packet.subarray(0, at));
  out.set(data, at);
  const total = closeGap(ipca, out, at, namedAt(place), at, data.length, packet[at]!);
  return total < 0 ? undefined : out.subarray(0, total);
}

/** The CPI of an IPComp packet, or `malformed` as a drop code. */
export function cpiOf(packet: Uint8Array): number {
  const place = findSecurityHeader(packet, protocols.IPComp);
  return place < 0 || offsetOf(place) + IPCOMP_HEADER_LENGTH > ipTotalLength(packet)
    ? dropCodes.malformed
    : readU16(packet, offsetOf(place) + 2);
}
