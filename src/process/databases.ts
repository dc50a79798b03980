/**
 * The databases of one IPsec context (RFC 4301 section 4.4) and the little state that processing itself needs. Everything that changes
 * while packets pass is in here.
 *
 * @module
 */
import { createReassembler, type Reassembler, type ReassemblyLimits } from '../ip.js';
import type { IpcompAssociation } from '../ipcomp/packet.js';
import type { ChecksumFix } from '../nat-t.js';
import type { Pad } from '../pad.js';
import { createSad, type Sad, type SadEntry } from '../sad.js';
import { createSpd, type ProtectPolicy, type Spd } from '../spd.js';
import { createLimiter, type Limiter } from './limiter.js';
import { type ProcessConfig, type ProcessOptions, resolveOptions } from './options.js';
import { createFragmentTracker, type FragmentTracker, type TrackerLimits } from './tracker.js';

/** What processing knows of an SA that neither the SA nor the SAD holds. */
export interface Attachment {
  /** The policy that this SA serves, where it is one of several layers: `addProtectingSa` puts it here. */
  readonly policy?: ProtectPolicy | undefined;
  /** Which of the policy's layers this SA is, 0 the innermost. Default 0. */
  readonly layer?: number | undefined;
  /** Outbound: payloads are compressed before this SA seals them. Inbound: what comes out of this SA may be compressed (RFC 3173). */
  readonly ipcomp?: IpcompAssociation | undefined;
  /** Inbound, transport mode behind a NAT: how upper-layer checksums are put right (RFC 3948 section 3.1.2). */
  readonly checksumFix?: ChecksumFix | undefined;
  /**
   * Inbound, tunnel mode: RFC 4301 section 5.1.2: "It may be configured to either discard the outer DS value (the default) OR to overwrite
   * the inner DS field with the outer DS field." Default `keep`: the inner one stays.
   */
  readonly innerDscp?: 'keep' | 'copy' | undefined;
}

/** One IPsec context. Mutable: it belongs to one owner, who hands it to `processOutbound` and `processInbound`. */
export interface Databases {
  /** Security Associations. */
  readonly sad: Sad;
  /** Policies. */
  readonly spd: Spd;
  /** Peers; only key management looks into it. */
  readonly pad: Pad | undefined;
  /** What the administrator decided. */
  readonly options: ProcessOptions;
  /** Fragments from the unprotected side that wait for others. */
  readonly reassembler: Reassembler;
  /** Fragments from the protected side that wait for others, where that is asked for. */
  readonly outboundReassembler: Reassembler;
  /** Initial fragments that were let through (RFC 4301 sections 7.3 and 7.4). */
  readonly tracker: FragmentTracker;
  /** How many ICMP answers may still go out. */
  readonly icmpLimiter: Limiter;
  /** How many notifications may still go out. */
  readonly notifyLimiter: Limiter;
  /** What is known of single SAs besides. */
  readonly attachments: WeakMap<SadEntry, Attachment>;
}

/** What {@link createDatabases} takes. */
export interface DatabasesConfig extends ProcessConfig {
  /** Default: an empty one. */
  readonly sad?: Sad | undefined;
  /** Default: an empty one, which discards everything. */
  readonly spd?: Spd | undefined;
  /** Default: none. */
  readonly pad?: Pad | undefined;
  /** Bounds for both reassemblers. */
  readonly reassembly?: Partial<ReassemblyLimits> | undefined;
  /** Bounds of stateful fragment checking. */
  readonly tracking?: Partial<TrackerLimits> | undefined;
}

/**
 * Puts databases and decisions together.
 *
 * @throws IpsecError `invalid-config` or `invalid-argument` with the path of what cannot be.
 */
export function createDatabases(config: DatabasesConfig): Databases {
  const { sad, spd, pad, reassembly, tracking, ...rest } = config;
  const options = resolveOptions(rest);
  return {
    sad: sad ?? createSad(),
    spd: spd ?? createSpd([]),
    pad,
    options,
    reassembler: createReassembler(reassembly),
    outboundReassembler: createReassembler(reassembly),
    tracker: createFragmentTracker(tracking),
    icmpLimiter: createLimiter(options.icmp.rate),
    notifyLimiter: createLimiter(options.notify === 'none' ? { perSecond: 0, burst: 0 } : options.notify),
    attachments: new WeakMap(),
  };
}

/** Tells processing more about an SA of `db.sad`; what was told before is replaced. */
export function attachToSa(db: Databases, entry: SadEntry, attachment: Attachment): void {
  db.attachments.set(entry, attachment);
}
