/**
 * What is to be asked of the peer, in the order in which it came up: put in, merged, bounded. What starts it is in `tasks.ts`.
 *
 * @module
 */
import { readU32 } from '../bytes.js';
import type { IkeEnv } from './events.js';
import type { Deleting, Established, Replaced, Task } from './states.js';
import { hasRoom } from './windows.js';

/** An IKE SA that has tasks. */
export type WithTasks = Established | Replaced | Deleting;

/** What waits beside the tasks about Child SAs, of which there are two for each at most. */
const otherTasks = 16;

/**
 * Puts a task in. One that says the same as another is merged with it. When there are too many, nothing is put in: compare the list before and
 * after where that matters. The end of the IKE SA always has its place.
 *
 * RFC 7296 section 1.4.1: "If there are many SAs to delete at the same time, one includes Delete payloads for the inbound half of each SA pair in
 * the INFORMATIONAL exchange."
 */
export function queueTask<Sa extends WithTasks>(sa: Sa, task: Task): Sa {
  const { tasks } = sa;
  for (const [i, other] of tasks.entries()) {
    const merged = mergeTasks(other, task);
    if (merged !== undefined) return { ...sa, tasks: tasks.with(i, merged) };
  }
  const isFull = tasks.length >= 2 * sa.connection.options.maxChildren + otherTasks;
  return isFull && task.kind !== 'deleteIke' ? sa : { ...sa, tasks: [...tasks, task] };
}

/**
 * Puts a task in that the peer has just refused with TEMPORARY_FAILURE. RFC 7296 section 2.25: "it MUST NOT immediately retry the operation; it MUST
 * wait so that the sender may complete whatever operation caused the temporary condition."
 */
export function retryLater<Sa extends WithTasks>(sa: Sa, task: Task, { now, random }: Pick<IkeEnv, 'now' | 'random'>): Sa {
  const octets = new Uint8Array(4);
  random(octets);
  // By chance longer: two that refused each other do not meet again.
  return queueTask(sa, { ...task, notBefore: now + retryDelay * (1 + readU32(octets, 0) / 0x1_0000_0000) });
}

/** Milliseconds from a TEMPORARY_FAILURE to the next try: this to twice as long. */
const retryDelay = 5_000;

/**
 * Milliseconds of TEMPORARY_FAILURE after which the IKE SA is given up. RFC 7296 section 2.25: "If a peer continues to receive TEMPORARY_FAILURE on the
 * same IKE SA after several minutes, it SHOULD conclude that the state information is out of sync and close the IKE SA."
 */
export const patience = 300_000;

/**
 * Whether a task has to wait for the end of an exchange that is under way, or for the Child SAs of this IKE SA to come: its turn then comes with
 * that, and not by the clock.
 */
export function isHeldBack(sa: WithTasks, task: Task): boolean {
  const asked = (kind: Task['kind']): boolean => sa.windows.outstanding.some(({ about }) => about.kind === kind);
  // RFC 7296 section 1.3.2: "Once a peer receives a request to rekey an IKE SA or sends a request to rekey an IKE SA, it SHOULD NOT start any new
  // CREATE_CHILD_SA exchanges on the IKE SA that is being rekeyed." A Delete would cross it, too, and the end of the IKE SA would leave the new one.
  if (asked('rekeyIke')) return task.kind !== 'liveness' && task.kind !== 'notify';
  // Perhaps nobody at the other end knows of this one any more.
  if (sa.state === 'ESTABLISHED' && sa.awaitsChildren) return task.kind !== 'deleteIke';
  switch (task.kind) {
    case 'deleteChild':
      return sa.children.some(({ spiIn, status }) => status === 'rekeying' && task.spis.includes(spiIn));
    case 'rekeyIke':
      // RFC 7296 section 2.25.1: the peer would answer TEMPORARY_FAILURE to those that cross.
      return asked('createChild') || asked('rekeyChild') || asked('deleteChild');
    default:
      return false;
  }
}

/** When the next task is due that only waits for its time; Infinity: there is none. */
export function nextTaskAt(sa: WithTasks): number {
  if (!hasRoom(sa.windows)) return Infinity;
  return sa.tasks.reduce((at, task) => (isHeldBack(sa, task) ? at : Math.min(at, task.notBefore)), Infinity);
}

/** One task in the place of two; undefined: they are about different things. */
function mergeTasks(a: Task, b: Task): Task | undefined {
  const notBefore = Math.min(a.notBefore, b.notBefore);
  switch (a.kind) {
    case 'createChild':
      if (b.kind !== a.kind || a.policy.name !== b.policy.name) return undefined;
      return JSON.stringify(a.first) === JSON.stringify(b.first) ? { ...a, ...b, notBefore } : undefined;
    case 'rekeyChild':
      return b.kind === a.kind && a.spiIn === b.spiIn ? { ...a, ...b, notBefore } : undefined;
    case 'rekeyIke':
      return b.kind === a.kind ? { ...a, ...b, notBefore } : undefined;
    case 'deleteChild':
      if (b.kind !== a.kind) return undefined;
      if (b.spis.every((spi) => a.spis.includes(spi))) return a;
      return a.notBefore === b.notBefore ? { ...a, spis: [...new Set([...a.spis, ...b.spis])] } : undefined;
    case 'deleteIke':
      return b.kind === a.kind ? { ...a, notBefore } : undefined;
    case 'liveness':
      return b.kind === a.kind ? { ...a, notBefore } : undefined;
    case 'notify':
      return undefined;
  }
}
