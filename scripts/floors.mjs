// Holds the floors of .dependency-cruiser.mjs, and prints the picture of them that docs/architecture.md shows.
//   node scripts/floors.mjs --check     violations, files that stand on no floor, a stale picture
//   node scripts/floors.mjs --print     writes the picture between its two markers
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { roomPattern, rooms } from '../.dependency-cruiser.mjs';

const page = 'docs/architecture.md';
const begin = '<!-- floors: printed by `npm run floors:print` -->';
const end = '<!-- /floors -->';

const { modules, summary } = cruise();
const faults = [
  ...summary.violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}${v.cycle ? ` (${v.cycle.map((c) => c.name).join(' -> ')})` : ''}`),
  ...homeless(),
];
if (process.argv.includes('--print')) writeFileSync(page, withPicture(readFileSync(page, 'utf8')));
else if (readFileSync(page, 'utf8') !== withPicture(readFileSync(page, 'utf8')))
  faults.push(`${page}: the picture of the floors is stale: npm run floors:print`);

for (const fault of faults) console.error(fault);
console.log(`${summary.totalCruised} modules, ${summary.totalDependenciesCruised} imports, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

function cruise() {
  const run = spawnSync('node_modules/.bin/depcruise', ['src', '--config', '.dependency-cruiser.mjs', '--output-type', 'json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (!run.stdout.startsWith('{')) throw new Error(`depcruise: ${run.stderr || run.stdout}`);
  return JSON.parse(run.stdout);
}

function roomOf(file) {
  return rooms.find((room) => new RegExp(roomPattern(room)).test(file));
}

/** A file that belongs to no room would escape every rule. */
function homeless() {
  return readdirSync('src', { recursive: true })
    .map((f) => `src/${f.replaceAll('\\', '/')}`)
    .filter((f) => f.endsWith('.ts') && !roomOf(f))
    .map((f) => `no-floor: ${f} stands in no room of .dependency-cruiser.mjs`);
}

/** Which rooms each room really imports from, read from the modules. */
function importsByRoom() {
  const seen = new Map(rooms.map((room) => [room, new Set()]));
  for (const { source, dependencies } of modules) {
    const room = roomOf(source);
    if (!room) continue;
    for (const { resolved } of dependencies) {
      const other = roomOf(resolved);
      if (other && other !== room) seen.get(room).add(other);
    }
  }
  return seen;
}

function picture() {
  const seen = importsByRoom();
  const rows = [...rooms]
    .map((room, at) => ({ room, at }))
    .sort((a, b) => b.room.floor - a.room.floor || a.at - b.at)
    .map(({ room }) => {
      const imports = rooms.filter((r) => seen.get(room).has(r)).map((r) => r.name);
      const outside = [...(room.packages ?? []), ...(room.node ? ['Node'] : [])].map((p) => `\`${p}\``);
      return `| ${room.floor} | \`${room.name}\` | ${room.holds} | ${[...imports, ...outside].join(', ') || '–'} |`;
    });
  return ['| floor | room | holds | imports |', '|---:|---|---|---|', ...rows].join('\n');
}

function withPicture(text) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page}: the markers ${begin} and ${end} are not there`);
  return `${text.slice(0, from + begin.length)}\n\n${picture()}\n\n${text.slice(to)}`;
}
