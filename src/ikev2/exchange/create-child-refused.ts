/**
 * The peer refuses what we asked for: RFC 7296 sections 1.3, 2.8.1, 2.9, 2.25 and 2.25.1.
 *
 * @module
 */
import { explainRefusal } from '../child.js';
import { hasPairInFront } from '../child-offer.js';
import { groupAskedFor } from '../child-refused.js';
import { coversAll } from '../../keying/selectors.js';
import { dropOffer } from '../closing.js';
import type { IpsecError } from '../../errors.js';
import type { IkeAction, IkeEnv, OpenMessage, Outcome } from '../events.js';
import type { About, ChildOffer, ChildSa, Deleting, Established, Replaced, Task } from '../states.js';
import { patience, queueTask, retryLater } from '../task-queue.js';
import type { HandlerContext } from '../transition.js';
import { withStatus } from './create-child-start.js';

type Sa = Established | Replaced | Deleting;
type Rekey = Extract<About, { readonly kind: 'rekeyChild' }>;

/** RFC 7296 section 1.3.1: "A failed attempt to create a Child SA SHOULD NOT tear down the IKE SA". */
export function refusedChild(sa: Sa, { payloads }: OpenMessage, env: IkeEnv, { request }: HandlerContext): Outcome {
  const about = request?.about;
  if (about?.kind !== 'createChild') return { sa, actions: [] };
  const { offer } = about;
  const error = explainRefusal(offer, payloads);
  const actions = [...dropOffer(offer), audit(error)];
  if (sa.state === 'DELETING') return { sa, actions };
  const again = (more: Partial<Extract<Task, { kind: 'createChild' }>>): Task => ({
    kind: 'createChild',
    policy: offer.policy,
    ...firstOf(offer),
    notBefore: env.now,
    ...more,
  });
  const group = groupAskedFor(offer, payloads);
  if (group !== undefined) return retry(sa, again({ group, groupsTried: offer.groupsTried }), actions);
  if (error.code === 'temporary-failure') return retryPatiently(sa, again({ group: offer.keyExchange?.row.id }), actions, error, env);
  // RFC 7296 section 2.9: "The requestor is expected to respond by requesting an SA for only the specific traffic it is trying to forward."
  if (error.code === 'single-pair-required' && hasPairInFront(offer)) return retry(sa, again({ pairOnly: true }), actions);
  return { sa, actions: [...actions, failed(offer, error)] };
}

/** The selectors with which an offer began: with them it begins again. */
function firstOf({ local, remote }: ChildOffer): Pick<Extract<Task, { kind: 'createChild' }>, 'first'> {
  const [l, r] = [local[0], remote[0]];
  return l && r ? { first: [l, r] } : {};
}

/** A Child SA is not replaced. Whether that matters depends on what has become of it meanwhile. */
export function refusedChildRekey(sa: Sa, { payloads }: OpenMessage, env: IkeEnv, { request }: HandlerContext): Outcome {
  const about = request?.about;
  if (about?.kind !== 'rekeyChild') return { sa, actions: [] };
  const { offer, collision } = about;
  const error = explainRefusal(offer, payloads);
  const actions = [...dropOffer(offer), audit(error)];
  if (sa.state === 'DELETING') return { sa, actions };
  const old = sa.children.find(({ spiIn }) => spiIn === about.old);
  const isGone = error.code === 'child-sa-not-found';
  // RFC 7296 section 2.8.1: "When A receives this error, it already knows there was simultaneous rekeying, so it can ignore the error message."
  if (collision) {
    const noted: IkeAction = { type: 'audit', event: 'collision', detail: `Child SA ${offer.policy.name}: the peer has replaced it` };
    return isGone ? removeOld(sa, old, [...actions, noted]) : { sa: withStatus(sa, about.old, 'rekeyed'), actions: [...actions, noted] };
  }
  if (isGone) return startOver(sa, old, about, actions, env);
  const again = (more: Partial<Extract<Task, { kind: 'rekeyChild' }>>): Task => ({
    kind: 'rekeyChild',
    spiIn: about.old,
    notBefore: env.now,
    ...more,
  });
  const active = withStatus(sa, about.old, 'active');
  // The peer has closed it, which was its good right.
  if (!old && sa.state === 'ESTABLISHED') return { sa, actions };
  const group = groupAskedFor(offer, payloads);
  if (group !== undefined) return retry(active, again({ group, groupsTried: offer.groupsTried }), actions);
  if (error.code === 'temporary-failure') return retryPatiently(active, again({ group: offer.keyExchange?.row.id }), actions, error, env);
  return { sa: active, actions: [...actions, failed(offer, error), ...beginAnew(active)] };
}

