/**
 * Who we are and who the peer is: ID payloads, and the connection that a peer is for (RFC 2407 section 4.6.2, RFC 4301 section 4.4.3).
 *
 * @module
 */
import { IpsecError } from '../../errors.js';
import { containsAddress } from '../../traffic-selector/match.js';
import { attempt } from '../../keying/attempt.js';
import type { Connection } from '../../keying/connection.js';
import type { Path } from '../../keying/path.js';
import { addressIdentity, takes, unknownPeer } from '../../keying/peer.js';
import { subjectOfCertificate } from '../../suite/public-key.js';
import {
  decodeDistinguishedName,
  describeIdentity,
  equalDistinguishedNames,
  equalIdentities,
  type Identity,
} from '../../traffic-selector.js';
import { encodePhase1Id } from '../identification.js';
import type { PayloadOfType } from '../payload-cases.js';

/** Who has proved nothing. */
const nobody: Identity = /* @__PURE__ */ Object.freeze({ type: 'ID_NULL' });

/**
 * Our ID payload. RFC 3947 section 4: "If the support of the NAT-Traversal is enabled, the port in the ID payload in Main Mode/Aggressive Mode MUST be set to 0."
 *
 * Who proves nothing and has no name says its address, for a name there has to be.
 *
 * RFC 4945 section 3.1.5: "When generating this type, implementations MUST populate the contents of ID with the Subject field from the end-entity certificate, and
 * MUST do so such that a binary comparison of the two will succeed." One name has several forms in DER, so the octets are those of our certificate.
 */
export function createOwnId(connection: Connection, { local }: Path): PayloadOfType<'ID'> {
  const { localId, localAuth } = connection;
  if (localId.type === 'ID_NULL' && localAuth.method === 'null') return encodePhase1Id(addressIdentity(local.address));
  const payload = encodePhase1Id(localId);
  const subject = subjectFor(connection);
  return subject === undefined ? payload : { ...payload, data: subject };
}

function subjectFor({ localId, localAuth }: Connection): Uint8Array | undefined {
  const certificate = localAuth.method === 'signature' ? localAuth.certificates[0] : undefined;
  if (localId.type !== 'ID_DER_ASN1_DN' || certificate === undefined) return undefined;
  const subject = attempt(() => subjectOfCertificate(certificate));
  const name = subject instanceof Uint8Array ? attempt(() => decodeDistinguishedName(subject)) : [];
  return subject instanceof Uint8Array && Array.isArray(name) && equalDistinguishedNames(name, localId.dn) ? subject : undefined;
}

/** As responder: the connections of IKEv1 that are for peers that come from there to here. */
export function connectionsFor(connections: readonly Connection[], { local, remote }: Path): readonly Connection[] {
  return connections.filter(
    ({ version, ikev1, localAddresses, remoteAddresses }) =>
      version === 1 &&
      ikev1 !== undefined &&
      (localAddresses === undefined || containsAddress(localAddresses, local.address)) &&
      (remoteAddresses === undefined || containsAddress(remoteAddresses, remote.address)),
  );
}

/** A connection and whom it is with. */
export interface Known {
  readonly connection: Connection;
  /** `ID_NULL`: nobody that has proved anything, or has a name that means anything. */
  readonly peerId: Identity;
}

/**
 * The connection of a peer that says who it is. RFC 4301 section 4.4.3.4: "When an IKE entity receives an IKE ID payload, it uses the asserted ID to
 * locate an entry in the PAD, using the matching rules described above." The first that takes the identity decides.
 *
 * A peer that proves nothing in phase 1 (hybrid authentication) is for a connection that wants no proof; where its PAD entry is `ID_NULL`, whatever it calls itself.
 */
export function findConnection(candidates: readonly Connection[], identity: Identity): Known | undefined {
  for (const connection of candidates) {
    if (takes(connection.peer, identity)) return { connection, peerId: identity };
    if (connection.remoteAuth.method === 'null' && takes(connection.peer, nobody)) return { connection, peerId: nobody };
  }
  return undefined;
}

/** The first of the candidates whose PAD entry takes an identity. @returns `IpsecError`: there is none. */
export function knownPeer(candidates: readonly Connection[], identity: Identity): Known | IpsecError {
  return findConnection(candidates, identity) ?? unknownPeer(candidates, identity);
}

/** The responder that an initiator has wanted. @returns `IpsecError`: it is somebody else. */
export function wantedPeer(connection: Connection, identity: Identity): Known | IpsecError {
  const { remoteId, name } = connection;
  if (remoteId && !equalIdentities(remoteId, identity))
    return new IpsecError('authentication-failed', `the identity of the responder of connection ${name}`, {
      expected: `${describeIdentity(remoteId)}, which is wanted`,
      found: describeIdentity(identity),
    });
  return knownPeer([connection], identity);
}

/** Both sides' names, for errors. */
export function between(localId: Identity, peerId: Identity): string {
  const [ours, theirs] = [localId, peerId].map(describeIdentity);
  return `authentication between ${ours!}, which we are, and ${theirs!}`;
}
