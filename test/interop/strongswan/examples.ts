/** The examples of docs/examples, each end with strongSwan at the other: their files as they stand there, at the addresses that stand there. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStrongSwan } from './charon.js';
import { startHost } from './host-side.js';
import { createLab, end, type Namespace, until } from './lab.js';
import { charonSide, type Side } from './side.js';
import type { Files } from './ways.js';

/** One end of an example. */
interface End {
  /** Our configuration, and strongSwan's. */
  readonly ours: string;
  readonly theirs: string;
  readonly address: string;
  /** From where it pings. */
  readonly inner: string;
  /** What strongSwan calls its connection and its child. */
  readonly names: { readonly ike: string; readonly child: string };
  /** Where strongSwan has its files. */
  readonly files: Files;
}

/** An example: whoever is at our end, the first end begins. */
export interface Example {
  readonly name: string;
  readonly ends: readonly [first: End, second: End];
  /** Which of them we are. */
  readonly we: 0 | 1;
}

function gateway(own: 'a' | 'b', other: 'a' | 'b', n: 1 | 2): End {
  return {
    ours: `gw-${own}.json`,
    theirs: `swanctl-gw-${own}.conf`,
    address: `192.0.2.${n}`,
    inner: `10.${n}.0.1`,
    names: { ike: `gw-${other}`, child: 'net' },
    files: { x509: [`gw-${own}.pem`], private: [`gw-${own}.key`], x509ca: ['ca.pem'] },
  };
}

const gateways = [gateway('a', 'b', 1), gateway('b', 'a', 2)] as const;
const traveller: Example['ends'] = [
  {
    ours: 'client.json',
    theirs: 'swanctl-client.conf',
    address: '192.0.2.2',
    inner: '10.77.0.1',
    names: { ike: 'office', child: 'office' },
    files: { x509ca: ['ca.pem'] },
  },
  {
    ours: 'gateway.json',
    theirs: 'swanctl-gateway.conf',
    address: '192.0.2.1',
    inner: '10.2.0.1',
    names: { ike: 'users', child: 'office' },
    files: { x509: ['gateway.pem'], private: ['gateway.key'], x509ca: ['ca.pem'] },
  },
];

export const examples: readonly Example[] = ([0, 1] as const).flatMap((we) => [
  { name: 'docs/examples/road-warrior', ends: traveller, we },
  { name: 'docs/examples/gateway-to-gateway', ends: gateways, we },
  { name: 'docs/examples/gateway-to-gateway, the other begins', ends: [gateways[1], gateways[0]], we },
]);

/** Plays it. @param host the file of a host of ours. @returns how many pings of each end were answered. */
export async function playExample(example: Example, host: string): Promise<{ readonly us: number; readonly them: number }> {
  const { ends, we } = example;
  const [own, other] = [ends[we], ends[we === 0 ? 1 : 0]];
  return await withStrongSwan(example, async ({ folder, here, them, running }) => {
    const us = await startHost(here, { inner: own.inner, peerInner: other.inner }, host, join(folder, own.ours));
    running.push(us);
    const refusal = await (we === 0 ? us : them).initiate();
    if (refusal !== '') throw new Error(`not up: ${refusal}`);
    const answered = async (side: Side): Promise<number> => Math.max(await side.ping(3), await side.ping(3));
    return { us: await answered(us), them: await answered(them) };
  });
}

/** The road warrior once more, and our end is the command line without a configuration. */
export const commands: readonly Example[] = ([0, 1] as const).map((we) => ({
  name: `docs/examples/road-warrior, ipsec-ts ${we === 0 ? 'connect' : 'serve'}`,
  ends: traveller,
  we,
}));

/** @param cli the file of the command. */
export async function playCommand(example: Example, cli: string): Promise<{ readonly us: number; readonly them: number }> {
  return await withStrongSwan(example, async ({ folder, here, them }) => {
    const file = (name: string): string => join(folder, name);
    if (example.we === 0) {
      const login = ['--user', 'anna', '--password-file', file('anna.txt'), '--ca', file('ca.pem'), '--gateway-id', 'vpn.example.com'];
      const pings = ['--to', '10.2.0.0/16', '--ping', '10.2.0.1', '--count', '6', '--interval', '0.1'];
      const { code, out, err } = await here.run([process.execPath, cli, 'connect', '192.0.2.1', ...login, ...pings]);
      const replies = out.split('\n').filter((line) => / bytes from |seq[ =]/.test(line)).length;
      if (code !== 0 || replies === 0) throw new Error(`exit code ${code}: ${err}${out}`);
      return { us: replies, them: 0 };
    }
    const own = ['--cert', file('gateway.pem'), '--key', file('gateway.key'), '--users', file('users.txt')];
    const child = here.start([
      process.execPath,
      cli,
      'serve',
      '192.0.2.1',
      ...own,
      '--pool',
      '10.77.0.1-10.77.0.9',
      '--net',
      '10.2.0.0/16',
    ]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (d: Buffer) => (output += d.toString()));
    await until(() => (output.includes('Ctrl-C ends') || child.exitCode !== null ? true : undefined));
    const refusal = await them.initiate();
    if (refusal !== '') throw new Error(`not up: ${refusal}${output}`);
    const replies = Math.max(await them.ping(3), await them.ping(3));
    await end(child);
    return { us: 0, them: replies };
  });
}

interface Laid {
  /** The files of the example. */
  readonly folder: string;
  readonly here: Namespace;
  readonly them: Side;
  /** What ends with it. */
  readonly running: Side[];
}

async function withStrongSwan<T>({ name, ends, we }: Example, play: (laid: Laid) => Promise<T>): Promise<T> {
  const lab = await createLab();
  const running: Side[] = [];
  try {
    const folder = join(lab.folder, 'example');
    cpSync(name.split(',')[0]!, folder, { recursive: true });
    execFileSync('sh', ['pki.sh'], { cwd: folder, stdio: 'ignore' });
    const [own, other] = [ends[we], ends[we === 0 ? 1 : 0]];
    const [here, there] = [await lab.namespace('us'), await lab.namespace('them')];
    await lab.link(here, `${own.address}/24`, there, `${other.address}/24`);
    const asksAddress = ends === traveller && we === 1;
    if (!asksAddress) await there.sh(`ip addr add ${other.inner}/32 dev lo`);
    mkdirSync(join(lab.folder, 'them', 'swanctl'), { recursive: true });
    const secrets = 'swanctl-secrets.conf';
    if (ends === traveller) copyFileSync(join(folder, secrets), join(lab.folder, 'them', 'swanctl', secrets));
    const config = readFileSync(join(folder, other.theirs), 'utf8');
    const daemon = await startStrongSwan({ lab, namespace: there, config, files: { folder, names: [other.files] } });
    const them = charonSide(daemon, there, { inner: other.inner, peerInner: own.inner }, other.names);
    running.push(them);
    return await play({ folder, here, them, running });
  } catch (e) {
    const logs = running.map((side) => side.log().split('\n').slice(-60).join('\n'));
    throw new Error(`${name}: ${String(e)}\n${logs.join('\n---\n')}`, { cause: e });
  } finally {
    await Promise.all(running.map((side) => side.stop()));
    await lab.close();
  }
}
