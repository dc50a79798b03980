/** Network namespaces for daemons that want ports 500 and 4500 and routes of their own. Root, or any user where user namespaces are allowed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Namespace {
  readonly name: string;
  /** Runs a command to its end; at most 20 s. */
  run(command: readonly string[], environment?: Record<string, string>): Promise<Outcome>;
  /** Starts a process that ends with this one at the latest. */
  start(command: readonly string[], environment?: Record<string, string>): ChildProcess;
  /** Runs lines of sh; throws with their output unless they succeed. */
  sh(script: string): Promise<string>;
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Lab {
  /** A folder of its own, which goes with the lab. */
  readonly folder: string;
  namespace(name: string): Promise<Namespace>;
  /** A cable between two namespaces; the devices bear the names of the other ends. */
  link(a: Namespace, addressA: string, b: Namespace, addressB: string): Promise<void>;
  /** Ends the namespaces and every process that was started in them. */
  close(): Promise<void>;
}

/** Why no lab can be had here, or undefined. */
export function missingForLab(commands: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are Linux';
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const absent = commands.filter((c) => spawnSync('sh', ['-c', `command -v ${c}`], { env: { PATH: path } }).status !== 0);
  if (absent.length > 0) return `not installed: ${absent.join(', ')}`;
  const probe = spawnSync('unshare', [...asUser, '-n', 'ip', 'link', 'add', 'left', 'type', 'veth', 'peer', 'name', 'right'], {
    encoding: 'utf8',
  });
  return probe.status === 0 ? undefined : `no network namespace can be made: ${probe.stderr.trim()}`;
}

export async function createLab(): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'ipsec-ts-lab-'));
  const started: ChildProcess[] = [];
  const outer = await hold([...(root ? [] : ['unshare', ...asUser])]);
  const pids = new Map<string, number>();
  started.push(outer);

  const inside = (pid: number | undefined): string[] => ['nsenter', '-t', String(pid), ...(root ? [] : ['-U', '--preserve-credentials'])];
  const namespace = async (name: string): Promise<Namespace> => {
    const holder = await hold([...(root ? [] : inside(outer.pid)), 'unshare', '-n']);
    started.push(holder);
    pids.set(name, holder.pid!);
    const enter = [...inside(holder.pid), '-n'];
    const launch = (command: readonly string[], environment: Record<string, string>): ChildProcess => {
      const [program, ...words] = [...enter, 'setpriv', '--pdeathsig', 'KILL', ...command];
      const child = spawn(program!, words, { env: { ...process.env, PATH, ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
      started.push(child);
      return child;
    };
    const run: Namespace['run'] = async (command, environment = {}) => {
      const child = launch(command, environment);
      child.stdin?.end();
      const text = { out: '', err: '' };
      child.stdout?.on('data', (d: Buffer) => (text.out += d.toString()));
      child.stderr?.on('data', (d: Buffer) => (text.err += d.toString()));
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      const [code] = (await once(child, 'close')) as [number | null];
      clearTimeout(timer);
      started.splice(started.indexOf(child), 1);
      return { code: code ?? 99, ...text };
    };
    const sh: Namespace['sh'] = async (script) => {
      const { code, out, err } = await run(['sh', '-ec', script]);
      if (code !== 0) throw new Error(`${name}: ${script}: ${err}${out}`);
      return out;
    };
    await sh('ip link set lo up');
    return { name, run, sh, start: (command, environment = {}) => launch(command, environment) };
  };

  return {
    folder,
    namespace,
    link: async (a, addressA, b, addressB) => {
      await a.sh(`ip link add ${b.name} type veth peer name ${a.name} netns ${pids.get(b.name)!}`);
      await a.sh(`ip addr add ${addressA} dev ${b.name}; ip link set ${b.name} up`);
      await b.sh(`ip addr add ${addressB} dev ${a.name}; ip link set ${a.name} up`);
    },
    close: async () => {
      await Promise.all(started.reverse().map(end));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks a process to end, and makes it. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = once(child, 'exit');
  child.stdin?.end();
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 4000);
  await closed;
  clearTimeout(timer);
}

/** Waits for something that is asked again and again; undefined when it never comes. */
export async function until<T>(ask: () => T | undefined | Promise<T | undefined>, milliseconds = 10_000): Promise<T | undefined> {
  const last = Date.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || Date.now() > last) return answer;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const root = process.getuid?.() === 0;
const asUser = root ? [] : ['-U', '--map-root-user'];
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** A process that does nothing but keep its namespace; it ends when we do, for its standard input closes then. */
async function hold(prefix: readonly string[]): Promise<ChildProcess> {
  const [program, ...words] = [...prefix, 'sh', '-c', 'echo ready; exec cat'];
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, PATH } });
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`${prefix.join(' ')} failed`);
  child.stdout.resume();
  return child;
}
