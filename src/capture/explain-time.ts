/**
 * Times of a capture, counted from its beginning.
 *
 * @module
 */
import type { CaptureTime } from './pcap-record.js';

/** Seconds with six digits behind the point: `0.012345`. */
export function elapsed(time: CaptureTime, first: CaptureTime): string {
  const nanoseconds = BigInt(time.seconds - first.seconds) * 1_000_000_000n + BigInt(time.nanoseconds - first.nanoseconds);
  const sign = nanoseconds < 0n ? '-' : '';
  const microseconds = `${(nanoseconds < 0n ? -nanoseconds : nanoseconds) / 1000n}`.padStart(7, '0');
  return `${sign}${microseconds.slice(0, -6)}.${microseconds.slice(-6)}`;
}
