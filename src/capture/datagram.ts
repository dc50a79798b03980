/**
 * What comes out of the decoder: one value per protected datagram, from which both the JSON lines and the text are made.
 *
 * @module
 */
import type { UdpEncapsulation } from '../association.js';
import type { IpsecError } from '../errors.js';
import type { RefusalReason } from '../ip/pieces.js';
import type { DropReason } from '../verdict.js';
import type { FollowedMessage } from './ike-follow.js';
import type { IkeOutline } from './ike-names.js';
import type { FollowedIkev1 } from './isakmp-followed.js';
import type { CaptureTime } from './pcap-record.js';
import type { ListedSa } from './receiver.js';

/** What became of a datagram or of one of its layers: `unknown` when no key is listed for it. */
export type Result = 'ok' | 'drop' | 'unknown';

/** What every layer has. Offsets count in `packet`. */
export interface LayerPlace {
  /** The IP packet whose outermost protection this layer is: a view or an array of its own, not to be changed. */
  readonly packet: Uint8Array;
  /** Where the ESP, AH or IPComp header begins. */
  readonly at: number;
  /** Where what the IP header (or UDP) carries ends. */
  readonly end: number;
  /** The octet that names the protected protocol, or UDP. */
  readonly named: number;
  /** Octets of IP headers in front, a UDP header around ESP not counted. */
  readonly headerLength: number;
  /** The ports around ESP. */
  readonly encapsulation: UdpEncapsulation | undefined;
  /** SPI or CPI; absent when the packet ends before it. */
  readonly spi: number | undefined;
}

/** What is found out about a layer with a key. */
interface LayerOutcome extends LayerPlace {
  /** The entry of the key file that it belongs to. */
  readonly listed: ListedSa | undefined;
  /** The full sequence number as inferred (the 32 bits of the packet without a key); absent in IPComp and when the packet ends before it. */
  readonly seq: bigint | undefined;
  /** What became of it. */
  readonly result: Result;
  /** Why it was dropped. */
  readonly reason?: DropReason;
  /** The mode in which it was opened. */
  readonly mode?: 'tunnel' | 'transport';
  /** The IP packet that came out of it: memory of its own. */
  readonly inner?: Uint8Array;
}

/** An ESP layer. */
export interface EspLayer extends LayerOutcome {
  /** Which protocol. */
  readonly protocol: 'ESP';
  /** What stood encrypted; only when it was opened. */
  readonly trailer?: EspTrailer;
}

/** The encrypted end of an ESP packet, in the clear. */
export interface EspTrailer {
  /** Octets of Payload Data without the IV and without TFC padding. */
  readonly payloadLength: number;
  /** TFC padding: RFC 4303 section 2.7. */
  readonly tfc: Uint8Array;
  /** The Padding field. */
  readonly padding: Uint8Array;
  /** Next Header. */
  readonly nextHeader: number;
}

/** An AH layer. */
export interface AhLayer extends LayerOutcome {
  /** Which protocol. */
  readonly protocol: 'AH';
}

/** An IPComp layer. */
export interface IpcompLayer extends LayerOutcome {
  /** Which protocol. */
  readonly protocol: 'IPCOMP';
  /** The datagram travelled without an IPComp header: RFC 3173 section 2. Then `at` is where it would have stood. */
  readonly plain: boolean;
}

/** One layer of protection, the outermost first. */
export type Layer = EspLayer | AhLayer | IpcompLayer;

/** One datagram that is protected, or that an IPCOMP entry of the key file is for. */
export interface DecodedDatagram {
  /** Tells it from the other records. */
  readonly type: 'datagram';
  /** The record that completes it, from 1. */
  readonly packet: number;
  /** When that was captured. */
  readonly time: CaptureTime;
  /** The datagram, put together if it came in fragments. */
  readonly datagram: Uint8Array;
  /** The outermost protocol. */
  readonly protocol: 'ESP' | 'AH' | 'IPCOMP';
  /** The outermost SPI or CPI; absent when the packet ends before it. */
  readonly spi: number | undefined;
  /** The outermost full sequence number. */
  readonly seq: bigint | undefined;
  /** What became of it. */
  readonly result: Result;
  /** Why it was dropped. */
  readonly reason?: DropReason;
  /** Which layer dropped it, where that is not the outermost (0). */
  readonly layer?: number;
  /** The clear IP packet after every listed SA. */
  readonly inner?: Uint8Array;
  /** The highest number in the outermost SA's window after this datagram; absent without a window. */
  readonly top?: bigint;
  /** All layers that were seen, the outermost first. */
  readonly layers: readonly Layer[];
  /** The capture holds this datagram's beginning alone. */
  readonly cut: boolean;
}

/** A record that could not be read. */
export interface BrokenRecordFound {
  /** Tells it from the other records. */
  readonly type: 'broken';
  /** Its number. */
  readonly packet: number;
  /** What is wrong with it. */
  readonly error: IpsecError;
}

/** A fragment that completes no datagram. */
export interface FragmentFound {
  /** Tells it from the other records. */
  readonly type: 'fragment';
  /** The number of its record. */
  readonly packet: number;
  /** Why it was refused; absent: it waits for others. */
  readonly refused?: RefusalReason | 'malformed';
}

/** A datagram of IKE. */
export interface IkeFound {
  /** Tells it from the other records. */
  readonly type: 'ike';
  /** The record that completes it. */
  readonly packet: number;
  /** When that was captured. */
  readonly time: CaptureTime;
  /** Of the IP packet. */
  readonly source: Uint8Array;
  /** Of the IP packet. */
  readonly destination: Uint8Array;
  /** UDP. */
  readonly sourcePort: number;
  /** UDP. */
  readonly destinationPort: number;
  /** Behind the Non-ESP Marker where there is one: a view. */
  readonly octets: Uint8Array;
  /** What is clear of it; absent when it does not even begin as a message. */
  readonly outline?: IkeOutline;
  /** What was found out about an IKEv2 message; absent without a follower. */
  readonly followed?: FollowedMessage;
  /** What was found out about an IKEv1 message; absent without a follower. */
  readonly followedV1?: FollowedIkev1;
}

/** A NAT-keepalive, or anything that is not protected. */
export interface UnprotectedFound {
  /** Tells it from the other records. */
  readonly type: 'keepalive' | 'other';
  /** The number of its record. */
  readonly packet: number;
  /** Of `other`: what it is, in words. */
  readonly reason?: string;
}

/** What else a capture holds. */
export type OtherRecord = BrokenRecordFound | FragmentFound | UnprotectedFound | IkeFound;

/** One record of a capture, decoded. */
export type DecodedRecord = DecodedDatagram | OtherRecord;
