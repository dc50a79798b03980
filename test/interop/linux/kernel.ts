/** A Linux kernel as an ordinary process: no root for it, no KVM. Its network card is a UDP socket that carries Ethernet frames. */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
const toGuest = Buffer.from('0200000000aa0200000000bb', 'hex');

export interface Kernel {
  /** Its version. */
  readonly release: string;
  /** Puts one IP packet on the wire towards the guest. */
  send(packet: Uint8Array): void;
  /** Called with every IP packet that the guest sends. */
  onPacket: (packet: Uint8Array) => void;
  /** Runs a bash script as root in the guest. */
  run(script: string): Promise<{ code: number; output: string }>;
  /** Ends the guest. */
  stop(): Promise<void>;
}

/** Where the kernel and its scripts live. */
export const kernelFolder = process.env['IPSEC_KERNEL'] ?? join(homedir(), '.cache', 'ipsec-ts', 'linux-kernel');

/**
 * Boots the kernel, or says why not.
 *
 * @param udp4500 who takes ESP in UDP on port 4500: sockets of the guest's script, or a daemon that is started later.
 */
export async function bootKernel(udp4500: 'guest' | 'daemon' = 'guest'): Promise<Kernel | string> {
  const work = kernelFolder;
  if (process.platform !== 'linux') return 'the Linux kernel as a process runs on Linux alone';
  const set = spawnSync('sh', [join(here, 'setup.sh'), work], { encoding: 'utf8' });
  if (set.status !== 0)
    return `test/interop/linux/setup.sh failed (it needs Debian, apt-get, dpkg-deb and kmod): ${set.stderr.trim().split('\n').at(-1) ?? ''}`;
  // A folder of its own: another kernel of the same user must not take its scripts.
  const live = mkdtempSync(join(work, 'live-'));
  for (const d of ['in', 'out']) mkdirSync(join(live, d));
  const [mine, free] = [await bind(), await bind()];
  const guestPort = free.address().port;
  free.close();
  await once(free, 'close');
  const child = spawn(
    join(work, 'uml/usr/bin/linux.uml'),
    [
      'mem=512M',
      'root=/dev/root',
      'rootfstype=hostfs',
      'rootflags=/',
      'ro',
      'quiet',
      `init=${join(here, 'init.sh')}`,
      'con=null',
      'con0=null,fd:1',
      `uml_dir=${join(work, 'run')}`,
      `KWORK=${work}`,
      `KLIVE=${live}`,
      `KGUEST=${join(here, 'guest.py')}`,
      `KUDP4500=${udp4500}`,
      `eth0=ucast,02:00:00:00:00:aa,127.0.0.1,${guestPort},${mine.address().port}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let log = '';
  child.stdout.on('data', (d: Buffer) => (log += d.toString()));
  child.stderr.on('data', (d: Buffer) => (log += d.toString()));
  child.unref();
  const ready = join(live, 'out/ready');
  if (!(await until(() => existsSync(ready) && readFileSync(ready).length > 0, 60_000))) {
    kill(child.pid);
    return `the kernel did not come up within 60 s: ${log.slice(-300)}`;
  }
  let serial = 0;
  const kernel: Kernel = {
    release: readFileSync(ready, 'utf8'),
    send: (packet) => {
      const type = packet[0]! >>> 4 === 4 ? [0x08, 0x00] : [0x86, 0xdd];
      mine.send(Buffer.concat([toGuest, Buffer.from(type), packet]), guestPort, '127.0.0.1');
    },
    onPacket: () => undefined,
    run: async (script) => {
      const name = `job${++serial}`;
      writeFileSync(join(live, 'in', `${name}.tmp`), script);
      renameSync(join(live, 'in', `${name}.tmp`), join(live, 'in', `${name}.sh`));
      const answer = join(live, 'out', `${name}.txt`);
      if (!(await until(() => existsSync(answer), 40_000))) return { code: 98, output: 'no answer from the guest' };
      const text = readFileSync(answer, 'utf8');
      const line = text.indexOf('\n');
      return { code: Number(text.slice(0, line)), output: text.slice(line + 1) };
    },
    stop: async () => {
      writeFileSync(join(live, 'in/stop'), '');
      const ended = await until(() => child.exitCode !== null || child.signalCode !== null, 10_000);
      if (!ended) kill(child.pid);
      mine.close();
      rmSync(live, { recursive: true, force: true });
    },
  };
  mine.on('message', (frame: Buffer) => {
    const type = frame.readUInt16BE(12);
    if (type === 0x0800 || type === 0x86dd) kernel.onPacket(Uint8Array.from(frame.subarray(14)));
  });
  return kernel;
}

async function bind(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

async function until(done: () => boolean, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    if (done()) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return done();
}
