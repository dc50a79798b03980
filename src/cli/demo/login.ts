/**
 * The third part: a road warrior logs in with a password, at a gateway with a certificate. Then with a wrong password, and at somebody who is not the gateway.
 *
 * @module
 */
import { toHex } from '../../bytes.js';
import type { IkeFound } from '../../capture.js';
import type { Payload } from '../../ike.js';
import { addressesOf, formatEvent } from '../host/words.js';
import type { Claims } from './claims.js';
import { contains, type Party, sendPing, until, type WireRecord } from './hosts.js';
import { drawLadder } from './ladder.js';
import { startAnna, startGateway } from './login-hosts.js';
import { openMessages } from './record.js';

const pings = 5;

/** A gateway, anna, and what they have sent. */
interface Login {
  readonly gateway: Party;
  readonly anna: Party;
  readonly wire: readonly WireRecord[];
}

/** Plays it. */
export async function showLogin(claims: Claims): Promise<void> {
  const { say } = claims;
  say('');
  say('3. A road warrior: the gateway has a certificate, anna a password (EAP-MSCHAPv2)');
  try {
    await import('../../x509.js');
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    say('  Left out: certificates need the packages pkijs and asn1js, which are not here. npm install pkijs asn1js');
    return;
  }
  const [password, other] = [inventPassword(), inventPassword()];
  await play('gateway', password, password, (login) => logIn(claims, login, password));
  await play('gateway', password, other, (login) => refusePassword(claims, login, [password, other]));
  await play('printer', password, password, (login) => refuseGateway(claims, login));
}

function inventPassword(): string {
  return toHex(globalThis.crypto.getRandomValues(new Uint8Array(16)));
}

/** @param right what the gateway has for anna's password. @param typed what she has for it. */
async function play(key: 'gateway' | 'printer', right: string, typed: string, act: (login: Login) => Promise<void>): Promise<void> {
  const wire: WireRecord[] = [];
  const gateway = await startGateway(key, right, wire);
  try {
    const anna = await startAnna(gateway.host.ports, typed, wire);
    try {
      await act({ gateway, anna, wire });
    } finally {
      await anna.host.close();
    }
  } finally {
    await gateway.host.close();
  }
}

async function logIn({ say, claim }: Claims, { gateway, anna, wire }: Login, password: string): Promise<void> {
  const { ike, nat } = gateway.host.ports;
  say(`  gateway 127.0.0.1:${ike} and ${nat}, its certificate is for vpn.example.com, behind it 10.2.0.0/16`);
  const begun = performance.now();
  await anna.host.connect('office');
  const time = (performance.now() - begun).toFixed(1);
  await until(() => gateway.host.status().ikeSas[0]?.state === 'ESTABLISHED');
  const [ours, theirs] = [anna.host.status().ikeSas[0], gateway.host.status().ikeSas[0]];
  claim(
    `the gateway has proved that it is vpn.example.com, and anna that she knows her password, ${time} ms`,
    ours?.peerId === 'vpn.example.com' && theirs?.peerId === 'anna@example.com' && ours.spiI === theirs.spiI && ours.spiR === theirs.spiR,
  );
  const assigned = anna.events.find(({ type }) => type === 'assigned');
  const [address = '?'] = assigned?.type === 'assigned' ? addressesOf(assigned) : [];
  const [child] = ours?.children ?? [];
  claim(
    `she has got ${address} from the pool: ${child?.local ?? '?'} <-> ${child?.remote ?? '?'}`,
    address.startsWith('10.77.0.') && child?.local === address && child.remote === '10.2.0.0/16',
  );
  await ping(claim, anna, address);
  await anna.host.close();
  const messages = openMessages(wire, anna.events);
  for (const line of drawLadder(messages, wire, ['anna', 'gateway'])) say(`  ${line}`);
  claim(`all ${messages.length} messages of IKE are open`, messages.length > 0 && messages.every(isOpen));
  const sentBy = (sender: string, type: Payload['type']): number =>
    messages.findIndex((found) => senderOf(found, wire) === sender && payloadsOf(found).some((payload) => payload.type === type));
  const [proof, question, answer] = [sentBy('gateway', 'AUTH'), sentBy('gateway', 'EAP'), sentBy('anna', 'EAP')];
  claim("the gateway's CERT and AUTH came before anna's first word of EAP", proof >= 0 && proof <= question && question < answer);
  claim('her password is in none of the messages, not even inside', !isInside(messages, wire, password));
}

