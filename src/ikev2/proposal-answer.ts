/**
 * The initiator reads what the responder chose. RFC 7296 section 3.3.6: "The initiator of an exchange MUST check that the accepted offer is
 * consistent with one of its proposals, and if not MUST terminate the exchange."
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import { type Choice, chooseChildProposal, chooseIkeProposal } from './proposal-choose.js';
import { type NumberedProposal, numberChildProposals, numberIkeProposals } from './proposal-encode.js';
import { formatProposal, formatTransform } from './proposal-format.js';
import { keyOfTransform, NONE } from './proposal-transforms.js';
import type {
  ChildProposal,
  ChildProposalOptions,
  ChosenChild,
  ChosenIke,
  IkeProposal,
  IkeProposalOptions,
} from '../keying/proposal-types.js';
import type { Proposal, Transform } from './sa-payload.js';

/** The responder's choice in our rows. */
export interface Answer<Chosen> {
  /** The rows. */
  readonly chosen: Chosen;
  /** The responder's SPI: empty for a first IKE SA, 8 octets for a rekeyed one, 4 for a Child SA. A view. */
  readonly spi: Uint8Array;
}

/**
 * Reads the SA payload of an answer to {@link encodeIkeProposals}.
 *
 * @param answer the proposals of the peer's SA payload: there has to be one, with one transform of each type.
 * @param sent the list that was encoded.
 * @throws IpsecError `no-proposal-chosen`, blame `peer`: the answer is not one of our proposals, or not a single complete choice from it.
 */
export function readIkeAnswer(
  answer: readonly Proposal[],
  sent: readonly IkeProposal[],
  options: IkeProposalOptions = {},
): Answer<ChosenIke> {
  return readAnswer(answer, numberIkeProposals(sent), (first, record) => chooseIkeProposal([first], [record], options));
}

/** Reads the SA payload of an answer to {@link encodeChildProposals}, as {@link readIkeAnswer} does. */
export function readChildAnswer(
  answer: readonly Proposal[],
  sent: readonly ChildProposal[],
  options: ChildProposalOptions,
): Answer<ChosenChild> {
  return readAnswer(answer, numberChildProposals(sent, options), (first, record) => chooseChildProposal([first], [record], options));
}

function readAnswer<Part, Chosen>(
  answer: readonly Proposal[],
  sent: readonly NumberedProposal<Part>[],
  choose: (first: Proposal, record: Part) => Choice<Chosen> | undefined,
): Answer<Chosen> {
  const [proposal] = answer;
  if (answer.length !== 1 || proposal === undefined) throw refusal('exactly one proposal', `${answer.length}`);
  const offer = sent.find(({ proposalNum }) => proposalNum === proposal.proposalNum);
  if (offer === undefined) throw refusal(`a proposal of ours, 1 to ${sent.length}`, `${proposal.proposalNum}`);
  checkTransforms(proposal, offer.transforms);
  const choice = choose({ ...proposal, proposalNum: 1 }, offer.record);
  if (choice === undefined) throw refusal('a complete choice from what was offered', formatProposal(proposal));
  return { chosen: choice.chosen, spi: proposal.spi };
}

/** RFC 7296 section 2.7: "The accepted cryptographic suite MUST contain exactly one transform of each type included in the proposal." */
function checkTransforms({ transforms }: Proposal, offered: readonly Transform[]): void {
  const types = new Set<Transform['type']>();
  for (const transform of transforms) {
    const { type, id } = transform;
    if (types.has(type)) throw refusal(`one transform of type ${type}`, 'more');
    types.add(type);
    // RFC 7296 section 3.3: "no integrity algorithm or a single integrity algorithm of "NONE"" say the same, and so it is with groups.
    const isWithout = id === NONE && (type === 'INTEG' || type === 'KE') && !offered.some((other) => other.type === type);
    if (!isWithout && !offered.some((other) => isSame(other, transform)))
      throw refusal('an algorithm that was offered', formatTransform(transform));
  }
}

function isSame(a: Transform, b: Transform): boolean {
  const key = keyOfTransform(a);
  return a.type === b.type && key !== undefined && key === keyOfTransform(b);
}

function refusal(expected: string, found: string): IpsecError {
  return new IpsecError('no-proposal-chosen', "the peer's choice among our proposals", { expected, found });
}
