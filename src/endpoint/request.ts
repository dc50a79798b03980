/**
 * Packets that wait want a Child SA: it is asked for under an IKE SA that is there, or one begins.
 *
 * @module
 */
import { attempt } from '../keying/attempt.js';
import { IpsecError } from '../errors.js';
import { beginIke } from './connect.js';
import { findConnecting, findEstablished } from './entries.js';
import type { IkeEntry, Plan, Turn, Waiting } from './state.js';
import { applyResult, stepIke } from './step.js';
import { isVersion1 } from './version1.js';
import { failWaiting } from './waiting.js';

/** Asks for the Child SA that packets wait for, unless it is on its way. */
export function requestChild(turn: Turn, place: Waiting): void {
  const { endpoint } = turn;
  if (endpoint.waiting.get(place.policy) !== place || place.packets.length === 0) return;
  const { plan, policy, first } = place;
  const { connection } = plan;
  const owner = endpoint.bound.get(policy)?.owner;
  const entry = owner?.sa.state === 'ESTABLISHED' ? owner : findEstablished(endpoint, connection.ike.name);
  if (entry) {
    if (!isUnderWay(entry, plan)) stepIke(turn, entry, { type: 'createChild', policy: plan.policy.name, first });
    return;
  }
  // Once that IKE SA is there, this is done again.
  if (findConnecting(endpoint, connection.ike.name)) return;
  const begun = attempt(() => beginIke(turn, connection, { first: isFirst(plan) ? first : undefined }));
  if (begun === undefined || begun instanceof IpsecError) failWaiting(turn, plan, 'unreachable');
  else applyResult(turn, begun.entry, begun.result);
}

function isUnderWay({ sa }: IkeEntry, { policy }: Plan): boolean {
  if (sa.state !== 'ESTABLISHED') return false;
  if (isVersion1(sa))
    return (
      sa.tasks.some((task) => task.kind === 'createChild' && task.policy.name === policy.name) ||
      sa.exchanges.some(({ about }) => about.kind === 'quick-offered' && about.offer.policy.name === policy.name)
    );
  return (
    sa.tasks.some((task) => task.kind === 'createChild' && task.policy.name === policy.name) ||
    sa.windows.outstanding.some(({ about }) => about.kind === 'createChild' && about.offer.policy.name === policy.name)
  );
}

/** Whether IKE_AUTH asks for this kind of Child SA: the first of those that are asked for at once. */
function isFirst({ connection, policy }: Plan): boolean {
  return connection.ike.children.find(({ start }, i) => start ?? i === 0) === policy;
}
