/**
 * Look-up: from a received packet to its SA (RFC 4301 section 4.1), from a policy to the SAs that serve it, and from the packet
 * inside an ICMP message to the SA that sent it.
 *
 * @module
 */
import type { SecurityAssociation } from '../association.js';
import { EMPTY, equalAt } from '../bytes.js';
import { equalAddresses } from '../ip/address.js';
import type { Sad } from './database.js';
import { usesProtocol, type PolicyKey, type SadEntry } from './entry.js';
import { findHead, findSlot, slotKinds } from './spi-table.js';

/**
 * The SA of a received packet, found without allocating anything.
 *
 * RFC 4301 section 4.1: "For each inbound, IPsec-protected packet, an implementation must conduct its search of the SAD such that
 * it finds the entry that matches the "longest" SA identifier.": first SPI, destination and source address, then SPI and
 * destination, then "a match on only SPI if the receiver has chosen to maintain a single SPI space for AH and ESP, and on both SPI
 * and protocol, otherwise." A multicast entry is matched without regard to the protocol; if the longest match is of the other
 * protocol, it could not process the packet, so the answer is that there is none.
 *
 * @param packet where the addresses are: the outer IP packet.
 * @param sourceAt offset of the source address, `destinationAt` of the destination.
 * @param addressLength 4 or 16; 0 when the addresses are not known: then only SAs identified by their SPI alone are found.
 * @returns undefined: "Otherwise, discard the packet and log an auditable event."
 */
export function findInboundSa(
  sad: Sad,
  protocol: SecurityAssociation['protocol'],
  spi: number,
  packet: Uint8Array,
  sourceAt: number,
  destinationAt: number,
  addressLength: number,
): SadEntry | undefined {
  const table = sad.inbound;
  const word = findSlot(table, spi);
  const kind = word & 3;
  // Almost always one SA has this SPI and nothing else identifies it; then the entry itself need not be read.
  if (kind !== slotKinds.list) return kind === slotKinds[protocol] ? table.heads[word >>> 2] : undefined;
  for (let entry = table.heads[word >>> 2]; entry; entry = entry.next) {
    const { sa, lookup } = entry;
    if (lookup === 'spi') {
      if (sa.protocol === protocol) return entry;
      continue;
    }
    if (!isAt(sa.destination, packet, destinationAt, addressLength)) continue;
    if (lookup === 'spi-destination-source' && !isAt(sa.source, packet, sourceAt, addressLength)) continue;
    if (sa.protocol === protocol) return entry;
    if (!usesProtocol(entry)) return undefined;
  }
  return undefined;
}

/**
 * {@link findInboundSa} with addresses of their own.
 *
 * @param destination absent: only SAs identified by their SPI alone are found.
 */
export function findSa(
  sad: Sad,
  protocol: SecurityAssociation['protocol'],
  spi: number,
  destination: Uint8Array = EMPTY,
  source: Uint8Array = EMPTY,
): SadEntry | undefined {
  const pair = new Uint8Array(32);
  pair.set(source.length === destination.length ? source : EMPTY);
  pair.set(destination, 16);
  return findInboundSa(sad, protocol, spi, pair, 0, 16, destination.length);
}

/**
 * The newest outbound SA that serves a policy; older ones follow by `older`. After a rekey the successor is used at once, and the
 * predecessor stays until it is removed, so that nothing is lost in between.
 */
export function newestSa(sad: Sad, policy: PolicyKey): SadEntry | undefined {
  return sad.newest.get(policy);
}

/** All outbound SAs that serve a policy, newest first; a fresh array. */
export function findOutboundSas(sad: Sad, policy: PolicyKey): SadEntry[] {
  const serving: SadEntry[] = [];
  for (let entry = newestSa(sad, policy); entry; entry = entry.older) serving.push(entry);
  return serving;
}

/**
 * Whether an outbound SA takes packets with this DSCP. RFC 4301 section 4.4.2.1: "If no values are specified, no DSCP-specific
 * filtering is applied. If one or more values are specified, these are used to select one SA among several that match the traffic
 * selectors for an outbound packet."
 *
 * @param dscp 0 to 63.
 */
export function takesDscp(entry: SadEntry, dscp: number): boolean {
  return entry.dscp === undefined || entry.dscp.length === 0 || entry.dscp.includes(dscp);
}

/**
 * The outbound SAs that may have sent a packet with this SPI: to which SA an ICMP message belongs. RFC 4301 section 8.2.1: "This
 * mapping is effected by extracting the header information from the payload of the PMTU message". There can be several: "two hosts
 * behind the same NAT could choose the same SPI value" (section 4.4.2).
 *
 * @param destination where the packet went; an SA without a destination fits any.
 */
export function findSentBy(sad: Sad, protocol: SecurityAssociation['protocol'], spi: number, destination: Uint8Array): SadEntry[] {
  const found: SadEntry[] = [];
  for (let entry = findHead(sad.outbound, spi); entry; entry = entry.next) {
    const { sa } = entry;
    if (sa.protocol === protocol && (!sa.destination || equalAddresses(sa.destination, destination))) found.push(entry);
  }
  return found;
}

function isAt(address: Uint8Array | undefined, packet: Uint8Array, offset: number, length: number): boolean {
  return address !== undefined && address.length === length && equalAt(address, 0, packet, offset, length);
}
