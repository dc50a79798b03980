/**
 * The second part: two gateways, a tunnel of ESP in UDP between them, pings through it, and an attacker beside it.
 *
 * @module
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { formatSpi } from '../../capture/lines.js';
import type { ManualSa } from '../../capture.js';
import { createSa, type SecurityAssociation } from '../../esp.js';
import { encodeEcho, formatAddress, parseAddress } from '../../ip.js';
import { aes256Gcm16 } from '../../suite/aead.js';
import type { Claims } from './claims.js';
import { openGateway, sendThrough, type Gateway, type WireRecord } from './gateway.js';
import { writeFiles } from './record.js';

const PINGS = 5;
const TIMEOUT = 2000;
const WINDOW = 64;
const loopback = parseAddress('127.0.0.1');
const text = new TextEncoder().encode('the text that nobody on the way may read');

/** Sets the gateways up, lets them work, and writes down what went over the wire. */
export async function showTunnel(claims: Claims, folder: string | undefined): Promise<void> {
  const { say, claim } = claims;
  say('');
  say('2. Two gateways over UDP, ESP in tunnel mode (RFC 4303, RFC 3948), manual keys');
  const west = await openGateway('west', parseAddress('10.1.0.1'));
  const east = await openGateway('east', parseAddress('10.2.0.1'));
  try {
    const keys = connect(west, east);
    say(
      `  west 127.0.0.1:${west.port}, behind it ${formatAddress(west.inside)}; east 127.0.0.1:${east.port}, behind it ${formatAddress(east.inside)}`,
    );
    await pingBothWays(claims, west, east);
    const wire = [...west.wire, ...east.wire].sort((a, b) => a.at - b.at);
    claim(
      'the text of the pings is not on the wire',
      wire.every(({ payload }) => !contains(payload, text)),
    );
    const attack = await attackEast(claims, west, east);
    claim('after the attack a ping comes through as before', await ping(west, east, 2 * PINGS + 1));
    showSas(claims, west, east);
    await writeFiles(claims, [...west.wire, ...east.wire, ...attack], keys, folder);
  } finally {
    west.socket.close();
    east.socket.close();
  }
}

/** An SA in each direction, its keys fresh, each side with a record of its own: no key leaves this process but in the demo's files. */
function connect(west: Gateway, east: Gateway): readonly ManualSa[] {
  west.peerPort = east.port;
  east.peerPort = west.port;
  const there = makeSa(west.port, east.port, 'sas.0');
  const back = makeSa(east.port, west.port, 'sas.1');
  west.sas = { outbound: there.create(), inbound: back.create() };
  east.sas = { outbound: back.create(), inbound: there.create() };
  return [there.manual, back.manual];
}

function makeSa(sourcePort: number, destinationPort: number, path: string): { manual: ManualSa; create: () => SecurityAssociation } {
  const [number] = globalThis.crypto.getRandomValues(new Uint32Array(1));
  const spi = Math.max(256, number!);
  const key = globalThis.crypto.getRandomValues(new Uint8Array(aes256Gcm16.keyLength + aes256Gcm16.saltLength));
  const common = {
    protocol: 'ESP',
    mode: 'tunnel',
    spi,
    source: loopback,
    destination: loopback,
    encapsulation: { sourcePort, destinationPort },
    replayWindow: WINDOW,
  } as const;
  const encryption = { name: aes256Gcm16.name, key };
  return {
    manual: { ...common, encryption, esn: false, startSeq: 0, unsafeNoIntegrity: false, rest: {}, path },
    create: () => createSa({ ...common, encryption: { row: aes256Gcm16, key } }),
  };
}

async function pingBothWays({ claim }: Claims, west: Gateway, east: Gateway): Promise<void> {
  for (const [from, to, first] of [
    [west, east, 1],
    [east, west, PINGS + 1],
  ] as const) {
    const started = performance.now();
    let answered = 0;
    for (let i = 0; i < PINGS; i++) if (await ping(from, to, first + i)) answered++;
    const time = ((performance.now() - started) / PINGS).toFixed(2);
    claim(`${PINGS} pings from ${from.name} to ${to.name}, ${answered} answers, ${time} ms each`, answered === PINGS);
  }
}

/** Sends an Echo Request and waits for the answer with the same text. */
async function ping(from: Gateway, to: Gateway, seq: number): Promise<boolean> {
  const answered = arrival(from, () => from.replies.has(seq));
  sendThrough(from, encodeEcho({ source: from.inside, destination: to.inside, id: 0x4242, seq, data: text }));
  return (await answered) && contains(from.replies.get(seq)!, text);
}

/** Waits until something is so at a gateway; false when the time is up. */
function arrival(gateway: Gateway, done: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      finish(false);
    }, TIMEOUT);
    const finish = (result: boolean): void => {
      clearTimeout(timer);
      gateway.onDatagram = undefined;
      resolve(result);
    };
    gateway.onDatagram = () => {
      if (done()) finish(true);
    };
  });
}

/** Somebody else's socket sends east what it has seen: once as it was, once with a bit turned and a fresh number. */
async function attackEast({ claim }: Claims, west: Gateway, east: Gateway): Promise<readonly WireRecord[]> {
  const attacker = createSocket('udp4');
  attacker.bind(0, '127.0.0.1');
  await once(attacker, 'listening');
  const sent: WireRecord[] = [];
  const send = async (payload: Uint8Array): Promise<string | undefined> => {
    const before = east.drops.length;
    const refused = arrival(east, () => east.drops.length > before);
    sent.push({ at: performance.timeOrigin + performance.now(), from: attacker.address().port, to: east.port, payload });
    attacker.send(payload, east.port, '127.0.0.1');
    return (await refused) ? east.drops[before] : undefined;
  };
  const top = (): number => east.sas!.inbound.window.top;
  const before = top();
  const seen = west.wire[0]!.payload;
  claim('a replayed packet is refused: replay', (await send(seen)) === 'replay');
  const forged = seen.slice();
  new DataView(forged.buffer).setUint32(4, before + 1);
  forged[40]! ^= 1;
  claim('a forged packet with the next number is refused: icv', (await send(forged)) === 'icv');
  claim(`neither moved the window: its highest number is still ${before}`, top() === before);
  attacker.close();
  return sent;
}

function showSas({ say, claim }: Claims, west: Gateway, east: Gateway): void {
  say('  SAs:');
  for (const [from, to] of [
    [west, east],
    [east, west],
  ] as const) {
    const out = from.sas!.outbound;
    const { window, packets, octets } = to.sas!.inbound;
    const what = `${from.name} > ${to.name}  ${formatSpi(out.spi)}  ${aes256Gcm16.name}, 256 bits`;
    claim(
      `${what}: ${out.packets} packets sent, last number ${out.seq}; ${packets} received, ${octets} octets, window top ${window.top}`,
      out.packets === packets && window.top === out.seq,
    );
  }
}

function contains(haystack: Uint8Array, needle: Uint8Array): boolean {
  for (let at = 0; at + needle.length <= haystack.length; at++) if (needle.every((octet, i) => haystack[at + i] === octet)) return true;
  return false;
}
