const lookup = ['test/spd/lookup.test.ts'];

/** @type {readonly import('./defects.mjs').Defect[]} */
export const defects = [
  {
    name: 'spd: the first box that is found decides, not the first entry',
    file: 'src/spd/classifier.ts',
    find: 'best = searchLeaf(tree,',
    replace: 'if (best === limit) best = searchLeaf(tree,',
    tests: lookup,
  },
  {
    name: 'spd: a range of ports that begins at 0 takes OPAQUE',
    file: 'src/spd/boxes.ts',
    find: 'bounds[at + 2 * width + i] = span.start + 1;',
    replace: 'bounds[at + 2 * width + i] = span.start <= 0 ? 0 : span.start + 1;',
    tests: lookup,
  },
  {
    name: 'spd: the flow cache goes on with what was before a change',
    file: 'src/spd/database.ts',
    find: 'own.generation++;',
    replace: '',
    tests: lookup,
  },
  {
    name: 'spd: a removed entry still decides',
    file: 'src/spd/classifier.ts',
    find: 'dead[rank] !== 1',
    replace: 'dead[rank] !== 2',
    tests: lookup,
  },
  {
    name: 'traffic-selector: a range of ports takes what shows no port',
    file: 'src/traffic-selector/match.ts',
    find: 'if (selector === OPAQUE) return value === OPAQUE;',
    replace: 'if (selector === OPAQUE || value === OPAQUE) return value === OPAQUE;',
    tests: ['test/traffic-selector/selectors.test.ts'],
  },
  {
    name: 'traffic-selector: local and remote are not changed over for what comes in',
    file: 'src/traffic-selector/match.ts',
    find: 'containsAddress(set.local, outbound ? flow.source : flow.destination)',
    replace: 'containsAddress(set.local, flow.source)',
    tests: ['test/traffic-selector/selectors.test.ts'],
  },
];
