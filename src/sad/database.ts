/**
 * The Security Association Database itself: what is in it, and how an SA comes in and goes out. RFC 4301 section 4.4.2.
 *
 * @module
 */
import { wipeSa, type SecurityAssociation } from '../association.js';
import { wipe } from '../bytes.js';
import { createDeadlines, type Deadlines, placeDeadline } from '../deadlines.js';
import { IpsecError } from '../errors.js';
import { equalAddresses } from '../ip/address.js';
import { createEntry, deadlineOf, usesProtocol, type PolicyKey, type SadEntry, type SadEntryOptions } from './entry.js';
import { createSpiTable, findHead, insertEntry, removeEntry, type SpiTable } from './spi-table.js';

/** What {@link createSad} takes. */
export interface SadOptions {
  /**
   * Whether an AH and an ESP SA may have the same SPI. RFC 4301 section 4.1: "as a local matter, an implementation may choose to
   * use the SPI in conjunction with the IPsec protocol type (AH or ESP) for SA identification." Default `per-protocol`.
   */
  readonly spiSpace?: 'per-protocol' | 'single' | undefined;
  /** Most SAs, and most SPIs handed out and not yet used. Default 2^20. */
  readonly limit?: number | undefined;
  /**
   * Milliseconds after which a path MTU is forgotten, at least 5 minutes, Infinity for never. RFC 4301 section 8.2.2: "The period
   * SHOULD be configurable." Default 10 minutes (RFC 1191 section 6.3).
   */
  readonly pathMtuAge?: number | undefined;
  /**
   * Smallest path MTU over IPv4 that is believed, at least 68: a forged ICMP message must not cut traffic into crumbs.
   * Default 576. Over IPv6 it is always 1280 (RFC 8201 section 4).
   */
  readonly minPathMtu?: number | undefined;
}

/** A Security Association Database. Mutable: it belongs to one owner. Its members are private, `size` and `options` apart. */
export interface Sad {
  /** The settings, with their defaults. */
  readonly options: Required<{ readonly [K in keyof SadOptions]: NonNullable<SadOptions[K]> }>;
  /** Number of SAs. Mutable. */
  size: number;
  /** Inbound SAs by SPI. Private. */
  readonly inbound: SpiTable;
  /** Outbound SAs by SPI. Private. */
  readonly outbound: SpiTable;
  /** The newest outbound SA of each policy. Private. */
  readonly newest: Map<PolicyKey, SadEntry>;
  /** SPIs that were handed out and have no SA yet. Private. */
  readonly reserved: Set<number>;
  /** When lifetimes in seconds end. Private. */
  readonly deadlines: Deadlines<SadEntry>;
  /** Entries whose lifetime in octets, packets or numbers ended and of which `checkLifetimes` has not told yet. Private. */
  readonly due: Set<SadEntry>;
  /** Order of arrival of the next entry. Mutable, private. */
  nextSerial: number;
}

/**
 * Makes an empty database.
 *
 * @throws IpsecError `invalid-argument` for a setting that the RFCs forbid.
 * @example
 * ```ts
 * import { createSa } from 'ipsec-ts/esp';
 * import { addSa, allocateSpi, createSad, findSa, removeSa } from 'ipsec-ts/sad';
 * import { aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const sad = createSad();
 * const spi = allocateSpi(sad, (octets) => octets.set(crypto.getRandomValues(new Uint8Array(octets.length))));
 * const sa = createSa({ protocol: 'ESP', mode: 'transport', spi, encryption: { row: aes128Gcm16, key: new Uint8Array(20) } });
 * const entry = addSa(sad, sa, { direction: 'inbound' });
 * if (findSa(sad, 'ESP', spi) !== entry) throw new Error('found by its SPI');
 * removeSa(sad, entry); // wipes the keys
 * if (findSa(sad, 'ESP', spi) || sa.alive) throw new Error('gone');
 * ```
 */
export function createSad(options: SadOptions = {}): Sad {
  const { spiSpace = 'per-protocol', limit = 2 ** 20, pathMtuAge = 600_000, minPathMtu = 576 } = options;
  // RFC 1191 section 3: "An attempt to detect an increase (by sending a datagram larger than the current estimate) MUST NOT be done
  // less than 5 minutes after a Datagram Too Big message has been received for the given destination"
  if (!(pathMtuAge >= 300_000)) {
    throw new IpsecError('invalid-argument', 'how long a path MTU is kept', {
      path: 'pathMtuAge',
      expected: 'at least 300000 ms',
      found: String(pathMtuAge),
    });
  }
  // RFC 1191 section 3: "A host MUST never reduce its estimate of the Path MTU below 68 octets."
  if (!(minPathMtu >= 68 && minPathMtu <= 0xffff)) {
    throw new IpsecError('invalid-argument', 'the smallest path MTU', {
      path: 'minPathMtu',
      expected: '68 to 65535',
      found: String(minPathMtu),
    });
  }
  return {
    options: { spiSpace, limit, pathMtuAge, minPathMtu },
    size: 0,
    inbound: createSpiTable(),
    outbound: createSpiTable(),
    newest: new Map(),
    reserved: new Set(),
    deadlines: createDeadlines(),
    due: new Set(),
    nextSerial: 1,
  };
}

