/**
 * The Security Association payload of the IPsec DOI: proposals and transforms, which are payloads themselves in RFC 2408, but never stand alone.
 *
 * @module
 */
import { dois, protocolIdsV1 } from '../iana/ikev1.js';
import { type AttributeRow, phase1Attributes, phase2Attributes } from '../iana/ikev1-attributes.js';
import { ahTransforms, espTransforms, ipcompTransformsV1, isakmpTransforms } from '../iana/ikev1-transforms.js';
import type { RegistryRow } from '../iana/registry.js';
import { type DataAttribute, dataAttribute } from '../isakmp/attribute.js';
import {
  array,
  bytes,
  type Codec,
  coded,
  countOf,
  reserved,
  rest,
  sizeOf,
  struct,
  substructures,
  u32,
  u8,
  variant,
  when,
} from '../wire.js';

/** SIT_IDENTITY_ONLY, RFC 2407 section 4.2.1: the one situation that everybody supports, and nobody has seen another. */
export const SIT_IDENTITY_ONLY = 1;

/** One offer for one protocol. Of several the peer chooses one: transforms are alternatives. */
export interface Transform<Id extends string = string, Attribute extends string = string> {
  /** Transform #, rising from 1 in an offer; in an answer that of the one that was chosen. */
  readonly transformNum: number;
  /** Transform-Id: its name, or its number where it has none. */
  readonly id: Id | number;
  /** SA Attributes, in their order: a life type stands in front of its duration. */
  readonly attributes: readonly DataAttribute<Attribute>[];
}

type NameOf<Table extends readonly { readonly name: string }[]> = Table[number]['name'];
/** An attribute of phase 1. */
export type Phase1Attribute = DataAttribute<NameOf<typeof phase1Attributes>>;
/** An attribute of phase 2. */
export type Phase2Attribute = DataAttribute<NameOf<typeof phase2Attributes>>;
type Phase2Transform<Table extends readonly { readonly name: string }[]> = Transform<NameOf<Table>, NameOf<typeof phase2Attributes>>;

interface ProposalOf<Protocol, T> {
  /** Proposal #: those of one number belong together. */
  readonly proposalNum: number;
  /** The protocol that the transforms are for. */
  readonly protocol: Protocol;
  /** The sender's SPI; in phase 1 none, and ignored. */
  readonly spi: Uint8Array;
  /** Alternatives, from most preferred to least preferred. */
  readonly transforms: readonly T[];
}
/** A proposal of phase 1. */
export type Phase1Proposal = ProposalOf<'ISAKMP', Transform<NameOf<typeof isakmpTransforms>, NameOf<typeof phase1Attributes>>>;
/** One protocol with its alternatives. */
export type Proposal =
  | Phase1Proposal
  | ProposalOf<'AH', Phase2Transform<typeof ahTransforms>>
  | ProposalOf<'ESP', Phase2Transform<typeof espTransforms>>
  | ProposalOf<'IPCOMP', Phase2Transform<typeof ipcompTransformsV1>>
  | ProposalOf<Exclude<NameOf<typeof protocolIdsV1>, 'ISAKMP' | 'AH' | 'ESP' | 'IPCOMP'> | number, Transform>;

/**
 * Transform Payload, RFC 2408 section 3.6; its first four octets are `substructures`'.
 *
 * ```text
 *                          1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     ! Next Payload  !   RESERVED    !         Payload Length        !
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     !  Transform #  !  Transform-Id !           RESERVED2           !
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     !                                                               !
 *     ~                        SA Attributes                          ~
 *     !                                                               !
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * @param ids the transforms of the protocol.
 * @param attributes the attributes that they have.
 */
function transforms(ids: readonly RegistryRow[], attributes: readonly AttributeRow[]): Codec<readonly Transform[]> {
  const transform = struct({
    transformNum: u8,
    id: coded(u8, ids),
    reserved2: reserved(2),
    attributes: array(dataAttribute(attributes)),
  });
  return substructures(3, transform, 'numTransforms');
}

/**
 * Proposal Payload, RFC 2408 section 3.5.
 *
 * ```text
 *                          1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     ! Next Payload  !   RESERVED    !         Payload Length        !
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     !  Proposal #   !  Protocol-Id  !    SPI Size   !# of Transforms!
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     !                        SPI (variable)                         !
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * What the transforms are called depends on the protocol: the type says so, the declaration cannot.
 */
const proposal = /* @__PURE__ */ struct({
  proposalNum: u8,
  protocol: coded(u8, protocolIdsV1),
  spiSize: sizeOf('spi', u8),
  numTransforms: countOf('transforms', u8),
  spi: bytes('spiSize'),
  transforms: variant(
    'protocol',
    {
      1: /* @__PURE__ */ transforms(isakmpTransforms, phase1Attributes),
      2: /* @__PURE__ */ transforms(ahTransforms, phase2Attributes),
      3: /* @__PURE__ */ transforms(espTransforms, phase2Attributes),
      4: /* @__PURE__ */ transforms(ipcompTransformsV1, phase2Attributes),
    },
    /* @__PURE__ */ transforms([], []),
  ),
}) as Codec<unknown> as Codec<Proposal>;

/** No proposals: what stands for them is not read. */
const none: Codec<readonly Proposal[]> = /* @__PURE__ */ array(proposal, 0);

/** Security Association Payload, RFC 2407 section 4.6.1. */
export const securityAssociation = /* @__PURE__ */ struct({
  /** Domain of Interpretation. */
  doi: coded(u32, dois),
  /** Situation: a bitmap, 1 for SIT_IDENTITY_ONLY. */
  situation: u32,
  /** In any other situation all that follows, as it is: labels and proposals. */
  unread: when('situation', (situation) => situation !== SIT_IDENTITY_ONLY, rest),
  /**
   * Those of one number are wanted together, those of different numbers are alternatives. RFC 2408 section 4.2: "These proposals MUST be considered as
   * a unit and MUST NOT be separated by a proposal with a different proposal number."
   */
  proposals: variant('situation', { [SIT_IDENTITY_ONLY]: substructures(2, proposal) }, none),
});

/**
 * Proposals in groups: each is wanted as a whole, and of several groups one is chosen.
 *
 * RFC 2408 section 4.2: "The use of the same Proposal number in multiple Proposal payloads provides a logical AND operation, i.e.  Protocol 1 AND
 * Protocol 2."
 *
 * @returns groups in the order of the offer. A number that comes again behind another one begins a new group: see {@link securityAssociation}.
 *
 * @example
 * ```ts
 * import { groupProposals, type Proposal } from 'ipsec-ts/ikev1';
 *
 * const spi = new Uint8Array(4);
 * const esp: Proposal = { proposalNum: 1, protocol: 'ESP', spi, transforms: [] };
 * const ah: Proposal = { proposalNum: 1, protocol: 'AH', spi, transforms: [] };
 * const groups = groupProposals([esp, ah, { ...esp, proposalNum: 2 }]);
 * if (groups.length !== 2 || groups[0]?.length !== 2) throw new Error('ESP and AH together, or ESP alone');
 * ```
 */
export function groupProposals(proposals: readonly Proposal[]): readonly (readonly Proposal[])[] {
  const groups: Proposal[][] = [];
  for (const one of proposals) {
    const last = groups.at(-1);
    if (last?.[0]?.proposalNum === one.proposalNum) last.push(one);
    else groups.push([one]);
  }
  return groups;
}
