import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeLegacyPrfRows, nodePrfRows } from '../../src/node/suite-ike.js';
import { prfRows } from '../../src/suite/prf.js';
import { legacyPrfRows } from '../../src/suite/prf-legacy.js';
import { describePrf } from './prf-cases.js';

describePrf([...nodePrfRows, ...nodeLegacyPrfRows]);

describe('the two engines', () => {
  const noble = [...prfRows, ...legacyPrfRows];
  const node = [...nodePrfRows, ...nodeLegacyPrfRows];
  it('offer the same rows in the same order', () => {
    const facts = (rows: typeof noble): unknown[] => rows.map((row) => ({ ...row, engine: '', create: null }));
    expect(facts(node)).toEqual(facts(noble));
    expect(new Set(node.map((row) => row.engine))).toEqual(new Set(['node']));
    expect(new Set(noble.map((row) => row.engine))).toEqual(new Set(['noble']));
  });
  it.each(noble.map((row, i) => [row.name, row, node[i]!] as const))('agree on %s', (_, a, b) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 300 }), (key, text) => {
        expect(b.create(key).compute(text)).toEqual(a.create(key).compute(text));
      }),
      { numRuns: 60 },
    );
  });
});
