/**
 * Lifetimes. RFC 4301 section 4.4.2.1: "There SHOULD be two kinds of lifetime -- a soft lifetime that warns the implementation to
 * initiate action such as setting up a replacement SA, and a hard lifetime when the current SA ends and is destroyed."
 *
 * @module
 */
import { nextDeadline, placeDeadline } from '../deadlines.js';
import { removeSa, type Sad } from './database.js';
import { deadlineOf, type SadEntry } from './entry.js';

/** Something happened to an SA's lifetime. */
export interface LifetimeEvent {
  /** `soft`: a successor is due. `hard`: the SA has ended; it is removed and its keys are wiped. */
  readonly kind: 'soft' | 'hard';
  /** What ran out first; `sequence`: the sender's numbers. */
  readonly reason: 'seconds' | 'octets' | 'packets' | 'sequence';
  /** The SA. */
  readonly entry: SadEntry;
}

/**
 * Whether traffic may still pass through an SA: asked before a packet is sealed, and for a received one before it is opened (with
 * `octets` 0, since nothing in it is authenticated yet). Costs some comparisons; the counters are `sa.octets`, `sa.packets` and
 * `sa.seq`, which sealing and opening move. What it finds is told once by {@link checkLifetimes}.
 *
 * @param octets octets about to be added. RFC 4301 section 4.4.2.1: "If the entire packet does not get delivered during the SA's
 *   lifetime, the packet SHOULD be discarded."
 * @param now milliseconds on the caller's monotonic clock.
 * @returns `ok`; `soft`: it may pass, and a successor is due; `hard`: it may not pass (a drop with reason `expired`).
 */
export function checkTraffic(sad: Sad, entry: SadEntry, octets: number, now: number): 'ok' | 'soft' | 'hard' {
  const { sa, limits, state } = entry;
  if (state === 'hard' || state === 'removed') return 'hard';
  if (
    now >= limits.hardAt ||
    sa.packets >= limits.hardPackets ||
    sa.octets + octets > limits.hardOctets ||
    sa.octets >= limits.hardOctets ||
    sa.seq >= limits.hardSeq
  ) {
    advance(sad, entry, 'hard');
    return 'hard';
  }
  if (state === 'soft') return 'soft';
  if (now >= limits.softAt || sa.packets >= limits.softPackets || sa.octets >= limits.softOctets || sa.seq >= limits.softSeq) {
    advance(sad, entry, 'soft');
    return 'soft';
  }
  return 'ok';
}

/**
 * What has happened to lifetimes since the last call: each soft and each hard end once (a soft one that the hard one has overtaken
 * not at all), the hard ones with the SA removed and wiped. Looks only at SAs that are due, however many there are.
 *
 * @param now milliseconds on the caller's monotonic clock.
 * @example
 * ```ts
 * import { createSa } from 'ipsec-ts/esp';
 * import { addSa, checkLifetimes, createSad, lifetimesWakeAt } from 'ipsec-ts/sad';
 * import { aes128Gcm16 } from 'ipsec-ts/suite/aead';
 *
 * const sad = createSad();
 * const encryption = { row: aes128Gcm16, key: new Uint8Array(20) };
 * const limits = { softLifetime: { seconds: 3000 }, hardLifetime: { seconds: 3600 } };
 * addSa(sad, createSa({ protocol: 'ESP', mode: 'transport', spi: 0x1234, encryption, ...limits }), { direction: 'inbound' });
 * const first = checkLifetimes(sad, lifetimesWakeAt(sad)); // at 3,000,000 ms
 * const second = checkLifetimes(sad, lifetimesWakeAt(sad)); // at 3,600,000 ms
 * if (first[0]?.kind !== 'soft' || second[0]?.kind !== 'hard' || sad.size !== 0) throw new Error('first a warning, then the end');
 * ```
 */
export function checkLifetimes(sad: Sad, now: number): LifetimeEvent[] {
  const { deadlines, due } = sad;
  for (let first = deadlines[0]; first && first.deadline <= now; first = deadlines[0]) {
    advance(sad, first, now >= first.limits.hardAt ? 'hard' : 'soft');
  }
  const events: LifetimeEvent[] = [];
  for (const entry of due) {
    const kind = entry.state === 'hard' ? 'hard' : 'soft';
    events.push({ kind, reason: reasonOf(entry, kind, now), entry });
    if (kind === 'hard') removeSa(sad, entry);
  }
  due.clear();
  return events;
}

/**
 * When to call {@link checkLifetimes} next: milliseconds on the caller's clock, -Infinity for at once (traffic has used up a
 * lifetime), Infinity for not before something changes.
 */
export function lifetimesWakeAt(sad: Sad): number {
  return sad.due.size > 0 ? -Infinity : nextDeadline(sad.deadlines);
}

function advance(sad: Sad, entry: SadEntry, state: 'soft' | 'hard'): void {
  entry.state = state;
  placeDeadline(sad.deadlines, entry, deadlineOf(entry));
  sad.due.add(entry);
}

function reasonOf(entry: SadEntry, kind: 'soft' | 'hard', now: number): LifetimeEvent['reason'] {
  const { sa, limits } = entry;
  if (now >= (kind === 'hard' ? limits.hardAt : limits.softAt)) return 'seconds';
  if (sa.packets >= (kind === 'hard' ? limits.hardPackets : limits.softPackets)) return 'packets';
  if (sa.seq >= (kind === 'hard' ? limits.hardSeq : limits.softSeq)) return 'sequence';
  return 'octets';
}
