/**
 * The files of the demo: a capture, keys.json, and a folder of settings with which Wireshark decrypts it. What was written is read back.
 *
 * @module
 */
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../../bytes.js';
import {
  createReceiver,
  decodeCapture,
  formatEspSa,
  formatKeyFile,
  parseEspSa,
  parseKeyFile,
  readCapture,
  writePcap,
  type DecodedDatagram,
  type ManualSa,
  type ReceiverOptions,
} from '../../capture.js';
import { encodeUdp, parseAddress } from '../../ip.js';
import { allRows } from '../keys.js';
import type { Claims } from './claims.js';
import type { WireRecord } from './gateway.js';

const loopback = parseAddress('127.0.0.1');

/** Writes the files into `folder`, or into a new one, reads them back and decodes them. */
export async function writeFiles(
  { say, claim }: Claims,
  wire: readonly WireRecord[],
  sas: readonly ManualSa[],
  folder: string | undefined,
): Promise<void> {
  const place = folder ?? (await mkdtemp(join(tmpdir(), 'ipsec-demo-')));
  const settings = join(place, 'wireshark');
  await mkdir(settings, { recursive: true });
  const sent = [...wire].sort((a, b) => a.at - b.at);
  await writeFile(join(place, 'demo.pcap'), captureOf(sent));
  await writeFile(join(place, 'keys.json'), formatKeyFile(sas));
  await writeFile(join(settings, 'esp_sa'), formatEspSa(sas));
  await writeFile(join(settings, 'preferences'), 'esp.enable_encryption_decode: TRUE\nesp.enable_authentication_check: TRUE\n');
  await writeFile(join(settings, 'decode_as_entries'), decodeAs(sas));

  say('');
  say(`3. What went over the wire: ${place}`);
  const file = new Uint8Array(await readFile(join(place, 'demo.pcap')));
  const keys = parseKeyFile(await readFile(join(place, 'keys.json'), 'utf8'));
  const table = parseEspSa(await readFile(join(settings, 'esp_sa'), 'utf8'));
  // Wireshark's table does not say on which ports: the ports come from its other file.
  const ported = table.sas.map((sa) => ({ ...sa, ...sas.find((s) => s.spi === sa.spi && s.encapsulation), path: sa.path, mode: sa.mode }));
  claim(`demo.pcap with keys.json: ${sent.length} datagrams, opened and refused as the gateways did`, agrees(file, keys.sas, sent));
  claim('demo.pcap with wireshark/esp_sa: the same', agrees(file, ported, sent));
  say('  See for yourself:');
  say(`    ipsec-ts decode ${join(place, 'demo.pcap')} --keys ${join(place, 'keys.json')}`);
  say(`    WIRESHARK_CONFIG_DIR=${settings} wireshark ${join(place, 'demo.pcap')}`);
}

function captureOf(sent: readonly WireRecord[]): Uint8Array {
  const packets = sent.map(({ at, from, to, payload }) => ({
    time: { seconds: Math.floor(at / 1000), nanoseconds: Math.floor((at % 1000) * 1_000_000) },
    data: encodeUdp({ source: loopback, destination: loopback }, from, to, payload),
  }));
  return writePcap({ linkType: 101 }, packets);
}

/** Wireshark looks for ESP in UDP on port 4500 alone, unless it is told. */
function decodeAs(sas: readonly ManualSa[]): string {
  const ports = new Set(sas.flatMap(({ encapsulation: e }) => (e ? [e.sourcePort, e.destinationPort] : [])));
  return [...ports].map((port) => `decode_as_entry: udp.port,${port},(none),UDPENCAP\n`).join('');
}

function agrees(file: Uint8Array, sas: readonly ManualSa[], sent: readonly WireRecord[]): boolean {
  const options: ReceiverOptions = { rows: allRows };
  const datagrams = [...decodeCapture(readCapture(file), createReceiver(sas, options))].filter(
    (record): record is DecodedDatagram => record.type === 'datagram',
  );
  return datagrams.length === sent.length && sent.every(({ clear }, i) => sameFate(datagrams[i]!, clear));
}

/** What a gateway sealed comes out as it went in; what the attacker sent is refused. */
function sameFate({ result, reason, inner }: DecodedDatagram, clear: Uint8Array | undefined): boolean {
  if (clear === undefined) return result === 'drop' && (reason === 'replay' || reason === 'icv');
  return result === 'ok' && inner !== undefined && toHex(inner) === toHex(clear);
}
