/** What this package is told: the words for algorithms are strongSwan's, which `parseConfig` knows too. */
import type { Wishes } from './side.js';
import type { Half } from './ways.js';

export function hostConfig(w: Wishes): unknown {
  const livelier = { first: 0.3, factor: 1.5, most: 2, tries: 5, jitter: 0.1 };
  return {
    ike: 2,
    addresses: [w.address],
    connections: [
      {
        name: 'gw',
        auth: w.auth === undefined ? { psk: w.psk } : undefined,
        local: { id: w.id, ...roundsOf(w.auth?.own) },
        remote: { id: w.peerId, address: w.peer, ...roundsOf(w.auth?.peer) },
        proposals: w.ike,
        children: [
          { name: 'net', local: w.localTs, remote: w.remoteTs, proposals: w.esp },
          ...(w.also === undefined ? [] : [{ name: 'also', local: w.also.localTs, remote: w.also.remoteTs, proposals: w.esp }]),
        ],
        childless: w.childless,
        pool: w.pool === undefined ? undefined : 'inner',
        request: w.asksAddress,
        fragmentation: w.fragmentSize === undefined ? undefined : [w.fragmentSize],
        timers: { liveness: w.livenessSeconds },
        retransmission: livelier,
        setUpRetransmission: livelier,
      },
    ],
    pools: w.pool === undefined ? undefined : [{ name: 'inner', ranges: w.pool, dns: '192.0.2.53' }],
    limits: w.cookie === true ? { halfOpen: { cookieThreshold: 0 } } : undefined,
  };
}

function roundsOf(halves: readonly Half[] | undefined): object {
  if (halves === undefined) return {};
  const [first, ...others] = halves.map(({ ours }) => ours);
  return { auth: first, ...(others.length > 0 && { further: others.map((auth) => ({ auth })) }) };
}
