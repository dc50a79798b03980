import { describe, expect, it } from 'vitest';
import {
  closeEndpoint,
  connect,
  createEndpoint,
  type Endpoint,
  type EndpointAction,
  reauthenticate,
  receiveDatagram,
  sendInner,
  status,
  wake,
} from '../../src/endpoint.js';
import { formatAddress, parseAddress } from '../../src/ip.js';
import { clearPacket, createRandom, parseHost } from '../pair.js';

const server = {
  addresses: ['198.51.100.1'],
  encapsulation: 'always',
  pools: [{ name: 'staff', ranges: '10.3.0.0/29', exclude: '10.3.0.0', dns: ['10.0.0.53'], domains: ['example.com'] }],
  connections: [
    {
      name: 'staff',
      auth: { psk: 'a secret that all of them have' },
      local: { id: 'gw.example.com' },
      remote: { id: '@example.com' },
      pool: 'staff',
      children: [{ name: 'lan', local: '10.0.0.0/8' }],
    },
  ],
};

function client(name: string, address: string): Readonly<Record<string, unknown>> {
  return {
    addresses: [address],
    encapsulation: 'always',
    connections: [
      {
        name: 'office',
        auth: { psk: 'a secret that all of them have' },
        local: { id: `${name}@example.com` },
        remote: { address: '198.51.100.1', id: 'gw.example.com' },
        request: ['ipv4', 'dns4', 'domains'],
        children: [{ name: 'lan', remote: '10.0.0.0/8' }],
      },
    ],
  };
}

/** A server and its clients; datagrams arrive at once. */
function network(): {
  readonly gateway: Endpoint;
  readonly delivered: Map<Endpoint, Uint8Array[]>;
  readonly join: (name: string, address: string) => Endpoint;
  readonly act: (endpoint: Endpoint, run: (endpoint: Endpoint, now: number) => EndpointAction[]) => EndpointAction[];
} {
  let seed = 0;
  let now = 0;
  const hosts = new Map<string, Endpoint>();
  const delivered = new Map<Endpoint, Uint8Array[]>();
  const add = (json: Readonly<Record<string, unknown>>, address: string): Endpoint => {
    const endpoint = createEndpoint(parseHost(json), { now: 0, random: createRandom(++seed) });
    hosts.set(address, endpoint);
    delivered.set(endpoint, []);
    return endpoint;
  };
  const act = (endpoint: Endpoint, run: (endpoint: Endpoint, now: number) => EndpointAction[]): EndpointAction[] => {
    now += 1;
    const all = run(endpoint, now);
    const queue = [...all.map((action) => ({ endpoint, action }))];
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { action } = next;
      if (action.type === 'deliver') delivered.get(next.endpoint)!.push(action.packet);
      if (action.type !== 'datagram') continue;
      const to = hosts.get(formatAddress(action.to.address))!;
      const actions = receiveDatagram(to, action, now);
      all.push(...actions);
      queue.push(...actions.map((one) => ({ endpoint: to, action: one })));
    }
    return all;
  };
  return { gateway: add(server, '198.51.100.1'), delivered, join: (name, address) => add(client(name, address), address), act };
}

describe('RFC 7296 section 2.19: addresses from a pool', () => {
  it('each client gets one with what goes with it, and reaches the network behind; each has a policy of its own', () => {
    const { gateway, delivered, join, act } = network();
    const clients = [1, 2, 3].map((n) => join(`user${n}`, `192.0.2.${n}`));
    const assigned = clients.map((endpoint) => {
      const actions = act(endpoint, (e, now) => connect(e, 'office', now));
      const event = actions.find((action) => action.type === 'event' && action.event.type === 'assigned');
      return event?.type === 'event' && event.event.type === 'assigned' ? event.event.configuration : undefined;
    });
    expect(assigned.map((c) => formatAddress(c!.addresses[0]!.address))).toEqual(['10.3.0.1', '10.3.0.2', '10.3.0.3']);
    expect(assigned[0]!.dns.map(formatAddress)).toEqual(['10.0.0.53']);
    expect(assigned[0]!.domains).toEqual(['example.com']);
    act(clients[1]!, (e, now) => sendInner(e, clearPacket('10.3.0.2', '10.0.0.7', 1), now));
    expect(delivered.get(gateway)).toHaveLength(1);
    act(gateway, (e, now) => sendInner(e, clearPacket('10.0.0.7', '10.3.0.3', 2), now));
    expect(clients.map((endpoint) => delivered.get(endpoint)!.length)).toEqual([0, 0, 1]);
    // Nobody sends with the address of another.
    act(clients[0]!, (e, now) => sendInner(e, clearPacket('10.3.0.2', '10.0.0.7', 3), now));
    expect(delivered.get(gateway)).toHaveLength(1);
    expect(gateway.bound.size).toBe(3);
  });

  it('an address comes back, and is kept for the one who had it', () => {
    const { gateway, join, act } = network();
    const [one, two] = [join('user1', '192.0.2.1'), join('user2', '192.0.2.2')];
    act(one, (e, now) => connect(e, 'office', now));
    act(one, closeEndpoint);
    expect(status(gateway).ikeSas).toEqual([]);
    expect(gateway.bound.size).toBe(0);
    act(two, (e, now) => connect(e, 'office', now));
    act(one, (e, now) => connect(e, 'office', now));
    const remotes = status(gateway).ikeSas.map(({ peerId, children }) => `${peerId ?? ''} ${children[0]?.remote ?? ''}`);
    expect(remotes).toEqual(['user2@example.com 10.3.0.2', 'user1@example.com 10.3.0.1']);
  });

  it('section 2.8.3: a new authentication keeps the address', () => {
    const { gateway, delivered, join, act } = network();
    const one = join('user1', '192.0.2.1');
    act(one, (e, now) => connect(e, 'office', now));
    act(one, (e, now) => reauthenticate(e, 'office', now));
    expect(status(gateway).ikeSas.map(({ children }) => children[0]?.remote)).toEqual(['10.3.0.1']);
    act(gateway, (e, now) => sendInner(e, clearPacket('10.0.0.7', '10.3.0.1', 2), now));
    expect(delivered.get(one)).toHaveLength(1);
    const [lease] = [...gateway.pools.get('staff')!.leases.values()];
    expect(lease).toMatchObject({ users: 1 });
  });

  it('section 3.15.4: a pool that is empty fails the Child SA, not the IKE SA', () => {
    const { gateway, join, act } = network();
    const clients = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => join(`user${n}`, `192.0.2.${n}`));
    const last = clients.map((endpoint) => act(endpoint, (e, now) => connect(e, 'office', now))).at(-1)!;
    const failed = last.flatMap((action) =>
      action.type === 'event' && action.event.type === 'childFailed' ? [action.event.error.message] : [],
    );
    expect(failed.join()).toContain('INTERNAL_ADDRESS_FAILURE');
    expect(gateway.children.size).toBe(7);
    wake(gateway, 100);
    expect(parseAddress('10.3.0.1')).toHaveLength(4);
  });
});
