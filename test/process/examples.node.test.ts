import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../examples/', import.meta.url);
const examples = readdirSync(folder).filter((name) => name.endsWith('.mjs') && name !== 'check.mjs');

describe('examples (on what `npm run build` made)', () => {
  it('are there', () => {
    expect(examples).toEqual(['gateway-to-gateway.mjs', 'ospfv3.mjs', 'router-advertisements.mjs']);
  });
  for (const name of examples) {
    it(`${name} claims nothing that is not so`, async () => {
      const { code, out } = await run(new URL(name, folder).pathname);
      expect(out).toMatch(/all of it is so\n$/);
      expect(code).toBe(0);
    });
  }
});

function run(path: string): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [path], (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, out: stdout + stderr });
    });
  });
}
