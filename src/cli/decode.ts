/**
 * `ipsec-ts decode`.
 *
 * @module
 */
import {
  addToTally,
  createReceiver,
  createTally,
  decodeCapture,
  explainDatagram,
  explainIke,
  explainOther,
  formatIkeLine,
  formatLine,
  formatTally,
  readCapture,
  type CaptureRecord,
  type CaptureTime,
  type DecodedRecord,
} from '../capture.js';
import { IpsecError } from '../errors.js';
import { exitCodes, type Command, type Given } from './command.js';
import { readOctets } from './files.js';
import { optionsFor, orNamed, readKeys } from './keys.js';
import { createLineWriter, createProgress, warn } from './output.js';

/** The command. */
export const decode: Command = {
  name: 'decode',
  summary: 'Explains every AH, ESP, IPComp and UDP-encapsulated packet and every IKE message of a capture; with keys it opens them.',
  positionals: ['CAPTURE'],
  options: [
    { name: 'keys', short: 'k', value: 'FILE', help: 'Security Associations and secrets of IKE as JSON (keys.json)' },
    { name: 'esp-sa', value: 'FILE', help: "Wireshark's table of ESP SAs (esp_sa)" },
    { name: 'ikev2', value: 'FILE', help: "Wireshark's table of IKEv2 keys (ikev2_decryption_table)" },
    { name: 'ikev1', value: 'FILE', help: "Wireshark's table of IKEv1 keys (ikev1_decryption_table)" },
    { name: 'json', help: 'one JSON object a line, for programs' },
  ],
  notes: `CAPTURE is pcap or pcapng, - is standard input. Link types: Ethernet with VLANs, raw IP, Linux cooked, loopback.

The records run in order through one receiving SA for each entry of the key files: fragments are put together, sequence numbers
checked, ICVs verified, layers taken off one after the other. A datagram without a key is explained as far as it can be seen. One that
ends before its SPI is dropped as malformed and has no SPI in the JSON. What the capture itself cut is never called dropped: unknown.

IKE is opened with the keys of its SAs, or from the shared secrets of its exchanges alone: then AUTH is verified where the pre-shared
key is given (in IKEv1 every HASH payload), rekeyed IKE SAs are followed, and the packets of the Child SAs are opened too. In IKEv1 the
IV of a message is the end of the one before it: behind a message that is not in the capture the next one may stay closed.

Exit code: 0 when the capture was read to its end, whatever was in it (a broken record is reported with its number, and the rest is
read); 1 when a file cannot be read; 2 when the command line is wrong.

Examples:
  ipsec-ts decode capture.pcapng
  ipsec-ts decode capture.pcap --keys keys.json
  ipsec-ts decode capture.pcap --esp-sa ~/.config/wireshark/esp_sa --json
  ipsec-ts decode capture.pcap --ikev2 ~/.config/wireshark/ikev2_decryption_table
  ipsec-ts decode capture.pcap --ikev1 ~/.config/wireshark/ikev1_decryption_table
  tcpdump -w - 'esp or ah or udp port 4500' -c 20 | ipsec-ts decode - --keys keys.json`,
  run,
};

async function run({ positionals, values, flags }: Given): Promise<number> {
  const [path] = positionals as readonly [string];
  const keysPath = values.get('keys');
  const [espSa, ikev2, ikev1] = ['esp-sa', 'ikev2', 'ikev1'].map((name) => values.get(name));
  const tables = [path, keysPath, espSa, ikev2, ikev1].filter((name) => name === '-');
  if (tables.length > 1) throw new IpsecError('invalid-argument', 'standard input can be read once only');
  const keys = await readKeys({ keys: keysPath, espSa, ikev2, ikev1 });
  const options = await optionsFor(keys);
  const receiver = orNamed(keysPath ?? 'esp_sa', () => createReceiver(keys.sas, options));
  const octets = await readOctets(path);
  const records = orNamed(path, () => readCapture(octets));

  let first: CaptureTime | undefined;
  function* noting(): Generator<CaptureRecord> {
    for (const record of records) {
      if (record.error === undefined) first ??= record.time;
      yield record;
    }
  }
  const out = createLineWriter();
  const progress = createProgress('decoding');
  const tally = createTally();
  for (const record of decodeCapture(noting(), receiver)) {
    addToTally(tally, record);
    progress.step(tally.records);
    const text = flags.has('json') ? lineOf(record) : textOf(record, first);
    if (text !== undefined) await out.line(text);
  }
  progress.end();
  if (!flags.has('json')) await out.line(formatTally(tally));
  await out.end();
  return exitCodes.fine;
}

function lineOf(record: DecodedRecord): string | undefined {
  if (record.type === 'datagram') return formatLine(record);
  if (record.type === 'ike') return formatIkeLine(record);
  const text = explainOther(record);
  if (text !== undefined) warn(text);
  return undefined;
}

function textOf(record: DecodedRecord, first: CaptureTime | undefined): string | undefined {
  if (record.type === 'datagram') return `${explainDatagram(record, first)}\n`;
  if (record.type === 'ike') return `${explainIke(record, first)}\n`;
  const text = explainOther(record);
  if (text !== undefined) warn(text);
  return undefined;
}
