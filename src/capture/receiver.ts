/**
 * The receiving side of a key file: one SA per entry, found by protocol, SPI and addresses.
 *
 * @module
 */
import { createSa, type SecurityAssociation } from '../association.js';
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { equalAddresses, isMulticast } from '../ip/address.js';
import { createIpcomp, type CompressionCodec, type IpcompAssociation } from '../ipcomp/packet.js';
import { natTraversalPort } from '../nat-t.js';
import type { IkeFollower } from './ike-follow.js';
import type { Ikev1Follower } from './isakmp-followed.js';
import { findEspSaTemplate, type EspSaTemplate } from './esp-sa.js';
import { toSaConfig, type AlgorithmRows, type ManualSa } from './keys.js';

/** An ESP or AH SA of a key file, ready to receive. */
export interface KeyedSa {
  /** Tells it from an IPComp entry. */
  readonly kind: 'sa';
  /** As the file has it. */
  readonly manual: ManualSa;
  /** The receiving SA: its window moves with the packets. */
  readonly sa: SecurityAssociation;
}

/** An IPComp entry of a key file. */
export interface KeyedIpcomp {
  /** Tells it from an SA. */
  readonly kind: 'ipcomp';
  /** As the file has it. */
  readonly manual: ManualSa;
  /** The association. */
  readonly ipca: IpcompAssociation;
}

/** An entry of a key file, ready to receive. */
export type ListedSa = KeyedSa | KeyedIpcomp;

/** What {@link createReceiver} takes besides the SAs. */
export interface ReceiverOptions {
  /** The algorithms to choose from. */
  readonly rows: AlgorithmRows;
  /** DEFLATE from `ipsec-ts/ipcomp`; needed only for IPCOMP entries. */
  readonly codec?: CompressionCodec | undefined;
  /** Entries of a Wireshark table whose SPI is a pattern. */
  readonly templates?: readonly EspSaTemplate[];
  /** Follows IKEv2, and knows the Child SAs that come of it. */
  readonly ike?: IkeFollower | undefined;
  /** The same of IKEv1. */
  readonly ikev1?: Ikev1Follower | undefined;
  /** No anti-replay check and no look at the padding: for packets whose making is copied, not judged. Default false. */
  readonly lenient?: boolean;
}

/** All SAs of a key file. Mutable through their windows; one capture, one receiver. */
export interface Receiver {
  /** In the order of the file. */
  readonly sas: readonly ListedSa[];
  /** Ports on which ESP in UDP is looked for: 4500, those of the key file, and those on which the peers of Child SAs speak. */
  readonly udpPorts: Pick<ReadonlySet<number>, 'has'>;
  /** By protocol and SPI. */
  readonly byName: Map<string, ListedSa[]>;
  /** Destination addresses that the file names. */
  readonly destinations: ReadonlySet<string>;
  /** What it was made with. */
  readonly options: ReceiverOptions;
  /** The SAs that IKE agreed on and that a packet asked for. */
  readonly derived: Map<ManualSa, ListedSa | undefined>;
  /** How many SAs were made from templates. */
  fromTemplates: number;
}

/** Whoever sends a packet for every SPI gets no more SAs than this out of a pattern. */
const MAXIMUM_FROM_TEMPLATES = 4096;

/**
 * Makes the receiving SAs of a key file.
 *
 * @throws IpsecError with the place in the file: an algorithm that is not among the rows, a key of the wrong length, a combination that
 * would not protect; `unsupported` for IPCOMP entries without a codec.
 */
export function createReceiver(sas: readonly ManualSa[], options: ReceiverOptions): Receiver {
  const listed = sas.map((manual) => list(manual, options));
  const byName = new Map<string, ListedSa[]>();
  for (const entry of listed) {
    const name = nameOf(entry.manual.protocol, entry.manual.spi);
    const others = byName.get(name);
    if (others === undefined) byName.set(name, [entry]);
    else others.push(entry);
  }
  const all = [...sas, ...(options.templates ?? []).map((t) => t.sa)];
  const ports = new Set([
    natTraversalPort,
    ...all.flatMap((s) => (s.encapsulation ? [s.encapsulation.sourcePort, s.encapsulation.destinationPort] : [])),
  ]);
  return {
    sas: listed,
    udpPorts: { has: (port) => ports.has(port) || [options.ike, options.ikev1].some((ike) => ike?.udpPorts.has(port) === true) },
    byName,
    destinations: new Set(all.flatMap((s) => (s.destination ? [toHex(s.destination)] : []))),
    options,
    derived: new Map(),
    fromTemplates: 0,
  };
}

