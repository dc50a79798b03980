/** This package as the host in front of the guest: an endpoint without sockets, on the wire itself. */
import {
  closeEndpoint,
  connect,
  createEndpoint,
  deleteChild,
  disconnect,
  type EndpointAction,
  type EndpointEvent,
  type EndpointStatus,
  parseEndpointConfig,
  receiveDatagram,
  receiveIp,
  rekeyChild,
  rekeyIke,
  sendInner,
  status,
} from '../../../src/endpoint.js';
import { ikev1 } from '../../../src/ikev1.js';
import { parseAddress } from '../../../src/ip.js';
import { nodeDeflate } from '../../../src/node/deflate.js';
import { createLoop, now } from '../../../src/node/loop.js';
import { configRows } from '../../../src/node/rows.js';
import { createPinger } from '../echo.js';
import type { Wire } from './link.js';
import { addressesOf, type Scenario } from './scenarios.js';

export interface Us {
  /** '' when IKE SA and Child SA are up, else why not. */
  connect(): Promise<string>;
  rekey(what: 'child' | 'ike'): void;
  remove(what: 'child' | 'ike'): void;
  /** How many of so many echo requests to the peer's inner address were answered. */
  ping(count: number): Promise<number>;
  status(): EndpointStatus;
  /** What happened, one line each. */
  log(): string;
  /** Deletes all that there is. */
  close(): Promise<void>;
}

export function startUs(wire: Wire, s: Scenario, secret: string): Us {
  const random = (octets: Uint8Array): void => void crypto.getRandomValues(octets as Uint8Array<ArrayBuffer>);
  const endpoint = createEndpoint(parseEndpointConfig(configOf(s, secret), { rows: configRows(), compression: nodeDeflate }), {
    now: now(),
    random,
    ikev1,
  });
  const events: EndpointEvent[] = [];
  const listeners = new Set<(event: EndpointEvent) => void>();
  const loop = createLoop(endpoint, perform);
  const pinger = createPinger((packet) => {
    loop.run((of, time) => sendInner(of, packet, time));
  });

  function perform(action: EndpointAction): void {
    if (action.type === 'datagram') wire.sendUdp(action.data, action.from, action.to);
    if (action.type === 'ip') wire.sendIp(action.packet);
    if (action.type === 'deliver') pinger.take(action.packet);
    if (action.type === 'event') {
      events.push(action.event);
      for (const listener of listeners) listener(action.event);
    }
  }

  wire.onUdp = (data, from, to) => {
    loop.take((of, time) => receiveDatagram(of, { data, from, to }, time));
  };
  wire.onIp = (packet) => {
    loop.take((of, time) => receiveIp(of, packet, time));
  };
  const { ours, theirs } = addressesOf(s);
  return {
    connect: () =>
      new Promise((resolve) => {
        const settle = (result: string): void => {
          clearTimeout(timer);
          listeners.delete(listener);
          resolve(result);
        };
        const listener = (event: EndpointEvent): void => {
          if (event.type === 'childUp') settle('');
          if (event.type === 'childFailed') settle(`${event.error.code}: ${event.error.message}`);
          if (event.type === 'closed') settle(event.error ? `${event.error.code}: ${event.error.message}` : event.reason);
        };
        const timer = setTimeout(() => {
          settle('nothing within 20 s');
        }, 20_000);
        listeners.add(listener);
        loop.run((of, time) => connect(of, 'gw', time));
      }),
    rekey: (what) => {
      const act = what === 'ike' ? rekeyIke : undefined;
      loop.run((of, time) => (act ? act(of, 'gw', time) : rekeyChild(of, usedChild().spiIn, time)));
    },
    remove: (what) => {
      loop.run((of, time) => (what === 'ike' ? disconnect(of, 'gw', time) : deleteChild(of, usedChild().spiIn, time)));
    },
    ping: (count) => pinger.ping(parseAddress(ours.inner), parseAddress(theirs.inner), count, OCTETS),
    status: () => status(endpoint),
    log: () => events.map((event) => JSON.stringify(event)).join('\n'),
    close: async () => {
      loop.take(closeEndpoint);
      for (let wait = 0; wait < 40 && status(endpoint).ikeSas.length > 0; wait++) await new Promise((resolve) => setTimeout(resolve, 25));
      loop.stop();
      wire.onUdp = () => undefined;
      wire.onIp = () => undefined;
    },
  };

  function usedChild(): EndpointStatus['ikeSas'][number]['children'][number] {
    const child = status(endpoint)
      .ikeSas.flatMap((sa) => sa.children)
      .filter((c) => c.isUsed)
      .at(-1);
    if (!child) throw new Error('no Child SA');
    return child;
  }
}

/** Octets in an echo request: enough for IPComp to gain something. */
const OCTETS = 200;

function configOf(s: Scenario, secret: string): unknown {
  const livelier = { first: 0.3, factor: 1.5, most: 2, tries: 6, jitter: 0.1 };
  const { ours, theirs } = addressesOf(s);
  const ends = s.mode === 'tunnel' ? { local: ours.net, remote: theirs.net } : { local: 'dynamic', remote: 'dynamic' };
  return {
    ike: s.version,
    addresses: [ours.host],
    connections: [
      {
        name: 'gw',
        auth: { psk: secret },
        ...(s.aggressive && { aggressive: true, unsafeAggressivePsk: true }),
        local: { id: 'node.example.org' },
        remote: { id: 'gw.example.org', address: theirs.host },
        proposals: s.ike[0],
        children: [
          { name: 'net', mode: s.mode, ...ends, proposals: childProposal(s), ipcomp: s.ipcomp, tfcLength: s.tfc ? 300 : undefined },
        ],
        fragmentation: s.fragments ? [200] : undefined,
        retransmission: livelier,
        setUpRetransmission: livelier,
      },
    ],
    limits: s.cookie ? { halfOpen: { cookieThreshold: 0 } } : undefined,
  };
}

function childProposal({ protocol, child, esn, pfs, ike }: Scenario): string {
  const group = pfs ? `-${ike[0].split('-').at(-1)!}` : '';
  return `${protocol.toLowerCase()}:${child[0]}${group}${esn ? '-esn' : '-noesn'}`;
}
