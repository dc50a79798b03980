/**
 * The files of the demo: a capture, and a folder of settings with which Wireshark decrypts it. What was written is read back, decoded, and the
 * messages of IKE are drawn as a ladder.
 *
 * @module
 */
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createIkeFollower,
  createReceiver,
  type DecodedDatagram,
  type DecodedRecord,
  decodeCapture,
  formatKeyLog,
  type IkeFound,
  parseEspSa,
  parseIkev2DecryptionTable,
  readCapture,
  writePcap,
} from '../../capture.js';
import type { EndpointEvent } from '../../endpoint.js';
import { encodeUdp, parseAddress } from '../../ip.js';
import { allRows } from '../keys.js';
import type { Claims } from './claims.js';
import type { WireRecord } from './hosts.js';
import { drawLadder } from './ladder.js';

const loopback = parseAddress('127.0.0.1');

/** Writes the files into `folder`, or into a new one, reads them back and decodes them. */
export async function writeFiles(
  { say, claim }: Claims,
  wire: readonly WireRecord[],
  events: readonly EndpointEvent[],
  folder: string | undefined,
): Promise<void> {
  const place = folder ?? (await mkdtemp(join(tmpdir(), 'ipsec-demo-')));
  const settings = join(place, 'wireshark');
  await mkdir(settings, { recursive: true });
  const files = { capture: join(place, 'demo.pcap'), ike: join(settings, 'ikev2_decryption_table'), esp: join(settings, 'esp_sa') };
  await writeFile(files.capture, captureOf(wire));
  await writeFile(files.ike, tableOf(events, 'ikev2_decryption_table'));
  await writeFile(files.esp, tableOf(events, 'esp_sa'));
  await writeFile(join(settings, 'preferences'), 'esp.enable_encryption_decode: TRUE\nesp.enable_authentication_check: TRUE\n');

  const records = await decodeFiles(files);
  const messages = records.filter((record): record is IkeFound => record.type === 'ike');
  const datagrams = records.filter((record): record is DecodedDatagram => record.type === 'datagram');
  say('');
  say('2. What went over the wire, decoded from the capture with the keys that were logged');
  for (const line of drawLadder(messages, wire, ['west', 'east'])) say(`  ${line}`);
  const isOpen = ({ followed }: IkeFound): boolean => followed?.payloads !== undefined;
  claim(`all ${messages.length} messages of IKE are open`, messages.length > 0 && messages.every(isOpen));
  const fates = datagrams.map(({ result, reason }) => (result === 'drop' ? (reason ?? 'drop') : result));
  const bad = fates.filter((fate) => fate !== 'ok');
  claim(
    `${datagrams.length} ESP packets: ${fates.length - bad.length} open, and the attacker's two refused`,
    bad.sort().join() === 'icv,replay',
  );
  claim('nothing else was sent', messages.length + datagrams.length === wire.filter(({ payload }) => payload.length > 1).length);
  say(`  In ${place}; ports 500 and 4500 stand for the random ones. See for yourself:`);
  say(`    ipsec-ts decode ${files.capture} --ikev2 ${files.ike} --esp-sa ${files.esp}`);
  say(`    WIRESHARK_CONFIG_DIR=${settings} wireshark ${files.capture}`);
}

/** The messages of IKE in what went over the wire, opened with the keys that a host has logged. */
export function openMessages(wire: readonly WireRecord[], events: readonly EndpointEvent[]): IkeFound[] {
  const ike = tableOf(events, 'ikev2_decryption_table');
  return decode(captureOf(wire), ike, '').filter((record): record is IkeFound => record.type === 'ike');
}

async function decodeFiles(files: { readonly capture: string; readonly ike: string; readonly esp: string }): Promise<DecodedRecord[]> {
  return decode(new Uint8Array(await readFile(files.capture)), await readFile(files.ike, 'utf8'), await readFile(files.esp, 'utf8'));
}

function decode(capture: Uint8Array, ike: string, esp: string): DecodedRecord[] {
  const { keys } = parseIkev2DecryptionTable(ike);
  const { sas } = parseEspSa(esp);
  const receiver = createReceiver(sas, { rows: allRows, ike: createIkeFollower({ keys, secrets: [] }, allRows) });
  return [...decodeCapture(readCapture(capture), receiver)];
}

/** Wireshark, like this program, looks for IKE on port 500 and for ESP in UDP on port 4500. */
function captureOf(wire: readonly WireRecord[]): Uint8Array {
  const packets = wire.map(({ at, isIkePort, payload }) => {
    const port = isIkePort ? 500 : 4500;
    return {
      time: { seconds: Math.floor(at / 1000), nanoseconds: Math.floor((at % 1000) * 1_000_000) },
      data: encodeUdp({ source: loopback, destination: loopback }, port, port, payload),
    };
  });
  return writePcap({ linkType: 101 }, packets);
}

function tableOf(events: readonly EndpointEvent[], table: 'ikev2_decryption_table' | 'esp_sa'): string {
  const lines = events.flatMap((event) => (event.type === 'ikeKeys' || event.type === 'childKeys' ? [formatKeyLog(event)] : []));
  return lines.map((line) => (line.table === table ? line.text : '')).join('');
}
