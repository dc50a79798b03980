/**
 * The state of SAs as JSON: to hand them to another process, or to come back after a restart. The members that `keys.json` has
 * too mean the same here, so an export with keys is also a file for `decode`.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { formatAddress } from '../ip/address.js';
import type { TunnelTemplate } from '../ip/tunnel.js';
import { formatSelector } from '../traffic-selector.js';
import { fullSeq, type Lifetime, type UdpEncapsulation } from '../association.js';
import { listSas, type Sad } from './database.js';
import type { SadEntry, SaLookup } from './entry.js';

/** ESP inside UDP, as JSON. */
export interface EncapsulationState extends UdpEncapsulation {
  /** The only one there is. */
  readonly protocol: 'udp';
}

/** One SA as JSON. */
export interface SaState {
  /** Whether packets come out of it or go into it. */
  readonly direction: 'inbound' | 'outbound';
  /** The protocol of the SA. */
  readonly protocol: 'ESP' | 'AH';
  /** RFC 4301 section 4.1. */
  readonly mode: 'tunnel' | 'transport';
  /** `0x` and eight digits. */
  readonly spi: string;
  /** Sender, as text. */
  readonly source?: string;
  /** Receiver, as text. */
  readonly destination?: string;
  /** ESP's algorithm; `key` (hex, salt at its end) only where keys were asked for. */
  readonly encryption?: NamedAlgorithm;
  /** Integrity algorithm; likewise. */
  readonly integrity?: NamedAlgorithm;
  /** Extended Sequence Numbers. */
  readonly esn: boolean;
  /** Size of the anti-replay window. */
  readonly replayWindow: number;
  /** Decimal: the last number used (outbound), the highest one seen (inbound). */
  readonly startSeq: string;
  /** ESP inside UDP. */
  readonly encapsulation?: EncapsulationState;
  /** AH over IPv4: header multiple. */
  readonly ahPadding?: 4 | 8;
  /** Encryption without integrity. */
  readonly unsafeNoIntegrity?: true;
  /** Whether the sender's number may wrap. */
  readonly mayWrap?: true;
  /** ESP: padding multiple. */
  readonly padTo: number;
  /** Whether received padding is inspected. */
  readonly checkPadding: boolean;
  /** TFC: shortest inner packet. */
  readonly tfcLength: number;
  /** Outer header of a tunnel. */
  readonly tunnelHeader?: Omit<TunnelTemplate, 'source' | 'destination'>;
  /** Selectors, as text (`formatSelector`). */
  readonly selectors?: readonly string[];
  /** When a successor is due. */
  readonly softLifetime: Lifetime;
  /** When it ends. */
  readonly hardLifetime: Lifetime;
  /** Milliseconds since it was made. */
  readonly age: number;
  /** Payload octets so far. */
  readonly octets: number;
  /** Packets so far. */
  readonly packets: number;
  /** What identifies it on receipt. */
  readonly lookup: SaLookup;
  /** The policy that it serves, if that is a name or a number. */
  readonly policy?: string | number;
  /** The DSCP values whose packets it takes. */
  readonly dscp?: readonly number[];
  /** Whether fragments are checked statefully. */
  readonly statefulFragments?: true;
}

/** An algorithm by name. */
export interface NamedAlgorithm {
  /** IANA's name. */
  readonly name: string;
  /** Key and salt, hex. */
  readonly key?: string;
}

/** What {@link exportSa} takes. */
export interface ExportOptions {
  /**
   * Whether the keys are written down in clear. Only for SAs added with `exportableKeys`; whoever reads the result can read and
   * forge the traffic. Default false.
   */
  readonly includeKeys?: boolean;
}

/**
 * Writes down one SA. The SA goes on; what it sends after this moment is what `importSa` needs a margin for.
 *
 * @param now milliseconds on the caller's monotonic clock; the state holds the SA's age, since clocks of two processes differ.
 * @throws IpsecError `sa-deleted`, or `invalid-argument` when keys are asked for and were not kept.
 */
export function exportSa(entry: SadEntry, now: number, options: ExportOptions = {}): SaState {
  const { sa } = entry;
  if (entry.state === 'removed' || !sa.alive) {
    throw new IpsecError('sa-deleted', `SA 0x${sa.spi.toString(16)} is deleted and its keys are wiped`);
  }
  const p = sa.protection;
  const includeKeys = options.includeKeys === true;
  const algorithms = {
    ...(p.kind === 'integrity' ? {} : { encryption: named(p.row.name, includeKeys, entry.keys?.encryption) }),
    ...(p.kind === 'combined' || !p.integrity ? {} : { integrity: named(p.integrity.name, includeKeys, entry.keys?.integrity) }),
  };
  return {
    direction: entry.direction,
    protocol: sa.protocol,
    mode: sa.mode,
    spi: `0x${sa.spi.toString(16).padStart(8, '0')}`,
    ...(sa.source && { source: formatAddress(sa.source) }),
    ...(sa.destination && { destination: formatAddress(sa.destination) }),
    ...algorithms,
    esn: sa.esn,
    replayWindow: sa.window.size,
    startSeq: String(fullSeq(sa, entry.direction === 'outbound' ? sa.seq : sa.window.top)),
    ...(sa.encapsulation && { encapsulation: { protocol: 'udp', ...sa.encapsulation } }),
    ...(sa.ahPadding && { ahPadding: sa.ahPadding }),
    ...(p.kind === 'separate' && !p.mac && { unsafeNoIntegrity: true }),
    ...(sa.mayWrap && { mayWrap: true }),
    padTo: sa.padTo,
    checkPadding: sa.checkPadding,
    tfcLength: sa.tfcLength,
    ...(sa.tunnelHeader && { tunnelHeader: policyOf(sa.tunnelHeader) }),
    ...(sa.selectors && { selectors: sa.selectors.map(formatSelector) }),
    softLifetime: { ...sa.softLifetime },
    hardLifetime: { ...sa.hardLifetime },
    age: Math.max(0, Math.round(now - sa.createdAt)),
    octets: sa.octets,
    packets: sa.packets,
    lookup: entry.lookup,
    ...((typeof entry.policy === 'string' || typeof entry.policy === 'number') && { policy: entry.policy }),
    ...(entry.dscp && { dscp: [...entry.dscp] }),
    ...(entry.statefulFragments && { statefulFragments: true }),
  };
}

/** A whole database as JSON. */
export interface SadState {
  /** Its SAs, in the order in which they came. */
  readonly sas: readonly SaState[];
}

/** Writes down all SAs, in the order in which they came: `{ sas: [...] }`. Those past their hard lifetime are left out. */
export function exportSad(sad: Sad, now: number, options: ExportOptions = {}): SadState {
  return { sas: listSas(sad).flatMap((entry) => (entry.state === 'hard' ? [] : [exportSa(entry, now, options)])) };
}

function named(name: string, includeKeys: boolean, key: Uint8Array | undefined): NamedAlgorithm {
  if (!includeKeys) return { name };
  if (!key) {
    throw new IpsecError('invalid-argument', `the key of ${name} was not kept`, {
      path: 'includeKeys',
      expected: 'false, or an SA added with exportableKeys',
    });
  }
  return { name, key: toHex(key) };
}

function policyOf({ df, ecn, dscp, hopLimit, flowLabel }: TunnelTemplate): Omit<TunnelTemplate, 'source' | 'destination'> {
  return { df, ecn, dscp, hopLimit, flowLabel };
}
