/**
 * TLS messages in lockstep: whoever has fragments left waits for an acknowledgement, and every packet is answered by one packet (RFC 5216 section 2.1.5).
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { createTlsReassembly, decodeTlsPacket, fragmentTlsMessage, isAcknowledgement, TLS_ACKNOWLEDGEMENT } from './tls-fragment.js';

/** How much a conversation may be. */
export interface TlsLimits {
  /** Octets of an EAP packet. */
  readonly packetSize: number;
  /** Octets of all TLS messages that come, together. */
  readonly maxOctets: number;
  /** Packets that come. */
  readonly maxRounds: number;
}

/** What a packet comes to. */
type TlsTurn =
  | {
      /** Answer it so, and wait. */
      readonly kind: 'answer';
      readonly data: Uint8Array;
    }
  | {
      /** A message is whole; empty: the other side has nothing to say. */
      readonly kind: 'message';
      readonly message: Uint8Array;
    };

/** The way between EAP packets and TLS messages, in either role. */
export interface TlsTransport {
  /** Takes Type-Data. @throws IpsecError `invalid-syntax` */
  receive(typeData: Uint8Array): TlsTurn;
  /** Begins to send a message. @returns Type-Data of its first packet */
  send(message: Uint8Array): Uint8Array;
}

/** Without anything under way. */
export function createTlsTransport({ packetSize, maxOctets, maxRounds }: TlsLimits): TlsTransport {
  const reassembly = createTlsReassembly(maxOctets);
  let waiting: Uint8Array[] = [];
  let rounds = 0;
  return {
    receive(typeData) {
      if (++rounds > maxRounds)
        throw new IpsecError('invalid-syntax', 'EAP-TLS', { expected: `${maxRounds} packets at most`, found: 'more' });
      const packet = decodeTlsPacket(typeData);
      // RFC 5216 section 2.1.5: "The S flag is set only within the EAP-TLS start message sent from the EAP server to the peer."
      if (packet.isStart) throw new IpsecError('invalid-syntax', 'EAP-TLS', { expected: 'no further Start', found: 'a Start' });
      const next = waiting.shift();
      if (next !== undefined) {
        if (isAcknowledgement(packet)) return { kind: 'answer', data: next };
        throw new IpsecError('invalid-syntax', 'EAP-TLS', { expected: 'an acknowledgement of a fragment', found: 'something else' });
      }
      const message = reassembly.add(packet);
      return message ? { kind: 'message', message } : { kind: 'answer', data: TLS_ACKNOWLEDGEMENT };
    },
    send(message) {
      const [first, ...others] = fragmentTlsMessage(message, packetSize);
      waiting = others;
      return first!;
    },
  };
}
