/**
 * NAT detection, and the change of ports (RFC 3947 sections 3.2 and 4).
 *
 * @module
 */
import { equalBytes } from '../../bytes.js';
import type { Connection } from '../../keying/connection.js';
import type { NatState, Path } from '../../keying/path.js';
import type { HashRow } from '../../suite/types-hash.js';
import { computeNatDiscovery } from '../nat-detection.js';
import type { Payload, PayloadOfType } from '../payload-cases.js';
import type { Base } from '../states.js';
import { payloadsOf } from './phase1-payloads.js';

/** What NAT-D payloads are made of, and who sends them. */
type Way = Pick<Base, 'spiI' | 'spiR' | 'path' | 'abilities'>;

/** No NAT traversal at all. */
export const noNat: NatState = /* @__PURE__ */ Object.freeze({ supported: false, local: false, remote: false, follow: false });

/** The numbers of RFC 3947, or of its drafts. */
function typeOf({ abilities }: Way): 'NAT-D' | 'NAT-D draft' {
  return abilities.natTraversal === 'draft' ? 'NAT-D draft' : 'NAT-D';
}

/**
 * Our NAT-D payloads. RFC 3947 section 3.2: "The first NAT-D payload contains the remote end's IP address and port (i.e., the destination address of the UDP packet). The
 * remaining NAT-D payloads contain possible local-end IP addresses and ports (i.e., all possible source addresses of the UDP packet)."
 *
 * With `force` our own is one that cannot be ours, so that the peer finds a NAT in any case and encapsulates: for hosts that have nothing but UDP sockets.
 *
 * @param way the path of the message that they go in.
 */
export function natDiscoveryPayloads({ options }: Pick<Connection, 'options'>, hash: HashRow, way: Way): Payload[] {
  if (options.natTraversal === 'never' || way.abilities.natTraversal === undefined) return [];
  const { spiI, spiR, path } = way;
  const { local, remote } = path;
  const own = options.natTraversal === 'force' ? { address: new Uint8Array(local.address.length), port: 0 } : local;
  return [remote, own].map(({ address, port }): PayloadOfType<'NAT-D' | 'NAT-D draft'> => ({
    type: typeOf(way),
    data: computeNatDiscovery(hash, { ckyI: spiI, ckyR: spiR, address, port }),
  }));
}

/**
 * What the peer's NAT-D payloads say. RFC 3947 section 3.2: "If there is no NAT between the peers, the first NAT-D payload received should match one of the local NAT-D
 * payloads (i.e., the local NAT-D payloads this host is sending out), and one of the other NAT-D payloads must match the remote end's IP address and port."
 *
 * Nothing authenticates them: whoever changes them makes us encapsulate without need, and no more.
 *
 * @param way the path of the message that they came in.
 */
export function detectNat({ options }: Pick<Connection, 'options'>, hash: HashRow, way: Way, payloads: readonly Payload[]): NatState {
  const [destination, ...sources] = payloadsOf(payloads, typeOf(way));
  if (options.natTraversal === 'never' || way.abilities.natTraversal === undefined || destination === undefined || sources.length === 0)
    return noNat;
  const { spiI, spiR, path } = way;
  const ours = computeNatDiscovery(hash, { ckyI: spiI, ckyR: spiR, ...path.local });
  const theirs = computeNatDiscovery(hash, { ckyI: spiI, ckyR: spiR, ...path.remote });
  // RFC 3947 section 3.2: "If the first check fails (i.e., first NAT-D payload does not match any of the local IP addresses and ports), it means that there is
  // dynamic NAT between the peers, and this end should start sending keepalives as defined in the [RFC3948] (this end is behind the NAT)."
  const local = !equalBytes(destination.data, ours);
  const remote = !sources.some(({ data }) => equalBytes(data, theirs));
  return { supported: true, local: local || options.natTraversal === 'force', remote, follow: remote && !local };
}

/**
 * Where an initiator goes on. RFC 3947 section 4: "In Main Mode, the initiator MUST change ports when sending the ID payload if there is NAT between the hosts. The
 * initiator MUST set both UDP source and destination ports to 4500." "If a negotiation starts on port 4500, then it doesn't need to change anywhere else in the
 * exchange."
 */
export function floatPath({ options }: Pick<Connection, 'options'>, nat: NatState, path: Path): Path {
  const { local, remote } = options.natPorts;
  if ((!nat.local && !nat.remote) || path.local.port === local) return path;
  return { local: { ...path.local, port: local }, remote: { ...path.remote, port: remote } };
}
