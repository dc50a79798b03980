/**
 * Takes layer after layer off one datagram, as the receivers along its way would, until nothing is left that a key is listed for.
 *
 * @module
 */
import { decodeIp } from '../ip/packet.js';
import { protocols } from '../ip/protocol.js';
import { finalDestination } from '../ip/routing.js';
import { findUpper, ipTotalLength, namedAt, offsetOf } from '../ip/walk.js';
import type { Layer, LayerPlace } from './datagram.js';
import { openLayer, unopenedLayer } from './layer.js';
import { findProtection } from './place.js';
import { findIpcompByAddress, findListed, listDerived, namesDestination, type Receiver } from './receiver.js';

/** Deeper nesting than this is an attack on the reader, not a network. */
const MAXIMUM_LAYERS = 16;

/**
 * All layers of a whole datagram, the outermost first; none when it is not protected. The last one may be one that was not opened.
 *
 * @param packet not kept and not changed; the layers hold views into it.
 */
export function peelLayers(receiver: Receiver, packet: Uint8Array): Layer[] {
  const layers: Layer[] = [];
  let clear: Uint8Array | undefined = packet;
  while (clear !== undefined && layers.length < MAXIMUM_LAYERS) {
    const layer: Layer | undefined = nextLayer(receiver, clear, layers);
    if (layer === undefined) break;
    layers.push(layer);
    // A datagram in transport mode without its IPComp header is clear already.
    clear = layer.protocol === 'IPCOMP' && layer.plain && layer.mode === 'transport' ? undefined : layer.inner;
  }
  return layers;
}

function nextLayer(receiver: Receiver, packet: Uint8Array, outside: readonly Layer[]): Layer | undefined {
  const carried = findProtection(packet, receiver.udpPorts);
  if (carried.type === 'clear') return plainIpcomp(receiver, packet, outside);
  if (carried.type !== 'protected') return undefined;
  const { protocol, place } = carried;
  const [source, destination] = addressesOf(packet);
  const ours = namesDestination(receiver, destination);
  if (place.spi === undefined) {
    // Inside a tunnel it may be on its way to somebody else, who will judge it.
    return outside.length > 0 && !ours ? undefined : unopenedLayer(protocol, place, { result: 'drop', reason: 'malformed' });
  }
  const listed = findListed(receiver, protocol, place.spi, source, destination);
  if (listed !== undefined) return openLayer(place, listed);
  const derived = openDerived(receiver, protocol, place, place.spi, source, destination);
  if (derived !== undefined) return derived;
  return unopenedLayer(protocol, place, ours ? { result: 'drop', reason: 'no-sa' } : { result: 'unknown' });
}

/**
 * Opens a layer with the Child SAs that IKE agreed on. Which secret their keys come from may be a guess until a packet proves it, and an SPI
 * may have been used again: what does not fit is tried with the next.
 */
function openDerived(
  receiver: Receiver,
  protocol: Layer['protocol'],
  place: LayerPlace,
  spi: number,
  source: Uint8Array,
  destination: Uint8Array,
): Layer | undefined {
  let first: Layer | undefined;
  const { ike, ikev1 } = receiver.options;
  const guesses = [ike, ikev1].flatMap((follower) => follower?.findChildren(protocol, spi, source, destination) ?? []);
  for (const { manual, prove } of guesses) {
    const listed = listDerived(receiver, manual);
    if (listed === undefined) continue;
    const layer = openLayer(place, listed);
    if (layer.result === 'ok' || layer.reason === 'padding' || layer.reason === 'dummy') {
      prove();
      return layer;
    }
    first ??= layer;
  }
  return first;
}

/** Source and destination, where a source route is not yet travelled to its end the final one. */
function addressesOf(packet: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const v4 = packet[0]! >>> 4 === 4;
  const source = v4 ? packet.subarray(12, 16) : packet.subarray(8, 24);
  try {
    return [source, finalDestination(packet, decodeIp(packet))];
  } catch {
    return [source, v4 ? packet.subarray(16, 20) : packet.subarray(24, 40)];
  }
}

/**
 * RFC 3173 section 2.2: "If an IP datagram is sent non-compressed, no IPComp header is added to the datagram." Such a datagram is told from
 * others by its addresses alone; in tunnel mode it still has the outer header.
 */
function plainIpcomp(receiver: Receiver, packet: Uint8Array, outside: readonly Layer[]): Layer | undefined {
  const place = findUpper(packet);
  if (place < 0) return undefined;
  const at = offsetOf(place);
  const named = namedAt(place);
  const [source, destination] = addressesOf(packet);
  const listed = findIpcompByAddress(receiver, source, destination);
  if (listed === undefined || outside.some((layer) => layer.listed === listed)) return undefined;
  const { mode } = listed.ipca;
  const end = ipTotalLength(packet);
  const facts = {
    protocol: 'IPCOMP',
    plain: true,
    packet,
    at,
    end,
    named,
    headerLength: at,
    encapsulation: undefined,
    spi: listed.manual.spi,
    seq: undefined,
    listed,
    mode,
  } as const;
  if (mode === 'transport') return { ...facts, result: 'ok', inner: packet.subarray(0, end) };
  if (packet[named] !== protocols.IPv4 && packet[named] !== protocols.IPv6) return undefined;
  const inner = packet.subarray(at, end);
  const length = ipTotalLength(inner);
  const agrees = length > 0 && inner[0]! >>> 4 === (packet[named] === protocols.IPv4 ? 4 : 6);
  return agrees ? { ...facts, result: 'ok', inner: inner.slice(0, length) } : { ...facts, result: 'drop', reason: 'malformed' };
}
