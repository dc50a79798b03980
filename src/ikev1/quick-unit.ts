/**
 * The proposals of one number, which are wanted together or not at all.
 *
 * @module
 */
import { readU16, readU32 } from '../bytes.js';
import type { PayloadOfType } from './payload-cases.js';
import { groupProposals, type Proposal, SIT_IDENTITY_ONLY } from './sa-payload.js';

/** Proposals of one number. RFC 2408 section 4.2: "These proposals MUST be considered as a unit". */
export interface QuickUnit {
  /** As they came. */
  readonly proposals: readonly Proposal[];
  /** ESP; AH where it stands alone. */
  readonly main: Proposal & { readonly protocol: 'ESP' | 'AH' };
  /** AH beside ESP. */
  readonly ah: Proposal | undefined;
  /** IPComp beside one of them. */
  readonly ipcomp: Proposal | undefined;
}

/**
 * No more units of an offer are looked at. RFC 2409 section 5: "conformant implementations MAY choose to limit the number of offers it will inspect for performance
 * reasons."
 */
const MOST = 64;

/** The units of an SA payload, each as it is or in words what makes it unacceptable. */
export function unitsOf({ doi, situation, proposals }: PayloadOfType<'SA'>): readonly (QuickUnit | string)[] {
  if (doi !== 'IPSEC') return [`the DOI is ${doi}`];
  if (situation !== SIT_IDENTITY_ONLY) return [`the situation is ${situation}`];
  const groups = groupProposals(proposals);
  const times = new Map<number, number>();
  for (const [first] of groups) times.set(first!.proposalNum, (times.get(first!.proposalNum) ?? 0) + 1);
  return groups.slice(0, MOST).map((group) => {
    const { proposalNum } = group[0]!;
    // RFC 2408 section 4.2: they "MUST NOT be separated by a proposal with a different proposal number": half of a unit is not what was offered
    if (times.get(proposalNum) !== 1) return `proposal ${proposalNum} comes in pieces`;
    return unitOf(group);
  });
}

function unitOf(proposals: readonly Proposal[]): QuickUnit | string {
  const of = (wanted: Proposal['protocol']): Proposal | undefined => proposals.find(({ protocol }) => protocol === wanted);
  const { proposalNum } = proposals[0]!;
  const esp = of('ESP');
  const ah = of('AH');
  const ipcomp = of('IPCOMP');
  const main = esp ?? ah;
  if (main === undefined) return `proposal ${proposalNum} is for neither ESP nor AH`;
  const beside = esp && ah;
  if (proposals.length !== [main, beside, ipcomp].filter((one) => one !== undefined).length)
    return `proposal ${proposalNum} has more than ESP, AH and IPComp once each`;
  const wrong = [main, beside].find((one) => one !== undefined && spiOf(one) === undefined);
  if (wrong !== undefined) return `proposal ${proposalNum} has no SPI of 4 octets, 256 or more, for ${wrong.protocol}`;
  if (ipcomp !== undefined && cpiOf(ipcomp) === undefined) return `proposal ${proposalNum} has no CPI`;
  return { proposals, main: main as QuickUnit['main'], ah: beside, ipcomp };
}

/** The SPI of ESP or AH. RFC 4303 section 2.1: the values 1 to 255 are reserved, and 0 is for local use. */
export function spiOf({ spi }: Proposal): number | undefined {
  const value = spi.length === 4 ? readU32(spi, 0) : 0;
  return value < 256 ? undefined : value;
}

/** What RFC 2394 has for DEFLATE: a CPI that is known without negotiation. */
const deflate = 2;

/**
 * The CPI of IPComp. RFC 3173 section 4.1: "The receiving node MUST be able to process both forms of the CPI proposal": two octets, or four of which "the two most
 * significant octets" "MUST be ignored by the receiving node". It is negotiated (256 to 61,439), or that of the algorithm.
 */
export function cpiOf({ spi }: Proposal): number | undefined {
  if (spi.length !== 2 && spi.length !== 4) return undefined;
  const cpi = readU16(spi, spi.length - 2);
  return cpi === deflate || (cpi >= 256 && cpi <= 61_439) ? cpi : undefined;
}
