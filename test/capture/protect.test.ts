import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bytes.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { readCapture } from '../../src/capture/pcap.js';
import { protectLike, type ProtectedRecord } from '../../src/capture/protect.js';
import { isSupported, kernelCases } from '../kernel-sa.js';
import { capture, jsonSa, keyFile, options } from './kernel-keys.js';

const outline = (r: ProtectedRecord): unknown => (r.type === 'sealed' ? { packet: r.packet, outer: toHex(r.outer) } : r);

describe('protect --like: every packet case of a Linux kernel, octet for octet', () => {
  test.each(kernelCases.filter((c) => isSupported(c.sas)).map((c) => [c.name, c] as const))('%s', (_, c) => {
    const { sas } = parseKeyFile(keyFile(c.sas.map((s) => jsonSa(s, c.flags))));
    const like = capture(c.packets.flatMap((p) => p.outerFragments ?? [p.outer]));
    const expected = c.packets.map((p, i) => ({ packet: i + 1, outer: p.outer }));
    for (const clear of [c.packets.map((p) => p.plain ?? p.inner), c.packets.map((p) => p.inner)]) {
      expect([...protectLike(readCapture(capture(clear)), readCapture(like), sas, options)].map(outline)).toEqual(expected);
    }
  });
});
