/**
 * What all states after IKE_AUTH have in common.
 *
 * @module
 */
import type { Deleting, Established, Replaced } from './states.js';

/** An IKE SA without what belongs to its state alone. */
export type Authenticated = Omit<Established, 'state' | 'awaitsChildren'>;

/** Takes off what belongs to the state alone, for the state that comes next. */
export function authenticatedOf(sa: Established | Replaced | Deleting): Authenticated {
  const { role, spiI, spiR, path, windows, createdAt, deadlines, waiting } = sa;
  const { connection, crypto, nat, fragmentation, localId, peerId } = sa;
  const { children, tasks, assigned, leased, heardAt, refusedSince, deletedEarly } = sa;
  return {
    ...{ role, spiI, spiR, path, windows, createdAt, deadlines, waiting },
    ...{ connection, crypto, nat, fragmentation, localId, peerId },
    ...{ children, tasks, assigned, leased, heardAt, refusedSince, deletedEarly },
  };
}
