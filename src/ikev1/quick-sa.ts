/**
 * From a policy to the SA payload of Quick Mode.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { KeyExchangeRow } from '../suite/types-ike.js';
import type { PayloadOfType } from './payload-cases.js';
import type { QuickOfferOptions } from './quick-types.js';

/** Groups that an offer may be made with, best first; undefined: without PFS. */
export function quickGroups(_policy: ChildPolicy): readonly (KeyExchangeRow | undefined)[] {
  throw new IpsecError('unsupported', 'quickGroups');
}

/** The SA payload of an offer. */
export function encodeQuickOffer(_policy: ChildPolicy, _options: QuickOfferOptions): PayloadOfType<'SA'> {
  throw new IpsecError('unsupported', 'encodeQuickOffer');
}
