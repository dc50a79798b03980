/**
 * The replay window as one would explain it: a set of the numbers seen, and the two cases of RFC 4303 appendix A2.2 written out.
 * Slow, obvious, over bigint, and the measure of `src/replay-window.ts`.
 */
export interface WindowTwin {
  readonly size: bigint;
  readonly esn: boolean;
  top: bigint;
  readonly seen: Set<bigint>;
}

const two32 = 2n ** 32n;

export function createTwin(size: number, esn: boolean, top: number): WindowTwin {
  return { size: BigInt(size), esn, top: BigInt(top), seen: new Set([BigInt(top)]) };
}

/** RFC 4303 appendix A2.2; undefined where Seqh would be -1. */
export function inferTwin(w: WindowTwin, low: bigint): bigint | undefined {
  if (!w.esn) return low;
  const Th = w.top / two32;
  const Tl = w.top % two32;
  const Bl = (Tl - w.size + 1n + two32) % two32;
  let Seqh: bigint;
  if (Tl >= w.size - 1n) Seqh = low >= Bl ? Th : Th + 1n;
  else Seqh = low >= Bl ? Th - 1n : Th;
  return Seqh < 0n ? undefined : Seqh * two32 + low;
}

export function checkTwin(w: WindowTwin, seq: bigint | undefined): boolean {
  if (seq === undefined || seq === 0n) return false;
  if (seq > w.top) return true;
  return seq > w.top - w.size && !w.seen.has(seq);
}

export function markTwin(w: WindowTwin, seq: bigint): void {
  w.seen.add(seq);
  if (seq > w.top) w.top = seq;
  if (w.seen.size > 10_000) for (const s of w.seen) if (s <= w.top - w.size) w.seen.delete(s);
}
