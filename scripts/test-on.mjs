// Runs the suite on one platform and leaves its counts in .tmp/tests/PLATFORM.json (scripts/counts.mjs adds them up).
//   node scripts/test-on.mjs node|deno|bun|chromium|interop [vitest arguments]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import process from 'node:process';

const vitest = 'node_modules/vitest/vitest.mjs';
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
const platforms = {
  node: { project: 'node', run: [process.execPath, vitest], more: ['--coverage'] },
  deno: { project: 'portable', run: ['npx', '--yes', 'deno@2.9.6', 'run', '-A', vitest] },
  bun: { project: 'portable', run: ['npx', '--yes', 'bun@1.4.5', '--bun', vitest] },
  chromium: { project: 'chromium', run: [process.execPath, vitest], needs: chromium },
  interop: { project: 'interop', run: [process.execPath, vitest] },
};

const [name, ...rest] = process.argv.slice(2);
const platform = platforms[name];
if (!platform) fail(`which platform? one of ${Object.keys(platforms).join(', ')}`);
if (platform.needs && !existsSync(platform.needs))
  fail(`${platform.needs} is not there: install Chromium (Debian: apt-get install chromium) or name it in CHROMIUM`);

const report = `.tmp/tests/${name}.json`;
rmSync(report, { force: true });
const [command, ...before] = platform.run;
const options = [
  '--project',
  platform.project,
  '--reporter=dot',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...(platform.more ?? []),
];
const run = spawnSync(command, [...before, 'run', ...options, ...rest], {
  stdio: 'inherit',
  env: { ...process.env, TEST_PLATFORM: name === 'interop' ? 'node' : name },
});
if (run.error) fail(`${command}: ${run.error.message}`);
if (!existsSync(report)) fail(`${name}: no report was written (is ${command === 'npx' ? `${before[1]} reachable` : command} there?)`);
const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, 'utf8'));
console.log(`${name}: ${passed} passed, ${failed} failed`);
process.exitCode = run.status === 0 && passed > 0 ? 0 : 1;

function fail(why) {
  console.error(why);
  process.exit(1);
}
