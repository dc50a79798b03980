/**
 * The IKE machine and its actions: what the machine decides is done here, in its order.
 *
 * @module
 */
import { toHex } from '../bytes.js';
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import { closeSa } from '../ikev2/closing.js';
import { type IkeAction, type IkeEvent, wipeSecrets } from '../ikev2/events.js';
import { findAskedConnection } from '../ikev2/exchange/asked-connection.js';
import { step } from '../ikev2/sa.js';
import type { Path, UdpEndpoint } from '../ikev2/states.js';
import { wakeAtOf } from '../ikev2/wake-at.js';
import { releaseSpi } from '../sad.js';
import { adoptable, adoptChildren } from './adopt.js';
import { type AnyResult, machineOf } from './connect.js';
import { addEntry, findConnecting, findEntry, findEstablished, forgetEntry, updateEntry } from './entries.js';
import { envOf } from './env.js';
import type { Ikev1Action, Ikev1Event } from './ikev1-types.js';
import { installChild, moveChildren, noteFailure, removeChild } from './install.js';
import { tellIkeKeys, tellIkev1Keys } from './key-log.js';
import { releaseLease } from './leases.js';
import { beginSuccessor } from './reauthenticate.js';
import type { Endpoint, IkeEntry, Turn } from './state.js';
import { keepFarewell } from './farewells.js';
import { count, tell } from './turn.js';
import { isVersion1 } from './version1.js';
import { failWaiting } from './waiting.js';

/** An action of either machine. */
type AnyAction = IkeAction | Ikev1Action;

/** Something happens to an IKE SA. */
export function stepIke(turn: Turn, entry: IkeEntry, event: IkeEvent | Ikev1Event): void {
  const { sa } = entry;
  if (sa.state === 'CLOSED') return;
  if (isVersion1(sa)) {
    if (event.type !== 'notify' && event.type !== 'inherit')
      applyResult(turn, entry, machineOf(turn.endpoint).step(sa, event, envOf(turn, 1)));
  } else if (event.type !== 'adopt' && event.type !== 'disown') applyResult(turn, entry, step(sa, event, envOf(turn, 2)));
}

/** A message came for an IKE SA. What the machine throws has to do with our own means, such as SPIs that are all taken. */
export function stepSafely(turn: Turn, entry: IkeEntry, data: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): void {
  const outcome = attempt(() => {
    stepIke(turn, entry, { type: 'datagram', data, from, to });
  });
  if (outcome instanceof IpsecError) count(turn.endpoint, `ike ${outcome.code}`);
}

/** The IKE SA is what the machine made of it; its actions are done. */
export function applyResult(turn: Turn, entry: IkeEntry, { sa, actions, wakeAt }: AnyResult): void {
  updateEntry(turn.endpoint, entry, sa, wakeAt);
  for (const action of actions) applyAction(turn, entry, action);
  if (sa.state === 'CLOSED') forgetEntry(turn.endpoint, entry);
}

/** What is to be done for a message that belongs to no IKE SA and makes none. */
export function applyStray(turn: Turn, actions: readonly AnyAction[]): void {
  for (const action of actions) {
    if (action.type === 'send') sendMessage(turn, action.data, action.path);
    else if (action.type === 'wipe') wipeSecrets(action.secrets);
    else if (action.type === 'audit') noteAudit(turn, action, undefined);
  }
}

function noteAudit(turn: Turn, { event, detail }: Extract<IkeAction, { type: 'audit' }>, connection: string | undefined): void {
  count(turn.endpoint, `ike ${event}`);
  tell(turn, { type: 'audit', event, detail, connection });
}

/**
 * It is time for a new authentication. Where both sides found that at once, there are two new IKE SAs: when the first of them is due, the other one is
 * there already, so that they do not become four.
 */
