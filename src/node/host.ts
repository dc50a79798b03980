/**
 * A host on Node: an endpoint of `ipsec-ts/endpoint` with UDP sockets, the clock and one timer. The inner side is a pipe of IP packets, so
 * that a TUN device, a TCP/IP stack or a test can stand there.
 *
 * @module
 */
import {
  answer,
  type AskOutside,
  checkLiveness,
  closeEndpoint,
  connect as connectEndpoint,
  createChild,
  createEndpoint,
  deleteChild,
  disconnect,
  type EndpointAction,
  type EndpointConfig,
  type EndpointEvent,
  reauthenticate,
  receiveDatagram,
  rekeyChild,
  rekeyIke,
  sendInner,
  status,
} from '../endpoint.js';
import { IpsecError } from '../errors.js';
import { createAnswers } from './answers.js';
import { loadIkev1 } from './ikev1.js';
import { type Act, createLoop, type Loop, now } from './loop.js';
import { fillRandom } from './random.js';
import { bindSockets, type Sockets } from './sockets.js';
import { checkConfig, withSockets } from './surroundings.js';
import type { Host, HostOptions } from './types.js';
import { watchConnection } from './watch.js';

/** What {@link connect} takes besides the configuration. */
export interface ConnectOptions extends HostOptions {
  /** The connection to begin. Default: all whose peer has an address. */
  readonly connection?: string | undefined;
}

/**
 * Binds the sockets of a host and waits for peers.
 *
 * @param config of one host. Without `sendIp` ESP always goes in UDP: Node has no raw sockets.
 * @throws IpsecError `invalid-config` when a port cannot be bound, or the configuration does not fit together; no socket is left open.
 *
 * @example
 * ```ts
 * import { connect, listen, parseConfig } from 'ipsec-ts/node';
 *
 * const host = (own: string, peer: string, ownNet: string, peerNet: string, remote: object) =>
 *   parseConfig({
 *     ike: 2,
 *     addresses: ['127.0.0.1'],
 *     ports: { ike: 0, nat: 0 }, // any that are free
 *     connections: [
 *       {
 *         name: 'office',
 *         auth: { psk: 'correct horse battery staple, and more of it' },
 *         local: { id: own },
 *         remote: { id: peer, ...remote },
 *         children: [{ name: 'net', local: ownNet, remote: peerNet }],
 *       },
 *     ],
 *   });
 * const gateway = await listen(host('b.example', 'a.example', '10.2.0.0/16', '10.1.0.0/16', {}));
 * const { ike, nat } = gateway.ports;
 * const client = await connect(host('a.example', 'b.example', '10.1.0.0/16', '10.2.0.0/16', { address: '127.0.0.1', port: ike, natPort: nat }));
 * if (client.status().ikeSas.length !== 1) throw new Error('one IKE SA');
 * await client.close();
 * await gateway.close();
 * ```
 */
export async function listen(config: EndpointConfig, options: HostOptions = {}): Promise<Host> {
  checkConfig(config, options);
  const ikev1 = await loadIkev1(config);
  const parts = createParts(options);
  const sockets = await bindSockets(config.addresses, config.ports, {
    datagram(datagram) {
      parts.loop?.take((endpoint, time) => {
        options.onDatagram?.(datagram, 'in');
        return receiveDatagram(endpoint, datagram, time);
      });
    },
    error(error) {
      parts.loop?.refuse(error);
    },
  });
  try {
    return createHost(withSockets(config, sockets, options), options, sockets, parts, ikev1);
  } catch (error) {
    await sockets.close();
    throw error;
  }
}

/**
 * Binds the sockets of a host and begins its connections: those whose peer has an address, or the one that is named.
 *
 * @throws IpsecError as {@link listen}; and what kept a connection from coming about: then everything is closed again.
 */
export async function connect(config: EndpointConfig, options: ConnectOptions = {}): Promise<Host> {
  const reachable = config.connections.filter(({ remote }) => remote).map(({ ike }) => ike.name);
  const names = options.connection === undefined ? reachable : [options.connection];
  if (names.length === 0)
    throw new IpsecError('invalid-config', 'the connections', {
      path: 'connections',
      expected: "one with the peer's address",
      found: 'none',
    });
  const host = await listen(config, options);
  try {
    await Promise.all(names.map((name) => host.connect(name)));
    return host;
  } catch (error) {
    await host.close();
    throw error;
  }
}

