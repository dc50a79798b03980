/**
 * What an endpoint takes and gives: datagrams, packets, actions. What happens to it is in `event-types.ts`.
 *
 * @module
 */
import type { Ask } from '../ikev2/events.js';
import type { UdpEndpoint } from '../ikev2/states.js';
import type { EndpointEvent } from './event-types.js';
import type { Ikev1Ask } from './ikev1-types.js';

export type { UdpEndpoint };

/** A UDP datagram that came. */
export interface EndpointDatagram {
  /** The UDP payload. */
  readonly data: Uint8Array;
  /** Where it came from. */
  readonly from: UdpEndpoint;
  /** Where it came to: the address itself, not the wildcard that a socket may be bound to. */
  readonly to: UdpEndpoint;
}

/** What the host has to do, in order. Octets may be views; nothing here is changed later. */
export type EndpointAction = SendDatagram | SendPacket | DeliverPacket | AskOutside | TellEvent;

/** Send a UDP datagram. */
export interface SendDatagram extends EndpointDatagram {
  /** Which action it is. */
  readonly type: 'datagram';
}

/** Send an IP packet on the unprotected side: ESP and AH without UDP, and what policy lets pass. */
export interface SendPacket {
  /** Which action it is. */
  readonly type: 'ip';
  /** The packet, with its IP header. */
  readonly packet: Uint8Array;
}

/** Hand a clear IP packet to the protected side. */
export interface DeliverPacket {
  /** Which action it is. */
  readonly type: 'deliver';
  /** The packet, with its IP header. */
  readonly packet: Uint8Array;
}

/** A question to the outside world, of either version of IKE. */
export type EndpointAsk = Ask | Ikev1Ask;

/** Find something out, and come back with `answer`. */
export interface AskOutside {
  /** Which action it is. */
  readonly type: 'ask';
  /** For `answer`. */
  readonly id: number;
  /** The question. */
  readonly ask: EndpointAsk;
  /** The connection that it is about. */
  readonly connection: string;
}

/** Something happened. */
export interface TellEvent {
  /** Which action it is. */
  readonly type: 'event';
  /** What. */
  readonly event: EndpointEvent;
}
