/** The examples of docs/examples, each end with strongSwan at the other: their files as they stand there, at the addresses that stand there. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStrongSwan } from './charon.js';
import { startHost } from './host-side.js';
import { createLab } from './lab.js';
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
export async function playExample({ name, ends, we }: Example, host: string): Promise<{ readonly us: number; readonly them: number }> {
  const lab = await createLab();
  const running: Side[] = [];
  try {
    const folder = join(lab.folder, 'example');
    cpSync(name.split(',')[0]!, folder, { recursive: true });
    execFileSync('sh', ['pki.sh'], { cwd: folder, stdio: 'ignore' });
    const [own, other] = [ends[we], ends[we === 0 ? 1 : 0]];
    const [here, there] = [await lab.namespace('us'), await lab.namespace('them')];
    await lab.link(here, `${own.address}/24`, there, `${other.address}/24`);
    if (other.names.child !== 'office' || we === 0) await there.sh(`ip addr add ${other.inner}/32 dev lo`);
    mkdirSync(join(lab.folder, 'them', 'swanctl'), { recursive: true });
    const secrets = 'swanctl-secrets.conf';
    if (ends === traveller) copyFileSync(join(folder, secrets), join(lab.folder, 'them', 'swanctl', secrets));
    const config = readFileSync(join(folder, other.theirs), 'utf8');
    const daemon = await startStrongSwan({ lab, namespace: there, config, files: { folder, names: [other.files] } });
    const them = charonSide(daemon, there, { inner: other.inner, peerInner: own.inner }, other.names);
    running.push(them);
    const us = await startHost(here, { inner: own.inner, peerInner: other.inner }, host, join(folder, own.ours));
    running.push(us);
    const refusal = await (we === 0 ? us : them).initiate();
    if (refusal !== '') throw new Error(`not up: ${refusal}`);
    const answered = async (side: Side): Promise<number> => Math.max(await side.ping(3), await side.ping(3));
    return { us: await answered(us), them: await answered(them) };
  } catch (e) {
    throw new Error(`${name}: ${String(e)}\n${running.map((side) => side.log().split('\n').slice(-60).join('\n')).join('\n---\n')}`, {
      cause: e,
    });
  } finally {
    await Promise.all(running.map((side) => side.stop()));
    await lab.close();
  }
}
