/** Plays a scenario with vpnc: what its script is told decides, and the pings. */
import { toHex } from '../../../src/bytes.js';
import { createLab, type Lab, type Namespace, until } from '../strongswan/lab.js';
import { type StartUs, translate } from '../strongswan/play.js';
import type { Side, Wishes } from '../strongswan/side.js';
import { startVpnc, type Vpnc, type VpncSettings } from './client.js';
import type { Scenario } from './scenarios.js';

/** @param folder of the certificates. */
export async function playScenario(s: Scenario, startUs: StartUs, folder: string): Promise<{ us: number; them: number; lost: number }> {
  const lab = await createLab();
  let us: Side | undefined;
  let client: Vpnc | undefined;
  try {
    const [here, there] = await lay(lab, s.nat);
    us = await startUs(lab, here, wishesOf(s, folder));
    if (s.refused !== undefined) {
      await startVpnc(lab, there, settingsOf(s), NET).then(
        () => {
          throw new Error('it is up');
        },
        (e: unknown) => {
          if (!s.refused!.vpnc.test(String(e))) throw e;
        },
      );
      must(await says(us, s.refused.ours), 'we do not say so');
      return { us: 0, them: 0, lost: 0 };
    }
    client = await startVpnc(lab, there, settingsOf(s), NET);
    must(client.address === ADDRESS, `its address is ${client.address}`);
    must(client.environment['INTERNAL_IP4_DNS'] === '192.0.2.53', 'it knows no name server');
    must(await says(us, /^gw: Child SA net is up: /), 'the Child SA is not up'); // which comes behind the script
    const [ours, theirs] = [await us.ping(PINGS), await client.ping(INNER, PINGS)];
    must(ours === PINGS && theirs === PINGS, `${ours} of our and ${theirs} of its ${PINGS} echo requests were answered`);
    await client.stop();
    must(await until(async () => ((await us!.ikeSas()) === 0 ? true : undefined), 5000), 'we still have the IKE SA');
    return { us: ours, them: theirs, lost: 0 };
  } catch (e) {
    throw new Error(
      `${s.name}: ${String(e)}\n--- us\n${us?.log().replaceAll(/^\{"id":.*\n/gm, '') ?? ''}\n--- vpnc\n${client?.log() ?? ''}`,
      { cause: e },
    );
  } finally {
    await client?.stop();
    await us?.stop();
    await lab.close();
  }
}

const [GROUP, INNER, ADDRESS, NET, PINGS] = ['group', '10.2.1.1', '10.3.0.7', '10.2.0.0/16', 3];

/** The gateway has 192.0.2.1; the client 192.0.2.2, or 10.9.0.2 behind it. */
async function lay(lab: Lab, isBehindNat: boolean): Promise<readonly [here: Namespace, there: Namespace]> {
  const [here, there] = [await lab.namespace('us'), await lab.namespace('them')];
  if (!isBehindNat) await lab.link(here, '192.0.2.1/24', there, '192.0.2.2/24');
  else {
    const nat = await lab.namespace('nat');
    await lab.link(there, '10.9.0.2/24', nat, '10.9.0.1/24');
    await lab.link(nat, '192.0.2.2/24', here, '192.0.2.1/24');
    await there.sh('ip route add default via 10.9.0.1');
    await nat.sh(`echo 1 > /proc/sys/net/ipv4/ip_forward; ${translate(here.name, 20_000)}`);
  }
  return [here, there];
}

function settingsOf(s: Scenario): VpncSettings {
  const defaults = { 'IPSec gateway': '192.0.2.1', 'IPSec ID': GROUP, 'Xauth username': 'anna', 'Local Port': '0' };
  return { ...defaults, 'Xauth password': 'correct horse battery staple', ...s.settings };
}

function wishesOf(s: Scenario, folder: string): Wishes {
  return {
    id: 'gw.example.org',
    peerId: `ID_KEY_ID:${toHex(new TextEncoder().encode(GROUP))}`,
    psk: '',
    auth: { own: [s.gw.proves], peer: s.client.map(({ checks }) => checks), folder },
    address: '192.0.2.1',
    peer: undefined,
    ike: s.ike,
    esp: s.esp,
    // vpnc wants all there is, and leaves to its script what goes through
    localTs: '0.0.0.0/0',
    remoteTs: 'dynamic',
    inner: INNER,
    peerInner: ADDRESS,
    pool: `${ADDRESS}/32`,
    v1: { aggressive: true, unsafe: true },
  };
}

async function says(us: Side, pattern: RegExp): Promise<boolean> {
  return (await until(() => (us.lines().some((line) => pattern.test(line)) ? true : undefined), 5000)) === true;
}

function must(condition: unknown, message: string): asserts condition {
  if (condition !== true) throw new Error(message);
}
