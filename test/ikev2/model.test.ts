import { describe, expect, test } from 'vitest';
import { transitions } from '../../src/ikev2/transitions.js';
import { conversations } from './model-conversations.js';
import { createJournal } from './model-hosts.js';

describe('the table, row by row', () => {
  const journal = createJournal();

  test.each(Object.keys(conversations))('%s', (name) => {
    conversations[name]!(journal);
  });

  test('every row is taken, and leads everywhere it says', () => {
    const nameOf = (i: number): string => {
      const { from, exchange, message, about, story } = transitions[i]!;
      return `${from} ${exchange} ${message}${about ? ` (${about})` : ''}: ${story}`;
    };
    const lines = transitions.map((row, i) => `${String(journal.taken.get(row) ?? 0).padStart(4)}  ${nameOf(i)}`);
    console.info(['messages taken by each row of the table', ...lines].join('\n'));
    const never = transitions.flatMap((row, i) => (journal.taken.has(row) ? [] : [nameOf(i)]));
    expect(never).toEqual([]);
    const unreached = transitions.flatMap((row, i) =>
      row.to.filter((state) => journal.reached.get(row)?.has(state) !== true).map((state) => `${nameOf(i)} --> ${state}`),
    );
    expect(unreached).toEqual([]);
  });
});
