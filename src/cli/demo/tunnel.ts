/**
 * The first part: two hosts negotiate with IKEv2 over UDP, carry pings through ESP, rekey everything under traffic, are attacked, and part.
 *
 * @module
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { toHex } from '../../bytes.js';
import type { IkeStatus } from '../../endpoint.js';
import type { Claims } from './claims.js';
import { contains, type Party, sendPing, startParty, text, until, type WireRecord } from './hosts.js';
import { writeFiles } from './record.js';

const [west, east, more] = ['10.1.0.1', '10.2.0.1', '10.3.0.1'];
const pings = 5;

/** Plays it, and writes down what went over the wire. */
export async function showTunnel(claims: Claims, folder: string | undefined): Promise<void> {
  const { say } = claims;
  say('1. Two hosts over UDP: IKEv2 (RFC 7296) and ESP in tunnel mode (RFC 4303, RFC 3948)');
  const wire: WireRecord[] = [];
  const psk = toHex(globalThis.crypto.getRandomValues(new Uint8Array(32)));
  const b = await startParty('east', psk, undefined, wire);
  try {
    const a = await startParty('west', psk, b.host.ports, wire);
    try {
      say(`  west 127.0.0.1:${a.host.ports.ike} and ${a.host.ports.nat}, behind it 10.1.0.0/16`);
      say(`  east 127.0.0.1:${b.host.ports.ike} and ${b.host.ports.nat}, behind it 10.2.0.0/16 and 10.3.0.0/16`);
      await negotiate(claims, a, b);
      await pingBothWays(claims, a, b);
      await askForMore(claims, a, b);
      await rekeyUnderTraffic(claims, a, b);
      await attack(claims, a, b, wire);
      await part(claims, a, b);
    } finally {
      await a.host.close();
    }
  } finally {
    await b.host.close();
  }
  await writeFiles(claims, wire, [...b.events], folder);
}

async function negotiate({ say, claim }: Claims, a: Party, b: Party): Promise<void> {
  const begun = performance.now();
  await a.host.connect('east');
  const time = (performance.now() - begun).toFixed(1);
  await until(() => b.host.status().ikeSas[0]?.state === 'ESTABLISHED');
  const [ours, theirs] = [ikeOf(a), ikeOf(b)];
  claim(
    `IKE_SA_INIT and IKE_AUTH: both have proved who they are, ${time} ms`,
    ours?.peerId === 'east.example' && theirs?.peerId === 'west.example',
  );
  claim(
    `both have the same IKE SA: ${ours?.spiI ?? '?'} ${ours?.spiR ?? '?'}`,
    ours !== undefined && ours.spiI === theirs?.spiI && ours.spiR === theirs.spiR,
  );
  const [child] = ours?.children ?? [];
  const [other] = theirs?.children ?? [];
  say(`          IKE SA    ${ours?.suite ?? '?'}`);
  say(`          Child SA  ${child?.suite ?? '?'}, ${child?.local ?? '?'} <-> ${child?.remote ?? '?'}`);
  claim('both have the same pair of ESP SAs', child !== undefined && child.spiIn === other?.spiOut && child.spiOut === other.spiIn);
}

function ikeOf({ host }: Party): IkeStatus | undefined {
  return host.status().ikeSas[0];
}

async function pingBothWays({ claim }: Claims, a: Party, b: Party): Promise<void> {
  for (const [from, to, source, destination] of [
    [a, b, west, east],
    [b, a, east, west],
  ] as const) {
    const begun = performance.now();
    for (let seq = 1; seq <= pings; seq++) {
      sendPing(from, seq, source, destination);
      await until(() => from.replies.has(seq));
    }
    const time = ((performance.now() - begun) / pings).toFixed(2);
    claim(`${pings} pings from ${from.name} to ${to.name}, ${from.replies.size} answers, ${time} ms each`, from.replies.size === pings);
    from.replies.clear();
  }
}

/** A packet for which there is no SA yet: it waits, and CREATE_CHILD_SA brings one. */
async function askForMore({ claim }: Claims, a: Party, b: Party): Promise<void> {
  sendPing(a, 1, west, more);
  const answered = await until(() => a.replies.has(1));
  a.replies.clear();
  const names = (party: Party): string => (ikeOf(party)?.children ?? []).map(({ name }) => name).join();
  claim(
    'a ping to 10.3.0.1 waited for its own Child SA (CREATE_CHILD_SA), and was answered',
    answered && names(a) === 'net,more' && names(b) === 'net,more',
  );
}

