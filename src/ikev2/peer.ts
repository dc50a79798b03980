/**
 * Who we are and who the peer is: ID payloads, and the connection that a peer is for (RFC 7296 section 3.5, RFC 4301 section 4.4.3).
 *
 * @module
 */
import { concat } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { idTypes } from '../iana/ikev2.js';
import { explainPeer, type PadId } from '../pad.js';
import { decodeIdentity, describeIdentity, encodeIdentity, equalIdentities, type Identity } from '../traffic-selector.js';
import type { Connection, EapDemand } from '../keying/connection.js';
import { takes } from '../keying/peer.js';
import type { Payload, PayloadOfType } from './payload-cases.js';
import { findNotify } from './pick.js';

/** An ID payload: who the initiator is, or who the responder is or is asked to be. */
export type IdPayload = PayloadOfType<'IDi' | 'IDr'>;

/** Makes an ID payload. */
export function createIdPayload(type: IdPayload['type'], identity: Identity): IdPayload {
  return { type, ...encodeIdentity(identity) };
}

/**
 * What AUTH covers of an ID payload. RFC 7296 section 2.15: "In these calculations, IDi' and IDr' are the entire ID payloads excluding the fixed header."
 * Of a received one those are its octets, whatever is in RESERVED.
 */
export function idBodyOf({ idType, data, body }: IdPayload): Uint8Array {
  return body ?? concat(Uint8Array.of(numberOf(idType), 0, 0, 0), data);
}

/**
 * Reads an ID payload.
 *
 * @throws IpsecError `unsupported` or `malformed`, blame `peer`: no identity that could be in a PAD.
 */
export function identityOf({ idType, data }: IdPayload): Identity {
  return decodeIdentity(numberOf(idType), data);
}

function numberOf(idType: IdPayload['idType']): number {
  return typeof idType === 'number' ? idType : idTypes.find(({ name }) => name === idType)!.id;
}

/**
 * The connection of a peer that says who it is. RFC 4301 section 4.4.3.4: "When an IKE entity receives an IKE ID payload, it uses the asserted ID to
 * locate an entry in the PAD, using the matching rules described above." The first that takes the identity decides.
 *
 * RFC 7296 section 1.2: "The optional payload IDr enables the initiator to specify to which of the responder's identities it wants to talk." Those
 * connections in which we are that come first. "If the IDr proposed by the initiator is not acceptable to the responder, the responder might
 * use some other IDr to finish the exchange."
 *
 * @param candidates the connections that fit the addresses and the algorithms, in order.
 * @param peerId IDi.
 * @param askedId IDr.
 */
export function findConnection<Kind extends Connection>(
  candidates: readonly Kind[],
  peerId: Identity,
  askedId: Identity | undefined,
): Kind | undefined {
  const fitting = candidates.filter(({ peer, remoteAuth }) => remoteAuth.method !== 'null' && takes(peer, peerId));
  return firstFor(fitting, askedId);
}

/** The first, but those in which we are who is asked for come before all others. */
function firstFor<Kind extends Connection>(fitting: readonly Kind[], askedId: Identity | undefined): Kind | undefined {
  return (askedId && fitting.find(({ localId }) => equalIdentities(localId, askedId))) ?? fitting[0];
}

/**
 * The connection of an initiator that says who it is and is to prove it by EAP. RFC 7296 section 2.16: "it is possible that the contents of the IDi payload is used
 * only for Authentication, Authorization, and Accounting (AAA) routing purposes and selecting which EAP method to use": it leads to a connection, and no more.
 *
 * @param candidates those with EAP.
 */
export function findEapConnection<Kind extends Connection & { readonly remoteAuth: EapDemand }>(
  candidates: readonly Kind[],
  claimedId: Identity,
  askedId: Identity | undefined,
): Kind | undefined {
  const fitting = candidates.filter(
    ({ peer, remoteAuth: { routes } }) => routes === undefined || takes({ ...peer, id: routes }, claimedId),
  );
  return firstFor(fitting, askedId);
}

