/**
 * What comes behind XAUTH, or behind phase 1 where there is none: Mode Config, if one of the two wants it.
 *
 * @module
 */
import type { IkeEnv } from '../../keying/machine.js';
import { establish } from '../establish.js';
import type { Outcome } from '../events.js';
import type { AuthenticatedSa, Established } from '../states.js';
import { beginConfig } from './mode-config-client.js';
import { isServer, pushConfig } from './mode-config-server.js';

/** Goes on. A gateway whose clients ask for their addresses has nothing to wait for: they ask when they are ready. */
export function afterXauth(sa: Omit<Established, 'state'>, env: IkeEnv): Outcome<AuthenticatedSa> {
  const { connection } = sa;
  if (connection.configuration !== undefined) return beginConfig(sa, connection.configuration, env);
  if (isServer(sa, env) && connection.ikev1?.modeConfig === 'push') return pushConfig(sa, env);
  return establish(sa, env);
}
