/**
 * Two hosts from the first message on, and of every message that one of them gets: which row of the table takes it, found from outside with the
 * machine's own parts, and to which state that row alone leads.
 */
import { expect } from 'vitest';
import { equalBytes } from '../../src/bytes.js';
import { IpsecError } from '../../src/errors.js';
import { attempt } from '../../src/keying/attempt.js';
import { createCookieSecrets } from '../../src/ikev2/cookie.js';
import type { Answered, IkeEnv, IkeEvent, OpenMessage, Outcome } from '../../src/ikev2/events.js';
import { createIkeSa } from '../../src/ikev2/exchange/ike-sa-init.js';
import { decodeMessage, decodePayloads, findUnsupportedCritical } from '../../src/ikev2/message.js';
import { openMessage } from '../../src/ikev2/open-message.js';
import type { Payload } from '../../src/ikev2/payload-cases.js';
import { respond } from '../../src/ikev2/respond.js';
import { type IkeHeaderFields, openSk, sealSk } from '../../src/ikev2/sk.js';
import type { IkeSa, Listening, OwnRequest, Path, StateName } from '../../src/ikev2/states.js';
import { type AnyTransition, checkPayloads, findTransition } from '../../src/ikev2/transition.js';
import { transitions } from '../../src/ikev2/transitions.js';
import { dropOutstanding, findRequest, placeRequest } from '../../src/ikev2/windows.js';
import { pathOf } from './child-fixtures.js';
import { happen, type Host, type HostOptions, keyOf, randomOf, saOf, twoHosts } from './two-hosts.js';

/** Something under way. */
export interface Wire {
  readonly data: Uint8Array;
  /** As the one who sent it sees it. */
  readonly path: Path;
}

/** What rows were taken, and where they led. */
export interface Journal {
  readonly taken: Map<AnyTransition, number>;
  readonly reached: Map<AnyTransition, Set<StateName>>;
}

/** Two hosts, and what is to be remembered of what passes between them. */
export interface World {
  readonly a: Host;
  readonly b: Host;
  readonly journal: Journal;
  /** What `b` listens with. */
  listening: Listening;
}

/** Nothing was taken yet. */
export function createJournal(): Journal {
  return { taken: new Map(), reached: new Map() };
}

/** The secret of both. */
export const secret = new TextEncoder().encode('a secret that both sides have');
const sharedKey = { localAuth: { method: 'shared-key', secret }, remoteAuth: { method: 'shared-key', secret } } as const;

/** Two hosts that know each other's secret and have nothing to do with each other yet. */
export function createWorld(journal: Journal, a: HostOptions = {}, b: HostOptions = {}): World {
  const plain = (name: string, own: HostOptions): HostOptions => ({
    ...own,
    connection: { ...sharedKey, localId: { type: 'ID_FQDN', name: `${name}.example` }, ...own.connection },
  });
  const hosts = twoHosts(plain('a', a), plain('b', b));
  for (const host of [hosts.a, hosts.b]) {
    host.sas.clear();
    host.sad.clear();
  }
  const listener = {
    connections: hosts.b.env.connections,
    halfOpen: { total: 0, fromAddress: 0 },
    cookies: createCookieSecrets(randomOf(5), 0),
    limits: { cookieThreshold: 10, total: 100, perAddress: 100 },
  };
  return { ...hosts, journal, listening: { state: 'LISTENING', listener } };
}

/** From now on `b` has more half-open IKE SAs than it likes. */
export function flood(world: World): void {
  const { listener } = world.listening;
  world.listening = { ...world.listening, listener: { ...listener, halfOpen: { total: 50, fromAddress: 1 } } };
}

/** `a` sends its first message. */
export function begin({ a }: World, path: Path = pathOf()): void {
  const { sa, actions, wakeAt } = createIkeSa(a.env.connections[0]!, { path }, a.env);
  a.sas.set(keyOf(sa), { sa, wakeAt });
  for (const action of actions) if (action.type === 'send') a.outbox.push(action);
}

/** `a` begins, and everything takes its course. The key of the IKE SA. */
export function connect(world: World): string {
  begin(world);
  settle(world);
  return mainKey(world.a);
}

/** The only IKE SA of a host that is in use, or else the only one. */
export function mainKey(host: Host): string {
  const [first] = [...host.sas.entries()].sort((x, y) => rank(y[1].sa) - rank(x[1].sa));
  if (!first) throw new Error(`${host.name} has no IKE SA`);
  return first[0];
}

function rank({ state }: IkeSa): number {
  return state === 'ESTABLISHED' ? 2 : state === 'CLOSED' ? 0 : 1;
}

/** Something happens to an IKE SA of a host that is no message. */
export function order(host: Host, event: IkeEvent, key = mainKey(host)): void {
  happen(host, event, key);
}

