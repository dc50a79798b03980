// Applies the defects of sabotage/*.mjs one at a time to copies of the tree, and expects the named tests to fail.
//   npm run sabotage                      all of them
//   npm run sabotage -- --only WORDS      those whose name contains WORDS
//   npm run sabotage:stale                none: only whether all of them can still be applied
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const needed = ['src', 'test', 'vectors', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
const atOnce = 2;
const patience = 180_000; // milliseconds; a defect that makes the suite hang is noticed too
const patienceForAll = 1_200_000; // all the named tests in one go

const only = process.argv.indexOf('--only') < 0 ? '' : (process.argv[process.argv.indexOf('--only') + 1] ?? '');
const modules = await Promise.all(readdirSync('sabotage').map((name) => import(new URL(`../sabotage/${name}`, import.meta.url))));
const all = modules.flatMap((module) => module.defects);
const chosen = all.filter(({ name }) => name.includes(only));
const begun = performance.now();
const isDry = process.argv.includes('--stale');
const copies = isDry ? [] : Array.from({ length: atOnce }, copyOfTree);
const faults = staleness();
try {
  if (!isDry) faults.push(...(await soundness()));
  if (faults.length === 0 && !isDry) await sabotage();
} finally {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
}
for (const fault of faults) console.error(fault);
console.log(`${chosen.length} defects, ${faults.length} faults, ${((performance.now() - begun) / 1000).toFixed(0)} s`);
process.exitCode = faults.length > 0 || chosen.length === 0 ? 1 : 0;

function copyOfTree() {
  const copy = mkdtempSync(join(tmpdir(), 'ipsec-ts-sabotage-'));
  for (const name of needed) if (existsSync(name)) cpSync(name, join(copy, name), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'), 'dir');
  return copy;
}

/** Defects that cannot be applied, or are there twice. */
function staleness() {
  return all.flatMap(({ name, file, find, replace, tests }, i) => {
    if (all.findIndex((d) => d.name === name) !== i) return [`stale: ${name}: there are two of this name`];
    if (!existsSync(file)) return [`stale: ${name}: ${file} is not there`];
    const times = readFileSync(file, 'utf8').split(find).length - 1;
    if (times !== 1) return [`stale: ${name}: its text occurs ${times} times in ${file}`];
    return find === replace || tests.length === 0 ? [`stale: ${name}: changes nothing, or names no test`] : [];
  });
}

/** Without a defect the same tests must pass, and each named file must hold some. */
async function soundness() {
  const files = [...new Set(chosen.flatMap(({ tests }) => tests))];
  if (files.length === 0) return [];
  const { passed, failed, ran, hung } = await runTests(copies[0], files, { limit: patienceForAll });
  return [
    ...(failed.length > 0 || passed === 0
      ? [
          `the tree without a defect: ${passed} tests passed; failed: ${failed.join('; ') || (hung ? `to end within ${patienceForAll / 1000} s` : 'to load')}`,
        ]
      : []),
    ...files.filter((file) => !ran.some((path) => path.includes(file))).map((file) => `no test file matches ${file}`),
  ];
}

async function sabotage() {
  const queue = [...chosen];
  await Promise.all(
    copies.map(async (copy) => {
      for (let defect = queue.shift(); defect; defect = queue.shift()) await tryDefect(copy, defect);
    }),
  );
}

async function tryDefect(copy, { name, file, find, replace, tests }) {
  const path = join(copy, file);
  const sound = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    sound.replace(find, () => replace),
  );
  const { failed, hung, unloadable } = await runTests(copy, tests, { more: ['--bail', '1'] });
  writeFileSync(path, sound);
  if (hung) console.log(`caught  ${name}\n        by a test that does not end`);
  else if (failed.length > 0) console.log(`caught  ${name}\n        by ${failed[0]}`);
  else
    faults.push(`MISSED  ${name}${unloadable ? `: the test file could not be loaded (${unloadable}): the defect must be valid code` : ''}`);
}

/** Only a failed test counts: a defect that cannot even be loaded shows nothing. */
async function runTests(copy, files, { more = [], limit = patience }) {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const vitest = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'node',
    '--reporter=json',
    `--outputFile=${report}`,
    ...more,
    ...files,
  ];
  const { status, hung } = await runToEnd(vitest, copy, limit);
  if (!existsSync(report)) return { passed: 0, failed: [], ran: [], hung, unloadable: `vitest ended with ${status}` };
  const { testResults, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
  const assertions = testResults.flatMap((file) => file.assertionResults);
  return {
    passed: numPassedTests,
    failed: assertions.filter((a) => a.status === 'failed').map((a) => a.fullName),
    ran: testResults.map((file) => file.name.replaceAll('\\', '/')),
    unloadable: testResults.find((file) => file.status === 'failed' && file.assertionResults.length === 0)?.message.split('\n')[0],
  };
}

/** A test in an endless loop outlives the process that started it: the whole group is ended. */
function runToEnd(args, cwd, limit) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, stdio: 'ignore', detached: true });
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      process.kill(-child.pid, 'SIGKILL');
    }, limit);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, hung });
    });
  });
}
