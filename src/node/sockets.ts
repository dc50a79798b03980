/**
 * The UDP sockets of a host: one for each of its addresses and ports, so that each datagram is known by where it came to.
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { IpsecError } from '../errors.js';
import type { EndpointDatagram, UdpEndpoint } from '../endpoint.js';
import { formatAddress, parseAddress } from '../ip.js';

/** Bound sockets. */
export interface Sockets {
  /** The ports that they got: where 0 was asked for, the system has chosen. */
  readonly ports: { readonly ike: number; readonly nat: number };
  /** Sends a datagram from one of the host's own ends; false: there is no such end. */
  send(data: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): boolean;
  /** Closes all of them; the promise is kept once the last is closed. */
  close(): Promise<void>;
}

/** What becomes of datagrams and of errors of the system. */
export interface SocketListener {
  /** A datagram; its octets are nobody else's. */
  datagram(datagram: EndpointDatagram): void;
  /** The system could not send, or has lost a socket. */
  error(error: IpsecError): void;
}

/**
 * Binds sockets.
 *
 * @param addresses of this host, 4 or 16 octets each.
 * @param ports 0: any; `ike` and `nat` may be the same port.
 * @throws IpsecError `invalid-config` when the system does not let us: the port is taken, needs privileges, or the address is not ours.
 */
export async function bindSockets(
  addresses: readonly Uint8Array[],
  ports: { readonly ike: number; readonly nat: number },
  listener: SocketListener,
): Promise<Sockets> {
  // What the system chooses for the first address may be taken at the second.
  const tries = addresses.length > 1 && (ports.ike === 0 || ports.nat === 0) ? 8 : 1;
  for (let left = tries; ; left--) {
    const bound: Bound[] = [];
    try {
      return openSockets(bound, await bindAll(bound, addresses, ports, listener), listener);
    } catch (error) {
      await closeAll(bound);
      if (left === 1) throw error;
    }
  }
}

/** The system chooses once; the other addresses take the same port. */
async function bindAll(
  bound: Bound[],
  addresses: readonly Uint8Array[],
  { ike, nat }: Sockets['ports'],
  listener: SocketListener,
): Promise<Sockets['ports']> {
  const chosen = { ike, nat };
  const bind = async (address: Uint8Array, name: 'ike' | 'nat'): Promise<void> => {
    const one = await bindOne(address, name, chosen[name], listener);
    bound.push(one);
    chosen[name] = one.end.port;
  };
  for (const address of addresses) {
    await bind(address, 'ike');
    if (ike !== nat || ike === 0) await bind(address, 'nat');
  }
  return chosen;
}

interface Bound {
  readonly end: UdpEndpoint;
  readonly socket: Socket;
}

function openSockets(bound: readonly Bound[], ports: Sockets['ports'], listener: SocketListener): Sockets {
  const byEnd = new Map(bound.map(({ end, socket }) => [keyOf(end), socket]));
  let open = true;
  return {
    ports,
    send(data, from, to): boolean {
      const socket = byEnd.get(keyOf(from));
      if (!socket || !open) return false;
      socket.send(data, to.port, formatAddress(to.address), (error) => {
        if (error && open) listener.error(systemError('a datagram could not be sent', error));
      });
      return true;
    },
    async close(): Promise<void> {
      if (!open) return;
      open = false;
      await closeAll(bound);
    },
  };
}

function keyOf({ address, port }: UdpEndpoint): string {
  return `${address.join('.')}:${port}`;
}

async function bindOne(address: Uint8Array, name: 'ike' | 'nat', port: number, listener: SocketListener): Promise<Bound> {
  const isV4 = address.length === 4;
  const socket = createSocket({
    type: isV4 ? 'udp4' : 'udp6',
    ...(isV4 ? {} : { ipv6Only: true }),
    recvBufferSize: 1 << 20,
    sendBufferSize: 1 << 20,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      // A socket that could not be bound is open all the same.
      socket.close();
      reject(bindError(address, name, port, error));
    });
    socket.bind({ address: formatAddress(address), port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
  const end: UdpEndpoint = { address, port: socket.address().port };
  socket.on('error', (error) => {
    listener.error(systemError(`the socket of ${formatAddress(address)} port ${end.port}`, error));
  });
  socket.on('message', (message, { address: source, port: sourcePort }) => {
    // A link-local address has its interface behind it; nobody can be answered from port 0.
    const from: UdpEndpoint = { address: parseAddress(source.replace(/%.*$/, '')), port: sourcePort };
    if (sourcePort === 0) return;
    // Not a Buffer: its slice() would be a view, and what is kept of it would change with the next datagram.
    listener.datagram({ data: new Uint8Array(message.buffer, message.byteOffset, message.length), from, to: end });
  });
  return { end, socket };
}

async function closeAll(bound: readonly Bound[]): Promise<void> {
  await Promise.all(
    bound.map(
      async ({ socket }) =>
        new Promise<void>((resolve) => {
          socket.close(resolve);
        }),
    ),
  );
}

function bindError(address: Uint8Array, name: 'ike' | 'nat', port: number, error: Error): IpsecError {
  const code = 'code' in error ? String(error.code) : error.message;
  const advice: Record<string, string> = {
    EACCES: 'privileges for ports below 1024, or a port from 1024 on',
    EADDRINUSE: 'a port that no other program has',
    EADDRNOTAVAIL: 'an address of this host',
  };
  return new IpsecError('invalid-config', `UDP port ${port} of ${formatAddress(address)}`, {
    path: code === 'EADDRNOTAVAIL' ? 'addresses' : `ports.${name}`,
    expected: advice[code] ?? 'a port that can be bound',
    found: code,
    cause: error,
  });
}

function systemError(what: string, error: Error): IpsecError {
  return new IpsecError('invalid-config', what, { blame: 'network', found: error.message, cause: error });
}
