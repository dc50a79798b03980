/**
 * A Child SA is asked for: RFC 7296 sections 1.2, 1.3.1, 1.3.3 and 2.9.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { narrowSelectors, type TrafficSelectorPair } from '../traffic-selector.js';
import { attempt } from '../keying/attempt.js';
import { encodeExtras, encodeSpi } from './child-notify.js';
import { firstGroup, passingNat, proposalInUse, refuseAh } from './child-proposals.js';
import { authorizeRemote, formatPair, narrowPair, narrowToPair, resolveSelectors, substituteAddress } from '../keying/selectors.js';
import type { ChildContext, OfferedChild, OfferOptions } from './child-types.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { IkeEnv } from './events.js';
import { createNotify } from './notify-data.js';
import type { Payload } from './payload-cases.js';
import { encodeChildProposals } from './proposal.js';
import type { ChildOffer, ChildSa } from './states.js';

/**
 * Asks for a Child SA. The payloads stand in the order of RFC 7296 appendix C.4; in IKE_AUTH there is neither Nonce nor KE.
 *
 * @param policy what it is to be; at a rekey that of the old one.
 * @throws IpsecError `ts-unacceptable`: the policy's selectors come to nothing here; `single-pair-required`: the policy needs a packet; `invalid-config`
 * and others of `encodeChildProposals`; `no-proposal-chosen`: there is nothing but AH, and a NAT; `spi-exhausted`. Nothing is reserved then.
 */
export function offerChild(context: ChildContext, policy: ChildPolicy, env: IkeEnv, options: OfferOptions): OfferedChild {
  const { exchange, Ni, replaces, group, groupsTried = [] } = options;
  const keyExchange = exchange === 'CREATE_CHILD_SA';
  const inUse = replaces && proposalInUse(policy, replaces);
  const proposals = passingNat(inUse ? [inUse] : policy.proposals, context.nat);
  if (proposals.length === 0 && policy.proposals.length > 0) throw refuseAh(policy);
  const mode = replaces?.mode ?? policy.mode;
  const { local, remote } = replaces ? selectorsInUse(context, replaces) : selectorsOf(context, policy, options);
  const row = keyExchange ? firstGroup(proposals, group ?? replaces?.suite.keyExchange?.id) : undefined;

  let reserved: number | undefined;
  const sa: Payload = {
    type: 'SA',
    proposals: encodeChildProposals(proposals, () => encodeSpi((reserved ??= env.allocateSpi())), { keyExchange }),
  };
  const spi = reserved!;
  const cpi = policy.ipcomp === true ? allocateCpi(env) : undefined;
  const ke = row && { row, exchange: row.generate(env.random) };
  const offer: ChildOffer = {
    policy,
    proposals,
    spi,
    cpi,
    local,
    remote,
    Ni,
    keyExchange: ke,
    groupsTried: row ? [...groupsTried, row.id] : groupsTried,
  };
  const extras = {
    cpi,
    transport: mode === 'transport',
    takesTfc: policy.tfcPadding !== false || proposals.every(({ protocol }) => protocol === 'AH'),
    nonFirstFragments: policy.nonFirstFragments === true,
  };
  const payloads: Payload[] = [
    ...(replaces ? [rekeyNotify(replaces)] : []),
    ...encodeExtras(extras),
    sa,
    ...(keyExchange ? [{ type: 'Nonce' as const, data: Ni }] : []),
    ...(ke ? [{ type: 'KE' as const, method: ke.row.id, data: ke.exchange.publicValue }] : []),
    { type: 'TSi', selectors: local },
    { type: 'TSr', selectors: remote },
  ];
  return { offer, payloads };
}

/**
 * RFC 7296 section 1.3.3: "The SA being rekeyed is identified by the SPI field in the Notify payload; this is the SPI the exchange initiator would expect in
 * inbound ESP or AH packets."
 */
function rekeyNotify({ suite, spiIn }: ChildSa): Payload {
  return createNotify('REKEY_SA', undefined, { protocol: suite.protocol, spi: encodeSpi(spiIn) });
}

/** A CPI, where there is one left: without it the Child SA has no IPComp. */
export function allocateCpi(env: IkeEnv): number | undefined {
  const cpi = attempt(() => env.allocateCpi());
  return cpi instanceof IpsecError ? undefined : cpi;
}

/**
 * RFC 7296 section 2.9.2: "When the initiator attempts to rekey the Child SA, the proposed Traffic Selectors SHOULD be either the same as, or a superset of, the
 * Traffic Selectors used in the old Child SA." The addresses of transport mode are those of the IKE SA, which may have moved.
 */
export function selectorsInUse({ path }: ChildContext, { local, remote, mode }: ChildSa): TrafficSelectorPair {
  if (mode === 'tunnel') return { local, remote };
  return { local: substituteAddress(local, path.local.address), remote: substituteAddress(remote, path.remote.address) };
}

/**
 * RFC 7296 section 2.9: "if the initiator has requested the SA due to a data packet, the initiator SHOULD include as the first Traffic Selector in each of TSi
 * and TSr a very specific Traffic Selector including the addresses in the packet triggering the request."
 */
function selectorsOf(context: ChildContext, policy: ChildPolicy, { first, pairOnly }: OfferOptions): TrafficSelectorPair {
  const resolved = resolveSelectors(context, policy, policy.mode);
  const { allowed, why } = resolved.remote.length > 0 ? authorizeRemote(context, resolved.remote) : { allowed: [], why: undefined };
  const whole = narrowPair({ local: resolved.local, remote: allowed }, { local: resolved.local, remote: allowed });
  if (!whole)
    throw new IpsecError('ts-unacceptable', `the selectors of Child SA policy ${policy.name}${why === undefined ? '' : `: ${why}`}`, {
      expected:
        policy.mode === 'transport'
          ? 'selectors that hold the addresses of the IKE SA, for transport mode'
          : 'selectors for some traffic that the peer may have',
      found: formatPair(resolved),
    });
  // RFC 7296 section 2.9.1: "the initiator needs to avoid proposing Traffic Selectors that violate its own policy."
  const fits = first && narrowPair({ local: [first[0]], remote: [first[1]] }, whole);
  const all = fits
    ? {
        local: narrowSelectors([...fits.local, ...whole.local], whole.local),
        remote: narrowSelectors([...fits.remote, ...whole.remote], whole.remote),
      }
    : whole;
  if (policy.singlePair !== true && pairOnly !== true) return { local: all.local.slice(0, 255), remote: all.remote.slice(0, 255) };
  const pair = narrowToPair(all);
  const isPair = pair && (fits !== undefined || narrowPair(all, pair)?.isWhole === true);
  if (isPair) return pair;
  throw new IpsecError('single-pair-required', `Child SA policy ${policy.name}`, {
    expected: 'a packet, whose addresses say which pair the Child SA is for',
    found: formatPair(all),
  });
}

/** Whether an offer begins with a pair of addresses, and goes beyond it. */
export function hasPairInFront({ local, remote }: Pick<ChildOffer, 'local' | 'remote'>): boolean {
  const pair = narrowToPair({ local, remote });
  return pair !== undefined && narrowPair({ local, remote }, pair)?.isWhole === false;
}
