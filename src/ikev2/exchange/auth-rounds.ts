/**
 * Several authentications under one IKE SA, one after the other (RFC 4739): what each side has to prove, and how far they are.
 *
 * @module
 */
import type { Connection, FurtherDemand, FurtherProof } from '../../keying/connection.js';
import { createNotify } from '../notify-data.js';
import type { Payload } from '../payload-cases.js';
import { findNotify } from '../pick.js';

/** What we prove in a round, from 0; undefined: nothing more. */
export function proofIn({ localId, localAuth, furtherProofs = [] }: Connection, round: number): FurtherProof | undefined {
  return round === 0 ? { id: localId, auth: localAuth } : furtherProofs[round - 1];
}

/** What the peer has to prove in a round, from 0; undefined: nothing more. */
export function demandIn({ peer, remoteAuth, furtherDemands = [] }: Connection, round: number): FurtherDemand | undefined {
  if (round > 0) return furtherDemands[round - 1];
  const { matchCertificate, matchAddress } = peer.authentication;
  return { id: peer.id, auth: remoteAuth, matchCertificate, matchAddress };
}

/** Whether a connection has more than one authentication, in either direction. */
export function isMultiple(connection: Connection): boolean {
  return proofIn(connection, 1) !== undefined || demandIn(connection, 1) !== undefined;
}

/** What says to the other side that we are able to do that. */
export function multipleAuthNotify(connections: readonly Connection[]): Payload[] {
  return connections.some(isMultiple) ? [createNotify('MULTIPLE_AUTH_SUPPORTED')] : [];
}

/** What goes with an AUTH behind which another one will come. @param round of that one. */
export function anotherFollows(connection: Connection, round: number): Payload[] {
  return proofIn(connection, round) ? [createNotify('ANOTHER_AUTH_FOLLOWS')] : [];
}

/** Whether the peer has more to prove than the AUTH of a message. */
export function announcesAnother(payloads: readonly Payload[]): boolean {
  return findNotify(payloads, 'ANOTHER_AUTH_FOLLOWS') !== undefined;
}

/** Whether the peer can do all that. */
export function supportsMultiple(payloads: readonly Payload[]): boolean {
  return findNotify(payloads, 'MULTIPLE_AUTH_SUPPORTED') !== undefined;
}

/** Whether one of the first rounds is a proof of who somebody is: EAP is one only in its end, NULL is none. */
export function isProvedBy(
  roundOf: (connection: Connection, round: number) => FurtherProof | FurtherDemand | undefined,
  connection: Connection,
  rounds: number,
): boolean {
  return Array.from({ length: rounds }, (_, i) => roundOf(connection, i)?.auth.method).some(
    (method) => method !== undefined && method !== 'eap' && method !== 'null',
  );
}
