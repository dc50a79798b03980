/**
 * What comes between phase 1 and the time when everything may be asked for: XAUTH, then Mode Config.
 *
 * @module
 */
import type { IkeEnv } from '../../keying/machine.js';
import type { Outcome } from '../events.js';
import type { AuthenticatedSa, Established } from '../states.js';

/** Goes on where phase 1 has ended. */
export function afterPhase1(sa: Omit<Established, 'state'>, _env: IkeEnv): Outcome<AuthenticatedSa> {
  return { sa: { ...sa, state: 'ESTABLISHED' }, actions: [] };
}
