/** Plays a scenario: makes the namespaces, starts both ends, takes the steps. What strongSwan says about its SAs decides, and the pings. */
import { bundle } from './host-side.js';
import { type CharonSide, type Side, startCharonSide, type Wishes } from './side.js';
import { createLab, type Lab, type Namespace, until } from './lab.js';
import type { Raw } from './swanctl.js';

export interface Scenario {
  readonly name: string;
  /** Our role in the first exchange. */
  readonly role: 'initiator' | 'responder';
  /** What both ends propose, in strongSwan's words. */
  readonly ike: string;
  readonly esp: string;
  /** What one end is told beyond that, or otherwise. */
  readonly us?: Partial<Wishes> | undefined;
  readonly them?: Partial<Wishes> | undefined;
  /** Who is behind a NAT. */
  readonly nat?: 'us' | 'them' | undefined;
  /** Whether charon in its userspace way can play our part, too. Default true. */
  readonly standIn?: boolean | undefined;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly name: string;
  readonly take: (play: Play) => Promise<void>;
}

/** What a step may touch. */
export interface Play {
  readonly scenario: Scenario;
  readonly lab: Lab;
  readonly us: Side;
  readonly them: CharonSide;
  readonly first: Side;
  readonly namespaces: { readonly us: Namespace; readonly them: Namespace; readonly nat: Namespace | undefined };
  /** The echo replies so far. */
  readonly echoes: { us: number; them: number; lost: number };
}

/** How our end is started. */
export type StartUs = (lab: Lab, namespace: Namespace, wishes: Wishes) => Promise<Side>;

export async function playScenario(scenario: Scenario, startUs: StartUs): Promise<Play['echoes']> {
  const lab = await createLab();
  const echoes = { us: 0, them: 0, lost: 0 };
  const running: Side[] = [];
  let step = 'the ends are started';
  try {
    const { namespaces, wishes } = await lay(lab, scenario);
    const them = await startCharonSide(lab, namespaces.them, wishes.them);
    running.push(them);
    const us = await startUs(lab, namespaces.us, wishes.us);
    running.unshift(us);
    const play: Play = { scenario, lab, us, them, first: scenario.role === 'initiator' ? us : them, namespaces, echoes };
    for (const s of scenario.steps) {
      step = s.name;
      await s.take(play);
    }
    return echoes;
  } catch (e) {
    const logs = running.map((side, i) => `--- ${i === 0 && running.length > 1 ? 'us' : 'strongSwan'}\n${logOf(side)}`);
    throw new Error(`${scenario.name}: ${step}: ${e instanceof Error ? e.message : String(e)}\n${logs.join('\n')}`, { cause: e });
  } finally {
    await Promise.all(running.map((side) => side.stop()));
    await lab.close();
  }
}

