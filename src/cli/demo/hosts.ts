/**
 * Hosts on the loopback interface, and pings from one through the other.
 *
 * @module
 */
import type { EndpointConfig, EndpointDatagram, EndpointEvent } from '../../endpoint.js';
import { encodeEcho, parseAddress } from '../../ip.js';
import { type Host, type HostOptions, listen, parseConfig } from '../../node.js';
import { answerEcho, readEcho } from '../host/echo.js';

type Name = 'west' | 'east';

/** One datagram as it was sent, for the capture. */
export interface WireRecord {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The name of the host, or `attacker`. */
  readonly sender: string;
  /** Whether it went between the ports of IKE alone. */
  readonly isIkePort: boolean;
  /** What UDP carried. */
  readonly payload: Uint8Array;
}

/** A host at work. */
export interface Party {
  readonly name: string;
  readonly host: Host;
  readonly events: EndpointEvent[];
  /** Echo replies that came, by their sequence number. */
  readonly replies: Set<number>;
}

/** The text of every ping. */
export const text: Uint8Array = new TextEncoder().encode('the text that nobody on the way may read');

/** How long anything is waited for. */
const patience = 5000;
const own = { west: '10.1.0.0/16', east: '10.2.0.0/16' } as const;

/** What one of them is told. The secret is of this run alone. */
function configOf(name: Name, psk: string, peerPorts: Host['ports'] | undefined): object {
  const peer = name === 'west' ? 'east' : 'west';
  const remote = peerPorts && { address: '127.0.0.1', port: peerPorts.ike, natPort: peerPorts.nat };
  const extra = { west: '10.1.0.0/16', east: '10.3.0.0/16' } as const;
  return {
    ike: 2,
    addresses: ['127.0.0.1'],
    ports: { ike: 0, nat: 0 },
    keyLog: true,
    connections: [
      {
        name: peer,
        auth: { psk },
        local: { id: `${name}.example` },
        remote: { id: `${peer}.example`, ...remote, claims: name === 'west' ? ['10.2.0.0/15'] : ['10.1.0.0/16'] },
        children: [
          { name: 'net', local: own[name], remote: own[peer], proposals: 'aes256gcm16-curve25519-esn' },
          { name: 'more', local: extra[name], remote: extra[peer], start: false, proposals: 'aes256gcm16-ecp256-esn' },
        ],
      },
    ],
  };
}

/** Starts one of the two. @param wire gets everything that it sends. */
export async function startParty(name: Name, psk: string, peerPorts: Host['ports'] | undefined, wire: WireRecord[]): Promise<Party> {
  return await startHost(name, parseConfig(configOf(name, psk, peerPorts)), wire);
}

/** Starts a host that answers pings for everybody behind it. @param wire gets everything that it sends. */
export async function startHost(name: string, config: EndpointConfig, wire: WireRecord[]): Promise<Party> {
  const events: EndpointEvent[] = [];
  const replies = new Set<number>();
  const options: HostOptions = {
    onEvent: (event) => void events.push(event),
    onDatagram({ data, from }: EndpointDatagram, direction) {
      if (direction === 'out')
        wire.push({ at: performance.timeOrigin + performance.now(), sender: name, isIkePort: from.port === host.ports.ike, payload: data });
    },
    onPacket(packet) {
      const echo = readEcho(packet);
      if (echo?.isReply === false) host.send(answerEcho(echo));
      else if (echo) replies.add(echo.seq);
    },
  };
  const host = await listen(config, options);
  return { name, host, events, replies };
}

/** Sends an Echo Request. */
export function sendPing({ host }: Party, seq: number, source: string, destination: string): void {
  host.send(encodeEcho({ source: parseAddress(source), destination: parseAddress(destination), id: 0x4242, seq, data: text }));
}

/** Waits until something is so; false when the time is up. */
export async function until(done: () => boolean): Promise<boolean> {
  const end = performance.now() + patience;
  while (!done()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return true;
}

/** Whether octets stand somewhere in others. */
export function contains(haystack: Uint8Array, needle: Uint8Array): boolean {
  for (let at = 0; at + needle.length <= haystack.length; at++) if (needle.every((octet, i) => haystack[at + i] === octet)) return true;
  return false;
}
