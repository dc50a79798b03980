/**
 * The fields of one layer of protection, with the names of the RFC that defines it.
 *
 * @module
 */
import { AH_FIXED_LENGTH } from '../ah/packet.js';
import { readU16, readU32, toHex } from '../bytes.js';
import { ESP_HEADER_LENGTH, ESP_TRAILER_LENGTH } from '../esp/octets.js';
import { IPCOMP_HEADER_LENGTH } from '../ipcomp/packet.js';
import type { AhLayer, EspLayer, IpcompLayer, Layer } from './datagram.js';
import { describeProtocol } from './explain-ip.js';
import { formatSpi } from './lines.js';

/** One field: where it begins in the IP packet of its layer (absent: not on the wire), its name, and its value in words. */
export interface ExplainedField {
  /** Octets from the beginning of the IP packet. */
  readonly offset?: number;
  /** As the RFC writes it. */
  readonly name: string;
  /** In words. */
  readonly value: string;
}

/** All fields of a layer in the order of the wire. */
export function explainFields(layer: Layer): ExplainedField[] {
  const udp = layer.encapsulation === undefined ? [] : explainUdp(layer);
  if (layer.protocol === 'ESP') return [...udp, ...explainEsp(layer)];
  return layer.protocol === 'AH' ? explainAh(layer) : explainIpcomp(layer);
}

/** RFC 3948 section 2.1. */
function explainUdp({ packet, headerLength: at }: Layer): ExplainedField[] {
  const check = readU16(packet, at + 6);
  return [
    { offset: at, name: 'UDP Source Port', value: `${readU16(packet, at)}` },
    { offset: at + 2, name: 'UDP Destination Port', value: `${readU16(packet, at + 2)}` },
    { offset: at + 4, name: 'UDP Length', value: `${readU16(packet, at + 4)}` },
    { offset: at + 6, name: 'UDP Checksum', value: check === 0 ? '0: none' : `0x${check.toString(16).padStart(4, '0')}` },
  ];
}

/** RFC 4303 section 2. */
function explainEsp(layer: EspLayer): ExplainedField[] {
  const { packet, at, end, listed, trailer, result, reason } = layer;
  const fields = explainNames(layer, at, at + 4);
  const rest = at + ESP_HEADER_LENGTH;
  if (rest > end) return fields;
  if (listed?.kind !== 'sa')
    return [...fields, { offset: rest, name: 'Payload Data, Padding and ICV', value: `${end - rest} octets, closed` }];
  const { ivLength, icvLength } = listed.sa;
  const text = rest + ivLength;
  const icv = end - icvLength;
  if (text > icv) return [...fields, { offset: rest, name: 'Payload Data', value: `${end - rest} octets: too short for an IV and an ICV` }];
  if (ivLength > 0) fields.push({ offset: rest, name: 'IV', value: octets(packet.subarray(rest, text)) });
  if (trailer === undefined) fields.push({ offset: text, name: 'Payload Data and Padding', value: `${icv - text} octets, closed` });
  else {
    const { payloadLength, tfc, padding, nextHeader } = trailer;
    fields.push({ offset: text, name: 'Payload Data', value: `${payloadLength} octets` });
    if (tfc.length > 0) fields.push({ offset: text + payloadLength, name: 'TFC Padding', value: octets(tfc) });
    const paddingAt = icv - ESP_TRAILER_LENGTH - padding.length;
    if (padding.length > 0) fields.push({ offset: paddingAt, name: 'Padding', value: octets(padding) });
    fields.push({ offset: icv - 2, name: 'Pad Length', value: `${padding.length}` });
    fields.push({ offset: icv - 1, name: 'Next Header', value: describeProtocol(nextHeader) });
  }
  const verified = result === 'ok' || trailer !== undefined || reason === 'padding' || reason === 'dummy';
  if (icvLength > 0) fields.push(icvField(icv, packet.subarray(icv, end), verified, reason === 'icv'));
  return fields;
}

