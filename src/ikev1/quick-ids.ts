/**
 * The payloads of Quick Mode that name addresses: IDci and IDcr (RFC 2409 section 5.5), NAT-OA (RFC 3947 section 5.2).
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { ChildSa } from '../keying/child-sa.js';
import { onlyAddress } from '../keying/selectors.js';
import { ANY, type TrafficSelector } from '../traffic-selector.js';
import { decodeClientId, encodeClientId } from './identification.js';
import type { Payload, PayloadOfType } from './payload-cases.js';
import type { QuickSelectors } from './quick-selectors.js';
import type { Authenticated } from './states.js';

/** Who began the exchange: whose end IDci and the first NAT-OA speak of. */
type Beginner = 'us' | 'the peer';
type Ends = Pick<Authenticated, 'path' | 'nat' | 'abilities'>;

/** IDci, then IDcr, of an exchange that we begin. */
export function encodeClientIds({ local, remote }: QuickSelectors): Payload[] {
  return [encodeClientId(local), encodeClientId(remote)];
}

/**
 * The pair that a message speaks of.
 *
 * RFC 2409 section 5.5: "The identities of the SAs negotiated in Quick Mode are implicitly assumed to be the IP addresses of the ISAKMP peers, without any implied
 * constraints on the protocol or port numbers allowed, unless client identifiers are specified in Quick Mode."
 *
 * @throws IpsecError `malformed`: one ID, or more than two, or what `decodeClientId` throws.
 */
export function readClientIds({ path }: Ends, payloads: readonly Payload[], beginner: Beginner): QuickSelectors {
  const ids = payloads.filter((payload): payload is PayloadOfType<'ID'> => payload.type === 'ID');
  const [first, second] = ids;
  if (!first) return { local: hostOf(path.local.address), remote: hostOf(path.remote.address) };
  // RFC 2409 section 5.5: "the identities of the parties MUST be passed as IDci and then IDcr."
  if (!second || ids.length > 2)
    throw new IpsecError('malformed', 'the ID payloads of Quick Mode', { blame: 'peer', expected: 'two, or none', found: `${ids.length}` });
  const [initiator, responder] = [decodeClientId(first), decodeClientId(second)];
  return beginner === 'us' ? { local: initiator, remote: responder } : { local: responder, remote: initiator };
}

function hostOf(address: Uint8Array): TrafficSelector {
  return { protocol: ANY, addresses: { start: address, end: address }, ports: ANY };
}

/**
 * NAT-OA payloads, of transport mode through a NAT alone: the initiator's address, the responder's, as we see them. RFC 3947 section 5.2: "For tunnel mode, both ends
 * SHOULD NOT send original addresses to the other end."
 */
export function encodeOriginals({ path, nat, abilities }: Ends, mode: ChildSa['mode'], beginner: Beginner): Payload[] {
  if (mode !== 'transport' || !(nat.local || nat.remote)) return [];
  const ours = path.local.address;
  const theirs = path.remote.address;
  const type = abilities.natTraversal === 'draft' ? 'NAT-OA draft' : 'NAT-OA';
  return (beginner === 'us' ? [ours, theirs] : [theirs, ours]).map((data) => ({
    type,
    idType: data.length === 4 ? 'ID_IPV4_ADDR' : 'ID_IPV6_ADDR',
    data,
  }));
}

/**
 * The addresses as the peer knows them, with which the checksums of its packets were made: from NAT-OA payloads, else from its selectors.
 *
 * @param said the selectors as the peer has sent them.
 * @throws IpsecError `malformed`: NAT-OA payloads with something else than addresses of the family that IKE itself uses.
 */
export function readOriginals(
  { path, nat }: Ends,
  payloads: readonly Payload[],
  said: QuickSelectors,
  beginner: Beginner,
): ChildSa['original'] {
  if (!(nat.local || nat.remote)) return undefined;
  const sent = payloads.filter(
    (payload): payload is PayloadOfType<'NAT-OA' | 'NAT-OA draft'> => payload.type === 'NAT-OA' || payload.type === 'NAT-OA draft',
  );
  const { length } = path.local.address;
  const wrong = sent.length > 2 || sent.some(({ data }) => data.length !== length);
  if (wrong)
    throw new IpsecError('malformed', 'the NAT-OA payloads of Quick Mode', {
      blame: 'peer',
      expected: `two addresses of ${length} octets`,
      found: sent.map(({ data }) => `${data.length} octets`).join(', '),
    });
  const inSelectors = { local: onlyAddress([said.local]), remote: onlyAddress([said.remote]) };
  // Old drafts have one: the sender's.
  const [initiator, responder] = sent.length === 1 && beginner === 'us' ? [undefined, sent[0]] : [sent[0], sent[1]];
  const told = beginner === 'us' ? { local: initiator, remote: responder } : { local: responder, remote: initiator };
  const local = told.local?.data ?? inSelectors.local;
  const remote = told.remote?.data ?? inSelectors.remote;
  if (!local || !remote || local.length !== length || remote.length !== length) return undefined;
  return { local: local.slice(), remote: remote.slice() };
}
