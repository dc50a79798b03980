// Runs the suite on one platform and leaves its counts in .tmp/tests/PLATFORM.json (scripts/counts.mjs adds them up).
//   node scripts/test-on.mjs node|deno|bun|chromium|interop [vitest arguments]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const vitest = 'node_modules/vitest/vitest.mjs';
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
const platforms = {
  node: { project: 'node', run: [process.execPath, vitest], more: ['--coverage'] },
  deno: { project: 'portable', run: ['npx', '--yes', 'deno@2.9.6', 'run', '-A', vitest] },
  bun: { project: 'portable', run: ['npx', '--yes', 'bun@1.4.5', '--bun', vitest] },
  // All files run in one page, which would end by using up its memory: so there are several, one after the other.
  chromium: { project: 'chromium', run: [process.execPath, vitest], needs: chromium, parts: 3 },
  interop: { project: 'interop', run: [process.execPath, vitest] },
};

const [name, ...rest] = process.argv.slice(2);
const platform = platforms[name];
if (!platform) fail(`which platform? one of ${Object.keys(platforms).join(', ')}`);
if (platform.needs && !existsSync(platform.needs))
  fail(`${platform.needs} is not there: install Chromium (Debian: apt-get install chromium) or name it in CHROMIUM`);

const report = `.tmp/tests/${name}.json`;
rmSync(report, { force: true });
const parts = rest.length > 0 ? 1 : (platform.parts ?? 1);
const counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, success: true, testResults: [] };
let ok = true;
for (let part = 1; part <= parts; part++) {
  const one = parts === 1 ? report : `.tmp/tests/${name}-${part}.json`;
  rmSync(one, { force: true });
  ok = runPart(one, parts === 1 ? [] : [`--shard=${part}/${parts}`]) && ok;
  if (!existsSync(one))
    fail(`${name}: no report was written (is ${platform.run[0] === 'npx' ? `${platform.run[2]} reachable` : platform.run[0]} there?)`);
  const counted = JSON.parse(readFileSync(one, 'utf8'));
  for (const key of ['numPassedTests', 'numFailedTests', 'numPendingTests']) counts[key] += counted[key] ?? 0;
  counts.success &&= counted.success;
  counts.testResults.push(...counted.testResults);
  if (parts > 1) rmSync(one);
}
if (parts > 1) writeFileSync(report, JSON.stringify(counts));
const { numPassedTests: passed, numFailedTests: failed } = counts;
console.log(`${name}: ${passed} passed, ${failed} failed`);
process.exitCode = ok && passed > 0 ? 0 : 1;

/** Runs some of the files, or all. */
function runPart(outputFile, shard) {
  const [command, ...before] = platform.run;
  const options = [
    '--project',
    platform.project,
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${outputFile}`,
    ...(platform.more ?? []),
  ];
  const run = spawnSync(command, [...before, 'run', ...options, ...shard, ...rest], {
    stdio: 'inherit',
    env: { ...process.env, TEST_PLATFORM: name === 'interop' ? 'node' : name },
  });
  if (run.error) fail(`${command}: ${run.error.message}`);
  return run.status === 0;
}

function fail(why) {
  console.error(why);
  process.exit(1);
}
