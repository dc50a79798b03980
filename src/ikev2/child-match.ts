/**
 * Which policy of ours a request for a Child SA meets, and how much of it: RFC 7296 sections 2.9, 2.9.2 and 2.23.1.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { TrafficSelector, TrafficSelectorPair } from '../traffic-selector.js';
import { selectorsInUse } from './child-offer.js';
import { passingNat, proposalInUse, refuseAh } from './child-proposals.js';
import {
  authorizeRemote,
  coversAll,
  formatPair,
  narrowPair,
  type NarrowedSelectors,
  narrowToPair,
  onlyAddress,
  refuseSelectors,
  resolveSelectors,
  substituteAddress,
} from '../keying/selectors.js';
import type { ChildContext } from './child-types.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { Payload, PayloadOfType } from './payload-cases.js';
import { payloadOf } from './pick.js';
import { type Choice, chooseChildProposal, type ChildProposal, type ChosenChild, explainProposals } from './proposal.js';
import type { ChildSa } from './states.js';

/** What is asked for, besides what the payloads say. */
interface MatchOptions {
  /** Whether groups may be negotiated: in CREATE_CHILD_SA. */
  readonly keyExchange: boolean;
  /** Whether USE_TRANSPORT_MODE is there. */
  readonly wantsTransport: boolean;
  /** The Child SA to be replaced. */
  readonly replaces: ChildSa | undefined;
}

/** What comes of it. */
interface MatchedPolicy {
  readonly policy: ChildPolicy;
  readonly mode: ChildSa['mode'];
  readonly choice: Choice<ChosenChild>;
  /** As narrowed. */
  readonly selectors: TrafficSelectorPair;
  /** Whether others would have been acceptable too, in a Child SA of their own. */
  readonly hasMore: boolean;
  /** The addresses of the selectors as they came, for transport mode behind NATs. */
  readonly original: ChildSa['original'];
}

interface Variant {
  readonly policy: ChildPolicy;
  readonly mode: ChildSa['mode'];
}

/** A request held against a policy. */
interface Trial extends Variant {
  /** What the policy would take. */
  readonly acceptable: TrafficSelectorPair;
  /** What both have in common. */
  readonly common: NarrowedSelectors | undefined;
  /** `common`, or its first pair where the policy wants pairs. */
  readonly selectors: TrafficSelectorPair | undefined;
  readonly choice: Choice<ChosenChild> | undefined;
  /** Why the peer may not have it all. */
  readonly why: string | undefined;
}

/**
 * Finds the policy. The first one with the mode that is asked for counts, then the first one for which tunnel mode will do; but one that holds the first
 * selectors comes before one that does not. RFC 7296 section 2.9: "If the responder's policy allows it to accept the first selector of TSi and TSr, then the
 * responder MUST narrow the Traffic Selectors to a subset that includes the initiator's first choices."
 *
 * @throws IpsecError `no-additional-sas`: there is no policy; `no-proposal-chosen`, `ts-unacceptable`, `single-pair-required`.
 */
export function matchPolicy(context: ChildContext, payloads: readonly Payload[], options: MatchOptions): MatchedPolicy {
  const { replaces, wantsTransport } = options;
  const offered: TrafficSelectorPair = {
    local: knownSelectors(payloadOf(payloads, 'TSr')),
    remote: knownSelectors(payloadOf(payloads, 'TSi')),
  };
  const seen = wantsTransport ? substitute(context, offered) : undefined;
  const policies = replaces ? [replaces.policy] : context.connection.children;
  const variants: Variant[] = [
    ...(seen ? policies.filter(({ mode }) => mode === 'transport').map((policy) => ({ policy, mode: 'transport' as const })) : []),
    ...policies.filter(({ mode }) => mode === 'tunnel').map((policy) => ({ policy, mode: 'tunnel' as const })),
    ...policies
      .filter(({ mode, requireMode }) => mode === 'transport' && requireMode === false)
      .map((policy) => ({ policy, mode: 'tunnel' as const })),
  ];
  const { proposals } = payloadOf(payloads, 'SA');
  // RFC 7296 section 2.23.1: "then the server MAY undo the address substitution and redo the SPD lookup using the original Traffic Selectors."
  const trials = variants.map((variant) =>
    tryVariant(context, variant, variant.mode === 'transport' && seen ? seen : offered, proposals, options),
  );
  const fitting = trials.filter((trial): trial is Matching => trial.choice !== undefined && trial.selectors !== undefined);
  const best = fitting.find(({ common }) => common.hasFirst) ?? fitting[0];
  if (!best) throw refusal(context, offered, proposals, trials, options);
  const { policy, mode, choice, selectors } = best;
  return {
    policy,
    mode,
    choice,
    selectors,
    hasMore: !replaces && hasMore(best, fitting),
    original: mode === 'transport' ? originalOf(context, offered) : undefined,
  };
}

type Matching = Trial & {
  readonly common: NarrowedSelectors;
  readonly selectors: TrafficSelectorPair;
  readonly choice: Choice<ChosenChild>;
};

/**
 * RFC 7296 section 2.9: "If the type of Traffic Selector proposed is unknown, the responder ignores that Traffic Selector, so that the unknown type is not
 * returned in the narrowed set."
 */
export function knownSelectors({ selectors }: PayloadOfType<'TSi'> | PayloadOfType<'TSr'>): TrafficSelector[] {
  return selectors.filter((selector): selector is TrafficSelector => 'addresses' in selector);
}

