/** What this package is told: the one place that knows the configuration of `ipsec-ts/node`. */
import type { Wishes } from './side.js';
import { parseProposals } from './words.js';

export function hostConfig(w: Wishes, role: 'initiator' | 'responder'): unknown {
  return {
    role,
    local: { address: w.address, id: w.id },
    remote: { address: w.peer, id: w.peerId },
    psk: w.psk,
    ike: parseProposals(w.ike),
    esp: parseProposals(w.esp),
    localTs: w.localTs,
    remoteTs: w.remoteTs,
    pool: w.pool,
    requestAddress: w.asksAddress,
    cookie: w.cookie,
    fragmentSize: w.fragmentSize,
    livenessSeconds: w.livenessSeconds,
  };
}
