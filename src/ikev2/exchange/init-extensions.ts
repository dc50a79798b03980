/**
 * The notifications of IKE_SA_INIT, which both roles send alike: NAT detection, fragmentation, hash algorithms.
 *
 * @module
 */
import { equalBytes } from '../../bytes.js';
import { hashAlgorithms } from '../../iana/ikev2.js';
import type { Connection, LocalAuthentication, RemoteAuthentication } from '../../keying/connection.js';
import { decodeMessage } from '../message.js';
import { computeNatDetection } from '../nat-detection.js';
import { createNotify, decodeNotifyData, encodeNotifyData } from '../notify-data.js';
import type { Payload } from '../payload-cases.js';
import { findNotifies, findNotify } from '../pick.js';
import type { HashAlgorithms } from '../signature-method.js';
import type { Halfway, NatState, Path } from '../states.js';

/** The SPIs and the way of a message. */
interface Way {
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  readonly path: Path;
}

/**
 * RFC 7296 section 2.23: "Both the IKE initiator and responder MUST include in their IKE_SA_INIT packets Notify payloads of type
 * NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP." With `force` the source is one that cannot be ours, so that the peer finds a
 * NAT in any case and encapsulates: for hosts that have nothing but UDP sockets.
 */
export function natDetectionNotifies({ options }: Pick<Connection, 'options'>, { spiI, spiR, path }: Way): Payload[] {
  if (options.natTraversal === 'never') return [];
  const { local, remote } = path;
  const forged = options.natTraversal === 'force';
  const source = computeNatDetection({
    spiI,
    spiR,
    address: forged ? new Uint8Array(local.address.length) : local.address,
    port: forged ? 0 : local.port,
  });
  return [
    createNotify('NAT_DETECTION_SOURCE_IP', source),
    createNotify('NAT_DETECTION_DESTINATION_IP', computeNatDetection({ spiI, spiR, ...remote })),
  ];
}

/**
 * What the peer's NAT_DETECTION notifications say.
 *
 * RFC 7296 section 2.23: "In the case of a mismatching NAT_DETECTION_DESTINATION_IP hash, it means that the system receiving the
 * NAT_DETECTION_DESTINATION_IP payload is behind a NAT". "If none of the NAT_DETECTION_SOURCE_IP payload(s) received matches the expected value
 * of the source IP and port found from the IP header of the packet containing the payload, it means that the system sending those payloads
 * is behind a NAT".
 *
 * @param spiR as in the header of the message that they came in.
 */
export function detectNat(
  { options }: Pick<Connection, 'options'>,
  payloads: readonly Payload[],
  way: Omit<Way, 'spiR'>,
  spiR: Uint8Array,
): NatState {
  const sources = findNotifies(payloads, 'NAT_DETECTION_SOURCE_IP');
  const destinations = findNotifies(payloads, 'NAT_DETECTION_DESTINATION_IP');
  const supported = options.natTraversal !== 'never' && sources.length > 0 && destinations.length > 0;
  if (!supported) return { supported, local: false, remote: false, follow: false };
  const { spiI, path } = way;
  const theirs = computeNatDetection({ spiI, spiR, ...path.remote });
  const ours = computeNatDetection({ spiI, spiR, ...path.local });
  const remote = !sources.some(({ data }) => equalBytes(data, theirs));
  const local = !destinations.some(({ data }) => equalBytes(data, ours));
  return { supported, local: local || options.natTraversal === 'force', remote, follow: remote && !local };
}

/**
 * Where IKE goes on. RFC 7296 section 2.23: "An IPsec endpoint that discovers a NAT between it and its correspondent (as described below) MUST send
 * all subsequent traffic from port 4500".
 */
export function floatPath({ options }: Pick<Connection, 'options'>, nat: NatState, path: Path): Path {
  if (!nat.local && !nat.remote) return path;
  const { local, remote } = options.natPorts;
  return { local: { ...path.local, port: local }, remote: { ...path.remote, port: remote } };
}

/** RFC 7383 section 2.3: whether we take fragments. */
export function fragmentationNotify({ options }: Pick<Connection, 'options'>): Payload[] {
  return options.fragmentSizes.length > 0 ? [createNotify('IKEV2_FRAGMENTATION_SUPPORTED')] : [];
}

/**
 * RFC 7427 section 4: the hash algorithms whose signatures we verify, in IANA's order. RFC 8420 section 3: "Identity" "MUST NOT be used if none of the supported and
 * configured algorithms have this property", and with nothing but EdDSA, implementations "SHOULD NOT have other hash algorithms in the notification".
 *
 * A side that verifies no signatures but makes one says which hashes it knows, too: it may use RFC 7427 only if both sides have sent the notification. One that does
 * neither says nothing.
 *
 * @param connections of an initiator the one; of a responder all that the peer may be for.
 */
export function hashAlgorithmsNotify(connections: readonly Connection[]): Payload[] {
  const demands = connections.flatMap(demandsOf).flatMap((demand) => ('rows' in demand ? demand.rows : []));
  const proofs = connections.flatMap(proofsOf).flatMap((proof) => ('rows' in proof ? proof.rows : []));
  const known = new Set((demands.length > 0 ? demands : proofs).map(({ hash }) => hash));
  const algorithms = hashAlgorithms.flatMap(({ name }) => (known.has(name) ? [name] : []));
  if (algorithms.length === 0) return [];
  return [createNotify('SIGNATURE_HASH_ALGORITHMS', encodeNotifyData('SIGNATURE_HASH_ALGORITHMS', { algorithms }))];
}

/** All that a peer may have to prove. */
export function demandsOf({ remoteAuth, furtherDemands = [] }: Connection): RemoteAuthentication[] {
  return [remoteAuth, ...furtherDemands.map(({ auth }) => auth)];
}

function proofsOf({ localAuth, furtherProofs = [] }: Connection): LocalAuthentication[] {
  return [localAuth, ...furtherProofs.map(({ auth }) => auth)];
}

/** The hash algorithms of the peer's SIGNATURE_HASH_ALGORITHMS; undefined: it says nothing of RFC 7427. */
export function hashAlgorithmsOf(payloads: readonly Payload[]): readonly (string | number)[] | undefined {
  const notify = findNotify(payloads, 'SIGNATURE_HASH_ALGORITHMS');
  return notify && decodeNotifyData('SIGNATURE_HASH_ALGORITHMS', notify.data).algorithms;
}

/** What both sides have announced. Where the peer has announced nothing, it does not matter what we have. */
export function announcedHashes({
  role,
  message1,
  message2,
  hashAlgorithms: peer,
}: Pick<Halfway, 'role' | 'message1' | 'message2' | 'hashAlgorithms'>): HashAlgorithms {
  const ours = role === 'initiator' ? message1 : message2;
  return { own: peer && hashAlgorithmsOf(decodeMessage(ours).payloads), peer };
}
