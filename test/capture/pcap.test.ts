import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, EMPTY, fromHex, toHex } from '../../src/bytes.js';
import { ipPacketOf } from '../../src/capture/link.js';
import { readCapture, writePcap, type CapturedPacket, type CaptureRecord } from '../../src/capture/pcap.js';
import { IpsecError } from '../../src/errors.js';
import { formatAddress } from '../../src/ip/address.js';
import expected from '../../vectors/captures/expected.json' with { type: 'json' };
import { captures } from './captures.js';

interface Expected {
  number: number;
  time: string;
  length: number;
  captured: number;
  source?: string;
  destination?: string;
  totalLength?: number;
  etherType?: string;
}

const good = (bytes: Uint8Array): CapturedPacket[] => [...readCapture(bytes)].filter((r): r is CapturedPacket => r.error === undefined);
const outline = (records: Iterable<CaptureRecord>): unknown[] =>
  [...records].map((r) => (r.error ? [r.number, r.error.code] : [r.number, toHex(r.data)]));
const epoch = ({ time }: CapturedPacket): string => `${time.seconds}.${String(time.nanoseconds).padStart(9, '0')}`;

describe('real captures, against what tshark prints of them', () => {
  test.each(Object.entries(expected.captures as Record<string, Expected[]>))('%s', (name, rows) => {
    const records = [...readCapture(captures[name]!)];
    expect(records.length).toBe(rows.length);
    rows.forEach((row, i) => {
      const record = records[i]!;
      if (record.error) throw record.error;
      expect([record.number, epoch(record), record.originalLength, record.data.length]).toEqual([
        row.number,
        row.time,
        row.length,
        row.captured,
      ]);
      const link = ipPacketOf(record.linkType, record.data);
      if (row.etherType !== undefined) {
        expect(link).toMatchObject({ ok: false, problem: 'not-ip' });
        return;
      }
      if (!link.ok) throw new Error(link.reason);
      const { packet, version } = link;
      const [source, destination, length] = version === 4 ? [12, 16, 4] : [8, 24, 16];
      expect(formatAddress(packet.slice(source, source + length))).toBe(row.source);
      expect(formatAddress(packet.slice(destination, destination + length))).toBe(row.destination);
      const total = version === 4 ? (packet[2]! << 8) | packet[3]! : 40 + ((packet[4]! << 8) | packet[5]!);
      expect(total).toBe(row.totalLength);
    });
  });

  test('merged.pcapng: three interfaces, three link types', () => {
    expect(good(captures['merged.pcapng']!).map((r) => r.linkType)).toEqual([113, 113, 113, 113, 276, 276, 276, 276, 1, 1, 1, 1]);
  });

  test('frames are views into the file, which stays as it was', () => {
    const bytes = captures['arkime-ah-esp.pcap']!.slice();
    const [first] = good(bytes);
    expect(first!.data.buffer).toBe(bytes.buffer);
    expect(toHex(bytes)).toBe(toHex(captures['arkime-ah-esp.pcap']!));
  });
});

const frames = [fromHex('0102030405'), fromHex('060708'), fromHex('090a0b0c0d0e0f'), fromHex('10')];
const packets = frames.map((data, i) => ({ time: { seconds: 1_700_000_000 + i, nanoseconds: 123_456_789 }, data, originalLength: 60 }));

/** The same file in the other byte order: every header word turned round. */
function swapPcap(file: Uint8Array): Uint8Array {
  const out = file.slice();
  const turn = (at: number, length: number): void => {
    out.subarray(at, at + length).reverse();
  };
  for (const [at, length] of [[0, 4], [4, 2], [6, 2], [8, 4], [12, 4], [16, 4], [20, 4]] as const) turn(at, length); // prettier-ignore
  for (let at = 24; at < file.length;) {
    const captured = file[at + 8]! | (file[at + 9]! << 8);
    for (let i = 0; i < 4; i++) turn(at + 4 * i, 4);
    at += 16 + captured;
  }
  return out;
}

