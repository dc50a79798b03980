/**
 * One line of the SAD: an SA with what the database keeps about it (RFC 4301 section 4.4.2.1).
 *
 * @module
 */
import type { SecurityAssociation } from '../association.js';
import type { Scheduled } from '../deadlines.js';
import { isMulticast } from '../ip/address.js';

/**
 * What identifies an inbound SA. RFC 4301 section 4.1: "Each entry in the SA Database (SAD) (Section 4.4.2) must indicate
 * whether the SA lookup makes use of the destination IP address, or the destination and source IP addresses, in addition to the SPI."
 */
export type SaLookup = 'spi' | 'spi-destination' | 'spi-destination-source';

/** What an SA serves: the name or number of a policy, or the policy's record itself. Compared by identity. */
export type PolicyKey = string | number | object;

/** What `addSa` takes besides the SA. */
export interface SadEntryOptions {
  /** Whether packets come out of this SA or go into it. */
  readonly direction: 'inbound' | 'outbound';
  /**
   * Inbound: what identifies it. Default: `spi` for a unicast or unknown destination; for a multicast one
   * `spi-destination-source` where the SA has a source, `spi-destination` where it has none. RFC 4301 section 4.1: "Typically,
   * Source-Specific Multicast (SSM) [HC03] groups use a 3-tuple SA identifier composed of an SPI, a destination multicast
   * address, and source address. An Any-Source Multicast group SA requires only an SPI and a destination multicast address as an identifier."
   */
  readonly lookup?: SaLookup | undefined;
  /** The policy that this SA serves (outbound: `findOutboundSas`; inbound: for the caller). */
  readonly policy?: PolicyKey | undefined;
  /** Outbound: the DSCP values (0 to 63) whose packets this SA takes; absent: all (RFC 4301 section 4.4.2.1). */
  readonly dscp?: readonly number[] | undefined;
  /** RFC 4301 section 7.3: whether fragments are checked statefully on this SA. Default false. */
  readonly statefulFragments?: boolean | undefined;
  /**
   * The keys as they were given to `createSa`, kept (as copies, wiped with the SA) so that `exportSa` can write them down.
   * Absent: this SA can only be exported without keys.
   */
  readonly exportableKeys?: SaKeys | undefined;
}

/** Keying material: of each algorithm the key and, at its end, the salt. */
export interface SaKeys {
  /** Of the encryption algorithm. */
  readonly encryption?: Uint8Array | undefined;
  /** Of the integrity algorithm. */
  readonly integrity?: Uint8Array | undefined;
}

/** One SA in the database. Mutable where said; only the functions of this module change it. */
export interface SadEntry extends Scheduled {
  /** The Security Association. */
  readonly sa: SecurityAssociation;
  /** Whether packets come out of it or go into it. */
  readonly direction: 'inbound' | 'outbound';
  /** What identifies it on receipt. */
  readonly lookup: SaLookup;
  /** The policy that it serves. */
  readonly policy: PolicyKey | undefined;
  /** The DSCP values whose packets it takes; undefined: all. */
  readonly dscp: readonly number[] | undefined;
  /** Whether fragments are checked statefully. */
  readonly statefulFragments: boolean;
  /** Copies of the keys, if they were asked to be kept. */
  readonly keys: SaKeys | undefined;
  /** `fresh`; `soft`: a successor is due; `hard`: nothing may pass any more; `removed`: no longer in the database. Mutable. */
  state: 'fresh' | 'soft' | 'hard' | 'removed';
  /** Octets of the outer packet that the path was seen to take; Infinity: nothing seen. Mutable; read it through `pathMtu`. */
  pathMtu: number;
  /** Milliseconds: when `pathMtu` was last lowered. Mutable. */
  pathMtuAt: number;
  /** Limits of the lifetime as plain numbers, Infinity where there is none; the times are milliseconds. */
  readonly limits: SaLimits;
  /** The next entry with the same SPI, which has a shorter or equally long identifier. Mutable, private. */
  next: SadEntry | undefined;
  /** Outbound: the SA that came before this one for the same policy. Mutable; walk it from `newestSa`. */
  older: SadEntry | undefined;
  /** Outbound: the SA that came after this one for the same policy. Mutable, private. */
  newer: SadEntry | undefined;
  /** Order of arrival. Private. */
  readonly serial: number;
}

