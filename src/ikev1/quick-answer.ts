/**
 * The initiator reads what the responder chose in Quick Mode.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { ChosenChild } from '../keying/proposal-types.js';
import type { PayloadOfType } from './payload-cases.js';
import { settleLifetimes } from './quick-lifetime.js';
import { bundledAh, findRows, type ReadQuick, readQuick } from './quick-transforms.js';
import type { ChosenQuick, QuickOffer } from './quick-types.js';
import { cpiOf, type QuickUnit, spiOf, unitsOf } from './quick-unit.js';
import { meaningOf, phase2Comparison } from './sa-compare.js';
import { formatProposals } from './sa-format.js';
import type { Proposal, Transform } from './sa-payload.js';

/**
 * Reads the SA payload of the answer. RFC 2408 section 4.2: "Each of the Proposal payloads MUST contain a single Transform payload associated with the Protocol." "The
 * initiator MUST verify that the Security Association payload received from the responder matches one of the proposals sent initially." It is found by what it says;
 * the numbers, which a responder "SHOULD retain", decide nothing. A lifetime that is the default may be said or not.
 *
 * @param offer what was asked for.
 * @throws IpsecError `no-proposal-chosen`: what came back is not one of the suites that were offered, whole and unchanged.
 */
export function readQuickAnswer(answer: PayloadOfType<'SA'>, offer: Pick<QuickOffer, 'policy' | 'sa' | 'keyExchange'>): ChosenQuick {
  const { policy, sa, keyExchange } = offer;
  const units = unitsOf(answer);
  const [unit] = units;
  if (units.length !== 1 || unit === undefined) throw refuse(sa, formatProposals(answer.proposals));
  if (typeof unit === 'string') throw refuse(sa, unit);
  const several = unit.proposals.find(({ transforms }) => transforms.length !== 1);
  if (several !== undefined) throw refuse(sa, `${several.transforms.length} transforms for ${several.protocol}`);
  const offered = unitsOf(sa).find((own): own is QuickUnit => typeof own !== 'string' && isAnswer(unit, own));
  if (offered === undefined) throw refuse(sa, formatProposals(answer.proposals));

  const options = { publicLength: keyExchange?.row.publicLength };
  const rowsOf = (proposal: Proposal, protocol: 'ESP' | 'AH', records: typeof policy.proposals): [ReadQuick, ChosenChild] => {
    const read = readQuick(proposal.transforms[0]!);
    const found = typeof read === 'string' ? undefined : findRows(records, protocol, read, options);
    if (typeof read === 'string' || found === undefined) throw refuse(sa, formatProposals([proposal]));
    return [read, found.suite];
  };
  const [read, suite] = rowsOf(unit.main, unit.main.protocol, policy.proposals);
  const ah = unit.ah && rowsOf(unit.ah, 'AH', bundledAh(policy));
  const lifetimes = [...read.values.lifetimes, ...(ah?.[0].values.lifetimes ?? [])];
  return {
    policy,
    suite,
    mode: read.encapsulation?.mode ?? policy.mode,
    udp: read.encapsulation?.udp,
    spiOut: spiOf(unit.main)!,
    ah: ah && { suite: ah[1], spiOut: spiOf(unit.ah)! },
    cpiOut: unit.ipcomp && cpiOf(unit.ipcomp),
    group: suite.keyExchange,
    lifetimes: settleLifetimes(lifetimes, policy.hardLifetime, 'initiator'),
  };
}

/** Whether every protocol of one unit, and no other, stands in the other with a transform that says the same. */
function isAnswer(answered: QuickUnit, offered: QuickUnit): boolean {
  return (
    answered.proposals.length === offered.proposals.length &&
    answered.proposals.every((proposal) => {
      const own = offered.proposals.find(({ protocol }) => protocol === proposal.protocol);
      return own?.transforms.some((transform) => isSame(transform, proposal.transforms[0]!)) === true;
    })
  );
}

function isSame(a: Transform, b: Transform): boolean {
  const meaning = meaningOf(a, phase2Comparison);
  return meaning !== undefined && meaning === meaningOf(b, phase2Comparison);
}

function refuse({ proposals }: PayloadOfType<'SA'>, found: string): IpsecError {
  return new IpsecError('no-proposal-chosen', "the peer's choice among our proposals", {
    expected: `one of ${formatProposals(proposals)}`,
    found,
  });
}
