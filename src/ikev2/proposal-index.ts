/**
 * One offered proposal, read once: whoever sends 255 proposals of 255 transforms costs one pass over them.
 *
 * @module
 */
import { additionalKeyExchanges, isCombinedMode, keyOfTransform, NONE, transformRules } from './proposal-transforms.js';
import type { Proposal, Transform } from './sa-payload.js';

/** An offered proposal that may be chosen. */
export interface OfferedProposal {
  /** As it was offered. */
  readonly proposal: Proposal;
  /** Of the three that are negotiated. */
  readonly protocol: 'IKE' | 'ESP' | 'AH';
  /** Whether every cipher is a combined-mode one, understood or not. */
  readonly isCombinedModeOnly: boolean;
  /** The NONE of every additional key exchange in it. */
  readonly declined: readonly Transform[];
  /** Whether any transform of the type stands in it, understood or not. */
  has(type: Transform['type']): boolean;
  /** The first transform of that type with that key of `keyOfTransform`. */
  find(type: Transform['type'], key: string): Transform | undefined;
}

/**
 * Reads a proposal. RFC 7296 section 3.3.6: "If the responder receives a proposal that contains a Transform Type it does not understand,
 * or a proposal that is missing a mandatory Transform Type, it MUST consider this proposal unacceptable; however, other proposals in the
 * same SA payload are processed as usual." So is one whose number is not its place: an answer to it could be taken for another proposal.
 *
 * @param place counted from 1.
 * @param rekey IKE: whether an SPI must be there.
 * @returns in words what makes the proposal unacceptable, else what it offers.
 */
export function indexProposal(proposal: Proposal, place: number, rekey: boolean): OfferedProposal | string {
  const { protocol, proposalNum, spi, transforms } = proposal;
  if (protocol !== 'IKE' && protocol !== 'ESP' && protocol !== 'AH') return `the protocol is ${protocol}`;
  if (proposalNum !== place) return `its number is ${proposalNum}, its place ${place}`;
  const spiSize = protocol === 'IKE' ? 8 : 4;
  if (protocol !== 'IKE' || rekey) {
    if (spi.length !== spiSize) return `its SPI has ${spi.length} octets instead of ${spiSize}`;
    if (spi.every((octet) => octet === 0)) return 'its SPI is zero';
  }

  const { mandatory, optional } = transformRules[protocol];
  const types = new Set(transforms.map(({ type }) => type));
  const strange = [...types].find((type) => !mandatory.includes(type) && !optional.includes(type));
  if (strange !== undefined) return `Transform Type ${strange} means nothing for ${protocol}`;
  const missing = mandatory.find((type) => !types.has(type));
  if (missing !== undefined) return `Transform Type ${missing} is missing`;

  const found = new Map<string, Transform>();
  for (const transform of transforms) {
    const key = keyOfTransform(transform);
    if (key !== undefined && !found.has(`${transform.type} ${key}`)) found.set(`${transform.type} ${key}`, transform);
  }
  const declined: Transform[] = [];
  for (const type of additionalKeyExchanges) {
    const none = found.get(`${type} ${NONE}`);
    if (none) declined.push(none);
    else if (types.has(type)) return `${type}, an additional key exchange, is not optional`;
  }
  return {
    proposal,
    protocol,
    isCombinedModeOnly: transforms.every((transform) => transform.type !== 'ENCR' || isCombinedMode(transform)),
    declined,
    has: (type) => types.has(type),
    find: (type, key) => found.get(`${type} ${key}`),
  };
}
