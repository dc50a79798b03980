/**
 * What becomes of a received packet. Drops are values, not exceptions: a peer must not be able to make a receiver throw.
 *
 * What the peer can learn from a drop is nothing: no answer is sent. What the receiver's own record says is all of it.
 *
 * @module
 */
import type { SecurityAssociation } from './association.js';

/**
 * Why a packet was dropped. The hot path answers with these numbers, all negative, so that a length and a reason fit into one
 * return value.
 */
export const dropCodes = {
  /** No SA has this SPI, or its keys are wiped. */
  'no-sa': -1,
  /** Cut off, overlong, or in contradiction with itself. */
  malformed: -2,
  /** Seen before, or too old for the window. */
  replay: -3,
  /** The Integrity Check Value does not fit. */
  icv: -4,
  /** The Padding is longer than the payload, or not 1, 2, 3, ... */
  padding: -5,
  /** Next Header 59: made to be dropped. */
  dummy: -6,
  /** The clear packet is not one that this SA may carry. */
  selectors: -7,
  /** The SA is past a hard lifetime. */
  expired: -8,
  /** The caller's buffer is shorter than the packet. */
  'buffer-too-small': -9,
  /** The SPD does not want it. */
  policy: -10,
  /** A fragment: it has to be put together first. */
  fragment: -11,
} as const;

/** A reason for a drop, in words. */
export type DropReason = keyof typeof dropCodes;

const reasons: readonly DropReason[] = Object.freeze(Object.keys(dropCodes) as DropReason[]);

/** The reason behind a negative result of `openInto`. */
export function dropReason(code: number): DropReason {
  return reasons[-code - 1] ?? 'malformed';
}

/**
 * A record of an auditable event. RFC 4303 section 3.4.3: "The audit log entry for this event SHOULD include the SPI value,
 * date/time received, Source Address, Destination Address, the Sequence Number, and (in IPv6) the Flow ID."
 */
export interface AuditRecord {
  /** What happened. */
  readonly event: DropReason | 'sequence-overflow' | 'lifetime' | 'icmp-rejected' | 'sa-bypassed';
  /** Milliseconds on the caller's clock, where a time was given. */
  readonly at: number | undefined;
  /** SPI, where the packet has one. */
  readonly spi: number | undefined;
  /** The protocol of the SA or packet. */
  readonly protocol: 'ESP' | 'AH' | 'IPCOMP' | undefined;
  /** Source Address. */
  readonly source: Uint8Array | undefined;
  /** Destination Address. */
  readonly destination: Uint8Array | undefined;
  /** The (inferred, full) Sequence Number. */
  readonly seq: number | undefined;
  /** IPv6 Flow Label. */
  readonly flowLabel: number | undefined;
  /** In words, for the local log only. */
  readonly detail?: string | undefined;
}

/** The answer to "what is in this protected packet?". */
export type Verdict =
  | {
      /** It is genuine and new. */
      readonly ok: true;
      /** The SA that protected it. */
      readonly sa: SecurityAssociation;
      /** The clear IP packet: a fresh array. */
      readonly packet: Uint8Array;
      /** The (full) Sequence Number. */
      readonly seq: number;
    }
  | {
      /** It was dropped. */
      readonly ok: false;
      /** Why. */
      readonly drop: DropReason;
      /** For the log. */
      readonly audit: AuditRecord;
    };

/** The verdict of a drop, with what RFC 4303 and 4302 want in the audit log. */
export function dropped(
  code: number,
  sa: SecurityAssociation,
  packet: Uint8Array,
  seq: number | undefined,
  now: number | undefined,
): Verdict {
  const version = packet.length >= 20 ? packet[0]! >>> 4 : 0;
  const v6 = version === 6 && packet.length >= 40;
  const v4 = version === 4;
  const drop = dropReason(code);
  return {
    ok: false,
    drop,
    audit: {
      event: drop,
      at: now,
      spi: sa.spi,
      protocol: sa.protocol,
      source: v6 ? packet.slice(8, 24) : v4 ? packet.slice(12, 16) : sa.source,
      destination: v6 ? packet.slice(24, 40) : v4 ? packet.slice(16, 20) : sa.destination,
      seq,
      flowLabel: v6 ? ((packet[1]! & 15) << 16) | (packet[2]! << 8) | packet[3]! : undefined,
    },
  };
}
