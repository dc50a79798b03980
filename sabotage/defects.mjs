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
  {
    name: 'replay-window: the highest number itself stays fresh',
    file: 'src/replay-window.ts',
    find: 'if (seq > top || size === 0) return',
    replace: 'if (seq >= top || size === 0) return',
    tests: ['test/replay-window.test.ts'],
  },
  {
    name: 'replay-window: the right edge moves, the words in between keep their old marks',
    file: 'src/replay-window.ts',
    find: 'for (let i = words, at = seq >>> 5; i > 0; i--, at--) ring[at & mask] = 0;',
    replace: 'if (words > 0) ring[(seq >>> 5) & mask] = 0;',
    tests: ['test/replay-window.test.ts'],
  },
  {
    name: 'replay-window: a window across 2^32 takes the high half of its top for all of it (case B)',
    file: 'src/replay-window.ts',
    find: 'return bottom + ((low - bottom) >>> 0);',
    replace: 'return Math.floor(bottom / subspace) * subspace + low;',
    tests: ['test/replay-window.test.ts'],
  },
  {
    name: 'replay-window: the low half at the lower end of the window counts for the next 2^32',
    file: 'src/replay-window.ts',
    find: 'const bottom = w.top - (w.size === 0 ? maxSize : w.size) + 1;',
    replace: 'const bottom = w.top - (w.size === 0 ? maxSize : w.size) + 2;',
    tests: ['test/replay-window.test.ts'],
  },
  {
    name: 'replay-window: 0 is the number of a packet',
    file: 'src/replay-window.ts',
    find: 'if (seq <= top - size || seq < 1) return false;',
    replace: 'if (seq <= top - size) return false;',
    tests: ['test/replay-window.test.ts'],
  },
  {
    name: 'replay-window: whoever sends forged packets has every one of them verified 16 times',
    file: 'src/replay-window.ts',
    find: 'if (!w.esn || ++w.failures < trigger) return false;',
    replace: 'if (!w.esn) return false;',
    tests: ['test/replay-window.test.ts'],
  },
];
