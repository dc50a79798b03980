/**
 * What all parts of a call leave behind.
 *
 * @module
 */
import type { ProcessAudit } from '../process.js';
import type { Endpoint, Turn } from './state.js';
import type { EndpointEvent } from './event-types.js';

/** Tells the host of something. */
export function tell({ actions }: Turn, event: EndpointEvent): void {
  actions.push({ type: 'event', event });
}

/** Counts an auditable event. The names are ours, so their number is bounded. */
export function count({ counts }: Endpoint, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Tells the host of a packet that was discarded, or of something else to be audited about it. */
export function tellPacket(turn: Turn, record: ProcessAudit): void {
  count(turn.endpoint, record.event);
  tell(turn, { type: 'packet', record });
}
