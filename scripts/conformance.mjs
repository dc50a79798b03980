// Which requirement of which RFC is shown by which test.
//   node scripts/conformance.mjs extract FOLDER NNNN...   takes the requirements out of FOLDER/rfcNNNN.txt (ids stay)
//   node scripts/conformance.mjs write                    prints the pages docs/conformance/*.md
//   node scripts/conformance.mjs check                    every requirement judged, every named test there, every page fresh
//   node scripts/conformance.mjs open NNNN                lists what is not judged yet
// A judgement, in docs/conformance/judgements/rfcNNNN.json, by id:
//   { "test": "test/esp/open.test.ts::title" } (or a list of such), { "notDone": "why" }, { "notOurs": "why" }
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { extractRequirements } from './conformance/extract.mjs';
import { countsOf, kindOf, overviewOf, pageOf, sentenceOf } from './conformance/page.mjs';
import { titlesOf } from './conformance/titles.mjs';

const root = 'docs/conformance';
const overview = `${root}/README.md`;
const [command = 'check', ...args] = process.argv.slice(2);
const commands = { extract, write, check, open };
if (!Object.hasOwn(commands, command)) throw new Error(`no such command: ${command}; there are ${Object.keys(commands).join(', ')}`);
commands[command](...args);

function extract(folder, ...numbers) {
  mkdirSync(`${root}/requirements`, { recursive: true });
  for (const number of numbers) {
    const text = readFileSync(`${folder}/rfc${number}.txt`, 'utf8');
    const file = `${root}/requirements/rfc${number}.json`;
    const { title, note, requirements: known } = readJson(file, { title: titleOf(text), requirements: [] });
    const requirements = extractRequirements(number, text, known);
    writeJson(file, { number, title, note, requirements });
    console.log(`RFC ${number}: ${requirements.length} requirements`);
  }
}

function write() {
  for (const [file, text] of pages()) writeFileSync(file, text);
}

function check() {
  const faults = [];
  for (const rfc of rfcs()) {
    faults.push(...judgementFaults(rfc));
    console.log(`RFC ${rfc.number}: ${rfc.requirements.length} requirements: ${sentenceOf(countsOf(rfc.requirements, rfc.judgements))}`);
  }
  for (const [file, text] of pages())
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) faults.push(`${file} is stale: npm run conformance:write`);
  for (const fault of faults) console.error(fault);
  console.log(`${faults.length} faults`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

function open(...numbers) {
  for (const { number, requirements, judgements } of rfcs().filter((rfc) => numbers.length === 0 || numbers.includes(rfc.number)))
    for (const r of requirements.filter(({ id }) => !judgements[id])) console.log(`RFC ${number} ${r.id} [${r.keyword}] ${r.text}`);
}

function rfcs() {
  if (!existsSync(`${root}/requirements`)) return [];
  return readdirSync(`${root}/requirements`)
    .sort()
    .map((name) => ({ ...readJson(`${root}/requirements/${name}`), judgements: readJson(`${root}/judgements/${name}`, {}) }));
}

function pages() {
  const list = rfcs();
  return new Map([...list.map((rfc) => [`${root}/rfc${rfc.number}.md`, pageOf(rfc, rfc.judgements)]), [overview, overviewOf(list)]]);
}

function judgementFaults({ number, requirements, judgements }) {
  const ids = new Set(requirements.map(({ id }) => id));
  const missing = requirements.filter(({ id }) => !judgements[id]).map(({ id }) => id);
  return [
    ...(missing.length > 0
      ? [`RFC ${number}: ${missing.length} without a judgement: ${missing.slice(0, 8).join(', ')}${missing.length > 8 ? ', ...' : ''}`]
      : []),
    ...Object.keys(judgements)
      .filter((id) => !ids.has(id))
      .map((id) => `RFC ${number}: ${id} is judged, but is no requirement`),
    ...Object.entries(judgements).flatMap(([id, judgement]) => formFaults(id, judgement)),
  ];
}

function formFaults(id, judgement) {
  const keys = Object.keys(judgement);
  if (keys.length !== 1 || !['test', 'notDone', 'notOurs'].includes(keys[0]) || judgement[keys[0]].length === 0)
    return [`${id}: a judgement is one of test, notDone, notOurs; found ${JSON.stringify(judgement)}`];
  return kindOf(judgement) === 'test' ? [judgement.test].flat().flatMap((test) => testFaults(id, test)) : [];
}

function testFaults(id, test) {
  const [file, title, ...rest] = test.split('::');
  if (!title || rest.length > 0) return [`${id}: expected FILE::TITLE, found ${test}`];
  if (!/(?:\.test|-cases)\.ts$/.test(file) || !existsSync(file)) return [`${id}: ${file} is not there`];
  return titles(file).has(title) ? [] : [`${id}: no test of this title in ${file}: ${title}`];
}

function titles(file) {
  titles.read ??= new Map();
  if (!titles.read.has(file)) titles.read.set(file, titlesOf(file));
  return titles.read.get(file);
}

/** The title stands alone between the heading, which names the authors, and "Status of This Memo" or "Abstract". */
function titleOf(text) {
  const [, front] = text.replaceAll('\r\n', '\n').split(/^Request for Comments: .*$/m);
  const [head] = front.split(/^(?:Status of This Memo|Abstract)$/im);
  return head
    .trim()
    .split(/\n\s*\n/)
    .at(-1)
    .trim()
    .replace(/\s+/g, ' ');
}

function readJson(file, otherwise) {
  return !existsSync(file) && otherwise !== undefined ? otherwise : JSON.parse(readFileSync(file, 'utf8'));
}

function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