function authenticateAnew(turn: Turn, entry: IkeEntry): void {
  const { endpoint, now } = turn;
  for (const other of endpoint.byPeer.get(entry.peerKey ?? '') ?? []) {
    const { state, role, deadlines, spiI } = other.sa;
    // One whose own time has come has no such deadline any more.
    if (state !== 'ESTABLISHED' || deadlines.reauthenticate <= now || deadlines.reauthenticate === Infinity) continue;
    // Of two only the one with the lower SPIi goes, as both sides see it: they might else let go of one each.
    if (toHex(spiI) <= toHex(entry.sa.spiI)) continue;
    // Whether the peer took our answer to its IKE_AUTH shows by what it sends.
    const isSure =
      role === 'initiator' || other.sa.children.some(({ spiIn }) => (endpoint.children.get(spiIn)?.heardAt ?? -Infinity) > -Infinity);
    if (!isSure) continue;
    takeOver(turn, other, entry);
    return;
  }
  reauthenticate(turn, entry);
}

/** Begins the IKE SA that is to take the place of another, which goes once that is there. */
export function reauthenticate(turn: Turn, entry: IkeEntry): void {
  const begun = attempt(() => beginSuccessor(turn, entry));
  if (begun instanceof IpsecError) count(turn.endpoint, `ike ${begun.code}`);
  else if (begun) applyResult(turn, begun.entry, begun.result);
}

/** Ends an IKE SA without a word to its peer. */
function dropIke(turn: Turn, entry: IkeEntry, reason: string): void {
  const { sa } = entry;
  if (isVersion1(sa)) applyResult(turn, entry, machineOf(turn.endpoint).close(sa, reason));
  else applyResult(turn, entry, { ...closeSa(sa, reason, undefined), wakeAt: Infinity });
}

function applyAction(turn: Turn, entry: IkeEntry, action: AnyAction): void {
  const { endpoint } = turn;
  switch (action.type) {
    case 'send':
      sendMessage(turn, action.data, action.path);
      return;
    case 'keepalive':
      turn.actions.push({ type: 'datagram', data: Uint8Array.of(0xff), from: action.path.local, to: action.path.remote });
      return;
    case 'ask':
      ask(turn, entry, action);
      return;
    case 'installChild':
      install(turn, entry, action);
      return;
    case 'removeChild':
      removeChild(turn, action);
      return;
    case 'childFailed':
      childFailed(turn, entry, action);
      return;
    case 'releaseSpi':
      releaseSpi(endpoint.db.sad, action.spi);
      return;
    case 'releaseCpi':
      endpoint.cpis.delete(action.cpi);
      return;
    case 'releaseAddress':
      releaseAddress(turn, entry, action.address);
      return;
    case 'newIkeSa':
      addEntry(endpoint, action.sa, wakeAtOf(action.sa));
      return;
    case 'handOver':
      handOver(turn, entry, action);
      return;
    case 'established':
      established(turn, entry, action);
      return;
    case 'initialContact':
      dropForgotten(turn, entry);
      return;
    case 'reauthenticate':
      authenticateAnew(turn, entry);
      return;
    case 'moved':
      moveChildren(turn, action.path, action.spis);
      tell(turn, { type: 'moved', connection: nameOf(endpoint, entry), remote: action.path.remote });
      return;
    case 'farewell':
      keepFarewell(turn, entry.key, action);
      return;
    case 'closed':
      closed(turn, entry, action);
      return;
    case 'wipe':
      wipeSecrets(action.secrets);
      return;
    case 'keys':
      tellIkeKeys(turn, action);
      return;
    case 'ikev1Keys':
      tellIkev1Keys(turn, action);
      return;
    case 'audit':
      noteAudit(turn, action, entry.connection);
      return;
  }
}

/**
 * Sends an IKE message. RFC 7296 section 2.23: "To tunnel IKE packets over UDP port 4500, the IKE header has four octets of zeros prepended and the result
 * immediately follows the UDP header."
 */
