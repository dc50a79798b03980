// IKEv1 is a room of its own: whoever deletes it, with the files of other rooms that have it in their names (of captures, of the endpoint, of
// Node), loses a few lines elsewhere, and each of them names it. This does so in a copy of src and lets the compiler say what is missing.
//   npm run without:ikev1
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import process from 'node:process';
import ts from 'typescript';

/** As many lines may break. */
const bound = 16;
const copy = '.tmp/without-ikev1'; // inside the package, so that node_modules is found
const isIkev1 = (name) => name.split('/').some((part) => /^ikev1(?:-|\.ts$|$)/.test(part));
/** No such module, no such export. What an import that is broken leaves unknown further down goes with it, and is not counted. */
const missing = new Set([2305, 2307, 2614]);

rmSync(copy, { recursive: true, force: true });
mkdirSync(copy, { recursive: true });
const names = readdirSync('src', { recursive: true }).map((name) => name.replaceAll('\\', '/'));
const deleted = names.filter((name) => isIkev1(name) && name.endsWith('.ts'));
cpSync('src', copy, { recursive: true, filter: (source) => !isIkev1(source.replaceAll('\\', '/').replace(/^src\/?/, '')) });
const kept = names.filter((name) => name.endsWith('.ts') && !isIkev1(name)).map((name) => `${copy}/${name}`);

const { options } = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.json',
  { noUnusedLocals: false },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: refuse },
);
const program = ts.createProgram(kept, { ...options, noEmit: true, declaration: false, sourceMap: false });
const broken = new Map(
  ts
    .getPreEmitDiagnostics(program)
    .filter(({ code }) => missing.has(code))
    .map((diagnostic) => [placeOf(diagnostic), diagnostic]),
);
rmSync(copy, { recursive: true, force: true });

const faults = [];
if (deleted.length === 0) faults.push('there is no src/ikev1 to delete');
if (broken.size > bound) faults.push(`more than ${bound} lines break`);
for (const [place, { file, start, messageText }] of broken) {
  const line = file === undefined ? '' : lineOf(file, start);
  console.log(`${place}: ${line}`);
  if (!/ikev1/i.test(line)) faults.push(`${place} breaks and does not name ikev1: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}
for (const fault of faults) console.error(fault);
console.log(`${deleted.length} files deleted, ${kept.length} left, ${broken.size} lines break, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

function placeOf({ file, start }) {
  if (file === undefined) return 'tsconfig.json';
  const name = file.fileName.slice(file.fileName.indexOf(copy) + copy.length + 1);
  return `src/${name}:${ts.getLineAndCharacterOfPosition(file, start).line + 1}`;
}

function lineOf(file, start) {
  return file.text.split('\n')[ts.getLineAndCharacterOfPosition(file, start).line].trim();
}

function refuse(diagnostic) {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}
