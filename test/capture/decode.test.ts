import { describe, expect, test } from 'vitest';
import type { DecodedDatagram } from '../../src/capture/datagram.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { formatLine } from '../../src/capture/lines.js';
import { readCapture } from '../../src/capture/pcap.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { isSupported, kernelCases, kernelTranscripts } from '../kernel-sa.js';
import { capture, jsonSa, keyFile, options } from './kernel-keys.js';

/** The JSON lines of a capture, parsed again. */
function lines(file: Uint8Array, keys: string): unknown[] {
  const receiver = createReceiver(parseKeyFile(keys).sas, options);
  return [...decodeCapture(readCapture(file), receiver)]
    .filter((d): d is DecodedDatagram => d.type === 'datagram')
    .map((d) => JSON.parse(formatLine(d)) as unknown);
}

describe('every packet case of a Linux kernel', () => {
  const refused = kernelCases.filter((c) => !isSupported(c.sas)).map((c) => c.name);
  test(`algorithms that are not in scope: ${refused.join(', ')}`, () => {
    expect(refused).toHaveLength(5);
    expect(kernelCases).toHaveLength(196);
  });

  test.each(kernelCases.filter((c) => isSupported(c.sas)).map((c) => [c.name, c] as const))('%s', (_, c) => {
    const records = c.packets.map((p) => p.outerFragments ?? [p.outer]);
    const found = lines(capture(records.flat()), keyFile(c.sas.map((s) => jsonSa(s, c.flags))));
    let record = 0;
    const tops = new Map<number, bigint>();
    const expected = c.packets.map((p, i) => {
      record += records[i]!.length;
      const outermost = c.sas.find((s) => s.dir === p.dir)!;
      const inner = p.plain ?? p.inner;
      const common = { packet: record, spi: `0x${outermost.spi.toString(16).padStart(8, '0')}`, result: 'ok', inner };
      if (outermost.proto === 'ipcomp') return { ...common, protocol: 'IPCOMP' };
      const top = [tops.get(outermost.spi) ?? 0n, BigInt(p.seq)].reduce((a, b) => (a > b ? a : b));
      tops.set(outermost.spi, top);
      return {
        ...common,
        protocol: outermost.proto === 'ah' ? 'AH' : 'ESP',
        seq: p.seq,
        ...(outermost.replayWindow > 0 && { top: `${top}` }),
      };
    });
    expect(found).toEqual(expected);
  });
});

describe('every transcript of a Linux kernel, step for step', () => {
  test.each(kernelTranscripts.filter((t) => t.name.startsWith('replay-')).map((t) => [t.name, t] as const))('%s', (_, t) => {
    const file = capture(t.steps.map((s) => t.packets[s.packet]!.outer));
    const found = lines(file, keyFile([jsonSa({ ...t, startSeq: t.receiverTop })])) as Record<string, unknown>[];
    expect(found.map((l) => [l['packet'], l['result'] === 'ok', l['top']])).toEqual(
      t.steps.map((s, i) => [i + 1, s.accepted, t.replayWindow === 0 ? undefined : s.top]),
    );
    for (const [i, s] of t.steps.entries()) {
      if (s.counter === 'XfrmInStateSeqError') expect([i, found[i]!['reason']]).toEqual([i, 'replay']);
      if (s.accepted) expect(found[i]!['seq']).toBe(s.seq);
    }
  });
});

describe('packets as they left the sender, before routers changed them: AH covers what it predicts (RFC 4302 section 3.3.3.1)', () => {
  type Sent = { outer: string; outerSent?: string };
  const changed = kernelCases.filter((c) => isSupported(c.sas) && c.packets.some((p: Sent) => p.outerSent !== undefined));
  test('there are twenty cases', () => {
    expect(changed).toHaveLength(20);
  });

  test.each(changed.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const file = capture(c.packets.map((p: Sent) => p.outerSent ?? p.outer));
    const found = lines(file, keyFile(c.sas.map((s) => jsonSa(s, c.flags)))) as Record<string, unknown>[];
    expect(found.map((l) => l['result'])).toEqual(c.packets.map(() => 'ok'));
  });
});
