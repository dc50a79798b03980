// The anti-replay window: what one packet costs, in order and out of order, with and without ESN.
// A set of numbers is what one would write first; it is the baseline.
import { checkSeq, createReplayWindow, inferSeq, markSeq } from '../dist/replay-window.js';

const perCall = 1000;

export async function run({ compare, judged, sink }) {
  const rows = [];
  for (const size of [64, 1024, 4096]) {
    const ns = compare(
      {
        inOrder: accept(createReplayWindow(size), 0, sink),
        shuffled: accept(createReplayWindow(size), 15, sink),
        esn: accept(createReplayWindow(size, { esn: true, top: 2 ** 32 - 5000 }), 15, sink),
        replayed: refuse(createReplayWindow(size, { top: 1_000_000 }), sink),
        set: withSet(size, sink),
      },
      { per: perCall },
    );
    const name = `window of ${size}:`;
    const row = (what, value) => ({ name: `${name} ${what}`, value, unit: 'ns', baseline: 'a Set', ratio: ns.set / value });
    rows.push(judged(row('check and mark, in order', ns.inOrder), { atMost: 10 }, ns.inOrder));
    rows.push(judged(row('check and mark, out of order', ns.shuffled), { atMost: 10 }, ns.shuffled));
    rows.push(judged(row('infer, check and mark, ESN across 2^32', ns.esn), { atMost: 15 }, ns.esn));
    rows.push(row('a replay refused', ns.replayed));
  }
  return rows;
}

/** Fresh numbers, within 16 turned round by `mask`; the window goes on from call to call. */
function accept(fresh, mask, sink) {
  let window = fresh;
  let start = window.top + 1;
  return () => {
    let accepted = 0;
    for (let i = 0; i < perCall; i++) {
      const seq = inferSeq(window, (start + (i ^ mask)) >>> 0);
      if (checkSeq(window, seq)) {
        markSeq(window, seq);
        accepted++;
      }
    }
    start += perCall + 16;
    sink(accepted);
    if (window.esn || start < 0xfff00000) return;
    window = createReplayWindow(window.size); // 32-bit numbers end
    start = 1;
  };
}

function refuse(window, sink) {
  for (let seq = window.top - window.size + 1; seq <= window.top; seq++) markSeq(window, seq);
  return () => {
    let accepted = 0;
    for (let i = 0; i < perCall; i++) if (checkSeq(window, inferSeq(window, window.top - (i & 31)))) accepted++;
    sink(accepted);
  };
}

function withSet(size, sink) {
  const seen = new Set();
  let top = 0;
  return () => {
    let accepted = 0;
    const start = top;
    for (let i = 1; i <= perCall; i++) {
      const seq = start + (i ^ 15);
      if (seq <= top - size || seen.has(seq)) continue;
      seen.add(seq);
      for (; top < seq; top++) seen.delete(top - size);
      accepted++;
    }
    sink(accepted);
  };
}
