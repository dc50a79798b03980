import { describe, expect, test } from 'vitest';
import { fromHex, readU16, toHex, writeU16 } from '../../src/bytes.js';
import { createBundleChooser } from '../../src/capture/bundle.js';
import type { DecodedDatagram } from '../../src/capture/datagram.js';
import { decodeCapture } from '../../src/capture/decode.js';
import { parseKeyFile } from '../../src/capture/keys.js';
import { readCapture, writePcap } from '../../src/capture/pcap.js';
import { protectCapture, protectLike, type ProtectedRecord } from '../../src/capture/protect.js';
import { createReceiver } from '../../src/capture/receiver.js';
import { createSa, seal, sealDummy, type SaConfig } from '../../src/esp.js';
import { encodeEcho, encodeUdp, fragmentPacket, parseAddress } from '../../src/ip.js';
import { udpChecksum } from '../../src/nat-t.js';
import { aes128Gcm16 } from '../../src/suite/aead.js';
import { isSupported, kernelCases } from '../kernel-sa.js';
import { capture, jsonSa, keyFile, options } from './kernel-keys.js';

const supported = kernelCases.filter((c) => isSupported(c.sas)).map((c) => [c.name, c] as const);
const outline = (r: ProtectedRecord): unknown => (r.type === 'sealed' ? { packet: r.packet, outer: toHex(r.outer) } : r);
const raw = (packets: readonly Uint8Array[]): Uint8Array => capture(packets.map(toHex));

describe('protect --like: every packet case of a Linux kernel, octet for octet', () => {
  test.each(supported)('%s', (_, c) => {
    const { sas } = parseKeyFile(keyFile(c.sas.map((s) => jsonSa(s, c.flags))));
    const like = capture(c.packets.flatMap((p) => p.outerFragments ?? [p.outer]));
    const expected = c.packets.map((p, i) => ({ packet: i + 1, outer: p.outer }));
    // What the sender had differs from what came out in fields that the path changed: both give the packet that arrived.
    for (const clear of [c.packets.map((p) => p.plain ?? p.inner), c.packets.map((p) => p.inner)]) {
      expect([...protectLike(readCapture(capture(clear)), readCapture(like), sas, options)].map(outline)).toEqual(expected);
    }
  });
});

describe('protect: every packet case of a Linux kernel, with IVs and numbers of our own', () => {
  test.each(supported)('%s', (_, c) => {
    const { sas } = parseKeyFile(keyFile(c.sas.map((s) => jsonSa(s, c.flags))));
    const clear = c.packets.map((p) => p.plain ?? p.inner);
    const sealed = [...protectCapture(readCapture(capture(clear)), sas, options)];
    expect(sealed.map((r) => r.type)).toEqual(clear.map(() => 'sealed'));
    const file = raw(sealed.flatMap((r) => (r.type === 'sealed' ? [r.outer] : [])));
    const found = [...decodeCapture(readCapture(file), createReceiver(sas, options))].filter(
      (d): d is DecodedDatagram => d.type === 'datagram',
    );
    expect(found.map((d) => [d.result, d.inner && toHex(d.inner), d.spi])).toEqual(
      c.packets.map((p, i) => ['ok', clear[i], c.sas.find((s) => s.dir === p.dir)!.spi]),
    );
  });
});

const ends = { source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2') };
const gcmKey = '000102030405060708090a0b0c0d0e0f10111213';
const config: SaConfig = { protocol: 'ESP', mode: 'tunnel', spi: 0x1000, ...ends, encryption: { row: aes128Gcm16, key: fromHex(gcmKey) } };
const entry = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  protocol: 'ESP',
  mode: 'tunnel',
  spi: '0x1000',
  source: '192.0.2.1',
  destination: '192.0.2.2',
  encryption: { name: 'ENCR_AES_GCM_16', key: gcmKey },
  ...more,
});
const sasOf = (...entries: Record<string, unknown>[]): ReturnType<typeof parseKeyFile>['sas'] => parseKeyFile(keyFile(entries)).sas;
const ping = (seq: number, from = '10.1.0.1', to = '10.2.0.1'): Uint8Array =>
  encodeEcho({ source: parseAddress(from), destination: parseAddress(to), id: 1, seq });

