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
 * Reads a proposal of IKE, ESP or AH. RFC 7296 section 3.3.6: "If the responder receives a proposal that contains a Transform Type it does
 * not understand, or a proposal that is missing a mandatory Transform Type, it MUST consider this proposal unacceptable; however, other
 * proposals in the same SA payload are processed as usual."
 *
 * @returns undefined: unacceptable.
 */
export function indexProposal(proposal: Proposal): OfferedProposal | undefined {
  const { protocol, transforms } = proposal;
  if (protocol !== 'IKE' && protocol !== 'ESP' && protocol !== 'AH') return undefined;
  const { mandatory, optional } = transformRules[protocol];
  const types = new Set(transforms.map(({ type }) => type));
  for (const type of types) if (!mandatory.includes(type) && !optional.includes(type)) return undefined;
  if (!mandatory.every((type) => types.has(type))) return undefined;

  const found = new Map<string, Transform>();
  for (const transform of transforms) {
    const key = keyOfTransform(transform);
    if (key !== undefined && !found.has(`${transform.type} ${key}`)) found.set(`${transform.type} ${key}`, transform);
  }
  const declined = additionalKeyExchanges.filter((type) => types.has(type)).map((type) => found.get(`${type} ${NONE}`));
  if (!declined.every((transform) => transform !== undefined)) return undefined;
  return {
    proposal,
    declined,
    isCombinedModeOnly: transforms.every((transform) => transform.type !== 'ENCR' || isCombinedMode(transform)),
    has: (type) => types.has(type),
    find: (type, key) => found.get(`${type} ${key}`),
  };
}
