/**
 * The peer grants what we asked for: RFC 7296 sections 1.3.1, 1.3.3, 2.8 and 2.8.1.
 *
 * @module
 */
import { attempt } from '../../keying/attempt.js';
import { completeChild, installChild, type NewChild } from '../child.js';
import { encodeSpi } from '../child-notify.js';
import { dropOffer } from '../closing.js';
import { IpsecError } from '../../errors.js';
import type { IkeAction, IkeEnv, OpenMessage, Outcome } from '../events.js';
import { findPayload, payloadOf } from '../pick.js';
import type { About, ChildOffer, ChildSa, Deleting, Established, Replaced, Task } from '../states.js';
import { queueTask } from '../task-queue.js';
import type { HandlerContext } from '../transition.js';
import { withStatus } from './create-child-start.js';
import { hasLowestNonce } from './rekey-ike-nonces.js';

type Sa = Established | Replaced | Deleting;
type Rekey = Extract<About, { readonly kind: 'rekeyChild' }>;

/** RFC 7296 section 2.8: "The initiator MAY begin sending on an SA as soon as it processes the response." */
export function finishChild(sa: Sa, message: OpenMessage, env: IkeEnv, { request }: HandlerContext): Outcome {
  const about = request?.about;
  if (about?.kind !== 'createChild') return { sa, actions: [] };
  const { offer } = about;
  if (sa.state === 'DELETING') return { sa, actions: dropOffer(offer) };
  const made = readAnswer(sa, offer, message, env, false);
  if (made instanceof IpsecError) return deleteUnusable(sa, offer, message, made, env);
  return take(sa, made, undefined, [], env);
}

/**
 * There is a successor. RFC 7296 section 2.8.1: "The node that initiated the surviving rekeyed SA should delete the replaced SA after the new one is established."
 *
 * Where the peer did the same at the same time: "the SA created with the lowest of the four nonces used in the two exchanges SHOULD be closed by the endpoint that
 * created it."
 */
export function finishChildRekey(sa: Sa, message: OpenMessage, env: IkeEnv, { request }: HandlerContext): Outcome {
  const about = request?.about;
  if (about?.kind !== 'rekeyChild') return { sa, actions: [] };
  const { offer, old, collision } = about;
  if (sa.state === 'DELETING') return { sa, actions: dropOffer(offer) };
  const made = readAnswer(sa, offer, message, env, true);
  if (made instanceof IpsecError) return deleteUnusable(withStatus(sa, old, collision ? 'rekeyed' : 'active'), offer, message, made, env);
  const nonces = [offer.Ni, payloadOf(message.payloads, 'Nonce').data] as const;
  if (collision && hasLowestNonce(nonces, collision.nonces)) return takeRedundant(sa, made, about, env);
  const detail = `Child SA ${offer.policy.name}${collision ? '; the peer did the same, and closes its own' : ''}`;
  return take(sa, made, old, [{ type: 'audit', event: collision ? 'collision' : 'rekeyed', detail }], env);
}

function readAnswer(
  sa: Established | Replaced,
  offer: ChildOffer,
  { payloads }: OpenMessage,
  env: IkeEnv,
  rekey: boolean,
): NewChild | IpsecError {
  return attempt(() => {
    const Nr = payloadOf(payloads, 'Nonce').data.slice();
    return completeChild(sa, offer, payloads, env, { exchange: 'CREATE_CHILD_SA', Nr, rekey });
  });
}

/** The new Child SA is used at once, and the one that it replaces is deleted. */
function take(sa: Established | Replaced, made: NewChild, old: number | undefined, notes: readonly IkeAction[], { now }: IkeEnv): Outcome {
  const replaced = sa.children.some(({ spiIn }) => spiIn === old) ? old : undefined;
  const isHere = replaced !== undefined || (old !== undefined && sa.state === 'REPLACED');
  const actions = [...made.actions, ...installChild(sa, made, 'now', isHere ? old : undefined), ...notes];
  const tasks: Task[] = isHere ? [{ kind: 'deleteChild', spis: [old!], notBefore: now }] : [];
  const marked = old === undefined ? sa : withStatus(sa, old, 'rekeyed');
  return add(marked, made.child, tasks, actions);
}

/**
 * Ours is the redundant one: it is ready to receive, and goes. RFC 7296 section 2.8.1: "When there are two SAs eligible to receive packets, a node MUST accept
 * incoming packets through either SA." The old one is the peer's to delete.
 */
function takeRedundant(sa: Established | Replaced, made: NewChild, { old, offer }: Rekey, { now }: IkeEnv): Outcome {
  const child: ChildSa = { ...made.child, status: 'rekeyed' };
  const actions: IkeAction[] = [
    ...made.actions,
    ...installChild(sa, { ...made, child }, 'when-peer-is-ready', sa.children.some(({ spiIn }) => spiIn === old) ? old : undefined),
    { type: 'audit', event: 'collision', detail: `Child SA ${offer.policy.name}: the peer did the same, and ours is closed` },
  ];
  return add(withStatus(sa, old, 'rekeyed'), child, [{ kind: 'deleteChild', spis: [child.spiIn], notBefore: now }], actions);
}

/** The Child SA and what is to be done for it go to the IKE SA; where another one has taken its place, to that one. */
function add(sa: Established | Replaced, child: ChildSa, tasks: readonly Task[], actions: readonly IkeAction[]): Outcome {
  if (sa.state === 'REPLACED')
    return { sa, actions: [...actions, { type: 'handOver', to: sa.successor, children: [child], leased: [], tasks }] };
  const next: Established = { ...sa, children: [...sa.children, child], refusedSince: undefined };
  return { sa: tasks.reduce((with_, task) => queueTask(with_, task), next), actions };
}

/**
 * The peer has made something that we cannot use: it has to go. RFC 7296 section 2.21: "Such errors in parsing or processing response packets should still cause the
 * recipient to clean up the IKE state (for example, by sending a Delete for a bad SA)."
 */
function deleteUnusable(
  sa: Established | Replaced,
  offer: ChildOffer,
  { payloads }: OpenMessage,
  error: IpsecError,
  { now }: IkeEnv,
): Outcome {
  const chosen = findPayload(payloads, 'SA')?.proposals[0]?.protocol;
  const protocol = chosen === 'AH' || chosen === 'ESP' ? chosen : offer.proposals[0]!.protocol;
  const task: Task = { kind: 'notify', payloads: [{ type: 'D', protocol, spis: [encodeSpi(offer.spi)] }], notBefore: now };
  const actions: IkeAction[] = [...dropOffer(offer), { type: 'childFailed', policy: offer.policy.name, error }];
  if (sa.state === 'REPLACED')
    return { sa, actions: [...actions, { type: 'handOver', to: sa.successor, children: [], leased: [], tasks: [task] }] };
  return { sa: queueTask(sa, task), actions };
}