/** The lifetime of an SA as plain numbers, Infinity where there is no limit. */
export interface SaLimits {
  /** Milliseconds: when a successor is due. */
  readonly softAt: number;
  /** Milliseconds: when it ends. */
  readonly hardAt: number;
  /** Octets after which a successor is due. */
  readonly softOctets: number;
  /** Octets after which it ends. */
  readonly hardOctets: number;
  /** Packets after which a successor is due. */
  readonly softPackets: number;
  /** Packets after which it ends. */
  readonly hardPackets: number;
  /** Sequence number at which a successor is due. */
  readonly softSeq: number;
  /** Last sequence number. */
  readonly hardSeq: number;
}

/** An entry that is in no database yet. */
export function createEntry(sa: SecurityAssociation, options: SadEntryOptions, serial: number): SadEntry {
  const { direction, policy, dscp, exportableKeys } = options;
  return {
    sa,
    direction,
    lookup: options.lookup ?? defaultLookup(sa),
    policy,
    dscp: dscp?.slice(),
    statefulFragments: options.statefulFragments ?? false,
    keys: exportableKeys && { encryption: exportableKeys.encryption?.slice(), integrity: exportableKeys.integrity?.slice() },
    state: 'fresh',
    pathMtu: Infinity,
    pathMtuAt: 0,
    limits: limitsOf(sa, direction),
    deadline: Infinity,
    deadlineIndex: -1,
    next: undefined,
    older: undefined,
    newer: undefined,
    serial,
  };
}

/** How many addresses identify this entry besides the SPI: 0, 1 or 2. */
export function identifierLength(entry: SadEntry): number {
  return entry.lookup === 'spi' ? 0 : entry.lookup === 'spi-destination' ? 1 : 2;
}

/**
 * Whether the protocol is part of what identifies this entry. RFC 4301 section 4.1: "For multicast SAs, the protocol field is
 * not employed for SA lookups."
 */
export function usesProtocol(entry: SadEntry): boolean {
  return entry.lookup === 'spi' || entry.sa.destination === undefined || !isMulticast(entry.sa.destination);
}

/** Milliseconds: the next moment at which something happens to this entry by time alone; Infinity for never. */
export function deadlineOf({ state, limits: { softAt, hardAt } }: SadEntry): number {
  return state === 'fresh' ? Math.min(softAt, hardAt) : state === 'soft' ? hardAt : Infinity;
}

function defaultLookup(sa: SecurityAssociation): SaLookup {
  if (!sa.destination || !isMulticast(sa.destination)) return 'spi';
  return sa.source ? 'spi-destination-source' : 'spi-destination';
}

function limitsOf(sa: SecurityAssociation, direction: 'inbound' | 'outbound'): SaLimits {
  const { softLifetime: soft, hardLifetime: hard } = sa;
  // RFC 4303 section 2.2: "the sender's counter and the receiver's counter MUST be reset (by establishing a new SA and thus a new
  // key) prior to the transmission of the 2^32nd packet on an SA." So a successor is asked for a sixteenth earlier, by the sender.
  const counts = direction === 'outbound' && !sa.mayWrap;
  const hardSeq = counts ? (sa.esn ? Number.MAX_SAFE_INTEGER : 0xffffffff) : Infinity;
  return {
    softAt: sa.createdAt + (soft.seconds ?? Infinity) * 1000,
    hardAt: sa.createdAt + (hard.seconds ?? Infinity) * 1000,
    softOctets: soft.octets ?? Infinity,
    hardOctets: hard.octets ?? Infinity,
    softPackets: soft.packets ?? Infinity,
    hardPackets: hard.packets ?? Infinity,
    softSeq: counts ? hardSeq - Math.floor(hardSeq / 16) : Infinity,
    hardSeq,
  };
}
