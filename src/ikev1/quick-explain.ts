/**
 * "It says no, and not why" is the complaint that this file answers, for Quick Mode.
 *
 * @module
 */
import type { ChildPolicy } from '../keying/connection.js';
import type { ChildProposal } from '../keying/proposal-types.js';
import type { PayloadOfType } from './payload-cases.js';
import { modesOf, takeIpcomp } from './quick-choose.js';
import {
  ahAlgorithms,
  type Algorithms,
  bundledAh,
  espAlgorithms,
  findAlgorithms,
  findGroup,
  type ReadQuick,
  readQuick,
} from './quick-transforms.js';
import type { QuickChooseOptions } from './quick-types.js';
import { type QuickUnit, unitsOf } from './quick-unit.js';
import { formatProposals } from './sa-format.js';
import type { Proposal } from './sa-payload.js';

/** No more proposals, transforms and policies are held against each other: a peer does not choose the length of our log. */
const MOST = 16;

/** One transform of theirs beside one record of ours. */
interface Comparison {
  /** On how much both agree; less than nothing where there is no comparing. */
  readonly agreements: number;
  /** The first difference. */
  readonly words: string;
}

/**
 * Why nothing was chosen: what comes nearest and its first difference, then both sides' lists; one line, for our own log.
 *
 * @param policies those that were asked.
 * @param options as for `chooseQuick`.
 */
export function explainQuick(sa: PayloadOfType<'SA'>, policies: readonly ChildPolicy[], options: QuickChooseOptions): string {
  const some = policies.slice(0, MOST);
  const all = unitsOf(sa)
    .slice(0, MOST)
    .flatMap((unit) =>
      typeof unit === 'string' ? [{ agreements: -3, words: unit }] : some.flatMap((policy) => compareUnit(unit, policy, options)),
    );
  const nearest = all.reduce<Comparison | undefined>((best, one) => (best && best.agreements >= one.agreements ? best : one), undefined);
  const ours = some.map((policy) => formatPolicy(policy, options)).join(' | ');
  return `${nearest ? `${nearest.words}. ` : ''}Offered: ${formatProposals(sa.proposals)}. Accepted: ${ours || 'nothing'}`;
}

function compareUnit(unit: QuickUnit, policy: ChildPolicy, options: QuickChooseOptions): Comparison[] {
  const name = `proposal ${unit.main.proposalNum}`;
  const wrong = refuseUnit(unit, policy, options);
  if (wrong !== undefined) return [{ agreements: -2, words: `${name} ${wrong}` }];
  const { protocol, transforms } = unit.main;
  const records = policy.proposals.filter((record) => record.protocol === protocol);
  if (records.length === 0) return [{ agreements: -2, words: `${name} is for ${protocol}, which policy ${policy.name} does not take` }];
  return transforms.slice(0, MOST).flatMap((transform) => {
    const which = `transform ${transform.transformNum} of ${name}`;
    const read = readQuick(transform);
    if (typeof read === 'string') return [{ agreements: -1, words: `${which} is unacceptable: ${read}` }];
    return records.slice(0, MOST).map((record) => compare(which, unit, read, record, policy, options));
  });
}

/** What keeps a unit from a policy whatever its transforms say. */
function refuseUnit(unit: QuickUnit, policy: ChildPolicy, { udp }: QuickChooseOptions): string | undefined {
  const bundle = policy.ah !== undefined && policy.ah.length > 0;
  if (bundle && unit.ah === undefined) return `has not ESP and AH together, as policy ${policy.name} wants`;
  if (!bundle && unit.ah !== undefined) return `has ESP and AH together, which policy ${policy.name} does not take`;
  if (udp !== undefined && (unit.ah !== undefined || unit.main.protocol === 'AH')) return 'has AH, and there is a NAT on the way';
  return unit.ipcomp !== undefined && policy.ipcomp !== true ? `has IPComp, which policy ${policy.name} does not take` : undefined;
}

