/**
 * The responder's choice in Quick Mode: by our own order of preference, never by the peer's.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { attempt } from '../keying/attempt.js';
import type { ChildPolicy } from '../keying/connection.js';
import { decodePhase2Attributes, type Lifetime } from './attributes.js';
import type { PayloadOfType } from './payload-cases.js';
import { isBefore } from './phase1-transforms.js';
import { type Encapsulation, readEncapsulation } from './quick-encapsulation.js';
import { settleLifetimes } from './quick-lifetime.js';
import { encodeCpi } from './quick-sa.js';
import { encodeSpi } from './quick-spi.js';
import { bundledAh, findRows, type Found, type Ranks, type ReadQuick, readQuick } from './quick-transforms.js';
import type { ChosenQuick, QuickChoice, QuickChooseOptions } from './quick-types.js';
import { cpiOf, type QuickUnit, spiOf, unitsOf } from './quick-unit.js';
import type { Phase2Attribute, Proposal, Transform } from './sa-payload.js';

/** One way to take a unit. */
interface Fit {
  readonly unit: QuickUnit;
  /** The chosen transforms, by protocol. */
  readonly main: Taken;
  readonly ah: Taken | undefined;
  readonly ipcomp: { readonly transform: Transform; readonly lifetimes: readonly Lifetime[] } | undefined;
  readonly mode: Encapsulation['mode'];
  readonly ranks: Ranks;
}

/** A transform of ESP or AH with its rows. */
interface Taken extends Found {
  readonly read: ReadQuick;
}

/**
 * Chooses from one SA payload of the initiator: the first mode, record, cipher, integrity algorithm, group and kind of sequence numbers of ours that some proposal
 * satisfies. Proposals of one number are taken together, or not at all; of equals that with IPComp is preferred, and then the earlier.
 *
 * RFC 2409 section 5: "Responders MUST NOT modify attributes of any offer, attribute encoding excepted (see Appendix A)."
 *
 * @returns undefined: nothing suits the policy; `explainQuick` says why.
 * @throws IpsecError `no-proposal-chosen`, blame `peer`: attributes for which RFC 2407 section 4.5.2 and RFC 4304 section 3 want the whole negotiation aborted.
 */
export function chooseQuick(sa: PayloadOfType<'SA'>, policy: ChildPolicy, options: QuickChooseOptions): QuickChoice | undefined {
  let best: Fit | undefined;
  for (const unit of unitsOf(sa)) {
    if (typeof unit === 'string') continue;
    abortWhereAsked(unit);
    const fit = takeUnit(unit, policy, options);
    if (fit && (!best || isBefore(fit.ranks, best.ranks))) best = fit;
  }
  if (best === undefined) return undefined;
  const { unit, main, ah, ipcomp } = best;
  const said = [...main.read.values.lifetimes, ...(ah?.read.values.lifetimes ?? []), ...(ipcomp?.lifetimes ?? [])];
  const chosen: ChosenQuick = {
    policy,
    suite: main.suite,
    mode: best.mode,
    udp: main.read.encapsulation?.udp,
    spiOut: spiOf(unit.main)!,
    ah: ah && { suite: ah.suite, spiOut: spiOf(unit.ah!)! },
    cpiOut: ipcomp && cpiOf(unit.ipcomp!),
    group: main.suite.keyExchange,
    lifetimes: settleLifetimes(said, policy.hardLifetime, 'responder'),
  };
  const taken = new Map<Proposal, Transform>([[unit.main, main.read.transform]]);
  if (ah) taken.set(unit.ah!, ah.read.transform);
  if (ipcomp) taken.set(unit.ipcomp!, ipcomp.transform);
  const answer: QuickChoice['answer'] = (spi, cpi) => ({
    type: 'SA',
    doi: sa.doi,
    situation: sa.situation,
    proposals: unit.proposals.map((proposal) => {
      const own = proposal.protocol === 'IPCOMP' ? encodeCpi(cpi ?? 0) : encodeSpi(spi);
      return { proposalNum: proposal.proposalNum, protocol: proposal.protocol, spi: own, transforms: [taken.get(proposal)!] } as Proposal;
    }),
  });
  return { ...chosen, answer };
}

/**
 * RFC 2407 section 4.5.2: "If conflicting attributes are detected, an ATTRIBUTES-NOT-SUPPORTED Notification Payload SHOULD be returned and the security association setup
 * MUST be aborted." RFC 4304 section 3: "If an implementation receives any attribute value but the value for 64-bit sequence numbers, the security association setup
 * MUST be aborted."
 */
