import { expect, inject, test } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where `npm run test:...` means to run: node, deno, bun, chromium. */
    platform: string;
  }
}

function platformHere(): string {
  if ('Deno' in globalThis) return 'deno';
  if ('Bun' in globalThis) return 'bun';
  if ('document' in globalThis) return 'chromium';
  return 'node';
}

test('the suite runs on the platform that it reports', () => {
  expect(platformHere()).toBe(inject('platform'));
});
