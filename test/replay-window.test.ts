import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSeq, createReplayWindow, inferSeq, markSeq, noteFailure, resyncCandidates, type ReplayWindow } from '../src/replay-window.js';
import dpdk from '../vectors/dpdk-anti-replay.json' with { type: 'json' };
import { checkTwin, createTwin, inferTwin, markTwin } from './twins/replay-window.js';

interface Transcript {
  name: string;
  esn: boolean;
  replayWindow: number;
  receiverTop: string;
  packets: { seq: string; valid: boolean }[];
  steps: { packet: number; accepted: boolean; counter: string | null; top: string }[];
}
const transcripts = Object.values(
  import.meta.glob<Transcript>('../vectors/linux-kernel/replay-*.json', { eager: true, import: 'default' }),
);

const two32 = 2 ** 32;

/** What a receiver does with a packet whose true number is `seq`: the ICV covers that number, so a wrong guess fails. */
function receive(w: ReplayWindow, seq: number, valid = true): 'accepted' | 'replay' | 'icv' {
  const guess = inferSeq(w, seq % two32);
  if (!checkSeq(w, guess)) return 'replay';
  if (!valid || (w.esn && guess !== seq)) return 'icv';
  if (!checkSeq(w, guess)) return 'replay';
  markSeq(w, guess);
  return 'accepted';
}

function run(w: ReplayWindow, seqs: readonly number[]): boolean[] {
  return seqs.map((s) => receive(w, s) === 'accepted');
}

describe('a Linux kernel decides the same, step for step', () => {
  test('all transcripts are there', () => {
    expect(transcripts.length).toBe(18);
  });
  test.each(transcripts)('$name', (t) => {
    const w = createReplayWindow(t.replayWindow, { esn: t.esn, top: Number(t.receiverTop) });
    const ours = t.steps.map((step) => {
      const packet = t.packets[step.packet]!;
      const before = JSON.stringify([w.top, [...w.ring]]);
      const result = receive(w, Number(packet.seq), packet.valid);
      if (result !== 'accepted') expect(JSON.stringify([w.top, [...w.ring]])).toBe(before);
      return { result, top: t.replayWindow === 0 ? '0' : String(w.top) };
    });
    // Where Linux moves XfrmInStateSeqError it was the window, where XfrmInStateProtoError the ICV. Without a window Linux shows 0 as top.
    const reason = { XfrmInStateSeqError: 'replay', XfrmInStateProtoError: 'icv' } as const;
    const theirs = t.steps.map((s) => ({ result: s.accepted ? 'accepted' : reason[s.counter as keyof typeof reason], top: s.top }));
    expect(ours).toEqual(theirs);
  });
});

describe('DPDK anti-replay sequences', () => {
  test.each(dpdk.cases)('$name', (c) => {
    const top = 'initialHighest' in c ? Number(c.initialHighest) : 0;
    const w = createReplayWindow(c.windowSize, { esn: c.esn, top });
    expect(c.steps.map((s) => receive(w, Number(s.seq)))).toEqual(c.steps.map((s) => (s.expect === 'accept' ? 'accepted' : 'replay')));
  });
});

