/**
 * When lifetimes in seconds end: a binary heap, so that a database of any size says in one step which one is next, and no
 * removed SA stays in it.
 *
 * @module
 */
import type { SadEntry } from './entry.js';

/** The heap: the entry with the earliest deadline is at 0. */
export type Deadlines = SadEntry[];

/** No deadlines. */
export function createDeadlines(): Deadlines {
  return [];
}

/** Milliseconds: the next moment at which something happens to this entry by time alone; Infinity for never. */
export function deadlineOf(entry: SadEntry): number {
  const { softAt, hardAt } = entry.limits;
  return entry.state === 'fresh' ? Math.min(softAt, hardAt) : entry.state === 'soft' ? hardAt : Infinity;
}

/** Puts an entry at its place, or at a new place after its state has changed, or takes it out if nothing more can happen by time. */
export function placeDeadline(heap: Deadlines, entry: SadEntry): void {
  if (deadlineOf(entry) === Infinity) {
    dropDeadline(heap, entry);
    return;
  }
  if (entry.deadlineIndex < 0) {
    entry.deadlineIndex = heap.length;
    heap.push(entry);
  }
  sink(heap, rise(heap, entry.deadlineIndex));
}

/** Takes an entry out, if it is there. */
export function dropDeadline(heap: Deadlines, entry: SadEntry): void {
  const at = entry.deadlineIndex;
  if (at < 0) return;
  entry.deadlineIndex = -1;
  const last = heap.pop()!;
  if (last === entry) return;
  put(heap, at, last);
  sink(heap, rise(heap, at));
}

function rise(heap: Deadlines, from: number): number {
  let at = from;
  const entry = heap[at]!;
  const deadline = deadlineOf(entry);
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (deadlineOf(heap[parent]!) <= deadline) break;
    put(heap, at, heap[parent]!);
    at = parent;
  }
  put(heap, at, entry);
  return at;
}

function sink(heap: Deadlines, from: number): void {
  let at = from;
  const entry = heap[at]!;
  const deadline = deadlineOf(entry);
  for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && deadlineOf(heap[child + 1]!) < deadlineOf(heap[child]!)) child++;
    if (deadlineOf(heap[child]!) >= deadline) break;
    put(heap, at, heap[child]!);
    at = child;
  }
  put(heap, at, entry);
}

function put(heap: Deadlines, at: number, entry: SadEntry): void {
  heap[at] = entry;
  entry.deadlineIndex = at;
}
