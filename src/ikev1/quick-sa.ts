/**
 * From a policy to the SA payload of Quick Mode: RFC 2407 sections 4.4 and 4.5, RFC 2408 section 4.2, RFC 2409 section 5.5.
 *
 * @module
 */
import { writeU16 } from '../bytes.js';
import { IpsecError } from '../errors.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { ChildProposal, ChosenChild } from '../keying/proposal-types.js';
import type { KeyExchangeRow } from '../suite/types-ike.js';
import { encodePhase2Attributes, type Phase2Values } from './attributes.js';
import type { PayloadOfType } from './payload-cases.js';
import { encapsulationName } from './quick-encapsulation.js';
import { lifetimesOf } from './quick-lifetime.js';
import { encodeSpi } from './quick-spi.js';
import { ahAlgorithms, type Algorithms, espAlgorithms } from './quick-transforms.js';
import type { QuickOfferOptions } from './quick-types.js';
import { type Proposal, SIT_IDENTITY_ONLY, type Transform } from './sa-payload.js';

/** Proposal #, Transform # and # of Transforms are octets. */
const MOST = 255;

/**
 * Groups that an offer may be made with, best first; undefined stands for "without PFS". An offer has one KE payload, and so one of them.
 *
 * @returns at least one.
 */
export function quickGroups({ proposals }: ChildPolicy): readonly (KeyExchangeRow | undefined)[] {
  const all = proposals.flatMap(({ keyExchange }): readonly (KeyExchangeRow | undefined)[] =>
    keyExchange.length === 0 ? [undefined] : keyExchange.map((row) => (row === 'none' ? undefined : row)),
  );
  return all.filter((row, i) => all.findIndex((other) => other?.id === row?.id) === i);
}

/**
 * The SA payload of an offer. Each transform is a whole suite, the most preferred first. RFC 2409 section 5.5: "if a KE payload is sent, the attribute describing the
 * Diffie-Hellman group (see section 6.1 and [Pip97]) MUST be included in every transform of every proposal of every SA being negotiated." What does not go with the
 * group is left out.
 *
 * With `policy.ah` every ESP proposal has one of AH under its own number. With a CPI every proposal is there twice: with IPComp, and without it for a peer that has
 * none.
 *
 * @throws IpsecError `invalid-config`: there is nothing to offer, or too much; `no-proposal-chosen`, blame `caller`: nothing but AH, and a NAT.
 */
export function encodeQuickOffer(policy: ChildPolicy, options: QuickOfferOptions): PayloadOfType<'SA'> {
  const { udp, cpi } = options;
  const bundle = policy.ah !== undefined && policy.ah.length > 0;
  const records = narrowed(policy.proposals, options.replaces?.suite);
  const passing = records.filter(({ protocol }) => (udp === undefined && !bundle) || protocol === 'ESP');
  if (udp !== undefined && (bundle || (passing.length === 0 && records.length > 0))) throw refuseAh(policy);
  const mode = options.replaces?.mode ?? policy.mode;
  const common: Common = {
    encapsulation: encapsulationName(mode, udp),
    lifetimes: lifetimesOf(policy.hardLifetime),
    group: options.group?.id,
  };
  const ah = bundle ? narrowed(policy.ah, options.replaces?.ah?.suite).filter(({ protocol }) => protocol === 'AH') : [];
  const ahTransforms = number(ah.flatMap((record) => transformsOf({ ...record, keyExchange: [] }, { ...common }, undefined)));
  if (bundle && ahTransforms.length === 0) throw refuseEmpty(policy, options);
  const proposals: Proposal[] = [];
  let proposalNum = 0;
  for (const run of runsOf(passing)) {
    const { protocol } = run[0]!;
    const transforms = number(run.flatMap((record) => transformsOf(record, common, options.group)));
    if (transforms.length === 0) continue;
    for (const withIpcomp of cpi === undefined ? [false] : [true, false]) {
      proposalNum++;
      proposals.push({ proposalNum, protocol, spi: encodeSpi(options.spi), transforms } as Proposal);
      if (bundle) proposals.push({ proposalNum, protocol: 'AH', spi: encodeSpi(options.spi), transforms: ahTransforms } as Proposal);
      if (withIpcomp) proposals.push(ipcompProposal(proposalNum, cpi!, common));
    }
  }
  if (proposals.length === 0) throw refuseEmpty(policy, options);
  if (proposalNum <= MOST && proposals.every(({ transforms }) => transforms.length <= MOST))
    return { type: 'SA', doi: 'IPSEC', situation: SIT_IDENTITY_ONLY, proposals };
  throw new IpsecError('invalid-config', `the proposals of Child SA policy ${policy.name}`, {
    expected: `at most ${MOST}, with at most ${MOST} transforms each`,
    found: 'more',
  });
}

