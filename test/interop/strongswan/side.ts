/** One end of a tunnel, whoever plays it: charon, or this package. */
import { type StrongSwan, startStrongSwan } from './charon.js';
import type { Lab, Namespace } from './lab.js';
import type { Section } from './swanctl.js';

/** What an end is told. Both ends of a scenario get one; the words for algorithms are strongSwan's. */
export interface Wishes {
  readonly id: string;
  readonly peerId: string;
  readonly psk: string;
  readonly address: string;
  /** Undefined: any. */
  readonly peer: string | undefined;
  readonly ike: string;
  readonly esp: string;
  /** Traffic selectors; `dynamic`: the address that configuration payloads give. */
  readonly localTs: string;
  readonly remoteTs: string;
  /** Whence and whither it pings, and where it answers. */
  readonly inner: string;
  readonly peerInner: string;
  /** The addresses that it hands out. */
  readonly pool?: string | undefined;
  /** It asks for an address. */
  readonly asksAddress?: boolean | undefined;
  /** As responder it always asks for a cookie. */
  readonly cookie?: boolean | undefined;
  /** The largest IKE packet that it sends in one piece, in octets. */
  readonly fragmentSize?: number | undefined;
  /** After so many silent seconds it asks whether the peer lives. */
  readonly livenessSeconds?: number | undefined;
  /** The IKE SA is set up without a Child SA, which then follows in a CREATE_CHILD_SA exchange. */
  readonly childless?: boolean | undefined;
  /** Another kind of Child SA, which waits until somebody wants it. */
  readonly also?: Pick<Wishes, 'localTs' | 'remoteTs' | 'inner' | 'peerInner'> | undefined;
  /** What only charon is told: in the section `charon`, in the connection, in the child. */
  readonly charon?: Section | undefined;
  readonly connection?: Section | undefined;
  readonly child?: Section | undefined;
}

export interface Side {
  /** Brings IKE SA and Child SA up: '' when they are, else why not, with the notification that refused them. */
  initiate(): Promise<string>;
  /** Sends so many echo requests from its inner address, and counts the replies. */
  ping(count: number, between?: Pick<Wishes, 'inner' | 'peerInner'>): Promise<number>;
  rekey(what: 'child' | 'ike' | 'reauthentication'): Promise<void>;
  /** Sends a DELETE. */
  remove(what: 'child' | 'ike'): Promise<void>;
  /** How many IKE SAs it has. */
  ikeSas(): Promise<number>;
  log(): string;
  stop(): Promise<void>;
}

/** charon as an end. */
export interface CharonSide extends Side {
  readonly daemon: StrongSwan;
}

export async function startCharonSide(lab: Lab, namespace: Namespace, wishes: Wishes): Promise<CharonSide> {
  for (const address of [wishes.asksAddress === true ? undefined : wishes.inner, wishes.also?.inner])
    if (address !== undefined) await namespace.sh(`ip addr add ${address}/${address.includes(':') ? 128 : 32} dev lo`);
  const daemon = await startStrongSwan({ lab, namespace, config: swanctlConfig(wishes), charon: charonSettings(wishes) });
  const must = async (...words: string[]): Promise<void> => {
    const { code, out, err } = await daemon.swanctl(...words);
    if (code !== 0) throw new Error(`swanctl ${words.join(' ')}: ${out}${err}`);
  };
  return {
    daemon,
    initiate: async () => {
      const { code, out } = await daemon.swanctl('--initiate', '--child', 'net', '--timeout', '15');
      return code === 0 ? '' : out;
    },
    ping: (count, { inner, peerInner } = wishes) => ping(namespace, inner, peerInner, count),
    rekey: (what) =>
      what === 'child' ? must('--rekey', '--child', 'net') : must('--rekey', '--ike', 'gw', ...(what === 'ike' ? [] : ['--reauth'])),
    remove: (what) => must('--terminate', `--${what}`, what === 'ike' ? 'gw' : 'net', '--timeout', '10'),
    ikeSas: async () => (await daemon.sas()).length,
    log: () => daemon.log(),
    stop: () => daemon.stop(),
  };
}

/** Pings from a namespace: how many replies came. */
async function ping(namespace: Namespace, from: string, to: string, count: number): Promise<number> {
  // One by one: of several, ping waits for the last reply no longer than its interval.
  const script = `for i in $(seq ${count}); do ping -n -c 1 -W 1 -I ${from} ${to}; sleep .04; done`;
  const { out } = await namespace.run(['sh', '-c', script]);
  return out.split(' 1 received').length - 1;
}

function charonSettings(w: Wishes): Section {
  return {
    cookie_threshold: w.cookie === true ? 1 : 0,
    block_threshold: 0,
    ...(w.fragmentSize === undefined ? {} : { fragment_size: w.fragmentSize }),
    ...w.charon,
  };
}

function swanctlConfig(w: Wishes): Section {
  return {
    connections: {
      gw: {
        version: 2,
        local_addrs: w.address,
        remote_addrs: w.peer ?? '%any',
        proposals: w.ike,
        ...(w.asksAddress === true ? { vips: '0.0.0.0' } : {}),
        ...(w.pool === undefined ? {} : { pools: 'inner' }),
        ...(w.childless === true ? { childless: 'force' } : {}),
        ...(w.livenessSeconds === undefined ? {} : { dpd_delay: `${w.livenessSeconds}s` }),
        local: { auth: 'psk', id: w.id },
        remote: { auth: 'psk', id: w.peerId },
        ...w.connection,
        children: {
          net: { local_ts: w.localTs, remote_ts: w.remoteTs, esp_proposals: w.esp, ...w.child },
          ...(w.also === undefined ? {} : { also: { local_ts: w.also.localTs, remote_ts: w.also.remoteTs, esp_proposals: w.esp } }),
        },
      },
    },
    secrets: { 'ike-1': { 'id-1': w.id, 'id-2': w.peerId, secret: `"${w.psk}"` } },
    ...(w.pool === undefined ? {} : { pools: { inner: { addrs: w.pool, dns: '192.0.2.53' } } }),
  };
}