/** What happened at last, without what the steps asked. */
function logOf(side: Side): string {
  return side
    .log()
    .split('\n')
    .filter((line) => !/^{"id":|vici client/.test(line))
    .slice(-60)
    .join('\n');
}

/** Cables and addresses: 192.0.2.1 and 192.0.2.2, or with a NAT 10.9.0.2 behind 192.0.2.1 and in front of it 192.0.2.2. */
async function lay(lab: Lab, s: Scenario): Promise<{ namespaces: Play['namespaces']; wishes: { us: Wishes; them: Wishes } }> {
  const [us, them] = [await lab.namespace('us'), await lab.namespace('them')];
  const nat = s.nat === undefined ? undefined : await lab.namespace('nat');
  const natted = s.nat === 'us' ? us : them;
  const open = natted === us ? them : us;
  if (nat === undefined) await lab.link(us, '192.0.2.1/24', them, '192.0.2.2/24');
  else {
    await lab.link(natted, '10.9.0.2/24', nat, '10.9.0.1/24');
    await lab.link(nat, '192.0.2.1/24', open, '192.0.2.2/24');
    await natted.sh('ip route add default via 10.9.0.1');
    await nat.sh(`echo 1 > /proc/sys/net/ipv4/ip_forward; ${translate(open.name, 20_000)}`);
  }
  const address = (n: Namespace): string =>
    nat === undefined ? (n === us ? '192.0.2.1' : '192.0.2.2') : n === natted ? '10.9.0.2' : '192.0.2.2';
  const common = { psk: 'a secret that both know', ike: s.ike, esp: s.esp };
  const [node, gateway] = [
    { id: 'node.example.org', inner: '10.1.1.1', localTs: '10.1.1.0/24' },
    { id: 'gw.example.org', inner: '10.2.1.1', localTs: '10.2.1.0/24' },
  ];
  const build = (own: typeof node, other: typeof node, n: Namespace, more: Partial<Wishes> | undefined): Wishes => ({
    ...common,
    ...own,
    peerId: other.id,
    peerInner: other.inner,
    remoteTs: other.localTs,
    address: address(n),
    peer: n === open && nat !== undefined ? undefined : address(n === us ? them : us),
    ...more,
  });
  return { namespaces: { us, them, nat }, wishes: { us: build(node, gateway, us, s.us), them: build(gateway, node, them, s.them) } };
}

/** Rules of a NAT that gives every flow another port. */
export function translate(device: string, port: number): string {
  const rule = `oifname "${device}" ip protocol udp masquerade to :${port}-${port + 9999} random`;
  return `nft 'table ip nat { chain post { type nat hook postrouting priority 100; ${rule}; }; }'`;
}

// ---- steps ------------------------------------------------------------------------------------------------------------------

type Who = 'us' | 'them' | 'both';

/** Brings the tunnel up. */
export const up: Step = {
  name: 'up',
  take: async (p) => {
    const refusal = await p.first.initiate();
    must(refusal === '', `not up: ${refusal}`);
    must(await until(async () => ((await installed(p)).length === 1 ? true : undefined)), 'strongSwan has no Child SA');
  },
};

/** Is refused, in the initiator's words. */
export const refused = (notify: string): Step => ({
  name: `refused: ${notify}`,
  take: async (p) => {
    const refusal = await p.first.initiate();
    must(refusal !== '' && refusal.includes(notify), `expected ${notify}, found ${refusal === '' ? 'success' : refusal}`);
    must(await until(async () => ((await installed(p)).length === 0 ? true : undefined), 3000), 'strongSwan has a Child SA');
    // A half-open one of IKEv1 stays as long as it may: nobody could say with authority that it is refused.
    const which = p.scenario.us?.v1 === undefined ? 'all' : 'established';
    const ours = async (): Promise<number> => (await p.us.ikeSas(which)) - (await established(p)).length;
    must(
      await until(async () => ((await ours()) === 0 ? true : undefined), 5000),
      `we have ${await p.us.ikeSas(which)} IKE SAs, they ${(await established(p)).length}`,
    );
  },
});

/** Echo requests both ways. strongSwan's TUN device may lose the first packet of an SA, so what is lost is asked again once. */
export const pings: Step = {
  name: 'pings',
  take: async (p) => {
    for (const [who, side] of [
      ['us', p.us],
      ['them', p.them],
    ] as const) {
      let got = await side.ping(PINGS);
      p.echoes.lost += PINGS - got;
      if (got < PINGS) got = await side.ping(PINGS);
      p.echoes[who] += got;
      must(got === PINGS, `${got} of ${PINGS} echo requests by ${who === 'us' ? 'us' : 'strongSwan'} were answered`);
    }
  },
};

/** Echo requests by them alone, until all of a round are answered. */
export const theyPing: Step = {
  name: 'their pings',
  take: async (p) => {
    const all = await until(async () => {
      const got = await p.them.ping(PINGS);
      p.echoes.them += got;
      p.echoes.lost += PINGS - got;
      return got === PINGS ? true : undefined;
    });
    must(all, 'echo requests by strongSwan were not answered');
  },
};

/** The other Child SA: wanted by a packet of ours, or set up by strongSwan; then echo requests through it both ways. */
export const also = (who: Exclude<Who, 'both'>): Step => ({
  name: `another Child SA, wanted by ${who}`,
  take: async (p) => {
    if (who === 'them') {
      const { code, out } = await p.them.daemon.swanctl('--initiate', '--child', 'also', '--timeout', '15');
      must(code === 0, out);
    }
    for (const [name, side] of [
      ['us', p.us],
      ['them', p.them],
    ] as const) {
      const ask = (): Promise<number> => side.ping(PINGS, p.scenario[name]?.also);
      let got = await ask();
      p.echoes.lost += PINGS - got;
      if (got < PINGS) got = await ask(); // under IKEv1 a first packet may overtake the last message of Quick Mode
      must(got === PINGS, `${got} of ${PINGS} echo requests by ${name} were answered`);
      p.echoes[name] += got;
    }
    must((await installed(p)).length === 2, `strongSwan has not two Child SAs: ${JSON.stringify(await installed(p))}`);
  },
});

/** Rekeys, with echo requests under way in both directions all the while. */
export const rekey = (who: Who, what: 'child' | 'ike' | 'reauthentication'): Step => ({
  name: `${who === 'us' ? 'we rekey' : who === 'them' ? 'they rekey' : 'both rekey'} the ${what === 'child' ? 'Child SA' : `IKE SA (${what})`}`,
  take: async (p) => {
    const list = what === 'child' ? installed : established;
    const before = await list(p);
    const traffic = Promise.all([p.us.ping(TRAFFIC), p.them.ping(TRAFFIC)]);
    const ours = who === 'them' ? undefined : p.us.rekey(what);
    if (who === 'both') await sleep(0.1); // charon looks at our request 400 ms late (receive_delay), and so has sent its own by then
    if (who !== 'us') await p.them.rekey(what);
    await ours;
    const after = await until(async () => {
      const now = await list(p);
      return now.length === 1 && now[0]!.spi !== before[0]!.spi ? now : undefined;
    });
    must(after, `no other ${what} SA: ${JSON.stringify(before)}, then ${JSON.stringify(await list(p))}`);
    if (what === 'child')
      must(
        (after[0]?.group !== undefined) === /-(modp|ecp|x\d|curve)/.test(p.scenario.esp),
        `group of the new Child SA: ${after[0]?.group ?? 'none'}`,
      );
    const [us, them] = await traffic;
    p.echoes.us += us;
    p.echoes.them += them;
    p.echoes.lost += 2 * TRAFFIC - us - them;
    // strongSwan in its userspace way loses a few when the machine is busy: the table says how many, and the pings that follow must all come back.
    must(Math.min(us, them) >= TRAFFIC / 2, `during the rekey ${us} and ${them} of ${TRAFFIC} echo requests were answered`);
  },
});

/** Deletes. */
export const remove = (who: Exclude<Who, 'both'>, what: 'child' | 'ike'): Step => ({
  name: `${who === 'us' ? 'we delete' : 'they delete'} the ${what === 'ike' ? 'IKE SA' : 'Child SA'}`,
  take: async (p) => {
    await p[who].remove(what);
    const gone = async (): Promise<true | undefined> =>
      (await installed(p)).length === 0 && (await established(p)).length === (what === 'ike' ? 0 : 1) ? true : undefined;
    must(await until(gone, 5000), `strongSwan still has it, or lost more: ${JSON.stringify(await p.them.daemon.sas())}`);
    const ours = what === 'ike' ? 0 : 1;
    must(await until(async () => ((await p.us.ikeSas()) === ours ? true : undefined), 5000), `we have ${await p.us.ikeSas()} IKE SAs`);
  },
});

/** strongSwan's log says so. */
export const logged = (pattern: RegExp): Step => ({
  name: `strongSwan logs ${pattern.source}`,
  take: async (p) => {
    must(await until(() => (pattern.test(p.them.log()) ? true : undefined), 5000), 'it does not');
  },
});

/** Our line for people says so. */
export const weLog = (pattern: RegExp): Step => ({
  name: `we log ${pattern.source}`,
  take: async (p) => {
    const said = (): true | undefined => (p.us.lines().some((line) => pattern.test(line)) ? true : undefined);
    must(await until(said, 5000), `we do not: ${p.us.lines().join('\n')}`);
  },
});

/** Waits. */
export const pause = (seconds: number): Step => ({
  name: `${seconds} s later`,
  take: () => sleep(seconds),
});

/** The peer dies without a word: we notice. */
export const theyDie: Step = {
  name: 'they fall silent, and we notice',
  take: async (p) => {
    p.them.daemon.signal('SIGKILL');
    must(await until(async () => ((await p.us.ikeSas()) === 0 ? true : undefined), 20_000), 'we still hold the IKE SA');
  },
};

/** The NAT forgets its flows, and gives them other ports. The time that a flow is remembered is set by its last packet. */
export const natForgets: Step = {
  name: 'the NAT gives other ports',
  take: async (p) => {
    const timeouts = (s: number): string =>
      `cd /proc/sys/net/netfilter; echo ${s} > nf_conntrack_udp_timeout; echo ${s} > nf_conntrack_udp_timeout_stream`;
    await p.namespaces.nat!.sh(timeouts(1));
    await p.them.ping(1);
    await sleep(2.5);
    await p.namespaces.nat!.sh(`${timeouts(120)}; nft flush ruleset; ${translate(p.scenario.nat === 'us' ? 'them' : 'us', 40_000)}`);
    const flows = await p.namespaces.nat!.sh('cat /proc/net/nf_conntrack');
    must(!/src=10\.9\.0\.2.*dport=4500/.test(flows), `the NAT remembers: ${flows}`);
  },
};

/** Every third packet of IKE is lost on its way in, at both ends; and then no longer. */
export const lossy: readonly [begins: Step, ends: Step] = [
  {
    name: 'every third packet is lost',
    take: async ({ namespaces: { us, them } }) => {
      const drop = 'numgen inc mod 3 == 0 drop';
      const rules = `udp dport 500 ${drop}; udp dport 4500 @th,64,32 0 ${drop}`; // behind a Non-ESP Marker
      for (const n of [us, them]) await n.sh(`nft 'table ip loss { chain in { type filter hook input priority 0; ${rules}; }; }'`);
    },
  },
  {
    name: 'no packet is lost any more',
    take: async ({ namespaces: { us, them } }) => {
      for (const n of [us, them]) await n.sh('nft delete table ip loss');
    },
  },
];

/** Leaves half-open IKE SAs at the responder, so that the next initiator has to show a cookie. */
export const halfOpen: Step = {
  name: 'half-open IKE SAs',
  take: async (p) => {
    const [from, to] = p.first === p.us ? (['us', '192.0.2.2'] as const) : (['them', '192.0.2.1'] as const);
    const { code, err } = await p.namespaces[from].run([process.execPath, await bundle(p.lab.folder, 'half-open.ts'), to, '3']);
    must(code === 0, `half-open.ts: ${err}`);
  },
};

const sleep = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const PINGS = 3;
const TRAFFIC = 12;

interface Known {
  readonly spi: string;
  readonly group?: string | undefined;
}

async function established(p: Play): Promise<Known[]> {
  return (await p.them.daemon.sas()).filter((sa) => sa['state'] === 'ESTABLISHED').map((sa) => ({ spi: sa['initiator-spi'] as string }));
}

async function installed(p: Play): Promise<Known[]> {
  const children = (await p.them.daemon.sas()).flatMap((sa) => Object.values((sa['child-sas'] ?? {}) as Raw) as Raw[]);
  return children
    .filter((c) => c['state'] === 'INSTALLED')
    .map((c) => ({ spi: c['spi-in'] as string, group: c['dh-group'] as string | undefined }));
}

function must(condition: unknown, message: string): asserts condition {
  if (condition === false || condition === undefined) throw new Error(message);
}
