// npm run soak [-- SEEDS [FIRST]]: every kind of session on rough links, with as many seeds as you have time for. Default 200 seeds from 2000.
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const [seeds = '200', first = '2000'] = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--project', 'node', 'test/endpoint/soak.node.test.ts'],
  { stdio: 'inherit', env: { ...process.env, SOAK_SEEDS: seeds, SOAK_FIRST: first } },
);
process.exitCode = status ?? 1;
