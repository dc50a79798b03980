/**
 * "It says no, and not why" is the complaint that this file answers, for NO_PROPOSAL_CHOSEN.
 *
 * @module
 */
import { formatChildProposal, formatIkeProposal, formatProposal, formatTransforms } from './proposal-format.js';
import { indexProposal, type OfferedProposal } from './proposal-index.js';
import { chooseEsn, chooseGroup, chooseIntegrity, chooseRow } from './proposal-pick.js';
import { encryptionTransform, keyOfRow, keyOfTransform, NONE, servesIke, transform } from './proposal-transforms.js';
import type { ChildProposal, ChildProposalOptions, IkeProposal } from '../keying/proposal-types.js';
import type { Proposal, Transform } from './sa-payload.js';

/** Of a longer offer no more proposals are told, nor characters of one: a peer does not choose the length of our log. */
const MOST = 16;
const LONGEST = 600;

/**
 * Why nothing was chosen: the nearest pair and its first difference, then both sides' lists; one line, for our own log. Of an endless
 * offer the first 16 proposals are looked at.
 *
 * @param offered what the peer offered; empty: only our own list is told.
 * @param acceptable what we accept.
 * @param options `keyExchange: false` for IKE_AUTH, where groups do not count; `rekey` as in `chooseIkeProposal`.
 *
 * @example
 * ```ts
 * import { encodeIkeProposals, explainProposals } from 'ipsec-ts/ike';
 * import { aes256Gcm16 } from 'ipsec-ts/suite/aead';
 * import { curve25519, ecp256 } from 'ipsec-ts/suite/dh';
 * import { prfHmacSha256 } from 'ipsec-ts/suite/prf';
 *
 * const ours = { encryption: [aes256Gcm16], integrity: [], prf: [prfHmacSha256], keyExchange: [curve25519] };
 * const why = explainProposals(encodeIkeProposals([{ ...ours, keyExchange: [ecp256] }]), [ours]);
 * const begin = 'proposal 1 comes nearest, but no group in common: offered 256-bit random ECP group, accepted Curve25519. ';
 * if (!why.startsWith(begin)) throw new Error(why);
 * ```
 */
export function explainProposals(
  offered: readonly Proposal[],
  acceptable: readonly (IkeProposal | ChildProposal)[],
  { keyExchange = true, rekey = false }: Partial<ChildProposalOptions> & { readonly rekey?: boolean | undefined } = {},
): string {
  const ours = acceptable.map(formatRecord).join(' | ') || 'nothing';
  if (offered.length === 0) return ours;
  const seen = offered.slice(0, MOST);
  const theirs = seen.map(shorten).join(' | ') + (offered.length > MOST ? ` | and ${offered.length - MOST} more` : '');
  const pairs = seen.flatMap((proposal, i) => {
    const offer = indexProposal(proposal, i + 1, rekey);
    return acceptable.map((record) => compare(proposal, offer, record, { keyExchange }));
  });
  const nearest = pairs.reduce<Comparison | undefined>(
    (best, pair) => (best && best.agreements >= pair.agreements ? best : pair),
    undefined,
  );
  return `${nearest ? `${nearest.words}. ` : ''}Offered: ${theirs}. Accepted: ${ours}`;
}

/** One proposal of theirs beside one record of ours. */
interface Comparison {
  /** Types of transform on which both agree; less than nothing where there is no comparing. */
  readonly agreements: number;
  /** The first difference. */
  readonly words: string;
}

function compare(
  proposal: Proposal,
  offer: OfferedProposal | string,
  record: IkeProposal | ChildProposal,
  options: ChildProposalOptions,
): Comparison {
  const name = `proposal ${proposal.proposalNum}`;
  const protocol = protocolOf(record);
  if (proposal.protocol !== protocol) return { agreements: -2, words: `${name} is for ${proposal.protocol}, not for ${protocol}` };
  if (typeof offer === 'string') return { agreements: -1, words: `${name} is unacceptable: ${offer}` };
  const all = differences(offer, record, options);
  const found = all.filter((words) => words !== undefined);
  const agreements = all.length - found.length;
  return { agreements, words: found[0] === undefined ? `${name} is acceptable` : `${name} comes nearest, but ${found[0]}` };
}

/** For each type of transform what keeps the two apart; undefined: nothing. */
function differences(offer: OfferedProposal, record: IkeProposal | ChildProposal, options: ChildProposalOptions): (string | undefined)[] {
  const unless: Unless = (agreed, type, what, ours) => {
    if (agreed !== undefined) return undefined;
    const theirs = offer.proposal.transforms.filter((t) => t.type === type);
    return `no ${what} in common: offered ${formatTransforms(theirs)}, accepted ${formatTransforms(ours)}`;
  };
  const groups = record.keyExchange.map((row) => transform('KE', row === 'none' ? NONE : row.id));
  const algorithms = cipherDifferences(offer, record, unless);
  if ('prf' in record) {
    const prfs = record.prf.map(({ id }) => transform('PRF', id));
    return [
      ...algorithms,
      unless(chooseRow(offer, 'PRF', record.prf), 'PRF', 'pseudorandom function', prfs),
      unless(chooseRow(offer, 'KE', record.keyExchange), 'KE', 'group', groups),
    ];
  }
  const esn = record.esn.map((on) => transform('ESN', on ? 1 : 0));
  return [
    ...algorithms,
    unless(chooseGroup(offer, record.keyExchange, options), 'KE', 'group', groups),
    unless(chooseEsn(offer, record.esn), 'ESN', 'kind of sequence numbers', esn),
  ];
}

/** Words for a type of transform on which there is no agreement. */
type Unless = (agreed: unknown, type: Transform['type'], what: string, ours: readonly Transform[]) => string | undefined;

function cipherDifferences(offer: OfferedProposal, record: IkeProposal | ChildProposal, unless: Unless): (string | undefined)[] {
  const macs = record.integrity.map(({ id }) => transform('INTEG', id));
  if (offer.protocol === 'AH') return [unless(chooseIntegrity(offer, record.integrity, undefined), 'INTEG', 'integrity algorithm', macs)];
  const common = record.encryption.filter((row) => offer.find('ENCR', keyOfRow(row)) && (offer.protocol === 'ESP' || servesIke(row)));
  if (common.length === 0) {
    const spoilt = offer.proposal.transforms.find((t) => t.type === 'ENCR' && keyOfTransform(t) === undefined);
    const hint = spoilt ? `; ${formatTransforms([spoilt])} has ${spoilt.attributes.length === 0 ? 'no' : 'a wrong'} Key Length` : '';
    return [`${unless(undefined, 'ENCR', 'cipher', record.encryption.map(encryptionTransform)) ?? ''}${hint}`];
  }
  const agreed = common.find((row) => chooseIntegrity(offer, record.integrity, row));
  if (!agreed && common.every(({ kind }) => kind === 'aead'))
    return [undefined, 'it has an integrity algorithm beside combined-mode ciphers'];
  return [undefined, unless(agreed, 'INTEG', 'integrity algorithm', macs)];
}

function shorten(proposal: Proposal): string {
  const text = formatProposal(proposal);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text;
}

function protocolOf(record: IkeProposal | ChildProposal): 'IKE' | 'ESP' | 'AH' {
  return 'prf' in record ? 'IKE' : record.protocol;
}

function formatRecord(record: IkeProposal | ChildProposal): string {
  return 'prf' in record ? formatIkeProposal(record) : formatChildProposal(record);
}
