/**
 * Clear packets from the protected side.
 *
 * @module
 */
import { concat } from '../bytes.js';
import { decodeIp, fragmentKind } from '../ip.js';
import { processOutbound, type SendResult } from '../process.js';
import { noteResult } from './remarks.js';
import type { ChildRecord, Turn } from './state.js';
import { waitForChild } from './waiting.js';

/**
 * Decides about a clear packet and sends it, as policy says.
 *
 * @param got the Child SA that came when it asked for one.
 */
export function sendClear(turn: Turn, packet: Uint8Array, got?: ChildRecord): void {
  const { endpoint, now, actions } = turn;
  const result = processOutbound(endpoint.db, packet, now);
  noteResult(turn, result);
  switch (result.action) {
    case 'send':
      sendSealed(turn, result);
      return;
    case 'acquire':
      waitForChild(turn, result, got);
      return;
    case 'bypass':
      actions.push({ type: 'ip', packet: result.packet });
      return;
    case 'local':
      actions.push({ type: 'deliver', packet: result.packet });
      return;
    case 'discard':
    case 'icmp':
      if (result.answer) actions.push({ type: 'deliver', packet: result.answer });
      return;
    case 'more':
      return;
  }
}

/** Outer packets: ESP in UDP goes out by the socket that IKE uses, all else as IP packets. */
function sendSealed({ actions }: Turn, { packets, path }: SendResult): void {
  const { encapsulation, source, destination } = path.at(-1)!.sa;
  if (!encapsulation || !source || !destination) {
    for (const packet of packets) actions.push({ type: 'ip', packet });
    return;
  }
  const from = { address: source, port: encapsulation.sourcePort };
  const to = { address: destination, port: encapsulation.destinationPort };
  for (const data of datagramsOf(packets)) actions.push({ type: 'datagram', data, from, to });
}

/** The UDP payloads of outer packets. Where they are fragments, the host's own IP will cut them again. */
function datagramsOf(packets: readonly Uint8Array[]): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  for (const packet of packets) {
    const [first] = packet;
    // Nearly always: an IPv4 header without options, which is no fragment.
    if (first === 0x45 && (packet[6]! & 0x3f) === 0 && packet[7] === 0) datagrams.push(packet.subarray(28));
    else if (fragmentKind(packet) === 2) datagrams.push(concat(datagrams.pop()!, upperOf(packet)));
    else datagrams.push(upperOf(packet).subarray(8));
  }
  return datagrams;
}

function upperOf(packet: Uint8Array): Uint8Array {
  const { upperOffset, totalLength } = decodeIp(packet);
  return packet.subarray(upperOffset, totalLength);
}
