/**
 * The Type-Data of EAP-TLS and its kin (RFC 5216 section 3): flags, length, and TLS messages in fragments.
 *
 * @module
 */
import { concat, readU32, writeU32 } from '../bytes.js';
import { IpsecError } from '../errors.js';

/** What one packet says. */
export interface TlsPacket {
  /** S: EAP-TLS Start. */
  readonly isStart: boolean;
  /** M: more fragments follow. */
  readonly hasMore: boolean;
  /** L: TLS Message Length, of all fragments together. */
  readonly messageLength: number | undefined;
  /** TLS Data. */
  readonly data: Uint8Array;
}

/** Type-Data of a Start. */
export const TLS_START: Uint8Array = Uint8Array.of(0x20);
/** Type-Data without TLS Data: it acknowledges a fragment, or ends the conversation. */
export const TLS_ACKNOWLEDGEMENT: Uint8Array = Uint8Array.of(0);

/** Reads Type-Data. @throws IpsecError `invalid-syntax`: no flags, or no length where they promise one */
export function decodeTlsPacket(typeData: Uint8Array): TlsPacket {
  // RFC 5216 section 3.1: "Implementations of this specification MUST set the reserved bits to zero, and MUST ignore them on reception."
  const flags = typeData[0];
  if (flags === undefined) throw broken('flags', '1 octet', 'none');
  const hasLength = (flags & LENGTH_INCLUDED) !== 0;
  if (hasLength && typeData.length < 5) throw broken('TLS Message Length', '4 octets', String(typeData.length - 1));
  return {
    isStart: (flags & START) !== 0,
    hasMore: (flags & MORE_FRAGMENTS) !== 0,
    messageLength: hasLength ? readU32(typeData, 1) : undefined,
    data: typeData.subarray(hasLength ? 5 : 1),
  };
}

/**
 * Cuts a TLS message up. RFC 5216 section 3.1: the L bit "MUST be set for the first fragment of a fragmented TLS message or set of messages"; it is set for a
 * message in one piece, too, as most peers do.
 *
 * @param packetSize octets of an EAP packet: header and Type (5 octets), flags, length and data
 * @returns Type-Data of the packets, one at least
 */
export function fragmentTlsMessage(message: Uint8Array, packetSize: number): Uint8Array[] {
  if (message.length === 0) return [TLS_ACKNOWLEDGEMENT];
  const first = message.subarray(0, packetSize - EAP_HEADER - 5);
  const head = new Uint8Array(5);
  head[0] = LENGTH_INCLUDED | (first.length < message.length ? MORE_FRAGMENTS : 0);
  writeU32(head, 1, message.length);
  const packets = [concat(head, first)];
  for (let at = first.length; at < message.length;) {
    const piece = message.subarray(at, at + packetSize - EAP_HEADER - 1);
    at += piece.length;
    packets.push(concat(Uint8Array.of(at < message.length ? MORE_FRAGMENTS : 0), piece));
  }
  return packets;
}

/** Puts fragments together. */
export interface TlsReassembly {
  /** @returns the message, when it is whole; undefined: acknowledge, and wait for more. @throws IpsecError `invalid-syntax` */
  add(packet: TlsPacket): Uint8Array | undefined;
}

/**
 * Every fragment has to bring something, and what is announced has to come: so nobody who sends fragments goes on for ever.
 *
 * @param maxOctets of all messages of the conversation together. RFC 5216 section 2.1.5: "a reasonable choice of maximum acceptable message length might be 64 KB."
 */
export function createTlsReassembly(maxOctets: number): TlsReassembly {
  let parts: Uint8Array[] = [];
  let announced: number | undefined;
  let length = 0;
  let left = maxOctets;
  return {
    add(packet) {
      check(packet);
      const { data, hasMore } = packet;
      announced ??= packet.messageLength;
      parts.push(data.slice());
      length += data.length;
      left -= data.length;
      if (hasMore) return undefined;
      const message = parts.length === 1 ? parts[0]! : concat(...parts);
      parts = [];
      announced = undefined;
      length = 0;
      return message;
    },
  };

  function check({ data, hasMore, messageLength }: TlsPacket): void {
    const isFirst = parts.length === 0;
    const total = announced ?? messageLength;
    const come = length + data.length;
    if (hasMore && data.length === 0) throw broken('fragment', 'TLS Data', 'none, and more to follow');
    if (isFirst && hasMore && total === undefined) throw broken('first fragment', 'a TLS Message Length', 'none');
    if (messageLength !== undefined && messageLength !== total)
      throw broken('TLS Message Length', `${total} as before`, String(messageLength));
    if (Math.max(total ?? 0, come) - length > left) throw broken('TLS messages', `${maxOctets} octets together at most`, 'more');
    if (total !== undefined && (come > total || (hasMore ? come === total : come < total))) {
      throw broken(
        'fragments',
        `${total} octets together, as the first has announced`,
        hasMore ? `${come} and more to follow` : String(come),
      );
    }
  }
}

/** Whether it brings nothing and promises nothing. */
export function isAcknowledgement({ isStart, hasMore, messageLength = 0, data }: TlsPacket): boolean {
  return !isStart && !hasMore && messageLength === 0 && data.length === 0;
}

const [LENGTH_INCLUDED, MORE_FRAGMENTS, START] = [0x80, 0x40, 0x20];
/** Code, Identifier, Length and Type. */
const EAP_HEADER = 5;

function broken(what: string, expected: string, found: string): IpsecError {
  return new IpsecError('invalid-syntax', `EAP-TLS ${what}`, { expected, found });
}