/** The outside world answers a host; the row of the message that has waited for it goes on. */
export function answerAsk({ journal }: World, host: Host, value: unknown, key = mainKey(host)): void {
  const before = saOf(host, key);
  const { waiting } = before;
  if (!waiting || before.state === 'CLOSED') throw new Error(`${host.name} has asked nothing`);
  const { message, request, ask, answers } = waiting;
  const row = findTransition(transitions, before.state, message, request?.about.kind)!;
  const outcome = tryRow(row, { ...before, waiting: undefined }, { message, request }, [...answers, { ask, value }], host.env);
  happen(host, { type: 'answer', value }, key);
  const after = saOf(host, key);
  note(journal, { row, outcome }, before.state, after.state);
  rename(host, key);
}

/** An initiator learns the other SPI on its way. */
function rename(host: Host, key: string): void {
  const next = keyOf(saOf(host, key));
  if (next === key) return;
  host.sas.set(next, host.sas.get(key)!);
  host.sas.delete(key);
}

/** The oldest thing that a host has sent. */
export function takeWire(host: Host): Wire {
  const sent = host.outbox.shift();
  if (!sent) throw new Error(`${host.name} has sent nothing`);
  return sent;
}

/** The one on the other side. */
export function peerOf(world: World, host: Host): Host {
  return host === world.a ? world.b : world.a;
}

/** The oldest thing that a host has sent comes to the other one. */
export function pass(world: World, from: Host): void {
  receive(world, peerOf(world, from), takeWire(from));
}

/** Everything comes to the other side until there is nothing more, at one moment of time. */
export function settle(world: World): void {
  const { a, b } = world;
  for (let i = 0; i < 500; i++) {
    if (a.outbox.length > 0) pass(world, a);
    else if (b.outbox.length > 0) pass(world, b);
    else return;
  }
  throw new Error('they never come to an end');
}

/** So many milliseconds later; what is due is done. */
export function wait({ a, b }: World, milliseconds: number): void {
  for (const host of [a, b]) {
    host.env.now += milliseconds;
    for (const [key, { wakeAt }] of [...host.sas]) if (wakeAt <= host.env.now) happen(host, { type: 'wake' }, key);
  }
}

const zero = new Uint8Array(8);

/** A datagram comes to a host. */
export function receive(world: World, host: Host, { data, path }: Wire): void {
  const key = keyFor(host, data);
  if (key === undefined) {
    if (host === world.b) listen(world, { data, path });
    return;
  }
  const before = saOf(host, key);
  const taken = findTaken(before, data, { local: path.remote, remote: path.local }, host.env);
  happen(host, { type: 'datagram', data, from: path.local, to: path.remote }, key);
  const after = saOf(host, key);
  if (taken) note(world.journal, taken, before.state, after.state);
  rename(host, key);
}

/** The IKE SA that a message is for. */
function keyFor(host: Host, data: Uint8Array): string | undefined {
  const spis = { spiI: data.subarray(0, 8), spiR: data.subarray(8, 16) };
  const key = keyOf(spis);
  if (host.sas.has(key)) return key;
  const isResponse = (data[19]! & 0x20) !== 0;
  if (isResponse) {
    const first = keyOf({ ...spis, spiR: zero });
    return host.sas.has(first) ? first : undefined;
  }
  return [...host.sas].find(([, { sa }]) => sa.state === 'INIT_ANSWERED' && equalBytes(sa.message1, data))?.[0];
}

function listen({ b, listening, journal }: World, { data, path }: Wire): void {
  const here: Path = { local: path.remote, remote: path.local };
  const taken = findTaken(listening, data, here, b.env);
  const { sa, actions, wakeAt } = respond({ data, from: path.local, to: path.remote }, listening.listener, b.env);
  if (sa) b.sas.set(keyOf(sa), { sa, wakeAt });
  for (const action of actions) if (action.type === 'send') b.outbox.push(action);
  if (taken) note(journal, taken, 'LISTENING', sa?.state ?? 'LISTENING');
}

/** A row, and what it alone makes of a message. */
export interface Taken {
  readonly row: AnyTransition;
  readonly outcome: Outcome<IkeSa | Listening> | IpsecError;
}

/**
 * The row that takes a message; undefined: none does. Handlers are pure, so that the row can be tried with randomness and SPIs of its own before the
 * machine does it in earnest.
 */