/**
 * The connection of a peer that authenticates itself by nothing. RFC 7619 section 2.2: "The content of the Identification payload MUST NOT be used for any trust and
 * policy checking in IKE_AUTH exchange when NULL authentication is employed". So nobody's name finds it, and section 2.4 wants it to be allowed explicitly:
 * it is one whose peer is `ID_NULL` and whose `remoteAuth` is `null`.
 *
 * @param askedId IDr.
 * @throws IpsecError `authentication-failed`: there is none. RFC 7619 section 2: "If a host's local policy requires that the identity of its peer be (non-null)
 * authenticated, and if that host receives an AUTH payload containing the NULL Authentication method type, it MUST return an AUTHENTICATION_FAILED notification."
 */
export function findNameless<Kind extends Connection>(candidates: readonly Kind[], askedId: Identity | undefined): Kind {
  const fitting = candidates.filter(({ peer, remoteAuth }) => remoteAuth.method === 'null' && takes(peer, nobody));
  const found = firstFor(fitting, askedId);
  if (found) return found;
  throw new IpsecError('authentication-failed', 'the authentication of an initiator', {
    expected: `one for ${candidates.map(({ name, remoteAuth }) => `connection ${name}: ${remoteAuth.method}`).join(', ') || 'a connection'}`,
    found: 'NULL authentication',
  });
}

/** Who has proved nothing. */
export const nobody: Identity = /* @__PURE__ */ Object.freeze({ type: 'ID_NULL' });

/**
 * Who a responder says it is; nobody, whatever it says, where it need not prove anything.
 *
 * @throws IpsecError as {@link identityOf}.
 */
export function responderIdOf({ remoteAuth }: Connection, IDr: PayloadOfType<'IDr'>): Identity {
  return remoteAuth.method === 'null' ? nobody : identityOf(IDr);
}

/**
 * Whether the peer says that it has no other IKE SA with us. RFC 7619 section 2.3: "The identity of a peer using NULL authentication cannot be used to find existing
 * IKE SAs created by the same peer, as the peer identity is not authenticated."
 */
export function isInitialContact({ remoteAuth }: Connection, payloads: readonly Payload[]): boolean {
  return remoteAuth.method !== 'null' && findNotify(payloads, 'INITIAL_CONTACT') !== undefined;
}

/**
 * Whether the identity of a responder is one that we want to talk to. RFC 7296 section 1.2: "If the initiator then does not accept the fact that
 * responder used an IDr different than the one that was requested, the initiator can close the SA after noticing the fact."
 *
 * @returns why not, for our log; undefined: it is.
 */
export function explainResponder({ peer, remoteId, remoteAuth, name }: Connection, identity: Identity): IpsecError | undefined {
  if (remoteAuth.method === 'null') return undefined;
  const found = describeIdentity(identity);
  if (remoteId && !equalIdentities(remoteId, identity))
    return new IpsecError('authentication-failed', `the identity of the responder of connection ${name}`, {
      expected: `${describeIdentity(remoteId)}, which was asked for`,
      found,
    });
  if (takes(peer, identity)) return undefined;
  const why = explainPeer({ entries: [peer] }, identity) ?? '';
  return new IpsecError('authentication-failed', `the identity of the responder of connection ${name}: ${why}`);
}

/**
 * Why a connection does not take an identity; undefined: it does.
 *
 * @param id who it may be: that of the PAD entry, or that of a further authentication (RFC 4739).
 */
export function explainPeerOf({ peer, name }: Connection, identity: Identity, id: PadId = peer.id): IpsecError | undefined {
  const entry = { ...peer, id };
  if (takes(entry, identity)) return undefined;
  return new IpsecError('authentication-failed', explainPeer({ entries: [entry] }, identity) ?? 'the PAD', {
    expected: `an identity of connection ${name}`,
    found: `${describeIdentity(identity)}, as it is authenticated`,
  });
}

/** A copy of an ID payload that outlives its message. */
export function keptIdOf<Id extends IdPayload>(id: Id): Id {
  const { data, body } = id;
  return { ...id, data: data.slice(), ...(body && { body: body.slice() }) };
}