/** Pings all the time, some a millisecond, while everything is replaced. */
async function rekeyUnderTraffic({ claim }: Claims, a: Party, b: Party): Promise<void> {
  let sent = 0;
  const traffic = setInterval(() => {
    for (let i = 0; i < 3; i++) sendPing(a, ++sent, west, east);
  }, 1);
  const rekeyed = ({ events }: Party): number => events.filter(({ type }) => type === 'rekeyed').length;
  const net = (party: Party): number => ikeOf(party)?.children.findLast(({ name, isUsed }) => name === 'net' && isUsed)?.spiIn ?? 0;
  const steps: readonly (readonly [string, () => void])[] = [
    [
      'west rekeyed the Child SA, with a new key exchange',
      () => {
        a.host.rekeyChild(net(a));
      },
    ],
    [
      'west rekeyed the IKE SA',
      () => {
        a.host.rekeyIke('east');
      },
    ],
    [
      'east rekeyed the IKE SA',
      () => {
        b.host.rekeyIke('west');
      },
    ],
    [
      'east rekeyed the Child SA',
      () => {
        b.host.rekeyChild(net(b));
      },
    ],
  ];
  try {
    for (const [i, [what, act]] of steps.entries()) {
      const [spi, ike, from] = [net(a), ikeOf(a)?.spiI, sent];
      const begun = performance.now();
      act();
      const done = await until(
        () => rekeyed(a) === i + 1 && rekeyed(b) === i + 1 && a.host.status().ikeSas.length + b.host.status().ikeSas.length === 2,
      );
      const time = (performance.now() - begun).toFixed(1);
      const isOther = what.includes('IKE SA') ? ike !== ikeOf(a)?.spiI : await until(() => net(a) !== spi);
      await until(() => sent >= from + 30);
      claim(`under traffic: ${what}, ${time} ms`, done && isOther);
    }
  } finally {
    clearInterval(traffic);
  }
  await until(() => a.replies.size === sent);
  claim(`of ${sent} pings meanwhile ${a.replies.size} were answered: not one was lost`, a.replies.size === sent);
  a.replies.clear();
}

/** Somebody else's socket sends east what it has seen: once as it was, once with a bit turned and a fresh number. */
async function attack({ claim }: Claims, a: Party, b: Party, wire: WireRecord[]): Promise<void> {
  const attacker = createSocket('udp4');
  attacker.bind(0, '127.0.0.1');
  await once(attacker, 'listening');
  const count = (name: string): number => b.host.status().counts[name] ?? 0;
  const refused = async (payload: Uint8Array, name: string): Promise<boolean> => {
    const before = count(name);
    wire.push({ at: performance.timeOrigin + performance.now(), sender: 'attacker', isIkePort: false, payload });
    attacker.send(payload, b.host.ports.nat, '127.0.0.1');
    return until(() => count(name) > before);
  };
  const seen = wire.findLast(
    ({ sender, isIkePort, payload }) => sender === 'west' && !isIkePort && payload.length > 60 && payload[0] !== 0,
  )?.payload;
  if (seen === undefined) claim('there is a packet to replay', false);
  else {
    claim('a replayed packet is refused: replay', await refused(seen.slice(), 'replay'));
    const forged = seen.slice();
    const view = new DataView(forged.buffer);
    view.setUint32(4, view.getUint32(4) + 10);
    forged[40]! ^= 1;
    claim('a forged packet with a number to come is refused: icv', await refused(forged, 'icv'));
  }
  attacker.close();
  sendPing(a, 1, west, east);
  claim('after the attack a ping comes through as before', await until(() => a.replies.has(1)));
  claim(
    'the text of the pings is not on the wire',
    wire.every(({ payload }) => !contains(payload, text)),
  );
}

async function part({ claim }: Claims, a: Party, b: Party): Promise<void> {
  await a.host.close();
  const isGone = await until(() => b.host.status().ikeSas.length === 0);
  const closed = b.events.findLast(({ type }) => type === 'closed');
  claim(
    'west closed: its Delete ended the IKE SA and all Child SAs on both sides',
    isGone && closed?.type === 'closed' && closed.error === undefined,
  );
}