/**
 * RFC 7296 section 2.25: "A peer that receives a CHILD_SA_NOT_FOUND notification SHOULD silently delete the Child SA (if it still exists) and send a request to create a
 * new Child SA from scratch (if the Child SA does not yet exist)."
 */
function startOver(
  sa: Established | Replaced,
  old: ChildSa | undefined,
  { offer }: Rekey,
  actions: readonly IkeAction[],
  env: IkeEnv,
): Outcome {
  const removed = removeOld(sa, old, actions);
  if (!old || removed.sa.children.some((child) => isInItsPlace(child, old))) return removed;
  const task: Task = { kind: 'createChild', policy: offer.policy, notBefore: env.now };
  return retry(removed.sa, task, removed.actions);
}

function isInItsPlace(child: ChildSa, old: ChildSa): boolean {
  const lives = child.status === 'active' || child.status === 'rekeying';
  return lives && child.policy.name === old.policy.name && coversAll(child.local, old.local) && coversAll(child.remote, old.remote);
}

function removeOld<State extends Established | Replaced>(
  sa: State,
  old: ChildSa | undefined,
  actions: readonly IkeAction[],
): { readonly sa: State; readonly actions: readonly IkeAction[] } {
  if (!old) return { sa, actions };
  return {
    sa: { ...sa, children: sa.children.filter((child) => child !== old) },
    actions: [...actions, { type: 'removeChild', child: old, reason: 'peer-deleted' }],
  };
}

/** At once, under the IKE SA that has the Child SAs now. */
function retry(sa: Established | Replaced, task: Task, actions: readonly IkeAction[]): Outcome {
  if (sa.state === 'ESTABLISHED') return { sa: queueTask(sa, task), actions };
  return { sa, actions: [...actions, { type: 'handOver', to: sa.successor, children: [], leased: [], tasks: [task] }] };
}

/**
 * RFC 7296 section 2.25: "When a peer receives a TEMPORARY_FAILURE notification, it MUST NOT immediately retry the operation; it MUST wait so that the sender may
 * complete whatever operation caused the temporary condition." Under a successor it has waited already.
 */
function retryPatiently(sa: Established | Replaced, task: Task, actions: readonly IkeAction[], error: IpsecError, env: IkeEnv): Outcome {
  if (sa.state === 'REPLACED') return retry(sa, { ...task, notBefore: env.now + 5_000 }, actions);
  const refusedSince = sa.refusedSince ?? env.now;
  const refused: Established = { ...sa, refusedSince };
  if (env.now - refusedSince < patience) return { sa: retryLater(refused, task, env), actions };
  return { sa: queueTask(refused, { kind: 'deleteIke', reason: error.message, notBefore: env.now }), actions };
}

/**
 * RFC 7296 section 2.8: "If an SA has expired or is about to expire and rekeying attempts using the mechanisms described here fail, an implementation MUST close the IKE
 * SA and any associated Child SAs and then MAY start new ones." The new ones come first, where it is ours to begin.
 */
function beginAnew({ role, state }: Established | Replaced): IkeAction[] {
  return role === 'initiator' && state === 'ESTABLISHED' ? [{ type: 'reauthenticate' }] : [];
}

function failed({ policy }: ChildOffer, error: IpsecError): IkeAction {
  return { type: 'childFailed', policy: policy.name, error };
}

function audit({ message }: IpsecError): IkeAction {
  return { type: 'audit', event: 'peer-refused', detail: message };
}
