import { describe, expect, it } from 'vitest';
import { nodeKeyExchangeRows, nodeLegacyKeyExchangeRows } from '../../src/node/suite-ike.js';
import { keyExchangeRows } from '../../src/suite/dh.js';
import { legacyKeyExchangeRows } from '../../src/suite/dh-legacy.js';
import { chance, describeKeyExchange } from './dh-cases.js';

const noble = [...keyExchangeRows, ...legacyKeyExchangeRows];
const node = [...nodeKeyExchangeRows, ...nodeLegacyKeyExchangeRows];

describeKeyExchange(node);

describe('the two engines', () => {
  it('offer the same rows in the same order', () => {
    const facts = (rows: typeof noble): unknown[] => rows.map((row) => ({ ...row, engine: '', generate: null, from: null }));
    expect(facts(node)).toEqual(facts(noble));
    expect(new Set(node.map((row) => row.engine))).toEqual(new Set(['node']));
    expect(new Set(noble.map((row) => row.engine))).toEqual(new Set(['noble']));
  });

  it.each(noble.map((row, i) => [row.shortName, row, node[i]!] as const))('agree on %s, also on what they make of chance', (_, a, b) => {
    const [ours, theirs] = [a.generate(chance(11)), b.generate(chance(11))];
    expect(theirs.publicValue).toEqual(ours.publicValue);
    const peer = b.generate(chance(12)).publicValue;
    expect(theirs.shared(peer)).toEqual(ours.shared(peer));
  });

  it('MODP: exchanges of one group do not disturb each other', () => {
    const row = node.find((candidate) => candidate.id === 14)!;
    const [a, b, c] = [1, 2, 3].map((seed) => row.generate(chance(seed)));
    const secret = a!.shared(b!.publicValue);
    c!.shared(a!.publicValue);
    c!.destroy();
    expect(b!.shared(a!.publicValue)).toEqual(secret);
    expect(a!.shared(b!.publicValue)).toEqual(secret);
  });
});