/**
 * Puts an SA into the database; from now on it belongs to the database, which wipes it on removal.
 *
 * @returns its entry: the handle for everything else here.
 * @throws IpsecError `invalid-argument` when another inbound SA has the same identifier, when the SA lacks an address that is to
 *   identify it, or for a DSCP value outside 0 to 63; `limit-exceeded`; `sa-deleted`.
 */
export function addSa(sad: Sad, sa: SecurityAssociation, options: SadEntryOptions): SadEntry {
  if (!sa.alive) throw new IpsecError('sa-deleted', `SA 0x${sa.spi.toString(16)} is deleted and its keys are wiped`);
  if (sad.size >= sad.options.limit)
    throw new IpsecError('limit-exceeded', 'the SAD is full', { expected: `at most ${sad.options.limit} SAs` });
  const entry = createEntry(sa, options, sad.nextSerial);
  checkEntry(sad, entry);
  sad.nextSerial++;
  sad.size++;
  if (entry.direction === 'inbound') {
    sad.reserved.delete(sa.spi);
    insertEntry(sad.inbound, entry);
  } else {
    insertEntry(sad.outbound, entry);
    linkToPolicy(sad, entry);
  }
  placeDeadline(sad.deadlines, entry, deadlineOf(entry));
  return entry;
}

/**
 * Takes an SA out and wipes its keys. Nothing finds it any more, and it can neither seal nor open.
 *
 * @returns false when it was not there any more.
 */
export function removeSa(sad: Sad, entry: SadEntry): boolean {
  if (entry.state === 'removed') return false;
  entry.state = 'removed';
  sad.size--;
  sad.due.delete(entry);
  placeDeadline(sad.deadlines, entry, Infinity);
  removeEntry(entry.direction === 'inbound' ? sad.inbound : sad.outbound, entry);
  if (entry.direction === 'outbound') unlinkFromPolicy(sad, entry);
  wipeSa(entry.sa);
  for (const key of [entry.keys?.encryption, entry.keys?.integrity]) if (key) wipe(key);
  return true;
}

/** Removes and wipes all SAs and forgets the SPIs that were handed out. */
export function clearSad(sad: Sad): void {
  for (const entry of listSas(sad)) removeSa(sad, entry);
  sad.reserved.clear();
}

/** All entries in the order in which they came; a fresh array. */
export function listSas(sad: Sad): SadEntry[] {
  const all: SadEntry[] = [];
  for (const { heads } of [sad.inbound, sad.outbound]) {
    for (const head of heads) for (let entry = head; entry; entry = entry.next) all.push(entry);
  }
  return all.sort((a, b) => a.serial - b.serial);
}

function checkEntry(sad: Sad, entry: SadEntry): void {
  const { sa, lookup, dscp } = entry;
  const badDscp = dscp?.findIndex((d) => !Number.isInteger(d) || d < 0 || d > 63) ?? -1;
  if (badDscp >= 0) {
    throw new IpsecError('invalid-argument', 'a DSCP value', {
      path: `dscp.${badDscp}`,
      expected: '0 to 63',
      found: String(dscp![badDscp]),
    });
  }
  if (entry.direction === 'outbound') return;
  if (lookup !== 'spi' && !sa.destination)
    throw new IpsecError('invalid-argument', `an SA identified by ${lookup}`, { path: 'destination', expected: 'an address' });
  if (lookup === 'spi-destination-source' && !sa.source)
    throw new IpsecError('invalid-argument', `an SA identified by ${lookup}`, { path: 'source', expected: 'an address' });
  for (let other = findHead(sad.inbound, sa.spi); other; other = other.next) {
    if (sameIdentifier(sad, entry, other)) {
      throw new IpsecError('invalid-argument', `an inbound SA with SPI 0x${sa.spi.toString(16)}`, {
        path: 'spi',
        expected: 'an identifier that no other SA has',
        found: `one of another ${other.sa.protocol} SA (${other.lookup})`,
      });
    }
  }
}

function sameIdentifier(sad: Sad, a: SadEntry, b: SadEntry): boolean {
  if (a.lookup !== b.lookup) return false;
  if (usesProtocol(a) && sad.options.spiSpace === 'per-protocol' && a.sa.protocol !== b.sa.protocol) return false;
  if (a.lookup === 'spi') return true;
  if (!equalAddresses(a.sa.destination!, b.sa.destination!)) return false;
  return a.lookup === 'spi-destination' || equalAddresses(a.sa.source!, b.sa.source!);
}

function linkToPolicy(sad: Sad, entry: SadEntry): void {
  if (entry.policy === undefined) return;
  entry.older = sad.newest.get(entry.policy);
  if (entry.older) entry.older.newer = entry;
  sad.newest.set(entry.policy, entry);
}

function unlinkFromPolicy(sad: Sad, entry: SadEntry): void {
  const { policy, newer, older } = entry;
  if (policy === undefined) return;
  if (older) older.newer = newer;
  if (newer) newer.older = older;
  else if (older) sad.newest.set(policy, older);
  else sad.newest.delete(policy);
  entry.newer = entry.older = undefined;
}
