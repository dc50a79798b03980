/** `npm run soak -- SEEDS [FIRST]` goes over thousands of seeds; the suite itself over a few that `loss.test.ts` does not have. */
import { expect, test } from 'vitest';
import { kinds, storm } from './storms.js';

const seeds = Number(process.env['SOAK_SEEDS'] ?? 1);
const first = Number(process.env['SOAK_FIRST'] ?? 1000);

test.each(Object.keys(kinds))(`rough links: %s, ${seeds} seeds from ${first}`, { timeout: 24 * 3_600_000 }, (kind) => {
  const bad: string[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      storm(kind, seed);
    } catch (error) {
      bad.push(`seed ${seed}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  expect(bad).toEqual([]);
});
