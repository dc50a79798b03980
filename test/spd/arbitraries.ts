import fc from 'fast-check';
import type { SpdEntry } from '../../src/spd.js';
import { parseIdentity } from '../../src/traffic-selector.js';
import { selectorSet } from '../traffic-selector/arbitraries.js';

/** Entries with names, so that it can be seen which one was found. */
export const entry: fc.Arbitrary<SpdEntry> = fc
  .record({
    selectors: fc.array(selectorSet, { minLength: 1, maxLength: 3 }),
    direction: fc.constantFrom('both' as const, 'both' as const, 'in' as const, 'out' as const),
    action: fc.constantFrom('PROTECT' as const, 'BYPASS' as const, 'DISCARD' as const),
    named: fc.constantFrom(false, false, false, true),
  })
  .map(({ action, named, ...rest }): SpdEntry => {
    const base = { ...rest, ...(named && { names: [parseIdentity('peer.example.com')] }) };
    return action === 'PROTECT' ? { ...base, action, processing: [{ protocol: 'ESP', mode: 'tunnel' }] } : { ...base, action };
  });

/** Few entries or many. */
export const entries = fc.oneof(fc.array(entry, { maxLength: 6 }), fc.array(entry, { minLength: 20, maxLength: 80 }));
