/** One end of a tunnel, whoever plays it: charon, or this package. */
import { type StrongSwan, startStrongSwan } from './charon.js';
import type { Lab, Namespace } from './lab.js';
import type { Section } from './swanctl.js';
import type { Half } from './ways.js';

/** What an end is told. Both ends of a scenario get one; the words for algorithms are strongSwan's. */
export interface Wishes {
  readonly id: string;
  readonly peerId: string;
  /** Unless `auth` says otherwise. */
  readonly psk: string;
  readonly auth?: Auth | undefined;
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
  /** IKEv1, and how; absent: IKEv2. */
  readonly v1?: Version1 | undefined;
  /** What only charon is told: in the section `charon`, in the connection, in the child. */
  readonly charon?: Section | undefined;
  readonly connection?: Section | undefined;
  readonly child?: Section | undefined;
}

/** What is different with IKEv1. */
export interface Version1 {
  /** Phase 1 in three messages. */
  readonly aggressive?: boolean;
  /** Aggressive mode goes with a pre-shared key. */
  readonly unsafe?: boolean;
  /** The gateway pushes the address, which is not asked for. */
  readonly push?: boolean;
}

/** How an end proves who it is, and what it expects of the other: once, or several times (RFC 4739). */
interface Auth {
  readonly own: readonly Half[];
  readonly peer: readonly Half[];
  /** Where their files are. */
  readonly folder: string;
}

export interface Side {
  /** Brings IKE SA and Child SA up: '' when they are, else why not, with the notification that refused them. */
  initiate(): Promise<string>;
  /** Sends so many echo requests from its inner address, and counts the replies. */
  ping(count: number, between?: Pick<Wishes, 'inner' | 'peerInner'>): Promise<number>;
  rekey(what: 'child' | 'ike' | 'reauthentication'): Promise<void>;
  /** Sends a DELETE. */
  remove(what: 'child' | 'ike'): Promise<void>;
  /** How many IKE SAs it has. Default: all. */
  ikeSas(which?: 'all' | 'established'): Promise<number>;
  log(): string;
  /** What somebody who runs it is shown, line by line. */
  lines(): readonly string[];
  stop(): Promise<void>;
}

/** charon as an end. */
export interface CharonSide extends Side {
  readonly daemon: StrongSwan;
}

export async function startCharonSide(lab: Lab, namespace: Namespace, wishes: Wishes): Promise<CharonSide> {
  for (const address of [wishes.asksAddress === true ? undefined : wishes.inner, wishes.also?.inner])
    if (address !== undefined) await namespace.sh(`ip addr add ${address}/${address.includes(':') ? 128 : 32} dev lo`);
  const daemon = await startStrongSwan({
    ...{ lab, namespace, config: swanctlConfig(wishes), charon: charonSettings(wishes) },
    files: wishes.auth && { folder: wishes.auth.folder, names: [...wishes.auth.own, ...wishes.auth.peer].map(({ files }) => files ?? {}) },
  });
  return charonSide(daemon, namespace, wishes, { ike: 'gw', child: 'net' });
}

/** @param names of the connection and of its child. */
export function charonSide(
  daemon: StrongSwan,
  namespace: Namespace,
  ends: Pick<Wishes, 'inner' | 'peerInner'>,
  names: { readonly ike: string; readonly child: string },
): CharonSide {
  const must = async (...words: string[]): Promise<void> => {
    const { code, out, err } = await daemon.swanctl(...words);
    if (code !== 0) throw new Error(`swanctl ${words.join(' ')}: ${out}${err}`);
  };
  return {
    daemon,
    initiate: async () => {
      const { code, out } = await daemon.swanctl('--initiate', '--child', names.child, '--timeout', '15');
      return code === 0 ? '' : out;
    },
    ping: (count, { inner, peerInner } = ends) => ping(namespace, inner, peerInner, count),
    rekey: (what) =>
      what === 'child'
        ? must('--rekey', '--child', names.child)
        : must('--rekey', '--ike', names.ike, ...(what === 'ike' ? [] : ['--reauth'])),
    remove: (what) => must('--terminate', `--${what}`, names[what], '--timeout', '10'),
    ikeSas: async (which = 'all') => (await daemon.sas()).filter(({ state }) => which === 'all' || state === 'ESTABLISHED').length,
    log: () => daemon.log(),
    lines: () => daemon.log().split('\n'),
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
    ...(w.v1?.unsafe === true ? { i_dont_care_about_security_and_use_aggressive_mode_psk: true } : {}),
    ...w.charon,
  };
}

function swanctlConfig(w: Wishes): Section {
  return {
    connections: {
      gw: {
        version: w.v1 === undefined ? 2 : 1,
        ...(w.v1?.aggressive === true ? { aggressive: true } : {}),
        ...(w.v1?.push === true ? { pull: false } : {}),
        local_addrs: w.address,
        remote_addrs: w.peer ?? '%any',
        proposals: w.ike,
        ...(w.asksAddress === true ? { vips: '0.0.0.0' } : {}),
        ...(w.pool === undefined ? {} : { pools: 'inner' }),
        ...(w.childless === true ? { childless: 'force' } : {}),
        ...(w.livenessSeconds === undefined ? {} : { dpd_delay: `${w.livenessSeconds}s` }),
        ...roundsOf('local', w.auth?.own ?? [{ theirs: { auth: 'psk' } }], w.id),
        ...roundsOf('remote', w.auth?.peer ?? [{ theirs: { auth: 'psk' } }], w.peerId),
        ...w.connection,
        children: {
          net: { local_ts: w.localTs, remote_ts: w.remoteTs, esp_proposals: w.esp, ...w.child },
          ...(w.also === undefined ? {} : { also: { local_ts: w.also.localTs, remote_ts: w.also.remoteTs, esp_proposals: w.esp } }),
        },
      },
    },
    secrets:
      w.auth === undefined
        ? { 'ike-1': { 'id-1': w.id, 'id-2': w.peerId, secret: `"${w.psk}"` } }
        : Object.fromEntries([...w.auth.own, ...w.auth.peer].flatMap(({ secrets }) => Object.entries(secrets ?? {}))),
    ...(w.pool === undefined ? {} : { pools: { inner: { addrs: w.pool, dns: '192.0.2.53' } } }),
  };
}

/** `local` and `remote`, or `local-1`, `local-2`. Anybody is `*` with us. */
function roundsOf(side: 'local' | 'remote', halves: readonly Pick<Half, 'theirs'>[], id: string): Section {
  const name = id === '*' ? '%any' : id;
  const sections = halves.map(({ theirs }, i) => {
    const own = i > 0 && theirs['auth'] === 'xauth' ? theirs : { id: name, ...theirs }; // the name of the user is not that of IKE
    return halves.length === 1 ? [side, own] : [`${side}-${i + 1}`, { round: i + 1, ...own }];
  });
  return Object.fromEntries(sections) as Section;
}
