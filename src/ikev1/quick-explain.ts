/**
 * Why nothing was chosen in Quick Mode.
 *
 * @module
 */
import { IpsecError } from '../errors.js';
import type { ChildPolicy } from '../keying/connection.js';
import type { PayloadOfType } from './payload-cases.js';
import type { QuickChooseOptions } from './quick-types.js';

/** One line for our own log: what comes nearest, what was offered, what is accepted. */
export function explainQuick(_sa: PayloadOfType<'SA'>, _policies: readonly ChildPolicy[], _options: QuickChooseOptions): string {
  throw new IpsecError('unsupported', 'explainQuick');
}
