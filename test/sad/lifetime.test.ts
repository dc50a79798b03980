import { describe, expect, test } from 'vitest';
import { open, seal } from '../../src/esp.js';
import { encodeIpv4Header, parseAddress } from '../../src/ip.js';
import {
  addSa,
  checkLifetimes,
  checkTraffic,
  createSad,
  findSa,
  lifetimesWakeAt,
  listSas,
  removeSa,
  type LifetimeEvent,
  type SadEntry,
} from '../../src/sad.js';
import { esp, numbers } from './make.js';

const inbound = { direction: 'inbound' } as const;
const outbound = { direction: 'outbound' } as const;
const told = (events: LifetimeEvent[]): string[] => events.map((e) => `${e.entry.sa.spi.toString(16)} ${e.kind} ${e.reason}`);

/** A clear packet of 100 octets. */
function clear(): Uint8Array {
  const packet = new Uint8Array(100);
  packet.set(
    encodeIpv4Header({ source: parseAddress('192.0.2.1'), destination: parseAddress('192.0.2.2'), protocol: 17, totalLength: 100 }),
  );
  return packet;
}

describe('RFC 4301 section 4.4.2.1: lifetimes in seconds', () => {
  test('soft, then hard; each is told once, and the hard one removes the SA', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0xa, { softLifetime: { seconds: 80 }, hardLifetime: { seconds: 100 }, createdAt: 1000 }), inbound);
    expect(lifetimesWakeAt(sad)).toBe(81_000);
    expect(checkLifetimes(sad, 80_999)).toEqual([]);
    expect(told(checkLifetimes(sad, 81_000))).toEqual(['a soft seconds']);
    expect(checkLifetimes(sad, 81_000)).toEqual([]);
    expect(lifetimesWakeAt(sad)).toBe(101_000);
    expect(checkTraffic(sad, entry, 10, 100_999)).toBe('soft');
    expect(told(checkLifetimes(sad, 101_000))).toEqual(['a hard seconds']);
    expect(lifetimesWakeAt(sad)).toBe(Infinity);
    expect(findSa(sad, 'ESP', 0xa)).toBeUndefined();
    expect(entry.sa.alive).toBe(false);
    expect(checkLifetimes(sad, 1e9)).toEqual([]);
  });
  test('traffic after the end is refused even before anybody has looked at the clock', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0xa, { hardLifetime: { seconds: 100 } }), outbound);
    expect(checkTraffic(sad, entry, 10, 99_999)).toBe('ok');
    expect(checkTraffic(sad, entry, 10, 100_000)).toBe('hard');
    expect(checkTraffic(sad, entry, 10, 0)).toBe('hard'); // also by a clock that went back
    expect(lifetimesWakeAt(sad)).toBe(-Infinity);
    expect(told(checkLifetimes(sad, 100_000))).toEqual(['a hard seconds']);
    expect(checkTraffic(sad, entry, 10, 100_000)).toBe('hard');
  });
  test('a soft end that nobody has asked about before the hard one: one event', () => {
    const sad = createSad();
    addSa(sad, esp(0xa, { softLifetime: { seconds: 80 }, hardLifetime: { seconds: 100 } }), inbound);
    expect(told(checkLifetimes(sad, 500_000))).toEqual(['a hard seconds']);
  });
  test('without a limit there is no end', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0xa), inbound);
    expect(lifetimesWakeAt(sad)).toBe(Infinity);
    expect(checkTraffic(sad, entry, 1e15, Number.MAX_SAFE_INTEGER)).toBe('ok');
    expect(checkLifetimes(sad, Number.MAX_SAFE_INTEGER)).toEqual([]);
  });
  test('a removed SA has no more events', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0xa, { softLifetime: { seconds: 1 } }), inbound);
    addSa(sad, esp(0xb, { softLifetime: { seconds: 2 } }), inbound);
    removeSa(sad, entry);
    expect(lifetimesWakeAt(sad)).toBe(2000);
    expect(told(checkLifetimes(sad, 5000))).toEqual(['b soft seconds']);
  });
  test('thousands with random ends, some removed: told in time and in order, like a sorted list', () => {
    const sad = createSad();
    const random = numbers(3);
    const template = esp(1);
    let expected: { spi: number; at: number }[] = [];
    const entries: SadEntry[] = [];
    for (let spi = 256; spi < 4256; spi++) {
      const at = 1 + (random() % 5000);
      const sa = { ...template, spi, hardLifetime: { seconds: at }, alive: true };
      entries.push(addSa(sad, sa, inbound));
      expected.push({ spi, at });
    }
    for (const entry of entries) {
      if (random() % 3 === 0) {
        removeSa(sad, entry);
        expected = expected.filter((e) => e.spi !== entry.sa.spi);
      }
    }
    expected.sort((a, b) => a.at - b.at);
    const seen: number[] = [];
    while (lifetimesWakeAt(sad) < Infinity) {
      const now = lifetimesWakeAt(sad);
      const due = expected.filter((e) => e.at * 1000 <= now).map((e) => e.spi);
      const spis = checkLifetimes(sad, now).map((e) => e.entry.sa.spi);
      expect([...spis].sort((a, b) => a - b)).toEqual(due.sort((a, b) => a - b));
      seen.push(...spis);
      expected = expected.filter((e) => e.at * 1000 > now);
    }
    expect(expected).toEqual([]);
    expect(listSas(sad)).toEqual([]);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('RFC 4301 section 4.4.2.1: lifetimes in octets and packets, counted by sealing and opening', () => {
  test('packets: 3 soft, 5 hard', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0xa, { softLifetime: { packets: 3 }, hardLifetime: { packets: 5 } }), outbound);
    const answers: string[] = [];
    for (let i = 0; i < 7; i++) {
      const answer = checkTraffic(sad, entry, 100, 0);
      answers.push(answer);
      if (answer !== 'hard') seal(entry.sa, clear());
    }
    expect(answers).toEqual(['ok', 'ok', 'ok', 'soft', 'soft', 'hard', 'hard']);
    expect(entry.sa.packets).toBe(5);
    expect(told(checkLifetimes(sad, 0))).toEqual(['a hard packets']);
  });
  test('octets: the packet that would go beyond the hard limit is not sent', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0xa, { softLifetime: { octets: 100 }, hardLifetime: { octets: 200 } }), outbound);
    seal(entry.sa, clear()); // 80 octets of payload
    expect(checkTraffic(sad, entry, 80, 0)).toBe('ok');
    seal(entry.sa, clear());
    expect(entry.sa.octets).toBe(160);
    expect(checkTraffic(sad, entry, 40, 0)).toBe('soft');
    expect(told(checkLifetimes(sad, 0))).toEqual(['a soft octets']);
    expect(checkTraffic(sad, entry, 41, 0)).toBe('hard');
    expect(told(checkLifetimes(sad, 0))).toEqual(['a hard octets']);
  });
  test('"a simultaneous use of both with the first lifetime to expire taking precedence"', () => {
    const sad = createSad();
    const hardLifetime = { seconds: 100, octets: 1000 };
    const byTime = addSa(sad, esp(0xa, { hardLifetime }), inbound);
    const byOctets = addSa(sad, esp(0xb, { hardLifetime }), inbound);
    byOctets.sa.octets = 1000;
    expect(checkTraffic(sad, byOctets, 0, 50_000)).toBe('hard');
    expect(checkTraffic(sad, byTime, 0, 50_000)).toBe('ok');
    expect(told(checkLifetimes(sad, 50_000))).toEqual(['b hard octets']);
    expect(told(checkLifetimes(sad, 100_000))).toEqual(['a hard seconds']);
  });
  test('a forged packet counts nothing', () => {
    const sad = createSad();
    const sender = esp(0xa);
    const entry = addSa(sad, esp(0xa, { hardLifetime: { packets: 2 } }), inbound);
    const forged = seal(sender, clear());
    forged[forged.length - 1]! ^= 1;
    for (let i = 0; i < 10; i++) {
      expect(checkTraffic(sad, entry, 0, 0)).toBe('ok');
      expect(open(entry.sa, forged)).toMatchObject({ ok: false, drop: 'icv' });
    }
    expect(checkLifetimes(sad, 0)).toEqual([]);
  });
  test('soft by octets is told at once, and time does not tell it again', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0xa, { softLifetime: { seconds: 50, octets: 10 }, hardLifetime: { seconds: 100 } }), inbound);
    entry.sa.octets = 10;
    expect(checkTraffic(sad, entry, 0, 1000)).toBe('soft');
    expect(lifetimesWakeAt(sad)).toBe(-Infinity);
    expect(told(checkLifetimes(sad, 1000))).toEqual(['a soft octets']);
    expect(lifetimesWakeAt(sad)).toBe(100_000);
    expect(checkLifetimes(sad, 60_000)).toEqual([]);
  });
});

describe('RFC 4303 section 3.3.3: numbers run out', () => {
  test('a sender asks for a successor before its number ends, and ends with it', () => {
    const sad = createSad();
    const entry = addSa(sad, esp(0xa, { startSeq: 0xefffffff }), outbound);
    expect(checkTraffic(sad, entry, 1, 0)).toBe('ok');
    seal(entry.sa, clear());
    expect(checkTraffic(sad, entry, 1, 0)).toBe('soft');
    expect(told(checkLifetimes(sad, 0))).toEqual(['a soft sequence']);
    entry.sa.seq = 0xffffffff;
    expect(checkTraffic(sad, entry, 1, 0)).toBe('hard');
    expect(told(checkLifetimes(sad, 0))).toEqual(['a hard sequence']);
  });
  test('with ESN there is far more room; a receiver leaves it to the sender', () => {
    const sad = createSad();
    const extended = addSa(sad, esp(0xa, { startSeq: 0xffffffff, esn: true }), outbound);
    const receiver = addSa(sad, esp(0xa, { startSeq: 0xffffffff }), inbound);
    expect(checkTraffic(sad, extended, 1, 0)).toBe('ok');
    expect(checkTraffic(sad, receiver, 0, 0)).toBe('ok');
  });
});
