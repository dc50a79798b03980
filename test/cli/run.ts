/** Runs the built command as a child process. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface How {
  readonly input?: Uint8Array | string;
  readonly cwd?: string;
  /** The package to run: default this one. */
  readonly root?: string;
  /** Closes standard output after its first piece, as `head` does. */
  readonly headOnly?: boolean;
}

/** `ipsec-ts ARGS`. */
export function ipsec(args: readonly string[], how: How = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const main = join(how.root ?? process.cwd(), 'dist/cli/main.js');
    const child = spawn(process.execPath, [main, ...args], { cwd: how.cwd ?? process.cwd(), stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    child.stdout.on('data', (chunk: Uint8Array) => {
      out.push(chunk);
      if (how.headOnly === true) child.stdout.destroy();
    });
    child.stderr.on('data', (chunk: Uint8Array) => err.push(chunk));
    child.stdin.on('error', () => undefined); // it may end before it has read everything
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout: textOf(out), stderr: textOf(err) });
    });
    child.stdin.end(how.input ?? '');
  });
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
}

export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'ipsec-ts-test-'));
}

/** A copy of the built package with the packages named and no others. */
export function installedWith(...packages: readonly string[]): string {
  const root = folder();
  for (const name of ['dist', 'package.json', 'vectors/demo']) cpSync(name, join(root, name), { recursive: true });
  for (const name of packages) {
    const place = join(root, 'node_modules', name);
    mkdirSync(join(place, '..'), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules', name), place, 'junction');
  }
  return root;
}
