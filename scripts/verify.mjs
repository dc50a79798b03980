// The gate. Two steps at a time; of a step that fails, what it printed.
//   npm run verify                  every step
//   npm run verify -- lint size     these
//   npm run verify -- test          every step whose name begins so
import { spawn } from 'node:child_process';
import process from 'node:process';

/** In the order of starting: what others wait for and what takes long comes first. */
const steps = [
  { name: 'build' },
  { name: 'typecheck' },
  { name: 'test:node', after: ['build'] },
  { name: 'test:chromium', after: ['build'] },
  { name: 'test:deno', after: ['build'] },
  { name: 'test:bun', after: ['build'] },
  { name: 'lint' },
  { name: 'docs', after: ['build'] },
  { name: 'docs:code', after: ['build'] },
  { name: 'package', after: ['build'] },
  { name: 'format' },
  { name: 'floors' },
  { name: 'without:ikev1' },
  { name: 'sabotage:stale' },
  { name: 'unused' },
  { name: 'size', after: ['build'] },
  { name: 'conformance' },
  { name: 'algorithms', after: ['build'] },
  { name: 'machine', after: ['build'] },
  { name: 'handshake', after: ['build'] },
  { name: 'reading-order' },
  { name: 'docs:names' },
  { name: 'vectors' },
];
const atOnce = 2;

const wanted = process.argv.slice(2);
const chosen = steps.filter(({ name }) => wanted.length === 0 || wanted.some((w) => name === w || name.startsWith(`${w}:`)));
const unknown = wanted.filter((w) => !steps.some(({ name }) => name === w || name.startsWith(`${w}:`)));
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const begun = performance.now();
const ended = new Set();
const running = new Map();
const waiting = [...chosen];
let failed = 0;
while (waiting.length + running.size > 0) {
  for (let next = ready(); next && running.size < atOnce; next = ready()) {
    waiting.splice(waiting.indexOf(next), 1);
    running.set(next.name, run(next));
  }
  report(await Promise.race(running.values()));
}
console.log(`${chosen.length - failed} steps passed, ${failed} failed, ${seconds(begun)} s`);
process.exitCode = failed > 0 ? 1 : 0;

function ready() {
  return waiting.find(({ after = [] }) => after.every((name) => ended.has(name) || !chosen.some((step) => step.name === name)));
}

function run({ name }) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', name], { env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (status) => resolve({ name, ok: status === 0, output, took: seconds(started) }));
  });
}

function report({ name, ok, output, took }) {
  running.delete(name);
  ended.add(name);
  if (!ok) failed++;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${took.padStart(6)} s  ${name}${ok ? '' : `\n${output.trimEnd()}\n`}`);
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
