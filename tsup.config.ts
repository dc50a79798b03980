import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/**/*.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  bundle: false,
  splitting: false,
  clean: true,
  sourcemap: true,
  dts: false, // tsc writes the declarations: tsconfig.build.json
  silent: true,
});
