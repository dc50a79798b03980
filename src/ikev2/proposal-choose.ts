/**
 * The responder's choice among proposals: by our own order of preference, never by the peer's.
 *
 * @module
 */
import type { EncryptionRow } from '../suite/types.js';
import { indexProposal, type OfferedProposal } from './proposal-index.js';
import { chooseEsn, chooseGroup, chooseIntegrity, chooseRow } from './proposal-pick.js';
import { keyOfRow, servesIke } from './proposal-transforms.js';
import type {
  ChildProposal,
  ChildProposalOptions,
  ChosenChild,
  ChosenIke,
  IkeProposal,
  IkeProposalOptions,
} from '../keying/proposal-types.js';
import type { Proposal, Transform } from './sa-payload.js';

/** What was chosen of an offer. */
export interface Choice<Chosen> {
  /** The rows. */
  readonly chosen: Chosen;
  /** The proposal of the offer that holds them, with the peer's SPI. */
  readonly proposal: Proposal;
  /**
   * The one proposal of our answer. RFC 7296 section 3.3.6: "Any attributes of a selected transform MUST be returned unmodified."
   *
   * @param spi ours: none for a first IKE SA, 8 octets for a rekeyed one, 4 for a Child SA.
   */
  answer(spi: Uint8Array): Proposal;
}

/**
 * Chooses for an IKE SA. The first record of `acceptable` that any proposal satisfies wins; within it the first cipher, then the first
 * integrity algorithm, pseudorandom function and group, in our order. RFC 7296 section 3.3.6: "Responders MUST select a single complete
 * set of parameters from the offers (or reject all offers if none are acceptable)."
 *
 * @param offered from the peer's SA payload; anything may stand there.
 * @returns undefined: answer NO_PROPOSAL_CHOSEN.
 *
 * @example
 * ```ts
 * import { chooseIkeProposal, encodeIkeProposals } from 'ipsec-ts/ike';
 * import { aes128Gcm16, aes256Gcm16 } from 'ipsec-ts/suite/aead';
 * import { curve25519, ecp256 } from 'ipsec-ts/suite/dh';
 * import { prfHmacSha256 } from 'ipsec-ts/suite/prf';
 *
 * const peer = { encryption: [aes128Gcm16, aes256Gcm16], integrity: [], prf: [prfHmacSha256], keyExchange: [ecp256, curve25519] };
 * const ours = { encryption: [aes256Gcm16], integrity: [], prf: [prfHmacSha256], keyExchange: [curve25519] };
 * const choice = chooseIkeProposal(encodeIkeProposals([peer]), [ours]);
 * if (choice?.chosen.encryption !== aes256Gcm16 || choice.answer(new Uint8Array(0)).transforms.length !== 3) throw new Error('never');
 * ```
 */
export function chooseIkeProposal(
  offered: readonly Proposal[],
  acceptable: readonly IkeProposal[],
  { rekey = false }: IkeProposalOptions = {},
): Choice<ChosenIke> | undefined {
  const offers = indexAll(offered, ['IKE'], rekey);
  return firstOf(acceptable, (record) =>
    bestOf(record.encryption, offers, (offer, row) => {
      const cipher = servesIke(row) ? offer.find('ENCR', keyOfRow(row)) : undefined;
      const integrity = cipher && chooseIntegrity(offer, record.integrity, row);
      const prf = integrity && chooseRow(offer, 'PRF', record.prf);
      const group = prf && chooseRow(offer, 'KE', record.keyExchange);
      if (!group) return undefined;
      const chosen: ChosenIke = {
        encryption: row,
        ...(integrity.row && { integrity: integrity.row }),
        prf: prf.row,
        keyExchange: group.row,
      };
      return {
        chosen,
        ranks: [integrity.rank, prf.rank, group.rank],
        transforms: [cipher, integrity.transform, prf.transform, group.transform],
      };
    }),
  );
}

/** Chooses for a pair of Child SAs, as {@link chooseIkeProposal} does, the group after the integrity algorithm and ESN last. */
export function chooseChildProposal(
  offered: readonly Proposal[],
  acceptable: readonly ChildProposal[],
  options: ChildProposalOptions,
): Choice<ChosenChild> | undefined {
  const offers = indexAll(offered, ['ESP', 'AH'], false);
  return firstOf(acceptable, (record) => {
    const { protocol } = record;
    const own = offers.filter((offer) => offer.protocol === protocol);
    const rows = protocol === 'AH' ? [undefined] : record.encryption;
    return bestOf<EncryptionRow | undefined, ChosenChild>(rows, own, (offer, row) => {
      const cipher = row && offer.find('ENCR', keyOfRow(row));
      const integrity = row === undefined || cipher ? chooseIntegrity(offer, record.integrity, row) : undefined;
      const group = integrity && chooseGroup(offer, record.keyExchange, options);
      const esn = group && chooseEsn(offer, record.esn);
      if (!esn) return undefined;
      const chosen: ChosenChild = {
        protocol,
        ...(row && { encryption: row }),
        ...(integrity.row && { integrity: integrity.row }),
        ...(group.row && { keyExchange: group.row }),
        esn: esn.row,
      };
      return {
        chosen,
        ranks: [integrity.rank, group.rank, esn.rank],
        transforms: [cipher, integrity.transform, group.transform, esn.transform],
      };
    });
  });
}

interface Candidate<Chosen> {
  readonly chosen: Chosen;
  readonly ranks: readonly number[];
  readonly transforms: readonly (Transform | undefined)[];
}

function indexAll(offered: readonly Proposal[], protocols: readonly Proposal['protocol'][], rekey: boolean): OfferedProposal[] {
  return offered.flatMap((proposal, i) => {
    const offer = protocols.includes(proposal.protocol) ? indexProposal(proposal, i + 1, rekey) : '';
    return typeof offer === 'string' ? [] : [offer];
  });
}

function firstOf<In, Out>(list: readonly In[], choose: (item: In) => Out | undefined): Out | undefined {
  for (const item of list) {
    const found = choose(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The first row that some offer can be completed with; of those offers the one whose other rows we like best, and the earlier of equals.
 */
function bestOf<Row, Chosen>(
  rows: readonly Row[],
  offers: readonly OfferedProposal[],
  complete: (offer: OfferedProposal, row: Row) => Candidate<Chosen> | undefined,
): Choice<Chosen> | undefined {
  return firstOf(rows, (row) => {
    let best: { offer: OfferedProposal; candidate: Candidate<Chosen> } | undefined;
    for (const offer of offers) {
      const candidate = complete(offer, row);
      if (candidate && (!best || isBefore(candidate.ranks, best.candidate.ranks))) best = { offer, candidate };
    }
    return best && choiceOf(best.offer, best.candidate);
  });
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((rank, i) => rank !== b[i]);
  return at >= 0 && a[at]! < b[at]!;
}

function choiceOf<Chosen>({ proposal, declined }: OfferedProposal, { chosen, transforms }: Candidate<Chosen>): Choice<Chosen> {
  return {
    chosen,
    proposal,
    answer: (spi) => ({
      proposalNum: proposal.proposalNum,
      protocol: proposal.protocol,
      spi,
      transforms: [...transforms, ...declined].filter((transform) => transform !== undefined),
    }),
  };
}
