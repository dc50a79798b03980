/**
 * IKEv1: where a new phase 1 with the same peer is there, it takes over the Child SAs of the old one, and none has to be negotiated again. RFC 2408 section 4.3:
 * "Modification of an ISAKMP SA (phase 1 negotiation) follows the same procedure as creation of an ISAKMP SA." Nothing in the new one says what it is for.
 *
 * @module
 */
import { equalAddresses } from '../ip.js';
import type { Endpoint, IkeEntry, Turn } from './state.js';
import { isVersion1 } from './version1.js';

/**
 * The IKE SAs whose Child SAs a new one takes over: those with the same peer at the same address and port. Who comes from elsewhere may be somebody else that has
 * the same identity, which a group of users shares; and the Child SAs lead to the old place.
 */
export function adoptable({ byPeer }: Endpoint, entry: IkeEntry): IkeEntry[] {
  if (!isVersion1(entry.sa)) return [];
  const { remote, local } = entry.sa.path;
  return [...(byPeer.get(entry.peerKey ?? '') ?? [])].filter(({ sa }) => {
    if (sa === entry.sa || !isVersion1(sa) || sa.state !== 'ESTABLISHED' || sa.children.length === 0) return false;
    const { path } = sa;
    const isSamePeer = equalAddresses(path.remote.address, remote.address) && path.remote.port === remote.port;
    return isSamePeer && equalAddresses(path.local.address, local.address);
  });
}

/** Hands the Child SAs of one IKE SA over to another, and the addresses that its peer has. The old one is left without any. */
export function adoptChildren({ endpoint, todo }: Turn, entry: IkeEntry, old: IkeEntry): void {
  const { sa } = old;
  if (!isVersion1(sa) || !('children' in sa)) return;
  const { children, leased } = sa;
  for (const { spiIn } of children) {
    const record = endpoint.children.get(spiIn);
    if (record?.owner !== old) continue;
    record.owner = entry;
    const bound = endpoint.bound.get(record.policy);
    if (bound) bound.owner = entry;
  }
  todo.push({ kind: 'step', entry, event: { type: 'adopt', children, leased } }, { kind: 'step', entry: old, event: { type: 'disown' } });
}
