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

/** How often one packet may wait: what the peer narrows away each time does not go on for ever. */
const mostTries = 3;

/** A packet wants a Child SA that is not there. */
export function waitForChild(turn: Turn, { policy, packet }: AcquireResult, tries: number): void {
  const { endpoint, now } = turn;
  const { waiting, limits, planOf } = endpoint;
  const plan = planOf.get(policy);
  const known = waiting.get(policy);
  if (!plan || tries >= mostTries || (known && now < known.refusedUntil)) {
    refuse(turn, packet, 'unreachable');
    return;
  }
  const place = known ?? (waiting.size < limits.waitingPolicies ? openQueue(turn, policy, plan) : undefined);
  if (!place || place.packets.length >= limits.waitingPackets || place.octets + packet.length > limits.waitingOctets) {
    count(endpoint, 'waiting-full');
    return;
  }
  place.packets.push({ packet: packet.slice(), tries: tries + 1 });
  place.octets += packet.length;
  if (place.packets.length > 1) return;
  place.refusedUntil = -Infinity;
  place.first = selectorsOf(packet);
  placeDeadline(endpoint.timers, place, now + limits.waitingAge);
  turn.todo.push({ kind: 'request', place });
}

/** A Child SA is there: what has waited for it, or for one of its kind, goes on. */
export function flushWaiting(turn: Turn, { policy, plan }: ChildRecord): void {
  resendWaiting(turn, policy);
  if (plan.spdEntry && plan.spdEntry !== policy) resendWaiting(turn, plan.spdEntry);
}

/** Everything that waits for a policy is processed again. */
export function resendWaiting(turn: Turn, policy: ProtectPolicy): void {
  const place = turn.endpoint.waiting.get(policy);
  if (!place) return;
  const { packets } = place;
  closeQueue(turn, place);
  for (const { packet, tries } of packets) turn.todo.push({ kind: 'clear', packet, tries });
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
    for (const { packet } of packets) refuse(turn, packet, refusal);
  }
}

/** The time of a queue is over. */
export function expireWaiting(turn: Turn, place: Waiting): void {
  const { packets } = place;
  closeQueue(turn, place);
  for (const { packet } of packets) refuse(turn, packet, 'unreachable');
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
