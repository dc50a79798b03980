/**
 * What happens to an endpoint. SPIs of IKE SAs are 16 hexadecimal digits each.
 *
 * @module
 */
import type { IpsecError } from '../errors.js';
import type { AuditEvent } from '../ikev2/events.js';
import type { Configuration } from '../ikev2/configuration.js';
import type { ChildSaKeys, IkeKeys } from '../ikev2/keys.js';
import type { UdpEndpoint } from '../ikev2/states.js';
import type { ProcessAudit } from '../process.js';
import type { EncryptionRow, IntegrityRow } from '../suite/types.js';
import type { Identity } from '../traffic-selector.js';

/** Something that happened. */
export type EndpointEvent =
  | EstablishedEvent
  | AssignedEvent
  | ChildUpEvent
  | ChildDownEvent
  | ChildFailedEvent
  | RekeyedEvent
  | MovedEvent
  | ClosedEvent
  | IkeAuditEvent
  | PacketEvent
  | IkeKeysEvent
  | Ikev1KeysEvent
  | ChildKeysEvent;

/** An IKE SA is there: the peer has proved who it is. */
export interface EstablishedEvent {
  /** Which event it is. */
  readonly type: 'established';
  /** The connection. */
  readonly connection: string;
  /** SPIi. */
  readonly spiI: string;
  /** SPIr. */
  readonly spiR: string;
  /** Who the peer is. */
  readonly peerId: Identity;
  /** Who it is besides, where it has proved more than once (RFC 4739): the user of a machine. */
  readonly furtherIds?: readonly Identity[] | undefined;
  /** IKEv1 with XAUTH: the name of the user, theirs or ours. */
  readonly user?: string | undefined;
  /** Where it is. */
  readonly remote: UdpEndpoint;
}

/** As client: what the peer gave us. */
export interface AssignedEvent {
  /** Which event it is. */
  readonly type: 'assigned';
  /** The connection. */
  readonly connection: string;
  /** Virtual addresses, name servers. */
  readonly configuration: Configuration;
}

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

/** A pair of Child SAs is there. */
export interface ChildUpEvent extends ChildEvent {
  /** Which event it is. */
  readonly type: 'childUp';
}

/** A pair of Child SAs is gone, and no other has taken its place. */
export interface ChildDownEvent extends ChildEvent {
  /** Which event it is. */
  readonly type: 'childDown';
  /** Why, in a word. */
  readonly reason: string;
}

/** A Child SA could not be had. */
export interface ChildFailedEvent {
  /** Which event it is. */
  readonly type: 'childFailed';
  /** The connection. */
  readonly connection: string;
  /** The policy's name. */
  readonly child: string;
  /** Why. */
  readonly error: IpsecError;
}

/** An SA has a successor. */
export interface RekeyedEvent {
  /** Which event it is. */
  readonly type: 'rekeyed';
  /** What was replaced. */
  readonly what: 'IKE' | 'child';
  /** The connection. */
  readonly connection: string;
  /** The successor: SPIi of an IKE SA, our inbound SPI of a Child SA as `0x` text. */
  readonly spi: string;
}

/** The peer, or the NAT in front of it or of us, has another address or port. */
export interface MovedEvent {
  /** Which event it is. */
  readonly type: 'moved';
  /** The connection. */
  readonly connection: string;
  /** Where the peer is now. */
  readonly remote: UdpEndpoint;
}

/** An IKE SA is over. */
export interface ClosedEvent {
  /** Which event it is. */
  readonly type: 'closed';
  /** The connection; undefined: a peer had begun it and never said, or never proved, who it is. */
  readonly connection: string | undefined;
  /** SPIi. */
  readonly spiI: string;
  /** SPIr; zeros: the responder has not chosen it. */
  readonly spiR: string;
  /** Why, in words. */
  readonly reason: string;
  /** What went wrong; absent where it ended as somebody wished. */
  readonly error: IpsecError | undefined;
  /** Whether it had ever been established. */
  readonly wasEstablished: boolean;
}

/** Something of IKE to remember; never for the peer. */
export interface IkeAuditEvent {
  /** Which event it is. */
  readonly type: 'audit';
  /** What happened. */
  readonly event: AuditEvent;
  /** In words. */
  readonly detail: string;
  /** The connection, where it is known. */
  readonly connection: string | undefined;
}

/** An auditable event of RFC 4301: mostly a packet that was discarded. */
export interface PacketEvent {
  /** Which event it is. */
  readonly type: 'packet';
  /** What the RFCs want in the log. */
  readonly record: ProcessAudit;
}

/** The keys of an IKE SA, where `keyLog` is on: what `formatIkeSaKeyLog` of `ipsec-ts/capture` takes. The octets are copies. */
export interface IkeKeysEvent {
  /** Which event it is. */
  readonly type: 'ikeKeys';
  /** SPIi, 8 octets. */
  readonly spiI: Uint8Array;
  /** SPIr, 8 octets. */
  readonly spiR: Uint8Array;
  /** The algorithm of SK_ei and SK_er. */
  readonly encryption: EncryptionRow;
  /** The algorithm of SK_ai and SK_ar; absent with a combined-mode one. */
  readonly integrity: IntegrityRow | undefined;
  /** The keys. */
  readonly keys: Pick<IkeKeys, 'SK_ei' | 'SK_er' | 'SK_ai' | 'SK_ar'>;
}

/** The key of an IKE SA of IKEv1, where `keyLog` is on: what `formatKeyLog` of `ipsec-ts/capture` takes. The octets are copies. */
export interface Ikev1KeysEvent {
  /** Which event it is. */
  readonly type: 'ikev1Keys';
  /** CKY-I, 8 octets. */
  readonly spiI: Uint8Array;
  /** CKY-R, 8 octets. */
  readonly spiR: Uint8Array;
  /** What messages are encrypted with. */
  readonly encryption: EncryptionRow;
  /** IANA's name of the hash. */
  readonly hash: string;
  /** The key. */
  readonly key: Uint8Array;
}

/** The keys of one direction of a Child SA, where `keyLog` is on: what `formatChildSaKeyLog` of `ipsec-ts/capture` takes. The octets are copies. */
export interface ChildKeysEvent {
  /** Which event it is. */
  readonly type: 'childKeys';
  /** ESP or AH. */
  readonly protocol: 'ESP' | 'AH';
  /** The receiver's SPI. */
  readonly spi: number;
  /** The sender. */
  readonly source: Uint8Array;
  /** The receiver. */
  readonly destination: Uint8Array;
  /** ESP: the algorithm of the encryption key. */
  readonly encryption: EncryptionRow | undefined;
  /** The algorithm of the integrity key; absent with a combined-mode one. */
  readonly integrity: IntegrityRow | undefined;
  /** The keys. */
  readonly keys: ChildSaKeys;
  /** Extended Sequence Numbers. */
  readonly esn: boolean;
}
