/**
 * Pings through a tunnel.
 *
 * @module
 */
import process from 'node:process';
import { encodeEcho, equalAddresses, formatAddress } from '../../ip.js';
import type { Host } from '../../node.js';
import type { EchoMessage } from './echo.js';

/** What is asked for. */
export interface PingPlan {
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  /** Undefined: until it is ended. */
  readonly count: number | undefined;
  /** Milliseconds. */
  readonly interval: number;
}

/** What happened. */
export type PingEvent =
  | { readonly kind: 'answer'; readonly seq: number; readonly octets: number; readonly from: string; readonly milliseconds: number }
  | { readonly kind: 'duplicate'; readonly seq: number }
  | { readonly kind: 'lost'; readonly seq: number };

/** What came of all. Times in milliseconds; undefined: no answers. */
export interface PingResult {
  readonly target: string;
  readonly sent: number;
  readonly received: number;
  readonly duplicates: number;
  readonly milliseconds: number;
  readonly times: { readonly min: number; readonly average: number; readonly max: number; readonly deviation: number } | undefined;
}

/** Pings that are under way. */
export interface Pinger {
  /** Kept when all have been sent and answered, or given up. */
  readonly done: Promise<PingResult>;
  /** An echo reply came. */
  take(echo: EchoMessage): void;
  /** Sends no more. */
  end(): void;
}

/** How long the last pings are waited for. */
const patience = 2000;
/** As the ping of every system has it. */
const octets = 56;

/** Starts pinging. */
export function startPings(host: Host, { source, target, count, interval }: PingPlan, tell: (event: PingEvent) => void): Pinger {
  const id = process.pid & 0xffff;
  const data = Uint8Array.from({ length: octets }, (_, i) => i);
  const begun = performance.now();
  const under = new Map<number, number>();
  const times: number[] = [];
  let sent = 0;
  let duplicates = 0;
  let isSending = true;
  let timer: NodeJS.Timeout | undefined;
  let resolveDone: (result: PingResult) => void;
  const done = new Promise<PingResult>((resolve) => {
    resolveDone = resolve;
  });

  function send(): void {
    const now = performance.now();
    for (const [old, at] of under) {
      if (now - at < Math.max(patience, 2 * interval)) break;
      lose(old);
    }
    const seq = ++sent;
    under.set(seq, now);
    if (sent === count) stopSending();
    else timer = setTimeout(send, Math.max(0, begun + sent * interval - performance.now()));
    host.send(encodeEcho({ source, destination: target, id, seq: seq & 0xffff, data }));
  }

  function lose(seq: number): void {
    under.delete(seq);
    tell({ kind: 'lost', seq });
  }

  function stopSending(): void {
    isSending = false;
    clearTimeout(timer);
    if (under.size === 0) finish();
    else timer = setTimeout(finish, patience);
  }

  function finish(): void {
    clearTimeout(timer);
    for (const seq of [...under.keys()]) lose(seq);
    resolveDone({
      target: formatAddress(target),
      sent,
      received: times.length,
      duplicates,
      milliseconds: performance.now() - begun,
      times: summarise(times),
    });
  }

  timer = setTimeout(send, 0);
  return {
    done,
    take({ isReply, source: from, id: theirs, seq: low, data: { length } }) {
      if (!isReply || theirs !== id || !equalAddresses(from, target)) return;
      // The number on the wire has 16 bits.
      const seq = sent - ((sent - low) & 0xffff);
      const at = under.get(seq);
      if (at === undefined) {
        duplicates++;
        tell({ kind: 'duplicate', seq });
        return;
      }
      under.delete(seq);
      const milliseconds = performance.now() - at;
      times.push(milliseconds);
      tell({ kind: 'answer', seq, octets: length + 8, from: formatAddress(from), milliseconds });
      if (!isSending && under.size === 0) finish();
    },
    end() {
      clearTimeout(timer);
      finish();
    },
  };
}

function summarise(times: readonly number[]): PingResult['times'] {
  if (times.length === 0) return undefined;
  const average = times.reduce((sum, time) => sum + time, 0) / times.length;
  const square = times.reduce((sum, time) => sum + (time - average) ** 2, 0) / times.length;
  return { min: Math.min(...times), average, max: Math.max(...times), deviation: Math.sqrt(square) };
}

/** One ping in words. */
export function formatPing(event: PingEvent): string {
  switch (event.kind) {
    case 'answer':
      return `${event.octets} octets from ${event.from}: seq=${event.seq} time=${event.milliseconds.toFixed(2)} ms`;
    case 'duplicate':
      return `seq=${event.seq}: one answer more, or a late one`;
    case 'lost':
      return `seq=${event.seq}: no answer`;
  }
}

/** The statistics that `ping` has. */
export function formatPings({ target, sent, received, duplicates, milliseconds, times }: PingResult): string[] {
  const loss = sent === 0 ? 0 : (100 * (sent - received)) / sent;
  const extra = duplicates > 0 ? `, +${duplicates} duplicates` : '';
  const lines = [
    `--- ${target} ping statistics ---`,
    `${sent} packets transmitted, ${received} received${extra}, ${Number(loss.toFixed(1))}% packet loss, time ${milliseconds.toFixed(0)} ms`,
  ];
  if (times)
    lines.push(`rtt min/avg/max/mdev = ${[times.min, times.average, times.max, times.deviation].map((t) => t.toFixed(3)).join('/')} ms`);
  return lines;
}