export function sendMessage({ endpoint, actions }: Turn, message: Uint8Array, { local, remote }: Path): void {
  let data = message;
  if (local.port !== endpoint.config.ports.ike) {
    data = new Uint8Array(4 + message.length);
    data.set(message, 4);
  }
  actions.push({ type: 'datagram', data, from: local, to: remote });
}

function ask(turn: Turn, entry: IkeEntry, { ask: question }: Extract<AnyAction, { type: 'ask' }>): void {
  const { endpoint } = turn;
  const id = endpoint.nextAsk++;
  if (entry.ask !== undefined) endpoint.asks.delete(entry.ask);
  entry.ask = id;
  endpoint.asks.set(id, entry);
  turn.actions.push({ type: 'ask', id, ask: question, connection: nameOf(endpoint, entry) });
}

function install(turn: Turn, entry: IkeEntry, action: Extract<IkeAction, { type: 'installChild' }>): void {
  const outcome = attempt(() => {
    installChild(turn, entry, action);
  });
  if (outcome instanceof IpsecError) noteFailure(turn, entry, action.child, outcome);
}

function childFailed(turn: Turn, entry: IkeEntry, { policy, error }: Extract<IkeAction, { type: 'childFailed' }>): void {
  const connection = nameOf(turn.endpoint, entry);
  tell(turn, { type: 'childFailed', connection, child: policy, error });
  const plan = turn.endpoint.connections.get(connection)?.plans.find(({ policy: { name } }) => name === policy);
  if (plan) failWaiting(turn, plan, error.code === 'timeout' ? 'unreachable' : 'prohibited');
}

/** The successor of an IKE SA gets its Child SAs. */
function handOver(turn: Turn, entry: IkeEntry, { to, children, leased, tasks }: Extract<IkeAction, { type: 'handOver' }>): void {
  const heir = findEntry(turn.endpoint, to);
  if (!heir) {
    for (const child of children) removeChild(turn, { type: 'removeChild', child, reason: 'closed' });
    for (const address of leased) releaseAddress(turn, entry, address);
    return;
  }
  for (const { spiIn } of children) {
    const record = turn.endpoint.children.get(spiIn);
    if (!record) continue;
    record.owner = heir;
    const bound = turn.endpoint.bound.get(record.policy);
    if (bound) bound.owner = heir;
  }
  const { supersededBy } = entry;
  if (supersededBy) {
    supersededBy.supersedes = heir;
    heir.supersededBy = supersededBy;
  }
  tell(turn, { type: 'rekeyed', what: 'IKE', connection: nameOf(turn.endpoint, heir), spi: toHex(heir.sa.spiI) });
  turn.todo.push({ kind: 'step', entry: heir, event: { type: 'inherit', children, leased, tasks } });
}

function established(turn: Turn, entry: IkeEntry, action: Extract<IkeAction, { type: 'established' }>): void {
  const { endpoint } = turn;
  const { peerId, furtherIds, initialContact, assigned } = action;
  const { spiI, spiR, path } = entry.sa;
  const connection = nameOf(endpoint, entry);
  const { sa } = entry;
  const user = isVersion1(sa) && 'user' in sa && sa.user !== undefined && { user: sa.user };
  const also = { ...(furtherIds.length > 0 && { furtherIds }), ...user };
  tell(turn, { type: 'established', connection, spiI: toHex(spiI), spiR: toHex(spiR), peerId, ...also, remote: path.remote });
  if (assigned) tell(turn, { type: 'assigned', connection, configuration: assigned });
  if (initialContact) dropForgotten(turn, entry);
  const { supersedes } = entry;
  entry.supersedes = undefined;
  if (supersedes) takeOver(turn, entry, supersedes);
  else for (const other of adoptable(endpoint, entry)) adoptChildren(turn, entry, other);
  for (const place of endpoint.waiting.values())
    if (place.plan.connection.ike.name === connection && place.packets.length > 0) turn.todo.push({ kind: 'request', place });
}