/**
 * RFC 7296 section 2.23.1: "If the client is behind a NAT, substitute the IP address in the TSi entries with the remote address of the IKE SA." "If the server is
 * behind a NAT, substitute the IP address in the TSr entries with the local address of the IKE SA."
 *
 * @returns undefined: the selectors have not "exactly one IP address", so that transport mode is out of the question.
 */
export function substitute({ nat, path }: ChildContext, { local, remote }: TrafficSelectorPair): TrafficSelectorPair | undefined {
  if (!onlyAddress(local) || !onlyAddress(remote)) return undefined;
  return {
    local: nat.local ? substituteAddress(local, path.local.address) : local,
    remote: nat.remote ? substituteAddress(remote, path.remote.address) : remote,
  };
}

/** RFC 7296 section 2.23.1: "Store the original Traffic Selector IP addresses as received source and destination address". */
export function originalOf({ nat }: ChildContext, received: TrafficSelectorPair): ChildSa['original'] {
  const local = onlyAddress(received.local);
  const remote = onlyAddress(received.remote);
  return (nat.local || nat.remote) && local && remote ? { local, remote } : undefined;
}

function tryVariant(
  context: ChildContext,
  { policy, mode }: Variant,
  offered: TrafficSelectorPair,
  proposals: PayloadOfType<'SA'>['proposals'],
  { keyExchange, replaces }: MatchOptions,
): Trial {
  const own = resolveSelectors(context, policy, mode);
  const inUse = replaces && selectorsInUse(context, replaces);
  const acceptable = inUse ? { local: [...inUse.local, ...own.local], remote: [...inUse.remote, ...own.remote] } : own;
  const { allowed, why } = authorizeRemote(context, offered.remote);
  const narrowed = narrowPair({ local: offered.local, remote: allowed.slice(0, 255) }, acceptable);
  const common = narrowed && why !== undefined ? restricted(narrowed, offered) : narrowed;
  const choice = chooseChildProposal(proposals, acceptableProposals(context, policy, replaces), { keyExchange });
  const trial = { policy, mode, acceptable, common, choice };
  // RFC 7296 section 2.9.2: "The responder MUST NOT narrow down the Traffic Selectors narrower than the scope currently in use."
  if (common && inUse && !(coversAll(common.local, inUse.local) && coversAll(common.remote, inUse.remote)))
    return { ...trial, selectors: undefined, why: 'the request is for less than the Child SA that it is to replace' };
  return { ...trial, selectors: common && policy.singlePair === true ? narrowToPair(common) : common, why };
}

/** The PAD took something away. */
function restricted(narrowed: NarrowedSelectors, { remote }: TrafficSelectorPair): NarrowedSelectors {
  return { ...narrowed, isWhole: false, hasFirst: narrowed.hasFirst && coversAll(narrowed.remote, remote.slice(0, 1)) };
}

/** At a rekey the algorithms in use come first. */
function acceptableProposals({ nat }: ChildContext, policy: ChildPolicy, replaces: ChildSa | undefined): readonly ChildProposal[] {
  const inUse = replaces && proposalInUse(policy, replaces);
  return passingNat(inUse ? [inUse, ...policy.proposals] : policy.proposals, nat);
}

/**
 * RFC 7296 section 2.9: "The ADDITIONAL_TS_POSSIBLE notification asserts that the responder narrowed the proposed Traffic Selectors but that other Traffic Selectors
 * would also have been acceptable, though only in a separate SA."
 */
function hasMore({ selectors }: Matching, fitting: readonly Matching[]): boolean {
  return fitting.some(({ common }) => !coversAll(selectors.local, common.local) || !coversAll(selectors.remote, common.remote));
}

function refusal(
  context: ChildContext,
  offered: TrafficSelectorPair,
  proposals: PayloadOfType<'SA'>['proposals'],
  trials: readonly Trial[],
  { keyExchange, replaces, wantsTransport }: MatchOptions,
): IpsecError {
  const { name, children } = context.connection;
  if (children.length === 0 && !replaces)
    return new IpsecError('no-additional-sas', `a Child SA of connection ${name}`, {
      expected: 'none: there is no policy for one',
      found: 'a request',
    });
  if (trials.length === 0)
    return new IpsecError('no-proposal-chosen', `a Child SA of connection ${name}`, {
      expected: 'transport mode, between the addresses of the IKE SA',
      found: wantsTransport ? 'transport mode, but for several addresses' : 'tunnel mode',
    });
  const proposed = trials.filter(({ selectors }) => selectors !== undefined);
  if (proposed.length > 0) {
    const acceptable = proposed.flatMap(({ policy }) => acceptableProposals(context, policy, replaces));
    if (acceptable.length === 0 && proposed[0]!.policy.proposals.length > 0) return refuseAh(proposed[0]!.policy);
    return new IpsecError(
      'no-proposal-chosen',
      `a Child SA of connection ${name}: ${explainProposals(proposals, acceptable, { keyExchange })}`,
    );
  }
  // RFC 7296 section 2.9: "it would have to make a guess or reject the request with a SINGLE_PAIR_REQUIRED Notify message."
  const pairs = trials.find(({ common, policy, why }) => common !== undefined && policy.singlePair === true && why === undefined);
  if (pairs)
    return new IpsecError('single-pair-required', `Child SA policy ${pairs.policy.name}`, {
      expected: 'traffic selectors that begin with one address each',
      found: formatPair(offered),
    });
  return refuseSelectors(
    offered,
    trials.map(({ acceptable }) => acceptable),
    trials.find(({ why }) => why !== undefined)?.why,
  );
}
