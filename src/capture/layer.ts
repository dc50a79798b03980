/**
 * Takes one layer of protection off a packet, and keeps what it was made of.
 *
 * @module
 */
import { openInto as openAhInto } from '../ah/packet.js';
import { fullSeq } from '../association.js';
import { EMPTY, readU32 } from '../bytes.js';
import { ESP_HEADER_LENGTH, ESP_TRAILER_LENGTH, openEspAt } from '../esp/octets.js';
import { closeGap } from '../frame.js';
import { protocols } from '../ip/protocol.js';
import { ipTotalLength } from '../ip/walk.js';
import { open as openIpcomp } from '../ipcomp/packet.js';
import { inferSeq } from '../replay-window.js';
import { dropReason } from '../verdict.js';
import type { EspTrailer, Layer, LayerPlace } from './datagram.js';
import type { KeyedIpcomp, KeyedSa, ListedSa } from './receiver.js';

/** What is known of a layer before it is opened. */
type Facts<P extends Layer['protocol']> = LayerPlace & Pick<Layer, 'listed' | 'seq'> & { readonly protocol: P };

/** Opens a layer with the entry that belongs to it. Moves the window of its SA; changes nothing else. */
export function openLayer(place: LayerPlace, listed: ListedSa): Layer {
  if (listed.kind === 'ipcomp') return openCompressed(place, listed);
  return listed.manual.protocol === 'ESP' ? openEsp(place, listed) : openAh(place, listed);
}

/** A layer that is not opened: without a key, cut off, or before its SPI at an end. */
export function unopenedLayer(
  protocol: Layer['protocol'],
  place: LayerPlace,
  outcome: Pick<Layer, 'result' | 'reason'>,
  listed?: ListedSa,
): Layer {
  if (protocol === 'IPCOMP') return { ...factsOf(protocol, place, listed), ...outcome, plain: false };
  return { ...factsOf(protocol, place, listed), ...outcome };
}

/** The sequence number is the inferred one where there is a window, else the 32 bits that the packet carries. */
function factsOf<P extends Layer['protocol']>(protocol: P, place: LayerPlace, listed: ListedSa | undefined): Facts<P> {
  const field = place.at + (protocol === 'ESP' ? 4 : 8);
  if (protocol === 'IPCOMP' || field + 4 > place.end) return { ...place, protocol, listed, seq: undefined };
  const low = readU32(place.packet, field);
  const seq = listed?.kind === 'sa' ? fullSeq(listed.sa, inferSeq(listed.sa.window, low)) : BigInt(low);
  return { ...place, protocol, listed, seq };
}

function openEsp(place: LayerPlace, listed: KeyedSa): Layer {
  const { packet, at, end, headerLength, named } = place;
  const { sa, manual } = listed;
  const facts = factsOf('ESP', place, listed);
  const text = at + ESP_HEADER_LENGTH + sa.ivLength;
  const out = new Uint8Array(packet.length);
  const opened = openEspAt(sa, packet, at, end, out);
  // Once the ICV did fit, the number is known and not guessed any more (RFC 4303 appendix A3).
  const verified = { ...facts, seq: fullSeq(sa, sa.seq) };
  if (opened < 0) {
    const reason = dropReason(opened);
    return { ...(reason === 'padding' || reason === 'dummy' ? verified : facts), result: 'drop', reason };
  }
  const length = Math.floor(opened / 256);
  const nextHeader = opened % 256;
  const carriesIp = nextHeader === protocols.IPv4 || nextHeader === protocols.IPv6;
  const mode = manual.mode === 'by-next-header' ? (carriesIp ? 'tunnel' : 'transport') : manual.mode;
  const trailer = readTrailer(out, text, length, end - sa.icvLength, nextHeader, mode);
  const total = closeGap(mode === sa.mode ? sa : { ...sa, mode }, out, headerLength, named, text, length, nextHeader);
  if (total < 0) return { ...verified, result: 'drop', reason: 'malformed', mode, trailer };
  return { ...verified, result: 'ok', mode, trailer, inner: out.subarray(0, total) };
}

/** The octets behind the payload, before the gap is closed over them. `textEnd` is where the ICV begins. */
function readTrailer(
  out: Uint8Array,
  text: number,
  length: number,
  textEnd: number,
  nextHeader: number,
  mode: 'tunnel' | 'transport',
): EspTrailer {
  const padding = out.slice(text + length, textEnd - ESP_TRAILER_LENGTH);
  const inner = mode === 'tunnel' ? ipTotalLength(out.subarray(text, text + length)) : -1;
  const payloadLength = inner < 0 ? length : inner;
  return { payloadLength, tfc: payloadLength < length ? out.slice(text + payloadLength, text + length) : EMPTY, padding, nextHeader };
}

function openAh(place: LayerPlace, listed: KeyedSa): Layer {
  const { packet } = place;
  const facts = factsOf('AH', place, listed);
  const out = new Uint8Array(packet.length);
  const length = openAhInto(listed.sa, packet, out);
  if (length < 0) return { ...facts, result: 'drop', reason: dropReason(length) };
  return { ...facts, seq: fullSeq(listed.sa, listed.sa.seq), result: 'ok', mode: listed.sa.mode, inner: out.subarray(0, length) };
}

function openCompressed(place: LayerPlace, listed: KeyedIpcomp): Layer {
  const facts = { ...factsOf('IPCOMP', place, listed), plain: false };
  const inner = openIpcomp(listed.ipca, place.packet);
  if (inner === undefined) return { ...facts, result: 'drop', reason: 'malformed' };
  return { ...facts, result: 'ok', mode: listed.ipca.mode, inner };
}
