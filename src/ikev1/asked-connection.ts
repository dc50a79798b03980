/**
 * Which connection a question is about that comes up before the machine has settled on one: whoever answers it has to answer for the very same.
 *
 * @module
 */
import { attempt } from '../keying/attempt.js';
import type { Connection } from '../keying/connection.js';
import { IpsecError } from '../errors.js';
import { findConnection } from './exchange/phase1-peer.js';
import { decodePhase1Id } from './identification.js';
import type { Ikev1Sa } from './states.js';

/** The connection of the message that waits for an answer from outside, found as its handler has found it; undefined: none waits, or nobody knows. */
export function findAskedConnection(sa: Ikev1Sa): Connection | undefined {
  if ('connection' in sa) return sa.connection;
  // Until the initiator has said who it is, its address decides, and of several the first.
  if (sa.state === 'MAIN_R1') return sa.candidates[0];
  if (sa.state !== 'MAIN_R2') return undefined;
  const id = sa.waiting?.message.payloads.find((payload) => payload.type === 'ID');
  const identity = id && attempt(() => decodePhase1Id(id));
  return identity && !(identity instanceof IpsecError) ? findConnection(sa.candidates, identity)?.connection : undefined;
}
