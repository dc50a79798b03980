/**
 * The exchanges of an IKE SA: found, brought up to date, forgotten.
 *
 * @module
 */
import type { Ikev1Header } from './message.js';
import type { Exchange } from './requests.js';
import { type Ikev1Sa, isAuthenticated } from './states.js';

/** How many exchanges an IKE SA keeps in all. Those that are over go first, the oldest of them before the others. */
const most = 64;
/** How many of them may be under way: a peer that begins more is not answered. */
export const mostUnderWay = 32;

/** Milliseconds for which the messages of an exchange that is over are kept, for whoever repeats its last one. */
export const retention = 120_000;

/** The exchange of that Message ID and name; undefined: the message begins one. */
export function findExchange(sa: Ikev1Sa, messageId: number, name: Ikev1Header['exchange']): Exchange | undefined {
  if (messageId === 0) return sa.phase1.exchange === name ? sa.phase1 : undefined;
  return isAuthenticated(sa) ? sa.exchanges.find((one) => one.messageId === messageId && one.exchange === name) : undefined;
}

/** Puts an exchange in, or in the place of the one with its Message ID. */
export function keepExchange<Sa extends Ikev1Sa>(sa: Sa, exchange: Exchange): Sa {
  if (exchange.messageId === 0) return { ...sa, phase1: exchange };
  if (!isAuthenticated(sa)) return sa;
  const at = sa.exchanges.findIndex(({ messageId }) => messageId === exchange.messageId);
  if (at >= 0) return { ...sa, exchanges: sa.exchanges.with(at, exchange) };
  const others = sa.exchanges.length < most ? sa.exchanges : withoutOldest(sa.exchanges);
  return { ...sa, exchanges: [...others, exchange] };
}

function withoutOldest(exchanges: readonly Exchange[]): readonly Exchange[] {
  const at = exchanges.findIndex(({ about }) => about.kind === 'done');
  return exchanges.filter((_, i) => i !== Math.max(0, at));
}

/** How many exchanges wait for something. */
export function countUnderWay(exchanges: readonly Exchange[]): number {
  return exchanges.filter(({ about }) => about.kind !== 'done').length;
}
