/**
 * An IKE SA comes to where everything may be asked of it.
 *
 * @module
 */
import { readU32 } from '../bytes.js';
import type { IkeEnv } from '../keying/machine.js';
import type { Outcome } from './events.js';
import type { Task } from './requests.js';
import type { Deadlines, Established } from './states.js';

/** Phase 1 is over, with XAUTH and Mode Config where those were due: the Child SAs that are to be there at once are asked for. */
export function establish(sa: Omit<Established, 'state'>, env: IkeEnv): Outcome<Established> {
  const { connection, role, peerId, initialContact, assigned } = sa;
  const starting =
    role === 'initiator' && !connection.options.childless ? connection.children.filter(({ start }, i) => start ?? i === 0) : [];
  const tasks = starting.map((policy, i): Task => ({
    kind: 'createChild',
    policy,
    notBefore: env.now,
    first: i === 0 ? sa.first : undefined,
  }));
  const established: Established = {
    ...sa,
    state: 'ESTABLISHED',
    tasks: [...sa.tasks, ...tasks],
    deadlines: deadlinesOf(sa, env),
    heardAt: env.now,
    first: undefined,
    refusal: undefined,
  };
  return { sa: established, actions: [{ type: 'established', peerId, furtherIds: [], initialContact, assigned }] };
}

/** Times of an IKE SA that is established. The life that phase 1 has agreed on counts where it is shorter than ours. */
function deadlinesOf(
  { connection: { options }, crypto: { suite }, abilities, nat }: Omit<Established, 'state'>,
  { now, random }: IkeEnv,
): Deadlines {
  // Some say 0 for no limit: strongSwan does.
  const limits = suite.lifetimes.flatMap(({ type, duration }) => (type === 'seconds' && duration > 0 ? [duration] : []));
  const seconds = Math.min(Infinity, ...limits);
  const lifetime = Math.min(options.lifetime, seconds * 1000);
  const chance = new Uint8Array(4);
  random(chance);
  const jitter = 1 - (options.lifetimeJitter * readU32(chance, 0)) / 0x1_0000_0000;
  // IKEv1 has no rekey of an IKE SA but a new phase 1; it comes before the life that the peer knows of is over.
  const renewal = Math.min(options.rekeyAfter, options.reauthenticateAfter, lifetime * 0.9) * jitter;
  return {
    expire: now + lifetime,
    rekey: Infinity,
    reauthenticate: now + renewal,
    liveness: abilities.dpd ? now + options.livenessInterval : Infinity,
    keepalive: nat.local ? now + options.keepaliveInterval : Infinity,
  };
}
