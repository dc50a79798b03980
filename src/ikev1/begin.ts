/**
 * IKE SAs that we begin.
 *
 * @module
 */
import type { Connection } from '../keying/connection.js';
import type { IkeEnv } from '../keying/machine.js';
import { createBase, createCookie } from './base.js';
import type { StepResult } from './events.js';
import { beginAggressive } from './exchange/aggressive-initiator.js';
import { beginMain } from './exchange/main-initiator.js';
import type { Ikev1Start } from './machine.js';
import { sendIn } from './send.js';
import { wakeAtOf } from './wake-at.js';

/**
 * Begins an IKE SA of IKEv1: the first message of main mode, or of aggressive mode where the connection wants it, is the first action.
 *
 * @throws IpsecError `invalid-config`: the connection has nothing that IKEv1 could offer, or wants aggressive mode with a pre-shared key without
 * `unsafeAggressivePsk`.
 */
export function createIkeSa(connection: Connection, { path, first }: Ikev1Start, env: IkeEnv): StepResult {
  const isAggressive = connection.ikev1?.mode === 'aggressive';
  const base = createBase(
    {
      role: 'initiator',
      ckyI: createCookie(env),
      ckyR: new Uint8Array(8),
      path,
      exchange: isAggressive ? 'Aggressive' : 'Identity Protection',
      halfOpenLifetime: Infinity, // retransmissions have an end of their own
      first,
    },
    env,
  );
  const { sa, send, actions } = isAggressive ? beginAggressive(connection, base, env) : beginMain(connection, base);
  const sent = sendIn(sa, sa.phase1, send!, env, { connection });
  return { sa: sent.sa, actions: [...actions, ...sent.actions], wakeAt: wakeAtOf(sent.sa) };
}
