/**
 * From SPI to entries: a hash table with open addressing over one `Int32Array`, so that a look-up allocates nothing and reads
 * one cache line in most cases. RFC 4301 section 4.1: "a software-based implementation could index into a hash table by the SPI.
 * The SAD entries in each hash table bucket's linked list could be kept sorted to have those SAD entries with the longest SA
 * identifiers first in that linked list."
 *
 * @module
 */
import { identifierLength, type SadEntry } from './entry.js';

/** The table. Two words a slot: the SPI, and `index into heads * 4 + kind`, 0 for an empty slot. */
export interface SpiTable {
  /** A power of two of slots, at most half of them used. Mutable. */
  slots: Int32Array;
  /** 32 less the binary logarithm of the number of slots. Mutable. */
  shift: number;
  /** Slots in use. Mutable. */
  used: number;
  /** First entry of each SPI, from index 1. */
  readonly heads: (SadEntry | undefined)[];
  /** Indexes of `heads` that are free. */
  readonly free: number[];
}

/** The two low bits of what `findSlot` returns: the only entry is of ESP or of AH and identified by its SPI alone, or look at the list. */
export const slotKinds = { ESP: 0, AH: 1, list: 2 } as const;

/** An empty table. */
export function createSpiTable(): SpiTable {
  return { slots: new Int32Array(32), shift: 28, used: 0, heads: [undefined], free: [] };
}

/** The second word of the slot of this SPI, or 0. */
export function findSlot(table: SpiTable, spi: number): number {
  const { slots } = table;
  const key = spi | 0;
  for (let at = home(table, key); ; at = (at + 2) & (slots.length - 1)) {
    const word = slots[at + 1]!;
    if (word === 0 || slots[at] === key) return word;
  }
}

/** The entries of this SPI, longest identifier first, linked by `next`. */
export function findHead(table: SpiTable, spi: number): SadEntry | undefined {
  return table.heads[findSlot(table, spi) >>> 2];
}

/** Puts an entry in front of those whose identifier is not longer. */
export function insertEntry(table: SpiTable, entry: SadEntry): void {
  const { spi } = entry.sa;
  const head = findHead(table, spi);
  if (!head || identifierLength(entry) >= identifierLength(head)) {
    entry.next = head;
    storeHead(table, spi, entry);
    return;
  }
  let before = head;
  while (before.next && identifierLength(before.next) > identifierLength(entry)) before = before.next;
  entry.next = before.next;
  before.next = entry;
  storeHead(table, spi, head);
}

/** Takes an entry out again. */
export function removeEntry(table: SpiTable, entry: SadEntry): void {
  const { spi } = entry.sa;
  const head = findHead(table, spi);
  if (!head) return;
  if (head === entry) {
    if (entry.next) storeHead(table, spi, entry.next);
    else dropSlot(table, spi);
  } else {
    let before = head;
    while (before.next && before.next !== entry) before = before.next;
    before.next = entry.next;
    storeHead(table, spi, head);
  }
  entry.next = undefined;
}

function storeHead(table: SpiTable, spi: number, head: SadEntry): void {
  let at = slotOf(table, spi);
  let index = table.slots[at + 1]! >>> 2;
  if (index === 0) {
    if ((table.used + 1) * 4 > table.slots.length) {
      grow(table);
      at = slotOf(table, spi);
    }
    index = table.free.pop() ?? table.heads.length;
    table.used++;
  }
  table.heads[index] = head;
  table.slots[at] = spi | 0;
  table.slots[at + 1] = (index << 2) | kindOf(head);
}

function kindOf(head: SadEntry): number {
  return head.next || head.lookup !== 'spi' ? slotKinds.list : slotKinds[head.sa.protocol];
}

/** Frees a slot and closes the gap, so that no marker of a deleted entry makes later look-ups longer. */
function dropSlot(table: SpiTable, spi: number): void {
  const { slots } = table;
  const mask = slots.length - 1;
  let gap = slotOf(table, spi);
  const index = slots[gap + 1]! >>> 2;
  table.heads[index] = undefined;
  table.free.push(index);
  table.used--;
  for (let at = (gap + 2) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
    // An entry may move into the gap if that lies on its way from its home slot to here.
    const distance = (at - home(table, slots[at]!)) & mask;
    if (distance >= ((at - gap) & mask)) {
      slots[gap] = slots[at]!;
      slots[gap + 1] = slots[at + 1]!;
      gap = at;
    }
  }
  slots[gap] = 0;
  slots[gap + 1] = 0;
}

function grow(table: SpiTable): void {
  const old = table.slots;
  table.slots = new Int32Array(old.length * 2);
  table.shift--;
  for (let i = 0; i < old.length; i += 2) {
    if (old[i + 1] === 0) continue;
    const at = slotOf(table, old[i]!);
    table.slots[at] = old[i]!;
    table.slots[at + 1] = old[i + 1]!;
  }
}

/** Where the slot of this SPI is, or the empty one where it would be. */
function slotOf(table: SpiTable, spi: number): number {
  const { slots } = table;
  const key = spi | 0;
  let at = home(table, key);
  while (slots[at + 1] !== 0 && slots[at] !== key) at = (at + 2) & (slots.length - 1);
  return at;
}

/** Fibonacci hashing: SPIs of manual keying are often consecutive, and their products with this odd number are spread evenly. */
function home(table: SpiTable, key: number): number {
  return (Math.imul(key, 0x9e3779b1) >>> table.shift) << 1;
}
