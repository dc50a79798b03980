/**
 * Echo messages that come out of a tunnel.
 *
 * @module
 */
import { readU16 } from '../../bytes.js';
import { IpsecError } from '../../errors.js';
import { decodeIcmp, decodeIp, encodeEcho, isIcmpError } from '../../ip.js';

/** An echo message. */
export interface EchoMessage {
  readonly isReply: boolean;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly id: number;
  readonly seq: number;
  readonly data: Uint8Array;
}

/** The echo message in a packet; undefined: there is none, or it is damaged or a fragment. */
export function readEcho(packet: Uint8Array): EchoMessage | undefined {
  try {
    const ip = decodeIp(packet);
    const { type, version, checksumRight } = decodeIcmp(packet, ip);
    const [request, reply] = version === 4 ? [8, 0] : [128, 129];
    if (isIcmpError(version, type) || !checksumRight || (type !== request && type !== reply)) return undefined;
    const { source, destination, upperOffset: at, totalLength } = ip;
    return {
      isReply: type === reply,
      source,
      destination,
      id: readU16(packet, at + 4),
      seq: readU16(packet, at + 6),
      data: packet.slice(at + 8, totalLength),
    };
  } catch (error) {
    if (error instanceof IpsecError) return undefined;
    throw error;
  }
}

/** The answer to an echo request. */
export function answerEcho({ source, destination, id, seq, data }: EchoMessage): Uint8Array {
  return encodeEcho({ source: destination, destination: source, id, seq, data, reply: true });
}
