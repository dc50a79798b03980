/**
 * What the states of IKE_AUTH have in common.
 *
 * @module
 */
import type { Asking, Authenticating, Halfway } from './states.js';

/** What IKE_SA_INIT has left, alone. */
export function halfwayOf(sa: Halfway): Halfway {
  const { role, spiI, spiR, path, windows, createdAt, deadlines, waiting } = sa;
  const { crypto, nat, fragmentation, Ni, Nr, message1, message2, hashAlgorithms } = sa;
  return {
    ...{ role, spiI, spiR, path, windows, createdAt, deadlines, waiting },
    ...{ crypto, nat, fragmentation, Ni, Nr, message1, message2, hashAlgorithms },
  };
}

/** An initiator without what belongs to its state alone. */
export function askingOf(sa: Asking): Asking {
  return { ...halfwayOf(sa), connection: sa.connection, offer: sa.offer, rounds: sa.rounds };
}

/** A responder without what belongs to its state alone. */
export function authenticatingOf(sa: Halfway, own: Omit<Authenticating, keyof Halfway>): Authenticating {
  const { connection, IDi, claimedId, asked, rounds } = own;
  return { ...halfwayOf(sa), connection, IDi, claimedId, asked, rounds };
}
