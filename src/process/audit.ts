/**
 * Audit records of processing: RFC 4301 names the events and "a minimum set of information that SHOULD be included" (section 9).
 *
 * @module
 */
import type { Flow, IpPacket } from '../ip.js';
import type { SadEntry } from '../sad.js';
import type { SelectorSet } from '../traffic-selector.js';
import type { AuditRecord, DropReason } from '../verdict.js';

/** Why a packet was discarded. The reasons of ESP and AH themselves are those of their verdicts. */
export type DiscardReason =
  | DropReason
  /** No policy matches it. RFC 4301 section 5: "If no policy is found in the SPD that matches a packet (for either inbound or outbound traffic), the packet MUST be discarded." */
  | 'no-policy'
  /** The SA has used its last sequence number. */
  | 'sequence-overflow'
  /** It does not fit the path and may not be cut. */
  | 'too-big'
  /** It crossed the boundary too often. */
  | 'nesting'
  /** An ICMP message that is not wanted, or that speaks of a packet that the SA does not carry. */
  | 'icmp-rejected'
  /** RFC 6040: congestion on the way, and a transport that knows no ECN. */
  | 'ecn'
  /** The packet inside an SA with compression does not decompress. */
  | 'ipcomp'
  /** The SA required could not be made: RFC 4301 section 5.1.1 (b1). */
  | 'prohibited'
  /** The peer could not be reached: RFC 4301 section 5.1.1 (b2). */
  | 'unreachable';

/** What happened. Besides discards: an ICMP error that is to be logged, and ECN fields that no known tunnel makes. */
export type ProcessEvent = DiscardReason | 'icmp' | 'ecn-alarm';

/** One auditable event. Addresses are copies. */
export interface ProcessAudit extends Omit<AuditRecord, 'event' | 'at'> {
  /** What happened. */
  readonly event: ProcessEvent;
  /** Which way the packet went. */
  readonly direction: 'outbound' | 'inbound';
  /** Milliseconds on the caller's clock. */
  readonly at: number;
  /** Next Layer Protocol of the packet, -1 where it cannot be told. */
  readonly nextProtocol: number | undefined;
  /** Source port, or ICMP type and code, or MH type; -1 where there is none. */
  readonly sourcePort: number | undefined;
  /** Destination port, or what stands in its place. */
  readonly destinationPort: number | undefined;
  /** RFC 4301 section 5.2 (5): "the selector values from the relevant SAD entry." */
  readonly selectors: readonly SelectorSet[] | undefined;
}

/** What is known of the packet and its SA. */
export interface AuditFacts {
  /** The packet's selectors. */
  readonly flow?: Flow | undefined;
  /** Its header. */
  readonly decoded?: IpPacket | undefined;
  /** The clear Flow ID, where the addresses of the SA are to be named and not those of the packet. */
  readonly flowLabel?: number | undefined;
  /** Its SA. */
  readonly entry?: SadEntry | undefined;
  /** SPI, where there is one without an SA. */
  readonly spi?: number | undefined;
  /** The protocol of the SA. */
  readonly protocol?: 'ESP' | 'AH' | undefined;
  /** Sequence number. */
  readonly seq?: number | undefined;
  /** The selectors of the SA. */
  readonly selectors?: readonly SelectorSet[] | undefined;
  /** In words. */
  readonly detail?: string | undefined;
}

/** Writes one record. */
export function auditOf(event: ProcessEvent, direction: 'outbound' | 'inbound', now: number, facts: AuditFacts): ProcessAudit {
  const { flow, decoded, entry, seq, detail } = facts;
  const sa = entry?.sa;
  return {
    event,
    direction,
    at: now,
    spi: facts.spi ?? sa?.spi,
    protocol: facts.protocol ?? sa?.protocol,
    source: (flow ?? decoded)?.source.slice() ?? sa?.source?.slice(),
    destination: (flow ?? decoded)?.destination.slice() ?? sa?.destination?.slice(),
    seq,
    flowLabel: facts.flowLabel ?? (decoded?.version === 6 ? decoded.flowLabel : undefined),
    nextProtocol: flow?.protocol,
    sourcePort: flow?.sourcePort,
    destinationPort: flow?.destinationPort,
    selectors: facts.selectors,
    detail,
  };
}
