import { describe, expect, test } from 'vitest';
import type { DecodedDatagram } from '../../src/capture/datagram.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { readCapture } from '../../src/capture/pcap.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { kernelTranscripts, type KernelTranscript } from '../kernel-sa.js';
import { capture, jsonSa, keyFile, options } from './kernel-keys.js';

/** What a note of the transcripts comes to with us. */
interface Row {
  /** Our result, or reason for a drop. */
  readonly ours: string | readonly string[];
  /** Whether Linux delivered the datagram to its socket; absent: as we did. */
  readonly linux?: boolean;
  /** Whether Linux moved its window; absent: as we did. */
  readonly linuxMoved?: boolean;
  /** Why the two differ. */
  readonly because?: string;
}

const upper = 'Linux takes it off too (its window moves); then its upper layer has no use for it, which is not the business of ESP';

/** Every `note` of the malformed-* transcripts of ESP. Where `because` stands, RFC 4303 and Linux differ. */
const esp: Readonly<Record<string, Row>> = {
  good: { ours: 'ok' },
  'ICV wrong in the last bit': { ours: 'icv' },
  'one byte cut off the end': { ours: 'malformed' },
  'four bytes cut off': { ours: ['icv', 'malformed'] },
  'one byte added': { ours: 'malformed' },
  'four bytes added': { ours: ['icv', 'malformed'] },
  'pad bytes all zero (ICV right)': {
    ours: 'padding',
    linux: true,
    because: 'RFC 4303 section 2.4: "the receiver SHOULD inspect the Padding field"; Linux does not',
  },
  'pad bytes random (ICV right)': {
    ours: 'padding',
    linux: true,
    because: 'RFC 4303 section 2.4: "the receiver SHOULD inspect the Padding field"; Linux does not',
  },
  'pad length 255 larger than the payload (ICV right)': {
    ours: 'padding',
    linuxMoved: false,
    because: 'RFC 4303 section 3.4.3 moves the window when the ICV fits; Linux after the trailer was read',
  },
  'next header 59 (dummy packet)': {
    ours: 'dummy',
    linuxMoved: false,
    because:
      'RFC 4303 section 2.6 drops it "without prejudice", its ICV did fit and its number is used; Linux treats it as an error of protocol',
  },
  'empty payload, next header 59': {
    ours: 'dummy',
    linuxMoved: false,
    because: 'the same',
  },
  'next header 0': { ours: 'ok', linux: false, because: upper },
  'next header 253': { ours: 'ok', linux: false, because: upper },
  'next header 6 (TCP) with 20 bytes of nothing': { ours: 'ok', linux: false, because: upper },
  'payload of 1 byte, next header 17': { ours: 'ok', linux: false, because: upper },
  'next header 4 (IPIP) on a transport SA': {
    ours: 'ok',
    linux: false,
    because:
      'in transport mode IP in IP is one protocol as others; that no policy wants it is found later (RFC 4301 section 5.2), by Linux too',
  },
  'unknown SPI': { ours: 'no-sa' },
  'SPI 0': { ours: 'no-sa' },
  'cipher text not a multiple of the block': { ours: 'malformed' },
};

const ah: Readonly<Record<string, Row>> = {
  'kernel packet': { ours: 'ok' },
  good: { ours: 'ok' },
  'ICV first byte wrong': { ours: 'icv' },
  'ICV last byte wrong': { ours: 'icv' },
  'header padded to 4 only (28 bytes, align4 form)': { ours: 'malformed' },
  'header padded to 16 (32 bytes)': { ours: 'ok' },
  'padding not zero but covered by the ICV': { ours: 'ok' },
  'reserved field not zero (covered by the ICV)': { ours: 'ok' },
  'payload length 0': { ours: 'malformed' },
  'payload length 3': { ours: 'malformed' },
  'payload length 255': { ours: 'malformed' },
  'unknown SPI': { ours: 'no-sa' },
  'TTL changed': { ours: 'ok' },
  'TOS changed': { ours: 'ok' },
  'DF set': { ours: 'ok' },
  'IP identification changed (immutable)': { ours: 'icv' },
  'payload changed': { ours: 'icv' },
};

/** Notes that tell a number. */
const series: readonly (readonly [RegExp, Row])[] = [
  [/^[0-9]+ pad bytes more than needed$/, { ours: 'ok' }],
  [/^only the first [0-9]+ bytes of a packet$/, { ours: ['malformed', 'icv'] }],
];

const malformed = kernelTranscripts.filter((t) => t.name.startsWith('malformed-'));

function decode(t: KernelTranscript, change: Record<string, unknown> = {}): DecodedDatagram[] {
  const keys = parseKeyFile(keyFile([{ ...jsonSa({ ...t, startSeq: t.receiverTop }), ...change }]));
  const file = capture(t.steps.map((s) => t.packets[s.packet]!.outer));
  return [...decodeCapture(readCapture(file), createReceiver(keys.sas, options))].filter((d) => d.type === 'datagram');
}

describe('where RFC 4303 and 4302 and Linux differ', () => {
  test('there are four transcripts', () => {
    expect(malformed.map((t) => t.name)).toHaveLength(4);
  });

  test.each(malformed.flatMap((t) => t.steps.map((s, i) => [t.name, i, s.note ?? '', t] as const)))('%s, step %i: %s', (_, i, note, t) => {
    const step = t.steps[i]!;
    const found = decode(t)[i]!;
    const row = (t.proto === 'ah' ? ah : esp)[note] ?? series.find(([pattern]) => pattern.test(note))?.[1];
    if (row === undefined) throw new Error('no row for this note');
    expect([row.ours].flat()).toContain(found.reason ?? found.result);

    const accepted = found.result === 'ok';
    expect([note, row.linux ?? accepted]).toEqual([note, step.accepted]);
    const linuxMoved = i > 0 && step.top !== t.steps[i - 1]!.top ? true : i === 0;
    const moved = accepted || found.reason === 'padding' || found.reason === 'dummy';
    expect([note, row.linuxMoved ?? moved]).toEqual([note, linuxMoved]);
    if (moved) expect(found.top?.toString()).toBe(step.seq);
    if (row.because === undefined) expect([row.linux, row.linuxMoved]).toEqual([undefined, undefined]);
  });

  test('AH of another length: without ahPadding every length is taken whose ICV verifies', () => {
    const t = malformed.find((m) => m.proto === 'ah')!;
    const i = t.steps.findIndex((s) => s.note?.startsWith('header padded to 4 only') === true);
    expect(decode(t)[i]).toMatchObject({ result: 'drop', reason: 'malformed' });
    expect(decode(t, { ahPadding: undefined })[i]).toMatchObject({ result: 'ok' });
    // What demands 4 refuses the 32 octets that Linux sends.
    expect(decode(t, { ahPadding: 4 })[0]).toMatchObject({ result: 'drop', reason: 'malformed' });
  });
});
