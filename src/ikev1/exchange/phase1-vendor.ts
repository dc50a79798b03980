/**
 * Vendor IDs: what we can do, and what the peer can.
 *
 * @module
 */
import { fromHex } from '../../bytes.js';
import { vendorIds } from '../../iana/ikev1-vendors.js';
import type { Connection } from '../../keying/connection.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import type { PeerAbilities } from '../states.js';
import { createVendorId, findVendorId } from '../vendor.js';
import { payloadsOf } from './phase1-payloads.js';

/** The draft whose numbers most of those have who came before RFC 3947; Windows and others send its name with a line feed. */
const DRAFT = 'draft-ietf-ipsec-nat-t-ike-02\\n';
/** Those that leave port 500 and have payload types 130 and 131. */
const drafts: readonly string[] = [DRAFT, 'draft-ietf-ipsec-nat-t-ike-02', 'draft-ietf-ipsec-nat-t-ike-03'];
/** More Vendor IDs are not looked at. */
const MOST = 64;

/** The Vendor IDs of an initiator. */
export function offeredAbilities(connection: Connection): Payload[] {
  const natTraversal = connection.options.natTraversal === 'never' ? [] : [createVendorId('RFC 3947'), draftId()];
  return [...commonAbilities([connection]), ...natTraversal];
}

/**
 * The Vendor IDs of a responder. RFC 3947 section 3.1: "In the first two messages of Phase 1, the vendor id payload for this specification MUST be sent if supported
 * (and it MUST be received by both sides) for the NAT-Traversal probe to continue." A draft's is sent back as it came, where RFC 3947's did not come.
 *
 * @param candidates who the peer may be.
 * @param payloads of its first message.
 */
export function answeredAbilities(candidates: readonly Connection[], payloads: readonly Payload[]): Payload[] {
  const common = commonAbilities(candidates);
  if (takesNoNat(candidates)) return common;
  const ids = vendorIdsOf(payloads);
  if (ids.some(({ name }) => name === 'RFC 3947')) return [...common, createVendorId('RFC 3947')];
  const draft = ids.find(({ name }) => name !== undefined && drafts.includes(name));
  return draft ? [...common, { type: 'VID', data: draft.data.slice() }] : common;
}

function commonAbilities(connections: readonly Connection[]): Payload[] {
  return [
    ...(connections.some(({ ikev1 }) => ikev1?.xauth) ? [createVendorId('XAUTH')] : []),
    createVendorId('Dead Peer Detection'),
    ...(connections.some(({ options }) => options.fragmentSizes.length > 0) ? [createVendorId('FRAGMENTATION')] : []),
  ];
}

function takesNoNat(candidates: readonly Connection[]): boolean {
  return candidates.every(({ options }) => options.natTraversal === 'never');
}

function draftId(): PayloadOfType<'VID'> {
  return { type: 'VID', data: fromHex(vendorIds.find(({ name }) => name === DRAFT)!.hex) };
}

/** What the peer has announced so far. */
export function readAbilities(before: PeerAbilities, payloads: readonly Payload[]): PeerAbilities {
  const names = vendorIdsOf(payloads).flatMap(({ name }) => (name === undefined ? [] : [name]));
  const natTraversal = names.includes('RFC 3947') ? 'RFC 3947' : names.some((name) => drafts.includes(name)) ? 'draft' : undefined;
  return {
    natTraversal: before.natTraversal === 'RFC 3947' ? 'RFC 3947' : (natTraversal ?? before.natTraversal),
    dpd: before.dpd || names.includes('Dead Peer Detection'),
    fragmentation: before.fragmentation || names.includes('FRAGMENTATION'),
    xauth: before.xauth || names.includes('XAUTH'),
  };
}

function vendorIdsOf(payloads: readonly Payload[]): { readonly data: Uint8Array; readonly name: string | undefined }[] {
  return payloadsOf(payloads, 'VID')
    .slice(0, MOST)
    .map(({ data }) => ({ data, name: findVendorId(data) }));
}
