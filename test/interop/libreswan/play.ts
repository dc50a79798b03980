/** Plays a scenario with pluto. What the guest's kernel says about its SAs decides, and the pings. */
import type { Kernel } from '../linux/kernel.js';
import type { Wire } from './link.js';
import type { Pluto } from './pluto.js';
import { addressesOf, plutoSettings, type Role, type Scenario } from './scenarios.js';
import { startUs, type Us } from './us.js';

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
  /** Pairs that pluto has replaced and could not delete. */
  readonly left: { pairs: number };
}

export async function playScenario(game: Game): Promise<Play['echoes']> {
  const { scenario, pluto, wire, secret } = game;
  await pluto.add('net', plutoSettings(scenario));
  await pluto.whack(scenario.cookie ? '--ddos-busy' : '--ddos-auto');
  wire.shortest.in = wire.shortest.out = Infinity;
  const us = startUs(wire, scenario, secret);
  const play: Play = { ...game, us, echoes: { us: 0, them: 0, lost: 0 }, left: { pairs: 0 } };
  let step = 'up';
  try {
    await bringUp(play);
    await ping(play);
    for (const [who, what] of rekeysOf(game)) {
      step = `${who === 'us' ? 'we rekey' : 'they rekey'} the ${what === 'ike' ? 'IKE SA' : 'Child SA'}`;
      await rekey(play, who, what);
    }
    step = 'pings at last';
    await ping(play);
    step = 'what was on the wire';
    checkLengths(play);
    step = 'deletes';
    await remove(play);
    return play.echoes;
  } catch (e) {
    const message = e instanceof Error ? e.message : String(e);
    const { output } = await game.kernel.run("ip -s xfrm state; grep -v '\t0$' /proc/net/xfrm_stat");
    throw new Error(
      `${nameOf(scenario, game.role)}: ${step}: ${message}\n--- us\n${us.log()}\n--- libreswan\n${await pluto.log()}\n${output}`,
      {
        cause: e,
      },
    );
  } finally {
    await us.close();
    await game.kernel.run('ip xfrm state flush');
  }
}

type Rekey = readonly [who: 'us' | 'them', what: 'child' | 'ike'];

/** Who began rekeys the Child SA, the other one the IKE SA; in a few scenarios each rekeys both. */
function rekeysOf({ scenario, role }: Game): Rekey[] {
  if (scenario.version === 1) return rekeysOfVersion1(scenario, role);
  const [began, other] = role === 'initiator' ? (['us', 'them'] as const) : (['them', 'us'] as const);
  const few: Rekey[] = [
    [began, 'child'],
    [other, 'ike'],
  ];
  return scenario.everyRekey ? [...few, [other, 'child'], [began, 'ike'], [began, 'child']] : few;
}

/** pluto "cannot force rekey of IKEv1 connection"; it takes the command to begin once more for that of another Child SA. */
function rekeysOfVersion1({ everyRekey }: Scenario, role: Role): Rekey[] {
  const every: Rekey[] = [
    ['us', 'child'],
    ['us', 'ike'],
    ['them', 'child'],
    ['us', 'child'],
  ];
  return everyRekey ? every : [[role === 'initiator' ? 'us' : 'them', 'child']];
}

async function bringUp(p: Play): Promise<void> {
  if (p.role === 'initiator') {
    const refusal = await p.us.connect();
    must(refusal === '', refusal);
  } else {
    const said = await p.pluto.whack('--initiate --name net');
    must(/established Child SA|IPsec SA established/.test(said), said);
  }
  await agree(p);
}

/** Echo requests both ways; all must be answered. */
async function ping(p: Play, count = 3): Promise<void> {
  const [us, { output }] = await Promise.all([p.us.ping(count), p.kernel.run(pingCommand(p, count))]);
  const them = received(output);
  must(us === count && them === count, `${us} of our and ${them} of their ${count} echo requests were answered`);
  p.echoes.us += us;
  p.echoes.them += them;
}

