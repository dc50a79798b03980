import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const needsNode = 'test/**/*.node.test.ts';
const interop = 'test/interop/**';

/** `*.node.test.ts` need Node; every other test also runs on Deno, on Bun and in headless Chromium. */
const config: ViteUserConfig = defineConfig({
  test: {
    testTimeout: 60_000,
    provide: { platform: process.env['TEST_PLATFORM'] ?? 'node' },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/cli/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 90 },
    },
    projects: [
      { extends: true, test: { name: 'node', environment: 'node', include: ['test/**/*.test.ts'], exclude: [interop] } },
      { extends: true, test: { name: 'portable', environment: 'node', include: ['test/**/*.test.ts'], exclude: [needsNode, interop] } },
      {
        extends: true,
        test: {
          name: 'interop',
          environment: 'node',
          include: [`${interop}/*.test.ts`],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // Daemons and kernels live by the clock of a machine that others use too; what was played twice is marked in the output.
          retry: 1,
        },
      },
      {
        extends: true,
        optimizeDeps: {
          include: [
            '@fast-check/vitest',
            'fast-check',
            'asn1js',
            'fflate',
            'pkijs',
            '@noble/ciphers/aes.js',
            '@noble/ciphers/chacha.js',
            '@noble/curves/abstract/modular.js',
            '@noble/curves/abstract/weierstrass.js',
            '@noble/curves/ed25519.js',
            '@noble/curves/ed448.js',
            '@noble/curves/misc.js',
            '@noble/curves/nist.js',
            '@noble/curves/utils.js',
            '@noble/hashes/legacy.js',
            '@noble/hashes/sha2.js',
            '@noble/hashes/utils.js',
          ],
        },
        test: {
          name: 'chromium',
          provide: { platform: 'chromium' },
          include: ['test/**/*.test.ts'],
          exclude: [needsNode, interop],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
                args: [
                  '--no-sandbox',
                  '--disable-gpu',
                  '--disable-dev-shm-usage',
                  '--disable-background-networking',
                  '--disable-component-update',
                  '--disable-sync',
                  '--no-first-run',
                ],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
export default config;
