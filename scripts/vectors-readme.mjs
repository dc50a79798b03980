// vectors/README.md: one row a set of vectors, printed from what the sets say of themselves (source, license, count), and a row
// a folder that has a README of its own.   node scripts/vectors-readme.mjs [--check]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const root = 'vectors';
const folders = [];
const sets = [];
const nameless = [];
visit(root);

function visit(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name, 'en'))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (existsSync(join(path, 'README.md'))) folders.push(path);
      else visit(path);
    } else if (entry.name.endsWith('.json')) {
      const { source, license, what, count, cases } = JSON.parse(readFileSync(path, 'utf8'));
      if (!source || !license) nameless.push(path);
      else sets.push([path.slice(root.length + 1), what ?? '', count ?? cases?.length ?? '', source, license]);
    } else if (entry.name !== 'README.md') nameless.push(path);
  }
}

const cell = (text) => String(text).replaceAll('|', '\\|').replace(/\s+/g, ' ');
const title = (folder) => readFileSync(join(folder, 'README.md'), 'utf8').split('\n')[0].replace(/^#\s*/, '');
const page = `# Vectors

Data made by others, and by a real Linux kernel. No result in them was typed in by hand. Facts and test data are used here, no code;
each set keeps its origin and licence in its own members. Printed by \`npm run vectors:write\`.

| folder | what |
|---|---|
${folders.map((f) => `| [${f.slice(root.length + 1)}](${f.slice(root.length + 1)}/README.md) | ${cell(title(f))} |`).join('\n')}

| file | what | cases | source | licence |
|---|---|---:|---|---|
${sets.map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')}
`;

const target = join(root, 'README.md');
if (nameless.length > 0) {
  console.error(`without origin and licence:\n  ${nameless.join('\n  ')}`);
  process.exit(1);
}
if (process.argv.includes('--check')) {
  if (!existsSync(target) || readFileSync(target, 'utf8') !== page) {
    console.error(`${target} is stale: npm run vectors:write`);
    process.exit(1);
  }
} else writeFileSync(target, page);
console.log(`${sets.length} sets, ${folders.length} folders`);
