/**
 * Seals a clear packet as another one was sealed: the same IV, padding, sequence number and outer headers, layer by layer.
 *
 * @module
 */
import { AH_FIXED_LENGTH, seal as sealAh } from '../ah/packet.js';
import type { SecurityAssociation } from '../association.js';
import { readU16, writeU16 } from '../bytes.js';
import { seal as sealEsp } from '../esp/packet.js';
import { ESP_HEADER_LENGTH, ESP_TRAILER_LENGTH } from '../esp/octets.js';
import { ipTotalLength } from '../ip/walk.js';
import { IPCOMP_HEADER_LENGTH, seal as sealIpcomp } from '../ipcomp/packet.js';
import { udpChecksum } from '../nat-t.js';
import type { AhLayer, EspLayer, IpcompLayer, Layer } from './datagram.js';
import type { KeyedIpcomp, KeyedSa } from './receiver.js';

/**
 * The protected datagram for `clear`.
 *
 * @param layers of a datagram that was opened; a last one that was not is left as it is, inside `clear`.
 * @throws IpsecError for a packet that cannot be sealed this way: a fragment in transport mode, headers of another length.
 */
export function sealLike(layers: readonly Layer[], clear: Uint8Array): Uint8Array {
  let packet = clear;
  for (const layer of layers.toReversed()) {
    const { listed } = layer;
    if (layer.result !== 'ok' || listed === undefined) continue;
    if (layer.protocol === 'IPCOMP') packet = compressLike(layer, listed as KeyedIpcomp, packet);
    else packet = layer.protocol === 'ESP' ? sealEspLike(layer, listed as KeyedSa, packet) : sealAhLike(layer, listed as KeyedSa, packet);
  }
  return packet;
}

/** The SA as it sent this one packet: its mode may not be written down, and UDP around ESP comes and goes with the NATs. */
function senderOf({ mode, encapsulation }: Layer, { sa }: KeyedSa): SecurityAssociation {
  return { ...sa, mode: mode ?? sa.mode, encapsulation };
}

/** The number as the SA counts it: from its epoch. */
function ownSeq({ seq }: Layer, { sa }: KeyedSa): number {
  return Number((seq ?? 0n) - (BigInt(sa.epoch) << 32n));
}

function sealEspLike(layer: EspLayer, listed: KeyedSa, clear: Uint8Array): Uint8Array {
  const { packet, at, trailer, headerLength } = layer;
  const sa = senderOf(layer, listed);
  const iv = packet.subarray(at + ESP_HEADER_LENGTH, at + ESP_HEADER_LENGTH + sa.ivLength);
  const tfc = sa.mode === 'tunnel' ? trailer?.tfc : undefined;
  const text = sa.mode === 'tunnel' ? ipTotalLength(clear) + (tfc?.length ?? 0) : ipTotalLength(clear) - headerLength;
  const block = sa.protection.kind === 'integrity' ? 4 : Math.max(4, sa.protection.row.blockSize);
  const padding = trailer?.padding;
  const fits = padding !== undefined && (text + padding.length + ESP_TRAILER_LENGTH) % block === 0;
  const sealed = sealEsp(sa, clear, {
    seq: ownSeq(layer, listed),
    outer: packet.subarray(0, at),
    ...(sa.ivLength > 0 && { iv }),
    ...(fits && { padding }),
    ...(tfc !== undefined && tfc.length > 0 && { tfc }),
  });
  if (layer.encapsulation !== undefined) copyChecksumUse(sealed, packet, headerLength);
  return sealed;
}

/** Whether there is a UDP checksum is the sender's choice: RFC 3948 section 2.1 for IPv4, RFC 6935 for IPv6. */
function copyChecksumUse(sealed: Uint8Array, like: Uint8Array, udp: number): void {
  const used = readU16(like, udp + 6) !== 0;
  if (used === (readU16(sealed, udp + 6) !== 0)) return;
  const v4 = sealed[0]! >>> 4 === 4;
  const [source, destination] = v4 ? [sealed.subarray(12, 16), sealed.subarray(16, 20)] : [sealed.subarray(8, 24), sealed.subarray(24, 40)];
  writeU16(sealed, udp + 6, used ? udpChecksum(sealed, udp, sealed.length - udp, source, destination) : 0);
}

function sealAhLike(layer: AhLayer, listed: KeyedSa, clear: Uint8Array): Uint8Array {
  const { packet, at } = layer;
  const sa = senderOf(layer, listed);
  const icv = at + AH_FIXED_LENGTH + sa.ivLength;
  const end = at + (packet[at + 1]! + 2) * 4;
  return sealAh(sa, clear, {
    seq: ownSeq(layer, listed),
    outer: packet.subarray(0, at),
    reserved: readU16(packet, at + 2),
    padding: packet.subarray(icv + sa.icvLength, end),
    ...(sa.ivLength > 0 && { iv: packet.subarray(at + AH_FIXED_LENGTH, icv) }),
  });
}

function compressLike(layer: IpcompLayer, { ipca }: KeyedIpcomp, clear: Uint8Array): Uint8Array {
  const { packet, at, end, plain } = layer;
  const outer = packet.subarray(0, at);
  if (plain) return sealIpcomp({ ...ipca, threshold: Number.POSITIVE_INFINITY }, clear, { outer });
  return sealIpcomp(ipca, clear, { outer, compressed: packet.subarray(at + IPCOMP_HEADER_LENGTH, end) });
}
