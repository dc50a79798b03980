/**
 * What was decoded, in words: for people.
 *
 * @module
 */
import { formatAddress } from '../ip/address.js';
import { protocols } from '../ip/protocol.js';
import type { DecodedDatagram, DecodedRecord, Layer } from './datagram.js';
import { describeAddresses, describeIp, describeProtocol } from './explain-ip.js';
import { explainFields } from './explain-layer.js';
import { elapsed } from './explain-time.js';
import { formatSpi } from './lines.js';
import type { CaptureTime } from './pcap-record.js';

const rfcs = { ESP: 'RFC 4303', AH: 'RFC 4302', IPCOMP: 'RFC 3173' } as const;
const titles = { ESP: 'ESP', AH: 'AH', IPCOMP: 'IPComp' } as const;

/** Why a datagram was dropped, in words, with the section that says so. */
const reasons: Readonly<Record<string, string>> = Object.freeze({
  replay: 'the number was received before, or lies left of the window (RFC 4303 section 3.4.3)',
  icv: 'the ICV does not fit: octets were changed on the way, or the key is another (RFC 4303 section 3.4.4)',
  malformed: 'the octets contradict themselves, or are too few',
  padding: 'the Padding is not 1, 2, 3, ... or longer than the payload (RFC 4303 section 2.4)',
  dummy: 'a dummy packet: Next Header 59 (RFC 4303 section 2.6)',
  selectors: 'the packet inside is not what the SA is for (RFC 4301 section 5.2)',
  expired: 'the SA is at its end (RFC 4301 section 4.4.2.1)',
  'no-sa': 'the key file names the destination, but has no SA with this SPI (RFC 4303 section 3.4.2)',
});

/**
 * One datagram, field by field, nested layers indented: many lines, without a line feed at the end.
 *
 * @param first the time of the first record of the capture, from which times are counted.
 */
export function explainDatagram(d: DecodedDatagram, first: CaptureTime = d.time): string {
  const number = d.seq === undefined ? '' : ` seq ${d.seq}`;
  const name = `${titles[d.protocol]}${d.spi === undefined ? '' : ` ${formatSpi(d.spi)}`}${number}`;
  const head = `#${d.packet}  ${elapsed(d.time, first)}  ${describeAddresses(d.datagram)}  ${name}  ${verdictOf(d)}`;
  const lines = d.layers.flatMap((layer, depth) =>
    explainLayer(layer, depth === 0 ? d.top : undefined).map((line) => `${'  '.repeat(depth + 1)}${line}`),
  );
  if (d.cut) lines.push(`  The capture holds ${d.datagram.length} octets of this datagram: the rest is missing.`);
  if (d.inner !== undefined) lines.push(`${'  '.repeat(d.layers.length + 1)}${describeIp(d.inner, true)}`);
  return [head, ...lines].join('\n');
}

function verdictOf({ result, reason, layer }: DecodedDatagram): string {
  if (result !== 'drop') return result;
  return `drop: ${reason ?? ''}${layer === undefined ? '' : `, layer ${layer}`}`;
}

function explainLayer(layer: Layer, top: bigint | undefined): string[] {
  const { protocol, packet, listed, mode, encapsulation, result, reason } = layer;
  const sa = listed === undefined ? '' : `, ${listed.manual.path}${algorithmsOf(layer)}`;
  const fields = explainFields(layer);
  const width = Math.max(0, ...fields.map((f) => f.name.length));
  return [
    describeIp(packet, false),
    `${titles[protocol]} (${rfcs[protocol]})${encapsulation ? ' in UDP (RFC 3948)' : ''}${mode ? `, ${mode} mode` : ''}${sa}`,
    ...fields.map((f) => `${(f.offset === undefined ? '' : `${f.offset}`).padStart(6)}  ${f.name.padEnd(width)}  ${f.value}`),
    ...windowOf(layer, top),
    ...(result === 'drop' && reason !== undefined ? [`dropped: ${reasons[reason] ?? reason}`] : []),
    ...(result === 'unknown' ? [wanted(layer), ...unverified(layer)] : []),
  ];
}

function algorithmsOf({ listed }: Layer): string {
  if (listed?.kind === 'ipcomp') return `: ${listed.ipca.codec.name}`;
  const { encryption, integrity } = listed?.manual ?? {};
  const names = [encryption && `${encryption.name}${bitsOf(listed)}`, integrity?.name].filter((name) => name !== undefined);
  return `: ${names.join(', ')}`;
}

function bitsOf(listed: Layer['listed']): string {
  if (listed?.kind !== 'sa' || listed.sa.protection.kind === 'integrity') return '';
  const { keyLength } = listed.sa.protection.row;
  return keyLength === 0 ? '' : ` (${keyLength * 8} bits)`;
}

function windowOf({ listed }: Layer, top: bigint | undefined): string[] {
  if (listed?.kind !== 'sa') return [];
  const { size } = listed.sa.window;
  if (size === 0) return ['        no anti-replay check'];
  return top === undefined ? [] : [`        anti-replay window of ${size}, highest number ${top}`];
}

/** What a key file would need. */
function wanted({ protocol, packet, spi, listed }: Layer): string {
  if (listed !== undefined || spi === undefined) return 'not opened';
  const v4 = packet[0]! >>> 4 === 4;
  const destination = formatAddress(v4 ? packet.subarray(16, 20) : packet.subarray(24, 40));
  const key = protocol === 'IPCOMP' ? '' : ' and its keys';
  return `not opened: a key file would need { "protocol": "${protocol}", "spi": "${formatSpi(spi)}", "destination": "${destination}" }${key}`;
}

/** AH hides nothing: what it carries can be read without a key. */
function unverified({ protocol, packet, at, end }: Layer): string[] {
  const next = protocol === 'AH' && at + 2 <= end ? at + (packet[at + 1]! + 2) * 4 : end;
  if (next >= end) return [];
  const carriesIp = packet[at] === protocols.IPv4 || packet[at] === protocols.IPv6;
  return [
    `not verified: ${carriesIp ? describeIp(packet.subarray(next, end), true) : `${end - next} octets of ${describeProtocol(packet[at]!)}`}`,
  ];
}

/** What is worth a line of the other records; undefined for the rest. */
export function explainOther(record: Exclude<DecodedRecord, DecodedDatagram>): string | undefined {
  switch (record.type) {
    case 'broken':
      return `record ${record.packet} is broken and passed over: ${record.error.message}`;
    case 'fragment':
      return record.refused === undefined ? undefined : `record ${record.packet}: a fragment was refused: ${record.refused}`;
    default:
      return undefined;
  }
}
