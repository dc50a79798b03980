/**
 * Child SAs come into the SAD and go out of it. Make before break: the new inbound half is there before anybody can send on it, the old one stays
 * a while for what is still under way, and the outbound half changes over only when the peer can receive on the new one.
 *
 * @module
 */
import { createSa, moveSa, type SaConfig, wipeSa } from '../association.js';
import { placeDeadline } from '../deadlines.js';
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import type { IkeAction } from '../ikev2/events.js';
import type { ChildSa, Path } from '../ikev2/states.js';
import { addProtectingSa, attachToSa } from '../process.js';
import { releaseSpi, removeSa, type SadEntry } from '../sad.js';
import { formatTrafficSelector } from '../traffic-selector.js';
import { bundleConfigsOf, checksumFixOf, configsOf, inboundEnds, type Install, ipcompOf, outboundEnds } from './child-config.js';
import { tellChildKeys } from './key-log.js';
import { dropPolicy, policyOf } from './policies.js';
import type { ProtectPolicy } from '../spd.js';
import type { BundledAh, ChildRecord, Endpoint, IkeEntry, Turn } from './state.js';
import { count, tell } from './turn.js';
import type { ChildEvent } from './event-types.js';
import { flushWaiting, resendWaiting } from './waiting.js';

type Remove = Extract<IkeAction, { type: 'removeChild' }>;

/** Puts both SAs of a pair into the SAD. Throws as `addSa` does; then nothing has changed. */
export function installChild(turn: Turn, owner: IkeEntry, action: Install): void {
  const { endpoint } = turn;
  const { child, send, replaces } = action;
  const plan = endpoint.plans.get(child.policy);
  if (!plan) throw new IpsecError('invalid-argument', `Child SA ${child.policy.name}`, { expected: 'a policy of this endpoint' });
  const replaced = replaces === undefined ? undefined : endpoint.children.get(replaces);
  const configs = configsOf(turn, plan, action);
  const bundle = bundleConfigsOf(turn, plan, action);
  const [sa, pending] = [createSa(configs.inbound), createSa(configs.outbound)];
  const policy = policyOf(endpoint, plan, child, owner, replaced);
  const ipcomp = ipcompOf(endpoint, child, action.path);
  const inbound = attempt(() =>
    addProtectingSa(endpoint.db, sa, {
      policy,
      layer: ipcomp ? 1 : 0,
      direction: 'inbound',
      statefulFragments: child.nonFirstFragments,
      ipcomp: ipcomp?.inbound,
      checksumFix: checksumFixOf(child),
    }),
  );
  const ah = inbound instanceof IpsecError ? undefined : attempt(() => bundle && installBundle(endpoint, policy, bundle));
  const undo = (error: IpsecError): IpsecError => {
    wipeSa(pending);
    dropPolicy(endpoint, policy);
    return error;
  };
  if (inbound instanceof IpsecError) {
    wipeSa(sa);
    throw undo(inbound);
  }
  if (ah instanceof IpsecError) {
    removeSa(endpoint.db.sad, inbound);
    throw undo(ah);
  }
  const record: ChildRecord = {
    kind: 'child',
    deadline: Infinity,
    deadlineIndex: -1,
    child,
    plan,
    policy,
    owner,
    inbound,
    outbound: undefined,
    pending,
    ipcomp,
    ah,
    successors: [],
    siblings: replaced?.successors ?? [],
    heardAt: -Infinity,
    heardSeq: 0,
  };
  endpoint.children.set(child.spiIn, record);
  endpoint.owners.set(inbound, record);
  if (ah) endpoint.owners.set(ah.inbound, record);
  tellChildKeys(turn, action);
  const connection = plan.connection.ike.name;
  replaced?.successors.push(record);
  if (replaces === undefined) tell(turn, { type: 'childUp', ...childEvent(record) });
  else tell(turn, { type: 'rekeyed', what: 'child', connection, spi: hex(child.spiIn) });
  // Without the old pair there is nothing to go on with.
  if (send === 'now' || !replaced) sendOn(turn, record);
}

/** The inbound half of AH around a pair goes into the SAD; that of the other way waits. */
function installBundle({ db }: Endpoint, policy: ProtectPolicy, configs: { inbound: SaConfig; outbound: SaConfig }): BundledAh {
  const [sa, pending] = [createSa(configs.inbound), createSa(configs.outbound)];
  const inbound = attempt(() => addProtectingSa(db, sa, { policy, layer: policy.processing.length - 1, direction: 'inbound' }));
  if (!(inbound instanceof IpsecError)) return { inbound, pending, outbound: undefined };
  wipeSa(sa);
  wipeSa(pending);
  throw inbound;
}

/** From now on this pair is what is sent on. */
function sendOn(turn: Turn, record: ChildRecord): void {
  const { endpoint } = turn;
  const { pending, policy, child, ipcomp, ah } = record;
  if (!pending) return;
  record.pending = undefined;
  const outbound = attempt(() =>
    addProtectingSa(endpoint.db, pending, {
      policy,
      layer: ipcomp ? 1 : 0,
      direction: 'outbound',
      statefulFragments: child.nonFirstFragments,
      ipcomp: ipcomp?.outbound,
    }),
  );
  if (outbound instanceof IpsecError) {
    wipeSa(pending);
    noteFailure(turn, record.owner, child, outbound);
    return;
  }
  record.outbound = outbound;
  endpoint.owners.set(outbound, record);
  const around = ah?.pending;
  if (ah && around) {
    ah.pending = undefined;
    const added = attempt(() =>
      addProtectingSa(endpoint.db, around, { policy, layer: policy.processing.length - 1, direction: 'outbound' }),
    );
    if (added instanceof IpsecError) {
      wipeSa(around);
      noteFailure(turn, record.owner, child, added);
      return;
    }
    ah.outbound = added;
    endpoint.owners.set(added, record);
  }
  flushWaiting(turn, record);
}

