/**
 * How long SAs live, as Quick Mode negotiates it: RFC 2407 sections 4.5 and 4.5.4.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { Lifetime as SaLifetime } from '../association.js';
import type { Phase2Attribute } from './sa-payload.js';

/** What remains of a lifetime once a RESPONDER-LIFETIME notification has been read: the shorter of each. */
export function heedResponderLifetime(_current: SaLifetime | undefined, _attributes: readonly Phase2Attribute[]): SaLifetime | undefined {
  throw new IpsecError('unsupported', 'heedResponderLifetime');
}
