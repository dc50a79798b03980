/**
 * Packets that wait for a Child SA. RFC 4301 section 5.1 (3b) leaves them to the implementation: here they are kept, within bounds of number,
 * octets and age, and go on when the Child SA is there; when it cannot be had, their senders are told (section 5.1.1).
 *
 * @module
 */
import { placeDeadline } from '../deadlines.js';
import { decodeIp, readFlow } from '../ip.js';
import type { AcquireResult } from '../process.js';
import { discardPending } from '../process.js';
import type { ProtectPolicy, SpdEntry } from '../spd.js';
import { selectorOfFlow } from '../spd.js';
import { type TrafficSelector, trafficSelectorsOf } from '../traffic-selector.js';
import type { ChildRecord, Plan, Turn, Waiting } from './state.js';
import { count, tellPacket } from './turn.js';

/**
 * A packet wants a Child SA that is not there.
 *
 * @param got the Child SA that came when this packet asked: the peer has narrowed it so that the packet does not fit. To ask again would give another
 * one like it.
 */
export function waitForChild(turn: Turn, { policy, packet }: AcquireResult, got: ChildRecord | undefined): void {
  const { endpoint, now } = turn;
  const { waiting, limits, planOf } = endpoint;
  const plan = planOf.get(policy);
  const known = waiting.get(policy);
  const place = known ?? (plan && waiting.size < limits.waitingPolicies ? openQueue(turn, policy, plan) : undefined);
  if (place && got) giveUp(turn, place, got);
  if (!place || now < place.refusedUntil) {
    refuse(turn, packet, 'unreachable');
    return;
  }
  if (place.packets.length >= limits.waitingPackets || place.octets + packet.length > limits.waitingOctets) {
    count(endpoint, 'waiting-full');
    return;
  }
  place.packets.push(packet.slice());
  place.octets += packet.length;
  if (place.packets.length > 1) return;
  place.refusedUntil = -Infinity;
  place.first = selectorsOf(packet);
  placeDeadline(endpoint.timers, place, now + limits.waitingAge);
  turn.todo.push({ kind: 'request', place });
}

/** For a while nothing asks again; a Child SA that is not the only one of its kind was made for nothing. */
function giveUp({ endpoint, now, todo }: Turn, place: Waiting, { owner, plan, child: { spiIn } }: ChildRecord): void {
  place.refusedUntil = now + endpoint.limits.retryAfter;
  if (place.packets.length === 0) placeDeadline(endpoint.timers, place, place.refusedUntil);
  const alike = 'children' in owner.sa ? owner.sa.children.filter(({ policy }) => policy === plan.policy) : [];
  if (alike.length > 1) todo.push({ kind: 'step', entry: owner, event: { type: 'deleteChild', spiIn } });
}

/** A Child SA is there: what has waited for it, or for one of its kind, goes on. */
export function flushWaiting(turn: Turn, record: ChildRecord): void {
  const { policy, plan } = record;
  resendWaiting(turn, policy, record);
  if (plan.spdEntry && plan.spdEntry !== policy) resendWaiting(turn, plan.spdEntry, record);
}

/**
 * Everything that waits for a policy is processed again.
 *
 * @param got the Child SA that came for it.
 */
export function resendWaiting(turn: Turn, policy: ProtectPolicy, got?: ChildRecord): void {
  const place = turn.endpoint.waiting.get(policy);
  if (!place) return;
  const { packets } = place;
  closeQueue(turn, place);
  // It was the first one that asked.
  for (const [i, packet] of packets.entries()) turn.todo.push({ kind: 'clear', packet, got: i === 0 ? got : undefined });
}

/**
 * A Child SA could not be had: the senders of what has waited are told, and for a while nothing asks for it again.
 *
 * @param refusal RFC 4301 section 5.1.1: (b1) or (b2).
 */
export function failWaiting(turn: Turn, plan: Plan, refusal: 'prohibited' | 'unreachable'): void {
  const { endpoint, now } = turn;
  for (const place of [...endpoint.waiting.values()]) {
    if (place.plan !== plan) continue;
    const { packets } = place;
    place.packets = [];
    place.octets = 0;
    place.refusedUntil = now + endpoint.limits.retryAfter;
    placeDeadline(endpoint.timers, place, place.refusedUntil);
    for (const packet of packets) refuse(turn, packet, refusal);
  }
}

/** The time of a queue is over. */
export function expireWaiting(turn: Turn, place: Waiting): void {
  const { packets } = place;
  closeQueue(turn, place);
  for (const packet of packets) refuse(turn, packet, 'unreachable');
}

function openQueue({ endpoint }: Turn, policy: SpdEntry, plan: Plan): Waiting {
  const place: Waiting = {
    kind: 'waiting',
    deadline: Infinity,
    deadlineIndex: -1,
    policy,
    plan,
    first: undefined,
    packets: [],
    octets: 0,
    refusedUntil: -Infinity,
  };
  endpoint.waiting.set(policy, place);
  return place;
}

function closeQueue({ endpoint }: Turn, place: Waiting): void {
  endpoint.waiting.delete(place.policy);
  placeDeadline(endpoint.timers, place, Infinity);
  place.packets = [];
}

function refuse(turn: Turn, packet: Uint8Array, refusal: 'prohibited' | 'unreachable'): void {
  const result = discardPending(turn.endpoint.db, packet, refusal, turn.now);
  for (const record of result.audit) tellPacket(turn, record);
  if (result.answer) turn.actions.push({ type: 'deliver', packet: result.answer });
}

/**
 * RFC 7296 section 2.9: "if the initiator has requested the SA due to a data packet, the initiator SHOULD include as the first Traffic Selector in each
 * of TSi and TSr a very specific Traffic Selector including the addresses in the packet triggering the request."
 */
function selectorsOf(packet: Uint8Array): readonly [TrafficSelector, TrafficSelector] | undefined {
  const decoded = decodeIp(packet);
  const { local, remote } = trafficSelectorsOf([selectorOfFlow(readFlow(packet, decoded))]);
  return local[0] && remote[0] ? [local[0], remote[0]] : undefined;
}
