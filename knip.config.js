import { readFileSync } from 'node:fs';

/** Entries are the files behind `exports` and `bin`: what nobody reaches from there, from a test or from a script is dead. */
const { exports, bin } = JSON.parse(readFileSync('package.json', 'utf8'));
const built = [...Object.values(exports).map((target) => target.default), ...Object.values(bin)];
const faces = built.filter(Boolean).map((path) => path.replace('./dist/', 'src/').replace(/js$/, 'ts'));

export default {
  entry: [...faces, 'scripts/*.mjs', 'bench/*.mjs', 'sabotage/*.mjs', 'test/interop/strongswan/{host,half-open}.ts'],
  project: ['src/**/*.ts', 'test/**/*.ts', 'scripts/**/*.mjs', 'bench/**/*.mjs', 'sabotage/**/*.mjs'],
  ignoreBinaries: ['unshare', 'openssl'],
  tsup: false, // its glob would make every file of src an entry
};
