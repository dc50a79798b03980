/**
 * Decodes a capture: its records run in order through the receiving SAs of a key file.
 *
 * @module
 */
import { fullSeq } from '../association.js';
import { readU16, writeU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { defaultExtensions } from '../ip/protocol.js';
import { addFragment, createReassembler, type Reassembler, type ReassemblyResult } from '../ip/reassembly.js';
import { fragmentKind, ipTotalLength, ipVersion } from '../ip/walk.js';
import type { DecodedDatagram, DecodedRecord, IkeFound, Layer, Result } from './datagram.js';
import { outlineMessage } from './ike-names.js';
import { unopenedLayer } from './layer.js';
import { ipPacketOf } from './link.js';
import type { CapturedPacket, CaptureRecord, CaptureTime } from './pcap-record.js';
import { peelLayers } from './peel.js';
import { findProtection, type IkePlace } from './place.js';
import { findListed, type Receiver } from './receiver.js';

/**
 * Decodes records as they are asked for. Outer fragments are put together first; every record gives one value, and a datagram stands at
 * the record that completes it. Never throws for what is in the records.
 *
 * @param records of `readCapture`.
 * @param receiver moves on with every packet: make a fresh one for every capture.
 *
 * @example
 * ```ts
 * import { createReceiver, decodeCapture, writePcap, readCapture } from 'ipsec-ts/capture';
 * import { createSa, seal } from 'ipsec-ts/esp';
 * import { encodeEcho, parseAddress } from 'ipsec-ts/ip';
 * import { aeadRows } from 'ipsec-ts/suite/aead';
 * import { parseKeyFile } from 'ipsec-ts/capture';
 *
 * const keys = parseKeyFile(`{ "sas": [{ "protocol": "ESP", "mode": "tunnel", "spi": "0x1000", "source": "192.0.2.1", "destination": "192.0.2.2",
 *   "encryption": { "name": "ENCR_AES_GCM_16", "key": "000102030405060708090a0b0c0d0e0f10111213" } }] }`);
 * const receiver = createReceiver(keys.sas, { rows: { encryption: aeadRows, integrity: [] } });
 *
 * // Something to decode: one ping, sealed with the same SA.
 * const [aes128] = aeadRows.filter((row) => row.name === 'ENCR_AES_GCM_16' && row.keyLength === 16);
 * const key = Uint8Array.from({ length: 20 }, (_, i) => i);
 * const [source, destination] = [parseAddress('192.0.2.1'), parseAddress('192.0.2.2')];
 * const sender = createSa({ protocol: 'ESP', mode: 'tunnel', spi: 0x1000, source, destination, encryption: { row: aes128!, key } });
 * const ping = encodeEcho({ source: parseAddress('10.1.0.1'), destination: parseAddress('10.2.0.1'), id: 1, seq: 1 });
 * const file = writePcap({ linkType: 101 }, [{ time: { seconds: 0, nanoseconds: 0 }, data: seal(sender, ping) }]);
 *
 * const [decoded] = decodeCapture(readCapture(file), receiver);
 * if (decoded?.type !== 'datagram' || decoded.result !== 'ok' || decoded.seq !== 1n || decoded.inner?.length !== ping.length) throw new Error('opened');
 * ```
 */
export function* decodeCapture(records: Iterable<CaptureRecord>, receiver: Receiver): Generator<DecodedRecord> {
  const reassembler = createReassembler();
  let now = 0;
  for (const record of records) {
    if (record.error !== undefined) {
      yield { type: 'broken', packet: record.number, error: record.error };
      continue;
    }
    now = Math.max(now, record.time.seconds * 1000 + record.time.nanoseconds / 1e6);
    yield decodeRecord(record, receiver, reassembler, now);
  }
}

function decodeRecord(record: CapturedPacket, receiver: Receiver, reassembler: Reassembler, now: number): DecodedRecord {
  const { number, time, linkType, data } = record;
  const link = ipPacketOf(linkType, data);
  if (!link.ok) return { type: 'other', packet: number, reason: link.reason };
  const { packet } = link;
  if (ipTotalLength(packet) < 0) return decodeCut(record, packet, receiver);
  const whole = reassemble(reassembler, packet, now);
  if (whole.type !== 'whole') {
    return whole.type === 'kept' ? { type: 'fragment', packet: number } : { type: 'fragment', packet: number, refused: whole.reason };
  }
  const carried = findProtection(whole.packet, receiver.udpPorts);
  if (carried.type === 'keepalive') return { type: 'keepalive', packet: number };
  if (carried.type === 'ike') return decodeIke(number, time, whole.packet, carried.place, receiver);
  const layers = peelLayers(receiver, whole.packet);
  if (layers.length === 0) return { type: 'other', packet: number, reason: 'not protected' };
  return summarize(number, time, whole.packet, layers, false);
}

/** A message that is not whole, or for whose version there is no follower, shows its outline alone. */
function decodeIke(packet: number, time: CaptureTime, ip: Uint8Array, place: IkePlace, receiver: Receiver): IkeFound {
  const [source, destination] = addressesOf(ip);
  const { octets, sourcePort, destinationPort } = place;
  const at = { packet, source, destination, sourcePort, destinationPort };
  const outline = outlineMessage(octets);
  const version = outline?.header.majorVersion;
  const followed = version === 2 ? receiver.options.ike?.follow(octets, at) : undefined;
  const followedV1 = version === 1 ? receiver.options.ikev1?.follow(octets, at) : undefined;
  return {
    type: 'ike',
    ...at,
    time,
    octets,
    ...(outline && { outline }),
    ...(followed && { followed }),
    ...(followedV1 && { followedV1 }),
  };
}

function addressesOf(ip: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return ip[0]! >>> 4 === 4 ? [ip.subarray(12, 16), ip.subarray(16, 20)] : [ip.subarray(8, 24), ip.subarray(24, 40)];
}

/** What is no fragment is left alone, whatever its options look like: a receiver of ESP does not read them either. */
function reassemble(
  reassembler: Reassembler,
  packet: Uint8Array,
  now: number,
):
  | Exclude<ReassemblyResult, { type: 'refused' }>
  | { type: 'refused'; reason: Extract<DecodedRecord, { type: 'fragment' }>['refused'] & string } {
  const kind = fragmentKind(packet);
  const whole = { type: 'whole', packet: packet.subarray(0, ipTotalLength(packet)) } as const;
  // An IPv6 packet with extension headers may be an "atomic" fragment, whose Fragment header goes.
  if (kind === 0 && (ipVersion(packet) === 4 || defaultExtensions[packet[6]!] !== 1)) return whole;
  try {
    return addFragment(reassembler, packet, now);
  } catch (error) {
    if (!(error instanceof IpsecError)) throw error;
    return kind === 0 ? whole : { type: 'refused', reason: 'malformed' };
  }
}

/** A packet of which the beginning alone is there: SPI and number can still be read, nothing can be verified. */
function decodeCut(record: CapturedPacket, packet: Uint8Array, receiver: Receiver): DecodedRecord {
  const { number, time, originalLength, data } = record;
  const malformed: DecodedRecord = { type: 'other', packet: number, reason: 'a malformed IP header' };
  const there = withLengthThere(packet);
  const carried = there && findProtection(there, receiver.udpPorts);
  if (there !== undefined && carried?.type === 'ike') return decodeIke(number, time, there, carried.place, receiver);
  if (there === undefined || carried?.type !== 'protected') return malformed;
  const { protocol, place } = carried;
  const [source, destination] = addressesOf(there);
  const listed = place.spi === undefined ? undefined : findListed(receiver, protocol, place.spi, source, destination);
  // What the capture cut came whole to its receiver, and nobody can say what that made of it.
  const byCapture = originalLength > data.length;
  const layer = unopenedLayer(protocol, place, byCapture ? { result: 'unknown' } : { result: 'drop', reason: 'malformed' }, listed);
  return summarize(number, time, there, [layer], true);
}

/** A copy whose length field says what is there; undefined when not even the IP header is. */
function withLengthThere(packet: Uint8Array): Uint8Array | undefined {
  const version = ipVersion(packet);
  const header = version === 4 ? (packet[0]! & 15) * 4 : 40;
  if (version < 0 || header < 20 || packet.length < header) return undefined;
  const declared = version === 4 ? readU16(packet, 2) : 40 + readU16(packet, 4);
  if (declared <= packet.length || packet.length > 0xffff) return undefined;
  const copy = packet.slice();
  writeU16(copy, version === 4 ? 2 : 4, version === 4 ? copy.length : copy.length - 40);
  return copy;
}

function summarize(packet: number, time: CaptureTime, datagram: Uint8Array, layers: readonly Layer[], cut: boolean): DecodedDatagram {
  const [outermost] = layers as readonly [Layer];
  const last = layers.length - 1;
  const final = layers[last]!;
  const { sa } = outermost.listed?.kind === 'sa' ? outermost.listed : { sa: undefined };
  const { result, inner } = outcome(layers);
  return {
    type: 'datagram',
    packet,
    time,
    datagram,
    protocol: outermost.protocol,
    spi: outermost.spi,
    seq: outermost.seq,
    result,
    ...(result === 'drop' && final.reason && { reason: final.reason, ...(last > 0 && { layer: last }) }),
    ...(inner && { inner }),
    ...(sa && sa.window.size > 0 && { top: fullSeq(sa, sa.window.top) }),
    layers,
    cut,
  };
}

/** A layer inside, for which no key is listed, is traffic of somebody else: the datagram is clear after every listed SA. */
function outcome(layers: readonly Layer[]): { result: Result; inner?: Uint8Array | undefined } {
  const final = layers.at(-1)!;
  if (final.result === 'ok') return { result: 'ok', inner: final.inner };
  if (final.result === 'unknown' && layers.length > 1) return { result: 'ok', inner: layers.at(-2)!.inner };
  return { result: final.result };
}
