/**
 * Who a peer is, and whose connection: what both versions of IKE ask the PAD (RFC 4301 section 4.4.3).
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { explainPeer, findPeer, type PadEntry, type PadId } from '../pad.js';
import { describeIdentity, equalIdentities, type Identity } from '../traffic-selector.js';
import type { Connection } from './connection.js';
import type { Path } from './path.js';

/** Whether an entry of the PAD is for an identity. */
export function takes(entry: PadEntry, identity: Identity): boolean {
  return findPeer({ entries: [entry] }, identity) !== undefined;
}

/** Why no connection is for a peer: what it says, what we know, the nearest. For our log alone. */
export function unknownPeer(candidates: readonly Connection[], peerId: Identity): IpsecError {
  const nearest = candidates.find(({ peer }) => peer.id.type === peerId.type);
  return new IpsecError('authentication-failed', explainPeer({ entries: candidates.map(({ peer }) => peer) }, peerId) ?? 'the PAD', {
    expected: `an identity of ${candidates.map(({ name }) => `connection ${name}`).join(', ') || 'a connection'}`,
    found: describeIdentity(peerId),
    ...(nearest && { nearest: `connection ${nearest.name}` }),
  });
}

/** An address as an identity. */
export function addressIdentity(address: Uint8Array): Identity {
  return { type: address.length === 4 ? 'ID_IPV4_ADDR' : 'ID_IPV6_ADDR', address };
}

/**
 * Whom an initiator expects before it has heard who it is: the identity that it asks for, else the only one that the PAD entry takes, else the address
 * that it talks to. It is asked for a secret by this.
 */
export function expectedPeer({ remoteId, peer }: Connection, { remote: { address } }: Path): Identity {
  return remoteId ?? onlyIdentity(peer.id) ?? addressIdentity(address);
}

function onlyIdentity(id: PadId): Identity | undefined {
  switch (id.type) {
    case 'any':
      return undefined;
    case 'ID_FQDN':
    case 'ID_RFC822_ADDR':
      return id.name.startsWith('.') || id.name.startsWith('@') ? undefined : { type: id.type, name: id.name };
    case 'ID_DER_ASN1_DN':
      return id.subtree ? undefined : { type: id.type, dn: id.dn };
    case 'ID_KEY_ID':
    case 'ID_NULL':
      return id;
    default: {
      const identity: Identity = { type: id.type, address: id.addresses.start };
      return equalIdentities(identity, { type: id.type, address: id.addresses.end }) ? identity : undefined;
    }
  }
}