describe('RFC 4303 section 3.4.3', () => {
  test('a packet left of the window is refused, one at the left edge is not, whatever the size', () => {
    for (const size of [1, 2, 31, 32, 33, 63, 64, 65, 100, 992, 1000, 1024, 4095, 4096, 4097, 100_000]) {
      const w = createReplayWindow(size, { top: 1_000_000 });
      expect(run(w, [1_000_000 - size, 1_000_000, 1_000_001]), String(size)).toEqual([false, false, true]);
      // The window has moved by one: so has its left edge.
      expect(run(w, [1_000_001 - size, 1_000_002 - size]), String(size)).toEqual([false, size > 2]);
    }
  });
  test('a window wider than what has come so far does not reach below 1', () => {
    const w = createReplayWindow(64);
    expect(run(w, [5, 1, 0, 5, 2, 1])).toEqual([true, true, false, false, true, false]);
    expect(w.top).toBe(5);
  });
  test('0 is no number of a packet', () => {
    expect(checkSeq(createReplayWindow(32), 0)).toBe(false);
    expect(checkSeq(createReplayWindow(32, { esn: true }), 0)).toBe(false);
  });
  test('a number that was marked while an old one is checked twice: both stages say no', () => {
    const w = createReplayWindow(32);
    expect(checkSeq(w, 7)).toBe(true);
    markSeq(w, 7);
    expect(checkSeq(w, 7)).toBe(false);
  });
  test('jumps of one word, the window, the window and one, the ring, and far more leave no old mark behind', () => {
    for (const size of [32, 64, 100, 128, 1024]) {
      for (const jump of [1, 31, 32, 33, size - 1, size, size + 1, 2 * size, 2 ** 20, 2 ** 31, 2 ** 32 - 2000]) {
        const w = createReplayWindow(size);
        const start = 1000;
        for (let s = 1; s <= start; s++) markSeq(w, s);
        markSeq(w, start + jump);
        const fresh: number[] = [];
        for (let s = start + jump - size + 1; s <= start + jump; s++) if (checkSeq(w, s)) fresh.push(s);
        const expected: number[] = [];
        for (let s = Math.max(start + 1, start + jump - size + 1); s < start + jump; s++) expected.push(s);
        expect(fresh, `${size} ${jump}`).toEqual(expected);
      }
    }
  });
  test('a mark left of the window changes nothing', () => {
    const w = createReplayWindow(32, { top: 1000 });
    const before = [...w.ring];
    markSeq(w, 968);
    markSeq(w, 0);
    expect([...w.ring]).toEqual(before);
    expect(w.top).toBe(1000);
  });
  test('32-bit numbers end at 2^32 - 1', () => {
    const w = createReplayWindow(64, { top: two32 - 1 });
    expect(run(w, [0, 1, two32 - 1])).toEqual([false, false, false]);
    expect(checkSeq(w, two32)).toBe(false);
    expect(checkSeq(createReplayWindow(0), two32)).toBe(false);
  });
  test('size 0: "no inbound checks are performed on the Sequence Number", yet the number is followed', () => {
    const w = createReplayWindow(0);
    expect(run(w, [5, 5, 1, 0, 9])).toEqual([true, true, true, true, true]);
    expect(w.top).toBe(9);
  });
  test('a size that is none becomes 64, a fraction is rounded up', () => {
    expect([-1, NaN, -Infinity, 0.5, 32.1, 0].map((n) => createReplayWindow(n).size)).toEqual([64, 64, 64, 1, 33, 0]);
  });
});

