/** What this package is told: the one place that knows the configuration of `ipsec-ts/node`. The words for algorithms are strongSwan's there, too. */
import type { Wishes } from './side.js';

export function hostConfig(w: Wishes): unknown {
  const auth = { psk: w.psk };
  return {
    ike: 2,
    addresses: [w.address],
    ports: { ike: 500, nat: 4500 },
    connections: [
      {
        name: 'gw',
        local: { id: w.id, auth },
        remote: { id: w.peerId, auth, address: w.peer },
        proposals: w.ike,
        children: [{ name: 'net', local: [w.localTs], remote: [w.remoteTs], proposals: w.esp }],
        pool: w.pool === undefined ? undefined : { addresses: [w.pool] },
        request: w.asksAddress === true ? { ipv4: true } : undefined,
        options: {
          fragmentSizes: w.fragmentSize === undefined ? undefined : [w.fragmentSize],
          livenessInterval: w.livenessSeconds === undefined ? undefined : w.livenessSeconds * 1000,
          established: { first: 300, factor: 1.5, most: 2000, tries: 5, jitter: 0.1 },
        },
      },
    ],
    limits: w.cookie === true ? { halfOpen: { cookieThreshold: 0 } } : undefined,
  };
}
