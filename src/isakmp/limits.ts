/**
 * How much a message of either version may be.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { DecodeOptions } from '../wire.js';

/** How much a message may be. What is refused here costs no memory; the work is linear in the octets in any case. */
export interface IkeLimits {
  /** Octets of a message; default 65,535. */
  readonly octets?: number;
  /** Payloads in it; default 100. Certificate chains and MOBIKE's addresses stay far below. */
  readonly payloads?: number;
  /** Payloads, proposals, transforms, attributes, selectors and SPIs, all together; default 2,000. */
  readonly elements?: number;
}

/** The limits where the caller gives none. */
export const defaultIkeLimits = /* @__PURE__ */ Object.freeze({ octets: 65_535, payloads: 100, elements: 2000 });

/** Refuses what is too long, and says how much may be in it. Throws `limit-exceeded`, blame `peer`. */
export function optionsOf(octets: Uint8Array, limits: IkeLimits): DecodeOptions {
  const most = limits.octets ?? defaultIkeLimits.octets;
  if (octets.length > most) {
    const found = `${octets.length}`;
    throw new IpsecError('limit-exceeded', 'octets of an IKE message', { blame: 'peer', expected: `at most ${most}`, found });
  }
  return { payloads: limits.payloads ?? defaultIkeLimits.payloads, elements: limits.elements ?? defaultIkeLimits.elements };
}