type Listener<T> = (value: T) => void;

interface Parts {
  readonly events: Set<Listener<EndpointEvent>>;
  readonly packets: Set<Listener<Uint8Array>>;
  /** Once there is an endpoint. */
  loop: Loop | undefined;
}

function createParts({ onEvent, onPacket }: HostOptions): Parts {
  return { events: new Set(onEvent ? [onEvent] : []), packets: new Set(onPacket ? [onPacket] : []), loop: undefined };
}

function createHost(
  config: EndpointConfig,
  options: HostOptions,
  sockets: Sockets,
  parts: Parts,
  ikev1: Awaited<ReturnType<typeof loadIkev1>>,
): Host {
  const { events, packets } = parts;
  const endpoint = createEndpoint(config, { now: now(), random: options.random ?? fillRandom, ikev1 });
  const loop = createLoop(endpoint, perform);
  const answers = createAnswers(config, options, (error) => {
    loop.refuse(error);
  });
  parts.loop = loop;
  let closing: Promise<void> | undefined;

  function perform(action: EndpointAction): void {
    switch (action.type) {
      case 'datagram':
        sockets.send(action.data, action.from, action.to);
        options.onDatagram?.(action, 'out');
        return;
      case 'ip':
        options.sendIp?.(action.packet);
        return;
      case 'deliver':
        tellAll(packets, action.packet);
        return;
      case 'ask':
        void ask(action);
        return;
      case 'event':
        answers.hear(action.event);
        tellAll(events, action.event);
    }
  }

  async function ask(question: AskOutside): Promise<void> {
    const value = await answers.to(question);
    loop.take((of, time) => answer(of, question.id, value, time));
  }

  function command(act: Act): void {
    if (closing) throw new IpsecError('invalid-argument', 'the host', { expected: 'one that is running', found: 'one that is closed' });
    loop.run(act);
  }

  async function close(): Promise<void> {
    loop.take(closeEndpoint);
    const until = now() + (options.closeTimeout ?? 2000);
    while (status(endpoint).ikeSas.length > 0 && now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    loop.stop();
    await sockets.close();
  }

  return {
    ports: sockets.ports,
    send(packet) {
      loop.run((of, time) => sendInner(of, packet, time));
    },
    onPacket: (listener) => subscribe(packets, listener),
    onEvent: (listener) => subscribe(events, listener),
    status: () => status(endpoint),
    async connect(name) {
      const watch = watchConnection(config, name, (listener) => subscribe(events, listener), endpoint);
      try {
        command((of, time) => connectEndpoint(of, name, time));
        await watch.up;
      } finally {
        watch.end();
      }
    },
    disconnect: (name) => {
      command((of, time) => disconnect(of, name, time));
    },
    createChild: (name, child) => {
      command((of, time) => createChild(of, name, child, time));
    },
    checkLiveness: (name) => {
      command((of, time) => checkLiveness(of, name, time));
    },
    rekeyIke: (name) => {
      command((of, time) => rekeyIke(of, name, time));
    },
    rekeyChild: (spiIn) => {
      command((of, time) => rekeyChild(of, spiIn, time));
    },
    deleteChild: (spiIn) => {
      command((of, time) => deleteChild(of, spiIn, time));
    },
    reauthenticate: (name) => {
      command((of, time) => reauthenticate(of, name, time));
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Every listener is told, whatever the one before it throws. */
function tellAll<T>(listeners: ReadonlySet<Listener<T>>, value: T): void {
  const errors: unknown[] = [];
  for (const listener of listeners) {
    try {
      listener(value);
    } catch (error) {
      errors.push(error);
    }
  }
  // The loop makes a warning of it.
  if (errors.length > 0) throw errors[0];
}

function subscribe<T>(listeners: Set<Listener<T>>, listener: Listener<T>): () => void {
  // The same function twice is two listeners.
  const each: Listener<T> = (value) => {
    listener(value);
  };
  listeners.add(each);
  return () => void listeners.delete(each);
}
