/**
 * What comes between phase 1 and the time when everything may be asked for: XAUTH, then Mode Config.
 *
 * @module
 */
import type { IkeEnv } from '../../keying/machine.js';
import type { Outcome } from '../events.js';
import type { AuthenticatedSa, Established } from '../states.js';
import { afterXauth } from './after-xauth.js';
import { beginXauth } from './xauth-server.js';

/** Milliseconds for all of it, where people type passwords: `eapLifetime` of the connection, if it has one. */
const settingUp = 120_000;

/**
 * Goes on where phase 1 has ended. Who is the server of XAUTH asks, its client waits to be asked: phase 1 has proved the gateway to it by then, so that it gives
 * its password to nobody else.
 *
 * @param sa what phase 1 has come to. Its deadlines are taken over.
 */
export function afterPhase1(sa: Omit<Established, 'state'>, env: IkeEnv): Outcome<AuthenticatedSa> {
  const { ikev1, options } = sa.connection;
  const timed = { ...sa, deadlines: { ...sa.deadlines, expire: env.now + (options.eapLifetime ?? settingUp) } };
  switch (ikev1?.xauth) {
    case 'server':
      return beginXauth(timed, env);
    case 'client':
      return { sa: { ...timed, state: 'XAUTH_CLIENT', requests: 0, claimed: undefined }, actions: [] };
    case undefined:
      return afterXauth(timed, env);
  }
}
