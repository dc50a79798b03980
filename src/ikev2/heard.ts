/**
 * When the peer was last heard.
 *
 * @module
 */
import type { IkeEnv } from './events.js';
import type { WithTasks } from './task-queue.js';

/**
 * When a fresh, genuine message or packet of the peer last came. RFC 7296 section 2.4: "Receipt of a fresh cryptographically protected message on an IKE SA
 * or any of its Child SAs ensures liveness of the IKE SA and all of its Child SAs."
 */
export function heardAt(sa: WithTasks, env: IkeEnv): number {
  const onChildren = env.heardAt?.(sa.children.map(({ spiIn }) => spiIn)) ?? -Infinity;
  return Math.max(sa.heardAt, onChildren);
}
