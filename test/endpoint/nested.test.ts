import { describe, expect, it } from 'vitest';
import { createEndpoint, type Endpoint, type EndpointAction, receiveIp, sendInner, status } from '../../src/endpoint.js';
import { decodeIp, encodeUdp, formatAddress, type IpPacket } from '../../src/ip.js';
import { clearPacket, createRandom, parseHost } from '../pair.js';

const traveller = '203.0.113.7';
const gateway = '192.0.2.1';
const server = '10.9.0.3';
const auth = { psk: 'a secret that all of them have' };

/** What goes through the tunnel to the host behind: its ESP, and the IKE that negotiates it. */
const ends = (address: string): string[] => [`${address} esp`, `${address} udp 500`];

const hosts: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  [traveller]: {
    addresses: [traveller],
    // RFC 4301 appendix E: what the outer policy is to protect comes back across the boundary, and so does what it gives.
    policies: [{ action: 'BYPASS', local: server, remote: traveller, protocol: 'esp' }],
    processing: {
      forwarding: {
        unprotected: [{ local: traveller, remote: server, action: 'loop' }],
        protected: [{ local: traveller, remote: server, protocol: 'esp', action: 'loop' }],
      },
    },
    connections: [
      { name: 'gateway', auth, remote: { address: gateway }, children: [{ name: 'tunnel', local: ends(traveller), remote: ends(server) }] },
      { name: 'server', auth, remote: { address: server }, children: [{ name: 'end to end', mode: 'transport' }] },
    ],
  },
  [gateway]: {
    addresses: [gateway],
    connections: [
      {
        name: 'traveller',
        auth,
        remote: { address: traveller },
        children: [{ name: 'tunnel', local: ends(server), remote: ends(traveller) }],
      },
    ],
  },
  [server]: {
    addresses: [server],
    connections: [{ name: 'traveller', auth, remote: { address: traveller }, children: [{ name: 'end to end', mode: 'transport' }] }],
  },
};

/** Three hosts; the server's only way leads through the gateway, and nothing but the tunnel leads there from outside. */
function network(): {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly received: string[];
  readonly act: (name: string, run: (endpoint: Endpoint, now: number) => EndpointAction[]) => void;
} {
  const endpoints = new Map(
    Object.entries(hosts).map(([name, json], i) => [name, createEndpoint(parseHost(json), { now: 0, random: createRandom(i + 1) })]),
  );
  const received: string[] = [];
  let now = 0;
  const act = (name: string, run: (endpoint: Endpoint, now: number) => EndpointAction[]): void => {
    for (const action of run(endpoints.get(name)!, ++now)) {
      if (action.type === 'deliver') deliver(name, action.packet);
      if (action.type === 'ip') route(name, action.packet);
      if (action.type !== 'datagram') continue;
      const { from, to, data } = action;
      route(name, encodeUdp({ source: from.address, destination: to.address }, from.port, to.port, data));
    }
  };
  const isIke = ({ protocol }: IpPacket, packet: Uint8Array, at: number): boolean =>
    protocol === 17 && packet[at + 2] === 1 && packet[at + 3] === 0xf4;
  /** What a host has to send: by its routes, over the wire or into the tunnel. */
  const route = (name: string, packet: Uint8Array): void => {
    const to = formatAddress(decodeIp(packet).destination);
    if (name === traveller && to === server) act(traveller, (endpoint, at) => sendInner(endpoint, packet, at));
    else if (name === server) act(gateway, (endpoint, at) => sendInner(endpoint, packet, at));
    else act(to, (endpoint, at) => receiveIp(endpoint, packet, at));
  };
  /** A clear packet on the protected side: for the host itself, or to be passed on. */
  const deliver = (name: string, packet: Uint8Array): void => {
    const decoded = decodeIp(packet);
    if (name === gateway) act(server, (endpoint, at) => receiveIp(endpoint, packet, at));
    else if (isIke(decoded, packet, decoded.upperOffset)) act(name, (endpoint, at) => receiveIp(endpoint, packet, at));
    else received.push(`${name} ${decoded.protocol}`);
  };
  return { endpoints, received, act };
}

describe('RFC 2401 section 4.5, case 4, as two Child SAs: end to end, inside a tunnel to a gateway', () => {
  it('both are negotiated when a packet asks for them, IKE with the server through the tunnel, and packets go both ways', () => {
    const { endpoints, received, act } = network();
    act(traveller, (endpoint, now) => sendInner(endpoint, clearPacket(traveller, server, 1), now));
    expect(
      [...endpoints].map(([, endpoint]) =>
        status(endpoint).ikeSas.map(({ state, children }) => `${state} ${children.map(({ mode }) => mode).join()}`),
      ),
    ).toEqual([['ESTABLISHED transport', 'ESTABLISHED tunnel'], ['ESTABLISHED tunnel'], ['ESTABLISHED transport']]);
    act(traveller, (endpoint, now) => sendInner(endpoint, clearPacket(traveller, server, 2), now));
    act(server, (endpoint, now) => sendInner(endpoint, clearPacket(server, traveller, 3), now));
    expect(received).toEqual([`${server} 17`, `${server} 17`, `${traveller} 17`]);
  });
});
