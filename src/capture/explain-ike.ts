/**
 * Messages of IKE as a ladder: the original initiator on the left, the original responder on the right, an arrow between them.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { formatAddress } from '../ip/address.js';
import type { IkeFound } from './datagram.js';
import { elapsed } from './explain-time.js';
import { explainPayload, namePayload } from './explain-payload.js';
import type { DerivedChild } from './ike-child.js';
import type { FollowedMessage } from './ike-follow.js';
import type { FollowedIkev1 } from './isakmp-followed.js';
import { formatSpi } from './lines.js';
import type { CaptureTime } from './pcap-record.js';

/** The text stays this narrow. */
const WIDTH = 118;
/** An arrow with its words. */
const ARROW = 40;

/**
 * One message: the arrow, the payloads, and what is in them. Many lines, without a line feed at the end.
 *
 * @param first the time of the first record of the capture, from which times are counted.
 */
export function explainIke(found: IkeFound, first: CaptureTime = found.time): string {
  const { outline, followed, followedV1, octets } = found;
  const head = `#${found.packet}  ${elapsed(found.time, first)}`;
  const from = endOf(found.source, found.sourcePort);
  const to = endOf(found.destination, found.destinationPort);
  if (outline === undefined) return `${head}  ${from} > ${to}  port of IKE, but no message of it: ${octets.length} octets`;
  const { header, version } = outline;
  const isNew = header.majorVersion === 2;
  const isResponse = (header.flags & 0x20) !== 0;
  const number = isNew ? `${isResponse ? 'response' : 'request'} ${header.messageId}` : header.messageId.toString(16).padStart(8, '0');
  const rightwards = isNew ? (header.flags & 0x08) !== 0 : followedV1?.byInitiator !== false;
  const arrow = drawArrow(`${outline.exchange} ${number}`, rightwards);
  const ends = rightwards ? `${from}  ${arrow}  ${to}` : `${to}  ${arrow}  ${from}`;
  const lines = head.length + ends.length + 2 <= WIDTH ? [`${head}  ${ends}`] : [head, `  ${ends}`];
  const spis = isNew ? `SPIi ${toHex(header.spiI)}, SPIr ${toHex(header.spiR)}` : `cookies ${toHex(header.spiI)}, ${toHex(header.spiR)}`;
  const size = `  IKE ${version}, ${octets.length} octets, ${spis}`;
  if (followedV1 !== undefined) return [...lines, size, ...linesOfV1(followedV1), ...news(followedV1)].join('\n');
  return [
    ...lines,
    size,
    ...wrap('  ', `HDR, ${listPayloads(found)}`),
    ...payloadLines(followed, outline.payloads),
    ...news(followed),
  ].join('\n');
}

function endOf(address: Uint8Array, port: number): string {
  return address.length === 4 ? `${formatAddress(address)}:${port}` : `[${formatAddress(address)}]:${port}`;
}

/** `--- IKE_AUTH request 1 --->`, or the other way round. */
function drawArrow(words: string, rightwards: boolean): string {
  const dashes = Math.max(6, ARROW - words.length - 3);
  const [short, long] = ['-'.repeat(Math.floor(dashes / 2)), '-'.repeat(Math.ceil(dashes / 2))];
  return rightwards ? `${short} ${words} ${long}>` : `<${long} ${words} ${short}`;
}

/** `SA, KE, Nonce`, or `SK {IDi, AUTH}` once it is open: the notation of the RFC. */
function listPayloads({ outline, followed }: IkeFound): string {
  const { message, payloads, decrypted } = followed ?? {};
  if (message === undefined) return outline!.payloads.length === 0 ? 'closed' : outline!.payloads.join(', ');
  const outside = message.payloads.map(namePayload);
  const last = message.payloads.at(-1);
  if (last?.type === 'SKF') {
    const fragment = `SKF ${last.fragmentNumber} of ${last.totalFragments}`;
    const inside = payloads === undefined ? '' : ` {${payloads.map(namePayload).join(', ')}}: all are here`;
    return `${fragment}${inside}`;
  }
  if (last?.type !== 'SK') return outside.join(', ') || 'no payloads';
  if (decrypted === undefined) return `${outside.join(', ')}: closed`;
  const inside = payloads?.slice(message.payloads.length - 1).map(namePayload) ?? followed?.clearPayloads ?? [];
  return [...outside.slice(0, -1), `SK {${inside.join(', ')}}`].join(', ');
}

function payloadLines(followed: FollowedMessage | undefined, names: readonly string[]): string[] {
  if (followed === undefined) return [];
  const { message, payloads, decrypted, auth } = followed;
  if (message === undefined) return names.length > 0 ? ['  malformed: read no further'] : [];
  if (decrypted === undefined && payloads === undefined)
    return [
      ...wrap(
        '  ',
        `not opened: a key file would need { "spiI": "${toHex(message.spiI)}", "spiR": "${toHex(message.spiR)}" } in "ikeSecrets" or "ike"`,
      ),
    ];
  const rows = (payloads ?? []).flatMap((payload) => {
    const verdict = payload.type === 'AUTH' && auth !== undefined ? (auth === 'ok' ? ': right' : ': WRONG') : '';
    return explainPayload(payload).map((line) => ({ name: payload.type === 'unknown' ? '?' : payload.type, line: `${line}${verdict}` }));
  });
  return rows.flatMap(({ name, line }) => wrap(`      ${name.padEnd(7)} `, line));
}

function linesOfV1({ explain }: FollowedIkev1): string[] {
  const { outline, lines, note } = explain();
  return [
    ...wrap('  ', outline),
    ...(note === undefined ? [] : wrap('  ', note)),
    ...lines.flatMap(({ name, line }) => wrap(`      ${name.padEnd(7)} `, line)),
  ];
}

function news(followed: Pick<FollowedMessage, 'children' | 'successor'> | undefined): string[] {
  const { children, successor } = followed ?? {};
  return [
    ...(children ?? []).flatMap((child) => wrap('  ', describeChild(child))),
    ...(successor === undefined ? [] : [`  a new IKE SA takes over: SPIi ${toHex(successor.spiI)}, SPIr ${toHex(successor.spiR)}`]),
  ];
}

function describeChild({ protocol, spi, source, destination, guesses }: DerivedChild): string {
  const [guess] = guesses();
  const { encryption, integrity, mode, esn } = guess?.manual ?? {};
  const names = [encryption && encryption.name, integrity?.name, esn === true ? 'ESN' : undefined].filter((n) => n !== undefined);
  const keys = guess === undefined ? 'its keys need a shared secret that is not listed' : names.join(', ');
  const shown = protocol === 'IPCOMP' ? `0x${spi.toString(16).padStart(4, '0')}` : formatSpi(spi);
  const how = mode === 'transport' ? 'transport mode' : 'tunnel mode';
  return `Child SA: ${protocol} ${shown}, ${formatAddress(source)} > ${formatAddress(destination)}, ${how}${keys === '' ? '' : `, ${keys}`}`;
}

/** Breaks a line at spaces; what goes on is indented. */
function wrap(prefix: string, text: string): string[] {
  const lines: string[] = [];
  let line = prefix;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = `${' '.repeat(prefix.length + 2)}${word}`;
    } else line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
