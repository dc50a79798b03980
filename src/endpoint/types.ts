/**
 * What an endpoint takes and gives: datagrams, packets, actions, events.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { AuditEvent, Ask } from '../ikev2/events.js';
import type { Configuration } from '../ikev2/configuration.js';
import type { UdpEndpoint } from '../ikev2/states.js';
import type { ProcessAudit } from '../process.js';
import type { Identity } from '../traffic-selector.js';

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
export type EndpointAction =
  /** Send a UDP datagram. */
  | { readonly type: 'datagram'; readonly data: Uint8Array; readonly from: UdpEndpoint; readonly to: UdpEndpoint }
  /** Send an IP packet on the unprotected side: ESP and AH without UDP, and what policy lets pass. */
  | { readonly type: 'ip'; readonly packet: Uint8Array }
  /** Hand a clear IP packet to the protected side. */
  | { readonly type: 'deliver'; readonly packet: Uint8Array }
  /** Find something out, and come back with `answer`. */
  | { readonly type: 'ask'; readonly id: number; readonly ask: Ask; readonly connection: string }
  /** Something happened. */
  | { readonly type: 'event'; readonly event: EndpointEvent };

/** What happens to an endpoint. SPIs of IKE SAs are 16 hexadecimal digits each. */
export type EndpointEvent =
  /** An IKE SA is there: the peer has proved who it is. */
  | {
      readonly type: 'established';
      readonly connection: string;
      readonly spiI: string;
      readonly spiR: string;
      readonly peerId: Identity;
      readonly remote: UdpEndpoint;
    }
  /** As client: what the peer gave us: virtual addresses, name servers. */
  | { readonly type: 'assigned'; readonly connection: string; readonly configuration: Configuration }
  /** A pair of Child SAs is there. */
  | ({ readonly type: 'childUp' } & ChildEvent)
  /** A pair of Child SAs is gone, and no other has taken its place. */
  | ({ readonly type: 'childDown'; readonly reason: string } & ChildEvent)
  /** A Child SA could not be had. */
  | { readonly type: 'childFailed'; readonly connection: string; readonly child: string; readonly error: IpsecError }
  /** An SA has a successor: the SPIs are the new ones. */
  | { readonly type: 'rekeyed'; readonly what: 'IKE' | 'child'; readonly connection: string; readonly spi: string }
  /** The peer, or the NAT in front of it or of us, has another address or port. */
  | { readonly type: 'moved'; readonly connection: string; readonly remote: UdpEndpoint }
  /** An IKE SA is over. Without an error it ended as somebody wished. */
  | {
      readonly type: 'closed';
      readonly connection: string;
      readonly spiI: string;
      readonly reason: string;
      readonly error: IpsecError | undefined;
      /** Whether it had ever been established. */
      readonly wasEstablished: boolean;
    }
  /** Something of IKE to remember; never for the peer. */
  | { readonly type: 'audit'; readonly event: AuditEvent; readonly detail: string; readonly connection: string | undefined }
  /** An auditable event of RFC 4301: mostly a packet that was discarded. */
  | { readonly type: 'packet'; readonly record: ProcessAudit }
  /** A line for Wireshark's tables, where `keyLog` is on. */
  | { readonly type: 'keyLog'; readonly table: 'ikev2_decryption_table' | 'esp_sa'; readonly line: string };

/** What the events about a pair of Child SAs say. */
export interface ChildEvent {
  /** The connection. */
  readonly connection: string;
  /** The policy's name. */
  readonly child: string;
  /** Of what we receive. */
  readonly spiIn: number;
  /** Of what we send. */
  readonly spiOut: number;
  /** What it carries, in words: ours, then the peer's. */
  readonly selectors: string;
}

export type { UdpEndpoint };
