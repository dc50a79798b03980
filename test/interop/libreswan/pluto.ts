/** libreswan's pluto in the guest, with the guest's kernel for ESP and AH. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Kernel, kernelFolder } from '../linux/kernel.js';

export interface Pluto {
  readonly version: string;
  /** Takes a connection of that name, in the words of ipsec.conf, in the place of all that there were. */
  add(name: string, settings: Readonly<Record<string, string>>): Promise<void>;
  /** What `whack` says; it does not wait for what it sets off. */
  whack(words: string): Promise<string>;
  /** The line of sh that says that to `whack`. */
  command(words: string): string;
  /** The last lines of its log. */
  log(lines?: number): Promise<string>;
}

/** Starts it, or says why not. The guest was booted with port 4500 free for it. */
export async function startPluto(kernel: Kernel, secret: string): Promise<Pluto | string> {
  const unpacked = spawnSync('sh', [join(import.meta.dirname, 'setup.sh'), kernelFolder], { encoding: 'utf8' });
  if (unpacked.status !== 0)
    return `test/interop/libreswan/setup.sh failed (it needs Debian): ${unpacked.stderr.trim().split('\n').at(-1) ?? ''}`;
  const run = async (script: string): Promise<string> => {
    const { code, output } = await kernel.run(script);
    if (code !== 0) throw new Error(`in the guest: ${script}\n${output}`);
    return output;
  };
  const settings = (name: string, words: Readonly<Record<string, string>>): string =>
    `conn ${name}\n${Object.entries(words)
      .map(([key, value]) => `\t${key}=${value}\n`)
      .join('')}`;
  const setup = 'config setup\n\tnssdir=/run/pluto/nss\n\tplutodebug=none\n\tikev1-policy=accept\n';
  await run(`mount -t overlay o -o lowerdir=${kernelFolder}/libreswan/usr:/usr /usr
mount --bind ${kernelFolder}/mod/lib/modules /usr/lib/modules
mkdir -p /run/pluto/nss
certutil -N -d sql:/run/pluto/nss --empty-password
echo ': PSK "${secret}"' >/run/pluto/ipsec.secrets
echo '${setup}' >/run/pluto/ipsec.conf
cd /run/pluto
/usr/libexec/ipsec/pluto --config ipsec.conf --secretsfile /run/pluto/ipsec.secrets --nssdir /run/pluto/nss --rundir /run/pluto --logfile /run/pluto/log --no-dnssec >/dev/null 2>&1 </dev/null
for i in $(seq 200); do [ -S pluto.ctl ] && break; sleep .02; done
${whackCommand} --listen`);
  let present = '';
  return {
    version: (await run('/usr/libexec/ipsec/whack --version')).trim(),
    add: async (name, words) => {
      if (present !== '') await kernel.run(`${whackCommand} --name ${present} --delete`);
      present = name;
      const conf = `${setup}\n${settings(name, { authby: 'secret', leftupdown: '%disabled', auto: 'add', ...words })}`;
      const said = await run(`cat >/run/pluto/ipsec.conf <<'C'\n${conf}\nC
timeout 5 /usr/libexec/ipsec/addconn --ctlsocket /run/pluto/pluto.ctl --config /run/pluto/ipsec.conf ${name} 2>&1; tail -n 3 /run/pluto/log`);
      if (!/added IKEv[12] connection/.test(said)) throw new Error(`addconn ${name}: ${said}`);
    },
    command: (words) => `${whackCommand} ${words}`,
    whack: async (words) => (await kernel.run(`${whackCommand} ${words}`)).output,
    log: async (lines = 40) => (await kernel.run(`tail -n ${lines} /run/pluto/log`)).output,
  };
}

const whackCommand = 'timeout 10 /usr/libexec/ipsec/whack --ctlsocket /run/pluto/pluto.ctl';
