/** What this package is told: the words for algorithms are strongSwan's, which `parseConfig` knows too. */
import type { Version1, Wishes } from './side.js';
import type { Half } from './ways.js';

export function hostConfig(w: Wishes): unknown {
  const livelier = { first: 0.3, factor: 1.5, most: 2, tries: 5, jitter: 0.1 };
  return {
    ike: w.v1 === undefined ? 2 : 1,
    addresses: [w.address],
    connections: [
      {
        name: 'gw',
        auth: w.auth === undefined ? { psk: w.psk } : undefined,
        local: { id: w.id, ...proofsOf(w, w.auth?.own) },
        remote: { id: w.peerId, address: w.peer, ...proofsOf(w, w.auth?.peer) },
        ...(w.v1 && version1(w, w.v1)),
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

function version1({ auth }: Wishes, { aggressive, unsafe, push }: Version1): object {
  const user = [...(auth?.own ?? []), ...(auth?.peer ?? [])].find(isXauth);
  return { aggressive, unsafeAggressivePsk: unsafe, modeConfig: push === true ? 'push' : undefined, ...user?.ours };
}

/** With IKEv1 the first proof, if any, is that of phase 1; XAUTH stands elsewhere. */
function proofsOf({ v1 }: Wishes, halves: readonly Half[] | undefined): object {
  if (v1 === undefined || halves === undefined) return roundsOf(halves);
  return { auth: halves.find((half) => !isXauth(half))?.ours ?? { null: true } };
}

function isXauth({ ours }: Half): boolean {
  return 'xauth' in ours;
}

function roundsOf(halves: readonly Half[] | undefined): object {
  if (halves === undefined) return {};
  const [first, ...others] = halves.map(({ ours }) => ours);
  return { auth: first, ...(others.length > 0 && { further: others.map((auth) => ({ auth })) }) };
}