function compare(
  which: string,
  unit: QuickUnit,
  read: ReadQuick,
  record: ChildProposal,
  policy: ChildPolicy,
  options: QuickChooseOptions,
): Comparison {
  const { values, transform, encapsulation } = read;
  const mode = encapsulation?.mode ?? policy.mode;
  const isInUdp = encapsulation?.udp !== undefined;
  const differences = [
    findAlgorithms(record, transform, values) ? undefined : 'its algorithms are none of ours',
    findGroup(record, values, options) ? undefined : groupWords(values.group, options),
    record.esn.includes(values.esn === 1) ? undefined : `it is ${values.esn === 1 ? 'with' : 'without'} ESN`,
    modesOf(policy).includes(mode) ? undefined : `its mode is ${mode}, ours is ${policy.mode}`,
    isInUdp === (options.udp !== undefined)
      ? undefined
      : `it is ${isInUdp ? 'in UDP, and there is no NAT' : 'not in UDP, and there is a NAT'}`,
    unit.ah && !hasAh(unit.ah, policy) ? 'AH beside it has no algorithm of ours' : undefined,
    unit.ipcomp && !takeIpcomp(unit.ipcomp, mode) ? 'IPComp beside it is not DEFLATE in the same mode' : undefined,
  ];
  const found = differences.filter((words) => words !== undefined);
  const first = found[0] ?? 'what stands beside it does not go with it';
  return { agreements: differences.length - found.length, words: `${which} comes nearest to policy ${policy.name}, but ${first}` };
}

function hasAh(proposal: Proposal, policy: ChildPolicy): boolean {
  return proposal.transforms.slice(0, MOST).some((transform) => {
    const read = readQuick(transform);
    return typeof read !== 'string' && bundledAh(policy).some((record) => findAlgorithms(record, transform, read.values));
  });
}

function groupWords(group: number | undefined, { publicLength }: QuickChooseOptions): string {
  if (group === undefined) return publicLength === undefined ? 'it is without PFS' : 'it names no group, and there is a KE payload';
  return publicLength === undefined
    ? `it names group ${group}, and there is no KE payload`
    : `group ${group} with ${publicLength} octets is none of ours`;
}

/** What a policy accepts: `net, tunnel: ESP ESP_AES-CBC (256), HMAC-SHA2-256; 2048-bit MODP Group or without PFS; ESN or no ESN`. */
function formatPolicy(policy: ChildPolicy, { udp }: QuickChooseOptions): string {
  const all = [...policy.proposals, ...bundledAh(policy)].slice(0, MOST).map(formatRecord).join(' or ');
  return `${policy.name}, ${modesOf(policy).join(' or ')}${udp === undefined ? '' : ' in UDP'}: ${all || 'nothing'}`;
}

function formatRecord({ protocol, encryption, integrity, keyExchange, esn }: ChildProposal): string {
  const suites: (Algorithms | undefined)[] =
    protocol === 'AH'
      ? integrity.map(ahAlgorithms)
      : encryption.flatMap((row) => (row.kind === 'aead' ? [undefined] : integrity).map((mac) => espAlgorithms(row, mac)));
  const names = suites.flatMap((suite) => (suite === undefined ? [] : [formatAlgorithms(suite)]));
  const groups = keyExchange.map((row) => (row === 'none' ? WITHOUT : row.name));
  return [
    `${protocol} ${names.slice(0, MOST).join(' or ') || 'with nothing that IKEv1 has a number for'}`,
    groups.join(' or ') || WITHOUT,
    esn.map((on) => (on ? 'ESN' : 'no ESN')).join(' or '),
  ].join('; ');
}

const WITHOUT = 'without PFS';

function formatAlgorithms({ id, keyLength, authentication }: Algorithms): string {
  return `${id}${keyLength === undefined ? '' : ` (${keyLength})`}${authentication === undefined ? '' : ` with ${authentication}`}`;
}
