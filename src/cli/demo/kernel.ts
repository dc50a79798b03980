/**
 * The last part: a capture of packets that a Linux kernel protected, against the clear packets that the kernel itself saw.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { toHex } from '../../bytes.js';
import { createReceiver, decodeCapture, explainDatagram, parseKeyFile, readCapture, type DecodedDatagram } from '../../capture.js';
import { allRows } from '../keys.js';
import type { Claims } from './claims.js';

interface Expected {
  readonly packet: number;
  readonly case: string;
  readonly inner: string;
}

/** Which datagram is shown in full: nested, so that there is something to see. */
const EXPLAINED = 'nest-esptun-then-ah-u44';

/** Decodes vectors/demo/linux-kernel.pcap. */
export function showKernelCapture({ say, claim }: Claims): void {
  say('');
  say('4. What a Linux 6.1 kernel protected (vectors/demo/linux-kernel.pcap)');
  const keys = parseKeyFile(readDemoText('linux-kernel.keys.json'));
  const expected = JSON.parse(readDemoText('linux-kernel.expected.json')) as readonly Expected[];
  const receiver = createReceiver(keys.sas, { rows: allRows });
  const datagrams = [...decodeCapture(readCapture(readDemo('linux-kernel.pcap')), receiver)].filter(
    (record): record is DecodedDatagram => record.type === 'datagram',
  );
  const shown = datagrams.find((d) => expected.some((e) => e.packet === d.packet && e.case === EXPLAINED));
  if (shown !== undefined) say(explainDatagram(shown).replace(/^/gm, '  | '));
  for (const name of new Set(expected.map((e) => e.case))) {
    const wanted = expected.filter((e) => e.case === name);
    const right = wanted.filter((e) => {
      const found = datagrams.find((d) => d.packet === e.packet);
      return found?.result === 'ok' && found.inner !== undefined && toHex(found.inner) === e.inner;
    });
    claim(`${name}: ${wanted.length} datagrams verified, opened and equal to what the kernel had inside`, right.length === wanted.length);
  }
  claim(`that is all of them: ${expected.length} datagrams`, datagrams.length === expected.length);
}

function readDemo(name: string): Uint8Array {
  return readFileSync(new URL(`../../../vectors/demo/${name}`, import.meta.url));
}

function readDemoText(name: string): string {
  return new TextDecoder().decode(readDemo(name));
}
