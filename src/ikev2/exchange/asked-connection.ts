/**
 * Which connection a question is about that comes up before the machine has settled on one.
 *
 * @module
 */
import { attempt } from '../../keying/attempt.js';
import type { Connection } from '../../keying/connection.js';
import { identityOf } from '../peer.js';
import { findPayload } from '../pick.js';
import type { InitAnswered } from '../states.js';
import { connectionForEap } from './eap-responder.js';
import { connectionForAuth } from './ike-auth-answer.js';

/** The connection of the IKE_AUTH request that waits for an answer from outside, found as its handler has found it; undefined: none waits. */
export function findAskedConnection(sa: InitAnswered): Connection | undefined {
  const { payloads = [] } = sa.waiting?.message ?? {};
  const IDi = findPayload(payloads, 'IDi');
  if (!IDi) return undefined;
  const found = attempt(() =>
    findPayload(payloads, 'AUTH') ? connectionForAuth(sa, IDi, payloads).connection : connectionForEap(sa, identityOf(IDi), payloads),
  );
  return found instanceof Error ? undefined : found;
}