describe('RFC 4303 appendix A2.2', () => {
  const infer = (size: number, top: number, low: number): number => inferSeq(createReplayWindow(size, { esn: true, top }), low);
  test('case A: Tl >= W - 1', () => {
    expect(infer(64, two32 + 63, 0)).toBe(two32); // Bl = 0: all of the subspace is at or above it
    expect(infer(64, two32 + 100, 37)).toBe(two32 + 37); // Seql = Bl
    expect(infer(64, two32 + 100, 36)).toBe(2 * two32 + 36); // Seql = Bl - 1
    expect(infer(64, two32 + 100, two32 - 1)).toBe(2 * two32 - 1);
  });
  test('case B: Tl < W - 1', () => {
    expect(infer(64, two32 + 62, two32 - 1)).toBe(two32 - 1); // Bl = 2^32 - 1
    expect(infer(64, two32 + 62, two32 - 2)).toBe(2 * two32 - 2);
    expect(infer(64, two32, two32 - 63)).toBe(two32 - 63);
    expect(infer(64, two32, two32 - 64)).toBe(2 * two32 - 64);
    expect(infer(64, two32 + 5, 3)).toBe(two32 + 3);
  });
  test('Th = 0 has no subspace below: 0, never fresh', () => {
    const w = createReplayWindow(64, { esn: true, top: 5 });
    expect(inferSeq(w, two32 - 1)).toBe(0);
    expect(receive(w, two32 - 1)).toBe('replay');
    expect(w.top).toBe(5);
  });
  test('numbers end at 2^53 - 1, not at 2^53', () => {
    const w = createReplayWindow(64, { esn: true, top: Number.MAX_SAFE_INTEGER - 1 });
    expect(receive(w, Number.MAX_SAFE_INTEGER)).toBe('accepted');
    expect(receive(w, Number.MAX_SAFE_INTEGER)).toBe('replay');
    expect(checkSeq(w, inferSeq(w, 0))).toBe(false);
    expect(checkSeq(w, inferSeq(w, 1000))).toBe(false);
    expect(receive(w, Number.MAX_SAFE_INTEGER - 63)).toBe('accepted');
    expect(receive(w, Number.MAX_SAFE_INTEGER - 64)).toBe('replay');
  });
  test('size 0: the number nearest to the highest one is meant', () => {
    expect(infer(0, 2 * two32 + 10, 4)).toBe(2 * two32 + 4);
    expect(infer(0, 2 * two32 + 10, two32 - 4)).toBe(2 * two32 - 4);
    expect(infer(0, 2 * two32 - 10, 4)).toBe(2 * two32 + 4);
    expect(infer(0, 10, two32 - 4)).toBe(two32 - 4);
  });
  test('every subspace border up to the last looks the same (numbers shifted by 2^32 decide alike)', () => {
    const around = [-130, -65, -64, -63, -2, -1, 0, 1, 2, 62, 63, 64, 65, 130];
    for (const Th of [1, 2, 3, 4095, 2 ** 20, 2 ** 21 - 2]) {
      for (const t of around) {
        for (const s of around) {
          const w = createReplayWindow(64, { esn: true, top: Th * two32 + t });
          expect(receive(w, Th * two32 + s), `${Th} ${t} ${s}`).toBe(
            s > t || (s > t - 64 && s !== t) ? 'accepted' : s === t ? 'replay' : 'icv',
          );
        }
      }
    }
  });
  test('is what the pseudo-code of A2.3 says, for any W, T and Seql', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.maxSafeNat(), fc.integer({ min: 0, max: two32 - 1 }), (size, top, low) => {
        const w: ReplayWindow = { size, esn: true, top, failures: 0, ring: new Int32Array(0) };
        const expected = inferTwin({ size: BigInt(size), esn: true, top: BigInt(top), seen: new Set() }, BigInt(low)) ?? 0n;
        // Beyond 2^53 - 1 the answer is rounded, but still beyond.
        if (expected <= BigInt(Number.MAX_SAFE_INTEGER)) expect(BigInt(inferSeq(w, low))).toBe(expected);
        else expect(checkSeq(w, inferSeq(w, low))).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('RFC 4303 appendix A3', () => {
  test('consecutive failures are counted, a valid packet starts the count again', () => {
    const w = createReplayWindow(64, { esn: true, top: 100 });
    for (let i = 0; i < 3; i++) expect(noteFailure(w, 4)).toBe(false);
    expect(receive(w, 101)).toBe('accepted');
    expect([noteFailure(w, 4), noteFailure(w, 4), noteFailure(w, 4), noteFailure(w, 4), noteFailure(w, 4)]).toEqual([
      false,
      false,
      false,
      true,
      false,
    ]);
  });
  test('a gap of more than 2^32 packets is bridged by the retries, and T is then that packet', () => {
    const w = createReplayWindow(64, { esn: true, top: 1000 });
    const lost = 3 * two32 + 7; // three subspaces further
    expect(receive(w, lost)).toBe('icv');
    const candidates = resyncCandidates(w, lost % two32, 8);
    expect(candidates).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map((h) => h * two32 + 7));
    expect(candidates).toContain(lost);
    markSeq(w, lost);
    expect(w.top).toBe(lost);
    expect(receive(w, lost + 1)).toBe('accepted');
    expect(receive(w, 999)).toBe('icv');
  });
  test('candidates are bounded, beyond T, never beyond 2^53 - 1, and none without ESN', () => {
    expect(resyncCandidates(createReplayWindow(64), 5)).toEqual([]);
    expect(resyncCandidates(createReplayWindow(64, { esn: true }), 5)).toHaveLength(16);
    expect(resyncCandidates(createReplayWindow(64, { esn: true, top: Number.MAX_SAFE_INTEGER - 5 }), 5)).toEqual([]);
    expect(resyncCandidates(createReplayWindow(64, { esn: true, top: Number.MAX_SAFE_INTEGER - 1.5 * two32 }), two32 - 1)).toEqual([
      Number.MAX_SAFE_INTEGER,
    ]);
    // Where the first guess ends below zero, zero is the first upper half to try.
    expect(resyncCandidates(createReplayWindow(64, { esn: true, top: 5 }), two32 - 1, 2)).toEqual([two32 - 1, 2 * two32 - 1]);
  });
  test('forged packets buy at most limit / trigger verifications each, and without ESN none', () => {
    const w = createReplayWindow(64, { esn: true, top: 5 });
    const plain = createReplayWindow(64);
    let extra = 0;
    for (let i = 0; i < 100_000; i++) {
      if (noteFailure(w)) extra += resyncCandidates(w, i).length;
      expect(noteFailure(plain)).toBe(false);
    }
    expect(extra).toBeLessThanOrEqual((100_000 * 16) / 256);
    expect(w.top).toBe(5);
  });
});

describe('RFC 6479: the ring decides like a set', () => {
  /** A small linear congruence: the same steps on every run and platform. */
  function numbers(seed: number): () => number {
    let x = seed;
    return () => (x = (Math.imul(x, 1664525) + 1013904223) >>> 0) / two32;
  }

  test.each([
    { size: 32, esn: true },
    { size: 64, esn: true },
    { size: 100, esn: true },
    { size: 1024, esn: true },
    { size: 4096, esn: true },
    { size: 64, esn: false },
  ])('10^6 steps in all: size $size, esn $esn', ({ size, esn }) => {
    const random = numbers(size + Number(esn));
    const start = esn ? two32 - 1000 : 0;
    const w = createReplayWindow(size, { esn, top: start });
    const twin = createTwin(size, esn, start);
    const jumps = [1, 1, 1, 1, 2, 3, 31, 32, 33, 63, 64, 65, size - 1, size, size + 1, 2 * size];
    for (let i = 0; i < 170_000; i++) {
      let seq: number;
      const kind = random();
      if (kind < 0.5) seq = w.top - Math.floor(random() * (size + 8));
      else if (kind < 0.999) seq = w.top + jumps[Math.floor(random() * jumps.length)]!;
      else seq = w.top + Math.floor(random() * (esn ? two32 - size : 1000));
      if (seq < 0 || (!esn && seq >= two32)) continue;
      const low = seq % two32;
      const guess = inferSeq(w, low);
      const expected = inferTwin(twin, BigInt(low));
      const fresh = checkSeq(w, guess);
      if (BigInt(guess) !== (expected ?? 0n) || fresh !== checkTwin(twin, expected)) {
        expect.fail(`step ${i}: seq ${seq} top ${w.top} guess ${guess} fresh ${fresh}`);
      }
      // A tenth of the packets is forged: those move nothing.
      if (fresh && guess === seq && random() < 0.9) {
        markSeq(w, guess);
        markTwin(twin, BigInt(seq));
      }
      if (BigInt(w.top) !== twin.top) expect.fail(`step ${i}: top ${w.top}`);
    }
    expect(w.top).toBeGreaterThan(start + 10_000);
  });

  test('any sequence of numbers, any size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.boolean(),
        fc.array(fc.oneof(fc.integer({ min: -350, max: 350 }), fc.integer({ min: 0, max: 2 ** 31 }))),
        (size, esn, deltas) => {
          const start = esn ? 3 * two32 - 20 : 500;
          const w = createReplayWindow(size, { esn, top: start });
          const twin = createTwin(size, esn, start);
          for (const d of deltas) {
            const seq = w.top + d;
            if (seq < 0 || (!esn && seq >= two32)) continue;
            const guess = inferSeq(w, seq % two32);
            expect(checkSeq(w, guess)).toBe(checkTwin(twin, inferTwin(twin, BigInt(seq % two32))));
            if (checkSeq(w, guess)) {
              markSeq(w, guess);
              markTwin(twin, BigInt(guess));
            }
          }
          expect(BigInt(w.top)).toBe(twin.top);
        },
      ),
    );
  });
});
