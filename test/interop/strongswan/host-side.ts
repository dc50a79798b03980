/** This package as an end: host.ts in a namespace. */
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { Command, Line } from './host.js';
import { hostConfig } from './host-config.js';
import { end, type Lab, type Namespace, until } from './lab.js';
import type { Side, Wishes } from './side.js';

/** Puts a file of this folder, or of another, and all that it imports into one file that Node runs; says where. */
export async function bundle(folder: string, entry: string): Promise<string> {
  const outfile = join(folder, `${basename(entry, '.ts')}.mjs`);
  const entryPoints = [join(import.meta.dirname, entry)];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' });
  return outfile;
}

/** A host of ours, as one file. */
export const bundleHost = (folder: string): Promise<string> => bundle(folder, 'host.ts');

export async function startHostSide(lab: Lab, namespace: Namespace, wishes: Wishes, file: string): Promise<Side> {
  const path = join(lab.folder, 'host.json');
  writeFileSync(path, JSON.stringify(hostConfig(wishes)));
  return await startHost(namespace, wishes, file, path, wishes.auth?.folder);
}

/** @param config the name of its configuration. @param folder of what that names. */
export async function startHost(
  namespace: Namespace,
  ends: Pick<Wishes, 'inner' | 'peerInner'>,
  file: string,
  config: string,
  folder = dirname(config),
): Promise<Side> {
  const child = namespace.start([process.execPath, file, config, folder]);
  let log = '';
  const lines: string[] = [];
  let serial = 0;
  const waiting = new Map<number, (line: Extract<Line, { id: number }>) => void>();
  let ready: true | undefined;
  child.stderr?.on('data', (d: Buffer) => (log += d.toString()));
  createInterface({ input: child.stdout! }).on('line', (text) => {
    log += `${text}\n`;
    const line = JSON.parse(text) as Line;
    if ('id' in line) waiting.get(line.id)?.(line);
    else if (line.event === 'ready') ready = true;
    else if (line.text !== undefined) lines.push(line.text);
  });
  const ended = (): true | undefined => (child.exitCode !== null || child.signalCode !== null ? true : undefined);
  await until(() => ready ?? ended(), 15_000);
  if (ready === undefined) throw new Error(`host.ts did not come up: ${log}`);

  const ask = async (command: Command, milliseconds = 20_000): Promise<Extract<Line, { id: number }>> => {
    const id = ++serial;
    return await new Promise((resolve) => {
      const settle = (line: Extract<Line, { id: number }>): void => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(line);
      };
      const late = { id, error: { code: 'timeout', message: `${command.do}: no answer within ${milliseconds} ms` } };
      const timer = setTimeout(() => {
        settle(late);
      }, milliseconds);
      waiting.set(id, settle);
      child.stdin?.write(`${JSON.stringify({ id, ...command })}\n`);
    });
  };
  const value = async (command: Command): Promise<unknown> => {
    const answer = await ask(command);
    if ('error' in answer) throw new Error(`${command.do}: ${answer.error.code}: ${answer.error.message}`);
    return answer.value;
  };
  return {
    initiate: async () => {
      const answer = await ask({ do: 'initiate' });
      return 'error' in answer ? `${answer.error.code}: ${answer.error.message}` : '';
    },
    ping: async (count, { inner, peerInner } = ends) => (await value({ do: 'ping', from: inner, to: peerInner, count })) as number,
    rekey: async (what) => {
      await value({ do: 'rekey', what });
    },
    remove: async (what) => {
      await value({ do: 'remove', what });
    },
    ikeSas: async (which = 'all') => {
      const { ikeSas } = (await value({ do: 'status' })) as { readonly ikeSas: readonly { readonly state: string }[] };
      return ikeSas.filter(({ state }) => which === 'all' || state === 'ESTABLISHED').length;
    },
    log: () => log,
    lines: () => lines,
    stop: async () => {
      await ask({ do: 'close' }, 3000);
      await end(child);
    },
  };
}
