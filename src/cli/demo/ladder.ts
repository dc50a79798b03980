/**
 * The messages of IKE between two hosts: one line each, an arrow between them.
 *
 * @module
 */
import type { IkeFound } from '../../capture.js';
import type { Payload } from '../../ike.js';
import type { WireRecord } from './hosts.js';

const arrow = 46;
const width = 138;

/** One line for each message. @param wire what the capture was made of, in its order. @param names of the hosts on both sides. */
export function drawLadder(messages: readonly IkeFound[], wire: readonly WireRecord[], [left, right]: readonly [string, string]): string[] {
  return messages.map((found) => {
    const rightwards = wire[found.packet - 1]?.sender === left;
    const words = wordsOf(found);
    const dashes = '-'.repeat(Math.max(2, arrow - words.length - 5));
    const line = rightwards ? `-- ${words} ${dashes}>` : `<- ${words} ${dashes}-`;
    return cut(`${left} ${line} ${right}  ${payloadsOf(found)}`);
  });
}

function wordsOf({ outline, octets }: IkeFound): string {
  if (!outline) return 'no message';
  const isResponse = (outline.header.flags & 0x20) !== 0;
  return `${outline.exchange} ${isResponse ? 'response' : 'request'} ${outline.header.messageId}, ${octets.length} octets`;
}

function payloadsOf({ followed, outline }: IkeFound): string {
  const names = followed?.payloads?.map(nameOf) ?? outline?.payloads ?? [];
  return names.join(', ') || 'nothing';
}

function nameOf(payload: Payload): string {
  if (payload.type === 'EAP') return `EAP(${wordOf(payload)})`;
  return payload.type === 'N' ? `N(${payload.notify})` : payload.type;
}

const mschapv2 = 26;
const opCodes: readonly string[] = ['', 'Challenge', 'Response', 'Success', 'Failure'];

/** MSCHAPv2 says in its own first octet what a Request or Response is. */
function wordOf({ code, data: [type, opCode = 0] }: Extract<Payload, { type: 'EAP' }>): string {
  return type === mschapv2 ? `${code} MSCHAPv2 ${opCodes[opCode] ?? ''}` : `${code}`;
}

function cut(line: string): string {
  return line.length <= width ? line : `${line.slice(0, width - 4)} ...`;
}