export function findTaken(sa: IkeSa | Listening, data: Uint8Array, path: Path, env: IkeEnv): Taken | undefined {
  if (sa.state === 'CLOSED') return undefined;
  const opened: Opened | undefined = sa.state === 'LISTENING' ? openFirst(data, path) : openFor(sa, data, path);
  if (!opened || findUnsupportedCritical(opened.message.payloads) !== undefined) return undefined;
  const { message, request } = opened;
  const row = findTransition(transitions, sa.state, message, request?.about.kind);
  if (!row || attempt(() => (checkPayloads(row, message), true)) !== true) return undefined;
  const windows = 'windows' in sa && request ? { windows: dropOutstanding(sa.windows, request) } : {};
  const answers = 'waiting' in sa ? (sa.waiting?.answers ?? []) : [];
  return { row, outcome: tryRow(row, { ...sa, ...windows }, opened, answers, env) };
}

function tryRow(row: AnyTransition, sa: object, { message, request }: Opened, answers: readonly Answered[], env: IkeEnv): Taken['outcome'] {
  const scratch: IkeEnv = { ...env, random: randomOf(99), allocateSpi: () => 0x7777, allocateCpi: () => 777 };
  return attempt(() => row.run(sa as never, message, scratch, { request, answers }));
}

interface Opened {
  readonly message: OpenMessage;
  readonly request: OwnRequest | undefined;
}

function openFirst(data: Uint8Array, path: Path): Opened | undefined {
  const message = attempt(() => decodeMessage(data));
  return message instanceof IpsecError || message.isResponse ? undefined : { message: { ...message, path }, request: undefined };
}

function openFor(sa: Exclude<IkeSa, { state: 'CLOSED' }>, data: Uint8Array, path: Path): Opened | undefined {
  const message = attempt(() => decodeMessage(data));
  if (message instanceof IpsecError || message.isInitiator === (sa.role === 'initiator')) return undefined;
  const { isResponse, messageId, exchange } = message;
  const request = isResponse ? findRequest(sa.windows, messageId) : undefined;
  if (isResponse && request?.exchange !== exchange) return undefined;
  if (sa.state === 'INIT_SENT') return isResponse ? { message: { ...message, path }, request } : undefined;
  const size = 'children' in sa ? sa.connection.options.windowSize : 1;
  if (!isResponse && placeRequest(sa.windows, messageId, size).kind !== 'fresh') return undefined;
  const opened = openMessage(sa, message, isResponse ? sa.windows.responseQueue : sa.windows.requestQueue);
  if (opened.kind !== 'whole') return undefined;
  const payloads = attempt(() => decodePayloads(opened.firstPayload, opened.octets));
  return payloads instanceof IpsecError ? undefined : { message: { ...message, payloads, path }, request };
}

function note({ taken, reached }: Journal, { row, outcome }: Taken, before: StateName, after: StateName): void {
  const to = reached.get(row) ?? new Set<StateName>();
  reached.set(row, to);
  taken.set(row, (taken.get(row) ?? 0) + 1);
  // A question to the outside world: all of it is done again with the answer.
  if (!(outcome instanceof IpsecError) && outcome.ask) return;
  if (!(outcome instanceof IpsecError)) {
    expect(row.to, `${row.from} ${row.exchange} ${row.message}: ${row.story}`).toContain(outcome.sa.state);
    to.add(outcome.sa.state);
    return;
  }
  // A handler that throws changes nothing, or the IKE SA ends.
  expect([before, 'DELETING', 'CLOSED'], row.story).toContain(after);
  if (row.to.includes(after)) to.add(after);
}

/** What a host's IKE SA can say to its peer. */
export interface Saying {
  readonly exchange: IkeHeaderFields['exchange'];
  readonly messageId: number;
  readonly isResponse?: boolean;
}

/** A message that a host seals with its keys, whatever its machine thinks of it. */
export function forge(
  host: Host,
  { exchange, messageId, isResponse = false }: Saying,
  payloads: readonly Payload[],
  key = mainKey(host),
): Wire {
  const sa = saOf(host, key);
  if (!('crypto' in sa)) throw new Error(`no keys in ${sa.state}`);
  const { spiI, spiR, role, path, crypto } = sa;
  const header = { spiI, spiR, exchange, messageId, isResponse, isInitiator: role === 'initiator' };
  return { data: sealSk(crypto.seal, header, payloads, randomOf(messageId + 1)), path };
}

/** What is in a message to a host. */
export function read(host: Host, { data }: Pick<Wire, 'data'>, key = mainKey(host)): readonly Payload[] {
  const sa = saOf(host, key);
  const message = decodeMessage(data);
  if (!('crypto' in sa) || message.exchange === 'IKE_SA_INIT') return message.payloads;
  const opened = openSk(sa.crypto.open, message);
  if (!opened.ok) throw new Error(opened.reason);
  return decodePayloads(opened.firstPayload, opened.octets);
}

/** A host's only request that is under way. */
export function requestOf(host: Host, key = mainKey(host)): OwnRequest {
  const [request] = saOf(host, key).windows.outstanding;
  if (!request) throw new Error(`${host.name} has asked nothing`);
  return request;
}
