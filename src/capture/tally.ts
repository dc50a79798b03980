/**
 * Counts what a capture held, for the last line of the text.
 *
 * @module
 */
import type { DecodedRecord } from './datagram.js';

/** Counts. Mutable: {@link addToTally} moves them. */
export interface Tally {
  /** All records. */
  records: number;
  /** Protected datagrams by outcome: `ok`, `unknown`, or the reason for a drop. */
  readonly datagrams: Map<string, number>;
  /** Everything else by kind. */
  readonly others: Map<string, number>;
}

/** Nothing counted yet. */
export function createTally(): Tally {
  return { records: 0, datagrams: new Map(), others: new Map() };
}

/** Counts one record. */
export function addToTally(tally: Tally, record: DecodedRecord): void {
  tally.records++;
  if (record.type === 'datagram') increment(tally.datagrams, record.result === 'drop' ? (record.reason ?? 'drop') : record.result);
  else increment(tally.others, record.type);
}

const names: Readonly<Record<string, string>> = Object.freeze({
  broken: 'broken',
  fragment: 'fragments',
  ike: 'IKE',
  keepalive: 'NAT-keepalives',
  other: 'not protected',
});

/** `21 records: 18 protected (16 ok, 2 replay), 3 not protected`. */
export function formatTally({ records, datagrams, others }: Tally): string {
  const total = [...datagrams.values()].reduce((a, b) => a + b, 0);
  const outcomes = [...datagrams].map(([name, count]) => `${count} ${name}`).join(', ');
  const rest = [...others].map(([name, count]) => `, ${count} ${names[name] ?? name}`).join('');
  return `${records} ${records === 1 ? 'record' : 'records'}: ${total} protected${total > 0 ? ` (${outcomes})` : ''}${rest}`;
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
