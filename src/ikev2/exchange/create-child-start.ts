/**
 * We ask for a Child SA, or for another one in the place of one: RFC 7296 sections 1.3.1 and 1.3.3.
 *
 * @module
 */
import { attempt } from '../../keying/attempt.js';
import { offerChild, type OfferOptions } from '../child.js';
import type { ChildPolicy } from '../../keying/connection.js';
import { IpsecError } from '../../errors.js';
import type { IkeAction, IkeEnv, NewRequest } from '../events.js';
import type { About, ChildOffer, ChildSa, Established, Task } from '../states.js';
import { nonceLength } from './ike-sa-init.js';

type CreateTask = Extract<Task, { readonly kind: 'createChild' }>;
type RekeyTask = Extract<Task, { readonly kind: 'rekeyChild' }>;

/** What comes of a task. */
export interface StartedChild {
  /** The IKE SA, without the request. */
  readonly sa: Established;
  /** To be sent; absent: nothing could be asked for, and the actions say why. */
  readonly request?: NewRequest | undefined;
  /** In order. */
  readonly actions: readonly IkeAction[];
}

/** The request for another Child SA. RFC 7296 section 1.3.1: "HDR, SK {SA, Ni, [KEi,] TSi, TSr}". */
export function startCreateChild(sa: Established, { policy, first, pairOnly, group, groupsTried }: CreateTask, env: IkeEnv): StartedChild {
  const { maxChildren } = sa.connection.options;
  if (countChildren(sa) >= maxChildren) {
    const error = new IpsecError('no-additional-sas', `a Child SA of policy ${policy.name}`, {
      blame: 'caller',
      expected: `at most ${maxChildren} under one IKE SA`,
      found: 'as many, and one more',
    });
    return { sa, actions: [{ type: 'childFailed', policy: policy.name, error }] };
  }
  return ask(sa, policy, { first, pairOnly, group, groupsTried }, (offer) => ({ kind: 'createChild', offer }), env);
}

/**
 * The request to replace a Child SA. RFC 7296 section 1.3.3: "HDR, SK {N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr}".
 *
 * @returns undefined: there is no such Child SA (any more), or it has a successor, or is on its way out.
 */
export function startRekeyChild(sa: Established, { spiIn, group, groupsTried }: RekeyTask, env: IkeEnv): StartedChild | undefined {
  const old = sa.children.find((child) => child.spiIn === spiIn);
  if (!old || old.status === 'rekeyed' || old.status === 'deleting' || findOwnRekey(sa, old)) return undefined;
  const about = (offer: ChildOffer): About => ({ kind: 'rekeyChild', offer, old: spiIn, collision: undefined });
  const started = ask(sa, old.policy, { group, groupsTried, replaces: old }, about, env);
  return started.request ? { ...started, sa: withStatus(started.sa, spiIn, 'rekeying') } : started;
}

function ask(
  sa: Established,
  policy: ChildPolicy,
  options: Pick<OfferOptions, 'first' | 'pairOnly' | 'group' | 'groupsTried' | 'replaces'>,
  about: (offer: ChildOffer) => About,
  env: IkeEnv,
): StartedChild {
  const Ni = new Uint8Array(nonceLength);
  env.random(Ni);
  const offered = attempt(() => offerChild(sa, policy, env, { ...options, exchange: 'CREATE_CHILD_SA', Ni }));
  if (offered instanceof IpsecError) return { sa, actions: [{ type: 'childFailed', policy: policy.name, error: offered }] };
  const { offer, payloads } = offered;
  return { sa, request: { exchange: 'CREATE_CHILD_SA', about: about(offer), payloads }, actions: [] };
}

/** How many Child SAs there are; those that have a successor, or are on their way out, do not count. */
export function countChildren({ children }: Pick<Established, 'children'>): number {
  return children.filter(({ status }) => status === 'active' || status === 'rekeying').length;
}

/** Our request to replace a Child SA, where it is under way. */
export function findOwnRekey(
  { windows }: Pick<Established, 'windows'>,
  { spiIn }: ChildSa,
): Extract<About, { kind: 'rekeyChild' }> | undefined {
  for (const { about } of windows.outstanding) if (about.kind === 'rekeyChild' && about.old === spiIn) return about;
  return undefined;
}

/** The IKE SA with another status of one of its Child SAs; one that we are deleting stays so. */
export function withStatus<Sa extends Pick<Established, 'children'>>(sa: Sa, spiIn: number, status: ChildSa['status']): Sa {
  return {
    ...sa,
    children: sa.children.map((child) => (child.spiIn === spiIn && child.status !== 'deleting' ? { ...child, status } : child)),
  };
}