/** RFC 3173 section 4.1: "The CPI SHOULD be sent as a 16-bit number, with the SPI size field set to 2." */
export function encodeCpi(cpi: number): Uint8Array {
  const octets = new Uint8Array(2);
  writeU16(octets, 0, cpi);
  return octets;
}

/** What all transforms of an offer have alike. */
type Common = Pick<Phase2Values, 'encapsulation' | 'lifetimes' | 'group'>;

/** RFC 2409 section 5.5: "All offers made during a Quick Mode are logically related and must be consistant." RFC 3173 section 4.1 leaves out what is not IPComp's. */
function ipcompProposal(proposalNum: number, cpi: number, { encapsulation, lifetimes }: Common): Proposal {
  const attributes = encodePhase2Attributes({ encapsulation, lifetimes, others: [] });
  return { proposalNum, protocol: 'IPCOMP', spi: encodeCpi(cpi), transforms: [{ transformNum: 1, id: 'IPCOMP_DEFLATE', attributes }] };
}

/** Everything that one record offers with a group, best first. */
function transformsOf(record: ChildProposal, common: Common, group: KeyExchangeRow | undefined): Omit<Transform, 'transformNum'>[] {
  if (!allows(record, group)) return [];
  const ciphers = record.encryption.flatMap((row) =>
    (row.kind === 'aead' ? [undefined] : record.integrity).map((integrity) => espAlgorithms(row, integrity)),
  );
  const suites: (Algorithms | undefined)[] = record.protocol === 'AH' ? record.integrity.map(ahAlgorithms) : ciphers;
  return suites.flatMap((suite) => (suite === undefined ? [] : record.esn.map((esn) => encodeTransform(suite, esn, common))));
}

/** RFC 4304 section 2: the attribute has one value, which is to have 64-bit sequence numbers; whoever does not want them leaves it out. */
function encodeTransform({ id, keyLength, authentication }: Algorithms, esn: boolean, common: Common): Omit<Transform, 'transformNum'> {
  return { id, attributes: encodePhase2Attributes({ keyLength, authentication, ...common, esn: esn ? 1 : undefined, others: [] }) };
}

function allows({ keyExchange }: ChildProposal, group: KeyExchangeRow | undefined): boolean {
  if (group === undefined) return keyExchange.length === 0 || keyExchange.includes('none');
  return keyExchange.some((row) => row !== 'none' && row.id === group.id);
}

/** Numbered from 1; rows of two engines may stand in one list. */
function number(transforms: readonly Omit<Transform, 'transformNum'>[]): Transform[] {
  const seen = new Set<string>();
  const distinct = transforms.filter((transform) => {
    const key = JSON.stringify(transform);
    return !seen.has(key) && seen.add(key);
  });
  return distinct.map((transform, i) => ({ transformNum: i + 1, ...transform }));
}

/** Records of one protocol that follow each other are one proposal. */
function runsOf(records: readonly ChildProposal[]): ChildProposal[][] {
  const runs: ChildProposal[][] = [];
  for (const record of records) {
    const last = runs.at(-1);
    if (last?.[0]?.protocol === record.protocol) last.push(record);
    else runs.push([record]);
  }
  return runs;
}

/** A Child SA that is replaced keeps its algorithms, where the policy still has them. */
function narrowed(records: readonly ChildProposal[], inUse: ChosenChild | undefined): readonly ChildProposal[] {
  if (inUse === undefined) return records;
  const { protocol, encryption, integrity, esn } = inUse;
  const found = records.filter(
    (record) =>
      record.protocol === protocol &&
      (!encryption || record.encryption.some(({ id, keyLength }) => id === encryption.id && keyLength === encryption.keyLength)) &&
      (!integrity || record.integrity.some(({ id }) => id === integrity.id)) &&
      record.esn.includes(esn),
  );
  if (found.length === 0) return records;
  return found.map(({ keyExchange }) => ({
    protocol,
    encryption: encryption ? [encryption] : [],
    integrity: integrity ? [integrity] : [],
    keyExchange,
    esn: [esn],
  }));
}

/**
 * RFC 3948 section 1: "Because the protection of the outer IP addresses in IPsec AH is inherently incompatible with NAT, the IPsec AH was left out of the scope of this
 * protocol specification."
 */
function refuseAh({ name }: ChildPolicy): IpsecError {
  return new IpsecError('no-proposal-chosen', `Child SA policy ${name}`, {
    blame: 'caller',
    expected: 'ESP: there is a NAT on the way',
    found: 'AH',
  });
}

function refuseEmpty({ name }: ChildPolicy, { group }: QuickOfferOptions): IpsecError {
  return new IpsecError('invalid-config', `the proposals of Child SA policy ${name}`, {
    expected: `algorithms that IKEv1 has numbers for, ${group === undefined ? 'without PFS' : `with ${group.name}`}`,
    found: 'none',
  });
}