/**
 * RFC 7296 section 2.4: "The INITIAL_CONTACT notification asserts that this IKE SA is the only IKE SA currently active between the authenticated identities.
 * It MAY be sent when an IKE SA is established after a crash, and the recipient MAY use this information to delete any other IKE SAs it has to the same
 * authenticated identity without waiting for a timeout." One on which the peer was heard since it began this one is not forgotten: both have begun at once.
 */
function dropForgotten(turn: Turn, entry: IkeEntry): void {
  const { createdAt } = entry.sa;
  for (const other of [...(turn.endpoint.byPeer.get(entry.peerKey ?? '') ?? [])]) {
    const isAlive = 'heardAt' in other.sa && other.sa.heardAt >= createdAt;
    if (other !== entry && !isAlive) dropIke(turn, other, 'the peer began anew');
  }
}

/** The Child SAs of the old IKE SA are asked for under the new one, or in IKEv1 go over to it, and the old one goes. */
function takeOver(turn: Turn, entry: IkeEntry, old: IkeEntry): void {
  const { todo, endpoint } = turn;
  const started = entry.sa.state === 'ESTABLISHED' ? entry.sa.connection.children.filter(({ start }, i) => start ?? i === 0) : [];
  const there = 'children' in entry.sa ? entry.sa.children.map(({ policy }) => policy) : [];
  const before = 'children' in old.sa ? old.sa.children.map(({ policy }) => policy) : [];
  // Another user, or another peer, gets Child SAs of its own.
  const isAdopted = isVersion1(entry.sa) && entry.peerKey === old.peerKey;
  if (isAdopted) adoptChildren(turn, entry, old);
  // An IKE SA of IKEv1 that takes the place of another has asked for none by itself.
  const [wanted, given] = isVersion1(entry.sa)
    ? [
        [...started, ...before],
        [...there, ...(isAdopted ? before : [])],
      ]
    : [before, [...started, ...there]];
  const names = new Set(given.map(({ name }) => name));
  for (const policy of wanted) {
    if (names.has(policy.name) || !endpoint.plans.has(policy)) continue;
    names.add(policy.name);
    todo.push({ kind: 'step', entry, event: { type: 'createChild', policy: policy.name } });
  }
  todo.push({ kind: 'step', entry: old, event: { type: 'delete', reason: 'authenticated anew' } });
}

function closed(turn: Turn, entry: IkeEntry, { reason, error }: Extract<IkeAction, { type: 'closed' }>): void {
  const { endpoint } = turn;
  const { wasEstablished, supersedes, connection } = entry;
  // What was to be replaced goes on.
  if (supersedes) supersedes.supersededBy = undefined;
  const { spiI, spiR } = entry.sa;
  tell(turn, { type: 'closed', connection, spiI: toHex(spiI), spiR: toHex(spiR), reason, error, wasEstablished });
  forgetEntry(endpoint, entry);
  if (connection === undefined || findEstablished(endpoint, connection) || findConnecting(endpoint, connection)) return;
  const refusal = error === undefined || error.code === 'timeout' ? 'unreachable' : 'prohibited';
  for (const plan of endpoint.connections.get(connection)?.plans ?? []) failWaiting(turn, plan, refusal);
}

function releaseAddress({ endpoint }: Turn, entry: IkeEntry, address: Uint8Array): void {
  const name = endpoint.connections.get(nameOf(endpoint, entry))?.config.pool;
  const pool = name === undefined ? undefined : endpoint.pools.get(name);
  if (pool) releaseLease(pool, address);
}

/** The connection of an IKE SA; of a half-open one of a peer that of its request, else the first that it may be. */
function nameOf(endpoint: Endpoint, { sa, connection }: IkeEntry): string {
  if (connection !== undefined) return connection;
  if (isVersion1(sa)) return machineOf(endpoint).findAskedConnection(sa)?.name ?? '';
  if (sa.state !== 'INIT_ANSWERED') return '';
  return (findAskedConnection(sa) ?? sa.candidates[0])?.name ?? '';
}
