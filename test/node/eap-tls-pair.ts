/** An EAP-TLS peer and an authenticator that talk to each other. */
import { eapTls, type EapTlsOptions } from '../../src/eap/tls.js';
import type { EapAuthenticatorSession, EapPeerSession } from '../../src/eap/types.js';
import type { IpsecError } from '../../src/errors.js';
import { formatIdentity } from '../../src/traffic-selector.js';
import { createNodeTlsEngine, type NodeTlsOptions } from '../../src/node/eap-tls.js';
import certificates from '../../vectors/eap/tls-certificates.json' with { type: 'json' };

export const { root, otherRoot, ends } = certificates;
export type End = keyof typeof ends;

export interface Wishes {
  readonly client?: End | 'none' | undefined;
  readonly server?: End;
  readonly clientOptions?: Partial<EapTlsOptions>;
  readonly serverOptions?: Partial<EapTlsOptions>;
  readonly clientEngine?: NodeTlsOptions;
  readonly serverEngine?: NodeTlsOptions;
  /** Answer to the Identity Request. */
  readonly identity?: string;
  /** Changes Type-Data on the way. */
  readonly onTheWay?: ((data: Uint8Array, from: 'peer' | 'authenticator', packet: number) => Uint8Array) | undefined;
}

export interface Outcome {
  readonly peer: 'done' | 'going on' | IpsecError;
  readonly authenticator: 'success' | 'going on' | IpsecError;
  readonly identity: string | undefined;
  readonly peerMsk: Uint8Array | undefined;
  readonly authenticatorMsk: Uint8Array | undefined;
  /** Type-Data, those of the authenticator at even places. */
  readonly packets: readonly Uint8Array[];
}

const env = { random: (octets: Uint8Array): Uint8Array => globalThis.crypto.getRandomValues(octets as Uint8Array<ArrayBuffer>) };

export function makeSessions(wishes: Wishes = {}): { peer: EapPeerSession; authenticator: EapAuthenticatorSession } {
  const { client = 'alice', server = 'server', identity = 'alice@example.org' } = wishes;
  const own = client === 'none' ? {} : ends[client];
  const peer = eapTls({
    engine: createNodeTlsEngine({ ...own, trustAnchors: root, ...wishes.clientEngine }),
    serverNames: ['vpn.example.org'],
    ...wishes.clientOptions,
  });
  const engine = createNodeTlsEngine({ ...ends[server], trustAnchors: root, ...wishes.serverEngine });
  const authenticator = eapTls({ engine, roles: ['authenticator'], ...wishes.serverOptions });
  return { peer: peer.peer!(identity, env), authenticator: authenticator.authenticator!(identity, env) };
}

/** Lets them talk to the end, as EAP would. */
export async function talk(wishes: Wishes = {}): Promise<Outcome> {
  const { peer, authenticator } = makeSessions(wishes);
  const packets: Uint8Array[] = [];
  const way = (data: Uint8Array, from: 'peer' | 'authenticator'): Uint8Array => {
    packets.push(data);
    return wishes.onTheWay?.(data, from, packets.length - 1) ?? data;
  };
  let ofPeer: Outcome['peer'] = 'going on';
  let ofAuthenticator: Outcome['authenticator'] = 'going on';
  let who: string | undefined;
  let request: Uint8Array | undefined = await authenticator.begin({ identifier: 0 });
  for (let identifier = 0; request !== undefined && identifier < 2000; identifier++) {
    const answer = await peer.receive(way(request, 'authenticator'), { identifier });
    if (answer.kind === 'failed') ofPeer = answer.error;
    else ofPeer = answer.isDone ? 'done' : 'going on';
    request = undefined;
    if (answer.data === undefined) continue;
    const next = await authenticator.receive(way(answer.data, 'peer'), { identifier });
    if (next.kind === 'request') request = next.data;
    else if (next.kind === 'failed') ofAuthenticator = next.error;
    else {
      ofAuthenticator = 'success';
      who = typeof next.identity === 'object' ? formatIdentity(next.identity) : next.identity;
    }
  }
  const outcome = { peerMsk: peer.exportMsk?.(), authenticatorMsk: authenticator.exportMsk?.() };
  peer.destroy();
  authenticator.destroy();
  return { peer: ofPeer, authenticator: ofAuthenticator, identity: who, ...outcome, packets };
}
