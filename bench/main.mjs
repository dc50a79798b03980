// npm run bench [-- NAME ...]: what the library costs, with baselines measured in the same run. Figures, never assertions:
// a goal that is not met is printed as NOT MET, and the run ends with 0.
// Every other file here exports `run(harness): Promise<Row[]>` (Row: see harness.mjs).
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import process from 'node:process';
import * as harness from './harness.mjs';

const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.mjs') && !['main.mjs', 'harness.mjs'].includes(file))
  .map((file) => file.slice(0, -4))
  .sort();
const wanted = process.argv.slice(2);
const chosen = names.filter((name) => wanted.length === 0 || wanted.includes(name));
if (chosen.length === 0) console.log(`no such benchmark; there are: ${names.join(', ') || 'none'}`);

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, medians`);
const goals = [];
for (const name of chosen) {
  const { run } = await import(`./${name}.mjs`);
  const rows = await run(harness);
  print(name, rows);
  goals.push(...rows.filter((row) => row.met !== undefined));
}
const missed = goals.filter((row) => !row.met);
if (goals.length > 0) console.log(`\n${goals.length - missed.length} of ${goals.length} goals met`);
for (const { name, goal } of missed) console.log(`NOT MET: ${name}: ${goal}`);

function print(title, rows) {
  const cells = rows.map((row) => [
    row.name,
    `${digits(row.value)} ${row.unit}`,
    row.ratio === undefined ? '' : `${digits(row.ratio)}x ${row.baseline ?? ''}`.trim(),
    row.goal ?? '',
    row.met === undefined ? '' : row.met ? 'met' : 'NOT MET',
  ]);
  const head = ['', 'median', 'ratio', 'goal', ''];
  const widths = head.map((text, i) => Math.max(text.length, ...cells.map((line) => line[i].length)));
  const lineOf = (line) =>
    line
      .map((text, i) => (i === 1 ? text.padStart(widths[i]) : text.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  console.log(`\n${title}\n${[head, ...cells].map(lineOf).join('\n')}`);
}

function digits(value) {
  if (!Number.isFinite(value)) return 'unknown';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
