// The closing lines of CI: tests passed and failed per platform, from the reports that scripts/test-on.mjs left, and their sum.
//   node scripts/counts.mjs [what else failed ...]
// The tests that need no Node are the same on Deno, on Bun and in Chromium: a difference counts as a failure.
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';

const portable = ['deno', 'bun', 'chromium'];
const counts = ['interop', 'node', ...portable].map(countsOf);
const sizes = new Set(counts.filter(({ name }) => portable.includes(name)).map(({ passed, failed }) => passed + failed));
const alsoFailed = [...process.argv.slice(2), ...(sizes.size > 1 ? [`${portable.join(', ')} did not run the same tests`] : [])];

for (const what of alsoFailed) console.log(`failed: ${what}`);
for (const { name, passed, failed } of counts) console.log(`${name}: ${passed} passed, ${failed} failed`);
const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
const failures = sum('failed') + alsoFailed.length;
console.log(`${sum('passed')} passed, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;

/** A report that is missing, or a file that could not even be loaded, is a failure of its own. */
function countsOf(name) {
  const report = `.tmp/tests/${name}.json`;
  if (!existsSync(report)) return { name, passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, success } = JSON.parse(readFileSync(report, 'utf8'));
  return { name, passed: numPassedTests, failed: success ? numFailedTests : Math.max(1, numFailedTests) };
}