/** The receiving SA of a Child SA that IKE agreed on; undefined when its algorithms cannot be keyed, or DEFLATE is not at hand. */
export function listDerived(receiver: Receiver, manual: ManualSa): ListedSa | undefined {
  if (!receiver.derived.has(manual)) {
    try {
      receiver.derived.set(manual, list(manual, receiver.options));
    } catch (error) {
      if (!(error instanceof IpsecError)) throw error;
      receiver.derived.set(manual, undefined);
    }
  }
  return receiver.derived.get(manual);
}

function nameOf(protocol: ManualSa['protocol'], spi: number): string {
  return `${protocol} ${spi}`;
}

function list(manual: ManualSa, options: ReceiverOptions): ListedSa {
  const { protocol, mode, source, destination } = manual;
  if (protocol === 'IPCOMP') {
    if (options.codec === undefined) {
      throw new IpsecError('unsupported', 'IPComp without a codec', {
        path: manual.path,
        expected: 'DEFLATE from ipsec-ts/ipcomp, which needs the package fflate',
      });
    }
    const tunnel = mode === 'tunnel' ? 'tunnel' : 'transport';
    return { kind: 'ipcomp', manual, ipca: createIpcomp({ cpi: manual.spi, mode: tunnel, source, destination, codec: options.codec }) };
  }
  const lenient = options.lenient === true ? { replayWindow: 0, checkPadding: false } : {};
  try {
    return { kind: 'sa', manual, sa: createSa({ ...toSaConfig(manual, options.rows), ...lenient }) };
  } catch (error) {
    if (!(error instanceof IpsecError) || error.path?.startsWith(manual.path)) throw error;
    throw new IpsecError(error.code, error.message, { path: manual.path, cause: error });
  }
}

/**
 * The SA for a packet: by protocol and SPI, then by destination where the entry has one, then the one whose source fits best.
 *
 * RFC 4301 section 4.1: "For each inbound, IPsec-protected packet, an implementation must conduct its search of the SAD such that it finds
 * the entry that matches the "longest" SA identifier."
 */
export function findListed(
  receiver: Receiver,
  protocol: ManualSa['protocol'],
  spi: number,
  source: Uint8Array,
  destination: Uint8Array,
): ListedSa | undefined {
  const found = best(receiver.byName.get(nameOf(protocol, spi)) ?? [], source, destination);
  if (found !== undefined || protocol !== 'ESP' || receiver.fromTemplates >= MAXIMUM_FROM_TEMPLATES) return found;
  const manual = findEspSaTemplate(receiver.options.templates ?? [], spi, source, destination);
  if (manual === undefined) return undefined;
  const made = list(manual, receiver.options);
  const others = receiver.byName.get(nameOf(protocol, spi));
  if (others === undefined) receiver.byName.set(nameOf(protocol, spi), [made]);
  else others.push(made);
  receiver.fromTemplates++;
  return made;
}

/** The IPComp entry whose addresses fit a datagram that has no IPComp header. */
export function findIpcompByAddress(receiver: Receiver, source: Uint8Array, destination: Uint8Array): KeyedIpcomp | undefined {
  const entries = receiver.sas.filter((entry): entry is KeyedIpcomp => entry.kind === 'ipcomp');
  const fitting = entries.filter(({ manual }) => manual.source === undefined || equalAddresses(manual.source, source));
  return best(fitting, source, destination);
}

/** Whether the file has an SA for this destination, so that a packet to it without an SA of its own is one that the receiver drops. */
export function namesDestination(receiver: Receiver, destination: Uint8Array): boolean {
  return receiver.destinations.has(toHex(destination));
}

function best<Entry extends ListedSa>(entries: readonly Entry[], source: Uint8Array, destination: Uint8Array): Entry | undefined {
  let found: Entry | undefined;
  let rank = -1;
  for (const entry of entries) {
    const fit = rankOf(entry.manual, source, destination);
    if (fit > rank) {
      rank = fit;
      found = entry;
    }
  }
  return found;
}

/** The longest match wins: a destination counts more than a source. -1: not for this packet. */
function rankOf({ source: from, destination: to }: ManualSa, source: Uint8Array, destination: Uint8Array): number {
  if (to !== undefined && !equalAddresses(to, destination)) return -1;
  if (from !== undefined && !equalAddresses(from, source)) {
    // Unicast: a NAT on the way changes the source, and the SPI is the receiver's own. Multicast: the SPI is not.
    return isMulticast(destination) ? -1 : to === undefined ? 0 : 3;
  }
  return (to === undefined ? 0 : 3) + (from === undefined ? 1 : 2);
}
