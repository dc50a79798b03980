/**
 * `ipsec-ts protect`.
 *
 * @module
 */
import process from 'node:process';
import { toHex } from '../bytes.js';
import { protectCapture, protectLike, readCapture, writePcap, type CaptureRecord, type ManualSa, type WritablePacket } from '../capture.js';
import { IpsecError } from '../errors.js';
import { exitCodes, type Command, type Given } from './command.js';
import { readOctets, writeOctets } from './files.js';
import { named, optionsFor, readKeys } from './keys.js';
import { createLineWriter, createProgress, warn } from './output.js';

/** The command. */
export const protect: Command = {
  name: 'protect',
  summary: 'Seals the clear packets of a capture with the SAs of a key file.',
  positionals: ['CAPTURE'],
  options: [
    {
      name: 'keys',
      short: 'k',
      value: 'FILE',
      required: true,
      help: 'Security Associations as JSON (keys.json), the outermost of a bundle first',
    },
    { name: 'like', value: 'PROTECTED', help: 'seal as the datagrams of this capture were sealed, octet for octet' },
    { name: 'sa', value: 'SPI[,SPI...]', help: 'the bundle for every packet, the outermost first' },
    { name: 'out', short: 'o', value: 'FILE', help: 'the capture to write, - is standard output' },
    { name: 'json', help: 'one JSON object a line instead of a capture' },
  ],
  notes: `With --like each datagram of CAPTURE is sealed as the datagram at the same place of PROTECTED was: IV, padding, TFC padding,
sequence number, outer headers and the place among extension headers are taken from there, so that the output can be compared. Never
send it: every nonce in it was used before.

Without --like IVs are drawn and sequence numbers begin at startSeq + 1. A key file has no policies, so the SAs are chosen by a rule of
thumb: entries between one pair of addresses are one direction, those with the addresses changed over are the other; a packet goes
through every tunnel of its direction and through every SA in transport mode that has its addresses. --sa names the bundle instead.

In tunnel mode a fragment is sealed as it is, in transport mode it is put together first. What is written is one whole datagram a record,
as raw IP, whatever the MTU. Without --out the file is CAPTURE with the ending .protected.pcap, in the current folder.

Exit code: 0 when every datagram was sealed; 1 when one could not be, or a file cannot be read or written; 2 when the command line is
wrong.

Examples:
  ipsec-ts protect clear.pcap --keys keys.json
  ipsec-ts protect clear.pcap --keys keys.json --sa 0x1001,0x1002 --out sealed.pcap
  ipsec-ts protect clear.pcap --keys keys.json --like sealed.pcap --json`,
  run,
};

async function run({ positionals, values, flags }: Given): Promise<number> {
  const [path] = positionals as readonly [string];
  const keysPath = values.get('keys')!;
  const likePath = values.get('like');
  if ([path, keysPath, likePath].filter((name) => name === '-').length > 1)
    throw new IpsecError('invalid-argument', 'standard input can be read once only');
  const keys = await readKeys({ keys: keysPath });
  const options = await optionsFor(keys);
  const clear = await readRecords(path);
  const sealed =
    likePath === undefined
      ? protectCapture(clear, keys.sas, options, bundle(values.get('sa'), keys.sas))
      : protectLike(clear, await readRecords(likePath), keys.sas, options);

  const out = createLineWriter();
  const progress = createProgress('sealing');
  const packets: WritablePacket[] = [];
  let failed = 0;
  let count = 0;
  for (const record of sealed) {
    progress.step(++count);
    if (record.type === 'sealed') {
      if (flags.has('json')) await out.line(JSON.stringify({ packet: record.packet, outer: toHex(record.outer) }));
      packets.push({ time: record.time, data: record.outer });
    } else {
      failed++;
      warn(record.type === 'note' ? record.text : `datagram ${record.packet}: ${record.error.message}`);
    }
  }
  progress.end();
  await out.end();
  const outPath = values.get('out') ?? (flags.has('json') ? undefined : defaultName(path));
  if (outPath !== undefined) {
    await writeOctets(outPath, writePcap({ linkType: 101 }, packets), values.has('out'));
    if (outPath !== '-' && !flags.has('json')) process.stdout.write(`${outPath}: ${packets.length} datagrams\n`);
  }
  return failed === 0 ? exitCodes.fine : exitCodes.failed;
}

async function readRecords(path: string): Promise<Iterable<CaptureRecord>> {
  const octets = await readOctets(path);
  try {
    return readCapture(octets);
  } catch (error) {
    throw error instanceof IpsecError ? named(path, error) : error;
  }
}

function bundle(text: string | undefined, sas: readonly ManualSa[]): readonly number[] | undefined {
  return text?.split(',').map((word) => {
    const spi = /^(?:0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(word.trim()) ? Number(word.trim()) : -1;
    if (sas.some((sa) => sa.spi === spi)) return spi;
    throw new IpsecError('invalid-argument', '--sa', {
      expected: `SPIs of the key file: ${sas.map((sa) => `0x${sa.spi.toString(16)}`).join(', ')}`,
      found: JSON.stringify(word.slice(0, 60)),
    });
  });
}

function defaultName(path: string): string {
  const name = path === '-' ? 'stdin' : path.replace(/^.*[/\\]/, '').replace(/\.(?:pcap|pcapng|cap)$/i, '');
  return `${name}.protected.pcap`;
}