/** Rekeys while echo requests go both ways; none may be lost, or next to none. */
async function rekey(p: Play, who: 'us' | 'them', what: 'child' | 'ike'): Promise<void> {
  const before = names(p, what);
  const ours = p.us.ping(TRAFFIC);
  const begin = p.scenario.version === 1 ? '--initiate' : `--rekey-${what === 'ike' ? 'ike' : 'ipsec'}`;
  const whack = who === 'them' ? p.pluto.command(`${begin} --name net --asynchronous`) : 'true';
  const script = p.kernel.run(`{ ${pingCommand(p, TRAFFIC)}; } >/run/pings & ${whack}; wait; cat /run/pings`);
  if (who === 'us') p.us.rekey(what);
  const [us, { output }] = await Promise.all([ours, script]);
  must(await until(() => Promise.resolve(names(p, what) !== before)), `no other SA: ${before}: ${output}`);
  // libreswan 4.10 deletes AH SAs by the SPI of ESP, which is 0 then: so the old pair stays, at both ends.
  if (who === 'them' && what === 'child' && p.scenario.protocol === 'AH') p.left.pairs++;
  await agree(p);
  const them = received(output);
  p.echoes.us += us;
  p.echoes.them += them;
  p.echoes.lost += 2 * TRAFFIC - us - them;
  // Under IKEv1 pluto as responder may use its new SA before it sends the answer that we know the keys from.
  const most = p.scenario.version === 1 ? 2 : 0;
  must(us + them >= 2 * TRAFFIC - most, `${us} of our and ${them} of their ${TRAFFIC} echo requests were answered`);
}

/** Padding makes our packets longer than they have to be, compression makes both sides' shorter. */
function checkLengths({ scenario, wire }: Play): void {
  const { out, in: came } = wire.shortest;
  const clear = scenario.ipv6 ? 248 : 228;
  const fits = (length: number, padded: boolean): boolean =>
    scenario.ipcomp ? length < 150 : padded ? length > 320 && length < 400 : length > clear && length < clear + 85;
  must(fits(out, scenario.tfc) && fits(came, false), `the shortest packet of ours had ${out} octets, that of theirs ${came}`);
}

/** One end deletes: the initiator in one role, the responder in the other. */
async function remove(p: Play): Promise<void> {
  // Where pluto was told to begin, too, it would begin anew (IKEv1).
  if (p.role === 'initiator' && !(p.scenario.version === 1 && p.scenario.everyRekey)) p.us.remove('ike');
  else await p.pluto.whack('--terminate --name net');
  let output = '';
  const gone = await until(async () => {
    ({ output } = await p.kernel.run('ip xfrm state'));
    return p.us.status().ikeSas.length === 0 && spisIn(output) === '';
  });
  must(gone, `there is still something: ${JSON.stringify(p.us.status().ikeSas)}; ${output}`);
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
  let output = '';
  const same = await until(async () => {
    ({ output } = await p.kernel.run('ip xfrm state'));
    const deletes = us.log().split('Delete of unknown SPI 0').length - 1;
    const pairs = us.status().ikeSas.flatMap((sa) => sa.children).length;
    // With IKEv1 what is replaced may stay until its lifetime is over, at both ends.
    const expected = scenario.version === 1 || (us.status().ikeSas.length === 1 && pairs === 1 + p.left.pairs && deletes === p.left.pairs);
    return expected && ours() !== '' && ours() === spisIn(output);
  });
  must(same, `we have ${ours()} of ${us.status().ikeSas.length} IKE SAs, the kernel ${spisIn(output)}`);
  const found = {
    protocol: new RegExp(`proto ${scenario.protocol.toLowerCase()} `).test(output),
    mode: output.includes(`mode ${scenario.mode}`),
    esn: /flag .*\besn\b/.test(output),
    udp: output.includes('encap type espinudp'),
    ipcomp: output.includes('proto comp '),
  };
  const expected = { protocol: true, mode: true, esn: scenario.esn, udp: scenario.udp, ipcomp: scenario.ipcomp };
  must(JSON.stringify(found) === JSON.stringify(expected), `${JSON.stringify(found)} in the kernel: ${output}`);
}

function spisIn(output: string): string {
  return [...output.matchAll(/proto (?:esp|ah) spi (0x[0-9a-f]{8})/g)]
    .map((m) => m[1])
    .sort()
    .join(' ');
}

const TRAFFIC = 10;

function pingCommand({ scenario }: Play, count: number): string {
  const { ours, theirs } = addressesOf(scenario);
  // One by one: of several, ping waits for the last reply no longer than its interval.
  return `for i in $(seq ${count}); do ping -n -c 1 -W 2 -s 200 -p 2a -I ${theirs.inner} ${ours.inner}; sleep .02; done`;
}

function received(output: string): number {
  return output.split(' 1 received').length - 1;
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
