/** Two hosts over loopback UDP for the tests. */
import { answerEcho, readEcho } from '../../src/cli/host/echo.js';
import type { EndpointConfig, EndpointEvent } from '../../src/endpoint.js';
import { encodeEcho, parseAddress } from '../../src/ip.js';
import { connect, type Host, type HostOptions, listen, parseConfig } from '../../src/node.js';

export interface Wishes {
  /** Default 127.0.0.1. */
  readonly address?: string;
  readonly own?: object;
  readonly peer?: object;
  /** Members of the client's connection. */
  readonly connection?: object;
  /** Members of the gateway's connection. */
  readonly gatewayConnection?: object;
  readonly child?: object;
}

const inner = { a: '10.1.0.0/16', b: '10.2.0.0/16' };
const inner6 = { a: 'fd00:1::/64', b: 'fd00:2::/64' };

/** The configuration of the one who listens. */
export function gatewayConfig({ address = '127.0.0.1', own, gatewayConnection, child }: Wishes = {}): EndpointConfig {
  return parseConfig({ ...hostOf(address), ...own, connections: [{ ...connectionOf('b', 'a', child), ...gatewayConnection }] });
}

/** The configuration of the one who begins. */
export function clientConfig(ports: Host['ports'], { address = '127.0.0.1', peer, connection, child }: Wishes = {}): EndpointConfig {
  const plain = connectionOf('a', 'b', child);
  const remote = { ...plain.remote, address, port: ports.ike, natPort: ports.nat };
  return parseConfig({ ...hostOf(address), ...peer, connections: [{ ...plain, remote, ...connection }] });
}

function hostOf(address: string): object {
  return { ike: 2, addresses: [address], ports: { ike: 0, nat: 0 } };
}

function connectionOf(own: 'a' | 'b', peer: 'a' | 'b', child: object = {}): { readonly remote: object } {
  return {
    name: 'office',
    auth: { psk: 'a long secret that both sides have' },
    local: { id: `${own}.example` },
    remote: { id: `${peer}.example` },
    children: [{ name: 'net', local: [inner[own], inner6[own]], remote: [inner[peer], inner6[peer]], ...child }],
  } as { readonly remote: object };
}

/** A host that is closed at the end of the test, and what has happened to it. */
export interface Watched {
  readonly host: Host;
  readonly events: EndpointEvent[];
}

/** Listens, and answers pings. */
export async function startGateway(wishes: Wishes = {}, options: HostOptions = {}): Promise<Watched> {
  const events: EndpointEvent[] = [];
  const host: Host = await listen(gatewayConfig(wishes), {
    onEvent: (event) => void events.push(event),
    onPacket: (packet) => {
      const echo = readEcho(packet);
      if (echo && !echo.isReply) host.send(answerEcho(echo));
    },
    ...options,
  });
  return { host, events };
}

/** Connects. */
export async function startClient(ports: Host['ports'], wishes: Wishes = {}, options: HostOptions = {}): Promise<Watched> {
  const events: EndpointEvent[] = [];
  const host = await connect(clientConfig(ports, wishes), { onEvent: (event) => void events.push(event), ...options });
  return { host, events };
}

/** Pings, one after each answer. @returns the numbers that were answered. */
export async function ping(host: Host, count: number, way: readonly [string, string] = ['10.1.0.1', '10.2.0.1']): Promise<number[]> {
  const [source, destination] = way.map(parseAddress) as [Uint8Array, Uint8Array];
  const answered: number[] = [];
  let next: (() => void) | undefined;
  const off = host.onPacket((packet) => {
    const echo = readEcho(packet);
    if (!echo?.isReply) return;
    answered.push(echo.seq);
    next?.();
  });
  for (let seq = 1; seq <= count; seq++) {
    const answer = new Promise<void>((resolve) => {
      next = resolve;
    });
    host.send(encodeEcho({ source, destination, id: 7, seq, data: new Uint8Array(32).fill(seq) }));
    await Promise.race([answer, sleep(1000)]);
  }
  off();
  return answered;
}

export async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until something is so. */
export async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!what()) {
    if (performance.now() > end) throw new Error('it never came');
    await sleep(5);
  }
}
