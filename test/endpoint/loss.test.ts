import { describe, it } from 'vitest';
import { kinds, storm } from './storms.js';

describe('RFC 7296 section 2.1: IKE over a link that loses, repeats, reorders and damages', () => {
  it.each(Array.from({ length: 16 }, (_, i) => i + 1))('ends the same on both sides; seed %i', (seed) => {
    storm('plain', seed);
  });

  it.each(Object.keys(kinds).flatMap((kind) => [21, 22, 24].map((seed) => [kind, seed] as const)))('%s; seed %i', (kind, seed) => {
    storm(kind, seed);
  });
});
