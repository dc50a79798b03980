/** vpnc, a client for Cisco's gateways with ESP of its own in userspace: IKEv1 in aggressive mode, XAUTH, Mode Config. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, type Lab, type Namespace, until } from '../strongswan/lab.js';

/** Lines of vpnc.conf: what stands before the value, and the value; true: nothing but the word. */
export type VpncSettings = Readonly<Record<string, string | true>>;

export interface Vpnc {
  /** The address that it was given. */
  readonly address: string;
  /** What its script was told. */
  readonly environment: Readonly<Record<string, string>>;
  /** Counts the replies. */
  ping(to: string, count: number): Promise<number>;
  log(): string;
  /** Ends it; it deletes what it has. */
  stop(): Promise<void>;
}

/** Starts it, and waits until its tunnel is up. @param net what goes through the tunnel. @throws with its output when it does not come up. */
export async function startVpnc(lab: Lab, namespace: Namespace, settings: VpncSettings, net: string): Promise<Vpnc> {
  const file = (name: string): string => join(lab.folder, name);
  const [script, told, config] = [file('vpnc-script.sh'), file('vpnc.env'), file('vpnc.conf')];
  writeFileSync(
    script,
    `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
[ "$reason" = connect ] || exit 0
ip addr add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"
ip link set "$TUNDEV" mtu 1400 up
ip route add ${net} dev "$TUNDEV"
env >${told}.part
mv ${told}.part ${told}
`,
  );
  chmodSync(script, 0o755);
  const all: VpncSettings = { ...settings, Script: script, Pidfile: file('vpnc.pid'), 'No Detach': true, Noninteractive: true, Debug: '2' };
  writeFileSync(
    config,
    Object.entries(all)
      .map(([name, value]) => `${name}${value === true ? '' : ` ${value}`}\n`)
      .join(''),
  );
  const child = namespace.start(['stdbuf', '-oL', 'vpnc', config]);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (d: Buffer) => (log += d.toString()));
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const ready = await until(() => (existsSync(told) || ended() ? true : undefined), 15_000);
  if (ready === undefined || !existsSync(told)) {
    await end(child);
    throw new Error(`vpnc did not come up: ${log}`);
  }
  const environment = Object.fromEntries(
    readFileSync(told, 'utf8')
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const address = environment['INTERNAL_IP4_ADDRESS'] ?? '';
  return {
    address,
    environment,
    ping: async (to, count) => {
      const lines = `for i in $(seq ${count}); do ping -n -c 1 -W 1 -I ${address} ${to}; sleep .04; done`;
      const { out } = await namespace.run(['sh', '-c', lines]);
      return out.split(' 1 received').length - 1;
    },
    log: () => log,
    stop: () => end(child),
  };
}
