/**
 * What happens by time, and when: a binary heap, so that a database of any size says in one step what is next, and nothing that was taken out
 * stays in it. Each item knows its place: to move it or take it out costs O(log n), and no search.
 *
 * @module
 */

/** Something that happens by time. Both members belong to the heap; an item begins with Infinity and -1. */
export interface Scheduled {
  /** Milliseconds on the caller's clock; Infinity for never. Mutable, private: `placeDeadline` sets it. */
  deadline: number;
  /** Place in the heap, -1 outside. Mutable, private. */
  deadlineIndex: number;
}

/** The heap: the item with the earliest deadline is at 0. An item is in one heap at most. */
export type Deadlines<Item extends Scheduled> = Item[];

/** No deadlines. */
export function createDeadlines<Item extends Scheduled>(): Deadlines<Item> {
  return [];
}

/** The earliest deadline, that of `heap[0]`; Infinity without one. */
export function nextDeadline(heap: Deadlines<Scheduled>): number {
  return heap[0]?.deadline ?? Infinity;
}

/** Gives an item a deadline, a first or a new one. Infinity takes it out. */
export function placeDeadline<Item extends Scheduled>(heap: Deadlines<Item>, item: Item, deadline: number): void {
  item.deadline = deadline;
  if (deadline === Infinity) {
    takeOut(heap, item);
    return;
  }
  if (item.deadlineIndex < 0) {
    item.deadlineIndex = heap.length;
    heap.push(item);
  }
  sink(heap, rise(heap, item.deadlineIndex));
}

function takeOut<Item extends Scheduled>(heap: Deadlines<Item>, item: Item): void {
  const at = item.deadlineIndex;
  if (at < 0) return;
  item.deadlineIndex = -1;
  const last = heap.pop()!;
  if (last === item) return;
  put(heap, at, last);
  sink(heap, rise(heap, at));
}

function rise(heap: Deadlines<Scheduled>, from: number): number {
  let at = from;
  const item = heap[at]!;
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (heap[parent]!.deadline <= item.deadline) break;
    put(heap, at, heap[parent]!);
    at = parent;
  }
  put(heap, at, item);
  return at;
}

function sink(heap: Deadlines<Scheduled>, from: number): void {
  let at = from;
  const item = heap[at]!;
  for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child + 1]!.deadline < heap[child]!.deadline) child++;
    if (heap[child]!.deadline >= item.deadline) break;
    put(heap, at, heap[child]!);
    at = child;
  }
  put(heap, at, item);
}

function put(heap: Deadlines<Scheduled>, at: number, item: Scheduled): void {
  heap[at] = item;
  item.deadlineIndex = at;
}
