/** strongSwan's charon in a namespace, with its ESP in userspace (kernel-libipsec), steered through swanctl. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, type Lab, type Namespace, type Outcome, until } from './lab.js';
import { formatSection, parseRaw, type Raw, type Section } from './swanctl.js';
import type { Files } from './ways.js';

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
  readonly config: Section | string;
  /** Further settings of the section `charon` of strongswan.conf. */
  readonly charon?: Section | undefined;
  /** Keys and certificates, and the folder that they are in. */
  readonly files?: { readonly folder: string; readonly names: readonly Files[] } | undefined;
}

/** What Debian's packages put into the path. */
export const strongSwanCommands = ['charon-systemd', 'swanctl', 'ip', 'nsenter', 'unshare', 'setpriv', 'ping', 'nft'];

const plugins =
  'random nonce openssl aes sha1 sha2 md5 hmac kdf drbg xcbc cmac ccm gcm ctr chapoly curve25519 gmp pem pkcs1 pkcs8 x509 pubkey constraints ' +
  'revocation curl socket-default kernel-libipsec kernel-netlink vici updown attr resolve ' +
  'eap-identity eap-md5 eap-mschapv2 eap-gtc eap-tls xauth-generic';

export async function startStrongSwan({ lab, namespace, config, charon = {}, files }: StrongSwanOptions): Promise<StrongSwan> {
  const folder = join(lab.folder, namespace.name);
  mkdirSync(join(folder, 'swanctl'), { recursive: true });
  const socket = join(folder, 'vici');
  const logFile = join(folder, 'charon.log');
  const settings: Section = {
    charon: {
      load: plugins,
      filelog: {
        main: {
          path: logFile,
          flush_line: true,
          time_format: '%T',
          time_add_ms: true,
          default: 1,
          ike: 2,
          cfg: 2,
          enc: 1,
          net: 1,
          knl: 1,
          esp: 1,
        },
      },
      retransmit_timeout: 1,
      retransmit_tries: 3,
      ...charon,
      plugins: {
        vici: { socket: `unix://${socket}` },
        // its own packets bear the mark and so do not go into its TUN device again
        'kernel-netlink': { fwmark: '!0x42' },
        'socket-default': { fwmark: '0x42', use_ipv6: false },
        'kernel-libipsec': { allow_peer_ts: true },
        // names and passwords from swanctl.conf, not those of the machine
        'eap-gtc': { backend: 'generic' },
        resolve: { file: join(folder, 'resolv.conf'), resolvconf: { path: '/nonexistent' } },
      },
    },
    swanctl: { load: 'random openssl pem pkcs1 pkcs8 pubkey x509' },
  };
  writeFileSync(join(folder, 'strongswan.conf'), formatSection(settings));
  writeFileSync(join(folder, 'swanctl', 'swanctl.conf'), typeof config === 'string' ? config : formatSection(config));
  for (const [kind, name] of (files?.names ?? []).flatMap((names) =>
    Object.entries(names).flatMap(([k, list]) => list.map((n) => [k, n] as const)),
  )) {
    mkdirSync(join(folder, 'swanctl', kind), { recursive: true });
    copyFileSync(join(files!.folder, name), join(folder, 'swanctl', kind, name));
  }
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
