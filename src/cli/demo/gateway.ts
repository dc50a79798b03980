/**
 * A gateway with one network behind it: a UDP socket, one SA to send, one to receive. It answers pings itself, as the host behind it.
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { IpsecError } from '../../errors.js';
import { dropReason, openPayloadInto, sealPayloadInto, type DropReason, type SecurityAssociation } from '../../esp.js';
import { decodeIcmp, decodeIp, encodeEcho, isIcmpError } from '../../ip.js';
import { readU16 } from '../../bytes.js';
import { classifyUdpPayload } from '../../nat-t.js';

/** One datagram as it was sent, for the capture. */
export interface WireRecord {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** UDP ports. */
  readonly from: number;
  /** UDP ports. */
  readonly to: number;
  /** What UDP carried. */
  readonly payload: Uint8Array;
  /** The clear packet inside, where a gateway sealed it. */
  readonly clear?: Uint8Array;
}

/** A gateway at work. */
export interface Gateway {
  /** For people. */
  readonly name: string;
  /** The address behind it. */
  readonly inside: Uint8Array;
  /** Its UDP port. */
  readonly port: number;
  /** SAs, once they are there. */
  sas: { readonly outbound: SecurityAssociation; readonly inbound: SecurityAssociation } | undefined;
  /** The other gateway's port. */
  peerPort: number;
  /** Everything that it sent. */
  readonly wire: WireRecord[];
  /** Why it dropped what, in order. */
  readonly drops: DropReason[];
  /** Called after each datagram that came in. */
  onDatagram: (() => void) | undefined;
  /** Echo replies that came back, by their sequence number. */
  readonly replies: Map<number, Uint8Array>;
  /** Its socket. */
  readonly socket: Socket;
}

/** Opens a socket on a random port of the loopback interface. */
export async function openGateway(name: string, inside: Uint8Array): Promise<Gateway> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const gateway: Gateway = {
    name,
    inside,
    port,
    sas: undefined,
    peerPort: 0,
    wire: [],
    drops: [],
    onDatagram: undefined,
    replies: new Map(),
    socket,
  };
  socket.on('message', (data) => {
    receive(gateway, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    gateway.onDatagram?.();
  });
  return gateway;
}

/** Seals a clear packet and sends it to the other gateway. */
export function sendThrough(gateway: Gateway, clear: Uint8Array): void {
  const { sas, socket, peerPort, port, wire } = gateway;
  if (sas === undefined) throw new IpsecError('invalid-argument', `${gateway.name} has no SAs`);
  const out = new Uint8Array(clear.length + 128);
  const payload = out.slice(0, sealPayloadInto(sas.outbound, clear, out));
  wire.push({ at: performance.timeOrigin + performance.now(), from: port, to: peerPort, payload, clear });
  socket.send(payload, peerPort, '127.0.0.1');
}

/** Nothing that the network sends may throw here: the socket would take the whole process with it. */
function receive(gateway: Gateway, payload: Uint8Array): void {
  const { sas } = gateway;
  if (sas === undefined || classifyUdpPayload(payload) !== 'esp') return;
  const out = new Uint8Array(payload.length);
  const length = openPayloadInto(sas.inbound, payload, out);
  if (length < 0) {
    gateway.drops.push(dropReason(length));
    return;
  }
  try {
    answer(gateway, out.subarray(0, length));
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    gateway.drops.push('malformed');
  }
}

function answer(gateway: Gateway, packet: Uint8Array): void {
  const ip = decodeIp(packet);
  const { type, version } = decodeIcmp(packet, ip);
  if (isIcmpError(version, type)) return;
  const id = readU16(packet, ip.upperOffset + 4);
  const seq = readU16(packet, ip.upperOffset + 6);
  const data = packet.slice(ip.upperOffset + 8, ip.totalLength);
  if (type === 0) gateway.replies.set(seq, data);
  if (type === 8) sendThrough(gateway, encodeEcho({ source: gateway.inside, destination: ip.source, id, seq, data, reply: true }));
}
