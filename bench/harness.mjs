import process from 'node:process';

/**
 * Timing for bench/*.mjs. One number is the median over windows of the mean time of a call, so that a pause of the collector or of the
 * machine falls out; what is compared runs in turns, so that a slow spell hits both sides.
 *
 * @typedef {object} Row
 * @property {string} name what was measured
 * @property {number} value
 * @property {string} unit 'ns', 'x', '%', 'Mbit/s' ...
 * @property {string} [baseline] what `ratio` compares with
 * @property {number} [ratio] how many times the baseline
 * @property {string} [goal] in words: 'at least 1.9x'
 * @property {boolean} [met] whether the goal was reached in this run
 */

const defaults = { ms: 40, windows: 15, warmup: 60, per: 1 };

/**
 * Median time of one call of `fn`.
 *
 * @param {() => unknown} fn one operation; it calls `sink` with what would otherwise be optimised away
 * @param {{ ms?: number, windows?: number, warmup?: number, per?: number }} [options] length of a window and of the
 *   warm-up in milliseconds, number of windows; how many operations one call makes (a loop inside `fn` hides the cost of the call)
 * @returns {number} nanoseconds an operation
 */
export function measure(fn, options = {}) {
  return compare({ fn }, options).fn;
}

/**
 * Median times of several functions, measured in turns, window by window.
 *
 * @template {string} Name
 * @param {Record<Name, () => unknown>} fns
 * @param {{ ms?: number, windows?: number, warmup?: number, per?: number }} [options]
 * @returns {Record<Name, number>} nanoseconds an operation
 */
export function compare(fns, options = {}) {
  const { ms, windows, warmup, per } = { ...defaults, ...options };
  const sides = Object.entries(fns).map(([name, fn]) => ({ name, fn, calls: callsPer(fn, ms, warmup), times: [] }));
  for (let window = 0; window < windows; window++) for (const side of sides) side.times.push(timeOf(side.fn, side.calls) / side.calls);
  return Object.fromEntries(sides.map(({ name, times }) => [name, median(times) / per]));
}

/**
 * {@link compare} for functions that answer later, each call after the one before. WebCrypto works on threads of its own: so it is the time of the processor that
 * counts, that of all threads of this process, and not that on the clock.
 *
 * @template {string} Name
 * @param {Record<Name, () => unknown>} fns
 * @param {{ ms?: number, windows?: number, warmup?: number }} [options]
 * @returns {Promise<Record<Name, number>>} nanoseconds a call
 */
export async function compareLater(fns, options = {}) {
  const { ms, windows, warmup } = { ...defaults, ...options };
  const sides = [];
  for (const [name, fn] of Object.entries(fns)) sides.push({ name, fn, calls: await callsLater(fn, ms, warmup), times: [] });
  for (let window = 0; window < windows; window++)
    for (const side of sides) side.times.push((await timeLater(side.fn, side.calls)) / side.calls);
  return Object.fromEntries(sides.map(({ name, times }) => [name, median(times)]));
}

async function callsLater(fn, ms, warmup) {
  const begun = cpuTime();
  let calls = 0;
  while (cpuTime() - begun < warmup * 1e6) {
    await fn();
    calls++;
  }
  return Math.max(1, Math.round((calls * ms * 1e6) / (cpuTime() - begun)));
}

async function timeLater(fn, calls) {
  const begun = cpuTime();
  for (let i = 0; i < calls; i++) await fn();
  return cpuTime() - begun;
}

function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/** Keeps a result alive, so that the work behind it is not removed. */
export function sink(value) {
  kept = value;
}
let kept;
export const keptValue = () => kept;

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A row with a goal: `at least` or `at most` a bound. */
export function judged(row, { atLeast, atMost }, of = row.ratio ?? row.value) {
  const goal = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  return { ...row, goal, met: atLeast === undefined ? of <= atMost : of >= atLeast };
}

/** Octets a call leaves behind on the heap, over many calls; run node with --expose-gc. NaN without it. */
export function octetsPerCall(fn, calls = 20_000) {
  if (!globalThis.gc) return NaN;
  for (let i = 0; i < calls; i++) fn();
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < calls; i++) fn();
  return Math.max(0, (process.memoryUsage().heapUsed - before) / calls);
}

function callsPer(fn, ms, warmup) {
  let calls = 1;
  for (let spent = 0; spent < warmup;) {
    const took = timeOf(fn, calls) / 1e6;
    spent += took;
    if (took < ms) calls = Math.max(calls + 1, Math.min(calls * 4, Math.round((calls * ms) / Math.max(took, 1e-4))));
  }
  return calls;
}

function timeOf(fn, calls) {
  const begun = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) fn();
  return Number(process.hrtime.bigint() - begun);
}
