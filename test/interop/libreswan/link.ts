/** The wire to the guest, as a host without sockets sees it: UDP datagrams and IP packets, put together from fragments and taken apart again. */
import { addFragment, createReassembler, decodeIp, encodeUdp, fragmentPacket, protocols } from '../../../src/ip.js';
import { readU16, readU32 } from '../../../src/bytes.js';
import type { Kernel } from '../linux/kernel.js';

interface UdpPlace {
  readonly address: Uint8Array;
  readonly port: number;
}

export interface Wire {
  sendUdp(data: Uint8Array, from: UdpPlace, to: UdpPlace): void;
  sendIp(packet: Uint8Array): void;
  onUdp: (data: Uint8Array, from: UdpPlace, to: UdpPlace) => void;
  /** ESP, AH, and whatever else is not UDP to a port of IKE. */
  onIp: (packet: Uint8Array) => void;
  /** Octets of the shortest ESP or AH packet, in UDP or not: those that went out and those that came. */
  readonly shortest: { out: number; in: number };
}

const MTU = 1500;

export function createWire(kernel: Kernel): Wire {
  const reassembler = createReassembler();
  const sendIp = (packet: Uint8Array): void => {
    measure('out', packet);
    for (const piece of fragmentPacket(packet, MTU)) kernel.send(piece);
  };
  const wire: Wire = {
    sendIp,
    sendUdp: (data, from, to) => {
      sendIp(encodeUdp({ source: from.address, destination: to.address }, from.port, to.port, data));
    },
    onUdp: () => undefined,
    onIp: () => undefined,
    shortest: { out: Infinity, in: Infinity },
  };
  const measure = (way: 'out' | 'in', packet: Uint8Array): void => {
    const { protocol, upperOffset, totalLength } = decodeIp(packet);
    const isLong = totalLength > upperOffset + 16; // no keepalive
    const inUdp =
      protocol === protocols.UDP && isLong && readU16(packet, upperOffset + 2) === 4500 && readU32(packet, upperOffset + 8) !== 0;
    if (inUdp || protocol === protocols.ESP || protocol === protocols.AH) wire.shortest[way] = Math.min(wire.shortest[way], totalLength);
  };
  kernel.onPacket = (frame) => {
    const whole = wholeOf(frame);
    if (whole === undefined) return;
    measure('in', whole);
    const ip = decodeIp(whole);
    const ports = ip.protocol === protocols.UDP ? [readU16(whole, ip.upperOffset), readU16(whole, ip.upperOffset + 2)] : [];
    if (ports[1] === 500 || ports[1] === 4500) {
      const data = whole.slice(ip.upperOffset + 8, ip.totalLength);
      wire.onUdp(data, { address: ip.source, port: ports[0]! }, { address: ip.destination, port: ports[1] });
    } else wire.onIp(whole);
  };
  const wholeOf = (packet: Uint8Array): Uint8Array | undefined => {
    try {
      const result = addFragment(reassembler, packet, performance.now());
      return result.type === 'whole' ? result.packet : undefined;
    } catch {
      return undefined; // the guest's neighbour discovery and its like
    }
  };
  return wire;
}
