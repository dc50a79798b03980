/**
 * What becomes of a packet. Everything is a value: nothing is sent, nobody is asked, nothing is thrown for what is in a packet.
 *
 * @module
 */
import type { LifetimeEvent, SadEntry } from '../sad.js';
import type { SpdEntry } from '../spd.js';
import type { SelectorSet } from '../traffic-selector.js';
import type { DiscardReason, ProcessAudit } from './audit.js';

/** What every result carries. */
export interface Remarks {
  /** Auditable events, in their order. Shared and frozen when there are none. */
  readonly audit: readonly ProcessAudit[];
  /** Lifetimes that ended, of whichever SA: a soft one asks for a successor; after a hard one the SA is removed and wiped. */
  readonly events: readonly LifetimeEvent[];
}

/** Leaves for the unprotected side, protected. */
export interface SendResult extends Remarks {
  /** What to do. */
  readonly action: 'send';
  /** IP packets, several when something was fragmented; fresh arrays. */
  readonly packets: readonly Uint8Array[];
  /** The SAs that were applied, the innermost first. */
  readonly path: readonly SadEntry[];
}

/** Leaves as it is. */
export interface BypassResult extends Remarks {
  /** What to do. */
  readonly action: 'bypass';
  /** The packet: the caller's own array, or one put together from fragments. */
  readonly packet: Uint8Array;
  /** Inbound, an ICMP message about the path MTU: the outbound SAs whose estimate it lowered (RFC 4301 section 8.2.1). */
  readonly lowered?: readonly SadEntry[] | undefined;
}

/** Goes nowhere. */
export interface DiscardResult extends Remarks {
  /** What to do: nothing. */
  readonly action: 'discard';
  /** Why. The packet's sender and the peer never learn it. */
  readonly reason: DiscardReason;
  /** Outbound: an ICMP message for the sender, to be delivered on the protected side (RFC 4301 section 5.1.1). */
  readonly answer?: Uint8Array | undefined;
  /** Inbound: what IKE may tell the peer. */
  readonly notify?: Notification | undefined;
}

/** A packet to send by IKE. The limit on how many there may be is already applied. */
export interface Notification {
  /**
   * RFC 4301 section 5.2 (5): "The system SHOULD also be capable of generating and sending an IKE notification of INVALID_SELECTORS to the
   * sender (IPsec peer)"; INVALID_SPI where no SA has the SPI (RFC 7296 section 1.5).
   */
  readonly type: 'INVALID_SPI' | 'INVALID_SELECTORS';
  /** The protocol of the SA. */
  readonly protocol: 'ESP' | 'AH';
  /** The SPI: for INVALID_SPI it is the notification data, for INVALID_SELECTORS the SPI field. */
  readonly spi: number;
  /** Where it came from: unauthenticated for INVALID_SPI. */
  readonly peer: Uint8Array;
  /** INVALID_SELECTORS: the beginning of the packet. Empty for INVALID_SPI. */
  readonly packet: Uint8Array;
}

/** Wait: it was a fragment, and others are still to come. */
export interface MoreResult extends Remarks {
  /** What to do: nothing yet. */
  readonly action: 'more';
}

/** IKE is asked for an SA. The packet may be kept and processed again. RFC 4301 section 5.1 (3b). */
export interface AcquireResult extends Remarks {
  /** What to do. */
  readonly action: 'acquire';
  /** The policy that wants the SA. */
  readonly policy: SpdEntry;
  /** Selectors for it: of the policy, or where it says so ("populate from packet") of the packet. */
  readonly selectors: readonly SelectorSet[];
  /** The packet that asks for it. */
  readonly packet: Uint8Array;
}

/** Too big for the path: its sender is told. RFC 4301 section 8.2.1. */
export interface TooBigResult extends Remarks {
  /** What to do: deliver `answer` on the protected side. */
  readonly action: 'icmp';
  /** Fragmentation Needed or Packet Too Big; absent where no error may be sent or the limit is reached. */
  readonly answer: Uint8Array | undefined;
  /** Octets of the largest packet that fits. */
  readonly mtu: number;
}

/** It is for this device itself and does not cross the boundary. */
export interface LocalResult extends Remarks {
  /** What to do: hand it to the device's own stack. */
  readonly action: 'local';
  /** The packet. */
  readonly packet: Uint8Array;
}

/** What `processOutbound` answers. */
export type OutboundResult = SendResult | BypassResult | DiscardResult | MoreResult | AcquireResult | TooBigResult | LocalResult;

/** It was protected, and is what its SA may carry. */
export interface DeliverResult extends Remarks {
  /** What to do: pass it on, on the protected side. */
  readonly action: 'deliver';
  /** The clear packet: a fresh array. */
  readonly packet: Uint8Array;
  /** The SAs on which it came, the outermost first. */
  readonly path: readonly SadEntry[];
  /** The (full) sequence number on the outermost of them. */
  readonly seq: number;
  /**
   * UDP-encapsulated ESP came, genuine, from another address or port than the SA has: the NAT may have changed. What follows is key
   * management's to decide (RFC 7296 section 2.23); here nothing changes.
   */
  readonly moved?: PeerEndpoint | undefined;
}

/** Where a peer seems to be. */
export interface PeerEndpoint {
  /** Its address. */
  readonly address: Uint8Array;
  /** Its UDP port. */
  readonly port: number;
}

/** A message for IKE. */
export interface IkeResult extends Remarks {
  /** What to do: hand it to IKE. */
  readonly action: 'ike';
  /** The IKE message, without UDP header and Non-ESP Marker: a view. */
  readonly message: Uint8Array;
  /** Where it came from. */
  readonly from: PeerEndpoint;
  /** The address of ours that it came to. */
  readonly to: Uint8Array;
  /** The UDP port on which it came. */
  readonly port: number;
}

/** A NAT-keepalive. RFC 3948 section 2.3: "The receiver SHOULD ignore a received NAT-keepalive packet." */
export interface KeepaliveResult extends Remarks {
  /** What to do: nothing. */
  readonly action: 'keepalive';
}

/** What `processInbound` answers. */
export type InboundResult = DeliverResult | BypassResult | DiscardResult | MoreResult | IkeResult | KeepaliveResult;

/** No remarks. */
export const nothing: readonly never[] = /* @__PURE__ */ Object.freeze([]);