/** A pair that the SAD has no room for is deleted again. */
export function noteFailure(turn: Turn, entry: IkeEntry, { policy, spiIn }: ChildSa, error: IpsecError): void {
  count(turn.endpoint, 'install-failed');
  tell(turn, { type: 'childFailed', connection: entry.connection ?? '', child: policy.name, error });
  turn.todo.push({ kind: 'step', entry, event: { type: 'deleteChild', spiIn } });
}

/** What is sent on when a pair goes: what is to replace it, whether its peer was heard on it or not. */
export function sendOnSuccessors(turn: Turn, { successors }: ChildRecord): void {
  for (const successor of successors) sendOn(turn, successor);
}

/** A genuine packet came on a pair: its peer is alive, and ready. */
export function noteHeard(turn: Turn, record: ChildRecord): void {
  const { seq } = record.inbound.sa;
  if (seq === record.heardSeq) return;
  record.heardSeq = seq;
  record.heardAt = turn.now;
  if (record.pending) sendOn(turn, record);
}

/** Takes a pair out of the SAD, its inbound half some time later where another has taken its place. */
export function removeChild(turn: Turn, { child, reason }: Remove): void {
  const { endpoint, now } = turn;
  const record = endpoint.children.get(child.spiIn);
  if (!record) {
    releaseSpi(endpoint.db.sad, child.spiIn);
    if (child.ah) releaseSpi(endpoint.db.sad, child.ah.spiIn);
    return;
  }
  endpoint.children.delete(child.spiIn);
  sendOnSuccessors(turn, record);
  const { outbound, pending, policy, ah } = record;
  for (const entry of [outbound, ah?.outbound]) if (entry) dropSa(endpoint, entry);
  for (const sa of [pending, ah?.pending]) if (sa) wipeSa(sa);
  record.pending = record.outbound = undefined;
  if (ah) ah.pending = ah.outbound = undefined;
  const bound = dropPolicy(endpoint, policy);
  const isThere = (other: ChildRecord): boolean => endpoint.children.get(other.child.spiIn) === other;
  const isReplaced = reason === 'replaced' || reason === 'redundant' || [...record.successors, ...record.siblings].some(isThere);
  if (!isReplaced) tell(turn, { type: 'childDown', reason, ...childEvent(record) });
  record.owner.lingering++;
  if (isReplaced && record.owner.lingering <= mostLingering) placeDeadline(endpoint.timers, record, now + endpoint.limits.linger);
  else endChild(turn, record);
  if (bound) resendWaiting(turn, policy);
}

/** Pairs of one IKE SA that were replaced and still receive: a peer that replaces them all the time gets no more of them. */
const mostLingering = 16;

/** The end of the inbound half of a pair that {@link removeChild} has taken out. */
export function endChild({ endpoint }: Turn, record: ChildRecord): void {
  record.owner.lingering--;
  placeDeadline(endpoint.timers, record, Infinity);
  dropSa(endpoint, record.inbound);
  if (record.ah) dropSa(endpoint, record.ah.inbound);
  if (record.child.ipcomp) endpoint.cpis.delete(record.child.ipcomp.cpiIn);
}

/** The peer, or we, can be reached elsewhere now: the pairs go there. */
export function moveChildren(turn: Turn, path: Path, spis: readonly number[]): void {
  for (const spi of spis) {
    const record = turn.endpoint.children.get(spi);
    if (!record) continue;
    const { inbound, outbound, pending, child } = record;
    // The ICV of AH covers the addresses, and ESP outside UDP meets no NAT that changes its mind.
    if (!inbound.sa.encapsulation) continue;
    const sent = outbound?.sa ?? pending;
    moveSa(inbound.sa, inboundEnds(path, true));
    if (sent) moveSa(sent, outboundEnds(path, true));
    record.ipcomp = ipcompOf(turn.endpoint, child, path);
    const { attachments } = turn.endpoint.db;
    for (const [entry, ipcomp] of [
      [inbound, record.ipcomp?.inbound],
      [outbound, record.ipcomp?.outbound],
    ] as const)
      if (entry) attachToSa(turn.endpoint.db, entry, { ...attachments.get(entry), ipcomp });
  }
}

/** What the events about a pair say. */
function childEvent({ child, plan }: ChildRecord): ChildEvent {
  const words = (list: ChildSa['local']): string => list.map(formatTrafficSelector).join(', ');
  return {
    connection: plan.connection.ike.name,
    child: child.policy.name,
    spiIn: child.spiIn,
    spiOut: child.spiOut,
    selectors: `${words(child.local)} <-> ${words(child.remote)}`,
  };
}

function dropSa({ db, owners }: Endpoint, entry: SadEntry): void {
  owners.delete(entry);
  removeSa(db.sad, entry);
}

/** An SPI as people write it. */
function hex(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}
