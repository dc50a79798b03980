/**
 * What processing says besides its decision: audit records, and lifetimes that ended.
 *
 * @module
 */
import type { Remarks } from '../process.js';
import type { LifetimeEvent } from '../sad.js';
import { endChild, sendOnSuccessors } from './install.js';
import type { Turn } from './state.js';
import { tellPacket } from './turn.js';

/** Takes note of the remarks of a result. */
export function noteResult(turn: Turn, { audit, events }: Remarks): void {
  for (const record of audit) tellPacket(turn, record);
  for (const event of events) noteLifetime(turn, event);
}

/**
 * A lifetime ended. RFC 7296 section 2.8: "each end of the SA is responsible for enforcing its own lifetime policy on the SA and rekeying the SA when
 * necessary." After a soft end we ask for a successor; after a hard one the pair goes.
 */
export function noteLifetime(turn: Turn, { kind, entry }: LifetimeEvent): void {
  const record = turn.endpoint.owners.get(entry);
  if (!record) return;
  const { child, owner } = record;
  if (kind === 'hard') {
    turn.endpoint.owners.delete(entry);
    if (turn.endpoint.children.get(child.spiIn) !== record) {
      endChild(turn, record);
      return;
    }
    if (entry === record.outbound) record.outbound = undefined;
    if (record.ah && entry === record.ah.outbound) record.ah.outbound = undefined;
    sendOnSuccessors(turn, record);
  } else if (record.successors.length > 0) return;
  const type = kind === 'hard' ? 'deleteChild' : 'rekeyChild';
  turn.todo.push({ kind: 'step', entry: owner, event: { type, spiIn: child.spiIn } });
}