function abortWhereAsked({ proposals }: QuickUnit): void {
  for (const { proposalNum, protocol, transforms } of proposals) {
    if (protocol === 'IPCOMP') continue;
    for (const { transformNum, attributes } of transforms) {
      const values = attempt(() => decodePhase2Attributes(attributes as readonly Phase2Attribute[]));
      const esn = values instanceof IpsecError ? undefined : values.esn;
      if (!(values instanceof IpsecError) && (esn === undefined || esn === 1)) continue;
      throw new IpsecError('no-proposal-chosen', `transform ${transformNum} of proposal ${proposalNum}`, {
        expected: 'attributes that do not contradict each other; of sequence numbers the value 1',
        found: values instanceof IpsecError ? values.message : `sequence numbers ${esn}`,
      });
    }
  }
}

/** The best that a policy can make of a unit. */
function takeUnit(unit: QuickUnit, policy: ChildPolicy, options: QuickChooseOptions): Fit | undefined {
  const bundle = policy.ah !== undefined && policy.ah.length > 0;
  const isWanted = bundle ? unit.ah !== undefined : unit.ah === undefined;
  // RFC 3948 section 1 has ESP alone go through NATs
  const hasAh = unit.ah !== undefined || unit.main.protocol === 'AH';
  if (!isWanted || (hasAh && options.udp !== undefined) || (unit.ipcomp !== undefined && policy.ipcomp !== true)) return undefined;
  const besides = unit.ah === undefined ? undefined : takeAll(unit.ah, 'AH', bundledAh(policy), options);
  let best: Fit | undefined;
  for (const main of takeAll(unit.main, unit.main.protocol, policy.proposals, options)) {
    const mode = main.read.encapsulation?.mode ?? policy.mode;
    const modeRank = modesOf(policy).indexOf(mode);
    if (modeRank < 0 || (main.read.encapsulation?.udp === undefined) !== (options.udp === undefined)) continue;
    const front = [modeRank, ...main.ranks];
    if (best && !isBefore(front, best.ranks)) continue;
    const ah = besides?.find((one) => goesWith(one.read, main.read, mode));
    const ipcomp = unit.ipcomp && takeIpcomp(unit.ipcomp, mode);
    if ((besides && !ah) || (unit.ipcomp && !ipcomp)) continue;
    best = { unit, main, ah, ipcomp, mode, ranks: [...front, ...(ah?.ranks ?? []), unit.ipcomp ? 0 : 1] };
  }
  return best;
}

/** The modes that a policy takes, best first. */
export function modesOf({ mode, requireMode }: ChildPolicy): readonly Encapsulation['mode'][] {
  return mode === 'transport' && requireMode === false ? ['transport', 'tunnel'] : [mode];
}

/** Every transform that we have rows for; best first. Of several with one number the first counts, so that the answer says which. */
function takeAll(
  { transforms }: Proposal,
  protocol: 'ESP' | 'AH',
  records: ChildPolicy['proposals'],
  { publicLength }: QuickChooseOptions,
): readonly Taken[] {
  const numbers = new Set<number>();
  const all: Taken[] = [];
  for (const transform of transforms) {
    if (numbers.has(transform.transformNum)) continue;
    numbers.add(transform.transformNum);
    const read = readQuick(transform);
    const found = typeof read === 'string' ? undefined : findRows(records, protocol, read, { publicLength });
    if (typeof read !== 'string' && found) all.push({ read, ...found });
  }
  return all.sort((a, b) => (isBefore(a.ranks, b.ranks) ? -1 : isBefore(b.ranks, a.ranks) ? 1 : 0));
}

/** RFC 2409 section 5.5: "All offers made during a Quick Mode are logically related and must be consistant." AH around a tunnel of ESP may be said to be in transport mode. */
function goesWith(ah: ReadQuick, main: ReadQuick, mode: Encapsulation['mode']): boolean {
  const { encapsulation } = ah;
  const isSameMode = encapsulation === undefined || encapsulation.mode === mode || encapsulation.mode === 'transport';
  return isSameMode && encapsulation?.udp === undefined && ah.values.group === main.values.group;
}

/**
 * The transform of IPComp that we have. RFC 3173 section 4.1: "If the Encapsulation Mode is unspecified, the default value of Transport Mode is assumed." "An IPComp
 * proposal MUST NOT be rejected because it does not include attributes of other protocols in the Protection Suite that are not relevant to IPComp. When an IPComp
 * proposal includes such attributes, those attributes MUST be ignored when setting the IPCA".
 */
export function takeIpcomp({ transforms }: Proposal, mode: Encapsulation['mode']): Fit['ipcomp'] {
  for (const transform of transforms) {
    if (transform.id !== 'IPCOMP_DEFLATE') continue;
    const values = attempt(() => decodePhase2Attributes(transform.attributes as readonly Phase2Attribute[]));
    if (values instanceof IpsecError) continue;
    const own = values.encapsulation === undefined ? 'transport' : readEncapsulation(values.encapsulation)?.mode;
    if (own === mode) return { transform, lifetimes: values.lifetimes };
  }
  return undefined;
}
