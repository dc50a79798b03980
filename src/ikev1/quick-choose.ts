/**
 * The responder's choice in Quick Mode.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { PayloadOfType } from './payload-cases.js';
import type { QuickChoice, QuickChooseOptions } from './quick-types.js';

/** Chooses from one SA payload; undefined: nothing fits the policy (`explainQuick` says why). */
export function chooseQuick(_sa: PayloadOfType<'SA'>, _policy: ChildPolicy, _options: QuickChooseOptions): QuickChoice | undefined {
  throw new IpsecError('unsupported', 'chooseQuick');
}
