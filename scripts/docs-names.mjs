// What README and the pages name has to be there: targets of links with their headings, paths of this repository, subpaths of the package and
// scripts; and the limits in README's table are those of size-limits.json.
//   node scripts/docs-names.mjs
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';

const { exports, scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
const limits = JSON.parse(readFileSync('size-limits.json', 'utf8'));
const pages = [
  ...['README.md', 'SECURITY.md', 'CHANGELOG.md', 'CONTRIBUTING.md'].filter((file) => existsSync(file)),
  ...readdirSync('docs', { recursive: true })
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.md') && !name.startsWith('docs/api/')),
];

const faults = [];
let names = 0;
for (const page of pages) {
  const text = readFileSync(page, 'utf8').replaceAll('\r\n', '\n');
  const prose = text.replace(/^( *)```[\s\S]*?^\1```/gm, '');
  for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) if (!/^[a-z]+:/.test(target)) checkLink(page, target, prose);
  for (const [, path] of prose.matchAll(/`((?:src|test|scripts|vectors|docs|examples|bench|sabotage)\/[\w./*-]+)`/g))
    if (!path.includes('NNNN') && !path.startsWith('docs/api')) check(page, path, existsSync(path.replace(/\/?\*.*$/, '')));
  for (const [, sub] of text.matchAll(/(?<!\/)\bipsec-ts\/([a-z0-9/-]+)/g))
    check(page, `ipsec-ts/${sub}`, exports[`./${sub}`] !== undefined || sub.endsWith('/'));
  for (const [, script] of text.matchAll(/\bnpm run (?:-s |--silent )?([a-z][a-z0-9:-]*)/g))
    check(page, `npm run ${script}`, scripts[script] !== undefined);
}

// every subpath has its row
const readme = readFileSync('README.md', 'utf8');
for (const sub of Object.keys(exports).filter((name) => exports[name].default))
  check('README.md', `row of ipsec-ts${sub.slice(1)}`, readme.includes(`\n| \`ipsec-ts${sub.slice(1)}\` |`));
for (const [, sub = '', size] of readme.matchAll(/^\| `ipsec-ts(\/[^`]+)?` \|.*\| ([\d.]+) KB \|$/gm)) {
  const limit = (limits[`.${sub}`].gzip / 1000).toFixed(1);
  check('README.md', `ipsec-ts${sub} of at most ${size} KB (size-limits.json says ${limit})`, size === limit);
}

for (const fault of faults) console.error(fault);
console.log(`${pages.length} pages, ${names} names, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

function check(page, name, isThere) {
  names++;
  if (!isThere) faults.push(`${page}: there is no ${name}`);
}

function checkLink(page, target, prose) {
  const [path, heading] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(file)) check(page, target, false);
  else if (heading === undefined || !file.endsWith('.md')) check(page, target, true);
  else check(page, target, headingsOf(path === '' ? prose : readFileSync(file, 'utf8')).includes(heading));
}

/** Anchors as GitHub makes them. */
function headingsOf(text) {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
