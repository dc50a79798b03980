/** Echo requests and replies on the clear side of a host of ours. */
import { decodeIcmp, decodeIp, encodeEcho, protocols } from '../../src/ip.js';

/** What a clear packet is to somebody who pings and answers pings. */
type Echo = { readonly type: 'request'; readonly reply: Uint8Array } | { readonly type: 'reply' } | { readonly type: 'other' };

function readEcho(packet: Uint8Array): Echo {
  const ip = decodeIp(packet);
  if (ip.protocol !== protocols.ICMP && ip.protocol !== protocols['IPv6-ICMP']) return { type: 'other' };
  const { type } = decodeIcmp(packet, ip);
  if (type === 0 || type === 129) return { type: 'reply' };
  if (type !== 8 && type !== 128) return { type: 'other' };
  const message = packet.subarray(ip.upperOffset, ip.totalLength);
  const [id, seq] = [(message[4]! << 8) | message[5]!, (message[6]! << 8) | message[7]!];
  return {
    type: 'request',
    reply: encodeEcho({ source: ip.destination, destination: ip.source, id, seq, data: message.subarray(8), reply: true }),
  };
}

/** Counts replies, and sends requests. */
export interface Pinger {
  /** How many of so many requests were answered within a second after the last. */
  ping(from: Uint8Array, to: Uint8Array, count: number, octets?: number): Promise<number>;
  /** Every clear packet that comes. */
  take(packet: Uint8Array): void;
}

/** @param send hands over clear packets: requests, and replies to those of others. */
export function createPinger(send: (packet: Uint8Array) => void): Pinger {
  let answered = 0;
  return {
    take: (packet) => {
      const echo = readEcho(packet);
      if (echo.type === 'reply') answered++;
      if (echo.type === 'request') send(echo.reply);
    },
    ping: async (source, destination, count, octets = 48) => {
      const before = answered;
      for (let seq = 1; seq <= count; seq++) {
        send(encodeEcho({ source, destination, id: 0x1b5e, seq, data: new Uint8Array(octets).fill(seq) }));
        await sleep(50);
      }
      for (let wait = 0; wait < 40 && answered - before < count; wait++) await sleep(25);
      return answered - before;
    },
  };
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