describe('protect --like', () => {
  const run = (clear: readonly Uint8Array[], like: readonly Uint8Array[], ...entries: Record<string, unknown>[]): ProtectedRecord[] => [
    ...protectLike(readCapture(raw(clear)), readCapture(raw(like)), sasOf(...entries), options),
  ];

  test('numbers seen before and padding of any kind are copied, not judged', () => {
    const odd = seal(createSa(config), ping(1), { padding: fromHex('0908070605'.slice(0, 4)) });
    const found = run([ping(1), ping(1)], [odd, odd], entry());
    expect(found.map(outline)).toEqual([1, 2].map((packet) => ({ packet, outer: toHex(odd) })));
  });

  test('a clear datagram of another length gets padding of our own', () => {
    const longer = encodeEcho({
      source: parseAddress('10.1.0.1'),
      destination: parseAddress('10.2.0.1'),
      id: 1,
      seq: 1,
      data: new Uint8Array(3),
    });
    const [sealed] = run([longer], [seal(createSa(config), ping(1))], entry());
    expect(sealed?.type === 'sealed' && toHex(sealed.outer)).toBe(
      toHex(seal(createSa(config), longer, { seq: 1, outer: seal(createSa(config), ping(1)).subarray(0, 20) })),
    );
  });

  test('dummies and foreign datagrams have no counterpart; who ends first is said', () => {
    const sa = createSa(config);
    const like = [sealDummy(sa, 10), seal(sa, ping(1)), seal(createSa({ ...config, spi: 0x2000 }), ping(2)), seal(sa, ping(2))];
    expect(run([ping(1), ping(2), ping(3)], like, entry()).map((r) => (r.type === 'note' ? r.text : r.type))).toEqual([
      '--like, record 1: not opened (dummy), passed over',
      'sealed',
      '--like, record 3: not opened (no-sa), passed over',
      'sealed',
      '--like ends first: 1 datagrams of the capture were not sealed',
    ]);
    expect(run([ping(1)], like, entry()).at(-1)).toEqual({
      type: 'note',
      text: 'the capture ends before --like does: its record 4 has no counterpart',
    });
  });

  test.each([0, 1])('a UDP checksum is used as it was there: %i', (used) => {
    const encapsulation = { sourcePort: 4500, destinationPort: 4500 };
    for (const like of [
      seal(createSa({ ...config, encapsulation }), ping(1)),
      seal(createSa({ ...config, source: parseAddress('2001:db8::1'), destination: parseAddress('2001:db8::2'), encapsulation }), ping(1)),
    ]) {
      const udp = like[0]! >>> 4 === 4 ? 20 : 40;
      const [source, destination] = udp === 20 ? [like.slice(12, 16), like.slice(16, 20)] : [like.slice(8, 24), like.slice(24, 40)];
      writeU16(like, udp + 6, 0);
      if (used === 1) writeU16(like, udp + 6, udpChecksum(like, udp, like.length - udp, source, destination));
      const [sealed] = run([ping(1)], [like], entry({ source: undefined, destination: undefined }));
      expect(sealed && outline(sealed)).toEqual({ packet: 1, outer: toHex(like) });
      expect(readU16(like, udp + 6) === 0).toBe(used === 0);
    }
  });

  test('in transport mode fragments are put together first, in tunnel mode they are sealed as they are', () => {
    const large = encodeUdp(ends, 1, 2, new Uint8Array(1000));
    const pieces = fragmentPacket(large, 576);
    const whole = seal(createSa({ ...config, mode: 'transport' }), large);
    expect(run(pieces, [whole], entry({ mode: 'transport' })).map(outline)).toEqual([{ packet: 1, outer: toHex(whole) }]);
    const sa = createSa(config);
    const each = pieces.map((piece) => seal(sa, piece));
    expect(run(pieces, each, entry()).map(outline)).toEqual(each.map((outer, i) => ({ packet: i + 1, outer: toHex(outer) })));
  });

  test('what cannot be sealed is refused with its number, and the rest goes on', () => {
    const sa = createSa({ ...config, mode: 'transport' });
    const first = encodeUdp(ends, 1, 2, new Uint8Array(8));
    const v6 = encodeUdp({ source: parseAddress('::1'), destination: parseAddress('::2') }, 1, 2, new Uint8Array(8));
    const found = run([v6, first], [seal(sa, first), seal(sa, first)], entry({ mode: 'transport' }));
    expect(found.map((r) => r.type)).toEqual(['refused', 'sealed']);
  });
});

