/** strongSwan's charon in a namespace, with its ESP in userspace (kernel-libipsec), steered through swanctl. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, type Lab, type Namespace, type Outcome, until } from './lab.js';
import { formatSection, parseRaw, type Raw, type Section } from './swanctl.js';

export interface StrongSwan {
  swanctl(...words: readonly string[]): Promise<Outcome>;
  /** The IKE SAs as `--list-sas --raw` has them, each with `child-sas`. */
  sas(): Promise<Raw[]>;
  log(): string;
  /** Ends it; it sends DELETE for what it has. */
  stop(): Promise<void>;
  /** Holds it still (a dead peer) and lets it go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
}

export interface StrongSwanOptions {
  readonly lab: Lab;
  readonly namespace: Namespace;
  /** swanctl.conf. */
  readonly config: Section;
  /** Further settings of the section `charon` of strongswan.conf. */
  readonly charon?: Section | undefined;
}

/** What Debian's packages put into the path. */
export const strongSwanCommands = ['charon-systemd', 'swanctl', 'ip', 'nsenter', 'unshare', 'setpriv', 'ping', 'nft'];

const plugins =
  'random nonce openssl aes sha1 sha2 md5 hmac kdf drbg xcbc cmac ccm gcm ctr chapoly curve25519 gmp pem pkcs1 pkcs8 x509 pubkey constraints ' +
  'socket-default kernel-libipsec kernel-netlink vici updown attr';

export async function startStrongSwan({ lab, namespace, config, charon = {} }: StrongSwanOptions): Promise<StrongSwan> {
  const folder = join(lab.folder, namespace.name);
  mkdirSync(join(folder, 'swanctl'), { recursive: true });
  const socket = join(folder, 'vici');
  const logFile = join(folder, 'charon.log');
  const settings: Section = {
    charon: {
      load: plugins,
      filelog: { main: { path: logFile, flush_line: true, default: 1, ike: 2, cfg: 2, enc: 1, net: 1, knl: 1, esp: 1 } },
      retransmit_timeout: 1,
      retransmit_tries: 3,
      ...charon,
      plugins: {
        vici: { socket: `unix://${socket}` },
        // its own packets bear the mark and so do not go into its TUN device again
        'kernel-netlink': { fwmark: '!0x42' },
        'socket-default': { fwmark: '0x42', use_ipv6: false },
        'kernel-libipsec': { allow_peer_ts: true },
      },
    },
    swanctl: { load: 'random' },
  };
  writeFileSync(join(folder, 'strongswan.conf'), formatSection(settings));
  writeFileSync(join(folder, 'swanctl', 'swanctl.conf'), formatSection(config));
  const environment = { STRONGSWAN_CONF: join(folder, 'strongswan.conf'), SWANCTL_DIR: join(folder, 'swanctl') };

  const child = namespace.start(['charon-systemd'], environment);
  let output = '';
  child.stdout?.on('data', (d: Buffer) => (output += d.toString()));
  child.stderr?.on('data', (d: Buffer) => (output += d.toString()));
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : output);
  const swanctl: StrongSwan['swanctl'] = (...words) => namespace.run(['swanctl', ...words, '--uri', `unix://${socket}`], environment);
  const ready = await until(() => (existsSync(socket) || child.exitCode !== null ? true : undefined));
  if (ready === undefined || child.exitCode !== null) throw new Error(`charon did not come up: ${output}${log()}`);
  const loaded = await until(async () => {
    const outcome = await swanctl('--load-all', '--noprompt');
    return outcome.err.includes('Connection refused') ? undefined : outcome; // the socket is there a little before it listens
  });
  if (loaded?.code !== 0 || loaded.out.includes('failed')) throw new Error(`swanctl --load-all: ${loaded?.out}${loaded?.err}\n${log()}`);
  return {
    swanctl,
    sas: async () =>
      parseRaw((await swanctl('--list-sas', '--raw')).out).flatMap((m) =>
        Object.values(m).filter((v): v is Raw => typeof v === 'object' && 'state' in v),
      ),
    log,
    stop: () => end(child),
    signal: (name) => child.kill(name),
  };
}
