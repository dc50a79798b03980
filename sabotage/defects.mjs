/**
 * One-line defects that the suite must notice. `npm run sabotage` applies each one alone to a copy of the tree and runs the named
 * test files: at least one test must fail. A defect that no longer applies fails too.
 *
 * Choose the smallest test files that ought to notice, and tests that import from src (the copy is not built).
 *
 * @typedef {object} Defect
 * @property {string} name what somebody could get wrong, in words; unique
 * @property {string} file the file in src
 * @property {string} find text that occurs in it exactly once
 * @property {string} replace what stands there instead
 * @property {readonly string[]} tests test files, as paths or parts of paths
 */

/** @type {readonly Defect[]} */
export const defects = [
  {
    name: 'replay-window: a packet inside the window is fresh although it was marked',
    file: 'src/replay-window.ts',
    find: 'ring[(seq >>> 5) & (ring.length - 1)]! >>> (seq & 31)) & 1) === 0',
    replace: 'ring[(seq >>> 5) & (ring.length - 1)]! >>> (seq & 31)) & 1) >= 0',
    tests: ['test/replay-window.test.ts'],
  },
  {
    name: 'replay-window: the left edge is one packet too far to the left',
    file: 'src/replay-window.ts',
    find: 'if (seq <= top - size || seq < 1) return false;',
    replace: 'if (seq < top - size || seq < 1) return false;',
    tests: ['test/replay-window.test.ts'],
  },
];
