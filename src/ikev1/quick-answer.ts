/**
 * The initiator reads what the responder chose in Quick Mode.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { PayloadOfType } from './payload-cases.js';
import type { ChosenQuick, QuickOffer } from './quick-types.js';

/** Reads the SA payload of the answer. */
export function readQuickAnswer(_answer: PayloadOfType<'SA'>, _offer: Pick<QuickOffer, 'policy' | 'sa' | 'keyExchange'>): ChosenQuick {
  throw new IpsecError('unsupported', 'readQuickAnswer');
}