async function ping(claim: Claims['claim'], anna: Party, address: string): Promise<void> {
  const begun = performance.now();
  for (let seq = 1; seq <= pings; seq++) {
    sendPing(anna, seq, address, '10.2.0.1');
    await until(() => anna.replies.has(seq));
  }
  const time = ((performance.now() - begun) / pings).toFixed(2);
  claim(`${pings} pings from ${address} to 10.2.0.1, ${anna.replies.size} answers, ${time} ms each`, anna.replies.size === pings);
}

async function refusePassword({ say, claim }: Claims, { gateway, anna, wire }: Login, passwords: readonly string[]): Promise<void> {
  say('  Again, with another password');
  const isRefused = await isBroken(anna);
  const [hers, its] = [await closingLine(anna), await closingLine(gateway)];
  claim("anna is refused, and the gateway's log says why:", isRefused && /expected a known name and its password, found another/.test(its));
  say(`          ${its}`);
  claim('her own log says what the gateway let her know:', /error 691 ERROR_AUTHENTICATION_FAILURE/.test(hers));
  say(`          ${hers}`);
  const messages = openMessages(wire, anna.events);
  const isTold = [hers, its].some((line) => passwords.some((password) => line.includes(password)));
  claim(
    'neither password is in a message or in a log',
    messages.every(isOpen) && !isTold && !passwords.some((password) => isInside(messages, wire, password)),
  );
}

async function refuseGateway({ say, claim }: Claims, { gateway, anna, wire }: Login): Promise<void> {
  say('  Again, at a printer that says that it is vpn.example.com; its certificate, from the same authority, is for printer.example.com');
  const isRefused = await isBroken(anna);
  const line = await closingLine(anna);
  claim("the printer is refused, and anna's log says why:", isRefused && /vpn\.example\.com.*found.*printer\.example\.com/.test(line));
  say(`          ${line}`);
  await closingLine(gateway);
  const messages = openMessages(wire, anna.events);
  for (const rung of drawLadder(messages, wire, ['anna', 'printer'])) say(`  ${rung}`);
  const count = (sender: string): number =>
    messages.filter((found) => senderOf(found, wire) === sender && payloadsOf(found).some(({ type }) => type === 'EAP')).length;
  claim(
    `it had asked for EAP, and got no answer to that: anna has sent ${count('anna')} EAP payloads`,
    messages.every(isOpen) && count('printer') > 0 && count('anna') === 0,
  );
  const isNobody = [gateway, anna].every(({ host }) => host.status().ikeSas.length === 0);
  claim('no IKE SA is left, and no packet of ESP was sent', isNobody && wire.length === messages.length);
}

async function isBroken({ host }: Party): Promise<boolean> {
  return await host.connect('office').then(
    () => false,
    () => true,
  );
}

/** What the log says about the end of the IKE SA. */
async function closingLine({ events }: Party): Promise<string> {
  const find = (): Party['events'][number] | undefined => events.find(({ type }) => type === 'closed');
  await until(() => find() !== undefined);
  const closed = find();
  return (closed && formatEvent(closed)) ?? '';
}

function isOpen({ followed }: IkeFound): boolean {
  return followed?.payloads !== undefined;
}

function payloadsOf({ followed }: IkeFound): readonly Payload[] {
  return followed?.payloads ?? [];
}

function senderOf({ packet }: IkeFound, wire: readonly WireRecord[]): string | undefined {
  return wire[packet - 1]?.sender;
}

/** In UTF-8, and in the UTF-16 that MSCHAPv2 knows passwords in. */
function isInside(messages: readonly IkeFound[], wire: readonly WireRecord[], password: string): boolean {
  const utf8 = new TextEncoder().encode(password);
  const utf16 = Uint8Array.from([...utf8].flatMap((octet) => [octet, 0]));
  const places = [...wire.map(({ payload }) => payload), ...messages.flatMap(({ followed }) => followed?.content ?? [])];
  return places.some((place) => contains(place, utf8) || contains(place, utf16));
}