describe('pcap', () => {
  test('writes what it reads, in micro- and nanoseconds', () => {
    for (const nanoseconds of [false, true]) {
      const back = good(writePcap({ linkType: 101, nanoseconds }, packets));
      expect(back.map((r) => [r.number, r.linkType, toHex(r.data), r.originalLength])).toEqual(
        packets.map((p, i) => [i + 1, 101, toHex(p.data), 60]),
      );
      expect(back[2]!.time).toEqual({ seconds: 1_700_000_002, nanoseconds: nanoseconds ? 123_456_789 : 123_456_000 });
    }
  });

  test('a capture read and written again is the same file', () => {
    for (const name of ['arkime-ah-esp.pcap', 'tcpdump-isakmp4500.pcap']) {
      const bytes = captures[name]!;
      const again = writePcap({ linkType: 1 }, good(bytes));
      expect(toHex(again.subarray(24))).toBe(toHex(bytes.subarray(24)));
    }
  });

  test('both byte orders', () => {
    for (const nanoseconds of [false, true]) {
      const file = writePcap({ linkType: 228, nanoseconds }, packets);
      const swapped = swapPcap(file);
      expect(toHex(swapped.subarray(0, 4))).toBe(nanoseconds ? 'a1b23c4d' : 'a1b2c3d4');
      expect([...readCapture(swapped)]).toEqual([...readCapture(file)]);
    }
  });

  test('truncation at every octet: the whole records, then one report', () => {
    const file = writePcap({ linkType: 1 }, packets);
    const ends = packets.reduce<number[]>((list, p) => [...list, list.at(-1)! + 16 + p.data.length], [24]);
    for (let length = 0; length < file.length; length++) {
      const cut = file.subarray(0, length);
      if (length < 24) {
        expect(() => readCapture(cut)).toThrow(IpsecError);
        continue;
      }
      const whole = ends.filter((end) => end <= length).length - 1;
      const records = [...readCapture(cut)];
      expect(records.slice(0, whole).every((r) => r.error === undefined)).toBe(true);
      const rest = records.slice(whole);
      if (ends.includes(length)) expect(rest).toEqual([]);
      else expect(rest).toMatchObject([{ number: whole + 1, error: { code: 'truncated', path: `capture.${whole + 1}` } }]);
    }
  });

  test('a record with an impossible length is reported with its number, the rest is read', () => {
    for (const swap of [false, true]) {
      for (const length of [0x7fffffff, 0xffffffff, 300_000, 1000]) {
        const file = swap ? swapPcap(writePcap({ linkType: 1 }, packets)) : writePcap({ linkType: 1 }, packets);
        const second = 24 + 16 + 5;
        new DataView(file.buffer).setUint32(second + 8, length, !swap);
        expect(outline(readCapture(file))).toEqual([
          [1, toHex(frames[0]!)],
          [2, length > 262_144 ? 'malformed' : 'truncated'],
          [3, toHex(frames[2]!)],
          [4, toHex(frames[3]!)],
        ]);
      }
    }
  });

  test('a broken first record', () => {
    const file = writePcap({ linkType: 1 }, packets);
    file.fill(0xff, 24, 40);
    expect(outline(readCapture(file)).map((r) => (r as [number, string])[1])).toEqual(['malformed', ...frames.slice(1).map(toHex)]);
  });

  test('garbage between two records of a real capture costs one report', () => {
    const bytes = captures['zeek-ipsec.pcap']!;
    const records = good(bytes);
    const at = records[9]!.data.byteOffset - bytes.byteOffset - 16;
    const file = concat(bytes.subarray(0, at), new Uint8Array(37).fill(0xee), bytes.subarray(at));
    const read = [...readCapture(file)];
    expect(read.filter((r) => r.error).map((r) => r.number)).toEqual([10]);
    expect(read.length).toBe(records.length + 1);
  });

  test('refuses what the format has no room for', () => {
    const time = { seconds: 0, nanoseconds: 0 };
    expect(() => writePcap({ linkType: 70_000 }, [])).toThrow(/linkType/);
    expect(() => writePcap({ linkType: 1 }, [{ time: { seconds: -1, nanoseconds: 0 }, data: frames[0]! }])).toThrow(/0\.time/);
    expect(() => writePcap({ linkType: 1 }, [{ time, data: frames[0]!, originalLength: 3 }])).toThrow(/at least 5/);
  });
});