describe('protect', () => {
  const run = (clear: readonly Uint8Array[], entries: readonly Record<string, unknown>[], only?: readonly number[]): ProtectedRecord[] => [
    ...protectCapture(readCapture(raw(clear)), sasOf(...entries), options, only),
  ];
  const spiOf = (r: ProtectedRecord): unknown => (r.type === 'sealed' ? new DataView(r.outer.buffer, r.outer.byteOffset).getUint32(20) : r);
  const back = entry({ spi: '0x1001', source: '192.0.2.2', destination: '192.0.2.1' });

  test('numbers go on from startSeq', () => {
    const found = run([ping(1), ping(2)], [entry({ startSeq: '41' })]);
    expect(found.map((r) => r.type === 'sealed' && new DataView(r.outer.buffer, r.outer.byteOffset).getUint32(24))).toEqual([42, 43]);
  });

  test('the other direction is told by the addresses that were seen', () => {
    const found = run([ping(1), ping(1, '10.2.0.1', '10.1.0.1'), ping(2), ping(3, '10.2.0.9', '10.1.0.1')], [entry(), back]);
    expect(found.map(spiOf)).toEqual([0x1000, 0x1001, 0x1000, 0x1001]);
  });

  test('--sa names the bundle', () => {
    expect(run([ping(1)], [entry(), back], [0x1001]).map(spiOf)).toEqual([0x1001]);
    expect(() => run([ping(1)], [entry()], [0x5])).toThrow('an SPI of the bundle: expected one of the key file, found 0x5 (sa)');
  });

  test('a datagram that no SA fits is refused', () => {
    const [refused] = run([ping(1)], [entry({ mode: 'transport' })]);
    expect(refused).toMatchObject({ type: 'refused', packet: 1, error: { message: 'no SA of the key file is for this packet' } });
  });

  test('SAs without a way back serve both directions (RFC 4552: one SA for a link)', () => {
    const group = entry({ mode: 'transport', source: undefined, destination: '224.0.0.5' });
    const chooser = createBundleChooser(createReceiver(sasOf(group), options).sas);
    for (const from of ['192.0.2.1', '192.0.2.2'])
      expect(chooser.choose(parseAddress(from), parseAddress('224.0.0.5')).map((s) => s.manual.spi)).toEqual([0x1000]);
  });

  test('records that are no IP are passed over, broken ones are reported', () => {
    const good = raw([ping(1)]);
    const arp = writePcap({ linkType: 1 }, [
      { time: { seconds: 0, nanoseconds: 0 }, data: fromHex(`${'00'.repeat(12)}0806${'00'.repeat(28)}`) },
    ]);
    expect([...protectCapture(readCapture(arp), sasOf(entry()), options)]).toEqual([]);
    const cut = good.subarray(0, good.length - 3);
    const found = [...protectCapture(readCapture(cut), sasOf(entry()), options)];
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ type: 'note' });
  });

  test('a malformed packet is reported', () => {
    const found = run([ping(1).subarray(0, 22)], [entry()]);
    expect(found).toEqual([{ type: 'note', text: 'record 1: a malformed IP header' }]);
  });

  test('a refused fragment is reported', () => {
    const pieces = fragmentPacket(encodeUdp(ends, 1, 2, new Uint8Array(1000)), 576);
    const shifted = pieces[1]!.slice();
    writeU16(shifted, 6, readU16(shifted, 6) - 1);
    expect(run([pieces[0]!, shifted], [entry({ mode: 'transport' })])).toEqual([
      { type: 'note', text: 'record 2: a fragment was refused: overlap' },
    ]);
  });
});
