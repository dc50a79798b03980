/** Plays a scenario with pluto. What the guest's kernel says about its SAs decides, and the pings. */
import type { Kernel } from '../linux/kernel.js';
import type { Wire } from './link.js';
import type { Pluto } from './pluto.js';
import { plutoSettings, type Role, type Scenario } from './scenarios.js';
import { innerAddresses, startUs, type Us } from './us.js';

export const nameOf = (s: Scenario, role: Role): string => `${role}: ${s.name}`;

interface Game {
  readonly scenario: Scenario;
  readonly role: Role;
  readonly kernel: Kernel;
  readonly pluto: Pluto;
  readonly wire: Wire;
  readonly secret: string;
}

interface Play extends Game {
  readonly us: Us;
  /** The echo replies so far. */
  readonly echoes: { us: number; them: number; lost: number };
}

export async function playScenario(game: Game): Promise<Play['echoes']> {
  const { scenario, pluto, wire, secret } = game;
  await pluto.add('net', plutoSettings(scenario));
  await pluto.whack(scenario.cookie ? '--ddos-busy' : '--ddos-auto');
  const us = startUs(wire, scenario, secret);
  const play: Play = { ...game, us, echoes: { us: 0, them: 0, lost: 0 } };
  let step = 'up';
  try {
    await bringUp(play);
    await ping(play);
    for (const what of ['child', 'ike'] as const)
      for (const who of ['us', 'them'] as const) {
        step = `${who === 'us' ? 'we rekey' : 'they rekey'} the ${what === 'ike' ? 'IKE SA' : 'Child SA'}`;
        await rekey(play, who, what);
      }
    step = 'deletes';
    await remove(play);
    return play.echoes;
  } catch (e) {
    const message = e instanceof Error ? e.message : String(e);
    throw new Error(`${nameOf(scenario, game.role)}: ${step}: ${message}\n--- us\n${us.log()}\n--- libreswan\n${await pluto.log()}`, {
      cause: e,
    });
  } finally {
    await us.close();
    await game.kernel.run('ip xfrm state flush');
  }
}

async function bringUp(p: Play): Promise<void> {
  if (p.role === 'initiator') {
    const refusal = await p.us.connect();
    must(refusal === '', refusal);
  } else {
    const said = await p.pluto.whack('--initiate --name net');
    must(/established Child SA/.test(said), said);
  }
  await agree(p);
}

/** Echo requests both ways; all must be answered. */
async function ping(p: Play, count = 3): Promise<void> {
  const [us, them] = [await p.us.ping(count), received((await p.kernel.run(pingCommand(p, count))).output)];
  must(us === count && them === count, `${us} of our and ${them} of their ${count} echo requests were answered`);
  p.echoes.us += us;
  p.echoes.them += them;
}

/** Rekeys while echo requests go both ways; none may be lost. */
async function rekey(p: Play, who: 'us' | 'them', what: 'child' | 'ike'): Promise<void> {
  const before = names(p, what);
  const ours = p.us.ping(TRAFFIC);
  const whack = who === 'them' ? p.pluto.command(`--rekey-${what === 'ike' ? 'ike' : 'ipsec'} --name net`) : 'sleep .3';
  const script = p.kernel.run(`${pingCommand(p, TRAFFIC)} >/run/pings & ${whack}; wait; cat /run/pings`);
  if (who === 'us') p.us.rekey(what);
  const [us, { output }] = await Promise.all([ours, script]);
  await agree(p);
  const after = names(p, what);
  must(after !== before, `no other SA: ${before}: ${output}`);
  const them = received(output);
  p.echoes.us += us;
  p.echoes.them += them;
  p.echoes.lost += 2 * TRAFFIC - us - them;
  must(us + them === 2 * TRAFFIC, `${us} of our and ${them} of their ${TRAFFIC} echo requests were answered`);
  await ping(p, 1);
}

/** One end deletes: the initiator in one role, the responder in the other. */
async function remove(p: Play): Promise<void> {
  if (p.role === 'initiator') p.us.remove('ike');
  else await p.pluto.whack('--terminate --name net');
  const gone = await until(async () => p.us.status().ikeSas.length === 0 && (await kernelSpis(p)) === '');
  must(gone, `there is still something: ${JSON.stringify(p.us.status().ikeSas)}; ${await kernelSpis(p)}`);
}

/** The kernel has the SAs that we have, with the properties that the scenario wants, and no others. */
async function agree(p: Play): Promise<void> {
  const { scenario, us } = p;
  const ours = (): string =>
    us
      .status()
      .ikeSas.flatMap((sa) => sa.children)
      .flatMap((c) => [c.spiIn, c.spiOut])
      .map((spi) => `0x${spi.toString(16).padStart(8, '0')}`)
      .sort()
      .join(' ');
  const same = await until(async () => us.status().ikeSas.length === 1 && ours() !== '' && ours() === (await kernelSpis(p)));
  must(same, `we have ${ours()} of ${us.status().ikeSas.length} IKE SAs, the kernel ${await kernelSpis(p)}`);
  const { output } = await p.kernel.run('ip xfrm state');
  const found = {
    protocol: new RegExp(`proto ${scenario.protocol.toLowerCase()} `).test(output),
    mode: output.includes(`mode ${scenario.mode}`),
    esn: /flag .*\besn\b/.test(output),
    udp: output.includes('encap type espinudp'),
  };
  const expected = { protocol: true, mode: true, esn: scenario.esn, udp: scenario.udp };
  must(JSON.stringify(found) === JSON.stringify(expected), `${JSON.stringify(found)} in the kernel: ${output}`);
}

async function kernelSpis(p: Play): Promise<string> {
  const { output } = await p.kernel.run('ip xfrm state');
  return [...output.matchAll(/proto (?:esp|ah) spi (0x[0-9a-f]{8})/g)]
    .map((m) => m[1])
    .sort()
    .join(' ');
}

const TRAFFIC = 10;

function pingCommand({ scenario }: Play, count: number): string {
  const { ours, theirs } = innerAddresses(scenario);
  return `ping -n -c ${count} -i 0.05 -W 1 -I ${theirs} ${ours}`;
}

function received(output: string): number {
  return Number(/(\d+) received/.exec(output)?.[1] ?? 0);
}

/** What tells an SA from its successor. */
function names({ us }: Play, what: 'child' | 'ike'): string {
  return us
    .status()
    .ikeSas.flatMap((sa) => (what === 'ike' ? [sa.spiI] : sa.children.map((c) => String(c.spiIn))))
    .sort()
    .join(' ');
}

async function until(ask: () => Promise<boolean>, milliseconds = 8000): Promise<boolean> {
  const last = Date.now() + milliseconds;
  for (;;) {
    if (await ask()) return true;
    if (Date.now() > last) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function must(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
