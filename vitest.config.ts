import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `*.node.test.ts` need Node; every other test also runs on Deno, Bun and in headless Chromium. */
const config: ViteUserConfig = defineConfig({
  test: {
    testTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/cli/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 90 },
    },
    projects: [
      { extends: true, test: { name: 'node', environment: 'node', include: ['test/**/*.test.ts'], exclude: ['test/interop/**'] } },
      { extends: true, test: { name: 'portable', environment: 'node', include: ['test/**/*.test.ts'], exclude: ['test/**/*.node.test.ts', 'test/interop/**'] } },
      { extends: true, test: { name: 'interop', environment: 'node', include: ['test/interop/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 120_000 } },
      {
        extends: true,
        optimizeDeps: { include: ['@fast-check/vitest', 'fast-check', 'fflate'] },
        test: {
          name: 'chromium',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.node.test.ts', 'test/interop/**'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
                args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
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
