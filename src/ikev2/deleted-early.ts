/**
 * A Delete that comes before the Child SA that it names: the answer by which we would have learned of that one was lost, or overtaken. It is
 * remembered until the answer comes, or else a Child SA would live on at our end alone.
 *
 * @module
 */
import type { IkeAction } from './events.js';
import type { WithTasks } from './task-queue.js';

/** How many are remembered. */
const most = 64;

/** Remembers SPIs that the peer has deleted and that we do not know, if something is under way that may bring them. */
export function noteEarly<Sa extends WithTasks>(sa: Sa, spis: readonly number[]): Sa {
  if (spis.length === 0 || !mayBringChildren(sa)) return sa;
  return { ...sa, deletedEarly: [...new Set([...(sa.deletedEarly ?? []), ...spis])].slice(-most) };
}

/** Takes out the Child SAs that have come by now, and forgets the rest once there is nothing more to come. */
export function sweepEarly<Sa extends WithTasks>(sa: Sa): { readonly sa: Sa; readonly actions: readonly IkeAction[] } {
  const { deletedEarly } = sa;
  if (deletedEarly === undefined) return { sa, actions: [] };
  const gone = sa.children.filter(({ spiOut }) => deletedEarly.includes(spiOut));
  const children = gone.length === 0 ? sa.children : sa.children.filter((child) => !gone.includes(child));
  return {
    sa: { ...sa, children, deletedEarly: mayBringChildren(sa) ? deletedEarly : undefined },
    actions: gone.map((child) => ({ type: 'removeChild', child, reason: 'peer-deleted' })),
  };
}

function mayBringChildren(sa: WithTasks): boolean {
  const awaits = sa.state === 'ESTABLISHED' && sa.awaitsChildren;
  return awaits || sa.windows.outstanding.some(({ about }) => about.kind === 'createChild' || about.kind === 'rekeyChild');
}