/** A pcapng block in either byte order. */
function block(type: number, body: Uint8Array, little = true, trailing = 0): Uint8Array {
  const padded = new Uint8Array(body.length + (-body.length & 3));
  padded.set(body);
  const out = new Uint8Array(12 + padded.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, type, little);
  view.setUint32(4, out.length, little);
  out.set(padded, 8);
  view.setUint32(out.length - 4, trailing || out.length, little);
  return out;
}
const words = (little: boolean, ...values: number[]): Uint8Array => {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((v, i) => {
    view.setUint32(4 * i, v, little);
  });
  return new Uint8Array(view.buffer);
};
const halves = (little: boolean, ...values: number[]): Uint8Array => {
  const view = new DataView(new ArrayBuffer(2 * values.length));
  values.forEach((v, i) => {
    view.setUint16(2 * i, v, little);
  });
  return new Uint8Array(view.buffer);
};
const shb = (little = true): Uint8Array =>
  block(0x0a0d0d0a, concat(words(little, 0x1a2b3c4d), halves(little, 1, 0), words(little, 0xffffffff, 0xffffffff)), little);
const idb = (linkType: number, { little = true, snap = 0, options = EMPTY } = {}): Uint8Array =>
  block(1, concat(halves(little, linkType, 0), words(little, snap), options), little);
const epb = (id: number, data: Uint8Array, { little = true, high = 0, low = 0, length = data.length } = {}): Uint8Array =>
  block(6, concat(words(little, id, high, low, length, 60), data), little);
const option = (little: boolean, code: number, value: Uint8Array): Uint8Array =>
  concat(halves(little, code, value.length), value, new Uint8Array(-value.length & 3));

describe('pcapng', () => {
  test('sections in both byte orders, each with its own interfaces', () => {
    const file = concat(
      shb(true),
      idb(101),
      epb(0, frames[0]!),
      shb(false),
      idb(1, { little: false }),
      epb(0, frames[1]!, { little: false }),
      epb(1, frames[2]!, { little: false }),
    );
    expect(outline(readCapture(file))).toEqual([[1, toHex(frames[0]!)], [2, toHex(frames[1]!)], [3, 'malformed']]); // prettier-ignore
    expect(good(file).map((r) => r.linkType)).toEqual([101, 1]);
  });

  test('Simple Packet Block, obsolete Packet Block, unknown blocks', () => {
    const simple = block(3, concat(words(true, 60), frames[0]!));
    const old = block(2, concat(halves(true, 0, 7), words(true, 0, 5_000_001, 3, 60), frames[1]!));
    const file = concat(
      shb(),
      block(0x0bad, new Uint8Array(20)),
      idb(12, { snap: 5 }),
      simple,
      block(5, new Uint8Array(12)),
      old,
      block(4, new Uint8Array(4)),
    );
    expect(outline(readCapture(file))).toEqual([[1, toHex(frames[0]!)], [2, toHex(frames[1]!)]]); // prettier-ignore
    expect(good(file).map((r) => [epoch(r), r.originalLength])).toEqual([['0.000000000', 60], ['5.000001000', 60]]); // prettier-ignore
  });

  test.each([
    ['10^-6', undefined, undefined, 0x00060000, 0x11223344, '1688850147.717956000'],
    ['10^-9', 9, undefined, 0x17000000, 0x00000001, '1657324662.872342529'],
    ['10^0', 0, undefined, 0, 77, '77.000000000'],
    ['2^-10', 0x8a, undefined, 0, 1536, '1.500000000'],
    ['2^-32', 0xa0, undefined, 9, 0x80000000, '9.500000000'],
    ['10^-6 from an offset of 1000 s', 6, 1000n, 0, 2_500_000, '1002.500000000'],
    ['10^-6 from an offset of -1 s', 6, -1n, 0, 2_500_000, '1.500000000'],
  ])('if_tsresol and if_tsoffset: %s', (_name, resolution, offset, high, low, time) => {
    for (const little of [true, false]) {
      const options: Uint8Array[] = [option(little, 2, fromHex('6c6f'))];
      if (resolution !== undefined) options.push(option(little, 9, Uint8Array.of(resolution)));
      if (offset !== undefined) {
        const view = new DataView(new ArrayBuffer(8));
        view.setBigInt64(0, offset, little);
        options.push(option(little, 14, new Uint8Array(view.buffer)));
      }
      const file = concat(shb(little), idb(1, { little, options: concat(...options) }), epb(0, frames[0]!, { little, high, low }));
      expect(good(file).map(epoch)).toEqual([time]);
    }
  });

  test('a broken block is reported, the rest is read', () => {
    const head = concat(shb(), idb(1));
    const three = [epb(0, frames[0]!), epb(0, frames[1]!), epb(0, frames[2]!)] as const;
    const outcome = (code: string): unknown[] => [[1, toHex(frames[0]!)], [2, code], [3, toHex(frames[2]!)]]; // prettier-ignore
    const leading = three[1].slice();
    leading.fill(0xff, 4, 8);
    expect(outline(readCapture(concat(head, three[0], leading, three[2])))).toEqual(outcome('malformed'));
    leading.set([0, 1, 0, 0], 4);
    expect(outline(readCapture(concat(head, three[0], leading, three[2])))).toEqual(outcome('truncated'));
    const trailing = three[1].slice();
    trailing[trailing.length - 4] = 0x20;
    expect(outline(readCapture(concat(head, three[0], trailing, three[2])))).toEqual(outcome('malformed'));
    expect(outline(readCapture(concat(head, three[0], epb(0, frames[1]!, { length: 500 }), three[2])))).toEqual(outcome('malformed'));
    const odd = concat(head, three[0], three[1].subarray(0, 30), three[2]);
    expect(outline(readCapture(odd))).toEqual(outcome('malformed'));
    expect(outline(readCapture(concat(head, three[0], block(6, new Uint8Array(8)), three[2])))).toEqual(outcome('truncated'));
    expect(outline(readCapture(concat(head, three[0], block(1, new Uint8Array(0)), three[2])))).toEqual([[1, toHex(frames[0]!)], [2, 'truncated'], [2, toHex(frames[2]!)]]); // prettier-ignore
  });

  test('a section header with a wrong magic number is reported', () => {
    const bad = block(0x0a0d0d0a, new Uint8Array(16));
    expect(outline(readCapture(concat(bad, idb(1), epb(0, frames[0]!))))).toEqual([[1, 'malformed'], [1, toHex(frames[0]!)]]); // prettier-ignore
  });

  test('truncation at every octet: whole packets, then at most one report', () => {
    const file = captures['merged.pcapng']!;
    const all = good(file);
    for (let length = 4; length < file.length; length++) {
      const records = [...readCapture(file.subarray(0, length))];
      const whole = records.filter((r) => r.error === undefined);
      expect(whole.length).toBe(
        all.filter((r) => r.data.byteOffset - file.byteOffset + r.data.length + (-r.data.length & 3) + 4 <= length).length,
      );
      expect(records.length - whole.length).toBeLessThanOrEqual(1);
    }
  });
});

