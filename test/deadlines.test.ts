import { describe, expect, test } from 'vitest';
import { createDeadlines, type Deadlines, nextDeadline, placeDeadline, type Scheduled } from '../src/deadlines.js';
import { numbers } from './sad/make.js';

interface Item extends Scheduled {
  readonly name: number;
}
const item = (name: number): Item => ({ name, deadline: Infinity, deadlineIndex: -1 });

/** Every parent is due before its children, and every item knows its place. */
function expectHeap(heap: Deadlines<Item>): void {
  const wrong = heap.findIndex((x, at) => x.deadlineIndex !== at || (at > 0 && heap[(at - 1) >> 1]!.deadline > x.deadline));
  expect(wrong).toBe(-1);
}

describe('a heap of deadlines', () => {
  test('nothing, one, moved, taken out', () => {
    const heap = createDeadlines<Item>();
    const one = item(1);
    expect(nextDeadline(heap)).toBe(Infinity);
    placeDeadline(heap, one, 5);
    expect([nextDeadline(heap), heap[0]]).toEqual([5, one]);
    placeDeadline(heap, one, 3);
    expect([nextDeadline(heap), heap.length]).toEqual([3, 1]);
    placeDeadline(heap, one, Infinity);
    placeDeadline(heap, one, Infinity);
    expect([nextDeadline(heap), heap.length, one.deadlineIndex]).toEqual([Infinity, 0, -1]);
    placeDeadline(heap, one, -Infinity);
    expect(nextDeadline(heap)).toBe(-Infinity);
  });

  test('thousands placed, moved and taken out in any order: always as a sorted list says', () => {
    const random = numbers(11);
    const heap = createDeadlines<Item>();
    const items = Array.from({ length: 300 }, (_, name) => item(name));
    for (let round = 0; round < 6000; round++) {
      const chosen = items[random() % items.length]!;
      placeDeadline(heap, chosen, random() % 4 === 0 ? Infinity : random() % 100);
      const placed = items.filter((x) => x.deadlineIndex >= 0);
      expect(heap.length).toBe(placed.length);
      expect(nextDeadline(heap)).toBe(Math.min(...placed.map((x) => x.deadline)));
      if (round % 50 === 0) expectHeap(heap);
    }
    const order: number[] = [];
    for (let first = heap[0]; first; first = heap[0]) {
      order.push(first.deadline);
      placeDeadline(heap, first, Infinity);
      expectHeap(heap);
    }
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(items.every((x) => x.deadlineIndex === -1 && x.deadline === Infinity)).toBe(true);
  });

  test('row 39: the steps of one change grow with the logarithm of the number of items', () => {
    let reads = 0;
    /** Counts how often its deadline is looked at. */
    const counted = (name: number): Item => {
      let deadline = Infinity;
      return {
        name,
        deadlineIndex: -1,
        get deadline(): number {
          reads++;
          return deadline;
        },
        set deadline(value: number) {
          deadline = value;
        },
      };
    };
    const heap = createDeadlines<Item>();
    const items = Array.from({ length: 100_000 }, (_, name) => counted(name));
    const random = numbers(12);
    for (const each of items) placeDeadline(heap, each, random());
    let most = 0;
    for (let round = 0; round < 2000; round++) {
      reads = 0;
      const chosen = items[random() % items.length]!;
      placeDeadline(heap, chosen, round % 3 === 0 ? -round : round % 3 === 1 ? 2 ** 33 + round : Infinity);
      most = Math.max(most, reads);
    }
    expect(most).toBeLessThan(100); // 17 levels, with at most four looks on each
  });
});