/** RFC 4302 section 2. */
function explainAh(layer: AhLayer): ExplainedField[] {
  const { packet, at, end, listed, result, reason } = layer;
  const icv = at + AH_FIXED_LENGTH;
  const headerEnd = at + 1 < end ? at + (packet[at + 1]! + 2) * 4 : end;
  const fields: ExplainedField[] = [];
  if (at + 4 <= end) {
    fields.push({ offset: at, name: 'Next Header', value: describeProtocol(packet[at]!) });
    fields.push({ offset: at + 1, name: 'Payload Len', value: `${packet[at + 1]!}: a header of ${headerEnd - at} octets` });
    fields.push({ offset: at + 2, name: 'RESERVED', value: `${readU16(packet, at + 2)}` });
  }
  fields.push(...explainNames(layer, at + 4, at + 8));
  if (icv > headerEnd || headerEnd > end) return fields;
  const { ivLength, icvLength } = listed?.kind === 'sa' ? listed.sa : { ivLength: 0, icvLength: headerEnd - icv };
  const value = icv + ivLength;
  if (value + icvLength > headerEnd) {
    return [...fields, { offset: icv, name: 'Integrity Check Value-ICV', value: `${octets(packet.subarray(icv, headerEnd))}: too short` }];
  }
  if (ivLength > 0) fields.push({ offset: icv, name: 'IV', value: octets(packet.subarray(icv, value)) });
  fields.push(icvField(value, packet.subarray(value, value + icvLength), result === 'ok', reason === 'icv'));
  if (value + icvLength < headerEnd)
    fields.push({ offset: value + icvLength, name: 'ICV padding', value: octets(packet.subarray(value + icvLength, headerEnd)) });
  return fields;
}

/** RFC 3173 section 3.3. */
function explainIpcomp({ packet, at, end, plain, inner, headerLength, mode }: IpcompLayer): ExplainedField[] {
  if (plain) return [{ name: 'IPComp header', value: 'none: small, or it would not shrink (RFC 3173 section 2.2)' }];
  if (at + IPCOMP_HEADER_LENGTH > end) return [];
  const data = end - at - IPCOMP_HEADER_LENGTH;
  const clear = inner === undefined ? undefined : inner.length - (mode === 'transport' ? headerLength : 0);
  return [
    { offset: at, name: 'Next Header', value: describeProtocol(packet[at]!) },
    { offset: at + 1, name: 'Flags', value: `${packet[at + 1]!}` },
    { offset: at + 2, name: 'Compression Parameter Index', value: `${readU16(packet, at + 2)}` },
    { offset: at + 4, name: 'compressed', value: `${data} octets${clear === undefined ? '' : `, decompressed ${clear}`}` },
  ];
}

function explainNames({ packet, spi, seq, listed }: Layer, spiAt: number, seqAt: number): ExplainedField[] {
  const fields: ExplainedField[] = [];
  if (spi !== undefined) fields.push({ offset: spiAt, name: 'Security Parameters Index (SPI)', value: formatSpi(spi) });
  if (seq === undefined) return fields;
  const low = readU32(packet, seqAt);
  const esn = listed?.kind === 'sa' && listed.sa.esn;
  fields.push({ offset: seqAt, name: 'Sequence Number', value: esn ? `${low}; in full, with the inferred high half: ${seq}` : `${low}` });
  return fields;
}

function icvField(offset: number, icv: Uint8Array, right: boolean, wrong: boolean): ExplainedField {
  const verdict = right ? ': right' : wrong ? ': WRONG' : '';
  return { offset, name: 'Integrity Check Value-ICV', value: `${octets(icv)}${verdict}` };
}

/** Up to 32 octets in hexadecimal. */
function octets(bytes: Uint8Array): string {
  return bytes.length <= 32 ? toHex(bytes) : `${bytes.length} octets: ${toHex(bytes.subarray(0, 16))}...`;
}