describe('hostile octets', () => {
  test('what is no capture is refused with the reason', () => {
    expect(() => readCapture(new Uint8Array(0))).toThrow(/empty file/);
    expect(() => readCapture(fromHex('1f8b0800'))).toThrow(/gzip/);
    expect(() => readCapture(fromHex('7b0a2020'))).toThrow(/expected pcap or pcapng, found the octets 7b 0a 20 20/);
  });

  const drain = (bytes: Uint8Array): void => {
    let last = 0;
    try {
      for (const record of readCapture(bytes)) {
        expect(record.number).toBeGreaterThanOrEqual(last);
        last = record.number;
        if (record.error) expect(record.error).toBeInstanceOf(IpsecError);
        else ipPacketOf(record.linkType, record.data);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(IpsecError);
    }
  };

  test('arbitrary octets behind every magic number throw nothing but IpsecError', () => {
    const starts = [
      '',
      'a1b2c3d4',
      'd4c3b2a1',
      'a1b23c4d',
      '4d3cb2a1',
      '0a0d0d0a',
      toHex(shb()),
      toHex(concat(shb(false), idb(1, { little: false }))),
      toHex(concat(shb(), idb(101))),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 }), (start, rest) => {
        drain(concat(fromHex(start), rest));
      }),
      { numRuns: 2000 },
    );
  });

  test('every single-octet mutation of real captures reads on', () => {
    for (const name of ['merged.pcapng', 'nano.pcap', 'cooked1.pcap']) {
      const file = captures[name]!.slice();
      for (let i = 0; i < file.length; i++) {
        const was = file[i]!;
        for (const change of [0x01, 0x80, 0xff]) {
          file[i] = was ^ change;
          drain(file);
        }
        file[i] = was;
      }
    }
  });

  test('a megabyte of nonsense costs linear time', () => {
    const nonsense = new Uint8Array(1 << 20).fill(0x01);
    nonsense.set(fromHex('d4c3b2a1'));
    drain(nonsense);
    nonsense.set(shb());
    drain(nonsense);
  }, 5000);
});
